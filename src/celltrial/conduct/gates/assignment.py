"""What a participant was assigned is what may be given: nothing of the cells before randomisation, and none in an arm without them.

The arm is a protected value: a blinded reader of the refusal does not see it. An arm that gets a placebo is collected from and
infused like the others, so that nothing here may tell it apart; what is in its bags is the manufacturer's to keep to the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import Condition, fail
from celltrial.core.values import ABSENT, Identifier, Protected, as_written, message, one_of
from celltrial.protocol import Protocol
from celltrial.protocol.model.confirmatory import Randomisation
from celltrial.protocol.model.regimen import Arm

#: Kinds of arms in which cells, or what looks like them, are given.
_TREATED: Final = frozenset({"experimental", "placebo"})


def randomisation_of(protocol: Protocol) -> Randomisation | None:
    """Return how the protocol randomises; None where it does not."""
    return protocol.confirmatory.randomisation if protocol.confirmatory is not None else None


def arm_of(protocol: Protocol, name: str) -> Arm | None:
    """Return an arm of the protocol by its id; None where it states none of that name."""
    return next((item for item in protocol.arms if item.id == name), None)


def check_arm_known(protocol: Protocol | None, arm: str, about: str) -> Iterator[Condition]:
    """Yield an arm that the protocol does not name, where it names its arms."""
    arms = protocol.arms if protocol is not None else ()
    if arms and arm not in {item.id for item in arms}:
        known = one_of(*(Identifier(item.id) for item in arms))
        yield fail(Code.VALUE_NOT_USABLE, known, as_written(arm), about, "2.3.1-a", "arms", input="arm")


def check_assignment(act: Act, step: Literal["collection", "treatment"]) -> Conditions:
    """Yield cells for somebody who is not randomised by the point that the protocol declares, or whose arm gets none.

    Somebody of an arm that may cross over gets the cells of the other once the disease has progressed.
    """
    plan, subject = randomisation_of(act.protocol), act.subject
    if plan is None or plan.point is None:
        return
    if not subject.arm:
        if step == "treatment" or plan.point == "before_collection":
            needed, field = message("randomised_subject"), "confirmatory.randomisation.point"
            yield fail(Code.NOT_RANDOMISED, needed, ABSENT, act.about, "2.3.1-a", field)
        return
    arm = arm_of(act.protocol, subject.arm)
    if arm is None or arm.kind in _TREATED or _crosses_over(act.protocol, arm, subject):
        return
    needed = message("arm_with_cells_or_progression_in_one_that_crosses_over")
    field = f"arms.{act.protocol.arms.index(arm)}"
    yield fail(Code.ARM_WITHOUT_CELLS, needed, Protected("arm", Identifier(arm.id)), act.about, "2.3.1-a", field)


def _crosses_over(protocol: Protocol, arm: Arm, subject: SubjectState) -> bool:
    other = arm_of(protocol, arm.crossover_to or "")
    return other is not None and other.kind in _TREATED and subject.progressed_on is not None


def gets_cells(state: TrialState, subject: SubjectState) -> bool:
    """Tell whether a subject's arm, as far as it is known, is one in which cells or what looks like them are given.

    Whoever is not randomised yet, and everybody of a trial that names no arms, may still get them.
    """
    arm = arm_of(state.protocol, subject.arm) if state.protocol is not None else None
    return arm is None or arm.kind in _TREATED
