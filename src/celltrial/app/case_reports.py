"""Handler of individual case safety reports: one adverse event as E2B(R3), on record first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from celltrial.app.copies import record_copy, require_reader
from celltrial.app.data_sets import seen_by
from celltrial.app.files import refuse_existing, write_bytes
from celltrial.app.reading_once import read_whole
from celltrial.app.reporting import stand_in_date
from celltrial.conduct.envelope import Actor, LogIn, subject_stream
from celltrial.conduct.facts.account.events import CopyKind
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import Persons
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError, fault
from celltrial.datasets import DataCut
from celltrial.datasets.event_log import cut_events
from celltrial.exchange.icsr import Case, Sender, case_of, faults_of, write_message
from celltrial.exchange.icsr.narrative import narrate
from celltrial.ledger.port import SYSTEM_CLOCK
from celltrial.locale import Language


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A report that was made.

    missing: what keeps it from being sent; only a draft is written with any.
    """

    case: Case
    content: bytes
    missing: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class CaseReportAnswer:
    """The ruling on the copy, None where nobody says who takes it; the report where it was allowed."""

    ruling: Ruling | None
    made: CaseReport | None


def write_case_report(
    where: str,
    event: str,
    out: Path,
    sender: Sender,
    language: Language,
    *,
    trial: str | None = None,
    draft: bool = False,
    force: bool = False,
    reader: Actor | None = None,
    log_in: LogIn | None = None,
) -> CaseReportAnswer:
    """Write the report of an adverse event; it is on record before the file is there.

    draft: write it although something is missing that a gateway would refuse it for.

    EXC-180: no such event; EXC-181 to EXC-183: missing, too long, unfit, every fault at once; EXC-184: the records hold no dates;
    APP-004: the file exists; APP-080: nobody says who takes it.
    """
    refuse_existing(out, force=force)
    whole = read_whole(where, trial)
    require_reader(whole.state, reader)
    seen = seen_by(whole, DataCut(), reader)
    if stand_in_date(seen.events) is not None:
        raise UserError(fault("EXC-184", whole.name))
    log = cut_events(seen.events, DataCut())
    case = case_of(log, seen.protocol, event, sender, blinded=seen.blinded)
    missing = faults_of(case)
    if missing and not draft:
        raise UserError(*missing)
    content = write_message(
        case, narrate(case, language), Instant(_now(whole.state, seen.events[-1].recorded), case.latest.zone)
    )
    ruling = record_copy(
        where, whole.name, reader, CopyKind.CASE_REPORT, about=subject_stream(case.subject), position=len(seen.events),
        sha256=hashlib.sha256(content).hexdigest(), arms_shown=False, log_in=log_in, start=whole.state,
    )  # fmt: skip
    if isinstance(ruling, Refused):
        return CaseReportAnswer(ruling, None)
    write_bytes(out, content)
    return CaseReportAnswer(ruling, CaseReport(case, content, missing))


def _now(state: TrialState, last: datetime) -> datetime:
    """Return when a report is made: now, or in a rehearsal the time of its last record."""
    return last if state.persons is Persons.REHEARSED else SYSTEM_CLOCK.now()
