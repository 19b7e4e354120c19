"""Historical records: consistent, labelled, and never a way into a running trial."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from rehearsal import Rehearsal

from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.subject.commands import HistoricalFact, RecordHistorical, ScreenSubject
from celltrial.conduct.acts.trial.commands import RegisterHistoricalSource, RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.batch.events import BatchInfused, BatchPlanned
from celltrial.conduct.facts.cohort.events import DoseDecisionSigned
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported
from celltrial.conduct.facts.subject.events import CellsInfused, HistoricalRecordTaken, SubjectDied, SubjectScreened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import DoseMove, GradeSource, Origin, Relatedness, Sex
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis

DAY = datetime(2021, 5, 3, 4, tzinfo=UTC)


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def past(fact, days=0):
    return HistoricalFact(fact, Instant(DAY + timedelta(days=days), "Europe/Berlin"))


SCREENED = SubjectScreened("H1", "L", "ID-H1", Sex.FEMALE, None)
INFUSED = CellsInfused(
    "H1", "L", "", 1, 1, 1, Decimal("3e8"), DoseBasis.TARGET_POSITIVE_VIABLE, False, None, True, "", "intravenous"
)


@pytest.fixture
def cohort():
    trip = Rehearsal(datetime(2026, 1, 1, tzinfo=UTC))
    trip.do(RegisterTrial("HIST", "A cohort", "", Origin.RETROSPECTIVE))
    trip.do(RegisterHistoricalSource("src", "cohort.csv", "0" * 64, "published"))
    return trip


def record(*facts, source="src", locator="row 2", subject="H1"):
    return RecordHistorical(subject, source, locator, tuple(facts))


def test_facts_are_taken_with_a_label_that_names_their_source(cohort):
    done = cohort.ask(record(past(SCREENED), past(INFUSED, 30)))
    assert isinstance(done, Accepted)
    label = done.drafts[1].fact
    assert isinstance(label, HistoricalRecordTaken)
    assert (label.source, label.locator, label.facts) == (
        "src",
        "row 2",
        ("subject.screened/2", "subject.cells_infused/3"),
    )
    assert label.not_recorded == ()
    assert cohort.state.subjects["H1"].historical
    assert cohort.state.origin is Origin.RETROSPECTIVE
    assert done.drafts[2].precision is Precision.DAY
    assert done.drafts[2].occurred.utc == DAY + timedelta(days=30)


def test_a_running_trial_takes_no_historical_record():
    trip = Rehearsal(datetime(2026, 1, 1, tzinfo=UTC))
    trip.do(RegisterTrial("T", "", "", Origin.PROSPECTIVE, rehearsal=True))
    assert Code.ORIGIN_WRONG in codes(trip.ask(record(past(SCREENED))))
    assert Code.ORIGIN_WRONG in codes(trip.ask(RegisterHistoricalSource("src", "x", "0" * 64, "")))


def test_a_retrospective_trial_takes_no_prospective_act(cohort):
    assert Code.ORIGIN_WRONG in codes(cohort.ask(ScreenSubject("P1", "S1", "ID")))
    assert Code.ORIGIN_WRONG in codes(cohort.ask(OpenCohort("C1", 1, 3)))


def test_decisions_and_signatures_cannot_be_backfilled(cohort):
    decision = DoseDecisionSigned("D", "R", DoseMove.ESCALATE, 2, False, ())
    assert codes(cohort.ask(record(past(SCREENED), past(decision)))) == [Code.VALUE_NOT_USABLE]


def test_an_undeclared_source_and_missing_place_are_refused(cohort):
    assert codes(cohort.ask(record(past(SCREENED), source="other", locator=""))) == [
        Code.VALUE_NOT_USABLE,
        Code.NOT_KNOWN,
    ]


def test_the_subject_comes_first_and_only_once(cohort):
    assert codes(cohort.ask(record(past(INFUSED)))) == [Code.NOT_KNOWN]
    cohort.do(record(past(SCREENED)))
    assert codes(cohort.ask(record(past(SCREENED)))) == [Code.ID_TAKEN]


def test_facts_about_somebody_else_are_refused(cohort):
    other = replace(SCREENED, subject="H2", identity="ID-H2")
    assert Code.ORDER_WRONG in codes(cohort.ask(record(past(other))))


def test_one_batch_one_subject_holds_for_the_past_too(cohort):
    cohort.do(record(past(SCREENED), past(BatchPlanned("B1", "H1", "ID-H1", 1))))
    second = replace(SCREENED, subject="H2", identity="ID-H2")
    refused = cohort.ask(record(past(second), past(BatchInfused("B1", "H2")), subject="H2"))
    assert codes(refused) == [Code.BATCH_OF_OTHER_SUBJECT]
    assert codes(cohort.ask(record(past(BatchPlanned("B1", "H1", "ID-H1", 1))))) == [Code.ID_TAKEN]


def test_nobody_is_infused_after_death_or_in_the_future(cohort):
    dead = past(SubjectDied("H1", date(2021, 5, 10), ""))
    assert codes(cohort.ask(record(past(SCREENED), dead, past(INFUSED, 30)))) == [Code.ORDER_WRONG]
    assert codes(cohort.ask(record(past(SCREENED), past(INFUSED, 9999)))) == [Code.TIME_IN_FUTURE]


def test_a_grade_needs_its_event(cohort):
    grade = AdverseEventGraded("H1", "AE-1", GradeSource.REPORTED, 2, "CTCAE-5.0")
    assert codes(cohort.ask(record(past(SCREENED), past(grade)))) == [Code.NOT_KNOWN]
    event = AdverseEventReported(
        "H1", "AE-1", "CRS", "", "CRS", 4, "ASTCT-2019", date(2021, 6, 4), Precision.DAY, (), Relatedness.UNKNOWN, None,
        Instant(DAY),
    )  # fmt: skip
    assert isinstance(cohort.ask(record(past(SCREENED), past(event), past(grade))), Accepted)


def test_the_past_suspends_nothing_and_needs_no_report(cohort):
    for number in range(5):
        name = f"H{number}"
        screened = replace(SCREENED, subject=name, identity=f"ID-{name}")
        event = AdverseEventReported(
            name, f"AE-{number}", "CRS", "", "CRS", 5, "ASTCT-2019", date(2021, 6, 4), Precision.DAY, (),
            Relatedness.UNKNOWN, None, Instant(DAY),
        )  # fmt: skip
        cohort.do(record(past(screened), past(replace(INFUSED, subject=name), 30), past(event), subject=name))
    assert not cohort.state.suspensions
    assert not cohort.state.reports
    assert not cohort.state.halts


def test_what_the_source_leaves_blank_is_kept_with_the_label(cohort):
    given = replace(record(past(SCREENED), past(INFUSED, 30)), not_recorded=("deaths",))
    assert cohort.ask(given).drafts[1].fact.not_recorded == ("deaths",)
