"""How a dose level is called: its label in the protocol and its dose."""

from __future__ import annotations

import polars as pl

from celltrial.report.content.values import Cells, Recorded, Text, Value
from celltrial.report.inputs import Inputs


def dose_name(inputs: Inputs, level: int | None) -> Value:
    """Return label and dose of a level; its number where the protocol does not know it."""
    if level is None:
        return Text("report.absent.not_recorded")
    rows = inputs.tables["dose_levels"].filter(pl.col("level") == level).to_dicts()
    if not rows or rows[0]["cells"] is None:
        return Text("report.phrase.level_number", {"level": str(level)})
    label = Recorded(rows[0]["label"] or str(level))
    return Text("report.phrase.level_dose", {"label": label, "dose": Cells(rows[0]["cells"], bool(rows[0]["per_kg"]))})


def dose_label(inputs: Inputs, level: int | None) -> Value:
    """Return the short label of a level."""
    if level is None:
        return Text("report.absent.not_recorded")
    labels = inputs.tables["dose_levels"].filter(pl.col("level") == level)["label"].to_list()
    return Recorded(labels[0]) if labels and labels[0] else Text("report.phrase.level_number", {"level": str(level)})
