"""Best overall response and response rate, on the infused and on the enrolled set side by side.

The gap between the two rates is what manufacture and waiting cost; printing only the first hides it.
Rules: assessments count from the infusion up to and including the first progression, and before a new
anticancer therapy; a subject without an assessment is no responder; what the criteria call
"not evaluable" is no assessment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.codes import Caveat, Population
from celltrial.clinical.response_categories import ORDER, PROGRESSION, RESPONSES
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, NotEstimable

__all__ = ["Response", "best_responses", "estimate"]

NOT_ASSESSED = "NE"


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


def best_responses(adrs: pl.DataFrame, adsl: pl.DataFrame, *, source: str) -> Mapping[str, str]:
    """Return the best response of every infused subject of `adsl`, "NE" where there is none.

    Raises ANL-003 for a category that is in none of the known criteria.
    """
    rows = (
        adrs.filter((pl.col("source") == source) & (pl.col("day") > 0))
        .join(adsl.filter("infused").select("usubjid", "new_therapy_day"), on="usubjid")
        .filter(pl.col("new_therapy_day").is_null() | (pl.col("day") <= pl.col("new_therapy_day")))
        .sort("usubjid", "day", "seq")
    )
    best = dict.fromkeys(adsl.filter("infused")["usubjid"].sort(), NOT_ASSESSED)
    progressed: set[str] = set()
    for subject, category in rows.select("usubjid", "response").iter_rows():
        if subject in progressed:
            continue
        if _rank(category) < _rank(best[subject]):
            best[subject] = category
        if category.upper() in PROGRESSION:
            progressed.add(subject)
    return MappingProxyType(best)


def _rank(category: str) -> int:
    try:
        return ORDER.index(category.upper())
    except ValueError:
        raise UserError(fault("ANL-003", "adrs.response", expected=" ".join(ORDER), found=category)) from None


def estimate(
    adrs: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    source: str = "investigator",
    responses: Collection[str] = RESPONSES,
    level: float = 0.95,
) -> Response:
    """Return best responses and the rate of `responses` (upper-case codes) on both sets.

    Checked against AC-A6.1 (27/34 = 79.4 %, 62.1-91.3) and the published intervals of AC-A6.5.
    """
    best = best_responses(adrs, adsl, source=source)
    infused = len(best)
    enrolled = adsl.filter("enrolled").height
    x = sum(category.upper() in responses for category in best.values())
    counts = dict.fromkeys(sorted(set(best.values()), key=_rank), 0)
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
