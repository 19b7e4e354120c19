"""Derived grades: raw signs go through the clinical engine in the transaction that reports the event.

The derived grade stands beside the reported one and never replaces it; where
the two differ a query opens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.derivation import Derivation, compare_grades
from celltrial.clinical.icans_astct import Arousal, IcansFindings, PressureSign, Seizure, derive_icans_grade
from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import subject_stream
from celltrial.conduct.safety.events import AdverseEventGraded, AdverseEventReported, QueryOpened
from celltrial.conduct.vocabulary import Finding, GradeSource
from celltrial.core.errors import UserError

__all__ = ["ENGINES", "derived_facts"]

_TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False}


def _flag(found: Mapping[str, Finding], concept: str) -> bool | None:
    item = found.get(concept)
    return None if item is None else _TRUTH.get(item.value.lower())


def _number(found: Mapping[str, Finding], concept: str) -> Decimal | None:
    item = found.get(concept)
    try:
        return None if item is None else Decimal(item.value)
    except InvalidOperation:
        return None


def _whole(found: Mapping[str, Finding], concept: str) -> int | None:
    number = _number(found, concept)
    return None if number is None or number != number.to_integral_value() else int(number)


def _names(found: Mapping[str, Finding], concept: str) -> tuple[str, ...] | None:
    item = found.get(concept)
    if item is None or item.value.lower() == "unknown":
        return None
    return tuple(name.strip() for name in item.value.split(",") if name.strip() and name.strip() != "none")


def _crs(found: Mapping[str, Finding]) -> Derivation:
    device = found.get("oxygen_device")
    return derive_crs_grade(
        CrsFindings(
            temperature_c=_number(found, "temperature"),
            hypotension=_flag(found, "hypotension"),
            vasopressors=_names(found, "vasopressors"),
            oxygen_device=OxygenDevice(device.value) if device is not None else None,
            oxygen_flow_lpm=_number(found, "oxygen_flow"),
            fever_masked=_flag(found, "fever_masked") or False,
            episode_open=_flag(found, "episode_open") or False,
            death_due_to_crs=_flag(found, "death_due_to_crs") or False,
        )
    )


def _icans(found: Mapping[str, Finding]) -> Derivation:
    arousal, seizure = found.get("arousal"), found.get("seizure")
    signs = _names(found, "pressure_signs")
    return derive_icans_grade(
        IcansFindings(
            age_years=_number(found, "age"),
            ice=_whole(found, "ice_score"),
            capd=_whole(found, "capd_score"),
            cannot_perform=_flag(found, "cannot_perform") or False,
            arousal=Arousal(arousal.value) if arousal is not None else None,
            sedated=_flag(found, "sedated") or False,
            seizure=Seizure(seizure.value) if seizure is not None else None,
            seizure_minutes=_number(found, "seizure_minutes"),
            deep_focal_weakness=_flag(found, "deep_focal_weakness"),
            pressure_signs=None if signs is None else tuple(PressureSign(item) for item in signs),
            other_findings=_names(found, "other_findings") or (),
            death_due_to_icans=_flag(found, "death_due_to_icans") or False,
        )
    )


ENGINES: Final[Mapping[str, Callable[[Mapping[str, Finding]], Derivation]]] = MappingProxyType(
    {"crs": _crs, "icans": _icans}
)
"""Category of an adverse event to the engine that grades its raw signs."""


def derived_facts(fact: AdverseEventReported) -> list[tuple[str, Any]]:
    """Return the derived grade and, where it differs from the reported one, a query."""
    engine = ENGINES.get(fact.category.lower())
    if engine is None or not fact.findings:
        return []
    try:
        derived = engine({item.concept: item for item in fact.findings})
    except (UserError, ValueError):
        return [_query(fact, "findings not usable")]
    graded = AdverseEventGraded(
        fact.subject,
        fact.event,
        GradeSource.DERIVED,
        derived.grade,
        fact.scale,
        at_least=derived.incomplete,
        rule=f"{derived.rule.id}/{derived.rule.version}",
        deciding=", ".join(derived.deciding),
    )
    facts: list[tuple[str, Any]] = [(subject_stream(fact.subject), graded)]
    if compare_grades(derived, fact.grade):
        facts.append(_query(fact, f"reported {fact.grade}, derived {derived.label}"))
    return facts


def _query(fact: AdverseEventReported, detail: str) -> tuple[str, Any]:
    query = QueryOpened(f"grade/{fact.event}", f"adverse_event/{fact.event}", Code.QUERY_GRADE, detail)
    return subject_stream(fact.subject), query
