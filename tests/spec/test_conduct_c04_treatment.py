"""C4: never lymphodeplete for nothing, and ask everything again at the bedside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.batch.commands import RecallBatch
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.subject.commands import (
    CompleteLymphodepletion,
    DecideLymphodepletionRepeat,
    PlanLymphodepletion,
    RecordEvidence,
    RecordPreInfusionCheck,
    StartLymphodepletion,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.cohort.events import DltWindowOpened, StaggerSlotReserved
from celltrial.conduct.facts.follow_up.events import FollowUpScheduled
from celltrial.conduct.facts.subject.events import CellsInfused
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.gates.dose import check_weight
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import BatchStatus, Finding, Severity
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.quantities import Quantity
from celltrial.core.values import UNKNOWN, Duration, Term, as_value, at_least, between, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def in_qc(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    trip.refresh("P1")
    return Instant(trip.now + timedelta(days=5))


def test_a_batch_in_quality_control_refuses_lymphodepletion(journey):
    """AC-C4.1: batch.state=QC, needed RELEASED."""
    trip = journey()
    infusion = in_qc(trip)
    refused = trip.ask(StartLymphodepletion("P1", "B1", infusion))
    assert codes(refused) == [Code.BATCH_STATE, Code.BATCH_EXPIRED]
    state, expiry = refused.conditions
    assert expiry.found == UNKNOWN
    assert (state.found, state.needed, state.clause) == (
        as_value(BatchStatus.QC),
        as_value(BatchStatus.RELEASED),
        "2.1.3-g",
    )


@pytest.mark.parametrize("role", list(Role))
def test_no_role_can_override_it(journey, role):
    """AC-C4.1: no role can override."""
    trip = journey()
    infusion = in_qc(trip)
    refused = trip.ask(StartLymphodepletion("P1", "B1", infusion), role=role, reason="I insist")
    assert isinstance(refused, Refused)
    expected = Code.BATCH_STATE if role in ROLES[StartLymphodepletion] else Code.ROLE_NOT_ALLOWED
    assert codes(refused)[0] == expected
    assert trip.state.subjects["P1"].lymphodepletion is None


def test_released_but_not_received_is_not_available_under_this_protocol(journey):
    trip = journey()
    infusion = in_qc(trip)
    trip.release("B1")
    assert codes(trip.ask(StartLymphodepletion("P1", "B1", infusion))) == [Code.BATCH_NOT_AVAILABLE]


def test_where_the_protocol_says_released_is_available_it_is(journey):
    trip = journey({"manufacturing.available_means": "released"})
    infusion = in_qc(trip)
    trip.release("B1")
    assert isinstance(trip.ask(StartLymphodepletion("P1", "B1", infusion)), Accepted)


def test_a_batch_that_expires_the_day_before_the_planned_infusion_is_refused(journey):
    """AC-C4.2."""
    trip = journey()
    infusion = in_qc(trip)
    trip.release("B1", shelf_days=4)
    trip.deliver("B1")
    assert codes(trip.ask(StartLymphodepletion("P1", "B1", infusion))) == [Code.BATCH_EXPIRED]


def test_a_stagger_that_opens_two_days_after_the_planned_infusion_refuses_lymphodepletion(journey):
    """AC-C4.3: the stagger opens on day +2 of the planned infusion."""
    trip = journey()
    trip.treat("P1", "B1")
    first = trip.state.subjects["P1"].infused_at
    trip.prepare("P2", "B2")
    infusion = Instant(first.utc + timedelta(days=26), "Asia/Shanghai")
    trip.now = infusion.utc - timedelta(days=5)
    trip.refresh("P2")
    refused = trip.ask(StartLymphodepletion("P2", "B2", infusion))
    assert codes(refused) == [Code.STAGGER]
    assert refused.conditions[0].found == message("opens_in", moment=infusion, wait=Duration(172800, "s"))
    later = Instant(first.utc + timedelta(days=28), "Asia/Shanghai")
    assert isinstance(trip.ask(StartLymphodepletion("P2", "B2", later)), Accepted)


def test_lymphodepletion_reserves_the_slot_in_its_own_transaction(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    infusion = trip.next_infusion("P1")
    trip.refresh("P1")
    done = trip.do(StartLymphodepletion("P1", "B1", infusion))
    assert facts(done, StaggerSlotReserved)[0].infusion == infusion


def test_criteria_are_judged_again_before_lymphodepletion(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    refused = trip.ask(StartLymphodepletion("P1", "B1", Instant(trip.now + timedelta(days=5))))
    assert set(codes(refused)) == {Code.EVIDENCE_TOO_OLD}
    assert {item.about for item in refused.conditions} == {"E-04", "E-06"}


def test_a_batch_recalled_after_day_two_closes_the_infusion_and_calls_for_help_at_once(journey):
    """AC-C4.4: recalled after day 2 of lymphodepletion."""
    trip = journey()
    trip.prepare("P1", "B1")
    infusion = trip.start_depletion("P1", "B1")
    trip.wait(days=1)
    for count in ("1.1", "0.3"):
        today = trip.local("P1").local_date
        trip.do(RecordEvidence("P1", "absolute_neutrophil_count", count, "10^9/L", today, "laboratory"))
    done = trip.do(RecallBatch("B1", "sterility signal"))
    alert = next(item for item in facts(done, AlertRaised) if item.code == Code.ALERT_BATCH_LOST_IN_FLIGHT)
    assert alert.severity is Severity.CRITICAL
    assert "day=2" in str(alert.detail)
    assert [item.kind for item in facts(done, TaskOpened)] == [Code.TASK_RESCUE]
    trip.now = infusion.utc - timedelta(days=3)
    trip.do(CompleteLymphodepletion("P1", trip.local("P1").local_date))
    trip.now = infusion.utc
    row = in_flight(trip.state, trip.moment)[0]
    assert (row.subject, row.days_since_lymphodepletion, row.batch_status) == ("P1", 3, "QUARANTINED")
    assert [item.value for item in row.neutrophils] == ["1.1", "0.3"]
    refused = trip.infuse("P1", "B1")
    assert codes(refused) == [Code.BATCH_RECALLED, Code.BATCH_STATE, Code.THAW_MISSING]


def test_eight_days_after_lymphodepletion_with_a_window_of_two_to_seven_is_refused_until_it_is_repeated(journey):
    """AC-C4.5: 8 d ago, window 2-7 d."""
    trip = journey()
    trip.prepare("P1", "B1")
    infusion = trip.deplete("P1", "B1")
    trip.now = infusion.utc + timedelta(days=5)
    refused = trip.infuse("P1", "B1")
    assert codes(refused) == [Code.DAYS_SINCE_LYMPHODEPLETION]
    assert (refused.conditions[0].needed, refused.conditions[0].found) == (
        between(Duration(2), Duration(7)),
        Duration(8),
    )
    trip.do(DecideLymphodepletionRepeat("P1", repeat=True, signatures=(signature("medical_monitor", trip.moment),)))
    trip.deplete("P1", "B1", Instant(trip.now + timedelta(days=6)))
    assert trip.state.subjects["P1"].lymphodepletion.course == 2
    assert isinstance(trip.infuse("P1", "B1"), Accepted)


def test_new_fever_refuses_and_a_second_check_on_the_same_day_may_open(journey):
    """AC-C4.6: 38.6 C, then a recheck on the same day."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.refresh("P1")
    today = trip.local("P1").local_date
    hot = (Finding("body_temperature", "38.6", "degC", today), Finding("oxygen_saturation", "97", "%", today))
    trip.do(RecordPreInfusionCheck("P1", hot))
    refused = trip.ask(trip.infusion("P1", "B1"))
    assert codes(refused) == [Code.CRITERION_NOT_MET]
    assert refused.conditions[0].found == message(
        "of", what=Term("concept", "body_temperature"), value=Quantity(Decimal("38.6"), "degC")
    )
    cool = (Finding("body_temperature", "37.1", "degC", today), hot[1])
    trip.wait(hours=3)
    trip.do(RecordPreInfusionCheck("P1", cool))
    assert isinstance(trip.ask(trip.infusion("P1", "B1")), Accepted)


def test_active_infection_known_on_the_day_refuses(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    trip.do(RecordEvidence("P1", "active_infection", "yes", "", trip.local("P1").local_date, "examination"))
    assert codes(trip.ask(trip.infusion("P1", "B1"))) == [Code.CRITERION_NOT_MET]


def test_without_a_check_on_the_day_there_is_no_infusion(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.refresh("P1")
    assert codes(trip.ask(trip.infusion("P1", "B1"))) == [Code.CHECK_MISSING]


def test_a_dose_below_the_band_is_refused_as_planned_dose(journey):
    """55 kg at 1e6/kg with a cap of 1e8: target 5.5e7, lowest 4.4e7; a batch of 4.0e7 (AC-P4.3)."""
    trip = journey({"dose.cap": 1e8, "dose.shortfall": None})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    command = replace(trip.infusion("P1", "B1"), weight_kg=Decimal(55), delivered_cells=Decimal("4.0e7"))
    refused = trip.ask(command)
    assert codes(refused) == [Code.DOSE_BELOW_BAND]
    assert refused.conditions[0].needed == at_least(Decimal("4.4e7"))
    assert isinstance(trip.ask(replace(command, delivered_cells=Decimal("4.4e7"))), Accepted)


@pytest.mark.parametrize(
    ("rule", "level", "cells", "expected"),
    [
        ("not_infused", 1, "4.0e7", Code.DOSE_BELOW_BAND),
        ("lower_level", 1, "4.0e7", Code.DOSE_BELOW_BAND),
        ("as_given", 1, "4.0e7", None),
        ("as_given", 1, "2.0e7", Code.DOSE_BELOW_BAND),
        ("as_given", 1, "8.0e7", Code.DOSE_ABOVE_BAND),
    ],
)
def test_the_protocol_decides_about_a_dose_outside_the_band(journey, rule, level, cells, expected):
    trip = journey({"dose.shortfall": rule})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    decision = trip.infuse("P1", "B1", cells=Decimal(cells))
    assert codes(decision) == ([] if expected is None else [expected])
    if expected is None:
        infusion = trip.state.subjects["P1"].infusions[0]
        assert (infusion.level_assigned, infusion.level_delivered, infusion.conforming) == (level, None, False)


def test_a_dose_on_another_basis_does_not_compare(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    assert codes(trip.ask(replace(trip.infusion("P1", "B1"), basis=DoseBasis.TOTAL))) == [Code.DOSE_BASIS]


def test_infusion_window_and_follow_up_are_one_transaction(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    done = trip.infuse("P1", "B1")
    window, schedule = facts(done, DltWindowOpened)[0], facts(done, FollowUpScheduled)[0]
    day = trip.local("P1").local_date
    assert (window.opens, window.closes) == (day, day + timedelta(days=28))
    assert schedule.starts == day
    assert schedule.ends == day.replace(year=day.year + 15)
    assert schedule.follow_up_class == "integrating"


def test_a_plan_whose_last_dose_is_too_early_is_refused(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.refresh("P1")
    infusion = Instant(trip.now + timedelta(days=12))
    refused = trip.ask(PlanLymphodepletion("P1", "B1", trip.local("P1").local_date, infusion))
    assert codes(refused) == [Code.DAYS_SINCE_LYMPHODEPLETION]


def test_an_act_cannot_be_told_in_advance_or_days_late(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    ahead = Instant(trip.now + timedelta(minutes=1))
    assert codes(trip.ask(trip.infusion("P1", "B1"), at=ahead)) == [Code.TIME_IN_FUTURE]
    now = trip.moment
    trip.wait(days=2)
    assert codes(trip.ask(trip.infusion("P1", "B1"), at=now)) == [Code.RECORDED_TOO_LATE]


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (None, [Code.VOLUME_TOO_LARGE]),
        (Decimal("50.1"), [Code.VOLUME_TOO_LARGE]),
        (Decimal(0), [Code.VALUE_NOT_USABLE]),
        (Decimal("NaN"), [Code.VALUE_NOT_USABLE]),
        (Decimal(50), []),
    ],
)
def test_a_volume_above_the_protocols_limit_or_unknown_is_not_given(journey, volume, expected):
    trip = journey({"dose.maximum_volume_ml": 50})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    done = trip.ask(replace(trip.infusion("P1", "B1"), volume_ml=volume))
    assert codes(done) == expected
    assert [item.volume_ml for item in facts(done, CellsInfused)] == ([] if expected else [Decimal(50)])


def test_without_a_limit_the_volume_need_not_be_known(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    assert isinstance(trip.infuse("P1", "B1"), Accepted)


@pytest.mark.parametrize(
    ("on_record", "unit", "given", "code"),
    [
        ("60", "kg", "60", None), ("60", "kg", "54", None), ("60", "kg", "66", None), ("60000", "g", "60", None),
        ("60", "kg", "53.9", Code.WEIGHT_DIFFERS), ("60", "kg", "66.1", Code.WEIGHT_DIFFERS), ("60", "kg", "120", Code.WEIGHT_DIFFERS),
        ("unknown", "", "120", None), (None, "", "120", None), (None, "", "0.1", Code.VALUE_NOT_USABLE), (None, "", "60000", Code.VALUE_NOT_USABLE),
    ],
)  # fmt: skip
def test_the_weight_that_a_dose_is_worked_out_by_is_the_subjects(journey, on_record, unit, given, code):
    """2.2.2.2-a: a slip of the weight at the bedside would make twice the dose conform; what was weighed is recorded first."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    if on_record is not None:
        trip.do(RecordEvidence("P1", "body_weight", on_record, unit, trip.local("P1").local_date, "scale"))
    act = trip.act("P1")
    assert [item.code for item in check_weight(act, Decimal(given))] == ([] if code is None else [code])
    asked = trip.ask(replace(trip.infusion("P1", "B1"), weight_kg=Decimal(given)))
    assert set(codes(asked)) & {Code.WEIGHT_DIFFERS, Code.VALUE_NOT_USABLE} == ({code} - {None})
