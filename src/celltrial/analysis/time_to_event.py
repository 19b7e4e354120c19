"""Time to event (PFS, OS, DOR) from a stated origin, with follow-up and the caveats of that origin.

An origin that a subject must survive to reach makes the time before it immortal: survival from
infusion leaves out all who died waiting. It is therefore given only together with survival from
enrolment, and carries a note. Duration of response is conditional on having responded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from celltrial.analysis import kaplan_meier
from celltrial.analysis.kaplan_meier import ConfType, Curve
from celltrial.analysis.terms import Caveat, Population, Reason
from celltrial.core.results import Estimate, NotEstimable

Endpoint = Literal["PFS", "OS", "DOR"]
Origin = Literal["enrolment", "randomisation", "collection", "infusion", "response"]
#: Origin to the set that is counted from it.
POPULATIONS: Final = {
    "enrolment": Population.ENROLLED,
    "randomisation": Population.RANDOMISED,
    "collection": Population.COLLECTED,
    "infusion": Population.INFUSED,
    "response": Population.RESPONDERS,
}

#: How a time ends of which nothing was seen.
_UNFOLLOWED = frozenset({"left_before_infusion", "origin_only"})


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """One endpoint from one origin; times in days.

    curve:     survival without the event; median and numbers at risk are its methods.
    follow_up: median follow-up by the reverse Kaplan-Meier method (censoring as the event).
    beside:    the same endpoint from the first step that is dated (enrolment), shown beside an origin after it;
               None where the origin is that step or a response.
    caveats:   what to print beside the figure.
    unfollowed: subjects without follow-up after the origin, or after they left before infusion.
    bounds:    the curve if each of them had the event when last seen, and if none had it to the end of the longest
               follow-up; None where everybody was followed.
    """

    endpoint: Endpoint
    origin: Origin
    curve: Curve | NotEstimable
    follow_up: Estimate | NotEstimable
    beside: TimeToEvent | NotEstimable | None
    caveats: tuple[str, ...]
    unfollowed: int = 0
    bounds: tuple[Curve | NotEstimable, Curve | NotEstimable] | None = None


def estimate(
    adtte: pl.DataFrame,
    *,
    endpoint: Endpoint,
    origin: Origin,
    level: float = 0.95,
    conf_type: ConfType = "log-log",
    first: Origin = "enrolment",
    reader: str | None = None,
    unknown: Collection[str] = (),
) -> TimeToEvent | NotEstimable:
    """Return the Kaplan-Meier analysis of `endpoint` from `origin`.

    reader: whose rows count where the table holds those of several; rows without a reader always count.
    unknown: subjects of whom the records do not say whether they had the event.
    first: the earliest step that the records date; another than enrolment only where enrolment has no date at all.
    From a later one it is refused (`enrolment_origin_missing`) when the table has no rows from the
    first to be beside it. Follow-up: Schemper & Smith (1996),
    doi:10.1016/0197-2456(96)00075-X. Checked against AC-A6.6.
    """
    population = POPULATIONS[origin]
    rows = adtte.filter((pl.col("paramcd") == endpoint) & (pl.col("origin") == origin))
    if reader is not None:
        rows = rows.filter(pl.col("reader").is_null() | (pl.col("reader") == reader))
    late = origin in {"collection", "infusion"}
    beside: TimeToEvent | NotEstimable | None = None
    if late and origin != first:
        beside = estimate(
            adtte,
            endpoint=endpoint,
            origin=first,
            level=level,
            conf_type=conf_type,
            first=first,
            reader=reader,
            unknown=unknown,
        )
        if rows.height and isinstance(beside, NotEstimable):
            return NotEstimable(Reason.ENROLMENT_ORIGIN_MISSING, population, rows.height)
    if not rows.height:
        return NotEstimable(Reason.NO_SUBJECTS, population, 0)
    time, event = rows["aval"].to_list(), [flag == 0 for flag in rows["cnsr"]]
    undated = Caveat.IMMORTAL_TIME if first == "enrolment" else Caveat.ENROLMENT_NOT_DATED
    caveats = [undated] if late else []
    if origin == "response":
        caveats.append(Caveat.SELECTED_RESPONDERS)
    lost = [
        not seen and (lasted == 0 or how in _UNFOLLOWED or who in unknown)
        for who, lasted, seen, how in zip(rows["usubjid"], time, event, rows["evntdesc"], strict=True)
    ]

    def curve(times: list[float], events: list[bool]) -> Curve | NotEstimable:
        return kaplan_meier.estimate(times, events, population=population, level=level, conf_type=conf_type)

    bounds = None
    if any(lost):
        worst = [seen or gone for seen, gone in zip(event, lost, strict=True)]
        longest = [max(time) if gone else lasted for lasted, gone in zip(time, lost, strict=True)]
        bounds = curve(time, worst), curve(longest, event)
    return TimeToEvent(
        endpoint,
        origin,
        curve(time, event),
        _follow_up(time, event, population, level, conf_type),
        beside,
        tuple(caveats),
        sum(lost),
        bounds,
    )


def _follow_up(
    time: list[float], event: list[bool], population: str, level: float, conf_type: ConfType
) -> Estimate | NotEstimable:
    reverse = kaplan_meier.estimate(
        time, [not flag for flag in event], population=population, level=level, conf_type=conf_type
    )
    return reverse if isinstance(reverse, NotEstimable) else reverse.median
