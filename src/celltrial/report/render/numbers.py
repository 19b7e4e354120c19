"""How numbers look: the only place where a result is rounded.

Rules: half away from zero on the decimal digits; per cents to one decimal; days and months to one
decimal, whole ones without; concentrations, areas and ratios to three
significant digits, thousands separated; probabilities of a test to four decimals; doses as a mantissa and a power of ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from celltrial.report.content.values import Unit

_INFINITY: Final = "∞"
_SUPERSCRIPT: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DAYS_PER_MONTH: Final = 30.4375
#: Units whose whole numbers are shown without decimals when they are alone.
_PLAIN: Final = frozenset({Unit.NONE, Unit.DAYS, Unit.YEARS, Unit.KILOGRAMS})


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, rounded half away from zero.

    >>> fixed(0.125, 2), fixed(-2.5, 0), fixed(1234.0, 0)
    ('0.13', '-3', '1,234')
    """
    if math.isinf(value):
        return _INFINITY if value > 0 else f"-{_INFINITY}"
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}"
    return text.removeprefix("-") if not rounded else text


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as a per cent without the sign.

    >>> percent(27 / 34), percent(0.0), percent(1.0)
    ('79.4', '0.0', '100.0')
    """
    return fixed(100 * share, decimals)


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits.

    >>> significant(162601.0), significant(79999.6), significant(4.6666), significant(0.04567), significant(0.0)
    ('163,000', '80,000', '4.67', '0.0457', '0')
    """
    if not value or math.isinf(value):
        return fixed(value, 0)
    magnitude = math.floor(math.log10(abs(value)))
    decimals = digits - 1 - magnitude
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return fixed(float(rounded), max(0, decimals))


def cells(value: float) -> str:
    """Return a number of cells as mantissa and power of ten.

    >>> cells(3.0e6), cells(1.5e8), cells(450.0)
    ('3.0 × 10⁶', '1.5 × 10⁸', '450')
    """
    if abs(value) < 1e4:
        return fixed(value, 0)
    exponent = math.floor(math.log10(abs(value)))
    mantissa = fixed(value / 10**exponent, 1)
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPT)}"


def number(value: float, unit: Unit) -> str:
    """Return a number by the rule of its unit, without the unit; shares as per cents, months from days."""
    if unit in {Unit.SHARE, Unit.POINTS}:
        return percent(value)
    if unit in {Unit.CONCENTRATION, Unit.CONCENTRATION_DAYS, Unit.RATIO}:
        return significant(value)
    if unit is Unit.P_VALUE:
        return "< 0.0001" if value < 0.0001 else fixed(value, 4)
    if unit is Unit.STATISTIC:
        return fixed(value, 3)
    if unit is Unit.COEFFICIENT:
        return fixed(value, 2)
    if unit is Unit.CELLS:
        return cells(value)
    if unit is Unit.MONTHS:
        return fixed(value / _DAYS_PER_MONTH, 1)
    return fixed(value, 1).removesuffix(".0")


def alike(values: Sequence[float], unit: Unit) -> tuple[str, ...]:
    """Return numbers that are together (a result and its limits) with equally many decimals.

    >>> alike((40.0, 25.7, 62.3), Unit.DAYS), alike((70.0, 63.0, 77.0), Unit.DAYS)
    (('40.0', '25.7', '62.3'), ('70', '63', '77'))
    """
    shown = tuple(number(value, unit) for value in values)
    if unit in _PLAIN and any("." in each for each in shown):
        return tuple(fixed(value, 1) for value in values)
    return shown
