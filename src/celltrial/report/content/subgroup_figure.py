"""Forest of the hazard ratio in subgroups: one figure per report, of the contrast that answers the primary question."""

from __future__ import annotations

from typing import Any

from celltrial.analysis import subgroups
from celltrial.analysis.hazard_ratio import EVENTS_PER_COVARIATE
from celltrial.analysis.subgroups import Subgroup
from celltrial.core.results import Estimate
from celltrial.datasets.groups import group_of
from celltrial.report.content import comparing
from celltrial.report.content.comparing import Compared
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.values import Code, Joined, Measure, Text, Unit
from celltrial.report.inputs import Inputs


def chosen(inputs: Inputs) -> Compared | None:
    """Return the comparison that is repeated in subgroups: the primary one, else that of two groups with the most events."""
    plan = inputs.plan.primary
    pairs = [item for item in comparing.every(inputs) if len(item.result.groups) == 2]
    asked = [
        item
        for item in pairs
        if plan is not None and (plan.endpoint, plan.factor) == (item.endpoint, item.contrast.factor)
    ]
    most = sorted(pairs, key=lambda item: -sum(group.curve.events for group in item.result.groups))
    return next(iter(asked or most), None)


def build(inputs: Inputs) -> Page:
    """Return the forest."""
    n, item = inputs.size("enrolled"), chosen(inputs)
    if item is None:
        return Page(Nothing(Text("report.absent.no_pair_of_groups")), "enrolled", n)
    plan, factor = inputs.plan, item.contrast.factor
    cut = plan.subgroup_age
    factors = {name: group_of(inputs.adsl, name, age_cut=cut) for name in plan.subgroups if name != factor}
    rows = subgroups.estimate(
        inputs.tables["adtte"],
        group_of(inputs.adsl, factor, age_cut=cut),
        factors,
        endpoint=item.endpoint,
        origin=item.origin,
        reference=item.result.reference,
        reader=None if item.endpoint == "OS" else plan.reader,
    )
    reference, other = (comparing.group_name(inputs, factor, group.name) for group in item.result.groups)
    data = {"rows": [_row(inputs, row) for row in rows], "reference": reference, "other": other}
    words = Text("report.figure.forest", {"what": comparing.named(item), "reference": reference, "other": other})
    notes = (
        Text("report.note.forest"),
        Text("report.note.forest_guard", {"events": str(EVENTS_PER_COVARIATE)}),
        Text("report.note.forest_of", {"what": comparing.named(item)}),
        Text("report.note.forest_factors", {"factors": _factors(inputs)}),
    )
    return Page(Figure("forest", data, words), rows[0].ratio.population, rows[0].ratio.n, notes)


def _factors(inputs: Inputs) -> Joined:
    """Return the factors whose values are the subgroups, the age with its cut."""
    age = Text("report.phrase.age_cut", {"age": str(inputs.plan.subgroup_age)})
    return Joined(tuple(age if name == "age" else Code("factor", name) for name in inputs.plan.subgroups))


def _row(inputs: Inputs, row: Subgroup) -> dict[str, Any]:
    label = Text("report.phrase.everybody")
    if row.factor:
        value = comparing.group_name(inputs, row.factor, row.value)
        label = Text("report.phrase.factor_value", {"factor": Code("factor", row.factor), "value": value})
    ratio, limits = row.ratio, row.ratio.interval if isinstance(row.ratio, Estimate) else None
    return {
        "label": label,
        "subjects": row.subjects,
        "events": row.events,
        "shown": Measure(ratio, Unit.RATIO) if isinstance(ratio, Estimate) else Code("why", ratio.reason),
        "value": ratio.value if isinstance(ratio, Estimate) else None,
        "low": limits.low if limits is not None else None,
        "high": limits.high if limits is not None else None,
        "all": not row.factor,
    }
