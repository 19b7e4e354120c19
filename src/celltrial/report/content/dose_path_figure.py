"""The way of the escalation: infused subjects in order, by dose level, with DLTs marked."""

from __future__ import annotations

from celltrial.report.content.dlt import escalates
from celltrial.report.content.dose_names import dose_label
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.values import Count, Text
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return the path; a subject whose window is open is drawn as not evaluable."""
    infused = inputs.members("infused").sort("infused_date", "usubjid", nulls_last=True)
    known = infused.filter(infused["dose_level_assigned"].is_not_null())
    if not escalates(inputs) or not known.height:
        return Page(Nothing(Text("report.absent.no_escalation")), "infused", infused.height)
    standing = [
        "dlt" if row["dlt"] else "no_dlt" if row["dlt_evaluable"] else "not_evaluable" for row in known.to_dicts()
    ]
    planned = inputs.tables["dose_levels"]["level"].to_list()
    seen = known["dose_level_assigned"].to_list()
    levels = sorted({*planned, *seen})
    data = {
        "points": [
            {"order": i, "level": level, "subject": who, "standing": how}
            for i, (level, who, how) in enumerate(zip(seen, known["usubjid"], standing, strict=True), start=1)
        ],
        "levels": [{"level": level, "label": dose_label(inputs, level)} for level in levels],
    }
    words = Text("report.figure.dose_path", {"n": Count(known.height)})
    return Page(Figure("dose_path", data, words), "infused", infused.height)
