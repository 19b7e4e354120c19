"""Feasibility: how many pass each step from enrolment to infusion, against what the plan assumed.

Each step counts only subjects whose outcome at that step is settled; those who still wait are left out
and counted. The verdict follows from the interval: wholly below the target is `below`, wholly above is
`above`, anything else is `compatible` with it, which on few subjects says little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Caveat, Population
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, NotEstimable
from celltrial.core.values import Identifier, message

#: The steps in order; `infused_of_enrolled` is the whole way.
STEPS: Final = ("collection", "manufacture", "reach_lymphodepletion", "infusion", "infused_of_enrolled")


class Verdict(StrEnum):
    """Where the interval lies against the target."""

    BELOW = "below"
    COMPATIBLE = "compatible"
    ABOVE = "above"
    NO_TARGET = "no_target"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: share that passed it among those settled; waiting: entered it and not settled."""

    step: str
    passed: Estimate | NotEstimable
    waiting: int
    target: float | None
    verdict: Verdict


def estimate(
    adsl: pl.DataFrame, admanu: pl.DataFrame, *, targets: Mapping[str, float] | None = None, level: float = 0.95
) -> tuple[StepRow, ...]:
    """Return one row per step of `STEPS`.

    collection: leukapheresis, of the enrolled. manufacture: a product that could be infused (at any
    attempt), of the collected. reach_lymphodepletion: began it (or was infused without it), of those
    with a product. infusion: infused, of those who began lymphodepletion or were infused.
    targets: step to the share that the plan assumed, in (0, 1); raises ANL-015 for another name or value.
    """
    targets = targets or {}
    for name, target in targets.items():
        if name not in STEPS or not 0 < target < 1:
            raise UserError(
                fault(
                    "ANL-015",
                    name,
                    expected=message("target_below_1_for", names=Identifier(", ".join(STEPS))),
                    found=str(target),
                )
            )
    usable = admanu.filter(~pl.col("failed") & pl.col("finished_date").is_not_null())["usubjid"].unique()
    begun = pl.col("lymphodepleted") | pl.col("infused")
    made = pl.col("usubjid").is_in(usable.to_list()) | begun
    ways: dict[str, tuple[pl.Expr, pl.Expr, str]] = {
        "collection": (pl.lit(value=True), pl.col("collected") | made, Population.ENROLLED),
        "manufacture": (pl.col("collected") | made, made, Population.COLLECTED),
        "reach_lymphodepletion": (made, begun, Population.WITH_PRODUCT),
        "infusion": (begun, pl.col("infused"), Population.LYMPHODEPLETED),
        "infused_of_enrolled": (pl.lit(value=True), pl.col("infused"), Population.ENROLLED),
    }
    enrolled = adsl.filter("enrolled")
    return tuple(
        _row(step, enrolled.filter(entered), passed, population, targets.get(step), level)
        for step, (entered, passed, population) in ways.items()
    )


def _row(
    step: str, entered: pl.DataFrame, passed: pl.Expr, population: str, target: float | None, level: float
) -> StepRow:
    went_on = entered.filter(passed).height
    waiting = entered.filter(~passed & (pl.col("not_treated_reason") == "pending")).height
    caveats = (Caveat.PENDING_SUBJECTS,) if waiting else ()
    share = proportion.estimate(went_on, entered.height - waiting, population=population, level=level, caveats=caveats)
    return StepRow(step, share, waiting, target, _verdict(share, target))


def _verdict(share: Estimate | NotEstimable, target: float | None) -> Verdict:
    if target is None:
        return Verdict.NO_TARGET
    if isinstance(share, NotEstimable) or share.interval is None:
        return Verdict.COMPATIBLE
    if share.interval.high < target:
        return Verdict.BELOW
    return Verdict.ABOVE if share.interval.low > target else Verdict.COMPATIBLE
