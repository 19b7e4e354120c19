"""Checks of 2.3.2: endpoints, response criteria, safety set, changes of the process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.facts import SAFETY_KINDS, decisive_endpoints
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.protocol.model import Protocol

__all__ = [
    "check_changes_before_start",
    "check_comparability_margins",
    "check_criteria_fit",
    "check_direct_benefit",
    "check_duration_of_effect",
    "check_endpoint_validation",
    "check_estimands",
    "check_immune_endpoint",
    "check_long_term_endpoints",
    "check_month_3_response",
    "check_ongoing_safety",
    "check_safety_set",
]

_DURATION: Final = frozenset(
    {"duration_of_response", "progression_free_survival", "overall_survival", "sustained_response"}
)
_LONG_TERM: Final = ("duration_of_response", "progression_free_survival", "overall_survival")
_SOLID: Final = ("recist", "irecist", "who", "rano", "percist", "pcwg", "gcig")
_BLOOD: Final = ("imwg", "lugano", "nccn", "iwcll", "eln", "cheson", "iwg", "percist")


def check_direct_benefit(case: Case) -> Iterator[Finding]:
    """2.3.2-a: a primary endpoint shows benefit directly, or its validation or an agreement is on record."""
    if case.protocol.efficacy is None:
        yield finding("no_endpoints", "efficacy")
        return
    for index, item in decisive_endpoints(case.protocol):
        path = f"efficacy.endpoints.{index}"
        if item.rank != "primary" or item.kind in {"immune_function"} | SAFETY_KINDS:
            continue
        if item.direct_clinical_benefit is None:
            yield finding("direct_benefit_not_stated", f"{path}.direct_clinical_benefit", endpoint=item.id)
        elif not item.direct_clinical_benefit and item.validated and not (item.validation or item.agency_agreement):
            yield finding("validation_not_on_record", f"{path}.validation", endpoint=item.id)


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
    """2.3.2-f: an immune measure is not the primary endpoint (AC-P8.6)."""
    if case.protocol.efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
    for index, item in decisive_endpoints(case.protocol):
        if item.rank == "primary" and item.kind == "immune_function":
            yield finding("immune_primary_endpoint", f"efficacy.endpoints.{index}.kind", endpoint=item.id)


def check_criteria_fit(case: Case) -> Iterator[Finding]:
    """2.3.2-b: response criteria belong to the disease."""
    protocol = case.protocol
    if protocol.efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
        return
    if not protocol.trial.malignancy or protocol.trial.haematological is None:
        return
    wrong = _SOLID if protocol.trial.haematological else _BLOOD
    right = _BLOOD if protocol.trial.haematological else _SOLID
    name = protocol.efficacy.criteria.lower()
    if name.startswith(wrong) and not name.startswith(right):
        disease = "haematological" if protocol.trial.haematological else "solid"
        yield finding("criteria_do_not_fit", "efficacy.criteria", found=protocol.efficacy.criteria, disease=disease)


def check_duration_of_effect(case: Case) -> Iterator[Finding]:
    """2.3.2-g: an endpoint of duration, and responders followed long enough before the cut."""
    efficacy = case.protocol.efficacy
    if efficacy is None:
        yield unstated("efficacy", "2.3.2-a")
        return
    if not any(item.kind in _DURATION for item in efficacy.endpoints):
        yield finding("no_duration_endpoint", "efficacy.endpoints")
    months = case.clause.params.get("responder_follow_up_months", 6)
    stated = efficacy.minimum_responder_follow_up
    if stated is None or stated.days < months * 365.25 / 12 - 0.5:
        path = "efficacy.minimum_responder_follow_up"
        yield finding("responder_follow_up_short", path, Severity.MINOR, found=str(stated or "-"), months=months)


def check_month_3_response(case: Case) -> Iterator[Finding]:
    """2.3.2-h: CAR-T in blood and lymphoid cancer reports response kept at month 3."""
    protocol = case.protocol
    if protocol.trial.haematological is False:
        return
    efficacy = protocol.efficacy
    kept = efficacy is not None and any(item.kind == "sustained_response" for item in efficacy.endpoints)
    if not kept and (efficacy is None or efficacy.sustained_response_day is None):
        yield finding("no_month_3_response", "efficacy.endpoints")


def check_long_term_endpoints(case: Case) -> Iterator[Finding]:
    """2.3.2-i: duration of response, progression-free and overall survival are endpoints."""
    efficacy = case.protocol.efficacy
    kinds = {item.kind for item in efficacy.endpoints} if efficacy else set()
    absent = [name for name in _LONG_TERM if name not in kinds]
    if absent and case.protocol.trial.malignancy:
        yield finding("long_term_endpoints_absent", "efficacy.endpoints", kinds=", ".join(absent))


def check_ongoing_safety(case: Case) -> Iterator[Finding]:
    """2.3.2-j: each risk has a measure with a threshold, and somebody reviews them."""
    plan = case.protocol.risk_plan
    if case.protocol.governance is None or case.protocol.governance.monitoring_plan is None:
        yield finding("no_monitoring_plan", "governance.monitoring_plan")
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
        return
    absent = [risk.term for risk in plan.risks if risk.metric_threshold is None]
    if absent:
        yield finding("risk_without_threshold", "risk_plan.risks", Severity.MINOR, terms=", ".join(absent))


def check_safety_set(case: Case) -> Iterator[Finding]:
    """2.3.2-l: the size of the safety set is stated; what it can detect is shown (AC-P8.5)."""
    plan = case.protocol.confirmatory
    if plan is None or plan.safety_set_size is None:
        yield finding("no_safety_set_size", "confirmatory.safety_set_size")
        return
    wanted, chance = case.clause.params.get("detectable_rate", 0.01), case.clause.params.get("confidence", 0.95)
    seen = detectable_rate(plan.safety_set_size, chance)
    if seen > wanted + 1e-9:
        shown = {"n": plan.safety_set_size, "rate": f"{100 * seen:.2f}", "wanted": f"{100 * wanted:g}"}
        yield finding("safety_set_reach", "confirmatory.safety_set_size", Severity.NOTE, **shown)
    if plan.safety_set_rationale is None:
        yield finding("safety_set_not_argued", "confirmatory.safety_set_rationale", Severity.NOTE)


def check_changes_before_start(case: Case) -> Iterator[Finding]:
    """2.3.2-m: no major change is open or planned when the confirmatory trial starts."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or case.protocol.trial.phase != "confirmatory":
        return
    for index, item in enumerate(manufacturing.changes):
        if item.major and item.status in {"planned", "open"}:
            path = f"manufacturing.changes.{index}.status"
            yield finding("major_change_open", path, change=item.id, found=item.status)


def check_comparability_margins(case: Case) -> Iterator[Finding]:
    """2.3.2-n: margins for the clinical comparison are set before it is made."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or not manufacturing.comparability_margins:
        yield finding("no_comparability_margin", "manufacturing.comparability_margins")
