"""What a cell of a report holds: a number or a word that still knows what it is.

Nothing here is rounded, translated or escaped; that happens once, in `render`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from celltrial.core.results import Estimate, NotEstimable


class Unit(StrEnum):
    """In what a quantity is shown; the unit decides how it is rounded."""

    NONE = ""
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    KILOGRAMS = "kg"
    CELLS = "cells"
    SHARE = "share"
    POINTS = "points"
    COEFFICIENT = "coefficient"
    RATIO = "ratio"
    P_VALUE = "p_value"
    STATISTIC = "statistic"
    CONCENTRATION = "concentration"
    CONCENTRATION_DAYS = "concentration_days"


@dataclass(frozen=True, slots=True)
class Text:
    """A message of the catalogue; its parameters may be values, which are shown in the same language."""

    key: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Recorded:
    """Words as somebody recorded them (an identifier, a term): never translated, always escaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the data; translated where `report.code.<list>.<code>` exists, else shown as recorded."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number of subjects, events or batches."""

    value: int


@dataclass(frozen=True, slots=True)
class Share:
    """x of n, shown as a count with its per cent; no claim beyond the set, so no interval."""

    x: int
    n: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion with its interval, or why there is none."""

    result: Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity with its interval, or why there is none."""

    result: Estimate | NotEstimable
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True)
class Quantity:
    """A plain number with a unit; `suffix` is a unit as recorded, such as copies/ug."""

    value: float
    unit: Unit = Unit.NONE
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A number known only to one side, such as a peak that may have been missed: `sign` is < > <= or >=."""

    sign: str
    value: float
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True)
class Span:
    """From lowest to highest."""

    low: float
    high: float
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True)
class Cells:
    """A dose: number of cells, per kilogram or not."""

    cells: float
    per_kg: bool


@dataclass(frozen=True, slots=True)
class When:
    """A calendar date."""

    day: date


@dataclass(frozen=True, slots=True)
class Dash:
    """Nothing is expected here: the cell does not apply."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Several values, one under another."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Several values in one line, with the comma of a list in the reader's language."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Several values as part of a sentence: a, b and c."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A value before and after; None where it was not there or is gone."""

    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Sentences:
    """Whole sentences, one after another."""

    values: tuple[Value, ...]


Value = (
    Text
    | Recorded
    | Code
    | Count
    | Share
    | Rate
    | Measure
    | Quantity
    | Bound
    | Span
    | Cells
    | When
    | Dash
    | Lines
    | Joined
    | Series
    | Sentences
    | Changed
)
#: Values that state a number and therefore need a population and its size.
NUMERIC = (Count, Share, Rate, Measure, Quantity, Bound, Span, Cells)
