"""What a report says about its own data: which trial, which cut, and whether the record holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from celltrial import __version__
from celltrial.core.errors import UserError, fault

#: Kinds of data, as `TrialRegistered.origin` stores them.
ORIGINS = ("prospective", "simulated", "retrospective")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that historical records came from: name, SHA-256, citation."""

    name: str
    sha256: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class ReportMeta:
    """Facts of the ledger that the head of a report states.

    trial:     trial identifier.
    origin:    prospective, simulated or retrospective.
    events:    facts in the ledger at the cut; head_hash: hash of the last one.
    verified:  True or False after the chain was checked; None when it was not checked.
    cut_kind:  as_known or as_occurred; cut_at: the moment (UTC), None for all that is recorded.
    last_date: last local date in the data.
    seed:      root seed of a simulated trial.
    title:     language to title, where no protocol gives one.
    protocol_version: version in force at the cut.
    sources:   files of a retrospective import.
    anchor:    the date that stands for day 0 of everybody where the sources hold days only; no date of it is shown.
    program_version: version of celltrial that made the tables.
    justified: clauses not followed whose reason was signed for with the version in force, and by whom.
    carried_out: clause to the number of records that show it carried out at the cut; None where no records were counted.
    persons:   how the persons who act are known, as `TrialRegistered.persons` stores it.
    """

    trial: str
    origin: str = "prospective"
    events: int = 0
    head_hash: str = ""
    verified: bool | None = None
    cut_kind: str = "as_known"
    cut_at: datetime | None = None
    last_date: date | None = None
    seed: int | None = None
    title: Mapping[str, str] | None = None
    protocol_version: str = ""
    sources: tuple[Source, ...] = ()
    anchor: date | None = None
    program_version: str = __version__
    persons: str = "not_proved"
    justified: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    carried_out: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        """Refuse a kind of data that the report has no words for (REP-001)."""
        if self.origin not in ORIGINS:
            raise UserError(fault("REP-001", "meta.origin", expected=" | ".join(ORIGINS), found=self.origin))
