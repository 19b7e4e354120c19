"""Best overall response and response rate, on the infused and on the enrolled set side by side.

The gap between the two rates is what manufacture and waiting cost; printing only the first hides it.
Rules: assessments count after the infusion, up to and including the first progression and before a new anticancer
therapy, as `clinical.response_course` reads them, confirmation included where it is required; a subject without an assessment is no responder; what the criteria call
"not evaluable" is no assessment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.sustained_response import UNCONFIRMED
from celltrial.analysis.terms import Caveat, Population
from celltrial.clinical.response_categories import NOT_ASSESSED, ORDER, RESPONSES, rank
from celltrial.clinical.response_course import Course, CourseRule, Visit, read_course
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, NotEstimable


@dataclass(frozen=True, slots=True)
class Response:
    """Best overall response of the infused.

    by_category: response code, as recorded, to number of infused subjects; "NE" without an assessment.
    infused, enrolled: response rate on each set, exact interval.
    best:        subject to best response.
    """

    source: str
    criteria: tuple[str, ...]
    by_category: Mapping[str, int]
    infused: Estimate | NotEstimable
    enrolled: Estimate | NotEstimable
    best: Mapping[str, str]


def courses(
    adrs: pl.DataFrame, adsl: pl.DataFrame, *, source: str, rule: CourseRule = UNCONFIRMED
) -> Mapping[str, Course]:
    """Return the course of every infused subject of `adsl`, in infusion days.

    rule: whether a response needs confirmation, and from which day stable disease counts.
    Raises ANL-003 for a category that is in none of the known criteria.
    """
    rows = adrs.filter((pl.col("source") == source) & (pl.col("day") > 0)).sort("usubjid", "day", "seq")
    visits: dict[str, list[Visit]] = {}
    criteria: dict[str, str] = {}
    for subject, day, category, by in rows.select("usubjid", "day", "response", "criteria").iter_rows():
        if category.upper() not in ORDER:
            raise UserError(fault("ANL-003", "adrs.response", expected=" ".join(ORDER), found=category))
        visits.setdefault(subject, []).append((day, category))
        criteria.setdefault(subject, by or "")
    therapies = adsl.filter("infused").sort("usubjid").select("usubjid", "new_therapy_day")
    return MappingProxyType(
        {
            who: read_course(visits.get(who, ()), criteria=criteria.get(who, ""), rule=rule, new_therapy_day=therapy)
            for who, therapy in therapies.iter_rows()
        }
    )


def best_responses(
    adrs: pl.DataFrame, adsl: pl.DataFrame, *, source: str, rule: CourseRule = UNCONFIRMED
) -> Mapping[str, str]:
    """Return the best response of every infused subject of `adsl`, "NE" where there is none; faults as `courses`."""
    found = courses(adrs, adsl, source=source, rule=rule)
    return MappingProxyType({who: course.category for who, course in found.items()})


def estimate(
    adrs: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    source: str = "investigator",
    rule: CourseRule = UNCONFIRMED,
    responses: Collection[str] = RESPONSES,
    level: float = 0.95,
) -> Response:
    """Return best responses and the rate of `responses` (upper-case codes) on both sets.

    Checked against AC-A6.1 (27/34 = 79.4 %, 62.1-91.3) and the published intervals of AC-A6.5.
    """
    best = best_responses(adrs, adsl, source=source, rule=rule)
    infused = len(best)
    enrolled = adsl.filter("enrolled").height
    x = sum(category.upper() in responses for category in best.values())
    counts = dict.fromkeys(sorted(set(best.values()), key=rank), 0)
    for category in best.values():
        counts[category] += 1
    missing = (Caveat.NOT_ASSESSED_COUNTED_AS_NON_RESPONSE,) if NOT_ASSESSED in counts else ()
    waiting = adsl.filter(pl.col("enrolled") & (pl.col("not_treated_reason") == "pending")).height
    pending = (Caveat.PENDING_SUBJECTS,) if waiting else ()
    used = adrs.filter(pl.col("source") == source)["criteria"].drop_nulls().unique().sort().to_list()
    return Response(
        source=source,
        criteria=tuple(used),
        by_category=MappingProxyType(counts),
        infused=proportion.estimate(x, infused, population=Population.INFUSED, level=level, caveats=missing),
        enrolled=proportion.estimate(
            x, enrolled, population=Population.ENROLLED, level=level, caveats=(*missing, *pending)
        ),
        best=best,
    )
