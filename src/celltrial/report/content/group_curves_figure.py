"""Kaplan-Meier curves of the groups of the first planned contrast that the data hold, with numbers at risk."""

from __future__ import annotations

from celltrial.analysis.time_to_event import Endpoint
from celltrial.report.content import comparing
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.survival_figure import line_of, ticks_of
from celltrial.report.content.values import Text
from celltrial.report.inputs import Inputs


def build_os(inputs: Inputs) -> Page:
    """Return overall survival by group."""
    return _build(inputs, "OS")


def build_pfs(inputs: Inputs) -> Page:
    """Return progression-free survival by group."""
    return _build(inputs, "PFS")


def _build(inputs: Inputs, endpoint: Endpoint) -> Page:
    n = inputs.size("enrolled")
    item = next((found for found in comparing.every(inputs) if found.endpoint == endpoint), None)
    if item is None:
        return Page(Nothing(Text("report.absent.no_groups")), "enrolled", n)
    groups = item.result.groups
    ticks = ticks_of([group.curve for group in groups])
    lines = [
        line_of(group.name, comparing.group_name(inputs, item.contrast.factor, group.name), group.curve, ticks)
        for group in groups
    ]
    words = Text("report.figure.group_curves", {"what": comparing.named(item), "groups": str(len(groups))})
    notes = (Text("report.note.group_curves", {"what": comparing.named(item)}), Text("report.note.km_figure"))
    population = groups[0].curve.population
    total = sum(group.curve.n for group in groups)
    return Page(
        Figure("survival", {"endpoint": endpoint, "ticks": ticks, "lines": lines}, words), population, total, notes
    )
