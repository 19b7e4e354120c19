"""Checks of 2.3.2: endpoints, response criteria, safety set, changes of the process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from celltrial.core.lazy_scipy import special
from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.checks.stopping import planned_exposure
from celltrial.guideline.facts import SAFETY_KINDS, decisive_endpoints, is_major
from celltrial.guideline.knowledge import ResponseRow, response_rows
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.guideline.vocabulary import concepts_of, named_in
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.protocol.model.manufacturing import ComparabilityMargin
from celltrial.protocol.model.risks import Risk

_DURATION: Final = frozenset(
    {"duration_of_response", "progression_free_survival", "overall_survival", "sustained_response"}
)
LONG_TERM: Final = ("duration_of_response", "progression_free_survival", "overall_survival")
#: Diseases whose criteria are held against an indication that names none of them.
_BLOOD: Final = ("myeloma", "lymphoma", "cll", "all", "aml")
_SOLID: Final = ("solid", "glioma")
_DAYS_PER_MONTH: Final = 365.25 / 12
#: Days by which a length in days may miss one in months: 180 days are six months.
_MONTH_ROUNDING: Final = 3.0
#: The days in which visits for response come often, and by how much a window may stretch one interval.
_FIRST_YEAR: Final = 365.0
_VISIT_SLACK: Final = 21.0
#: At the planned size a risk twice as frequent as its threshold is noticed with at least this probability; our limit.
ALARM_CHANCE: Final = 0.8
_LEAST_ALARM: Final = 40
#: The lowest rate of a very common reaction (CIOMS III).
_VERY_COMMON: Final = 0.1
#: Rounding of the rate that a safety set detects: 298 and 300 subjects reach one in a hundred alike.
_REACH_ROUNDING: Final = 0.005


def check_direct_benefit(case: Case) -> Iterator[Finding]:
    """2.3.2-a: a primary endpoint measures benefit: directly, or by its validation or an agreement on record.

    Kinetics, immune function, safety and feasibility are no benefit, whatever is declared of them; what an endpoint of
    another kind measures is read from its text too. Immune function as a primary endpoint is found by 2.3.2-f alone.
    """
    if case.protocol.efficacy is None:
        yield finding("no_endpoints", "efficacy")
        return
    primary = [
        (index, item)
        for index, item in decisive_endpoints(case.protocol)
        if item.rank == "primary" and spoken_kind(item) != "immune_function"
    ]
    immune = len(primary) < sum(item.rank == "primary" for _, item in decisive_endpoints(case.protocol))
    if not immune and not any(measures_benefit(item) for _, item in primary):
        found = ", ".join(f"{item.id} (kind_{item.kind})" for _, item in primary) or "-"
        yield finding("no_primary_benefit", "efficacy.endpoints", found=found)
    for index, item in primary:
        path = f"efficacy.endpoints.{index}"
        if not measures_benefit(item):
            if item.direct_clinical_benefit:
                shown = {"endpoint": item.id, "kind": f"kind_{spoken_kind(item)}"}
                yield finding("benefit_claimed_of_kind", f"{path}.direct_clinical_benefit", **shown)
        elif item.direct_clinical_benefit is None:
            yield finding("direct_benefit_not_stated", f"{path}.direct_clinical_benefit", endpoint=item.id)
        elif not item.direct_clinical_benefit and item.validated and not (item.validation or item.agency_agreement):
            yield finding("validation_not_on_record", f"{path}.validation", endpoint=item.id)


def spoken_kind(item: Endpoint) -> str:
    """Return the kind of an endpoint, or the kind that its text alone speaks of: immune function or kinetics."""
    said = named_in((item.text.en, item.text.zh), "measure")
    for kind in ("immune_function", "kinetics"):
        if kind in said and "benefit" not in said:
            return kind
    return item.kind


def measures_benefit(item: Endpoint) -> bool:
    """Tell whether an endpoint measures benefit at all: neither immune function nor kinetics, safety or feasibility."""
    return spoken_kind(item) not in {"immune_function", "kinetics"} | SAFETY_KINDS


def check_estimands(case: Case) -> Iterator[Finding]:
    """2.3.2-a: what a primary endpoint estimates, and how what can happen on the way is handled (ICH E9(R1))."""
    for index, item in decisive_endpoints(case.protocol):
        if item.rank != "primary":
            continue
        path = f"efficacy.endpoints.{index}.estimand"
        if item.estimand is None:
            yield finding("no_estimand", path, Severity.MINOR, endpoint=item.id)
            continue
        if item.estimand.treatment is None:
            yield finding("estimand_without_treatment", path, Severity.NOTE, endpoint=item.id)
        handled = {one.event for one in item.estimand.intercurrent_events}
        absent = [name for name in _can_happen(case.protocol) if name not in handled]
        if absent:
            events = ", ".join(absent)
            yield finding("intercurrent_events_not_handled", path, Severity.NOTE, endpoint=item.id, events=events)


def _can_happen(protocol: Protocol) -> Iterator[str]:
    """Yield the intercurrent events that this product and this plan let happen."""
    if protocol.product.made_per_subject is not False:
        yield "manufacturing_failure"
    bridging = protocol.treatment.bridging
    if bridging is not None and bridging.allowed:
        yield "bridging_therapy"
    if protocol.trial.malignancy:
        yield "new_anticancer_therapy"
    if protocol.trial.haematological:
        yield "transplant"


def check_endpoint_validation(case: Case) -> Iterator[Finding]:
    """2.3.2-e: no endpoint that is neither direct nor validated decides a confirmatory trial."""
    if case.protocol.efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
        return
    for index, item in decisive_endpoints(case.protocol):
        if item.kind in {"immune_function"} | SAFETY_KINDS or item.direct_clinical_benefit is not False:
            continue
        if item.validated is not True:
            yield finding("endpoint_not_validated", f"efficacy.endpoints.{index}.validated", endpoint=item.id)


def check_immune_endpoint(case: Case) -> Iterator[Finding]:
    """2.3.2-f: an immune measure is not the primary endpoint, whatever its kind is called (AC-P8.6)."""
    if case.protocol.efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
    for index, item in decisive_endpoints(case.protocol):
        if item.rank == "primary" and spoken_kind(item) == "immune_function":
            yield finding("immune_primary_endpoint", f"efficacy.endpoints.{index}.kind", endpoint=item.id)


def check_criteria_fit(case: Case) -> Iterator[Finding]:
    """2.3.2-b: response criteria belong to the disease, and are those in force.

    The disease is read from the indication; where it names none, malignancy of the blood and solid tumours are distinguished.
    Criteria of another disease are a contradiction; superseded ones are noted; criteria that no row lists are not judged.
    """
    protocol = case.protocol
    if protocol.efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
        return
    if not protocol.trial.malignancy:
        return
    named = concepts_of(protocol.efficacy.criteria, "criteria")
    rows = rows_of_disease(protocol)
    fits = {name for row in rows for name in row.fits}
    wrong = {name for row in rows for name in row.wrong} - fits
    shown = {"found": protocol.efficacy.criteria, "disease": ", ".join(f"disease_{row.disease}" for row in rows)}
    source = "; ".join(dict.fromkeys(row.cited for row in rows))
    fitting = ", ".join(sorted(f"criteria_{name}" for name in fits))
    if rows and named & wrong and not named & fits:
        checked = any(row.checked for row in rows)
        severity = Severity.MAJOR if checked else Severity.MINOR
        yield finding("criteria_do_not_fit", "efficacy.criteria", severity, fits=fitting, source=source, **shown)
    elif named & {name for row in rows for name in row.outdated} and not named & fits:
        yield finding("criteria_superseded", "efficacy.criteria", Severity.NOTE, fits=fitting, source=source, **shown)


def check_early_criteria(case: Case) -> Iterator[Finding]:
    """2.2.1.3-a: first signs of activity are judged by criteria of the disease, as 2.3.2-b asks of a confirmatory trial."""
    if case.protocol.efficacy is not None:
        yield from check_criteria_fit(case)


def rows_of_disease(protocol: Protocol) -> list[ResponseRow]:
    """Return the rows of criteria of the diseases that an indication names; else those of its group, if that is known."""
    indication, rows = protocol.trial.indication, response_rows()
    named = named_in((indication.en, indication.zh), "disease")
    if not named and protocol.trial.haematological is not None:
        named = frozenset(_BLOOD if protocol.trial.haematological else _SOLID)
    return [rows[name] for name in sorted(named) if name in rows]


def check_immune_criteria_beside(case: Case) -> Iterator[Finding]:
    """2.3.2-d: criteria made for immune treatment are beside those of the disease, not in their place."""
    efficacy = case.protocol.efficacy
    if efficacy is None or case.protocol.trial.haematological:
        return
    named = concepts_of(efficacy.criteria, "criteria")
    if "irecist" in named and not named & {"recist", "mrecist", "who"}:
        yield finding("immune_criteria_alone", "efficacy.criteria", Severity.NOTE, found=efficacy.criteria)


def check_duration_of_effect(case: Case) -> Iterator[Finding]:
    """2.3.2-g: an endpoint of duration that counts, and visits that follow responders long enough before the cut, and often
    enough that the end of a response is dated: in the first year no further apart than that.
    """
    efficacy = case.protocol.efficacy
    if efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
        return
    lasting = [item for item in efficacy.endpoints if item.kind in _DURATION]
    if not lasting:
        yield finding("no_duration_endpoint", "efficacy.endpoints")
    elif all(item.rank == "exploratory" for item in lasting):
        endpoints = ", ".join(item.id for item in lasting)
        yield finding("duration_only_exploratory", "efficacy.endpoints", Severity.MINOR, endpoints=endpoints)
    months = case.clause.params.get("responder_follow_up_months", 6)
    needed, stated = months * _DAYS_PER_MONTH - _MONTH_ROUNDING, efficacy.minimum_responder_follow_up
    if stated is None or stated.days < needed:
        path = "efficacy.minimum_responder_follow_up"
        yield finding("responder_follow_up_short", path, Severity.MINOR, found=str(stated or "-"), months=months)
    last = max((visit.day for visit in efficacy.visits), default=0)
    if last < needed:
        yield finding("response_visits_end_early", "efficacy.visits", Severity.MINOR, found=last, months=months)
    gap = response_gap(case.protocol)
    if gap > needed + _VISIT_SLACK:
        found = f"{gap / _DAYS_PER_MONTH:.0f}"
        yield finding("response_visits_too_rare", "efficacy.visits", Severity.MINOR, found=found, months=f"{months:g}")


def response_gap(protocol: Protocol) -> float:
    """Return the most days, begun in the first year, in which nobody looks at the response while visits are planned."""
    days = [0.0, *sorted(float(visit.day) for visit in protocol.efficacy.visits)] if protocol.efficacy else []
    return max((later - earlier for earlier, later in pairwise(days) if earlier < _FIRST_YEAR), default=0.0)


def check_month_3_response(case: Case) -> Iterator[Finding]:
    """2.3.2-h: CAR-T in blood and lymphoid cancer reports response kept at month 3, within the window of the register."""
    protocol = case.protocol
    if protocol.trial.haematological is False:
        return
    efficacy = protocol.efficacy
    kept = efficacy is not None and any(item.kind == "sustained_response" for item in efficacy.endpoints)
    day = efficacy.sustained_response_day if efficacy is not None else None
    if not kept and day is None:
        yield finding("no_month_3_response", "efficacy.endpoints")
        return
    wanted, window = case.clause.params.get("month_3_day", 90), case.clause.params.get("window_days", 14)
    if day is not None and abs(day - wanted) > window:
        path = "efficacy.sustained_response_day"
        yield finding(
            "month_3_on_another_day", path, Severity.NOTE, found=day, wanted=f"{wanted:g}", window=f"{window:g}"
        )


def check_long_term_endpoints(case: Case) -> Iterator[Finding]:
    """2.3.2-i: duration of response, progression-free and overall survival are endpoints."""
    efficacy = case.protocol.efficacy
    kinds = {item.kind for item in efficacy.endpoints} if efficacy else set()
    absent = [name for name in LONG_TERM if name not in kinds]
    if absent and case.protocol.trial.malignancy:
        yield finding("long_term_endpoints_absent", "efficacy.endpoints", kinds=", ".join(absent))


def check_ongoing_safety(case: Case) -> Iterator[Finding]:
    """2.3.2-j: each risk has a measure with a threshold that alarms, and a board with a charter reviews them."""
    plan, governance = case.protocol.risk_plan, case.protocol.governance
    if governance is None or governance.monitoring_plan is None:
        yield finding("no_monitoring_plan", "governance.monitoring_plan")
    if governance is not None and not governance.safety_board:
        yield finding("no_safety_board", "governance.safety_board", Severity.MINOR)
    elif governance is not None and not governance.safety_board_charter:
        yield finding("no_safety_board_charter", "governance.safety_board_charter", Severity.MINOR)
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
        return
    absent = [risk.term for risk in plan.risks if risk.metric_threshold is None]
    if absent:
        yield finding("risk_without_threshold", "risk_plan.risks", Severity.MINOR, terms=", ".join(absent))
    for index, risk in enumerate(plan.risks):
        chance = alarm_chance(case.protocol, risk)
        if chance is not None and chance < ALARM_CHANCE:
            path, shown = (
                f"risk_plan.risks.{index}.metric_threshold",
                {"risk": risk.term, "chance": f"{100 * chance:.0f}"},
            )
            yield finding("threshold_does_not_alarm", path, Severity.NOTE, limit=f"{100 * ALARM_CHANCE:g}", **shown)


def alarm_chance(protocol: Protocol, risk: Risk) -> float | None:
    """Return P(the share of subjects with a risk exceeds its threshold) at the planned size where the rate is twice that.

    Exact binomial; None without a threshold below one half, or where fewer are planned than a rate can be read from.

    >>> 0.9 < 1 - float(special.bdtr(9, 97, 0.2)) < 1
    True
    """
    n, threshold = planned_exposure(protocol), risk.metric_threshold
    if n is None or n < _LEAST_ALARM or threshold is None or not 0 < threshold < 0.5:
        return None
    return 1.0 - float(special.bdtr(math.floor(threshold * n + 1e-9), n, 2 * threshold))


def deaths_seen(protocol: Protocol) -> float | None:
    """Return the share of subjects expected to die within follow-up, with a constant hazard; None without the median."""
    median = protocol.assumptions.median_overall_survival if protocol.assumptions else None
    if median is None or protocol.follow_up is None or median.days <= 0:
        return None
    return float(1.0 - 2.0 ** (-protocol.follow_up.years / median.years))


def check_safety_set(case: Case) -> Iterator[Finding]:
    """2.3.2-l: the size of the safety set is stated, what it can detect is shown (AC-P8.5), and what exceeds this trial
    is accounted for.

    A set in which even a very common event (one in ten: the highest frequency of CIOMS III) may go unseen is grave; one
    that reaches less than the register's rate is noted.
    """
    plan = case.protocol.confirmatory
    if plan is None or plan.safety_set_size is None:
        yield finding("no_safety_set_size", "confirmatory.safety_set_size")
        return
    wanted, chance = case.clause.params.get("detectable_rate", 0.01), case.clause.params.get("confidence", 0.95)
    seen = detectable_rate(plan.safety_set_size, chance)
    if seen > wanted * (1 + _REACH_ROUNDING):
        severity = Severity.MAJOR if seen > _VERY_COMMON else Severity.NOTE
        shown = {"n": plan.safety_set_size, "rate": f"{100 * seen:.2f}", "wanted": f"{100 * wanted:g}"}
        yield finding("safety_set_reach", "confirmatory.safety_set_size", severity, **shown)
    if plan.safety_set_rationale is None:
        beyond = plan.sample_size is not None and plan.safety_set_size > plan.sample_size.infused
        severity = Severity.MINOR if beyond else Severity.NOTE
        yield finding("safety_set_not_argued", "confirmatory.safety_set_rationale", severity)


def check_changes_before_start(case: Case) -> Iterator[Finding]:
    """2.3.2-m: no major change is open, planned or found not comparable when the confirmatory trial starts.

    A change whose text names the vector, the construct, the source of the cells or the place of manufacture is major
    whatever it is called.
    """
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or case.protocol.trial.phase != "confirmatory":
        return
    for index, item in enumerate(manufacturing.changes):
        path = f"manufacturing.changes.{index}"
        if not is_major(item):
            continue
        if not item.major:
            yield finding("change_called_minor", f"{path}.major", change=item.id)
        if item.status in {"planned", "open"}:
            yield finding("major_change_open", f"{path}.status", change=item.id, found=item.status)
        elif item.status == "not_comparable":
            yield finding("major_change_not_comparable", f"{path}.status", change=item.id)


def check_comparability_margins(case: Case) -> Iterator[Finding]:
    """2.3.2-n: margins for the clinical comparison are set before it is made, and are narrower than what they guard.

    A ratio as large as a step of the dose ladder (the register's half log) lets the new process act like another dose; a
    difference as large as the effect that the trial is planned for lets that effect be lost.
    """
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or not manufacturing.comparability_margins:
        yield finding("no_comparability_margin", "manufacturing.comparability_margins")
        return
    for index, item in enumerate(manufacturing.comparability_margins):
        limit = margin_limit(case, item)
        size = max(item.margin, 1 / item.margin) if item.scale == "ratio" and item.margin > 0 else item.margin
        if item.margin <= 0 or size >= limit:
            path = f"manufacturing.comparability_margins.{index}.margin"
            shown = {"attribute": item.attribute, "found": f"{item.margin:g}", "limit": f"{limit:.3g}"}
            yield finding("margin_too_wide", path, scale=f"scale_{item.scale}", **shown)


def margin_limit(case: Case, item: ComparabilityMargin) -> float:
    """Return what a margin must be narrower than: a step of the dose ladder, or the effect that the trial is planned for."""
    if item.scale == "difference":
        return _planned_effect(case.protocol)
    clause = case.register.clauses.get("2.2.2.3-b")
    return clause.params.get("step_high", 3.6) if clause is not None else 3.6


def _planned_effect(protocol: Protocol) -> float:
    """Return the difference of rates that a trial is planned for; 1, the whole scale, where it states none."""
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    params = size.params if size else {}
    for high, low in (("alternative_rate", "null_rate"), ("treated_rate", "control_rate")):
        one, other = params.get(high), params.get(low)
        if isinstance(one, int | float) and isinstance(other, int | float):
            return abs(one - other)
    return 1.0
