"""Progression between groups where death competes, with what each number answers."""

from __future__ import annotations

from typing import Final

from celltrial.analysis import competing_comparison
from celltrial.analysis.competing_comparison import CompetingComparison, CompetingGroup
from celltrial.analysis.cumulative_incidence import Incidence
from celltrial.analysis.gray_test import GrayTest
from celltrial.core.results import NotEstimable
from celltrial.report.content import comparing
from celltrial.report.content.comparing import Compared
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, rate
from celltrial.report.content.time_to_event import marks
from celltrial.report.content.values import Dash, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

_BLANK: Final = Cell(Recorded(""))


def build(inputs: Inputs) -> Page:
    """Return one block per contrast: events, incidence, Gray's test, both ratios."""
    n = inputs.size("enrolled")
    found = [
        (item, result)
        for item in comparing.every(inputs)
        if item.endpoint == "PFS" and isinstance(result := _competing(inputs, item), CompetingComparison)
    ]
    if not found:
        return Page(Nothing(Text("report.absent.no_groups")), "enrolled", n)
    longest = max(max(group.curve.time) for item, _ in found for group in item.result.groups)
    at = marks(inputs, longest)
    columns = (
        Column(Text("report.column.subjects")),
        Column(Text("report.column.progressed")),
        Column(Text("report.column.died_first")),
        *(Column(Text("report.column.progressed_by", {"months": str(months)})) for _, months in at),
        Column(Text("report.column.subdistribution_ratio")),
        Column(Text("report.column.cause_specific_ratio")),
        Column(Text("report.column.gray_p")),
    )
    rows = [row for item, result in found for row in _block(inputs, item, result, at)]
    notes = (Text("report.note.competing"), Text("report.note.gray"), Text("analysis.caveat.death_competes"))
    return Page(Table(Text("report.column.group"), columns, tuple(rows)), "enrolled", n, notes)


def _competing(inputs: Inputs, item: Compared) -> CompetingComparison | NotEstimable:
    groups = dict(next(own for contrast, own in comparing.contrasts(inputs) if contrast == item.contrast))
    return competing_comparison.estimate(
        inputs.tables["adtte"],
        groups,
        origin=item.origin,
        reference=item.result.reference,
        reader=inputs.plan.reader,
    )


def _block(inputs: Inputs, item: Compared, result: CompetingComparison, at: tuple[tuple[int, int], ...]) -> list[Row]:
    rows = [Row(comparing.named(item), (_BLANK,) * (6 + len(at)), "group")]
    population = item.result.groups[0].curve.population
    for group in result.groups:
        first = group is result.groups[0]
        reference = Cell(Text("report.phrase.reference"))
        rows.append(
            Row(
                comparing.group_name(inputs, item.contrast.factor, group.name),
                (
                    count(group.n, population, group.n),
                    count(group.events, population, group.n),
                    count(group.competing, population, group.n),
                    *(_at(group, day) for day, _ in at),
                    reference if first else measure(result.subdistribution[group.name], Unit.RATIO),
                    reference if first else measure(result.cause_specific[group.name], Unit.RATIO),
                    _gray(result.gray) if first else Cell(Dash()),
                ),
                "detail",
            )
        )
    return rows


def _at(group: CompetingGroup, day: int) -> Cell:
    incidence = group.incidence
    return rate(incidence) if isinstance(incidence, NotEstimable) else _share(incidence, day)


def _share(incidence: Incidence, day: int) -> Cell:
    return measure(incidence.at(day), Unit.SHARE)


def _gray(test: GrayTest | NotEstimable) -> Cell:
    if isinstance(test, NotEstimable):
        return rate(test)
    return Cell(Quantity(test.p_value, Unit.P_VALUE), "given", test.n)
