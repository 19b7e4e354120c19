"""C4: an act entered late is judged as things stood when it happened, and the infusion gate repeats the whole gate before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.batch.commands import LiftQuarantine, QuarantineBatch
from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.scope.commands import (
    HaltTrial,
    LiftHalt,
    OpenEvaluation,
    ResumeScope,
    RuleOutHaltCause,
    SignEvaluation,
    SuspendScope,
)
from celltrial.conduct.acts.site.commands import AcceptVersion, CloseSite, CountResource, QualifyOperator
from celltrial.conduct.acts.subject.commands import (
    BookInfusion,
    CancelInfusion,
    EnrolSubject,
    RecordLymphodepletionDose,
    RecordPreInfusionCheck,
    SignConsent,
    StartLymphodepletion,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, QualityCause, ResumeItem, ScopeKind
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def signed(trip, *roles):
    return tuple(signature(role, trip.moment) for role in roles)


def before(trip, **lapse):
    return Instant(trip.now - timedelta(**lapse), "Asia/Shanghai")


@pytest.fixture
def ready(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    return trip


@pytest.fixture
def depleted(ready):
    ready.deplete("P1", "B1")
    ready.check("P1")
    ready.thaw("B1")
    return ready


def resume(trip, key):
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    trip.do(SignEvaluation(key, today, "evaluation 1", signed(trip, "medical_monitor", "sponsor")))
    for item in ResumeItem:
        if item not in {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}:
            at_site = "S1" if item is ResumeItem.SITE_ACCEPTANCE else ""
            trip.do(trip.resume_item(key, item, today, "document", at_site))
    trip.do(ResumeScope(key))


def test_lymphodepletion_said_to_have_begun_before_the_batch_was_available_is_refused(journey):
    """AC-C4.1: the batch was received at noon; a course told to have begun at 10:00 began without it."""
    trip = journey(start=datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    trip.release("B1")
    trip.refresh("P1")
    trip.wait(hours=2)
    trip.deliver("B1")
    trip.wait(hours=2)
    late = StartLymphodepletion("P1", "B1", Instant(trip.now + timedelta(days=5)))
    refused = trip.ask(late, at=before(trip, hours=3))
    assert [(item.code, item.clause) for item in refused.conditions] == [(Code.BATCH_STATE, "2.1.3-g")]
    assert refused.conditions[0].needed == message("at_moment", what=BatchStatus.RECEIVED, at=before(trip, hours=3))
    assert isinstance(trip.ask(late, at=before(trip, hours=1)), Accepted)


def test_a_batch_that_was_in_quarantine_at_the_time_was_not_available(ready):
    ready.refresh("P1")
    ready.do(QuarantineBatch("B1", "alarm of the freezer"))
    ready.wait(hours=4)
    ready.do(LiftQuarantine("B1", "log reviewed", signed(ready, "quality_assurance")))
    ready.wait(hours=1)
    late = StartLymphodepletion("P1", "B1", Instant(ready.now + timedelta(days=5)))
    assert codes(ready.ask(late, at=before(ready, hours=3))) == [Code.BATCH_STATE]
    assert isinstance(ready.ask(late), Accepted)


@pytest.mark.parametrize("stop", ["suspension", "halt"])
def test_nothing_is_entered_afterwards_into_the_time_of_a_suspension_or_halt(ready, stop):
    """C7, C8: enrolment and lymphodepletion dated before the end of a stop are refused after it, later ones allowed."""
    if stop == "suspension":
        ready.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    else:
        ready.do(HaltTrial("X", QualityCause.STORAGE, ""))
    ready.screen("P2")
    ready.refresh("P1")
    ready.wait(hours=3)
    if stop == "suspension":
        resume(ready, "X")
    else:
        ready.do(RuleOutHaltCause("X", "log", signed(ready, "quality_assurance", "medical_monitor")))
        ready.do(LiftHalt("X", signed(ready, "quality_assurance", "sponsor")))
    ready.wait(hours=2)
    wanted = Code.SUSPENDED if stop == "suspension" else Code.HALTED
    late = StartLymphodepletion("P1", "B1", Instant(ready.now + timedelta(days=5)))
    for command in (late, EnrolSubject("P2", "C1")):
        assert codes(ready.ask(command, at=before(ready, hours=3))) == [wanted]
        assert isinstance(ready.ask(command, at=before(ready, hours=1)), Accepted)


def test_a_cohort_takes_nobody_before_it_was_opened(journey):
    trip = journey()
    trip.screen("P1")
    trip.state = trip.state.changed(cohorts={})
    trip.wait(hours=3)
    trip.do(OpenCohort("C0", 1, 3))
    trip.wait(hours=1)
    assert codes(trip.ask(EnrolSubject("P1", "C0"), at=before(trip, hours=2))) == [Code.COHORT_CLOSED]
    assert isinstance(trip.ask(EnrolSubject("P1", "C0")), Accepted)


def test_a_bedside_check_after_the_infusion_is_none_before_it(depleted):
    depleted.wait(hours=3)
    depleted.check("P1")
    refused = depleted.ask(depleted.infusion("P1", "B1"), at=before(depleted, hours=1))
    assert codes(refused) == [Code.CHECK_MISSING]
    assert isinstance(depleted.ask(depleted.infusion("P1", "B1")), Accepted)


def test_a_moment_is_reserved_before_the_infusion_not_after_it(depleted):
    moment = depleted.now
    depleted.do(CancelInfusion("P1", "operator ill"))
    depleted.wait(hours=2)
    depleted.do(BookInfusion("P1", "B1", Instant(depleted.now + timedelta(hours=1))))
    refused = depleted.ask(depleted.infusion("P1", "B1"), at=Instant(moment, "Asia/Shanghai"))
    assert codes(refused) == [Code.SLOT_MISSING]


def test_people_trained_and_stock_filled_after_the_infusion_do_not_count_for_it(depleted):
    """AC-C1.1, AC-C1.2: training and stock as they were at the bedside."""
    protocol = depleted.state.protocol
    asked = next(item for item in protocol.sites.operators if item.procedure == "intravenous_infusion")
    stock = next(item for item in protocol.sites.resources if "infusion" in item.needed_for)
    depleted.do(CountResource("S1", stock.name, stock.minimum - 1))
    depleted.wait(hours=2)
    depleted.do(CountResource("S1", stock.name, stock.minimum))
    depleted.do(QualifyOperator("S1", "new", asked.procedure, asked.sop_version or "", None, asked.minimum_supervised))
    depleted.wait(hours=1)
    late = replace(depleted.infusion("P1", "B1"), operator="new")
    refused = depleted.ask(late, at=before(depleted, hours=2))
    assert codes(refused) == [Code.RESOURCE_SHORT, Code.OPERATOR_NOT_QUALIFIED]
    depleted.check("P1")
    assert isinstance(depleted.ask(late), Accepted)


def test_a_version_accepted_after_the_act_was_not_accepted_at_it(ready):
    site = ready.state.sites["S1"]
    changed = replace(site, version="0.9")
    ready.state = ready.state.changed(sites={"S1": changed})
    ready.refresh("P1")
    ready.wait(hours=2)
    ready.do(AcceptVersion("S1", ready.state.version))
    ready.wait(hours=1)
    late = StartLymphodepletion("P1", "B1", Instant(ready.now + timedelta(days=5)))
    assert codes(ready.ask(late, at=before(ready, hours=2))) == [Code.SITE_VERSION]
    assert isinstance(ready.ask(late), Accepted)


def test_the_infusion_gate_asks_for_the_open_site_and_its_version_again(depleted):
    """C4: the infusion gate repeats all of the gate before lymphodepletion."""
    site = depleted.state.sites["S1"]
    depleted.state = depleted.state.changed(sites={"S1": replace(site, version="0.9", is_open=False)})
    assert codes(depleted.ask(depleted.infusion("P1", "B1"))) == [Code.SITE_NOT_OPEN, Code.SITE_VERSION]


def test_a_site_does_not_close_while_somebody_there_waits_for_the_cells_lymphodepleted(depleted):
    refused = depleted.ask(CloseSite("S1", "few subjects"))
    assert [(item.code, item.found) for item in refused.conditions] == [(Code.SUBJECT_STAGE, Identifier("P1"))]
    depleted.do(depleted.infusion("P1", "B1"))
    assert isinstance(depleted.ask(CloseSite("S1", "few subjects")), Accepted)


def test_a_bedside_finding_of_another_day_is_none_of_today(journey):
    """AC-C4.6: a condition without a window asks for a finding of the day."""
    trip = journey({"treatment.infusion.conditions.0.window": None})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    concept = trip.state.protocol.treatment.infusion.conditions[0].concept
    findings = tuple(
        replace(item, on=item.on - timedelta(days=9)) if item.concept == concept else item
        for item in trip.state.subjects["P1"].last_check.findings
    )
    trip.do(RecordPreInfusionCheck("P1", findings))
    assert codes(trip.ask(trip.infusion("P1", "B1"))) == [Code.EVIDENCE_TOO_OLD]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0", "-1"])
def test_a_number_that_is_none_is_refused_and_breaks_nothing(depleted, value):
    given = depleted.infusion("P1", "B1")
    assert Code.VALUE_NOT_USABLE in codes(depleted.ask(replace(given, delivered_cells=Decimal(value))))
    assert Code.WEIGHT_MISSING in codes(depleted.ask(replace(given, weight_kg=Decimal(value))))
    assert isinstance(depleted.ask(given), Accepted)


def test_a_dose_of_the_regimen_lies_within_its_course(ready):
    ready.start_depletion("P1", "B1")
    today = ready.local("P1").local_date
    early = RecordLymphodepletionDose("P1", "fludarabine", Decimal(30), "mg/m2", today - timedelta(days=1))
    assert codes(ready.ask(early)) == [Code.ORDER_WRONG]
    assert codes(ready.ask(replace(early, on=today, dose=Decimal("NaN")))) == [Code.VALUE_NOT_USABLE]
    assert isinstance(ready.ask(replace(early, on=today)), Accepted)


def test_days_are_the_sites_whatever_zone_the_request_is_written_in(journey):
    """AC-C2.2: collected at 20:00 on 7 January in New York, which is 8 January in UTC; a consent of the 8th is late."""
    trip = journey(sites={"S1": "America/New_York"}, start=datetime(2025, 1, 6, 20, tzinfo=UTC))
    trip.zone = "UTC"
    trip.enrol("P1")
    trip.now = datetime(2025, 1, 8, 1, tzinfo=UTC)
    trip.collect("P1", "B1")
    assert trip.state.subjects["P1"].collected.local_date == date(2025, 1, 7)
    trip.wait(hours=12)
    form = trip.state.protocol.population.consents.follow_up_version
    late = SignConsent("P1", ConsentKind.FOLLOW_UP, form, date(2025, 1, 8))
    assert codes(trip.ask(late)) == [Code.CONSENT_LATE]
    assert isinstance(trip.ask(replace(late, signed_on=date(2025, 1, 7))), Accepted)
