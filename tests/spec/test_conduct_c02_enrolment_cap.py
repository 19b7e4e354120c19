"""2.1.3-i in conduct: the cap on enrolment, and whether one who was never treated is replaced."""

from __future__ import annotations

from celltrial.conduct.acts.subject.commands import DiscontinueSubject, EnrolSubject
from celltrial.conduct.codes import Code
from celltrial.conduct.gates.enrolment import places_taken
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ExitReason
from celltrial.core.values import Count

PLAN = "manufacturing.failure_plan"


def one_leaves(journey, **plan):
    trip = journey({f"{PLAN}.{name}": value for name, value in plan.items()})
    trip.enrol("P1")
    trip.do(DiscontinueSubject("P1", ExitReason.WITHDRAWAL, "by own wish"))
    return trip


def test_who_was_replaced_still_counts_towards_the_cap(journey):
    trip = one_leaves(journey, replacement="replaced", maximum_enrolled=2)
    trip.enrol("P2")
    trip.screen("P3")
    refused = trip.ask(EnrolSubject("P3", "C1"))
    assert isinstance(refused, Refused)
    assert [(item.code, item.found, item.field, item.clause) for item in refused.conditions] == [
        (Code.ENROLMENT_CAP, Count(2), f"{PLAN}.maximum_enrolled", "2.1.3-i")
    ]


def test_without_a_cap_enrolment_goes_on(journey):
    trip = one_leaves(journey, replacement="replaced", maximum_enrolled=None)
    for name in ("P2", "P3", "P4"):
        trip.screen(name)
        assert isinstance(trip.ask(EnrolSubject(name, "C1")), Accepted)


def test_the_place_of_one_who_is_not_replaced_stays_taken(journey):
    for replacement, places in (("replaced", 0), ("not_replaced", 1)):
        trip = one_leaves(journey, replacement=replacement, maximum_enrolled=None)
        assert places_taken(trip.state, trip.state.cohorts["C1"]) == places
