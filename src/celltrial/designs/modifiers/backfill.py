"""Backfill: which lower doses are open to further subjects while the escalation goes on.

A dose is open when it lies below the current one, at least one response was seen there (or
`needs_response` is off), fewer than `max_n` subjects were treated there, and it is not closed. It is
closed while its observed DLT rate lies above the upper BOIN cut-off and so does the pooled rate of it and the next
dose. Backfilled subjects count in n and DLT of their dose: the design decides from all.
The highest open dose is filled first. Zhao, Yuan, Korn & Freidlin (2024), Clinical Cancer Research 30: 673-679.

Backfill is a recruitment rule: it says who may enter while the design waits, not what the next dose is. It leaves the
decisions of the design inside as they are; the calendar simulation asks it (`backfill_doses`) whenever a subject comes
while windows are open.

Differences from other software: bfboin 0.1.1 counts backfilled subjects beside the escalation's own size; here the
design's `max_subjects` is the whole trial, backfilled subjects included.

>>> from celltrial.designs.policy import Counts
>>> params = BackfillParams(target_dlt_rate=0.30, max_n=9)
>>> open_doses(params, Counts((3, 3, 3, 0), (0, 0, 0, 0), 2, response=(0, 1, 0, 0)))
(1,)
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.boin import BoinParams, boundaries
from celltrial.designs.modifiers.wrapped import Wrapped
from celltrial.designs.policy import Counts, Message, Policy


@dataclass(frozen=True, slots=True)
class BackfillParams:
    """What the protocol must state.

    target_dlt_rate: target of the escalation, in (0, 1); its upper BOIN cut-off closes doses.
    max_n:           no more subjects than these at a backfilled dose, >= 1.
    needs_response:  whether a response must have been seen at the dose.
    """

    target_dlt_rate: float
    max_n: int
    needs_response: bool = True

    def __post_init__(self) -> None:
        """Refuse a target outside (0, 1/1.4) and a limit below one."""
        BoinParams(self.target_dlt_rate, 1, max(self.max_n, 1))
        if self.max_n < 1:
            raise UserError(fault("DSG-050", expected="max_n >= 1", found=str(self.max_n)))


def open_doses(params: BackfillParams, counts: Counts) -> tuple[int, ...]:
    """Return the 0-based doses open to backfill, the one to fill first in front."""
    cut = boundaries(BoinParams(params.target_dlt_rate, 1, max(params.max_n, 1))).de_escalate_at_least
    waiting = [sum(s.dose == j for s in counts.pending) for j in range(len(counts.n))]
    response = counts.response or (0,) * len(counts.n)

    def closed(j: int) -> bool:
        n, y = counts.n[j], counts.dlt[j]
        pooled_n, pooled_y = n + counts.n[j + 1], y + counts.dlt[j + 1]
        return n > 0 and y / n > cut and pooled_y / pooled_n > cut

    return tuple(
        j
        for j in range(counts.current - 1, -1, -1)
        if counts.n[j] > 0
        and counts.n[j] + waiting[j] < params.max_n
        and (response[j] > 0 or not params.needs_response)
        and not closed(j)
    )


def build(params: BackfillParams, policy: Policy) -> Backfill:
    """Return the policy with lower doses open while it waits."""
    return Backfill(policy, params)


@dataclass(frozen=True, slots=True)
class Backfill(Wrapped):
    """The recruitment rule around a policy."""

    params: BackfillParams

    def backfill_doses(self, counts: Counts) -> tuple[int, ...]:
        """Return the open doses below the current one that the policy has not eliminated."""
        gone = set(self.inner.decide(counts).eliminated)
        return tuple(dose for dose in open_doses(self.params, counts) if dose not in gone)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        kind = "with_response" if self.params.needs_response else "always"
        return Message(f"design.backfill.{kind}", {"max_n": self.params.max_n, "target": self.params.target_dlt_rate})
