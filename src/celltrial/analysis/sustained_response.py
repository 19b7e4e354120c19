"""Sustained response at a landmark visit (month 3), on the infused and on the enrolled set.

A subject counts as sustained with a response in the visit window, a response before it, no progression
in between, and — under the primary strategy — no new anticancer therapy. What happens after an
intercurrent therapy is a choice, so both strategies stand in the result:

- composite:        a new therapy before the landmark assessment is a non-response (primary);
- treatment policy: the therapy is ignored and the assessment counts.

A missing landmark visit is a non-response in both, and is listed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.codes import Caveat, Population
from celltrial.analysis.response_codes_data import PROGRESSION, RESPONSES
from celltrial.core.dates import Window
from celltrial.core.results import Estimate, NotEstimable

__all__ = ["Status", "SustainedResponse", "estimate"]


class Status(StrEnum):
    """Where a subject stands at the landmark."""

    SUSTAINED = "sustained"
    PROGRESSED = "progressed"
    LOST_RESPONSE = "lost_response"
    FIRST_RESPONSE_AT_LANDMARK = "first_response_at_landmark"
    NO_RESPONSE = "no_response"
    MISSING = "missing"
    NEW_THERAPY = "new_therapy"


@dataclass(frozen=True, slots=True)
class SustainedResponse:
    """Sustained response at a landmark.

    infused, enrolled: rate under the composite strategy (primary).
    infused_treatment_policy, enrolled_treatment_policy: rate when new therapies are ignored.
    status:  subject to where it stands, primary strategy.
    missing: responders without an assessment in the window: to be listed.
    """

    window: Window
    source: str
    infused: Estimate | NotEstimable
    enrolled: Estimate | NotEstimable
    infused_treatment_policy: Estimate | NotEstimable
    enrolled_treatment_policy: Estimate | NotEstimable
    status: Mapping[str, Status]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _History:
    """Assessments of one subject in order of day, and the day of a new therapy."""

    assessments: tuple[tuple[int, str], ...]
    new_therapy: int | None


def estimate(
    adrs: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    window: Window,
    source: str = "investigator",
    responses: Collection[str] = RESPONSES,
    level: float = 0.95,
) -> SustainedResponse:
    """Return the sustained response at the visit whose window, in infusion days, is `window`.

    Checked against AC-A6.1 (18/34 = 52.9 %, 35.1-70.2; 18/40 = 45.0 %, 29.3-61.5) and AC-A6.2.
    """
    histories = _histories(adrs, adsl, source)
    primary = {who: _status(h, window, responses, composite=True) for who, h in histories.items()}
    policy = {who: _status(h, window, responses, composite=False) for who, h in histories.items()}
    infused, enrolled = len(histories), adsl.filter("enrolled").height
    waiting = adsl.filter(pl.col("enrolled") & (pl.col("not_treated_reason") == "pending")).height
    pending = (Caveat.PENDING_SUBJECTS,) if waiting else ()

    def rate(status: Mapping[str, Status], n: int, population: str, *caveats: str) -> Estimate | NotEstimable:
        x = sum(value is Status.SUSTAINED for value in status.values())
        missing = (Caveat.NOT_ASSESSED_COUNTED_AS_NON_RESPONSE,) if Status.MISSING in status.values() else ()
        return proportion.estimate(x, n, population=population, level=level, caveats=(*caveats, *missing))

    return SustainedResponse(
        window=window,
        source=source,
        infused=rate(primary, infused, Population.INFUSED, Caveat.NEW_THERAPY_AS_NON_RESPONSE),
        enrolled=rate(primary, enrolled, Population.ENROLLED, Caveat.NEW_THERAPY_AS_NON_RESPONSE, *pending),
        infused_treatment_policy=rate(policy, infused, Population.INFUSED, Caveat.NEW_THERAPY_IGNORED),
        enrolled_treatment_policy=rate(policy, enrolled, Population.ENROLLED, Caveat.NEW_THERAPY_IGNORED, *pending),
        status=MappingProxyType(primary),
        missing=tuple(sorted(who for who, value in primary.items() if value is Status.MISSING)),
    )


def _histories(adrs: pl.DataFrame, adsl: pl.DataFrame, source: str) -> dict[str, _History]:
    found: dict[str, list[tuple[int, str]]] = {}
    rows = adrs.filter((pl.col("source") == source) & (pl.col("day") > 0)).sort("usubjid", "day", "seq")
    for subject, day, category in rows.select("usubjid", "day", "response").iter_rows():
        if category.upper() != "NE":
            found.setdefault(subject, []).append((day, category.upper()))
    infused = adsl.filter("infused").sort("usubjid").select("usubjid", "new_therapy_day")
    return {who: _History(tuple(found.get(who, ())), therapy) for who, therapy in infused.iter_rows()}


def _status(history: _History, window: Window, responses: Collection[str], *, composite: bool) -> Status:
    before = [category for day, category in history.assessments if day < window.low]
    inside = [(day, category) for day, category in history.assessments if day in window]
    landmark = inside[-1][0] if inside else window.high
    if any(category in PROGRESSION for category in before) or any(c in PROGRESSION for _, c in inside):
        return Status.PROGRESSED
    if composite and history.new_therapy is not None and history.new_therapy <= landmark:
        return Status.NEW_THERAPY
    responded = any(category in responses for category in before)
    if not inside:
        return Status.MISSING if responded else Status.NO_RESPONSE
    if inside[-1][1] in responses:
        return Status.SUSTAINED if responded else Status.FIRST_RESPONSE_AT_LANDMARK
    return Status.LOST_RESPONSE if responded else Status.NO_RESPONSE
