"""The comparison that answers the primary question of a trial, against the boundary that its looks leave it.

An error of the first kind that is spent over several looks leaves each of them less than the whole. At a data cut the
information that is in says which planned look it belongs to, and the spending function what that look may cost; the bound
follows from the shares at which the looks before it were planned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.analysis.comparison import Comparison
from celltrial.analysis.terms import Reason
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.analysis_plan import PrimaryComparison
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import CLOSEST, GroupSequential
from celltrial.designs.randomised.spending import Spending


@dataclass(frozen=True, slots=True)
class PrimaryResult:
    """What the primary comparison says at a data cut.

    events, planned: in the data, and at the last look. information: their share, at most 1.
    look, looks: which planned look the data reach, 0 before the first, and how many there are.
    z:     the test, positive where the other group fares better than the reference. p_value: one-sided.
    bound: that z has to reach; None before the first look. spent: error used up to and with this look.
    """

    comparison: Comparison
    events: int
    planned: int
    information: float
    look: int
    looks: int
    z: float
    p_value: float
    bound: float | None
    spent: float

    @property
    def crossed(self) -> bool | None:
        """Whether the bound is reached; None where no look is due."""
        return None if self.bound is None else self.z >= self.bound


def estimate(compared: Comparison, plan: PrimaryComparison) -> PrimaryResult | NotEstimable:
    """Return the primary comparison of two groups against its boundary.

    Not estimable without the planned number of events, with other than two groups, or without an event. Looks before this
    one count as held at their planned shares; this one is held at the share that the data have. The bounds are those of
    `designs.randomised`, checked there against rpact and gsDesign. With one look the bound is the quantile of 1 - alpha.

    >>> round(_bound(PrimaryComparison("OS", looks=(0.5, 1.0)), 2, 1.0)[0], 4)
    1.9686
    """
    population, n = compared.groups[0].curve.population, sum(group.curve.n for group in compared.groups)
    z = _statistic(compared, plan)
    if isinstance(z, NotEstimable):
        return z
    if plan.events is None:
        return NotEstimable(Reason.PLANNED_EVENTS_NOT_STATED, population, n)
    events = sum(group.curve.events for group in compared.groups)
    share = min(1.0, events / plan.events)
    look = sum(planned <= share + 1e-9 for planned in plan.looks)
    bound, spent = (None, 0.0) if look == 0 else _bound(plan, look, share)
    p_value = float(stats.norm.sf(z))
    return PrimaryResult(compared, events, plan.events, share, look, len(plan.looks), z, p_value, bound, spent)


def _statistic(compared: Comparison, plan: PrimaryComparison) -> float | NotEstimable:
    population, n = compared.groups[0].curve.population, sum(group.curve.n for group in compared.groups)
    if len(compared.groups) != 2:
        return NotEstimable(Reason.NO_PAIRS, population, n)
    if compared.z is None:
        return NotEstimable(Reason.NO_EVENTS_RECORDED, population, n)
    if plan.test == "restricted_mean":
        [difference] = compared.differences.values()
        return difference.detail["z"] if isinstance(difference, Estimate) else difference
    within = compared.stratified_log_rank if plan.stratified else None
    test = compared.weighted if plan.test == "weighted_log_rank" else within or compared.log_rank
    if isinstance(test, NotEstimable):
        return test
    return math.copysign(math.sqrt(test.chi_square), compared.z)


def _bound(plan: PrimaryComparison, look: int, share: float) -> tuple[float, float]:
    """Return the bound of a look and the error spent with it."""
    held = [planned for planned in plan.looks[: look - 1] if planned < share * (1 - CLOSEST)]
    here = [*held, share]
    if share < 1:
        here.append(1.0)
    design = GroupSequential(tuple(here), alpha=plan.alpha, efficacy=Spending(plan.spending, plan.spending_gamma))
    found = boundaries(design)
    return found.upper[len(held)], found.alpha_spent[len(held)]
