"""What an output is: a table, a figure or a listing, as content.

Every output has a permanent number, a title in the catalogue, a population with its size, the analysis
it came from, and its notes. What it looks like is decided in `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from celltrial.core.results import Estimate, NotEstimable
from celltrial.report.content.values import (
    NUMERIC,
    Count,
    Lines,
    Measure,
    Rate,
    Recorded,
    Share,
    Text,
    Unit,
    Value,
)
from celltrial.report.inputs import Inputs


class Section(StrEnum):
    """Chapters of the report, in order."""

    PARTICIPANTS = "participants"
    DOSE = "dose"
    SAFETY = "safety"
    EFFICACY = "efficacy"
    KINETICS = "kinetics"
    MANUFACTURE = "manufacture"
    CONDUCT = "conduct"
    LISTINGS = "listings"


class Kind(StrEnum):
    """Sorts of output."""

    TABLE = "table"
    FIGURE = "figure"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with the set it was made on; `notes` are catalogue keys of footnotes."""

    value: Value
    population: str = ""
    n: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def states_a_number(self) -> bool:
        """Whether the cell shows a number, which needs a population and its size."""
        return _states_a_number(self.value)


def _states_a_number(value: object) -> bool:
    if isinstance(value, Lines):
        return any(_states_a_number(each) for each in value.values)
    if isinstance(value, Text):
        return any(_states_a_number(each) for each in value.params.values())
    return isinstance(value, NUMERIC)


@dataclass(frozen=True, slots=True)
class Column:
    """A column head: its words, and the set that its numbers are made on where they share one."""

    label: Text | Recorded
    population: str = ""
    n: int | None = None
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its head and its cells. `style` is "" | group | total | detail."""

    head: Value
    cells: tuple[Cell, ...]
    style: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `stub` heads the first column."""

    stub: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing of `report.figures.DRAWINGS` by name, with the data it draws and words for who cannot see it."""

    drawing: str
    data: Mapping[str, object]
    description: Text


@dataclass(frozen=True, slots=True)
class Nothing:
    """The output cannot be made from these data; the reason is in its place."""

    reason: Text


Body = Table | Figure | Nothing


@dataclass(frozen=True, slots=True)
class Page:
    """What building an output yields.

    body:       the table or figure, or why there is none.
    population: the set, and `n` its size.
    notes:      what to keep in mind, beside the footnotes that cells ask for.
    lead:       one sentence that says what the output shows.
    """

    body: Body
    population: str
    n: int
    notes: tuple[Text, ...] = ()
    lead: Text | None = None


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A row of the table of outputs; number and title are permanent.

    source: the analysis its numbers come from.
    needs:  what must have been collected: every group, and of each any one.
    """

    number: str
    name: str
    kind: Kind
    section: Section
    source: str
    build: Callable[[Inputs], Page]
    needs: tuple[tuple[str, ...], ...] = ()

    @property
    def title(self) -> Text:
        """Key of the title."""
        return Text(f"report.title.{self.name}")


@dataclass(frozen=True, slots=True)
class Output:
    """A built output: its row of the table, and its page."""

    spec: OutputSpec
    page: Page


def words(key: str, **params: object) -> Cell:
    """Return a cell with a message."""
    return Cell(Text(key, params))


def recorded(text: str | None) -> Cell:
    """Return a cell with words as recorded; "not recorded" where there are none."""
    return Cell(Recorded(text)) if text else words("report.absent.not_recorded")


def count(x: int, population: str, n: int) -> Cell:
    """Return a cell with a count out of a set."""
    return Cell(Count(x), population, n)


def share(x: int, population: str, n: int) -> Cell:
    """Return a cell with x of n and its per cent; "no subjects" for an empty set."""
    return Cell(Share(x, n), population, n) if n else words("report.absent.no_subjects")


def rate(result: Estimate | NotEstimable) -> Cell:
    """Return a cell with a proportion and its interval, its caveats as footnotes."""
    return Cell(Rate(result), result.population, result.n, _caveats(result))


def measure(result: Estimate | NotEstimable, unit: Unit) -> Cell:
    """Return a cell with a quantity and its interval, its caveats as footnotes."""
    return Cell(Measure(result, unit), result.population, result.n, _caveats(result))


def subject(value: Value, notes: tuple[str, ...] = ()) -> Cell:
    """Return a cell with a value of one subject (or one batch)."""
    return Cell(value, "subject", 1, notes)


def _caveats(result: Estimate | NotEstimable) -> tuple[str, ...]:
    return tuple(f"analysis.caveat.{code}" for code in getattr(result, "caveats", ()))
