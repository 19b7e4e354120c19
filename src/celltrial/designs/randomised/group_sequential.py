"""Group-sequential designs: boundaries that keep the error over several looks, and what they cost.

Efficacy bounds come from a shape or from a spending function:
  WangTsiatis(delta)  z_k = c t_k^(delta - 1/2): 0 is O'Brien-Fleming, 0.5 Pocock (Wang & Tsiatis 1987, doi:10.2307/2531959)
  HaybittlePeto(z)    a fixed z at every look but the last, which takes what is left
  Spending            the bound of each look spends the increment (see `spending`)
Futility bounds spend beta under the alternative or 1 - alpha under the null, or are given. Binding: the efficacy bounds
use that the trial does stop, and the error is kept only if it always does. Not binding: they do not.
The effect is scaled as a drift theta sqrt(I_max). The inflation factor is (drift / (z_{1-alpha} + z_{1-beta}))^2, the
maximum information over that of the fixed design with the same errors. Two-sided tests (alpha is the two-sided
error) are symmetric, without futility; power counts the right direction only.
Method: `canonical_process`. Checked against rpact 3.3.4 (bounds within 1e-6; it solves alpha to 1e-8, which moves a bound by
some 1e-7) and gsDesign 3.10.1 (within 1e-5; its Simpson grid carries about 1e-6), all gs_boundary cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from celltrial.core.values import message
from celltrial.designs.randomised.spending import Spending
from celltrial.designs.sizing.ranges import ascending, between, demand, that

#: Looks closer than this share of their information are one look, and would need an integral too fine to compute.
CLOSEST: Final = 0.002
#: The default of `GroupSequential.efficacy`.
OBRIEN_FLEMING_SPENDING = Spending("obrien_fleming")


@dataclass(frozen=True, slots=True)
class WangTsiatis:
    """Bounds c t^(delta - 1/2); delta in [-1, 1]: 0 O'Brien-Fleming, 0.5 Pocock."""

    delta: float

    def __post_init__(self) -> None:
        demand(between("DSG-303", -1, 1, closed=True, delta=self.delta))


@dataclass(frozen=True, slots=True)
class HaybittlePeto:
    """The same high bound z at every look but the last."""

    z: float = 3.0

    def __post_init__(self) -> None:
        demand(between("DSG-303", 1, 8, closed=True, z=self.z))


@dataclass(frozen=True, slots=True)
class Futility:
    """Futility bounds from a spending function.

    spending: the function; binding: whether stopping is obligatory.
    under_null: spend 1 - alpha under the null (gsDesign's types 5 and 6) instead of beta under the alternative.
    """

    spending: Spending
    binding: bool = False
    under_null: bool = False


@dataclass(frozen=True, slots=True)
class FixedFutility:
    """Futility bounds given as z values at every look but the last; -inf skips a look."""

    bounds: tuple[float, ...]
    binding: bool = False


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """What the protocol must state for a group-sequential design.

    information: share of the maximum information at each look, increasing (by 0.2 % or more), the last 1; one to fifty looks.
    alpha: error of the first kind, in (0, 0.5) one-sided, (0, 1) two-sided; beta: of the second, alpha < 1 - beta.
    efficacy: shape or spending function; sided: 1 or 2; futility: None, from a spending function, or given.
    """

    information: tuple[float, ...]
    alpha: float = 0.025
    beta: float = 0.20
    efficacy: Spending | WangTsiatis | HaybittlePeto = OBRIEN_FLEMING_SPENDING
    sided: int = 1
    futility: Futility | FixedFutility | None = None

    def __post_init__(self) -> None:
        t, futility = self.information, self.futility
        right = not isinstance(futility, FixedFutility) or (
            len(futility.bounds) == len(t) - 1 and all(z < 8 for z in futility.bounds)
        )
        demand(
            ascending("DSG-301", "information", t),
            that(
                len(t) <= 50 and bool(t) and abs(t[-1] - 1) < 1e-12,
                "DSG-301",
                expected=message("looks_to_information_1"),
                found=f"information={t}",
            ),
            that(
                all(b - a >= CLOSEST * b for a, b in pairwise(t)),
                "DSG-301",
                expected=message("more_information_at_each_look", closest=100 * CLOSEST),
                found=f"information={t}",
            ),
            between("DSG-302", 0, 0.5 * self.sided, alpha=self.alpha),
            between("DSG-302", 0, 1 - self.alpha / max(self.sided, 1), beta=self.beta),
            that(self.sided in {1, 2}, "DSG-302", expected=message("sided_1_or_2"), found=f"sided={self.sided}"),
            that(
                futility is None or self.sided == 1,
                "DSG-303",
                expected=message("futility_bounds_only_with_sided_1"),
                found=f"sided={self.sided}",
            ),
            that(
                right,
                "DSG-303",
                expected=message("futility_bounds_each_below_8", number=len(t) - 1),
                found=f"futility={futility}",
            ),
        )

    @property
    def alpha_side(self) -> float:
        """The error of the first kind on the side of the effect."""
        return self.alpha / self.sided


@dataclass(frozen=True, slots=True)
class Course:
    """What happens under one drift.

    success, futility: probability of crossing the upper and the lower bound first at each look (two-sided: the lower
    bound is the opposite rejection). information: mean information used, as a share of the maximum.
    """

    drift: float
    success: tuple[float, ...]
    futility: tuple[float, ...]
    information: float

    @property
    def p_success(self) -> float:
        """Probability of ever crossing the upper bound."""
        return math.fsum(self.success)


@dataclass(frozen=True, slots=True)
class GroupSequentialDesign:
    """The bounds and what they cost.

    upper, lower: bounds of Z at each look (lower is -inf where there is none; both meet at the last look if futility).
    nominal:      one-sided nominal level at each look.
    alpha_spent:  cumulative error spent on the side of the effect (futility ignored unless binding).
    drift:        effect times the root of the maximum information that gives the power.
    inflation:    maximum information over that of the fixed design.
    under_null, halfway, under_alternative: the course at drift 0, half and full.
    """

    params: GroupSequential
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    nominal: tuple[float, ...]
    alpha_spent: tuple[float, ...]
    drift: float
    inflation: float
    under_null: Course
    halfway: Course
    under_alternative: Course

    @property
    def expected_inflation(self) -> tuple[float, float, float]:
        """Mean information over that of the fixed design, at drift 0, half and full."""
        courses = (self.under_null, self.halfway, self.under_alternative)
        return (
            self.inflation * courses[0].information,
            self.inflation * courses[1].information,
            self.inflation * courses[2].information,
        )
