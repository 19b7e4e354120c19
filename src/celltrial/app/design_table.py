"""The decision table of a design, as rows at a middle dose."""

from __future__ import annotations

from typing import Any

from celltrial.designs.policy import Counts, Decision, Policy

__all__ = ["decision_rows"]


def decision_rows(policy: Policy) -> list[dict[str, Any]]:
    """Return the decision after y DLTs in n subjects at a middle dose, as integers.

    The doses below are taken as safe and those above as untried, which is how protocols print such tables.
    """
    doses = policy.n_doses
    here = min(1, doses - 1)
    rows = []
    for n in range(1, policy.max_subjects - 3 * here):
        for dlt in range(n + 1):
            below = tuple(3 if dose < here else 0 for dose in range(doses))
            counts = Counts(
                tuple(n if dose == here else below[dose] for dose in range(doses)),
                tuple(dlt if dose == here else 0 for dose in range(doses)),
                here,
            )
            answer = policy.decide(counts)
            rows.append({"n": n, "dlt": dlt, "move": _move(answer, here), "reason": answer.reason.name.lower()})
    return rows


def _move(answer: Decision, here: int) -> str:
    if here in answer.eliminated:
        return "eliminate"
    if answer.next_dose is None:
        return "stop"
    return "escalate" if answer.next_dose > here else "de_escalate" if answer.next_dose < here else "stay"
