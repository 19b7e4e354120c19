"""Exact numbers with units, converted before anything is compared.

A threshold met in binary floating point may be missed by one unit in the last
place, and a value in another unit by a factor of a thousand. Every number is a
Decimal; a float is read by its shortest printed form, so 0.1 is one tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from celltrial.clinical.quantities_data import CHARGE, LINEAR_UNITS, MOLAR_MASS_G_PER_MOL, MOLAR_UNITS
from celltrial.core.errors import UserError, fault

__all__ = ["Number", "Quantity", "convert", "exact", "exact_in"]

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
        raise UserError(fault("CLN-001", where=name, expected="a finite number", found=str(value)))
    return number


def exact_in(value: Number, low: Number, high: Number, name: str) -> Decimal:
    """Return the number if it lies in [low, high]; refuse what cannot be meant (CLN-002)."""
    number = exact(value, name)
    if not exact(low) <= number <= exact(high):
        raise UserError(fault("CLN-002", where=name, expected=f"{low} to {high}", found=str(value)))
    return number


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, written as in UCUM where it has a code (10*9/L is written 1e9/L)."""

    value: Decimal
    unit: str

    @staticmethod
    def of(value: Number, unit: str) -> Quantity:
        """Return the quantity of any number; the unit must be known (CLN-005)."""
        if unit not in LINEAR_UNITS and unit not in MOLAR_UNITS and unit not in {"degC", "degF", "mEq/L"}:
            raise UserError(fault("CLN-005", expected="a known unit", found=unit))
        return Quantity(exact(value), unit)


def _mass_per_litre(quantity: Quantity, analyte: str) -> Decimal | None:
    """Return grams per litre of a molar amount of this analyte, or None where its molar mass is not listed."""
    if quantity.unit not in MOLAR_UNITS or analyte not in MOLAR_MASS_G_PER_MOL:
        return None
    return quantity.value * MOLAR_UNITS[quantity.unit] * MOLAR_MASS_G_PER_MOL[analyte]


def _celsius(quantity: Quantity) -> Decimal:
    return (quantity.value - 32) * 5 / 9 if quantity.unit == "degF" else quantity.value


def convert(quantity: Quantity, unit: str, analyte: str = "") -> Decimal:
    """Return the number in `unit`; between mass and molar units the analyte says which molar mass.

    Raises CLN-005 where the two units do not measure the same thing.

    >>> convert(Quantity.of("100.4", "degF"), "degC")
    Decimal('38.0')
    >>> convert(Quantity.of(450, "/uL"), "1e9/L")
    Decimal('0.450')
    """
    if quantity.unit == unit:
        return quantity.value
    if quantity.unit == "degF" and unit == "degC":
        return _celsius(quantity)
    if quantity.unit == "mEq/L" and analyte in CHARGE:
        return convert(Quantity(quantity.value / CHARGE[analyte], "mmol/L"), unit, analyte)
    source, target = LINEAR_UNITS.get(quantity.unit), LINEAR_UNITS.get(unit)
    if source and target and source[0] == target[0]:
        return quantity.value * source[1] / target[1]
    if quantity.unit in MOLAR_UNITS and unit in MOLAR_UNITS:
        return quantity.value * MOLAR_UNITS[quantity.unit] / MOLAR_UNITS[unit]
    if target and target[0] == "mass/volume":
        grams = _mass_per_litre(quantity, analyte)
        if grams is not None:
            return grams / target[1]
    if source and source[0] == "mass/volume" and unit in MOLAR_UNITS and analyte in MOLAR_MASS_G_PER_MOL:
        return quantity.value * source[1] / MOLAR_MASS_G_PER_MOL[analyte] / MOLAR_UNITS[unit]
    raise UserError(fault("CLN-005", where=analyte, expected=f"a unit that converts to {unit}", found=quantity.unit))
