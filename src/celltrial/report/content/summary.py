"""The few numbers to read first, each with its set."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.analysis import disposition, dlt
from celltrial.core.results import NotEstimable
from celltrial.report.content.dlt import escalates
from celltrial.report.content.dose_names import dose_name
from celltrial.report.content.output import Cell, count, rate
from celltrial.report.content.response_analyses import best, has_read, kept
from celltrial.report.content.values import Text
from celltrial.report.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Headline:
    """One number, what it is, and the output where it is shown."""

    label: Text
    cell: Cell
    output: str


def headlines(inputs: Inputs) -> tuple[Headline, ...]:
    """Return the headline numbers that these data allow."""
    flow = disposition.estimate(inputs.adsl)
    found = [
        Headline(
            Text("report.headline.imported" if inputs.treated_only else "report.headline.enrolled"),
            count(flow.enrolled, "enrolled", flow.enrolled),
            "14.1.1",
        ),
        Headline(Text("report.headline.infused"), count(flow.infused, "enrolled", flow.enrolled), "14.1.1"),
    ]
    if not inputs.treated_only:
        found.append(Headline(Text("report.headline.not_treated"), rate(flow.not_treated), "14.1.2"))
    if escalates(inputs):
        found.append(Headline(Text("report.headline.recommended"), _recommended(inputs), "14.3.1"))
    if inputs.tables["adrs"].height:
        found += _response(inputs)
    return tuple(found)


def _response(inputs: Inputs) -> list[Headline]:
    source = inputs.sources[0]
    unread = None if has_read(inputs, source) else Cell(Text("report.absent.not_read"))
    every, lasting = best(inputs, source), kept(inputs, source)
    sets = [
        ("report.headline.response", every.infused),
        ("report.headline.sustained_infused", lasting.infused),
    ]
    if not inputs.treated_only:
        sets.append(("report.headline.sustained_enrolled", lasting.enrolled))
    return [Headline(Text(key), unread or rate(result), "14.2.1") for key, result in sets]


def _recommended(inputs: Inputs) -> Cell:
    table = dlt.estimate(inputs.adsl, inputs.tables["dose_levels"], inputs.tables["dose_decisions"])
    if isinstance(table.recommended, NotEstimable):
        return Cell(Text(f"analysis.reason.{table.recommended.reason}"))
    row = next((row for row in table.rows if row.level == table.recommended), None)
    n = row.evaluable if row else 0
    return Cell(dose_name(inputs, table.recommended), "dlt_evaluable", n)
