"""Disposition: who was enrolled, who was infused, who was not and why.

Subjects who still wait are no failures and no successes: the proportion not treated is estimated on
the resolved subjects, and the pending ones give its bounds (all treated, none treated).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Caveat, Method, Population
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

#: The way of a subject; a node counts as passed when it or a later one was.
NODES: Final = ("consented", "enrolled", "collected", "lymphodepleted", "infused")
#: Nodes left out where nobody is on record there: a trial without lymphodepletion, records that hold no consents.
_MAY_BE_ABSENT: Final = frozenset({"consented", "lymphodepleted"})
PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A node of the flow: `n` arrived; `left` stopped here, by reason; `pending` wait here.

    n = left + pending + the n of the next node, always; at the last node nothing is left.
    """

    name: str
    n: int
    left: Mapping[str, int]
    pending: int


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of the enrolled subjects.

    flow:        nodes from consent to infusion; totals reconcile at each.
    not_treated: proportion not infused among the resolved (enrolled without the pending).
    reasons:     counts of the not treated by reason, most frequent first.
    bounds:      lowest and highest proportion of all enrolled that the pending still allow.
    conforming, out_of_specification: infused, by product (AC-A1.3).
    lymphodepleted_not_infused: subjects who had lymphodepletion and no infusion (AC-A1.2).
    replaced:    subjects replaced for the DLT decision; they stay enrolled (AC-A1.4).
    """

    enrolled: int
    infused: int
    pending: int
    not_treated: Estimate | NotEstimable
    reasons: Mapping[str, int]
    bounds: Interval | None
    flow: tuple[FlowNode, ...]
    conforming: int
    out_of_specification: int
    lymphodepleted_not_infused: tuple[str, ...]
    replaced: tuple[str, ...]


def estimate(adsl: pl.DataFrame, *, level: float = 0.95) -> Disposition:
    """Return the disposition of `adsl` with the exact interval of the proportion not treated.

    Raises ANL-001 for a subject whose flags contradict each other and ANL-002 for a subject who was
    enrolled and not infused without a reason: a table that does not add up is not printed.
    Checked against AC-A1.1 (6 of 40: 15.0 %, 5.7-29.8; with 4 pending 13.6-22.7 % of 44).
    """
    _reconcile(adsl)
    enrolled = adsl.filter("enrolled")
    waiting = enrolled.filter(pl.col("not_treated_reason") == PENDING)
    lost = enrolled.filter(~pl.col("infused") & (pl.col("not_treated_reason") != PENDING))
    infused = enrolled.filter("infused")
    caveats = (Caveat.PENDING_SUBJECTS,) if waiting.height else ()
    resolved = enrolled.height - waiting.height
    return Disposition(
        enrolled=enrolled.height,
        infused=infused.height,
        pending=waiting.height,
        not_treated=proportion.estimate(
            lost.height, resolved, population=Population.RESOLVED, level=level, caveats=caveats
        ),
        reasons=_counts(lost),
        bounds=_bounds(lost.height, waiting.height, enrolled.height),
        flow=_flow(adsl),
        conforming=infused.filter("infused_conforming").height,
        out_of_specification=infused.filter(~pl.col("infused_conforming")).height,
        lymphodepleted_not_infused=tuple(
            enrolled.filter(pl.col("lymphodepleted") & ~pl.col("infused"))["usubjid"].sort().to_list()
        ),
        replaced=tuple(adsl["replaces"].drop_nulls().unique().sort().to_list()),
    )


def _reconcile(adsl: pl.DataFrame) -> None:
    odd = adsl.filter(
        (pl.col("infused") & ~pl.col("enrolled"))
        | (pl.col("infused_conforming") & ~pl.col("infused"))
        | (pl.col("infused") & pl.col("not_treated_reason").is_not_null())
    )
    missing = adsl.filter(pl.col("enrolled") & ~pl.col("infused") & pl.col("not_treated_reason").is_null())
    faults: list[Fault] = [
        fault("ANL-001", f"adsl {subject}", expected="enrolled >= infused >= infused_conforming", found=subject)
        for subject in odd["usubjid"]
    ]
    faults += [
        fault("ANL-002", f"adsl {subject}", expected=message("reason_or_pending"), found=subject)
        for subject in missing["usubjid"]
    ]
    if faults:
        raise UserError(*faults)


def _counts(rows: pl.DataFrame) -> Mapping[str, int]:
    table = rows.group_by("not_treated_reason").len().sort(["len", "not_treated_reason"], descending=[True, False])
    return MappingProxyType(dict(table.iter_rows()))


def _bounds(lost: int, pending: int, enrolled: int) -> Interval | None:
    if not enrolled:
        return None
    return Interval(lost / enrolled, (lost + pending) / enrolled, 1.0, Method.BOUNDS)


def _flow(adsl: pl.DataFrame) -> tuple[FlowNode, ...]:
    names = [
        name
        for name in NODES
        if name not in _MAY_BE_ABSENT or adsl[name].any() or (name == "consented" and not adsl.height)
    ]
    reached = [adsl.filter(pl.any_horizontal(names[i:])) for i in range(len(names))]
    nodes: list[FlowNode] = []
    for (name, here), (_, onward) in pairwise(zip(names, reached, strict=True)):
        stopped = here.join(onward, on="usubjid", how="anti")
        reason = stopped.with_columns(pl.col("not_treated_reason").fill_null("not_enrolled"))
        waiting = reason.filter(pl.col("not_treated_reason") == PENDING).height
        left = _counts(reason.filter(pl.col("not_treated_reason") != PENDING))
        nodes.append(FlowNode(name, here.height, left, waiting))
    nodes.append(FlowNode(names[-1], reached[-1].height, MappingProxyType({}), 0))
    return tuple(nodes)
