"""BOP2: Bayesian optimal phase II monitoring of efficacy, of toxicity, or of both together, exactly.

After n of N subjects the trial goes on while, for every endpoint watched, P(better than its null | data) >= lambda (n / N)^gamma
("better": a higher response rate, a lower toxicity rate). Each null has the weight of one subject in the prior, so with a Dirichlet
prior whose cells sum to one, the marginal posterior of an endpoint is Beta(p0 + x, 1 - p0 + n - x). At N, what has not stopped is
a success. Zhou, Lee & Yuan (2017), doi:10.1002/sim.7338; each endpoint may have cut-offs of its own, as in BOP2-TE (Chen, Zhou, Lee &
Yuan 2024, arXiv:2408.05816). With `early_success` eta the trial also stops as a success when every endpoint exceeds
1 - (1 - lambda)(n / N)^eta (BOP2-FE, Xu et al. 2025, doi:10.1080/10543406.2025.2558142).
Because the rule depends on the two counts only, its errors follow exactly from a recursion over (responders, toxicities) with
the four joint cells of a truth: no simulation, also in the calibration (see `bop2_calibration`). BOP2FE 1.0.3 simulates both, and its
chosen eta moves with the number of simulations; the bounds it prints for given parameters are reproduced (design_reference.json).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.single_arm.binomial_looks import binomial_pmf
from celltrial.designs.sizing.ranges import ascending, between, demand, positive, that, whole

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CutOff:
    """The cut-off lambda (n / N)^gamma: scale in (0, 1], power >= 0."""

    scale: float
    power: float

    def __post_init__(self) -> None:
        demand(
            that(0 < self.scale <= 1, "DSG-208", expected="0 < scale <= 1", found=f"scale={self.scale}"),
            positive("DSG-208", zero=True, power=self.power),
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """An endpoint that is watched: its null rate in (0, 1) and its cut-off."""

    null_rate: float
    cut_off: CutOff

    def __post_init__(self) -> None:
        demand(between("DSG-201", 0, 1, null_rate=self.null_rate))


@dataclass(frozen=True, slots=True)
class Bop2:
    """What the protocol must state.

    looks: subjects seen at each look, increasing, the last is all (at most 300).
    efficacy, toxicity: endpoints watched, at least one; early_success: eta >= 0, None never stops for success.
    """

    looks: tuple[int, ...]
    efficacy: Watched | None = None
    toxicity: Watched | None = None
    early_success: float | None = None

    def __post_init__(self) -> None:
        eta = self.early_success
        demand(
            ascending("DSG-205", "looks", tuple(float(n) for n in self.looks)),
            whole("DSG-203", 1, 300, **{f"looks[{k}]": n for k, n in enumerate(self.looks)}),
            that(
                self.efficacy or self.toxicity,
                "DSG-208",
                expected=message("efficacy_toxicity_or_both"),
                found="neither",
            ),
            None if eta is None else positive("DSG-208", zero=True, early_success=eta),
        )


@dataclass(frozen=True, slots=True)
class JointRates:
    """A truth: rates of response and of toxicity, and of both together in one subject (None: independent)."""

    efficacy: float = 0.0
    toxicity: float = 0.0
    both: float | None = None

    def __post_init__(self) -> None:
        e, t, both = self.efficacy, self.toxicity, self.p_both
        demand(
            between("DSG-211", 0, 1, closed=True, efficacy=e, toxicity=t),
            that(
                max(0.0, e + t - 1) - 1e-12 <= both <= min(e, t) + 1e-12,
                "DSG-211",
                expected="max(0, efficacy + toxicity - 1) <= both <= min(efficacy, toxicity)",
                found=f"efficacy={e}, toxicity={t}, both={both}",
            ),
        )

    @property
    def p_both(self) -> float:
        """Probability of response and toxicity in one subject."""
        return self.efficacy * self.toxicity if self.both is None else self.both


@dataclass(frozen=True, slots=True)
class Bop2Bounds:
    """Counts that stop, at each look; None where the endpoint is not watched.

    futile_at_most: responders; toxic_at_least: toxicities.
    proven_at_least, safe_at_most: responders and toxicities for early success, all watched endpoints together; None: never.
    """

    looks: tuple[int, ...]
    futile_at_most: tuple[int, ...] | None
    toxic_at_least: tuple[int, ...] | None
    proven_at_least: tuple[int, ...] | None
    safe_at_most: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Bop2Outcome:
    """What happens under one truth, exactly.

    p_success; p_early_stop (no-go) and p_early_success before the last look; expected_n; stop_at: probability that the trial
    ends at each look; total_error: |sum of probabilities - 1|.
    """

    truth: JointRates
    p_success: float
    p_early_stop: float
    p_early_success: float
    expected_n: float
    stop_at: tuple[float, ...]
    total_error: float


def bop2_bounds(params: Bop2) -> Bop2Bounds:
    """Return the integer bounds of every look.

    >>> rule = Bop2((10, 20, 30, 40), efficacy=Watched(0.30, CutOff(0.8, 0.0)))
    >>> bop2_bounds(rule).futile_at_most
    (4, 7, 11, 14)
    """
    e, t, eta, total = params.efficacy, params.toxicity, params.early_success, params.looks[-1]
    futile, toxic, proven, safe = [], [], [], []
    for n in params.looks:
        share = n / total
        if e is not None:
            curve = _better(e.null_rate, n, more=True)
            futile.append(int(curve.searchsorted(e.cut_off.scale * share**e.cut_off.power)) - 1)
            if eta is not None:
                proven.append(int(curve.searchsorted(1 - (1 - e.cut_off.scale) * share**eta)))
        if t is not None:
            curve = _better(t.null_rate, n, more=False)
            toxic.append(n + 1 - int(curve.searchsorted(t.cut_off.scale * share**t.cut_off.power)))
            if eta is not None:
                safe.append(n - int(curve.searchsorted(1 - (1 - t.cut_off.scale) * share**eta)))
    early = eta is not None
    return Bop2Bounds(
        params.looks,
        tuple(futile) if e else None,
        tuple(toxic) if t else None,
        tuple(proven) if e and early else None,
        tuple(safe) if t and early else None,
    )


@lru_cache(maxsize=4096)
def _better(null_rate: float, n: int, *, more: bool) -> Array:
    """Return P(better than the null | count), increasing: by responders 0..n, or by toxicities n..0."""
    x = np.arange(n + 1)
    a, b = null_rate + x, 1 - null_rate + n - x
    return np.asarray(special.betaincc(a, b, null_rate) if more else special.betainc(a, b, null_rate)[::-1])


def follow_bop2(bounds: Bop2Bounds, truth: JointRates) -> Bop2Outcome:
    """Return the exact course under this truth.

    >>> rule = Bop2((10, 20), efficacy=Watched(0.2, CutOff(0.9, 1.0)), toxicity=Watched(0.3, CutOff(0.9, 1.0)))
    >>> o = follow_bop2(bop2_bounds(rule), JointRates(0.4, 0.15, 0.05))
    >>> round(o.p_success, 4), round(o.expected_n, 2), o.total_error < 1e-12
    (0.4598, 17.93, True)
    """
    cells = _cells(truth, has_e=bounds.futile_at_most is not None, has_t=bounds.toxic_at_least is not None)
    alive: Array = np.ones((1, 1))
    success = early_stop = early_success = expected = 0.0
    stop_at: list[float] = []
    before = 0
    for k, n in enumerate(bounds.looks):
        mass = float(alive.sum())
        expected += mass * (n - before)
        alive = _more_subjects(alive, cells, n - before)
        before = n
        goes_on, proven = _regions(bounds, k, alive.shape)
        lost = float(alive[~goes_on].sum())
        won = float(alive[goes_on & proven].sum())
        alive = np.where(goes_on & ~proven, alive, 0.0)
        if k + 1 == len(bounds.looks):
            won += float(alive.sum())
        else:
            early_stop, early_success = early_stop + lost, early_success + won
        success += won
        stop_at.append(lost + won)
    return Bop2Outcome(truth, success, early_stop, early_success, expected, tuple(stop_at), abs(sum(stop_at) - 1))


def _cells(truth: JointRates, *, has_e: bool, has_t: bool) -> Array:
    """Return the cell probabilities [response 0/1, toxicity 0/1], summed over an endpoint that is not watched."""
    both, e, t = truth.p_both, truth.efficacy, truth.toxicity
    cells = np.maximum(np.array([[1 - e - t + both, t - both], [e - both, both]]), 0.0)
    if not has_e:
        cells = cells.sum(axis=0, keepdims=True)
    if not has_t:
        cells = cells.sum(axis=1, keepdims=True)
    return np.asarray(cells)


def _more_subjects(alive: Array, cells: Array, more: int) -> Array:
    """Return the law of the counts after `more` subjects."""
    if 1 in cells.shape:
        line = np.convolve(alive.ravel(), binomial_pmf(more, float(cells.ravel()[1])))
        return np.asarray(line[:, None] if cells.shape[1] == 1 else line[None, :])
    for _ in range(more):
        rows, columns = alive.shape
        after = np.zeros((rows + 1, columns + 1))
        for i in range(2):
            for j in range(2):
                after[i : i + rows, j : j + columns] += cells[i, j] * alive
        alive = after
    return alive


def _regions(bounds: Bop2Bounds, k: int, shape: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the trial goes on or succeeds, and where it succeeds early, on the grid of counts."""
    e, t = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    goes_on = np.ones(shape, dtype=bool)
    early = bounds.proven_at_least is not None or bounds.safe_at_most is not None
    proven = np.full(shape, fill_value=early)
    if bounds.futile_at_most is not None:
        goes_on &= e > bounds.futile_at_most[k]
    if bounds.toxic_at_least is not None:
        goes_on &= t < bounds.toxic_at_least[k]
    if bounds.proven_at_least is not None:
        proven &= e >= bounds.proven_at_least[k]
    if bounds.safe_at_most is not None:
        proven &= t <= bounds.safe_at_most[k]
    return goes_on, proven
