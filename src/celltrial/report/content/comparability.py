"""Clinical comparability of process versions: each against the one most subjects received, by the margins set beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.analysis import comparability
from celltrial.analysis.comparability import Comparability
from celltrial.core.results import Estimate
from celltrial.datasets.groups import group_of
from celltrial.report.content import kinetics, response_analyses
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, measure
from celltrial.report.content.values import Code, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

#: Attribute of a margin, in the words of a protocol, to what is compared.
ATTRIBUTES: Final = {
    "cmax": "cmax",
    "peak": "cmax",
    "auc": "auc",
    "exposure": "auc",
    "response rate": "response",
    "response": "response",
    "crs of grade 2 or more": "crs",
    "crs": "crs",
}


def build(inputs: Inputs) -> Page:
    """Return one row per attribute and version: contrast, margin, conclusion."""
    n = inputs.size("infused")
    groups = group_of(inputs.members("infused"), "process_version", age_cut=inputs.plan.subgroup_age)
    sizes = {name: list(groups.values()).count(name) for name in sorted(set(groups.values()))}
    if len(sizes) < 2:
        return Page(Nothing(Text("report.absent.one_process_version")), "infused", n)
    reference = max(sizes, key=lambda name: sizes[name])
    columns = tuple(Column(Text(f"report.column.{name}")) for name in ("contrast", "margin", "conclusion"))
    rows: list[Row] = []
    for new, size in sizes.items():
        if new != reference:
            said = {
                "new": Recorded(new),
                "n": str(size),
                "reference": Recorded(reference),
                "m": str(sizes[reference]),
            }
            rows.append(Row(Text("report.row.versions", said), tuple(Cell(Recorded("")) for _ in columns), "group"))
            rows += [_row(found) for found in _compared(inputs, groups, new, reference)]
    notes = [Text("report.note.comparability"), Text("analysis.caveat.not_randomised")]
    unmeasured = [name for name in margins(inputs) if name.lower() not in ATTRIBUTES]
    notes += [Text("report.note.margin_not_measured", {"attribute": Recorded(name)}) for name in unmeasured]
    return Page(Table(Text("report.column.attribute"), columns, tuple(rows)), "infused", n, tuple(notes))


def margins(inputs: Inputs) -> dict[str, tuple[float, float]]:
    """Return attribute to its margin as the protocol states them; a ratio m is from 1/m to m, a difference from -m to m."""
    plan = inputs.protocol.manufacturing if inputs.protocol is not None else None
    stated = plan.comparability_margins if plan is not None else ()
    return {
        item.attribute: (1 / item.margin, item.margin) if item.scale == "ratio" else (-item.margin, item.margin)
        for item in stated
        if item.margin > (1 if item.scale == "ratio" else 0)
    }


def _margin(inputs: Inputs, attribute: str) -> tuple[float, float] | None:
    found = [limits for name, limits in margins(inputs).items() if ATTRIBUTES.get(name.lower()) == attribute]
    return found[0] if found else None


def _compared(inputs: Inputs, groups: dict[str, str], new: str, reference: str) -> Iterator[Comparability]:
    """Yield exposure by the first assay, response and CRS of grade 2 or more."""
    assay = next(kinetics.assays(inputs), None)
    for name in ("cmax", "auc"):
        values: dict[str, list[float]] = {new: [], reference: []}
        for each in assay.result.subjects if assay is not None else ():
            result = getattr(each, name)
            own = groups.get(each.usubjid)
            if isinstance(result, Estimate) and result.value > 0 and own in values:
                values[own].append(result.value)
        if any(values.values()):
            yield comparability.estimate(name, values[new], values[reference], margin=_margin(inputs, name))
    if inputs.tables["adrs"].height:
        best = response_analyses.best(inputs, inputs.plan.reader)
        yield _rates(inputs, groups, new, reference, "response", response_analyses.responders(best))
    crs = inputs.tables["adae"].filter(
        (inputs.tables["adae"]["category"] == "crs") & (inputs.tables["adae"]["grade"] >= 2)
    )
    if inputs.collected.has("adverse_events/crs"):
        yield _rates(inputs, groups, new, reference, "crs", frozenset(crs["usubjid"].to_list()))


def _rates(
    inputs: Inputs, groups: dict[str, str], new: str, reference: str, name: str, having: frozenset[str]
) -> Comparability:
    counts = {
        group: (sum(who in having for who, own in groups.items() if own == group), list(groups.values()).count(group))
        for group in (new, reference)
    }
    return comparability.estimate_difference(name, counts[new], counts[reference], margin=_margin(inputs, name))


def _row(found: Comparability) -> Row:
    unit = Unit.RATIO if found.attribute in {"cmax", "auc"} else Unit.POINTS
    limits = Cell(Text("report.phrase.no_margin"))
    if found.margin is not None:
        low, high = (Quantity(end, unit) for end in found.margin)
        limits = Cell(
            Text("report.phrase.from_to", {"low": low, "high": high}), found.contrast.population, found.contrast.n
        )
    conclusion = Cell(Text(f"analysis.comparability.{found.conclusion}"))
    return Row(Code("attribute", found.attribute), (measure(found.contrast, unit), limits, conclusion), "detail")
