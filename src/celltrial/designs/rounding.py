"""Subjects and events come whole: a computed size is rounded up, once and everywhere alike."""

from __future__ import annotations

import math


def whole_up(size: float) -> int:
    """Return the least whole number not below `size`; 1e-9 above a whole number is rounding error.

    >>> whole_up(251.692), whole_up(56.0000000001)
    (252, 56)
    """
    return math.ceil(size - 1e-9)
