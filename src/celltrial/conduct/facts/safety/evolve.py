"""How facts about adverse events change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, change_subject, put
from celltrial.conduct.facts.safety import events
from celltrial.conduct.facts.safety.state import AdverseEvent, ExpeditedReport, Query, QueryStep
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.vocabulary import GradeSource


def _reported(state: TrialState, event: Event[events.AdverseEventReported]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    reported = events.AdverseEventGraded(fact.subject, fact.event, GradeSource.REPORTED, fact.grade, fact.scale)
    known = AdverseEvent(
        fact.event, fact.subject, fact.term, fact.category, fact.onset, fact.seriousness, fact.relatedness,
        fact.expected, fact.aware, {GradeSource.REPORTED: reported}, fact.quality_cause, findings=fact.findings,
        precision=fact.onset_precision,
    )  # fmt: skip
    changed = change_subject(state, fact.subject, adverse_events=put(subject.adverse_events, fact.event, known))
    return _without_draft(changed, fact.event) if fact.event in state.event_drafts else changed


def _drafted(state: TrialState, event: Event[events.AdverseEventDrafted]) -> TrialState:
    return state.changed(event_drafts=put(state.event_drafts, event.fact.event, event.fact))


def _draft_withdrawn(state: TrialState, event: Event[events.AdverseEventDraftWithdrawn]) -> TrialState:
    return _without_draft(state, event.fact.event)


def _without_draft(state: TrialState, event_id: str) -> TrialState:
    left = {key: draft for key, draft in state.event_drafts.items() if key != event_id}
    return state.changed(event_drafts=MappingProxyType(left))


def _change(state: TrialState, subject_id: str, event_id: str, **changes: Any) -> TrialState:
    subject = state.subjects[subject_id]
    known = replace(subject.adverse_events[event_id], **changes)
    return change_subject(state, subject_id, adverse_events=put(subject.adverse_events, event_id, known))


def _graded(state: TrialState, event: Event[events.AdverseEventGraded]) -> TrialState:
    fact = event.fact
    grades = put(state.subjects[fact.subject].adverse_events[fact.event].grades, fact.source, fact)
    return _change(state, fact.subject, fact.event, grades=grades)


def _signs(state: TrialState, event: Event[events.SignsRecorded]) -> TrialState:
    fact = event.fact
    known = state.subjects[fact.subject].adverse_events[fact.event].findings
    return _change(state, fact.subject, fact.event, findings=(*known, *fact.findings))


def _reassessed(state: TrialState, event: Event[events.AdverseEventReassessed]) -> TrialState:
    fact = event.fact
    return _change(
        state, fact.subject, fact.event, relatedness=fact.relatedness, seriousness=fact.seriousness,
        expected=fact.expected, quality_cause=fact.quality_cause,
    )  # fmt: skip


def _recoded(state: TrialState, event: Event[events.AdverseEventRecoded]) -> TrialState:
    return _change(state, event.fact.subject, event.fact.event, category=event.fact.category)


def _resolved(state: TrialState, event: Event[events.AdverseEventResolved]) -> TrialState:
    fact = event.fact
    return _change(state, fact.subject, fact.event, ended_on=fact.ended_on, outcome=fact.outcome)


def _report_due(state: TrialState, event: Event[events.ExpeditedReportDue]) -> TrialState:
    fact = event.fact
    return state.changed(
        reports=put(state.reports, f"{fact.event}/{fact.rule}", ExpeditedReport(fact.event, fact.rule, fact.due))
    )


def _report_sent(state: TrialState, event: Event[events.ExpeditedReportSubmitted]) -> TrialState:
    key = f"{event.fact.event}/{event.fact.rule}"
    return state.changed(reports=put(state.reports, key, replace(state.reports[key], submitted=True)))


def _query(state: TrialState, event: Event[events.QueryOpened]) -> TrialState:
    fact = event.fact
    step = QueryStep("open", fact.detail, event.actor, event.occurred)
    return state.changed(queries=put(state.queries, fact.query, Query(fact.query, fact.about, "open", fact, (step,))))


def _query_is(status: str) -> Evolver:
    def moved(state: TrialState, event: Event[Any]) -> TrialState:
        query, fact = state.queries[event.fact.query], event.fact
        text = getattr(fact, "answer", "") or event.reason
        step = QueryStep(status, text, event.actor, event.occurred, getattr(fact, "correction", None))
        changed = replace(query, status=status, steps=(*query.steps, step))
        return state.changed(queries=put(state.queries, query.query, changed))

    return moved


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.AdverseEventReported: _reported,
        events.AdverseEventDrafted: _drafted,
        events.AdverseEventDraftWithdrawn: _draft_withdrawn,
        events.AdverseEventGraded: _graded,
        events.SignsRecorded: _signs,
        events.AdverseEventReassessed: _reassessed,
        events.AdverseEventRecoded: _recoded,
        events.AdverseEventResolved: _resolved,
        events.ExpeditedReportDue: _report_due,
        events.ExpeditedReportSubmitted: _report_sent,
        events.QueryOpened: _query,
        events.QueryAnswered: _query_is("answered"),
        events.QueryClosed: _query_is("closed"),
        events.QueryReopened: _query_is("open"),
    }
)
"""Fact type to its evolver."""
