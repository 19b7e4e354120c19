"""Stop when enough subjects were treated at the current dose.

With `only_if_staying` the trial stops only where the design would give the same dose again;
that is `n.earlystop` of BOIN 2.7.2. Without it, it stops as soon as the number is reached.

>>> from celltrial.designs import Counts, build_policy
>>> boin = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}
>>> rule = {"kind": "enough_at_dose", "params": {"n": 9, "only_if_staying": True}}
>>> policy = build_policy("boin", boin, n_doses=3, modifiers=[rule])
>>> policy.decide(Counts((3, 9, 0), (0, 3, 0), 1)).recommended, policy.decide(Counts((3, 9, 0), (0, 0, 0), 1)).next_dose
(1, 2)
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.designs.modifiers.wrapped import Wrapped, ended
from celltrial.designs.policy import Decisions, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class EnoughAtDoseParams:
    """What the protocol must state: n subjects, >= 1, and whether the design must want to stay."""

    n: int
    only_if_staying: bool

    def __post_init__(self) -> None:
        """Refuse a number that is none."""
        if self.n < 1:
            raise UserError(fault("DSG-050", expected="n >= 1", found=str(self.n)))


def build(params: EnoughAtDoseParams, policy: Policy) -> EnoughAtDose:
    """Return the policy with the stop."""
    return EnoughAtDose(policy, params)


@dataclass(frozen=True, slots=True)
class EnoughAtDose(Wrapped):
    """The stop."""

    params: EnoughAtDoseParams

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions, ended where there are enough subjects."""
        enough = (states.n[states.rows, states.current] >= self.params.n) & (decided.next >= 0)
        if self.params.only_if_staying:
            enough &= decided.next == states.current
        return ended(decided, enough, Reason.STOP_ENOUGH_AT_DOSE)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        kind = "enough_if_staying" if self.params.only_if_staying else "enough_at_dose"
        return Message(f"design.modifier.{kind}", {"n": self.params.n})
