"""Simon's two-stage design: stop a single-arm trial early when the treatment looks inactive.

Enter n1 subjects; stop for futility if at most r1 respond. Otherwise go on to n; the treatment is of interest if more than r
respond. Among all (r1, n1, r, n) with P(interest | p0) <= alpha and P(interest | p1) >= 1 - beta:
  minimax     smallest n, then smallest expected size under p0 (EN0);
  optimal     smallest EN0;
  admissible  smallest q n + (1 - q) EN0 for some weight q in [0, 1] (the lower convex hull of (n, EN0)).
Simon (1989), doi:10.1016/0197-2456(89)90015-9; Jung, Lee, Kim & George (2004), doi:10.1002/sim.1600.
Errors are exact. The search is complete up to `n_max`: it drops only what is already known to be worse.
Checked against clinfun 1.1.5 `ph2simon` and `twostage.admissible` (design_reference.json) and Simon's printed
tables. clinfun prints the q limits to three decimals; here they are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.single_arm.binomial_looks import Looks, follow_looks
from celltrial.designs.sizing.ranges import between, demand, that, whole


@dataclass(frozen=True, slots=True)
class Simon:
    """What the protocol must state for Simon's design.

    null_rate, alternative_rate: p0 < p1, in (0, 1).
    alpha, beta: largest error of the first and the second kind, in (0, 1), together below 1.
    n_max:       largest total size searched, 2 to 600.
    """

    null_rate: float
    alternative_rate: float
    alpha: float = 0.05
    beta: float = 0.20
    n_max: int = 100

    def __post_init__(self) -> None:
        demand(
            that(
                0 < self.null_rate < self.alternative_rate < 1,
                "DSG-201",
                expected="0 < null_rate < alternative_rate < 1",
                found=f"null_rate={self.null_rate}, alternative_rate={self.alternative_rate}",
            ),
            between("DSG-202", 0, 1, alpha=self.alpha, beta=self.beta, sum_of_errors=self.alpha + self.beta),
            whole("DSG-203", 2, 600, n_max=self.n_max),
        )


@dataclass(frozen=True, slots=True)
class SimonDesign:
    """One two-stage design.

    r1, n1: stop after n1 if at most r1 respond; r, n: of interest if more than r of n respond.
    expected_n, p_early_stop: mean size and probability of stopping after stage one, under the null rate.
    alpha, power: as attained.
    weights: the q for which it is admissible, (low, high); None where it is not on the hull.
    """

    r1: int
    n1: int
    r: int
    n: int
    expected_n: float
    p_early_stop: float
    alpha: float
    power: float
    weights: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class SimonDesigns:
    """The minimax and the optimal design, and all admissible ones from minimax to optimal."""

    minimax: SimonDesign
    optimal: SimonDesign
    admissible: tuple[SimonDesign, ...]


def simon_looks(design: SimonDesign) -> Looks:
    """Return the design as looks, to be followed exactly under any rate."""
    return Looks((design.n1, design.n), (design.r1, design.r), (design.n1 + 1, design.r + 1))


def simon(params: Simon) -> SimonDesigns:
    """Return the minimax, optimal and admissible two-stage designs.

    Raises UserError (DSG-204) where no design up to `n_max` meets both errors.

    >>> s = simon(Simon(0.20, 0.40, alpha=0.05, beta=0.10))
    >>> (s.optimal.r1, s.optimal.n1, s.optimal.r, s.optimal.n), round(s.optimal.expected_n, 2)
    ((4, 19, 15, 54), 30.43)
    >>> (s.minimax.r1, s.minimax.n1, s.minimax.r, s.minimax.n), len(s.admissible)
    ((5, 24, 13, 45), 3)
    """
    from celltrial.designs.single_arm.simon_kernel import search

    p = params
    rows = search(p.n_max, p.null_rate, p.alternative_rate, p.alpha, p.beta, all_sizes=False)
    if not len(rows):
        raise UserError(fault("DSG-204", expected=message("design_up_to_n_max", n_max=p.n_max), found=f"{params}"))
    points = [(int(row[0]), int(row[1]), int(row[2]), int(row[3]), float(row[4]), float(row[5])) for row in rows]
    hull = _hull(points)
    ends = [1.0, *(_weight(a, b) for a, b in pairwise(hull)), 0.0]
    admissible = tuple(
        _design(params, point, (low, high)) for point, high, low in zip(hull, ends[:-1], ends[1:], strict=True)
    )
    return SimonDesigns(admissible[0], admissible[-1], admissible)


Point = tuple[int, int, int, int, float, float]


def _weight(a: Point, b: Point) -> float:
    """Return the q at which two designs are equally good; b is longer with the smaller mean."""
    slope = (a[4] - b[4]) / (b[3] - a[3])
    return slope / (1 + slope)


def _hull(points: list[Point]) -> list[Point]:
    """Return the lower convex hull of (n, EN0) from the smallest n to the smallest EN0; points come by rising n and falling EN0."""
    kept: list[Point] = []
    for point in points:
        while len(kept) > 1 and _weight(kept[-2], kept[-1]) <= _weight(kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _design(params: Simon, point: Point, weights: tuple[float, float]) -> SimonDesign:
    r1, n1, r, n, mean, stop = point
    looks = Looks((n1, n), (r1, r), (n1 + 1, r + 1))
    alpha = follow_looks(looks, params.null_rate).p_success
    power = follow_looks(looks, params.alternative_rate).p_success
    return SimonDesign(r1, n1, r, n, mean, stop, alpha, power, weights)


def describe(params: Simon, result: SimonDesigns) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.simon",
        {
            "null_rate": 100 * params.null_rate,
            "alternative_rate": 100 * params.alternative_rate,
            "r1": result.optimal.r1,
            "n1": result.optimal.n1,
            "r": result.optimal.r,
            "n": result.optimal.n,
            "expected_n": result.optimal.expected_n,
            "minimax_r1": result.minimax.r1,
            "minimax_n1": result.minimax.n1,
            "minimax_r": result.minimax.r,
            "minimax_n": result.minimax.n,
            "minimax_expected_n": result.minimax.expected_n,
            "admissible": len(result.admissible),
        },
    )
