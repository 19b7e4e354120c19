"""Lesions as ordinary facts: every value with its own history, the response by RECIST 1.1 derived beside the assessed one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from celltrial.clinical.recist_lesions import NewLesion, NonTarget
from celltrial.conduct.acts.assessment.commands import AssignReader, LockRead, RecordResponse
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.acts.tumour.commands import CompleteTumourVisit, IdentifyLesion, MeasureLesion
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.assessment.events import ReaderAssigned, ReadLocked, ResponseAssessed
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.safety.events import QueryOpened
from celltrial.conduct.facts.tumour.events import LesionIdentified, LesionMeasured, TumourVisitCompleted
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.core.values import Count

READER = Actor("reader-1", Role.INDEPENDENT_REVIEWER)


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [draft.fact for draft in decision.drafts if isinstance(draft.fact, kind)]


@pytest.fixture
def trip(journey):
    """A subject with two target lesions (50 and 30 mm) and one other at baseline."""
    made = journey({"efficacy.additional_criteria": ["RECIST-1.1"]})
    made.enrol("P1")
    for name, organ, size in (("T1", "liver", 50), ("T2", "lung", 30)):
        made.do(IdentifyLesion(LesionIdentified("P1", name, True, organ, day(made), Decimal(size))))
    made.do(IdentifyLesion(LesionIdentified("P1", "N1", False, "bone", day(made))))
    made.wait(days=56)
    return made


def day(trip):
    return trip.moment.local_date


def read(trip, visit, t1, t2, *, other=NonTarget.PRESENT, new=NewLesion.NO, reader="", **options):
    for name, size in (("T1", t1), ("T2", t2)):
        if size is not None:
            trip.do(
                MeasureLesion(LesionMeasured("P1", name, visit, day(trip), Decimal(size), reader=reader)), **options
            )
    trip.do(MeasureLesion(LesionMeasured("P1", "N1", visit, day(trip), state=other, reader=reader)), **options)
    return trip.do(CompleteTumourVisit(TumourVisitCompleted("P1", visit, day(trip), new, reader)), **options)


@pytest.mark.parametrize(
    ("t1", "t2", "other", "new", "expected"),
    [
        (36, 20, NonTarget.PRESENT, NewLesion.NO, "PR"),  # 56 of 80: exactly 0.70
        (37, 20, NonTarget.PRESENT, NewLesion.NO, "SD"),
        (60, 36, NonTarget.PRESENT, NewLesion.NO, "PD"),  # 96 of 80: exactly 1.20
        (0, 0, NonTarget.ABSENT, NewLesion.NO, "CR"),
        (0, 0, NonTarget.PRESENT, NewLesion.NO, "PR"),
        (36, 20, NonTarget.PRESENT, NewLesion.UNEQUIVOCAL, "PD"),
        (36, 20, NonTarget.PRESENT, None, "NE"),
        (None, 20, NonTarget.PRESENT, NewLesion.NO, "NE"),
    ],
)
def test_the_response_is_derived_when_a_visit_is_read(trip, t1, t2, other, new, expected):
    """Thresholds of Eisenhauer et al. (2009): 0.70 of baseline, 1.20 of nadir and 5 mm, both ends included."""
    [derived] = facts(read(trip, "week 8", t1, t2, other=other, new=new), ResponseAssessed)
    assert (derived.category, derived.source, derived.criteria) == (expected, AssessmentSource.DERIVED, "RECIST 1.1")
    shown = {item.concept: item.value for item in derived.findings}
    assert shown["baseline_sum_mm"] == "80"
    assert shown["rule"].startswith("recist_1_1/2")


def test_the_nadir_is_the_smallest_sum_so_far(trip):
    read(trip, "week 8", 20, 20)
    trip.wait(days=56)
    [derived] = facts(read(trip, "week 16", 28, 20), ResponseAssessed)
    assert derived.category == "PD", "48 is 1.20 of the nadir 40 although 0.60 of baseline"


def test_a_derived_response_stands_beside_and_counts_for_no_rule(trip):
    read(trip, "week 8", 36, 20)
    assert trip.state.subjects["P1"].response_categories == ()
    by_hand = ResponseAssessed("P1", "RECIST 1.1", "week 8", "CR", AssessmentSource.DERIVED, day(trip))
    assert codes(trip.ask(RecordResponse(by_hand))) == [Code.VALUE_NOT_USABLE]


@pytest.mark.parametrize("order", ["assessed first", "read first"])
def test_a_difference_opens_one_query_whichever_comes_first(trip, order):
    assessed = RecordResponse(
        ResponseAssessed("P1", "RECIST 1.1", "week 8", "SD", AssessmentSource.INVESTIGATOR, day(trip))
    )
    if order == "assessed first":
        trip.do(assessed)
        answer = read(trip, "week 8", 36, 20)
    else:
        read(trip, "week 8", 36, 20)
        answer = trip.do(assessed)
    [query] = facts(answer, QueryOpened)
    assert (query.code, str(query.detail)) == (
        Code.QUERY_RESPONSE,
        "reported_and_derived(reported=response SD, derived=response PR)",
    )
    assert trip.state.subjects["P1"].response_categories == ("SD",)


def test_agreement_asks_nothing(trip):
    read(trip, "week 8", 36, 20)
    assessed = ResponseAssessed("P1", "RECIST 1.1", "week 8", "PR", AssessmentSource.INVESTIGATOR, day(trip))
    assert not facts(trip.do(RecordResponse(assessed)), QueryOpened)


@pytest.mark.parametrize(
    ("record", "new", "expected"),
    [("lesion/P1/T1/week 8", "37", "SD"), ("lesion/P1/T1", "60", "PR")],
)
def test_a_corrected_diameter_derives_the_response_anew(trip, record, new, expected):
    """60 + 30 at baseline: 63 is 0.70, so 57 is a partial response as 37 + 20 of 80 is not."""
    read(trip, "week 8", 37 if expected == "PR" else 36, 20)
    at = next(e.position for e in trip.events if getattr(e.fact, "lesion", "") == "T1")
    answer = trip.do(CorrectFact(at, record, "diameter_mm", "x", new), reason="caliper read wrongly")
    [derived] = facts(answer, ResponseAssessed)
    assert derived.category == expected
    assert fold(trip.events) == trip.state


def test_a_lesion_measured_late_derives_the_response_anew(trip):
    read(trip, "week 8", None, 20)
    late = trip.do(MeasureLesion(LesionMeasured("P1", "T1", "week 8", day(trip), Decimal(36))))
    assert [item.category for item in facts(late, ResponseAssessed)] == ["PR"]


def test_a_correction_that_names_no_lesion_or_no_number_is_refused(trip):
    unknown = CorrectFact(1, "lesion/P1/T9", "diameter_mm", "x", "12")
    assert codes(trip.ask(unknown, reason="r")) == [Code.NOT_KNOWN]
    for new in ("twelve", "-3", "1001", "²"):
        bad = CorrectFact(1, "lesion/P1/T1", "diameter_mm", "x", new)
        assert codes(trip.ask(bad, reason="r")) == [Code.VALUE_NOT_USABLE]


def test_readers_read_with_their_own_lesions_and_only_as_assigned(trip):
    lesion = LesionIdentified("P1", "T1", True, "liver", day(trip), Decimal(40), reader="reader-1")
    assert codes(trip.ask(IdentifyLesion(lesion), actor=READER)) == [Code.READER_NOT_INDEPENDENT]
    trip.do(AssignReader(ReaderAssigned("P1", "reader-1", "independent_reviewer", "reader_1")))
    trip.do(IdentifyLesion(lesion), actor=READER)
    assert codes(trip.ask(IdentifyLesion(lesion), role=Role.INVESTIGATOR)) == [Code.ROLE_NOT_ALLOWED, Code.ID_TAKEN]
    site = LesionIdentified("P1", "T8", True, "skin", day(trip), Decimal(40))
    assert codes(trip.ask(IdentifyLesion(site), actor=READER)) == [Code.ROLE_NOT_ALLOWED]
    measured = LesionMeasured("P1", "T1", "week 8", day(trip), Decimal(10), reader="reader-1")
    trip.do(MeasureLesion(measured), actor=READER)
    done = CompleteTumourVisit(TumourVisitCompleted("P1", "week 8", day(trip), NewLesion.NO, "reader-1"))
    [derived] = facts(trip.do(done, actor=READER), ResponseAssessed)
    assert (derived.category, derived.reader) == ("PR", "reader-1")
    trip.do(LockRead(ReadLocked("P1", "reader-1")), actor=READER)
    later = LesionMeasured("P1", "T1", "week 16", day(trip), Decimal(9), reader="reader-1")
    assert codes(trip.ask(MeasureLesion(later), actor=READER)) == [Code.ALREADY_DONE]


@pytest.mark.parametrize(
    ("lesion", "code"),
    [
        (("T1", True, "skin", Decimal(20)), Code.ID_TAKEN),
        (("", True, "skin", Decimal(20)), Code.VALUE_NOT_USABLE),
        (("T3", True, "skin", None), Code.VALUE_NOT_USABLE),
        (("T3", False, "skin", Decimal(20)), Code.VALUE_NOT_USABLE),
        (("T3", True, "skin", Decimal(9)), Code.VALUE_NOT_USABLE),  # below 10 mm
        (("T3", True, "skin", Decimal("NaN")), Code.VALUE_NOT_USABLE),
        (("T3", True, "skin", Decimal(1001)), Code.VALUE_NOT_USABLE),
    ],
)
def test_a_baseline_that_the_criteria_do_not_allow_is_refused(trip, lesion, code):
    name, is_target, organ, size = lesion
    answer = trip.ask(IdentifyLesion(LesionIdentified("P1", name, is_target, organ, day(trip), size)))
    assert codes(answer) == [code]


def test_no_more_than_two_targets_in_an_organ_and_five_in_all(trip):
    for name, organ in (("T3", "liver"), ("T4", "skin"), ("T5", "node")):
        trip.do(IdentifyLesion(LesionIdentified("P1", name, True, organ, day(trip), Decimal(20))))
    third = IdentifyLesion(LesionIdentified("P1", "T6", True, "liver", day(trip), Decimal(20)))
    assert [item.found for item in trip.ask(third).conditions] == [Count(6), Count(3)]


def test_a_lesion_is_measured_once_at_a_visit_as_what_it_is_and_not_before_it_was_found(trip):
    def ask(**fields):
        given = {
            "subject": "P1",
            "lesion": "T1",
            "visit": "week 8",
            "on": day(trip),
            "diameter_mm": Decimal(20),
            **fields,
        }
        return codes(trip.ask(MeasureLesion(LesionMeasured(**given))))

    assert ask(lesion="T9") == [Code.NOT_KNOWN]
    assert ask(lesion="N1") == [Code.VALUE_NOT_USABLE]
    assert ask(on=day(trip) - timedelta(days=90)) == [Code.ORDER_WRONG]
    assert ask(on=day(trip) + timedelta(days=1)) == [Code.TIME_IN_FUTURE]
    assert ask() == []
    assert ask(diameter_mm=Decimal(21)) == [Code.ALREADY_DONE], "a value is corrected with a reason, never overwritten"
    done = CompleteTumourVisit(TumourVisitCompleted("P1", "week 8", day(trip), NewLesion.NO))
    assert isinstance(trip.ask(done), Accepted)
    assert codes(trip.ask(done)) == [Code.ALREADY_DONE]
