"""Decisions about process changes and the passage from one stage to the next (C11, 2.2.5-j)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_signatures, check_text
from celltrial.conduct.acts.trial import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial import events
from celltrial.conduct.gates.comparability import check_comparability, confirmatory_begun
from celltrial.conduct.ruling import Ruling, fail, refusal
from celltrial.conduct.views.counting import count_levels, has_responded
from celltrial.conduct.vocabulary import Severity
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, NOT_STATED, Term, as_value, as_written, compared, message, one_of, or_unknown
from celltrial.protocol.model.escalation import TransitionCriterion

CLASSES: Final = ("major", "moderate", "minor")
CONCLUSIONS: Final = ("comparable", "not_comparable", "inconclusive")


def _change(state: TrialState, request: Request[commands.RecordManufacturingChange], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [*check_free("change", c.change, state.changes), *check_text(c.step, "process_step", "change", "step")]
    if c.classification not in CLASSES:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                one_of(*(Term("change_class", item) for item in CLASSES)),
                as_written(c.classification),
                f"change/{c.change}",
                input="classification",
            )
        )
    fact = events.ManufacturingChangeRecorded(c.change, c.classification, c.step, c.from_version, c.to_version)
    facts: list[tuple[str, Any]] = [(TRIAL, fact)]
    if c.classification == "major" and confirmatory_begun(state):
        detail = message("changed", before=as_written(c.from_version), after=as_written(c.to_version))
        alert = events.AlertRaised(
            f"change/{c.change}", Severity.CRITICAL, Code.ALERT_PROCESS_CHANGED_LATE, TRIAL, detail, Role.SPONSOR
        )
        facts.append((TRIAL, alert))
    return answer(request, failed, *facts)


def _conclude(state: TrialState, request: Request[commands.ConcludeComparability], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [*check_signatures(c.signatures, [Role.QUALITY_ASSURANCE], now, f"change/{c.change}")]
    failed.extend(check_text(c.evidence, "evidence", f"change/{c.change}", "evidence"))
    if c.conclusion not in CONCLUSIONS:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                one_of(*(Term("conclusion", item) for item in CONCLUSIONS)),
                as_written(c.conclusion),
                f"change/{c.change}",
                input="conclusion",
            )
        )
    fact = events.ComparabilityConcluded(c.change, c.conclusion, c.evidence, c.signatures)
    return answer(request, failed, (TRIAL, fact))


def transition_value(state: TrialState, quantity: str, at: Instant) -> float | None:
    """Return what a transition criterion looks at, at the recommended level; None where it cannot be known."""
    level = state.recommended_level
    if level is None:
        return None
    count = count_levels(state)[level - 1]
    treated = [s for s in state.subjects.values() if s.level == level and s.infusions]
    responders = sum(map(has_responded, treated))
    last = max((s.infusions[-1].at.utc for s in state.subjects.values() if s.infusions), default=None)
    values: dict[str, float | None] = {
        "dlt_evaluable_at_dose": count.evaluable,
        "dlt_rate_at_dose": count.dlt / count.evaluable if count.evaluable else None,
        "responders_at_dose": responders,
        "response_rate_at_dose": responders / len(treated) if treated else None,
        "follow_up_days_last_subject": None if last is None else (at.utc - last).days,
    }
    return values.get(quantity)


def _holds(criterion: TransitionCriterion, value: float) -> bool:
    table = {
        "<": value < criterion.value,
        "<=": value <= criterion.value,
        ">=": value >= criterion.value,
        ">": value > criterion.value,
    }
    return table[criterion.operator]


def _transition(state: TrialState, request: Request[commands.SignTransition], now: datetime) -> Ruling:
    c, field = request.command, "escalation.transition"
    escalation = state.protocol.escalation if state.protocol is not None else None
    rule = escalation.transition if escalation is not None else None
    if rule is None or not rule.criteria or rule.decision_body is None:
        return refusal(
            Code.PROTOCOL_SILENT,
            message("computable_criteria_and_a_decision_body"),
            NOT_STATED,
            about=TRIAL,
            clause="2.2.5-j",
            field=field,
        )
    failed = [*check_signatures(c.signatures, [rule.decision_body], now, TRIAL, field), *check_comparability(state)]
    shown = []
    for index, criterion in enumerate(rule.criteria):
        value = transition_value(state, criterion.quantity, request.occurred)
        wanted = message(
            "of",
            what=Term("quantity", criterion.quantity),
            value=compared(criterion.operator, criterion.value),
        )
        if value is None or not _holds(criterion, value):
            found = or_unknown(value)
            failed.append(fail(Code.TRANSITION_CRITERION, wanted, found, TRIAL, "2.2.5-j", f"{field}.criteria.{index}"))
        else:
            shown.append(message("wanted_and_found", wanted=wanted, found=as_value(value)))
    if rule.on_locked_data and not state.cuts:
        failed.append(
            fail(Code.TRANSITION_CRITERION, message("data_cut"), ABSENT, TRIAL, "2.2.5-j", f"{field}.on_locked_data")
        )
    fact = events.TransitionSigned(state.stage, c.to_stage, tuple(shown), c.signatures)
    return answer(request, failed, (TRIAL, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.RecordManufacturingChange: _change,
        commands.ConcludeComparability: _conclude,
        commands.SignTransition: _transition,
    }
)
"""Command type to its decider."""
