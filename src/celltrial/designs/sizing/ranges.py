"""What an argument of a design must satisfy, said in one way.

Each check returns a fault or None; `demand` raises every fault at once, so that a person mends a
form in one pass. NaN never passes.
"""

from __future__ import annotations

import math

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import Count, Identifier, Interval, Value, at_least, message, more_than


def demand(*found: Fault | None) -> None:
    """Raise `UserError` with every fault among `found`; do nothing where all are None."""
    faults = [item for item in found if item is not None]
    if faults:
        raise UserError(*faults)


def that(holds: object, fault_id: str, *, expected: object, found: object) -> Fault | None:
    """Return a fault with this id unless the condition holds."""
    return None if holds else fault(fault_id, expected=expected, found=found)


def between(fault_id: str, low: float, high: float, *, closed: bool = False, **named: float) -> Fault | None:
    """Return a fault unless every named value lies strictly between (or, closed, within) low and high."""
    bad = {k: v for k, v in named.items() if not (low <= v <= high if closed else low < v < high)}
    if not bad:
        return None
    sign = "<=" if closed else "<"
    names = ", ".join(bad)
    return fault(fault_id, expected=f"{low:g} {sign} {names} {sign} {high:g}", found=_show(bad))


def positive(fault_id: str, *, zero: bool = False, **named: float) -> Fault | None:
    """Return a fault unless every named value is finite and positive (or, with `zero`, at least 0)."""
    bad = {k: v for k, v in named.items() if not (math.isfinite(v) and (v >= 0 if zero else v > 0))}
    if not bad:
        return None
    return fault(
        fault_id,
        expected=message(
            "finite_numbers_limited", names=Identifier(", ".join(bad)), limit=at_least(0) if zero else more_than(0)
        ),
        found=_show(bad),
    )


def whole(fault_id: str, low: int, high: float = math.inf, **named: int) -> Fault | None:
    """Return a fault unless every named value is a whole number from low to high."""
    bad = {k: v for k, v in named.items() if isinstance(v, bool) or v % 1 != 0 or not low <= v <= high}
    if not bad:
        return None
    # A bound that is itself no number has a fault of its own.
    limit: Value = Interval(Count(low), Count(int(high))) if math.isfinite(high) else at_least(low)
    return fault(
        fault_id,
        expected=message("whole_numbers_limited", names=Identifier(", ".join(bad)), limit=limit),
        found=_show(bad),
    )


def ascending(fault_id: str, name: str, values: tuple[float, ...], *, above: float = 0.0) -> Fault | None:
    """Return a fault unless `values` is not empty, starts above `above` and increases strictly."""
    steps = zip((above, *values), values, strict=False)
    if values and all(math.isfinite(b) and a < b for a, b in steps):
        return None
    return fault(fault_id, expected=f"{above:g} < {name}[0] < {name}[1] < ...", found=f"{name}={tuple(values)}")


def _show(named: dict[str, float] | dict[str, int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in named.items())
