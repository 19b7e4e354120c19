"""The comparison that answers the primary question, against the boundary that its looks leave it."""

from __future__ import annotations

from celltrial.analysis import primary_comparison
from celltrial.analysis.comparison import Comparison
from celltrial.analysis.primary_comparison import PrimaryResult
from celltrial.core.results import NotEstimable
from celltrial.datasets.analysis_plan import PrimaryComparison
from celltrial.report.content import comparing
from celltrial.report.content.comparing import Compared
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure
from celltrial.report.content.values import Code, Lines, Quantity, Text, Unit, Value
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return what the primary comparison says at this data cut, or why it says nothing."""
    n, plan = inputs.size("enrolled"), inputs.plan.primary
    if plan is None:
        return Page(Nothing(Text("report.absent.no_primary_comparison")), "enrolled", n)
    item = planned(inputs)
    if item is None:
        return Page(Nothing(Text("report.absent.no_groups")), "enrolled", n)
    result = primary_comparison.estimate(item.result, plan)
    if isinstance(result, NotEstimable):
        return Page(Nothing(Text("report.phrase.not_estimable", {"reason": Code("why", result.reason)})), "enrolled", n)
    columns = (Column(Text("report.column.value")),)
    rows = tuple(
        Row(Text(f"report.row.primary_{name}"), (cell,)) for name, cell in _cells(inputs, item, plan, result).items()
    )
    notes = (Text("report.note.primary_boundary"), Text("report.note.primary_looks"))
    return Page(Table(Text("report.column.what"), columns, rows), "enrolled", n, notes, _verdict(result))


def planned(inputs: Inputs) -> Compared | None:
    """Return the comparison that the plan calls primary; None where it calls none so, or the data hold no two groups."""
    plan = inputs.plan.primary
    if plan is None:
        return None
    wanted = (plan.endpoint, plan.factor)
    return next((one for one in comparing.every(inputs) if (one.endpoint, one.contrast.factor) == wanted), None)


def _cells(inputs: Inputs, item: Compared, plan: PrimaryComparison, result: PrimaryResult) -> dict[str, Cell]:
    population, n = item.result.groups[0].curve.population, _subjects(item.result)

    def number(value: Value) -> Cell:
        return Cell(value, population, n)

    within = plan.stratified and item.result.stratified is not None
    ratios = item.result.stratified if within else item.result.ratios
    [other] = (group.name for group in item.result.groups[1:])
    looks = Text("report.phrase.look_of", {"look": str(result.look), "looks": str(result.looks)})
    return {
        "question": Cell(comparing.named(item)),
        "groups": Cell(
            Lines(tuple(comparing.group_name(inputs, plan.factor, group.name) for group in item.result.groups))
        ),
        "test": Cell(Text(f"report.row.{plan.test}_stratified" if within else f"report.row.{plan.test}")),
        "events": count(result.events, population, n),
        "planned": Cell(Text("report.phrase.planned_events", {"events": str(result.planned)})),
        "information": number(Quantity(result.information, Unit.SHARE)),
        "look": number(looks if result.look else Text("report.phrase.no_look_yet", {"share": _first_share(plan)})),
        "spending": number(_spending(plan)),
        "spent": number(Quantity(result.spent, Unit.P_VALUE)) if result.look else _not_due(),
        "bound": number(Quantity(result.bound, Unit.STATISTIC)) if result.bound is not None else _not_due(),
        "z": number(Quantity(result.z, Unit.STATISTIC)),
        "p_value": number(Quantity(result.p_value, Unit.P_VALUE)),
        "ratio": measure(ratios[other], Unit.RATIO) if ratios is not None else _not_due(),
    }


def _spending(plan: PrimaryComparison) -> Text:
    params: dict[str, object] = {
        "spending": Code("spending", plan.spending),
        "alpha": Quantity(plan.alpha, Unit.SHARE),
    }
    if plan.spending_gamma is None:
        return Text("report.phrase.spending", params)
    return Text("report.phrase.spending_gamma", params | {"gamma": Quantity(plan.spending_gamma)})


def _subjects(compared: Comparison) -> int:
    return sum(group.curve.n for group in compared.groups)


def _first_share(plan: PrimaryComparison) -> Value:
    return Quantity(plan.looks[0], Unit.SHARE)


def _not_due() -> Cell:
    return Cell(Text("report.phrase.no_look_due"))


def _verdict(result: PrimaryResult) -> Text:
    if result.crossed is None:
        return Text("report.lead.primary_no_look")
    return Text("report.lead.primary_crossed" if result.crossed else "report.lead.primary_not_crossed")
