"""The regularised incomplete beta function for single values, without numpy or scipy.

Limits of designs and stopping rules are a few hundred single values. scipy's function gives them as well, but importing it
takes longer than reading and reviewing a whole protocol. Arrays, inverses and other functions stay with scipy.
"""

from __future__ import annotations

import math
from typing import Final

_STEPS: Final = 10_000
_TINY: Final = 1e-300
_CLOSE: Final = 1e-16


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return I_x(a, b): the probability that a beta variable with shapes a and b is at most x.

    a, b: above 0.   x: from 0 to 1.

    Method: the continued fraction DLMF 8.17.22 by Lentz's algorithm, on the side of the mean where it converges fast.
    Checked against scipy's `betainc` to 1e-12 for shapes to 600 and to 1e-11 for 2,000 subjects (`tests/unit/core/test_incomplete_beta.py`) and, for whole a and b, against
    exact sums of binomial probabilities in fractions.

    >>> round(incomplete_beta(2, 3, 0.5), 6)
    0.6875
    """
    if not (a > 0 and b > 0 and 0 <= x <= 1):
        raise ValueError(f"a={a}, b={b}, x={x}: a and b are above 0, x lies from 0 to 1")
    if x in {0.0, 1.0}:
        return float(x)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    value = ratio = 1.0
    inverse = 0.0
    for step in range(1, _STEPS):
        m, is_odd = divmod(step, 2)
        if is_odd:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        inverse = 1 / ((1 + term * inverse) or _TINY)
        ratio = (1 + term / ratio) or _TINY
        value *= ratio * inverse
        if abs(ratio * inverse - 1) < _CLOSE:
            break
    return value
