"""What every output is built from: the tables, the protocol, the facts of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from celltrial.analysis.time_to_event import Origin
from celltrial.core.dates import Window
from celltrial.datasets import DATASETS
from celltrial.protocol.model import Protocol
from celltrial.report.content.values import Text, Value, When
from celltrial.report.meta import ReportMeta

__all__ = ["DEFAULT_LANDMARK", "Inputs"]

#: Month 3 where the protocol states no landmark: day 90, 14 days to both sides.
DEFAULT_LANDMARK = (90, 14)


@dataclass(frozen=True)
class Inputs:
    """The tables by name (each has every column of its dataset), the protocol, the ledger's facts."""

    tables: Mapping[str, pl.DataFrame]
    protocol: Protocol | None
    meta: ReportMeta

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
    def sources(self) -> tuple[str, ...]:
        """Who read the responses, the one that counts first."""
        present = set(self.tables["adrs"]["source"].to_list())
        review = self.protocol.efficacy.independent_review if self.protocol and self.protocol.efficacy else None
        central = review is not None and review.role == "primary"
        order = ("irc", "investigator", "derived") if central else ("investigator", "irc", "derived")
        return tuple(source for source in order if source in present) or order[:1]

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

    @property
    def landmark(self) -> Window:
        """The window of the sustained response, infusion days."""
        efficacy = self.protocol.efficacy if self.protocol else None
        day, width = DEFAULT_LANDMARK
        if efficacy is not None and efficacy.sustained_response_day is not None:
            day, width = efficacy.sustained_response_day, efficacy.sustained_response_window
        return Window(day - width, day + width)
