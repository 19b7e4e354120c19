"""The bench of cell processing: what is to be done next with a batch and whose it is, its tests, its custody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from celltrial.app.holding import Held
from celltrial.app.persons import Acting
from celltrial.conduct.acts.batch.commands import ReleaseBatch
from celltrial.conduct.acts.batch.custody import custody_breaks
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.signing.deciders import needed_by
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.batch.events import CustodyHandedOver, QualityTested
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.vocabulary import BatchStatus as S
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.terms import same_term
from celltrial.core.values import Term, Value

#: Status to what may be done with a batch then, the usual first; its infusion is the bedside's.
_NEXT: Final[Mapping[S, tuple[str, ...]]] = {
    S.PLANNED: ("PerformLeukapheresis",),
    S.COLLECTED: ("ReceiveMaterial", "RecordManufactureFailure"),
    S.MATERIAL_RECEIVED: ("StartManufacture", "RecordManufactureFailure"),
    S.IN_PROCESS: ("CompleteManufacture", "RecordManufactureFailure"),
    S.QC: ("ReleaseBatch", "DeclareOutOfSpecification", "RejectBatch"),
    S.RELEASED: ("ShipBatch",),
    S.OOS: ("ApproveOutOfSpecificationUse", "RejectBatch"),
    S.SHIPPED: ("HandOverBatch", "ReceiveBatch"),
    S.RECEIVED: (),
    S.THAWED: (),
    S.QUARANTINED: ("LiftQuarantine", "ReturnBatch", "DestroyBatch"),
    S.EXPIRED: ("ReturnBatch", "DestroyBatch"),
    S.RETURNED: ("DestroyBatch",),
    S.FAILED: ("DestroyBatch",),
    S.REJECTED: ("DestroyBatch",),
    S.INFUSED: (),
    S.DESTROYED: (),
}
#: Nothing more comes of it.
OVER: Final = frozenset({S.INFUSED, S.DESTROYED, S.FAILED, S.REJECTED, S.RETURNED, S.EXPIRED})


@dataclass(frozen=True, slots=True)
class ReleaseTest:
    """One test of a batch: what the protocol asks to be done, what was measured, or both.

    mark: passed, failed, open (measured, not decided) or missing.
    """

    name: str
    test: QualityTested | None
    is_asked: bool

    @property
    def term(self) -> Term:
        """Its name as a term, in whatever words it was written."""
        return Term("release_test", self.name)

    @property
    def mark(self) -> str:
        """What is known of it."""
        if self.test is None:
            return "missing"
        return {True: "passed", False: "failed", None: "open"}[self.test.passed]


def next_acts(state: TrialState, batch: BatchState) -> tuple[str, ...]:
    """Return the commands that may follow for a batch, the usual one first."""
    acts = _NEXT[batch.status]
    if batch.status is S.QC and any(row.mark == "missing" for row in release_tests(state, batch)):
        return ("RecordQualityTest", *acts)
    if batch.status is S.OOS and batch.oos_use_approved:
        return ("ShipBatch", *acts[1:])
    if batch.status is S.SHIPPED and batch.custody and batch.custody[-1].to_holder == _home(state, batch):
        return acts[::-1]
    if batch.status is S.QUARANTINED and batch.recalled:
        return acts[1:]
    return acts


def _home(state: TrialState, batch: BatchState) -> str:
    return state.subjects[batch.subject].site


def roles_of(command: str) -> tuple[Role, ...]:
    """Return who may give a command, sorted."""
    return tuple(sorted(ROLES[COMMANDS[command]]))


def release_tests(state: TrialState, batch: BatchState) -> tuple[ReleaseTest, ...]:
    """Return the tests that the protocol asks for, then the others that were done."""
    manufacturing = state.protocol.manufacturing if state.protocol is not None else None
    asked = manufacturing.release_tests if manufacturing is not None else ()
    found = [
        ReleaseTest(
            name,
            next((t for t in batch.tests.values() if same_term(t.attribute, name, "release_test")), None),
            is_asked=True,
        )
        for name in asked
    ]
    known = {id(row.test) for row in found}
    return (*found, *(ReleaseTest(t.attribute, t, is_asked=False) for t in batch.tests.values() if id(t) not in known))


def release_conditions(held: Held, acting: Acting, batch: BatchState, at: Instant) -> tuple[Condition, ...]:
    """Return what would refuse a release by this person now, whatever cells and expiry they then state; nothing is written.

    The signature that a release waits for is none of it.
    """
    command = ReleaseBatch(batch.batch, Decimal(1), DoseBasis.VIABLE, Instant(at.utc + timedelta(days=1), at.zone), ())
    answer = held.preview(command, acting, at)
    found = answer.conditions if isinstance(answer, Refused) else ()
    return tuple(item for item in found if not needed_by((item,)))


def breaks(state: TrialState, batch: BatchState) -> tuple[tuple[CustodyHandedOver, tuple[Value, ...]], ...]:
    """Return each hand-over with what breaks the chain of custody at it, as conduct judges it."""
    return tuple((item, tuple(custody_breaks(state, item))) for item in batch.custody)


def relatives(state: TrialState, batch: BatchState) -> tuple[BatchState, ...]:
    """Return the other batches that were made for the same subject, in order."""
    names = state.subjects[batch.subject].batches
    return tuple(state.batches[name] for name in names if name != batch.batch)
