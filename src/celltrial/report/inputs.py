"""What every output is built from: the tables, the protocol, the facts of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from celltrial.analysis.time_to_event import Origin
from celltrial.datasets import DATASETS
from celltrial.datasets.analysis_plan import READERS, AnalysisPlan, plan_from_protocol
from celltrial.datasets.collection import Collected, Domain
from celltrial.protocol.model import Protocol
from celltrial.report.content.values import Text, Value, When
from celltrial.report.meta import ReportMeta


@dataclass(frozen=True)
class Inputs:
    """The tables by name (each has every column of its dataset), the protocol, the ledger's facts, the plan."""

    tables: Mapping[str, pl.DataFrame]
    protocol: Protocol | None
    meta: ReportMeta
    chosen: AnalysisPlan | None = None
    collected: Collected = field(default_factory=Collected)

    def __post_init__(self) -> None:
        """Put an empty table where none came and hold every table against its dataset."""
        whole = {
            name: spec.conform(self.tables[name]) if name in self.tables else spec.empty()
            for name, spec in DATASETS.items()
        }
        object.__setattr__(self, "tables", whole)

    @property
    def adsl(self) -> pl.DataFrame:
        """The subjects."""
        return self.tables["adsl"]

    def size(self, population: str) -> int:
        """Return the number of subjects of a set: a flag of `adsl`."""
        return int(self.adsl[population].sum())

    def members(self, population: str) -> pl.DataFrame:
        """Return the subjects of a set."""
        return self.adsl.filter(population)

    def of(self, name: str, population: str) -> pl.DataFrame:
        """Return the rows of a table that belong to subjects of a set."""
        return self.tables[name].join(self.members(population).select("usubjid"), on="usubjid", how="semi")

    @cached_property
    def plan(self) -> AnalysisPlan:
        """The choices of analysis: those given with the tables, else those of the protocol."""
        return self.chosen or plan_from_protocol(self.protocol)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Who read the responses: the reader of record first, whether or not it has read anything, then who else did."""
        present = set(self.tables["adrs"]["source"].to_list())
        others = (reader for reader in READERS if reader in present and reader != self.plan.reader)
        return (self.plan.reader, *others)

    @property
    def as_of(self) -> date | Mapping[str, date] | None:
        """Until when it is known who was due: the data cut, or each person's own follow-up where days are all there is.

        The dead are left out of the latter, for nothing of theirs is due later, and so is whose follow-up is not recorded:
        what was not assessed of them is not taken for something that is still to come.
        """
        if self.meta.anchor is None and self.meta.origin != "retrospective":
            return self.meta.cut_at.date() if self.meta.cut_at is not None else self.meta.last_date
        if not self.collected.has(Domain.SURVIVAL):
            return None
        blank = list(self.collected.missing_of(Domain.SURVIVAL))
        known = pl.col("last_alive_date").is_not_null() & ~pl.col("usubjid").is_in(blank)
        alive = self.members("infused").filter(~pl.col("died") & known)
        return dict(alive.select("usubjid", "last_alive_date").iter_rows())

    @property
    def treated_only(self) -> bool:
        """Whether the records hold treated people only, so that who was not treated is not known."""
        return self.meta.origin == "retrospective" and self.size("infused") == self.size("enrolled")

    def when(self, day: date) -> Value:
        """Return a date as it may be shown: in days from infusion where a stand-in date was made day 0."""
        anchor = self.meta.anchor
        return When(day) if anchor is None else Text("report.phrase.on_day", {"day": str((day - anchor).days)})

    @property
    def first_origin(self) -> Origin:
        """Enrolment; where imported records hold no date of it, the earliest step that they do date."""
        enrolled = self.members("enrolled")
        if self.meta.origin != "retrospective" or enrolled["enrolled_date"].null_count() < enrolled.height:
            return "enrolment"
        return "collection" if enrolled["collected_date"].null_count() < enrolled.height else "infusion"
