"""Rehearsals: trials marked as such when they are registered, with a clock of their own that their script moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from celltrial.app.session import SimulatedClock, TrialSession, codec, open_session
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError, fault
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK, Ledger

#: Stored with every record of a rehearsal: its recording time is what the script said it was.
CLOCK: Final = "rehearsal"


#: The clock of a record, in the place after its recording time.
_CLOCK: Final = re.compile(rb'"recorded":"[^"]{27}","clock":"([^"]*)"')


def registered(ledger: Ledger, trial: str) -> TrialRegistered | None:
    """Return how a trial was registered, which its first record says; None where there is no such trial."""
    first = next(iter(ledger.read(trial)), None)
    if first is None or not first.type.startswith("trial.registered/"):
        return None
    fact: TrialRegistered = codec().event(first).fact
    return fact


def foreign_clock(ledger: Ledger, trial: str) -> tuple[int, str] | None:
    """Return position and clock of the first record that was not taken by the system's time; None where all were."""
    for position, (line, _) in enumerate(ledger.lines(trial), start=1):
        found = _CLOCK.search(line)
        if found is not None and found[1].removesuffix(b"+held") != SYSTEM_CLOCK.name.encode():
            return position, found[1].decode("utf-8", "replace")
    return None


def as_rehearsal(command: Any) -> Any:
    """Return a registration as that of a rehearsal; any other command as it is."""
    return replace(command, rehearsal=True) if isinstance(command, RegisterTrial) else command


@contextmanager
def trial_session(
    where: str | Path,
    trial: str,
    *,
    create: bool = False,
    command: Any = None,
    now: str | None = None,
    at: Instant | None = None,
    start: TrialState = EMPTY,
) -> Iterator[TrialSession]:
    """Open a trial to act in it: a real one by the system's clock, a rehearsal by its own.

    command: what is to be asked; a registration says whether the trial will be a rehearsal.
    now:     where the clock of a rehearsal is to stand, ISO 8601 (APP-241: it would go back; APP-242: no rehearsal).
    at:      when the act happens; a rehearsal's clock moves there where it is before.
    start:   the fold of the first records, where it is known.

    A rehearsal's clock is at its last record until it is moved, and at the system's time before its first.
    """
    clock = _clock(where, trial, command, now, at, create=create)
    with open_session(where, trial, create=create, clock=clock, start=start) as session:
        yield session


def _clock(
    where: str | Path, trial: str, command: Any, now: str | None, at: Instant | None, *, create: bool
) -> SimulatedClock | None:
    fact, last = None, ""
    if not (create and isinstance(command, RegisterTrial)) or _exists(where):
        with open_ledger(where, create=create) as ledger:
            fact, last = registered(ledger, trial), ledger.head(trial).recorded
    if fact is not None:
        rehearsed = fact.persons is Persons.REHEARSED and fact.origin is Origin.PROSPECTIVE
    else:
        rehearsed = isinstance(command, RegisterTrial) and command.rehearsal and command.origin is Origin.PROSPECTIVE
    if not rehearsed:
        if now is not None:
            raise UserError(fault("APP-242", trial))
        return None
    stood = datetime.fromisoformat(last) if last else None
    moment = parse_instant(now) if now is not None else at.utc if at is not None else stood or SYSTEM_CLOCK.now()
    if now is not None and stood is not None and moment < stood:
        raise UserError(fault("APP-241", trial, expected=stood.isoformat(), found=moment.isoformat()))
    clock = SimulatedClock(CLOCK)
    clock.set(moment if stood is None else max(moment, stood))
    return clock


def _exists(where: str | Path) -> bool:
    text = str(where)
    return "://" in text or Path(text).exists()
