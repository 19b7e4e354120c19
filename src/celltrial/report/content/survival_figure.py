"""Kaplan-Meier figures with numbers at risk: PFS and OS, from infusion and from enrolment together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from celltrial.analysis.kaplan_meier import Curve
from celltrial.analysis.time_to_event import Endpoint
from celltrial.core.results import NotEstimable
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.time_to_event import analyses
from celltrial.report.content.values import Code, Count, Text, Value
from celltrial.report.inputs import Inputs

_MONTH: Final = 30.4375
_STEPS: Final = (1, 2, 3, 6, 12, 24, 36, 60)
_MOST_TICKS: Final = 9


def build_pfs(inputs: Inputs) -> Page:
    """Return progression-free survival."""
    return _build(inputs, "PFS")


def build_os(inputs: Inputs) -> Page:
    """Return overall survival."""
    return _build(inputs, "OS")


def _build(inputs: Inputs, endpoint: Endpoint) -> Page:
    curves: list[dict[str, Any]] = []
    notes: list[Text] = []
    enrolled = inputs.size("enrolled")
    for origin, result in analyses(inputs, endpoint):
        if isinstance(result, NotEstimable) or isinstance(result.curve, NotEstimable):
            continue
        curves.append({"origin": origin, "curve": result.curve})
        notes += [Text(f"analysis.caveat.{code}") for code in result.caveats]
        if result.unfollowed:
            counts = {"x": Count(result.unfollowed), "n": Count(result.curve.n), "origin": Code("origin", origin)}
            notes.append(Text("report.note.without_follow_up", counts))
    if not curves:
        return Page(Nothing(Text("report.absent.no_time_to_event")), "enrolled", enrolled)
    ticks = ticks_of([item["curve"] for item in curves])
    data = {
        "endpoint": endpoint,
        "ticks": ticks,
        "lines": [line_of(item["origin"], Code("origin", item["origin"]), item["curve"], ticks) for item in curves],
    }
    words = Text("report.figure.survival", {"endpoint": Code("endpoint", endpoint), "curves": str(len(curves))})
    if inputs.treated_only:
        notes.append(Text("report.note.enrolment_of_treated"))
    notes.append(Text("report.note.km_figure"))
    return Page(Figure("survival", data, words), "enrolled", enrolled, tuple(notes))


def ticks_of(curves: Sequence[Curve]) -> list[int]:
    """Return the months at which curves that share an axis have a tick."""
    return month_ticks(max(curve.time[-1] for curve in curves) / _MONTH)


def month_ticks(longest: float) -> list[int]:
    """Return whole months from 0 to at least `longest`, at a step that leaves few enough of them."""
    step = next((step for step in _STEPS if longest / step <= _MOST_TICKS), _STEPS[-1])
    return [step * i for i in range(math.ceil(max(longest, 1e-9) / step) + 1)]


def line_of(series: str, name: Value, curve: Curve, ticks: list[int]) -> dict[str, Any]:
    """Return what the drawing needs of one curve: steps with limits, censoring, numbers at risk."""
    steps = [{"months": 0.0, "survival": 1.0, "low": 1.0, "high": 1.0}]
    censored: list[dict[str, float]] = []
    for i, time in enumerate(curve.time):
        low = steps[-1]["low"] if math.isnan(curve.low[i]) else curve.low[i]
        high = steps[-1]["high"] if math.isnan(curve.high[i]) else curve.high[i]
        steps.append({"months": time / _MONTH, "survival": curve.survival[i], "low": low, "high": high})
        if curve.n_censored[i]:
            censored.append({"months": time / _MONTH, "survival": curve.survival[i]})
    risk = curve.numbers_at_risk([tick * _MONTH for tick in ticks])
    return {
        "series": series,
        "name": name,
        "n": curve.n,
        "events": curve.events,
        "steps": steps,
        "censored": censored,
        "at_risk": [{"months": tick, "n": n} for tick, n in zip(ticks, risk, strict=True)],
    }
