"""What a blinded person does not see: whatever reveals an arm, taken out of facts and refusals before anything is made of them.

Who is blinded follows from the protocol, which says which roles may know the arms, and from the person's grant.

Closed are a subject's arm, the arm that a suspension names, what only unblinded roles enter about a product (the process that
made it, what was measured on it), and the kinetics of the cells to roles that do not enter them. What a blinded role enters
itself (a batch's code at the bedside, the cells it gave) cannot be closed to it; there the trial's material has to look the
same in every arm.

Whoever a subject's code was broken to sees that subject's arm, and nothing else that is closed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.assessment.commands import RecordKinetics
from celltrial.conduct.acts.roles import ROLES, may_see_arm
from celltrial.conduct.envelope import Actor, Event, Request, Role
from celltrial.conduct.facts.account.state import Account, arm_access
from celltrial.conduct.facts.assessment.events import KineticsSampled
from celltrial.conduct.facts.batch.events import (
    BatchOutOfSpecification,
    BatchQuarantined,
    BatchReleased,
    ManufactureCompleted,
    ManufactureStarted,
    QualityTested,
)
from celltrial.conduct.facts.document.events import DocumentFiled
from celltrial.conduct.facts.scope.events import ScopeSuspended
from celltrial.conduct.facts.signing.events import SignatureRequested
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.events import SubjectEnrolled, SubjectRandomised, TreatmentUnblinded
from celltrial.conduct.facts.trial.events import FactCorrected, ValueVerified
from celltrial.conduct.ruling import Condition
from celltrial.conduct.vocabulary import ScopeKind
from celltrial.core.values import REDACTED, Value, redacted
from celltrial.protocol import Protocol

#: What is in place of a closed text.
HIDDEN: Final = "***"

ARM_FIELDS: Final[Mapping[type[Any], str]] = MappingProxyType({SubjectEnrolled: "arm", SubjectRandomised: "arm"})
"""Fact to the field in which it holds a subject's arm."""

PRODUCT_FIELDS: Final[Mapping[type[Any], tuple[str, ...]]] = MappingProxyType(
    {
        ManufactureStarted: ("process_version", "process_run", "lots"),
        ManufactureCompleted: ("total_cells",),
        QualityTested: ("value", "unit", "low", "high"),
        BatchReleased: ("cells", "viability", "positivity", "vector_copy_number"),
        BatchOutOfSpecification: ("attributes", "cells"),
        SignatureRequested: ("content",),
    }
)
"""Fact to the fields that tell one product from another; only unblinded roles enter them."""

ASSAY_FIELDS: Final[Mapping[type[Any], tuple[type[Any], tuple[str, ...]]]] = MappingProxyType(
    {KineticsSampled: (RecordKinetics, ("value", "below_lloq", "raw"))}
)
"""Fact to the command that enters it and its fields that reveal an arm; a role that may enter them knows them."""


CLOSED_KINDS: Final = frozenset({"arm", "product"})
"""Kinds of protected values that are closed to a blinded role."""


def hides_arms(protocol: Protocol | None, reader: Actor | None, accounts: Mapping[str, Account]) -> bool:
    """Tell whether this reader is blinded; None is whoever keeps the ledger itself and reads no less than it holds.

    accounts: of the trial, whose grants say who in a role that the protocol leaves open knows the arms.
    """
    return (
        protocol is not None
        and reader is not None
        and not may_see_arm(protocol, reader.role, arm_access(accounts, reader))
    )


def is_blinded(state: TrialState, reader: Actor | None) -> bool:
    """Tell whether a reader is blinded by the protocol in force and the own grant."""
    return hides_arms(state.protocol, reader, state.accounts)


def broken_to(events: Iterable[Event[Any]], account: str) -> frozenset[str]:
    """Return the subjects whose code was broken to an account."""
    facts = (event.fact for event in events)
    return frozenset(
        fact.subject for fact in facts if isinstance(fact, TreatmentUnblinded) and fact.to_account == account
    )


def closed_names(kind: type[Any], payload: Mapping[str, Any], role: Role) -> Collection[str]:
    """Return the fields of a fact that are closed to a blinded role, from the fact's type and its values by name."""
    if kind in ARM_FIELDS:
        return (ARM_FIELDS[kind],)
    if kind is ScopeSuspended:
        return ("target",) if payload["scope"] == ScopeKind.ARM else ()
    if kind is BatchQuarantined:  # a halt names the run or the lots that batches share
        return ("linked_to",) if payload["cause"] == "halt" else ()
    if kind is DocumentFiled:
        return ("name", "sha256", "size", "pages") if payload["closed"] else ()
    if kind in ASSAY_FIELDS:
        command, fields = ASSAY_FIELDS[kind]
        return () if role in ROLES[command] else fields
    return PRODUCT_FIELDS.get(kind, ())


class Redaction:
    """What is between the events of a trial and one blinded reader: texts become `HIDDEN`, lists empty, flags false, all else None.

    known: subjects whose arms stand, because their code was broken to the reader.

    Events pass in order of position, so that a correction comes after what it corrects; one of a closed value is kept without
    its values and corrects nothing any more.
    """

    def __init__(self, role: Role, known: Collection[str] = ()) -> None:
        self._role = role
        self._known = known
        self._closed: dict[int, Collection[str]] = {}

    def __call__(self, event: Event[Any]) -> Event[Any]:
        """Return an event without what is closed."""
        fact = event.fact
        if isinstance(fact, FactCorrected):
            if fact.field in self._closed.get(fact.position, ("arm",)):
                fact = replace(fact, position=0, old=HIDDEN, new=HIDDEN)
            return event._replace(fact=fact)
        if isinstance(fact, ValueVerified):
            hidden = fact.field in self._closed.get(fact.position, ())
            return event._replace(fact=replace(fact, value=HIDDEN)) if hidden else event
        is_open = type(fact) in ARM_FIELDS and fact.subject in self._known
        names = () if is_open else closed_names(type(fact), _values(fact), self._role)
        if names or is_open:
            self._closed[event.position] = names
        return event._replace(fact=replace(fact, **{name: _hidden(getattr(fact, name)) for name in names}))


def without_closed(events: Iterable[Event[Any]], role: Role, known: Collection[str] = ()) -> Iterator[Event[Any]]:
    """Yield the same events as a `Redaction` of this reader leaves them.

    >>> HIDDEN
    '***'
    """
    return map(Redaction(role, known), events)


def _values(fact: Any) -> Mapping[str, Any]:
    if isinstance(fact, BatchQuarantined):
        return {"cause": fact.cause}
    if isinstance(fact, DocumentFiled):
        return {"closed": fact.closed}
    return {"scope": fact.scope} if isinstance(fact, ScopeSuspended) else {}


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return HIDDEN if value else ""
    if isinstance(value, bool):
        return False
    if isinstance(value, Value):
        return REDACTED
    return () if isinstance(value, tuple) else None


def without_closed_values(
    state: TrialState, request: Request[Any], conditions: tuple[Condition, ...]
) -> tuple[Condition, ...]:
    """Return the conditions of a refusal with what a blinded role may not learn redacted, and all else laid open."""
    closed = CLOSED_KINDS if is_blinded(state, request.actor) else ()
    return tuple(
        replace(item, needed=redacted(item.needed, closed), found=redacted(item.found, closed)) for item in conditions
    )


def may_know(state: TrialState, actor: Actor, subject: str) -> bool:
    """Tell whether a subject's code was broken to an actor."""
    known = state.subjects.get(subject)
    return known is not None and actor.id in known.unblinded_to
