"""Trials held open: each state is folded once and catches up by new records; safe to use from several threads.

trials = Trials("trial.db")
held = trials.get("BC-1")
state = held.state_for(actor)            # a frozen snapshot of what this person may read
with held.session() as session:          # one at a time: the only door to the ledger
    act_in(session, command, acting, held.moment("S1"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, takewhile
from threading import RLock
from typing import Any, NamedTuple

from celltrial.app.persons import Acting, AskedAct, act_in, submit_many
from celltrial.app.rehearsing import registered, trial_session
from celltrial.app.session import TrialSession
from celltrial.conduct.acts.account.blinding import Redaction, is_blinded
from celltrial.conduct.acts.account.reach import may_read_event, may_read_item, state_for
from celltrial.conduct.acts.assessment.commands import RecordKinetics
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.envelope import Actor, Event, Request
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.ruling import Condition, Refused, Ruling
from celltrial.conduct.views.worklist import WorkItem, worklist
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError, UserError, fault
from celltrial.core.values import ABSENT
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.lanes import StepDates
from celltrial.datasets.trial_data import DataCut
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK


class _Key(NamedTuple):
    """Which redaction a blinded reader has: whether the role enters kinetics, and whose codes were broken to the account."""

    enters_kinetics: bool
    known: frozenset[str]


def _redaction_of(state: TrialState, actor: Actor) -> _Key | None:
    """Return which redaction a reader has; None for whoever may see arms."""
    if not is_blinded(state, actor):
        return None
    known = frozenset(name for name, item in state.subjects.items() if actor.id in item.unblinded_to)
    return _Key(actor.role in ROLES[RecordKinetics], known)


_Stamp = tuple[int, datetime, str]


@dataclass(slots=True)
class _Redacted:
    """The state behind one redaction, as far as it was folded."""

    redact: Redaction
    state: TrialState = EMPTY


@dataclass(slots=True)
class _Dated:
    """The dates of the steps behind one redaction, as far as they were read; None reads what everybody may."""

    redact: Redaction | None
    dates: StepDates = field(default_factory=StepDates)


class Held:
    """One trial of a process: its session, and a state for each kind of reader."""

    def __init__(self, session: TrialSession) -> None:
        self._session = session
        self._lock = RLock()
        self._redacted: dict[_Key, _Redacted] = {}
        self._due: dict[_Key | None, tuple[_Stamp | None, tuple[WorkItem, ...]]] = {}
        self._dated: dict[_Key | None, _Dated] = {}

    @property
    def trial(self) -> str:
        """The trial."""
        return self._session.trial

    @contextmanager
    def session(self) -> Iterator[TrialSession]:
        """Lend the session, caught up and with its clock at the present, to one thread at a time.

        The clock of a rehearsal runs with the system's, unless its records are ahead of that; a real trial's is the system's.
        """
        with self._lock:
            self._session.set_time(datetime.now(UTC))
            self._session.catch_up()
            yield self._session

    def state(self) -> TrialState:
        """Return the trial as it is, nothing closed; for deciding, never for showing."""
        with self.session() as session:
            return session.state

    def redacted(self, actor: Actor) -> TrialState:
        """Return the trial without what is closed to a reader's role, at every site.

        Views of conduct run over this one; show what they find only where `reach.may_read` allows the record.
        """
        with self.session() as session:
            key = _redaction_of(session.state, actor)
            if key is None:
                return session.state
            redacted = self._redacted.setdefault(key, _Redacted(Redaction(actor.role, key.known)))
            for event in session.events(after=redacted.state.position):
                redacted.state = evolve(redacted.state, redacted.redact(event))
            return redacted.state

    def state_for(self, actor: Actor) -> TrialState:
        """Return the trial as it stands for a reader: without what is closed to the role, and without other sites' records."""
        return state_for(self.redacted(actor), actor)

    def worklist(self, actor: Actor, at: Instant) -> tuple[WorkItem, ...]:
        """Return everything due that a reader may know of, whoever it is due from; worked out once for a record and a minute."""
        with self.session() as session:
            state, key = self.redacted(actor), _redaction_of(session.state, actor)
            stamp = (state.position, at.utc.replace(second=0, microsecond=0), at.zone)
            if self._due.get(key, (None, ()))[0] != stamp:
                self._due[key] = (stamp, worklist(state, at))
            due = self._due[key][1]
        return tuple(item for item in due if may_read_item(state, actor, item))

    def step_dates(self, actor: Actor) -> StepDates:
        """Return when each step from vein to vein was taken, as far as a reader may know; a correction reads all anew."""
        with self.session() as session:
            key = _redaction_of(session.state, actor)
            dated = self._dated.setdefault(key, _Dated(Redaction(actor.role, key.known) if key is not None else None))
            new = [*session.events(after=dated.dates.position)]
            if dated.dates.position and any(StepDates.needs_all(event) for event in new):
                new, dated.dates = [*session.events()], StepDates()
            seen = new if dated.redact is None else [dated.redact(event) for event in new]
            for event in seen if dated.dates.position else cut_events(seen, DataCut()).events:
                dated.dates.take(event)
            return dated.dates

    def records(
        self,
        actor: Actor,
        *,
        after: int = 0,
        before: int | None = None,
        streams: Sequence[str] = (),
        most: int | None = None,
    ) -> tuple[Event[Any], ...]:
        """Return the records that a reader may see, in order, without what is closed to the role.

        after, before: positions between which they lie; streams: of these alone; most: so many of the first of them.
        """
        with self.session() as session:
            whole, key = session.state, _redaction_of(session.state, actor)
            self.redacted(actor)  # the redaction then knows every record that a correction may name
            found = session.events(after=after, streams=streams)
            if before is not None:
                found = takewhile(lambda event: event.position < before, found)
            seen = found if key is None else map(self._redacted[key].redact, found)
            return tuple(islice((event for event in seen if may_read_event(whole, actor, event)), most))

    def now(self) -> datetime:
        """Return the present moment of the trial's clock."""
        with self.session() as session:
            return session.now()

    def preview(self, command: Any, acting: Acting, at: Instant, reason: str = "") -> Ruling:
        """Return what would be decided now; nothing is written."""
        with self.session() as session:
            return session.preview(Request(command, acting.actor, at, reason=reason, log_in=acting.log_in))

    def submit(self, command: Any, acting: Acting, at: Instant, reason: str = "", request_id: str = "") -> Ruling:
        """Decide on a request of a person; what was accepted is durable on return, and the same identifier is carried out once."""
        with self.session() as session:
            return act_in(session, command, acting, at, reason, request_id)

    def submit_many(self, asked: Iterable[AskedAct], acting: Acting) -> tuple[Ruling | UserError | ConflictError, ...]:
        """Decide on several requests of a person under one lock, each by itself: one result for each."""
        with self.session() as session:
            return submit_many(session, acting, asked)

    def submit_together(
        self, commands: Sequence[Any], acting: Acting, at: Instant, request_id: str
    ) -> tuple[tuple[Condition, ...], ...]:
        """Decide on requests of a person, each as the trial stands after those before it; write all of them at once, or none.

        Returns for each why it was refused, nothing where it was not. The same identifier is carried out once.
        """
        requests = [Request(item, acting.actor, at, log_in=acting.log_in) for item in commands]
        with self.session() as session:
            answers = session.submit_together(requests, request_id) if requests else None
        if answers is None:
            return tuple(() for _ in commands)
        return tuple(item.conditions if isinstance(item, Refused) else () for item in answers)


class Trials:
    """The trials of a ledger, each opened at first need and held until the end."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._held: dict[str, Held] = {}
        self._open = ExitStack()
        self._lock = RLock()
        self._ledger = self._open.enter_context(open_ledger(where))

    @property
    def where(self) -> str:
        """The ledger."""
        return self._where

    def names(self) -> tuple[str, ...]:
        """Return every trial, sorted."""
        with self._lock:
            return self._ledger.trials()

    def get(self, trial: str) -> Held:
        """Return a trial held open; APP-021 where there is none."""
        with self._lock:
            held = self._held.get(trial)
            if held is None:
                if registered(self._ledger, trial) is None:
                    raise UserError(fault("APP-021", self._ledger.place, expected=ABSENT, found=trial))
                held = self._held[trial] = Held(self._open.enter_context(trial_session(self._where, trial)))
            return held

    def register(self, trial: str, command: Any, acting: Acting, zone: str, request_id: str = "") -> Ruling:
        """Submit the command that registers a new trial."""
        with self._lock, trial_session(self._where, trial, command=command) as session:
            session.set_time(SYSTEM_CLOCK.now())
            return act_in(session, command, acting, Instant(session.now(), zone), request_id=request_id)

    def close(self) -> None:
        """Let every ledger go."""
        self._open.close()
