"""Children wait until what was seen in adults is reviewed and signed (2.1.1.3-a)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rehearsal import signature

from celltrial.conduct.acts.subject.commands import EnrolSubject
from celltrial.conduct.acts.trial.commands import SignAdultReview
from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Accepted, Refused

MIXED = {
    "population.criteria.0.value": 1,
    "population.paediatric": {"included": True, "cohort_opens_after_adult_review": True},
}
TODAY = date(2025, 1, 6)
FIELD = "population.paediatric.cohort_opens_after_adult_review"


def review(trip, role="medical_monitor", on=TODAY):
    return trip.ask(SignAdultReview(on, "Report A-1", (signature(role, trip.moment),)))


def enrolment(trip, name, born):
    trip.screen(name, born=born)
    return trip.ask(EnrolSubject(name, "C1"))


@pytest.mark.parametrize("born", [date(2015, 1, 1), date(2007, 1, 7), None])
def test_a_child_or_a_subject_of_unknown_age_waits_for_the_signed_review(journey, born):
    trip = journey(MIXED)
    refused = enrolment(trip, "P1", born)
    assert [(item.code, item.clause, item.field) for item in refused.conditions] == [
        (Code.ADULT_REVIEW_DUE, "2.1.1.3-a", FIELD)
    ]
    assert isinstance(review(trip), Accepted)
    assert isinstance(trip.ask(EnrolSubject("P1", "C1")), Accepted)


def test_on_the_eighteenth_birthday_nobody_waits(journey):
    assert isinstance(enrolment(journey(MIXED), "P1", date(2007, 1, 6)), Accepted)


@pytest.mark.parametrize("children", [{"included": True}, {"included": False, "cohort_opens_after_adult_review": True}])
def test_a_protocol_that_does_not_wait_keeps_nobody_out(journey, children):
    trip = journey(MIXED | {"population.paediatric": children})
    assert isinstance(enrolment(trip, "P1", date(2015, 1, 1)), Accepted)


def test_the_review_is_signed_by_the_medical_monitor_and_not_dated_ahead(journey):
    trip = journey(MIXED)
    for answer in (review(trip, "sponsor"), review(trip, on=TODAY + timedelta(days=400))):
        assert isinstance(answer, Refused)
    assert trip.state.adults_reviewed is None
