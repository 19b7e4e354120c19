"""Criteria that no subject can meet, or that no program can compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.quantities import Quantity, check_value, observation
from celltrial.core.values import Duration, Formula, Identifier, all_of, at_most, message, one_of
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import DAYS_PER
from celltrial.protocol.model.population import Criterion

#: An exclusion by one operator is an inclusion by the other.
_INVERSE: Final[Mapping[str, str]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _lists(protocol: Protocol) -> Iterator[tuple[str, tuple[Criterion, ...]]]:
    yield "population.criteria", protocol.population.criteria
    yield "treatment.infusion.conditions", protocol.treatment.infusion.conditions
    if protocol.treatment.lymphodepletion is not None:
        yield "treatment.lymphodepletion.skip_if", protocol.treatment.lymphodepletion.skip_if
    for index, course in enumerate(protocol.treatment.courses):
        yield f"treatment.courses.{index}.when", course.when
        yield f"treatment.courses.{index}.criteria", course.criteria
    for index, drug in enumerate(protocol.treatment.drugs):
        yield f"treatment.drugs.{index}.each_dose_if", drug.each_dose_if
    for index, cohort in enumerate(protocol.cohorts):
        yield f"cohorts.{index}.criteria", cohort.criteria


def check_criteria(protocol: Protocol) -> Iterator[Fault]:
    """Each id once, windows in days or weeks, values that the operator and the concept can take."""
    for place, criteria in _lists(protocol):
        seen: set[str] = set()
        for index, item in enumerate(criteria):
            here = f"{place}.{index}"
            if item.id in seen:
                yield fault("PRT-012", f"{here}.id", expected=message("each_id_once"), found=item.id)
            seen.add(item.id)
            if item.window is not None and item.window.unit not in {"d", "wk"}:
                yield fault(
                    "PRT-005",
                    f"{here}.window",
                    field=f"{here}.window",
                    expected=one_of(Identifier("d"), Identifier("wk")),
                    found=item.window.as_value(),
                )
            yield from _value(item, f"{here}.value")


def _value(item: Criterion, place: str) -> Iterator[Fault]:
    value = item.value
    if item.operator in _INVERSE:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield fault(
                "PRT-005",
                place,
                field=place,
                expected=message("number_after", operator=Formula(item.operator)),
                found=str(value),
            )
            return
        for wrong in check_value(item.concept, str(Decimal(str(value))), item.unit):
            yield fault(
                "PRT-005",
                place,
                field=place,
                expected=wrong.params["expected"],
                found=Quantity(Decimal(str(value)), item.unit),
            )
    elif (item.operator == "in") is not isinstance(value, tuple):
        expected = (
            message("list_after_in")
            if item.operator == "in"
            else message("single_value_after", operator=Formula(item.operator))
        )
        yield fault("PRT-005", place, field=place, expected=expected, found=_shown(value))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound of one criterion: its number in a unit of the concept, whether the number itself is left out, where it stands."""

    number: Fraction
    open: bool
    index: int
    shown: str


def _bounds(criteria: tuple[Criterion, ...]) -> tuple[dict[tuple[str, str], _Bound], dict[tuple[str, str], _Bound]]:
    """Return the narrowest lower and upper bound of each concept and unit; exclusions count turned round.

    Bounds in units that convert are held against each other; a multiple of a limit of normal stands for itself.
    """
    lowest: dict[tuple[str, str], _Bound] = {}
    highest: dict[tuple[str, str], _Bound] = {}
    for index, item in enumerate(criteria):
        if item.operator not in _INVERSE or isinstance(item.value, bool) or not isinstance(item.value, int | float):
            continue
        operator = item.operator if item.kind == "inclusion" else _INVERSE[item.operator]
        number, unit = stated(item)
        shown = f"{item.concept} {operator} {item.value:g}" + (f" {item.unit}" if unit != item.unit else "")
        key, bound = (item.concept, unit), _Bound(number, operator in {"<", ">"}, index, shown)
        if operator in {">", ">="}:
            lowest[key] = max(bound, lowest.get(key, bound), key=lambda one: (one.number, one.open))
        else:
            highest[key] = min(bound, highest.get(key, bound), key=lambda one: (one.number, not one.open))
    return lowest, highest


def stated(item: Criterion) -> tuple[Fraction, str]:
    """Return the number of a criterion in the first unit of its concept that it converts to, and that unit as printed."""
    found = observation(item.concept)
    value = Quantity(Decimal(str(item.value)), item.unit)
    for symbol in found.symbols if found is not None else ():
        try:
            return value.exactly(symbol, item.concept), symbol
        except UserError:
            continue
    return Fraction(value.value), item.unit


def check_bounds(protocol: Protocol) -> Iterator[Fault]:
    """Some subject can meet all bounds on a concept, and nothing both includes and excludes."""
    for place, criteria in _lists(protocol):
        lowest, highest = _bounds(criteria)
        for key in sorted(lowest.keys() & highest.keys()):
            low, high = lowest[key], highest[key]
            if low.number > high.number or (low.number == high.number and (low.open or high.open)):
                where = f"{place}.{max(low.index, high.index)}"
                found = all_of(Formula(low.shown), Formula(high.shown))
                yield fault("PRT-013", where, expected=message("bounds_that_some_subject_can_meet"), found=found)
        included = {(one.concept, one.operator, one.value) for one in criteria if one.kind == "inclusion"}
        for index, item in enumerate(criteria):
            same = (item.concept, item.operator, item.value)
            if (
                item.kind == "exclusion"
                and item.concept != "other"
                and item.operator not in _INVERSE
                and same in included
            ):
                found = Formula(f"{item.concept} {item.operator} {_shown(item.value)}")
                yield fault(
                    "PRT-024", f"{place}.{index}", expected=message("included_or_excluded_not_both"), found=found
                )


def check_ages(protocol: Protocol) -> Iterator[Fault]:
    """No paediatric cohort beside criteria that take adults only."""
    lowest, _ = _bounds(protocol.population.criteria)
    age = lowest.get(("age", "y"))
    if age is not None and age.number >= 18 and protocol.population.paediatric.included:
        yield fault(
            "PRT-011",
            "population.paediatric.included",
            expected=message("false_where", rule=Formula("age >= 18")),
            found=Identifier("true"),
        )


def check_life_expectancy(protocol: Protocol) -> Iterator[Fault]:
    """The life expectancy that planning counts on is one that a criterion asks for."""
    stated = protocol.population.minimum_life_expectancy
    lowest, _ = _bounds(protocol.population.criteria)
    asked = [
        float(bound.number) * DAYS_PER[unit]
        for (concept, unit), bound in lowest.items()
        if concept == "life_expectancy"
    ]
    if stated is not None and asked and stated.days > max(asked) + 0.5:
        place = "population.minimum_life_expectancy"
        yield fault("PRT-022", place, field=place, expected=at_most(Duration(max(asked), "d")), found=stated.as_value())
