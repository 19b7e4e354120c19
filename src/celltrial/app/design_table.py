"""The decisions of a design at a middle dose, as rows: by subjects and DLTs, and by what else the design looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from celltrial.designs.escalation.table_text import format_ranges
from celltrial.designs.observation import Channel
from celltrial.designs.policy import Counts, Decision, Policy

#: Subjects at the dose below, all without DLT.
_BELOW = 3


def second_count(policy: Policy) -> Channel | None:
    """Return what the design counts beside DLTs: responses, moderate toxicity, doses that could not be made; or None."""
    others = [c for c in policy.observation.channels if c not in {Channel.N, Channel.DLT, Channel.BOTH}]
    return others[0] if others else None


def decision_rows(policy: Policy) -> list[dict[str, Any]]:
    """Return the decision after y DLTs in n subjects at a middle dose, as integers.

    The doses below are taken as safe (three subjects, no event; fewer where the trial would else be full) and those above as
    untried, which is how protocols print such tables: up to one subject less than the trial takes, since a dose may hold nearly
    all of them. A design that counts something beside DLTs has a row for each such count too, for whole cohorts only. One
    that decides by the last cohort as well has no such table: no rows.

    move: escalate, stay, de_escalate, stop; eliminate where the dose is given up and not left upwards, leave where it is
    given up for a higher one (too little response).
    """
    if policy.needs_last:
        return []
    other = second_count(policy)
    here = min(1, policy.n_doses - 1)
    step = 1 if other is None else int(getattr(policy, "cohort_size", 3))
    rows: list[dict[str, Any]] = []
    most = min(policy.most_at_dose, policy.max_subjects - 1)
    for n in range(step, most + 1, step):
        for dlt in range(n + 1):
            for count in range(_most(other, n, dlt) + 1):
                answer = policy.decide(_counts(policy, here, other, (n, dlt, count)))
                row = {"n": n, "dlt": dlt, "move": _move(answer, here), "reason": answer.reason.name.lower()}
                rows.append(row if other is None else {**row, other.value: count})
    return rows


def _most(other: Channel | None, n: int, dlt: int) -> int:
    """Return the highest count of the second kind beside `dlt` DLTs in n subjects; at most one dose not made."""
    most = {Channel.RESPONSE: n, Channel.MODERATE: n - dlt, Channel.INFEASIBLE: n}
    return 0 if other is None else most[other]


def _counts(policy: Policy, here: int, other: Channel | None, seen: tuple[int, int, int]) -> Counts:
    n, dlt, count = seen
    below = min(_BELOW, policy.max_subjects - 1 - n)
    values: dict[Channel, list[int]] = {c: [0] * policy.n_doses for c in policy.observation.channels}
    values[Channel.N] = [below if dose < here else 0 for dose in range(policy.n_doses)]
    values[Channel.N][here], values[Channel.DLT][here] = n, dlt
    if other is not None:
        values[other][here] = count
    if Channel.BOTH in values:
        # the fewest subjects that can have had both
        values[Channel.BOTH][here] = max(0, dlt + count - n)
    named: dict[str, Any] = {channel.value: tuple(items) for channel, items in values.items()}
    return Counts(**named, current=here)


def _move(answer: Decision, here: int) -> str:
    if here in answer.eliminated:
        return "leave" if answer.next_dose is not None and answer.next_dose > here else "eliminate"
    if answer.next_dose is None:
        return "stop"
    return "escalate" if answer.next_dose > here else "de_escalate" if answer.next_dose < here else "stay"


#: Decisions in the order of a printed table; the first three always have a column.
_MOVES: Final = ("escalate", "stay", "de_escalate", "leave", "eliminate", "stop")


def decision_ranges(decisions: Sequence[Mapping[str, Any]], other: Channel | None) -> tuple[list[str], list[list[str]]]:
    """Return a table of decisions: its heads, and for each number of subjects the counts that lead to each move.

    decisions: as `decision_rows` gives them; other: as `second_count` does.
    """
    counted = "dlt" if other is None else other.value
    keys = ("n",) if other is None else ("n", "dlt")
    moves = [move for move in _MOVES if move in _MOVES[:3] or any(row["move"] == move for row in decisions)]
    rows = []
    for case in dict.fromkeys(tuple(row[key] for key in keys) for row in decisions):
        here = [row for row in decisions if tuple(row[key] for key in keys) == case]
        rows.append(
            [
                *map(str, case),
                *(format_ranges([row[counted] for row in here if row["move"] == move]) or "–" for move in moves),
            ]
        )
    return ["n", *(["dlts"] if other else []), *moves], rows
