"""Criteria that no subject can meet, or that no program can compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from celltrial.core.errors import Fault, fault
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import DAYS_PER
from celltrial.protocol.model.population import Criterion

__all__ = ["check_ages", "check_bounds", "check_criteria", "check_life_expectancy"]

#: An exclusion by one operator is an inclusion by the other.
_INVERSE: Final[Mapping[str, str]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
#: Concepts whose values have an end.
_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "age": (0, 130),
    "ecog": (0, 5),
    "karnofsky": (0, 100),
    "body_temperature": (25, 45),
    **dict.fromkeys(
        ("left_ventricular_ejection_fraction", "oxygen_saturation", "target_antigen_positive_cells"), (0, 100)
    ),
}


def _lists(protocol: Protocol) -> Iterator[tuple[str, tuple[Criterion, ...]]]:
    yield "population.criteria", protocol.population.criteria
    yield "treatment.infusion.conditions", protocol.treatment.infusion.conditions


def check_criteria(protocol: Protocol) -> Iterator[Fault]:
    """Each id once, windows in days or weeks, values that the operator and the concept can take."""
    for place, criteria in _lists(protocol):
        seen: set[str] = set()
        for index, item in enumerate(criteria):
            here = f"{place}.{index}"
            if item.id in seen:
                yield fault("PRT-012", f"{here}.id", expected="each id once", found=item.id)
            seen.add(item.id)
            if item.window is not None and item.window.unit not in {"d", "wk"}:
                yield fault(
                    "PRT-005", f"{here}.window", field=f"{here}.window", expected="d | wk", found=str(item.window)
                )
            yield from _value(item, f"{here}.value")


def _value(item: Criterion, place: str) -> Iterator[Fault]:
    value = item.value
    if item.operator in _INVERSE:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield fault("PRT-005", place, field=place, expected=f"a number after {item.operator}", found=str(value))
            return
        low, high = _LIMITS.get(item.concept, (float("-inf"), float("inf")))
        if not low <= value <= high:
            yield fault("PRT-005", place, field=place, expected=f"{low:g} .. {high:g}", found=f"{value:g}")
    elif (item.operator == "in") is not isinstance(value, tuple):
        expected = "a list after in" if item.operator == "in" else f"a single value after {item.operator}"
        yield fault("PRT-005", place, field=place, expected=expected, found=_shown(value))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


#: value, whether the value itself is left out, and the position of the criterion.
_Bound = tuple[float, bool, int]


def _bounds(criteria: tuple[Criterion, ...]) -> tuple[dict[tuple[str, str], _Bound], dict[tuple[str, str], _Bound]]:
    """Return the narrowest lower and upper bound of each concept and unit; exclusions count turned round."""
    lowest: dict[tuple[str, str], _Bound] = {}
    highest: dict[tuple[str, str], _Bound] = {}
    for index, item in enumerate(criteria):
        if item.operator not in _INVERSE or isinstance(item.value, bool) or not isinstance(item.value, int | float):
            continue
        operator = item.operator if item.kind == "inclusion" else _INVERSE[item.operator]
        key, bound = (item.concept, item.unit), (item.value, operator in {"<", ">"}, index)
        if operator in {">", ">="}:
            lowest[key] = max(bound, lowest.get(key, bound), key=lambda one: one[:2])
        else:
            highest[key] = min(bound, highest.get(key, bound), key=lambda one: (one[0], not one[1]))
    return lowest, highest


def check_bounds(protocol: Protocol) -> Iterator[Fault]:
    """Some subject can meet all bounds on a concept, and nothing both includes and excludes."""
    for place, criteria in _lists(protocol):
        lowest, highest = _bounds(criteria)
        for key in sorted(lowest.keys() & highest.keys()):
            (low, above, first), (high, below, second) = lowest[key], highest[key]
            if low > high or (low == high and (above or below)):
                found = f"{key[0]} {'>' if above else '>='} {low:g}, {key[0]} {'<' if below else '<='} {high:g}"
                where = f"{place}.{max(first, second)}"
                yield fault("PRT-013", where, expected="bounds that some subject can meet", found=found)
        included = {(one.concept, one.operator, one.value) for one in criteria if one.kind == "inclusion"}
        for index, item in enumerate(criteria):
            same = (item.concept, item.operator, item.value)
            if (
                item.kind == "exclusion"
                and item.concept != "other"
                and item.operator not in _INVERSE
                and same in included
            ):
                found = f"{item.concept} {item.operator} {_shown(item.value)}"
                yield fault("PRT-024", f"{place}.{index}", expected="included or excluded, not both", found=found)


def check_ages(protocol: Protocol) -> Iterator[Fault]:
    """No paediatric cohort beside criteria that take adults only."""
    lowest, _ = _bounds(protocol.population.criteria)
    age = lowest.get(("age", "y"))
    if age is not None and age[0] >= 18 and protocol.population.paediatric.included:
        yield fault("PRT-011", "population.paediatric.included", expected="false where age >= 18", found="true")


def check_life_expectancy(protocol: Protocol) -> Iterator[Fault]:
    """The life expectancy that planning counts on is one that a criterion asks for."""
    stated = protocol.population.minimum_life_expectancy
    lowest, _ = _bounds(protocol.population.criteria)
    asked = [
        value * DAYS_PER[unit] for (concept, unit), (value, _, _) in lowest.items() if concept == "life_expectancy"
    ]
    if stated is not None and asked and stated.days > max(asked) + 0.5:
        place = "population.minimum_life_expectancy"
        yield fault("PRT-022", place, field=place, expected=f"<= {max(asked):g} d", found=str(stated))
