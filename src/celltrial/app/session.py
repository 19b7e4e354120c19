"""One open trial: load, decide, append. Every edge and every simulation comes in through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from celltrial.app.approving import with_review
from celltrial.app.growing import with_scores
from celltrial.app.installed_designs import wire_installed_designs
from celltrial.app.reviewing import with_minimum_years
from celltrial.app.snapshots import keep, opened_at
from celltrial.conduct.acts.access import is_real
from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.safety.commands import AnswerQuery, OpenQuery
from celltrial.conduct.acts.trial.commands import CorrectFact, TakeDataCut, VerifyValue
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import TRIAL, Draft, Event, Request
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling, fail
from celltrial.core.errors import ConflictError, UserError, fault
from celltrial.core.values import ABSENT, Identifier, as_written, message
from celltrial.ledger.codec import Codec
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Ledger

#: How often a request is decided again because somebody else wrote first.
_ATTEMPTS: Final = 8


def codec() -> Codec:
    """Return the codec of all facts of conduct."""
    return Codec(EVENTS, UPCASTERS)


class SimulatedClock:
    """A clock that is where it was set; it never goes back.

    name: stored with every record.
    """

    def __init__(self, name: str = "simulated") -> None:
        self._name = name
        self._now = datetime(1970, 1, 1, tzinfo=UTC)

    def set(self, now: datetime) -> None:
        """Move forward."""
        self._now = max(self._now, now)

    def now(self) -> datetime:
        """Return the simulated moment."""
        return self._now

    @property
    def port(self) -> Clock:
        """The clock as the ledger wants it: its name is stored with every record."""
        return Clock(self._name, self.now)


class TrialSession:
    """Requests in, decisions out; the state is kept by folding what the ledger accepted.

    real_time: whether the clock is the system's; any other may record rehearsals only (APP-242).
    start:     the fold of the first records of this ledger, where it is known; what follows is folded onto it.

    A request with an identifier is carried out once: the ledger answers a repeated one with what it
    wrote the first time. Where somebody else wrote first the state catches up and the request is
    decided again.
    """

    def __init__(
        self,
        ledger: Ledger,
        trial: str,
        now: Callable[[], datetime],
        advance: Callable[[datetime], None],
        *,
        real_time: bool = True,
        start: TrialState = EMPTY,
    ) -> None:
        self._journal = Journal(ledger, codec())
        self._trial = trial
        self._now = now
        self._advance = advance
        self._real_time = real_time
        self._state = start
        self._position = start.position
        self.catch_up()

    @property
    def state(self) -> TrialState:
        """The trial as it is."""
        return self._state

    @property
    def head(self) -> str:
        """The hash of the last record."""
        return self.ledger.head(self._trial).hash

    @property
    def trial(self) -> str:
        """The trial that is open."""
        return self._trial

    @property
    def ledger(self) -> Ledger:
        """The ledger that it is in."""
        return self._journal.ledger

    def now(self) -> datetime:
        """Return the present moment of this session's clock."""
        return self._now()

    def set_time(self, now: datetime) -> None:
        """Move a simulated clock; a real one stays as it is."""
        self._advance(now)

    def events(self, *, after: int = 0, streams: Sequence[str] = ()) -> Iterator[Event[Any]]:
        """Yield every event of the trial above a position, or those of some streams, in order."""
        return self._journal.events(self._trial, after=after, streams=streams)

    def carried_out(self, request_id: str) -> tuple[Event[Any], ...]:
        """Return what the request of this identifier left on record; empty where it left nothing."""
        return self._journal.carried_out(self._trial, request_id) if request_id else ()

    def catch_up(self) -> None:
        """Fold what others have written since."""
        self._fold(self.events(after=self._position))

    def submit(self, request: Request[Any]) -> Ruling:
        """Decide on a request; what is accepted, and what a refusal must leave behind, is durable on return."""
        request = self._prepared(request, self._state)
        for _ in range(_ATTEMPTS):
            answer = self._judged(request)
            if not answer.drafts:
                return self._carried_out(request) or answer
            try:
                self._append(request, answer.drafts)
            except ConflictError:
                self.catch_up()
                continue
            except UserError as error:
                if {item.id for item in error.faults} != {"LDG-011"}:
                    raise
                known = self._carried_out(request)  # the same act would have other facts now, such as a second permit
                if known is None:
                    raise
                return known
            return answer
        raise ConflictError(fault("APP-020", self._trial, found=_ATTEMPTS))

    def preview(self, request: Request[Any]) -> Ruling:
        """Return what would be decided now; nothing is written, also nothing that a refusal leaves behind."""
        return self._judged(self._prepared(request, self._state))

    def _judged(self, request: Request[Any]) -> Ruling:
        answer = decide(self._state, request, now=self._now())
        mismatched = self._mismatched(request, self._state) if isinstance(answer, Accepted) else ()
        return Refused(mismatched) if mismatched else answer

    def submit_together(
        self, requests: Sequence[Request[Any]], cause: str, *, dry_run: bool = False
    ) -> tuple[Ruling, ...] | None:
        """Decide on requests of one person, each as it is after those before it; write all of them at once, or none.

        cause:   identifier of them all; None is returned where it was carried out before.
        dry_run: write nothing in any case.

        Where one is refused nothing is written, also nothing that a refusal leaves behind by itself. Where somebody else
        wrote first all are decided again (APP-020 after several times). No correction of a fact is among them.
        """
        for _ in range(_ATTEMPTS):
            if self._journal.carried_out(self._trial, cause):
                return None
            answers, drafts, _ = self._decided_together(requests)
            if dry_run or not drafts or any(isinstance(answer, Refused) for answer in answers):
                return answers
            try:
                self._append(replace(requests[0], id=cause), drafts)
            except ConflictError:
                self.catch_up()
                continue
            return answers
        raise ConflictError(fault("APP-020", self._trial, found=_ATTEMPTS))

    def try_together(self, requests: Sequence[Request[Any]]) -> tuple[tuple[Ruling, ...], TrialState]:
        """Return what would be decided now of requests, each as the trial is after those before it, and the trial after all.

        A refused one leaves nothing in that trial. Nothing is written.
        """
        answers, _, state = self._decided_together(requests)
        return answers, state

    def _decided_together(
        self, requests: Sequence[Request[Any]]
    ) -> tuple[tuple[Ruling, ...], tuple[Draft[Any], ...], TrialState]:
        state, now, drafts = self._state, self._now(), list[Draft[Any]]()
        answers: list[Ruling] = []
        for asked in requests:
            request = self._prepared(asked, state)
            answer = decide(state, request, now=now)
            apart = self._mismatched(request, state) if isinstance(answer, Accepted) else ()
            answer = Refused(apart) if apart else answer
            answers.append(answer)
            if isinstance(answer, Refused):
                continue
            first = state.position + 1
            state = fold(
                (
                    Event(
                        self._trial, first + number, draft.stream, 0, draft.fact, draft.occurred, draft.precision,
                        now, draft.actor or request.actor, request.reason if draft.reason is None else draft.reason,
                        "", state.version,
                    )
                    for number, draft in enumerate(answer.drafts)
                ),
                state,
            )  # fmt: skip
            same = request.reason == requests[0].reason
            drafts += [
                draft if same or draft.actor is not None else replace(draft, actor=request.actor, reason=request.reason)
                for draft in answer.drafts
            ]
        return tuple(answers), tuple(drafts), state

    def _prepared(self, request: Request[Any], state: TrialState) -> Request[Any]:
        """Return a request with what the application works out itself; APP-242: a real trial by another clock."""
        if not self._real_time and is_real(state, request.command):
            raise UserError(fault("APP-242", self._trial))
        command = with_scores(with_minimum_years(with_review(request.command)), state)
        return request if command is request.command else replace(request, command=command)

    def _mismatched(self, request: Request[Any], state: TrialState) -> tuple[Condition, ...]:
        """Return why a correction, a verification, a query or a data cut does not fit what is in the ledger; nothing for any other.

        state: the trial after what is decided before it in the same request.

        Asked after the decision: whoever may not correct learns nothing of what is on record.
        """
        if isinstance(request.command, TakeDataCut):
            return self._mismatched_cut(request.command, state)
        if not isinstance(request.command, CorrectFact | VerifyValue | OpenQuery | AnswerQuery):
            return ()
        from celltrial.app.correcting import mismatched, mismatched_query

        blinded = is_blinded(self._state, request.actor)
        if isinstance(request.command, OpenQuery | AnswerQuery):
            place = (self._journal, self._trial)
            return mismatched_query(*place, request.command, self._state, request.actor, blinded=blinded)
        return mismatched(self._journal, self._trial, request.command, self._state, request.actor, blinded=blinded)

    def _mismatched_cut(self, command: TakeDataCut, state: TrialState) -> tuple[Condition, ...]:
        head = self.ledger.head(self._trial)
        if command.sha256 == head.hash and state.position <= head.position:
            return ()
        needed = message("hash_of_last_record", hash=Identifier(head.hash))
        return (fail(Code.VALUE_NOT_USABLE, needed, as_written(command.sha256), TRIAL, input="sha256"),)

    def _carried_out(self, request: Request[Any]) -> Ruling | None:
        """Return the answer of a request that was carried out before, decided as it was then; None where it is new.

        The act's own facts may forbid it now: a subject is screened once. LDG-011 where the identifier was another act's.
        """
        events = self._journal.carried_out(self._trial, request.id) if request.id else ()
        if not events:
            return None
        first = events[0]
        earlier = self._journal.events(self._trial)
        state = fold(takewhile(lambda event: event.position < first.position, earlier), EMPTY)
        answer = decide(state, request, now=first.recorded)
        was = [(event.stream, event.fact, event.occurred, event.precision, event.actor.id) for event in events]
        now = [
            (draft.stream, draft.fact, draft.occurred, draft.precision, (draft.actor or request.actor).id)
            for draft in answer.drafts
        ]
        if was != now:
            raise UserError(fault("LDG-011", self._trial, cause=request.id, position=first.position))
        return answer

    def accept(self, request: Request[Any]) -> Accepted | None:
        """Submit and return the acceptance, None where it was refused."""
        answer = self.submit(request)
        return answer if isinstance(answer, Accepted) else None

    def _append(self, request: Request[Any], drafts: tuple[Draft[Any], ...]) -> None:
        self._fold(
            self._journal.append(
                self._trial,
                self._position,
                drafts,
                actor=request.actor,
                reason=request.reason,
                cause=request.id,
                protocol_version=self._state.version,
            )
        )

    def _fold(self, events: Iterator[Event[Any]] | tuple[Event[Any], ...]) -> None:
        self._state = fold((event for event in events if event.position > self._position), self._state)
        self._position = self._state.position


@contextmanager
def open_session(
    where: str | Path,
    trial: str,
    *,
    create: bool = False,
    clock: SimulatedClock | None = None,
    start: TrialState = EMPTY,
) -> Iterator[TrialSession]:
    """Open a trial in a ledger; with a simulated clock the recording times are simulated too, and say so.

    start: the fold of the first records, where the caller has just read them; else that of a snapshot, if there is one.
    """
    wire_installed_designs()
    port = clock.port if clock is not None else SYSTEM_CLOCK
    with open_ledger(where, create=create, clock=port) as ledger:
        advance = clock.set if clock is not None else _stand
        start = start if start.position else opened_at(ledger, trial)
        session = TrialSession(ledger, trial, port.now, advance, real_time=clock is None, start=start)
        keep(ledger, trial, session.state, start)
        yield session


def _stand(now: datetime) -> None:
    """Ignore: a real clock is not set."""


def only_trial(ledger: Ledger, asked: str | None) -> str:
    """Return the trial that is meant: the one asked for, or the only one there is (APP-021)."""
    trials = ledger.trials()
    if asked is None and len(trials) == 1:
        return trials[0]
    if asked in trials:
        return str(asked)
    raise UserError(
        fault("APP-021", ledger.place, expected=", ".join(trials) or ABSENT, found=asked or message("none_named"))
    )
