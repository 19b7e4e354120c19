"""Lanes from vein to vein: what a record shows, what it does not, and what the gate would say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rehearsal import Journey

from celltrial.conduct.acts.batch.commands import RecordManufactureFailure, StartManufacture
from celltrial.conduct.acts.subject.commands import DiscontinueSubject, RecordDeath, StartLymphodepletion
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.facts.subject.events import ConsentSigned, LymphodepletionStarted
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import BatchStatus, ExitReason
from celltrial.core.dates import Instant
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.lanes import Mark, Step, StepDates, vein_to_vein_lanes
from celltrial.datasets.trial_data import DataCut
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"
MADE = (Step.MANUFACTURE_COMPLETED, Step.RELEASED, Step.SHIPPED, Step.RECEIVED)


@pytest.fixture
def trip():
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    return trip


def dates(trip):
    return StepDates(cut_events(trip.events, DataCut()).events)


def lane(trip, name="P1"):
    at = Instant(trip.now, "Asia/Shanghai")
    return next(item for item in vein_to_vein_lanes(dates(trip), trip.state, at) if item.subject == name)


def marks(found, *steps):
    return {item.step: item.mark for item in found.steps if not steps or item.step in steps}


def test_a_screened_subject_has_consent_and_waits_for_enrolment(trip):
    trip.screen("P1")
    found = lane(trip)
    assert found.next_step is Step.ENROLLED
    assert set(marks(found).values()) == {Mark.DONE, Mark.NEXT, Mark.AHEAD}
    assert (found.batch, found.lost, found.blocked_by) == ("", (), ())


def test_a_subject_without_consent_or_enrolment_has_no_lane(trip):
    assert vein_to_vein_lanes(dates(trip), trip.state, trip.moment) == ()


def test_the_days_are_those_of_the_records(trip):
    trip.enrol("P1")
    trip.wait(days=3)
    trip.collect("P1", "B1")
    collected = trip.local("P1").local_date
    trip.wait(days=5)
    found = lane(trip)
    step = next(item for item in found.steps if item.step is Step.COLLECTED)
    assert (step.on, step.days) == (collected, 3)
    assert found.waiting == 5
    assert found.next_step is Step.MATERIAL_RECEIVED


def test_what_blocks_is_what_the_gate_refuses_then(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    infusion = trip.next_infusion("P1")
    refused = trip.ask(StartLymphodepletion("P1", "B1", infusion))
    assert isinstance(refused, Refused)
    said = {item.code for item in lane(trip).blocked_by}
    assert "CND-070" in said
    assert said <= {item.code for item in refused.conditions}


def test_a_failed_attempt_stands_beside_the_second_with_its_cause(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", "P1", "run-1"))
    trip.do(RecordManufactureFailure("B1", "expansion", "no growth"))
    failed = lane(trip)
    assert [(item.batch, item.status, item.cause) for item in failed.lost] == [("B1", BatchStatus.FAILED, "no growth")]
    assert marks(failed, *MADE) == {MADE[0]: Mark.NEXT, **dict.fromkeys(MADE[1:], Mark.AHEAD)}
    trip.collect_again("P1", "B2")
    again = lane(trip)
    assert (again.batch, again.next_step) == ("B2", Step.MATERIAL_RECEIVED)
    assert [item.batch for item in again.lost] == ["B1"]


def test_the_whole_way_to_the_infusion(trip):
    trip.treat("P1", "B1")
    found = lane(trip)
    assert set(marks(found).values()) == {Mark.DONE}
    assert (found.next_step, found.waiting, found.ended, found.lost) == (None, None, None, ())
    days = [item.on for item in found.steps]
    assert days == sorted(days)


@pytest.mark.parametrize("death", [False, True])
def test_a_way_that_ended_reaches_nothing_more_and_says_why(trip, death):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.do(DiscontinueSubject("P1", ExitReason.PROGRESSION, ""))
    if death:
        trip.wait(days=2)
        trip.do(RecordDeath("P1", trip.local("P1").local_date, "disease"))
    found = lane(trip)
    assert found.ended == (ExitReason.DEATH if death else ExitReason.PROGRESSION, trip.local("P1").local_date)
    assert found.next_step is None
    assert marks(found, *MADE) == dict.fromkeys(MADE, Mark.NOT_REACHED)
    assert (found.waiting, found.blocked_by) == (None, ())


def test_a_corrected_day_is_the_day_of_the_lane(trip):
    trip.screen("P1")
    event = next(item for item in trip.events if isinstance(item.fact, ConsentSigned))
    trip.wait(days=4)
    trip.do(
        CorrectFact(event.position, f"record/{event.position}", "signed_on", str(event.fact.signed_on), "2025-01-18"),
        reason="wrong day copied",
    )
    assert lane(trip).steps[0].on == date(2025, 1, 18)


def test_a_trial_without_lymphodepletion_has_no_such_step():
    example = EXAMPLE.with_name("cik-adjuvant-randomised.yaml")
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(read_protocol(example.read_text(encoding="utf-8"), example.name))
    trip.screen("P1")
    depletion = (Step.LYMPHODEPLETION_STARTED, Step.LYMPHODEPLETION_COMPLETED)
    assert marks(lane(trip), *depletion) == dict.fromkeys(depletion, Mark.NOT_PLANNED)


def test_a_course_given_again_is_not_completed_by_the_one_before(trip):
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    depletion = (Step.LYMPHODEPLETION_STARTED, Step.LYMPHODEPLETION_COMPLETED)
    assert set(marks(lane(trip), *depletion).values()) == {Mark.DONE}
    started = next(item for item in trip.events if isinstance(item.fact, LymphodepletionStarted))
    again = dates(trip)
    again.take(started._replace(position=started.position + 1000))
    found = next(iter(vein_to_vein_lanes(again, trip.state, Instant(trip.now, "Asia/Shanghai"))))
    assert marks(found, *depletion) == {depletion[0]: Mark.DONE, depletion[1]: Mark.NEXT}
