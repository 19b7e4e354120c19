"""A trial in memory: every request goes through `decide`, every fact through `evolve`, nothing else changes it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Self

from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Draft, Event, LogIn, Precision, Request, Role
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError
from celltrial.protocol import Protocol, canonical_json


def with_fields(protocol: Protocol, fields: dict[str, Any]) -> Protocol:
    """Return a protocol with fields changed, by dotted path; values are plain data as in YAML."""
    document = json.loads(canonical_json(protocol))
    for path, value in fields.items():
        *parents, last = path.split(".")
        here: Any = document
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        here[int(last) if isinstance(here, list) else last] = value
    return Protocol.model_validate(document)


def signature(role: str, at: Instant, meaning: str = "approval") -> Signature:
    """Return a signature of the person who acts in this role in a rehearsal."""
    return Signature(f"{role}-signer", role.replace("_", " "), role, meaning, at)


class Rehearsal:
    """A trial in memory.

    now:    the server's clock, UTC; `wait` moves it on.
    state:  the fold of all events.
    events: all events, in order.
    """

    def __init__(self, now: datetime, zone: str = "UTC") -> None:
        self.now = now
        self.zone = zone
        self.state: TrialState = EMPTY
        self.events: list[Event[Any]] = []
        self._versions: dict[str, int] = {}

    @property
    def moment(self) -> Instant:
        """Now, in the rehearsal's zone."""
        return Instant(self.now, self.zone)

    def wait(self, **lapse: float) -> None:
        """Let time pass: `wait(days=3)`."""
        self.now += timedelta(**lapse)

    def fork(self) -> Self:
        """Return a trial that goes on from here and leaves this one as it is."""
        other = type(self)(self.now, self.zone)
        other.state, other.events, other._versions = self.state, [*self.events], dict(self._versions)  # noqa: SLF001
        return other

    def set_down(self, draft: Draft[Any]) -> None:
        """Remember a fact without asking anybody: what a rehearsal takes as given."""
        self._keep(self.event(draft.fact, None, draft))

    def request(
        self,
        command: Any,
        *,
        role: Role | None = None,
        at: Instant | None = None,
        actor: Actor | None = None,
        reason: str = "",
        log_in: LogIn | None = None,
    ) -> Request[Any]:
        """Return the request: by default now, by the first role that may give the command, with a typed identity."""
        acting = role or min(ROLES[type(command)])
        who = actor or Actor(f"{acting}-1", acting)
        return Request(command, who, at or self.moment, reason=reason, id=f"r{len(self.events) + 1}", log_in=log_in)

    def ask(self, command: Any, **options: Any) -> Ruling:
        """Ask, remember what is to be remembered, and return the decision."""
        request = self.request(command, **options)
        decision = decide(self.state, request, now=self.now)
        for draft in decision.drafts:
            self._record(draft, request)
        return decision

    def do(self, command: Any, **options: Any) -> Accepted:
        """Ask for what must be accepted; a refusal is a defect of the rehearsal."""
        decision = self.ask(command, **options)
        if isinstance(decision, Refused):
            raise DefectError(
                f"{type(command).__name__}: {[(c.code.name, c.needed, c.found) for c in decision.conditions]}"
            )
        return decision

    def event(self, fact: Any, request: Request[Any] | None = None, draft: Draft[Any] | None = None) -> Event[Any]:
        """Return a fact as the next event, without remembering it."""
        stream = draft.stream if draft is not None else "trial"
        actor = request.actor if request is not None else Actor("system-1", Role.SYSTEM)
        reason = request.reason if request is not None else ""
        if draft is not None and draft.actor is not None:
            actor, reason = draft.actor, draft.reason or ""
        return Event(
            trial=self.state.trial,
            position=len(self.events) + 1,
            stream=stream,
            version=self._versions.get(stream, 0) + 1,
            fact=fact,
            occurred=draft.occurred if draft is not None else self.moment,
            precision=draft.precision if draft is not None else Precision.SECOND,
            recorded=self.now,
            actor=actor,
            reason=reason,
            cause=request.id if request is not None else "",
            protocol_version=self.state.version,
        )

    def _record(self, draft: Draft[Any], request: Request[Any]) -> None:
        self._keep(self.event(draft.fact, request, draft))

    def _keep(self, event: Event[Any]) -> None:
        self._versions[event.stream] = event.version
        self.events.append(event)
        self.state = evolve(self.state, event)
