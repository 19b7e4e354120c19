"""Survival compared between groups: curves, ratios, and the tests, with what each of them answers."""

from __future__ import annotations

from typing import Final

from celltrial.analysis.log_rank import LogRank
from celltrial.analysis.terms import Reason
from celltrial.core.results import Estimate, NotEstimable
from celltrial.report.content import comparing
from celltrial.report.content.comparing import Compared
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, rate
from celltrial.report.content.values import Code, Dash, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

_DAYS_PER_MONTH: Final = 30.4375
_BLANK: Final = Cell(Recorded(""))


def build(inputs: Inputs) -> Page:
    """Return one block of rows per comparison, one row per group, the reference first."""
    n = inputs.size("enrolled")
    found = list(comparing.every(inputs))
    if not found:
        return Page(Nothing(Text("report.absent.no_groups")), "enrolled", n)
    columns = tuple(
        Column(Text(f"report.column.{name}"))
        for name in ("subjects", "events", "median_months", "restricted_mean", "hazard_ratio", "stratified_ratio")
    )
    rows = [row for item in found for row in _block(inputs, item)]
    notes = (Text("report.note.comparisons"), Text("report.note.restricted_mean"), *_notes(inputs, found))
    return Page(Table(Text("report.column.group"), columns, tuple(rows)), "enrolled", n, notes)


def _block(inputs: Inputs, item: Compared) -> list[Row]:
    result = item.result
    rows = [Row(comparing.named(item), (_BLANK,) * 6, "group")]
    for group in result.groups:
        curve = group.curve
        first = group.name == result.reference
        rows.append(
            Row(
                comparing.group_name(inputs, item.contrast.factor, group.name),
                (
                    count(curve.n, curve.population, curve.n),
                    count(curve.events, curve.population, curve.n),
                    measure(curve.median, Unit.MONTHS),
                    measure(group.restricted_mean, Unit.MONTHS),
                    Cell(Text("report.phrase.reference")) if first else measure(result.ratios[group.name], Unit.RATIO),
                    _within(item, group.name, first=first),
                ),
                "detail",
            )
        )
    return rows


def _within(item: Compared, group: str, *, first: bool) -> Cell:
    if item.result.stratified is None:
        return Cell(Dash())
    return Cell(Text("report.phrase.reference")) if first else measure(item.result.stratified[group], Unit.RATIO)


def _notes(inputs: Inputs, found: list[Compared]) -> list[Text]:
    """Return to which month means are restricted, and how many are in no group."""
    notes = _lots(inputs, found)
    notes += [
        Text(
            "report.note.horizon",
            {"what": comparing.named(item), "months": Quantity(item.result.horizon, Unit.MONTHS)},
        )
        for item in found
    ]
    notes += [
        Text("report.note.no_group", {"what": comparing.named(item), "n": str(item.result.unknown)})
        for item in found
        if item.result.unknown
    ]
    if inputs.plan.primary is None:
        notes.append(Text("report.note.no_primary"))
    return notes


def _lots(inputs: Inputs, found: list[Compared]) -> list[Text]:
    """Return that groups were not drawn by lot, where any were not."""
    drawn = all(comparing.is_random(inputs, item.contrast.factor) for item in found)
    return [] if drawn else [Text("analysis.caveat.not_randomised")]


def build_tests(inputs: Inputs) -> Page:
    """Return one row per test, with its statistic, its p value and what it answers."""
    n = inputs.size("enrolled")
    found = list(comparing.every(inputs))
    if not found:
        return Page(Nothing(Text("report.absent.no_groups")), "enrolled", n)
    columns = (
        Column(Text("report.column.statistic")),
        Column(Text("report.column.p_value")),
        Column(Text("report.column.answers"), numeric=False),
    )
    rows = [row for item in found for row in _tests(inputs, item)]
    rho, gamma = inputs.plan.weights
    notes = (
        Text("report.note.tests"),
        *_lots(inputs, found),
        Text("report.note.weights", {"rho": Quantity(rho), "gamma": Quantity(gamma)}),
        Text("report.note.no_primary" if inputs.plan.primary is None else "report.note.one_primary"),
    )
    return Page(Table(Text("report.column.test"), columns, tuple(rows)), "enrolled", n, notes)


def _tests(inputs: Inputs, item: Compared) -> list[Row]:
    result = item.result
    rows = [Row(comparing.named(item), (_BLANK,) * 3, "group")]
    tests: list[tuple[str, bool, LogRank | NotEstimable]] = [("log_rank", False, result.log_rank)]
    if result.stratified_log_rank is not None:
        tests.append(("log_rank", True, result.stratified_log_rank))
    tests.append(("weighted_log_rank", False, result.weighted))
    for name, stratified, test in tests:
        head = Text(f"report.row.{name}_stratified" if stratified else f"report.row.{name}")
        rows.append(Row(head, (*_chi_square(test), _answers(inputs, item, name, stratified=stratified)), "detail"))
    for group in result.groups[1:]:
        called = comparing.group_name(inputs, item.contrast.factor, group.name)
        rows.append(_proportional(called, result.ratios[group.name]))
        difference = result.differences[group.name]
        head = Text("report.row.restricted_mean_difference", {"group": called})
        p_value = _p_value(difference, "p_value")
        answers = _answers(inputs, item, "restricted_mean", stratified=False)
        rows.append(Row(head, (measure(difference, Unit.MONTHS), p_value, answers), "detail"))
    return rows


def _proportional(name: Value, ratio: Estimate | NotEstimable) -> Row:
    """Return the row of the test that the hazards keep their ratio."""
    head = Text("report.row.proportional_hazards", {"group": name})
    cells = (Cell(Dash()), _p_value(ratio, "proportional_p_value"), Cell(Text("report.phrase.checks_assumption")))
    return Row(head, cells, "detail")


def _chi_square(test: LogRank | NotEstimable) -> tuple[Cell, Cell]:
    if isinstance(test, NotEstimable):
        return rate(test), Cell(Dash())
    statistic = Text(
        "report.phrase.chi_square",
        {"value": Quantity(test.chi_square, Unit.COEFFICIENT), "degrees": str(test.degrees)},
    )
    return Cell(statistic, "given", test.n), Cell(Quantity(test.p_value, Unit.P_VALUE), "given", test.n)


def _p_value(result: Estimate | NotEstimable, name: str) -> Cell:
    if isinstance(result, NotEstimable):
        return Cell(Code("why", result.reason))
    if name not in result.detail:
        return Cell(Code("why", Reason.NO_VARIATION))
    return Cell(Quantity(result.detail[name], Unit.P_VALUE), result.population, result.n)


def _answers(inputs: Inputs, item: Compared, test: str, *, stratified: bool) -> Cell:
    """Return whether a test answers the primary question, as the plan says."""
    plan = inputs.plan.primary
    if plan is None:
        return Cell(Text("report.phrase.exploratory"))
    asked = (plan.endpoint, plan.factor, plan.test) == (item.endpoint, item.contrast.factor, test)
    wanted = plan.stratified and item.result.stratified_log_rank is not None and test == "log_rank"
    if asked and stratified == wanted:
        return Cell(Text("report.phrase.primary"))
    return Cell(Text("report.phrase.supportive" if asked else "report.phrase.exploratory"))
