"""The few numbers to read first, each with its set."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.analysis import disposition, dlt, response, sustained_response
from celltrial.core.results import NotEstimable
from celltrial.report.content.dlt import escalates
from celltrial.report.content.dose_names import dose_name
from celltrial.report.content.output import Cell, count, rate
from celltrial.report.content.values import Text
from celltrial.report.inputs import Inputs

__all__ = ["Headline", "headlines"]


@dataclass(frozen=True, slots=True)
class Headline:
    """One number, what it is, and the output where it stands."""

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
        source = inputs.sources[0]
        best = response.estimate(inputs.tables["adrs"], inputs.adsl, source=source)
        kept = sustained_response.estimate(inputs.tables["adrs"], inputs.adsl, window=inputs.landmark, source=source)
        found += [
            Headline(Text("report.headline.response"), rate(best.infused), "14.2.1"),
            Headline(Text("report.headline.sustained_infused"), rate(kept.infused), "14.2.1"),
        ]
        if not inputs.treated_only:
            found.append(Headline(Text("report.headline.sustained_enrolled"), rate(kept.enrolled), "14.2.1"))
    return tuple(found)


def _recommended(inputs: Inputs) -> Cell:
    table = dlt.estimate(inputs.adsl, inputs.tables["dose_levels"], inputs.tables["dose_decisions"])
    if isinstance(table.recommended, NotEstimable):
        return Cell(Text(f"analysis.reason.{table.recommended.reason}"))
    row = next((row for row in table.rows if row.level == table.recommended), None)
    n = row.evaluable if row else 0
    return Cell(dose_name(inputs, table.recommended), "dlt_evaluable", n)
