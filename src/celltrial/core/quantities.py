"""Quantities: numbers with units, converted exactly, by what is observed where mass meets substance.

One vocabulary for every door: criteria, evidence, laboratory values, grading, kinetics, import and export. What an
observation may be stated in is in `observations_data`, what a unit is worth in `units`. Nothing is converted that needs
more than is known: a multiple of the upper limit is no concentration, an international unit of one substance none of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.measured import Comparator, Measured, Relation, compare
from celltrial.core.observations_data import CHARGE, ENZYMES, MOLAR_MASS, RANGES, ROWS
from celltrial.core.terms import plain
from celltrial.core.truth import Truth
from celltrial.core.units import Unit, as_decimal, read_unit


@dataclass(frozen=True, slots=True)
class Observation:
    """Something observed of a person.

    names: by language, the first is shown.
    units: UCUM codes it may be stated in, the first by default; whatever converts to one of them may be too.
    is_number: whether it is a number, with a unit or without; else a yes/no or a word.
    low, high: what it can be, in the first unit.
    """

    code: str
    names: Mapping[Literal["en", "zh"], tuple[str, ...]]
    units: tuple[str, ...]
    is_number: bool
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def example(self) -> tuple[str, str]:
        """A value it can have and its unit, to fill in a form: the middle of its range, 1 where it has none, or "no"."""
        if not self.is_number:
            return "no", ""
        middle = Decimal(1) if self.low is None or self.high is None else (self.low + self.high) / 2
        return f"{middle:f}", self.symbols[0] if self.symbols else ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The units as they are printed."""
        return tuple(read_unit(code).symbol for code in self.units)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, or a limit that it lies below or above, with its unit as written.

    >>> Quantity.of(450, "/uL").in_unit("10^9/L")
    Decimal('0.45')
    """

    value: Decimal
    unit: str
    relation: Relation = "="

    @staticmethod
    def of(value: Decimal | float | str, unit: str) -> Quantity:
        """Return the quantity of a number or of text such as `<0.5`; COR-033 for words, COR-030 or COR-031 for no unit."""
        measured = Measured.read(value)
        if measured.number is None:
            raise UserError(fault("COR-033", found=measured.text or "-"))
        read_unit(unit)
        return Quantity(measured.number, unit, measured.relation)

    def __str__(self) -> str:
        """Return the number, or the limit with its sign, and the unit."""
        return f"{'' if self.relation == '=' else self.relation}{self.value} {self.unit}".strip()

    def in_unit(self, unit: str, concept: str = "") -> Decimal:
        """Return the number in another unit; COR-032 where it measures something else."""
        return as_decimal(self.exactly(unit, concept))

    def exactly(self, unit: str, concept: str = "") -> Fraction:
        """Return the number in another unit without any rounding."""
        return convert_exactly(Fraction(self.value), read_unit(self.unit), read_unit(unit), concept)

    def compare(self, comparator: Comparator, limit: Quantity, concept: str = "") -> Truth:
        """Return whether this is so related to a limit in whatever unit; unknown where the relations leave it open."""
        return compare(self.exactly(limit.unit, concept), self.relation, comparator, Fraction(limit.value))


def observation(text: str) -> Observation | None:
    """Return what a code, name or synonym observes; None where it is not known.

    >>> observation("中性粒细胞").code, observation("ANC").symbols[0], observation("BUN").code
    ('absolute_neutrophil_count', '10^9/L', 'urea_nitrogen')
    """
    return _index().get(plain(text))


def concept_code(text: str) -> str:
    """Return the code of what is observed, or the text itself where it is not listed.

    >>> concept_code("ANC"), concept_code("a question of one protocol")
    ('absolute_neutrophil_count', 'a question of one protocol')
    """
    known = observation(text)
    return text if known is None else known.code


def observations() -> tuple[Observation, ...]:
    """Return everything that can be observed."""
    return tuple(_table().values())


def convert(quantity: Quantity, unit: str, concept: str = "") -> Decimal:
    """Return the number of a quantity in another unit.

    >>> convert(Quantity.of("100.4", "degF"), "degC")
    Decimal('38')
    >>> round(convert(Quantity.of(1, "mg/dL"), "umol/L", "creatinine"), 2)
    Decimal('88.40')
    """
    return quantity.in_unit(unit, concept)


def convert_exactly(value: Fraction, source: Unit, target: Unit, concept: str = "") -> Fraction:
    """Return a number of one unit in another; COR-032 where they do not measure the same of this concept."""
    factor = _bridge(source, target, concept)
    if factor is None:
        raise UserError(
            fault(
                "COR-032",
                where=concept,
                expected=accepted(concept) or target.symbol,
                found=source.symbol or "-",
            )
        )
    return ((value * source.worth + source.zero) * factor - target.zero) / target.worth


def accepted(concept: str) -> str:
    """Return the units that a concept may be stated in, for a message; "" for a concept that is not listed."""
    known = observation(concept)
    return "" if known is None else " | ".join(item or "no unit" for item in known.symbols) or "no unit"


def fits(concept: str, unit: str) -> bool:
    """Tell whether a concept may be stated in a unit; a concept that is not listed, in any unit."""
    return not check_unit(concept, unit)


def check_unit(concept: str, unit: str, where: str = "") -> tuple[Fault, ...]:
    """Return what is wrong with a unit of a concept: not a unit (COR-030), two units (COR-031), of something else (COR-032).

    The fault lists the units that the concept may have.

    >>> check_unit("creatinine", "g/L/h")[0].id, check_unit("creatinine", "mg/dl"), check_unit("creatinine", "10^9/L")[0].params["expected"]
    ('COR-032', (), 'umol/L | mg/dL | xULN')
    """
    known = observation(concept)
    try:
        given = read_unit(unit, where)
    except UserError as error:
        shown = accepted(concept)
        return tuple(
            fault(item.id, where, **{**item.params, **({"expected": shown} if shown else {})}) for item in error.faults
        )
    if known is None:
        return ()
    if not known.units and given.code == "1":
        return ()
    if any(_bridge(given, read_unit(code), concept) is not None for code in known.units):
        return ()
    return (fault("COR-032", where, expected=accepted(concept), found=given.symbol or "-"),)


def check_value(concept: str, text: str, unit: str, where: str = "") -> tuple[Fault, ...]:
    """Return what is wrong with a value of a concept as it was written: its unit, its type, its range.

    A number is required where the concept is one; "unknown" and the like are values. A unit in the text and beside it agree (COR-034).

    >>> [item.id for item in check_value("creatinine", "<0.5 mg/dL", "umol/L")], check_value("creatinine", "<0.5", "mg/dL")
    (['COR-034'], ())
    """
    known, measured = observation(concept), Measured.read(text)
    written = unit or measured.unit
    if not measured.is_known or (known is not None and not known.is_number):
        return () if known is None or not written else check_unit(concept, written, where)
    faults = [*check_unit(concept, written, where)]
    if unit and measured.unit and not faults and not _agree(unit, measured.unit):
        faults.append(fault("COR-034", where, expected=unit, found=measured.unit))
    if known is not None and measured.number is None:
        faults.append(fault("COR-033", where, found=text))
    if known is not None and not faults and measured.number is not None:
        faults += _out_of_range(known, measured.number, written, where)
    return tuple(faults)


def _agree(one: str, other: str) -> bool:
    try:
        return read_unit(one).same(read_unit(other))
    except UserError:
        return False


def _out_of_range(known: Observation, number: Decimal, unit: str, where: str) -> list[Fault]:
    if not known.units:
        return []
    try:
        found = convert_exactly(Fraction(number), read_unit(unit), read_unit(known.units[0]), known.code)
    except UserError:  # a multiple of a limit of normal, or an arbitrary unit: only its sign is known to be wrong
        found = Fraction(number)
        low, high = Fraction(0), None
    else:
        low = Fraction(known.low or 0)
        high = None if known.high is None else Fraction(known.high)
    if low <= found and (high is None or found <= high):
        return []
    ends = f"{known.low or 0} .. {known.high} {known.symbols[0]}" if high is not None else ">= 0"
    return [fault("COR-035", where, expected=ends.strip(), found=f"{number} {unit}".strip())]


def _bridge(source: Unit, target: Unit, concept: str) -> Fraction | None:
    """Return base units of the target in one base unit of the source, or None."""
    if source.dimension == target.dimension:
        return Fraction(1)
    known = observation(concept)
    code = known.code if known is not None else concept
    a, b = dict(source.dimension), dict(target.dimension)
    for base, factor in _in_moles(code).items():
        for here, there, sign in ((a, b, 1), (b, a, -1)):
            if here.get(base) == 1 and there.get("substance") == 1 and base not in there and "substance" not in here:
                rest = {name: power for name, power in here.items() if name != base}
                if rest == {name: power for name, power in there.items() if name != "substance"}:
                    return factor**sign
    mass = _in_moles(code).get("mass")
    if mass is not None and "charge" in _in_moles(code):
        charge = _in_moles(code)["charge"]
        for here, there, factor in ((a, b, mass / charge), (b, a, charge / mass)):
            if here.get("mass") == 1 and there.get("charge") == 1 and _rest(here, "mass") == _rest(there, "charge"):
                return factor
    if code in ENZYMES or code == "endotoxin":
        other = "activity" if code in ENZYMES else "endotoxin"
        for here, there in ((a, b), (b, a)):
            if (
                here.get("international") == 1
                and there.get(other) == 1
                and _rest(here, "international") == _rest(there, other)
            ):
                return Fraction(1)
    return None


def _rest(dimension: dict[str, int], without: str) -> dict[str, int]:
    return {name: power for name, power in dimension.items() if name != without}


@lru_cache(maxsize=256)
def _in_moles(code: str) -> Mapping[str, Fraction]:
    """Return moles in a gram and in an equivalent of an analyte, where they are known."""
    found = {}
    if code in MOLAR_MASS:
        found["mass"] = 1 / Fraction(MOLAR_MASS[code])
    if code in CHARGE:
        found["charge"] = Fraction(1, CHARGE[code])
    return found


@cache
def _table() -> Mapping[str, Observation]:
    found = {}
    for code, en, zh, units in ROWS:
        low, high = RANGES.get(code, (None, None))
        found[code] = Observation(
            code,
            {"en": tuple(en.split("|")), "zh": tuple(zh.split("|"))},
            tuple(units.split()) if units else (),
            units is not None,
            None if low is None else Decimal(low),
            None if high is None else Decimal(high),
        )
    return found


@cache
def _index() -> Mapping[str, Observation]:
    by_name = {plain(name): item for item in _table().values() for names in item.names.values() for name in names}
    return {**by_name, **{plain(code): item for code, item in _table().items()}}
