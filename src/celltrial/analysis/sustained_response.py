"""Sustained response at a landmark visit (month 3), on the infused and on the enrolled set.

A subject counts as sustained with a response in the visit window, a response before it, no progression
in between, and — under the primary strategy — no new anticancer therapy. What happens after an
intercurrent therapy is a choice, so both strategies stand in the result:

- composite:        a new therapy before the landmark assessment is a non-response (primary);
- treatment policy: the therapy is ignored and the assessment counts.

A missing landmark visit is a non-response in both, and is listed. So is a death before it. With `as_of`,
subjects whose window had not closed by then, and who had not failed before, are not due: they are left
out of both denominators, with the subjects who still wait for treatment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.codes import Caveat, Population
from celltrial.clinical.response_categories import PROGRESSION, RESPONSES
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
    DIED = "died"
    MISSING = "missing"
    NOT_DUE = "not_due"
    NEW_THERAPY = "new_therapy"


@dataclass(frozen=True, slots=True)
class SustainedResponse:
    """Sustained response at a landmark.

    infused, enrolled: rate under the composite strategy (primary).
    infused_treatment_policy, enrolled_treatment_policy: rate when new therapies are ignored.
    status:  subject to where it stands, primary strategy.
    missing: responders without an assessment in the window: to be listed.
    not_due: subjects left out because their window was still open.
    """

    window: Window
    source: str
    infused: Estimate | NotEstimable
    enrolled: Estimate | NotEstimable
    infused_treatment_policy: Estimate | NotEstimable
    enrolled_treatment_policy: Estimate | NotEstimable
    status: Mapping[str, Status]
    missing: tuple[str, ...]
    not_due: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _History:
    """Assessments of one subject in order of day; infusion days of new therapy, death and the data cut."""

    assessments: tuple[tuple[int, str], ...]
    new_therapy: int | None
    died: int | None
    as_of: int | None


def estimate(
    adrs: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    window: Window,
    source: str = "investigator",
    responses: Collection[str] = RESPONSES,
    as_of: date | None = None,
    level: float = 0.95,
) -> SustainedResponse:
    """Return the sustained response at the visit whose window, in infusion days, is `window`.

    as_of: day of the data cut; None takes every window as closed.
    Checked against AC-A6.1 (18/34 = 52.9 %, 35.1-70.2; 18/40 = 45.0 %, 29.3-61.5) and AC-A6.2.
    """
    histories = _histories(adrs, adsl, source, as_of)
    primary = {who: _status(h, window, responses, composite=True) for who, h in histories.items()}
    policy = {who: _status(h, window, responses, composite=False) for who, h in histories.items()}
    open_ = tuple(sorted(who for who, value in primary.items() if value is Status.NOT_DUE))
    waiting = adsl.filter(pl.col("enrolled") & (pl.col("not_treated_reason") == "pending")).height
    left_out = len(open_) + (waiting if as_of is not None else 0)
    infused, enrolled = len(histories) - len(open_), adsl.filter("enrolled").height - left_out
    open_note = (Caveat.PENDING_SUBJECTS,) if open_ else ()
    pending = (Caveat.PENDING_SUBJECTS,) if waiting or open_ else ()

    def rate(status: Mapping[str, Status], n: int, population: str, *caveats: str) -> Estimate | NotEstimable:
        x = sum(value is Status.SUSTAINED for value in status.values())
        missing = (Caveat.NOT_ASSESSED_COUNTED_AS_NON_RESPONSE,) if Status.MISSING in status.values() else ()
        return proportion.estimate(x, n, population=population, level=level, caveats=(*caveats, *missing))

    return SustainedResponse(
        window=window,
        source=source,
        infused=rate(primary, infused, Population.INFUSED, Caveat.NEW_THERAPY_AS_NON_RESPONSE, *open_note),
        enrolled=rate(primary, enrolled, Population.ENROLLED, Caveat.NEW_THERAPY_AS_NON_RESPONSE, *pending),
        infused_treatment_policy=rate(policy, infused, Population.INFUSED, Caveat.NEW_THERAPY_IGNORED, *open_note),
        enrolled_treatment_policy=rate(policy, enrolled, Population.ENROLLED, Caveat.NEW_THERAPY_IGNORED, *pending),
        status=MappingProxyType(primary),
        missing=tuple(sorted(who for who, value in primary.items() if value is Status.MISSING)),
        not_due=open_,
    )


def _histories(adrs: pl.DataFrame, adsl: pl.DataFrame, source: str, as_of: date | None) -> dict[str, _History]:
    found: dict[str, list[tuple[int, str]]] = {}
    rows = adrs.filter((pl.col("source") == source) & (pl.col("day") > 0)).sort("usubjid", "day", "seq")
    for subject, day, category, criteria in rows.select("usubjid", "day", "response", "criteria").iter_rows():
        if _tells_depth(category.upper(), criteria or ""):
            found.setdefault(subject, []).append((day, category.upper()))
    infused = adsl.filter("infused").sort("usubjid")
    histories: dict[str, _History] = {}
    for who, start, therapy, died in infused.select(
        "usubjid", "infused_date", "new_therapy_day", "death_date"
    ).iter_rows():
        death = (died - start).days if died and start else None
        cut = (as_of - start).days if as_of and start else None
        histories[who] = _History(tuple(found.get(who, ())), therapy, death, cut)
    return histories


def _tells_depth(category: str, criteria: str) -> bool:
    """Tell whether an assessment says how deep a response is.

    NON-CR/NON-PD is a category of RECIST; under other criteria it records only that no progression was seen.
    """
    return category != "NE" and (category != "NON-CR/NON-PD" or "RECIST" in criteria.upper())


def _status(history: _History, window: Window, responses: Collection[str], *, composite: bool) -> Status:
    before = [category for day, category in history.assessments if day < window.low]
    inside = [(day, category) for day, category in history.assessments if day in window]
    landmark = inside[-1][0] if inside else window.high
    if any(category in PROGRESSION for category in (*before, *(category for _, category in inside))):
        return Status.PROGRESSED
    if composite and history.new_therapy is not None and history.new_therapy <= landmark:
        return Status.NEW_THERAPY
    responded = any(category in responses for category in before)
    if inside:
        sustained = inside[-1][1] in responses
        if responded:
            return Status.SUSTAINED if sustained else Status.LOST_RESPONSE
        return Status.FIRST_RESPONSE_AT_LANDMARK if sustained else Status.NO_RESPONSE
    if history.died is not None and history.died <= window.high:
        return Status.DIED
    if history.as_of is not None and history.as_of < window.high:
        return Status.NOT_DUE
    return Status.MISSING if responded else Status.NO_RESPONSE
