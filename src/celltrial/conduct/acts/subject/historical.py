"""Historical records: the past is not held to prospective gates, but to consistency, and it is labelled (ADR 0032).

Only a trial registered as retrospective takes them, and such a trial takes no
prospective act: there is no way from here into the ledger of a running trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, check_text
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft, Request, batch_stream, subject_stream
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling, fail
from celltrial.core.values import ABSENT, Identifier, as_written, at_most, message

ALLOWED: Final[frozenset[type[Any]]] = frozenset(
    {
        events.SubjectScreened, events.ConsentSigned, events.EvidenceRecorded, events.SubjectEnrolled,
        events.LeukapheresisPerformed, events.BridgingTherapyGiven, events.LymphodepletionStarted,
        events.LymphodepletionAdministered, events.LymphodepletionCompleted, events.CellsInfused,
        events.SubjectDiscontinued, events.SubjectDied,
        batch.BatchPlanned, batch.BatchCollected, batch.ManufactureStarted, batch.ManufactureFailed,
        batch.ManufactureCompleted, batch.QualityTested, batch.BatchReleased, batch.BatchOutOfSpecification,
        batch.BatchInfused,
        cohort.DltWindowOpened, cohort.DltWindowCompleted,
        safety.AdverseEventReported, safety.AdverseEventGraded, safety.AdverseEventResolved,
        assessment.ResponseAssessed, assessment.KineticsSampled, assessment.LaboratoryMeasured,
        assessment.DiseaseProgressed, assessment.NewTherapyStarted, assessment.ConcomitantMedicationGiven,
        follow_up.LateSafetyTested, follow_up.GrowthMeasured, follow_up.ContactAttempted,
    }
)  # fmt: skip
"""Facts that may be taken from a historical source. Gates, decisions, signatures and schedules are not among them."""


class _Seen:
    """What the record itself introduces, in order."""

    def __init__(self, state: TrialState, subject: str) -> None:
        self.subject = subject in state.subjects
        self.batches = {key: item.subject for key, item in state.batches.items()}
        self.events = {event: item.subject for item in state.subjects.values() for event in item.adverse_events}
        known = state.subjects.get(subject)
        self.died = known.died_on if known is not None else None


def _check_fact(item: commands.HistoricalFact, subject: str, seen: _Seen, now: datetime) -> Conditions:
    fact, about = item.fact, subject_stream(subject)
    if type(fact) not in ALLOWED:
        yield fail(
            Code.VALUE_NOT_USABLE, message("fact_that_may_be_historical"), as_written(type(fact).__name__), about
        )
        return
    if item.occurred.utc > now:
        yield fail(Code.TIME_IN_FUTURE, at_most(now), item.occurred, about)
    if getattr(fact, "subject", subject) != subject:
        yield fail(
            Code.ORDER_WRONG, message("facts_about", subject=Identifier(subject)), as_written(fact.subject), about
        )
    if isinstance(fact, events.SubjectScreened):
        if seen.subject:
            yield fail(Code.ID_TAKEN, message("new_subject"), as_written(subject), about)
        seen.subject = True
    elif not seen.subject:
        yield fail(Code.NOT_KNOWN, message("screened_subject_first"), as_written(subject), about)
    yield from _check_batch(fact, subject, seen)
    yield from _check_event(fact, subject, seen)
    if isinstance(fact, events.SubjectDied):
        seen.died = fact.died_on
    if isinstance(fact, events.CellsInfused) and seen.died is not None and item.occurred.local_date > seen.died:
        yield fail(Code.ORDER_WRONG, at_most(seen.died), item.occurred.local_date, about)


def _check_batch(fact: Any, subject: str, seen: _Seen) -> Conditions:
    key = getattr(fact, "batch", None)
    if key is None or isinstance(
        fact, events.CellsInfused | events.LeukapheresisPerformed | events.LymphodepletionStarted
    ):
        return
    if isinstance(fact, batch.BatchPlanned):
        if key in seen.batches:
            yield fail(Code.ID_TAKEN, message("new_batch"), as_written(key), batch_stream(key))
        seen.batches[key] = subject
    elif seen.batches.get(key) != subject:
        yield fail(
            Code.BATCH_OF_OTHER_SUBJECT,
            as_written(subject),
            as_written(seen.batches.get(key, "")),
            batch_stream(key),
            "2.1.3-a",
        )


def _check_event(fact: Any, subject: str, seen: _Seen) -> Conditions:
    key = getattr(fact, "event", None)
    if key is None:
        return
    if isinstance(fact, safety.AdverseEventReported):
        if key in seen.events:
            yield fail(Code.ID_TAKEN, message("new_adverse_event"), as_written(key), subject_stream(subject))
        seen.events[key] = subject
    elif seen.events.get(key) != subject:
        yield fail(Code.NOT_KNOWN, message("adverse_event_of_this_subject"), as_written(key), subject_stream(subject))


def _record(state: TrialState, request: Request[commands.RecordHistorical], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    failed: list[Condition] = [
        *check_text(c.subject, "identifier", about, "subject"),
        *check_text(c.locator, "place_in_the_source", about, "locator"),
    ]
    if c.source not in state.sources:
        failed.append(fail(Code.NOT_KNOWN, message("declared_source"), as_written(c.source), about, input="source"))
    if not c.facts:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("facts"), ABSENT, about))
    seen = _Seen(state, c.subject)
    for item in c.facts:
        failed.extend(_check_fact(item, c.subject, seen, now))
    if failed:
        return Refused(tuple(dict.fromkeys(failed)))
    names = tuple(NAMES[type(item.fact)] for item in c.facts)
    label = Draft(
        about,
        events.HistoricalRecordTaken(c.subject, c.source, c.locator, names, c.not_recorded),
        request.occurred,
        request.precision,
    )
    drafts = [Draft(_stream(item.fact, about), item.fact, item.occurred, item.precision) for item in c.facts]
    # the label follows the first fact, which may be the one that makes the subject known
    return Accepted((drafts[0], label, *drafts[1:]))


def _stream(fact: Any, about: str) -> str:
    return batch_stream(fact.batch) if type(fact).__module__ == batch.__name__ else about


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({commands.RecordHistorical: _record})
"""Command type to its decider."""
