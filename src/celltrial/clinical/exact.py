"""Exact numbers: a threshold met in binary floating point may be missed by one unit in the last place.

Every number is a Decimal; a float is read by its shortest printed form, so 0.1 is one tenth. Units are those of
`celltrial.core.quantities`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from celltrial.core.errors import UserError, fault
from celltrial.core.values import between, message

Number: TypeAlias = Decimal | int | float | str
#: A number with more places than this, before or after the point, was not measured; products with it would overflow.
_MOST_PLACES: Final = 30


def exact(value: Number, name: str = "") -> Decimal:
    """Return the number as a Decimal; refuse what is no finite number, or far beyond anything measured (CLN-001).

    >>> exact(0.1)
    Decimal('0.1')
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    too_far = number.is_finite() and number != 0 and abs(number.adjusted()) > _MOST_PLACES
    if isinstance(value, bool) or not number.is_finite() or too_far:
        raise UserError(fault("CLN-001", where=name, expected=message("finite_number"), found=str(value)))
    return number


def exact_in(value: Number, low: Number, high: Number, name: str) -> Decimal:
    """Return the number if it lies in [low, high]; refuse what cannot be meant (CLN-002)."""
    number = exact(value, name)
    if not exact(low) <= number <= exact(high):
        raise UserError(fault("CLN-002", where=name, expected=between(exact(low), exact(high)), found=str(value)))
    return number
