"""The analysis tables of one trial at one data cut, held together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from celltrial.datasets import schema
from celltrial.datasets.analysis_plan import AnalysisPlan
from celltrial.datasets.collection import Collected


class CutKind(StrEnum):
    """Along which of the two times the data are cut."""

    AS_KNOWN = "as_known"
    AS_OCCURRED = "as_occurred"


@dataclass(frozen=True, slots=True)
class DataCut:
    """Where the data end.

    kind:  `as_known` keeps what the ledger had recorded by `at`; `as_occurred` keeps what had
           happened by `at`, whenever it came to be known.
    at:    the moment, UTC; None keeps everything.
    """

    kind: CutKind = CutKind.AS_KNOWN
    at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrialData:
    """Every table of a trial at a data cut; a table that was not given is empty.

    trial:     trial identifier.
    cut:       the data cut.
    last_date: the last local date in the data: the administrative end of follow-up.
    plan:      the choices of analysis.
    collected: what was collected, and of whom.
    facts:     what else a report states, such as protocol version and number of events.

    >>> data = TrialData("T1", DataCut())
    >>> data.tables()["adsl"].height
    0
    """

    trial: str
    cut: DataCut
    last_date: date | None = None
    plan: AnalysisPlan = field(default_factory=AnalysisPlan)
    collected: Collected = field(default_factory=Collected)
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    adsl: pl.DataFrame = field(default_factory=schema.ADSL.empty)
    adae: pl.DataFrame = field(default_factory=schema.ADAE.empty)
    adrs: pl.DataFrame = field(default_factory=schema.ADRS.empty)
    adtte: pl.DataFrame = field(default_factory=schema.ADTTE.empty)
    adpc: pl.DataFrame = field(default_factory=schema.ADPC.empty)
    adlb: pl.DataFrame = field(default_factory=schema.ADLB.empty)
    adcm: pl.DataFrame = field(default_factory=schema.ADCM.empty)
    adex: pl.DataFrame = field(default_factory=schema.ADEX.empty)
    admanu: pl.DataFrame = field(default_factory=schema.ADMANU.empty)
    adfu: pl.DataFrame = field(default_factory=schema.ADFU.empty)
    adlt: pl.DataFrame = field(default_factory=schema.ADLT.empty)
    dose_levels: pl.DataFrame = field(default_factory=schema.DOSE_LEVELS.empty)
    dose_decisions: pl.DataFrame = field(default_factory=schema.DOSE_DECISIONS.empty)
    suspensions: pl.DataFrame = field(default_factory=schema.SUSPENSIONS.empty)

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """Dataset name to table."""
        return MappingProxyType(
            {item.name: getattr(self, item.name) for item in fields(self) if item.name in schema.DATASETS}
        )
