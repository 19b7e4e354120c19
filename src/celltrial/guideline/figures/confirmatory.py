"""Figures of part 2.3: size, control, readers, endpoints, criteria, safety set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.core.intervals import clopper_pearson
from celltrial.designs.sizes import SIZE_ROWS
from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.checks.confirmatory import MOST_INFLATION, READERS, allocation_inflation, size_needed
from celltrial.guideline.checks.endpoints import (
    ALARM_CHANCE,
    LONG_TERM,
    alarm_chance,
    deaths_seen,
    margin_limit,
    measures_benefit,
    response_gap,
    rows_of_disease,
    spoken_kind,
)
from celltrial.guideline.facts import decisive_endpoints
from celltrial.guideline.knowledge import endpoint_row, known_limit
from celltrial.guideline.verdict import Case, Ground, figure
from celltrial.guideline.vocabulary import concepts_of

#: Kinds of endpoints as the field abbreviates them, in both languages.
_SHORT: Final = {
    "overall_survival": "OS", "quality_of_life": "QoL", "response_rate": "ORR", "sustained_response": "ORR, month 3",
    "duration_of_response": "DOR", "progression_free_survival": "PFS",
}  # fmt: skip
_SIZE: Final = "confirmatory.sample_size"


def _named(concept: str) -> str:
    """Return the name of criteria or a scale as people write it: `IMWG 2016`."""
    return concept.upper().replace("_", " ")


def estimate(case: Case) -> Iterator[Ground]:
    """2.3-a: the lower end of the exact 95 % interval of the exploratory response, above none."""
    seen = case.protocol.confirmatory.exploratory_result if case.protocol.confirmatory else None
    if seen is not None:
        low = 100 * clopper_pearson(seen.responders, seen.subjects).low
        shown = f"{seen.responders} / {seen.subjects}; {low:.1f} %"
        yield figure("exploratory_low", "confirmatory.exploratory_result", shown, "> 0 %", "clause")


def size(case: Case) -> Iterator[Ground]:
    """2.3-b: the planned size against the one that the stated design takes, computed again."""
    plan = case.protocol.confirmatory
    needed = size_needed(plan.sample_size) if plan and plan.sample_size else None
    if plan is not None and plan.sample_size is not None and needed is not None:
        source = "; ".join(SIZE_ROWS[plan.sample_size.method].references) or "protocol"
        yield figure("size_recomputed", f"{_SIZE}.infused", plan.sample_size.infused, f">= {needed}", source)


def ratio(case: Case) -> Iterator[Ground]:
    """2.3.1-a: how many times the subjects of 1:1 the ratio of randomisation takes."""
    plan = case.protocol.confirmatory
    more = allocation_inflation(plan.randomisation.ratio) if plan and plan.randomisation else None
    if more is not None:
        path = "confirmatory.randomisation.ratio"
        yield figure("allocation_inflation", path, f"{more:.2f}", f"<= {MOST_INFLATION:g}", "ours")


def null_rate(case: Case) -> Iterator[Ground]:
    """2.3.1-c: the rate to beat against the upper end of the interval of earlier studies."""
    plan = case.protocol.confirmatory
    studies = plan.null_derivation.studies if plan and plan.null_derivation else ()
    stated = plan.sample_size.params.get("null_rate") if plan and plan.sample_size else None
    if studies and isinstance(stated, int | float):
        pooled = clopper_pearson(sum(row.responders for row in studies), sum(row.subjects for row in studies))
        keys = [row.reference for row in studies if row.reference]
        listed = {item.id: item.citation for item in case.protocol.references}
        source = "; ".join(listed.get(key, key) for key in keys) or "protocol"
        yield figure("null_rate", f"{_SIZE}.params", f"{100 * stated:g} %", f">= {100 * pooled.high:.1f} %", source)


def readers(case: Case) -> Iterator[Ground]:
    """2.3.1-f: how many independent readers there are."""
    review = case.protocol.efficacy.independent_review if case.protocol.efficacy else None
    if review is not None:
        yield figure("readers", "efficacy.independent_review.readers", review.readers, f">= {READERS}", "ours")


def benefit(case: Case) -> Iterator[Ground]:
    """2.3.2-a: what each primary endpoint is worth, by its kind and its text."""
    row = endpoint_row()
    for index, item in decisive_endpoints(case.protocol):
        if item.rank == "primary" and measures_benefit(item) and spoken_kind(item) in {*row.benefit, *row.surrogate}:
            worth = "endpoint_is_benefit" if spoken_kind(item) in row.benefit else "endpoint_is_surrogate"
            kinds = row.benefit if spoken_kind(item) in row.benefit else row.surrogate
            among, path = ", ".join(_SHORT[kind] for kind in kinds), f"efficacy.endpoints.{index}.kind"
            yield figure(worth, path, f"{item.id}: {_SHORT[spoken_kind(item)]}", among, row.cited)


def criteria(case: Case) -> Iterator[Ground]:
    """2.2.1.3-a and 2.3.2-b: the response criteria among those that fit the disease."""
    efficacy = case.protocol.efficacy
    if efficacy is None or not case.protocol.trial.malignancy:
        return
    rows, named = rows_of_disease(case.protocol), concepts_of(efficacy.criteria, "criteria")
    fits = dict.fromkeys(name for row in rows for name in row.fits)
    if named & set(fits):
        source = "; ".join(dict.fromkeys(row.cited for row in rows if named & set(row.fits)))
        yield figure(
            "criteria_of_disease",
            "efficacy.criteria",
            efficacy.criteria,
            " | ".join(_named(name) for name in fits),
            source,
        )


def beside(case: Case) -> Iterator[Ground]:
    """2.3.2-d: immune criteria beside those of solid tumours, and not alone."""
    efficacy = case.protocol.efficacy
    for index, text in enumerate(efficacy.additional_criteria if efficacy else ()):
        if efficacy is not None and "irecist" in concepts_of(text, "criteria"):
            path = f"efficacy.additional_criteria.{index}"
            yield figure(
                "immune_criteria_beside",
                path,
                text,
                f"+ {efficacy.criteria}",
                known_limit("immune_criteria_beside").cited,
            )


def immune(case: Case) -> Iterator[Ground]:
    """2.3.2-f: how many primary endpoints measure immune function, by kind and text."""
    primary = [item for _, item in decisive_endpoints(case.protocol) if item.rank == "primary"]
    if primary:
        found = sum(spoken_kind(item) == "immune_function" for item in primary)
        yield figure("immune_primaries", "efficacy.endpoints", found, f"= 0 / {len(primary)}", "clause")


def duration(case: Case) -> Iterator[Ground]:
    """2.3.2-g: how long responders are followed before the cut, and the last visit."""
    efficacy, months = case.protocol.efficacy, case.clause.params.get("responder_follow_up_months", 6)
    if efficacy is not None and efficacy.minimum_responder_follow_up is not None:
        path, limit = "efficacy.minimum_responder_follow_up", f">= {months:g} mo"
        yield figure("responder_follow_up", path, efficacy.minimum_responder_follow_up, limit, "register")
        last = max((visit.day for visit in efficacy.visits), default=0)
        yield figure("last_response_visit", "efficacy.visits", f"{last} d", limit, "register")
        gap = f"{response_gap(case.protocol):.0f} d"
        yield figure("response_gap", "efficacy.visits", gap, f"<= {months:g} mo", "register")


def month_3(case: Case) -> Iterator[Ground]:
    """2.3.2-h: the day on which a kept response is judged."""
    efficacy, params = case.protocol.efficacy, case.clause.params
    if efficacy is not None and efficacy.sustained_response_day is not None:
        day, window = params.get("month_3_day", 90), params.get("window_days", 14)
        path, shown = "efficacy.sustained_response_day", f"{efficacy.sustained_response_day} d"
        yield figure("month_3", path, shown, f"{day:g} d +/- {window:g} d", "register")


def long_term(case: Case) -> Iterator[Ground]:
    """2.3.2-i: the endpoints of duration and survival, and the share of deaths that falls within follow-up."""
    efficacy = case.protocol.efficacy
    kinds = {item.kind for item in efficacy.endpoints} if efficacy else set()
    if case.protocol.trial.malignancy:
        found = len(kinds & set(LONG_TERM))
        yield figure("long_term_endpoints", "efficacy.endpoints", found, f"= {len(LONG_TERM)}", "clause")
        seen = deaths_seen(case.protocol)
        if seen is not None:
            yield figure("deaths_seen", "follow_up.years", f"{100 * seen:.0f} %", ">= 50 %", "ours")


def alarms(case: Case) -> Iterator[Ground]:
    """2.3.2-j: how often the measure of a risk alarms within the planned size where the risk is twice its threshold."""
    for index, risk in enumerate(case.protocol.risk_plan.risks if case.protocol.risk_plan else ()):
        chance = alarm_chance(case.protocol, risk)
        if chance is not None:
            path, least = f"risk_plan.risks.{index}.metric_threshold", f">= {100 * ALARM_CHANCE:g} %"
            yield figure("alarm_chance", path, f"{100 * chance:.0f} %", least, "ours")


def safety_set(case: Case) -> Iterator[Ground]:
    """2.3.2-l: the rate of an event that the safety set would show."""
    plan = case.protocol.confirmatory
    if plan is not None and plan.safety_set_size is not None:
        wanted, chance = case.clause.params.get("detectable_rate", 0.01), case.clause.params.get("confidence", 0.95)
        seen, limit = detectable_rate(plan.safety_set_size, chance), f"<= {100 * wanted:g} %"
        yield figure("safety_reach", "confirmatory.safety_set_size", f"{100 * seen:.2f} %", limit, "register")


def margins(case: Case) -> Iterator[Ground]:
    """2.3.2-n: each margin of the comparison against what it guards."""
    making = case.protocol.manufacturing
    for index, item in enumerate(making.comparability_margins if making else ()):
        path, limit = f"manufacturing.comparability_margins.{index}.margin", margin_limit(case, item)
        yield figure("comparability_margin", path, f"{item.margin:g}", f"< {limit:.3g}", "protocol")
