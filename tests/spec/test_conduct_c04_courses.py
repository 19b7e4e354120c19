"""Courses in conduct: fractions after one lymphodepletion, holds, bags, omission, windows, further courses, limits."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from celltrial.conduct.acts.batch.commands import PlanBatch, ReleaseBatch, ThawBatch
from celltrial.conduct.acts.cohort.commands import CompleteDltWindow
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent, ResolveAdverseEvent
from celltrial.conduct.acts.subject.commands import (
    BookInfusion,
    OmitAdministration,
    RecordEvidence,
    StartLymphodepletion,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.batch.events import Bag
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported, AdverseEventResolved
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.subject.state import Infusion
from celltrial.conduct.gates.act import Act
from celltrial.conduct.gates.course import check_course, due, window_of
from celltrial.conduct.rehearsal.trial import signature
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus, GradeSource, Outcome, Relatedness
from celltrial.core.dates import Instant
from celltrial.protocol.regimen import Given

SPLIT = {
    "id": "C1",
    "administrations": [
        {"id": "F1", "share": 0.1},
        {"id": "F2", "day": 2, "share": 0.3},
        {"id": "F3", "day": 4, "late": 2, "share": 0.6},
    ],
    "hold": [
        {"term": "crs", "scale": "ASTCT-2019", "grade_at_least": 3},
        {"before": "F2", "term": "crs", "scale": "ASTCT-2019", "grade_at_least": 2, "until_grade": 1, "latest_day": 6},
        {"before": "F3", "term": "crs", "scale": "ASTCT-2019", "grade_at_least": 2, "until_grade": 1, "latest_day": 9},
    ],
}
AGAIN = {
    "id": "C2",
    "every": "60 d",
    "latest": "120 d",
    "at_most": 2,
    "criteria": [
        {"id": "R-01", "kind": "inclusion", "concept": "ecog", "operator": "<=", "value": 1, "window": "7 d", "assessment": "Examination",
         "source": "examination", "text": {"en": "ECOG 0 or 1", "zh": "ECOG 0或1分"}},
    ],
    "administrations": [{"id": "A1"}],
}  # fmt: skip


def codes(answer):
    return [item.code for item in answer.conditions] if isinstance(answer, Refused) else []


def begun(journey, courses=(SPLIT,), **fields):
    """Return a trial with one subject at the first infusion, and the subject's first answer."""
    trip = journey(
        {"treatment.courses": list(courses), **{name.replace("__", "."): value for name, value in fields.items()}}
    )
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    answer = trip.infuse("P1", "B1")
    assert isinstance(answer, Accepted), codes(answer)
    return trip


def crs(trip, grade, event="AE-1", days=0):
    fact = AdverseEventReported(
        "P1", event, "Cytokine release syndrome", "", "crs", grade, "ASTCT-2019", trip.local("P1").local_date + timedelta(days=days),
        Precision.DAY, (), Relatedness.PROBABLE, True, trip.moment,
    )  # fmt: skip
    trip.do(ReportAdverseEvent(fact))


def over(trip, event="AE-1"):
    trip.do(ResolveAdverseEvent(AdverseEventResolved("P1", event, trip.local("P1").local_date, Outcome.RECOVERED)))


class TestFractions:
    def test_fractions_follow_one_lymphodepletion_and_use_up_the_batch_bag_by_bag(self, journey):
        trip = begun(journey)
        assert (trip.state.batches["B1"].status, len(trip.state.batches["B1"].left)) == (BatchStatus.RECEIVED, 2)
        for wait, left in ((2, 1), (2, 0)):
            trip.wait(days=wait)
            assert isinstance(trip.infuse("P1", "B1"), Accepted)
            assert len(trip.state.batches["B1"].left) == left
        assert trip.state.batches["B1"].status is BatchStatus.INFUSED
        given = trip.state.subjects["P1"].infusions
        assert [(item.round, item.course, item.administration) for item in given] == [
            (1, "C1", "F1"),
            (1, "C1", "F2"),
            (1, "C1", "F3"),
        ]
        assert [float(item.delivered_cells) for item in given] == [6e6, 1.8e7, 3.6e7]
        assert [item.level_delivered for item in given] == [None, None, 1]
        assert all(item.conforming for item in given)
        assert Code.DOSES_EXHAUSTED in codes(trip.ask(trip.infusion("P1", "B1")))
        assert Code.DOSES_EXHAUSTED in codes(trip.ask(PlanBatch("B9", "P1")))

    @pytest.mark.parametrize(("days", "open_"), [(1, False), (2, True), (3, False)])
    def test_a_fraction_comes_on_its_day(self, journey, days, open_):
        trip = begun(journey)
        trip.wait(days=days)
        answer = trip.infuse("P1", "B1")
        assert isinstance(answer, Accepted) is open_
        if not open_:
            assert [(item.code, item.field) for item in answer.conditions] == [
                (Code.ORDER_WRONG, "treatment.courses.0.administrations.1.day")
            ]

    def test_more_than_the_share_is_above_the_band(self, journey):
        trip = begun(journey)
        trip.wait(days=2)
        assert codes(trip.infuse("P1", "B1", cells=Decimal("6.0e7"))) == [Code.DOSE_ABOVE_BAND]

    def test_a_batch_without_a_bag_for_each_fraction_depletes_nobody(self, journey):
        """2.1.3-g: lymphodepletion waits for the whole course."""
        trip = journey({"treatment.courses": [SPLIT]})
        trip.enrol("P1")
        trip.collect("P1", "B1")
        trip.make("B1")
        expires = Instant(trip.now + timedelta(days=180))
        signed = (signature("quality_assurance", trip.moment),)
        trip.do(ReleaseBatch("B1", Decimal("1e9"), trip.state.protocol.dose.basis, expires, signed))
        trip.deliver("B1")
        moment = trip.next_infusion("P1")
        trip.now = moment.utc - timedelta(days=5)
        trip.refresh("P1")
        assert codes(trip.ask(StartLymphodepletion("P1", "B1", moment))) == [Code.BAGS_SHORT]

    def test_bags_that_do_not_hold_the_batch_are_not_released(self, journey):
        trip = journey({"treatment.courses": [SPLIT]})
        trip.enrol("P1")
        trip.collect("P1", "B1")
        trip.make("B1")
        expires, basis = Instant(trip.now + timedelta(days=180)), trip.state.protocol.dose.basis
        signed = (signature("quality_assurance", trip.moment),)
        for bags in (
            (Bag("1", Decimal("4e8")), Bag("2", Decimal("5e8"))),
            (Bag("1", Decimal("5e8")), Bag("1", Decimal("5e8"))),
            (Bag("1", Decimal("5e8"), "CD8"), Bag("2", Decimal("5e8"))),
        ):
            answer = trip.ask(ReleaseBatch("B1", Decimal("1e9"), basis, expires, signed, bags=bags))
            assert codes(answer) == [Code.BAG_NOT_USABLE]

    def test_a_bag_is_given_once_and_only_after_its_own_thaw(self, journey):
        trip = begun(journey)
        trip.wait(days=2)
        held = trip.state.batches["B1"]
        assert held.expires == Instant(held.expires.utc, held.expires.zone)
        trip.check("P1")
        plain = trip.infusion("P1", "B1", thawed=False)
        assert codes(trip.ask(plain)) == [Code.THAW_MISSING, Code.THAW_MISSING]
        seen = trip.witness("investigator")
        assert codes(trip.ask(ThawBatch("B1", held.identity, "B1", held.expires, seen, ("1",)))) == [
            Code.BAG_NOT_USABLE
        ]
        assert codes(trip.ask(ThawBatch("B1", held.identity, "B1", held.expires, seen))) == [Code.BAG_NOT_USABLE]

    def test_a_permit_for_one_fraction_is_none_for_the_next(self, journey):
        trip = begun(journey)
        trip.wait(days=1)
        assert codes(trip.infuse("P1", "B1")) == [Code.ORDER_WRONG]


class TestHolds:
    def test_a_hold_waits_for_the_event_and_moves_the_last_day(self, journey):
        trip = begun(journey)
        trip.wait(days=1)
        crs(trip, 2)
        trip.wait(days=1)
        answer = trip.infuse("P1", "B1")
        assert [(item.code, item.field) for item in answer.conditions] == [
            (Code.ADMINISTRATION_HELD, "treatment.courses.0.hold.1")
        ]
        trip.wait(days=3)
        over(trip)
        assert isinstance(trip.infuse("P1", "B1"), Accepted)

    def test_an_event_that_nobody_graded_holds(self, journey):
        trip = begun(journey)
        crs(trip, None)
        trip.wait(days=2)
        assert {Code.ADMINISTRATION_HELD, Code.COURSE_STOPPED} == set(codes(trip.infuse("P1", "B1")))

    def test_a_grade_that_ends_the_course_ends_it_even_when_it_is_over(self, journey):
        trip = begun(journey)
        trip.wait(days=1)
        crs(trip, 3)
        over(trip)
        trip.wait(days=1)
        assert codes(trip.infuse("P1", "B1")) == [Code.COURSE_STOPPED]

    def test_what_is_not_given_is_signed_for_and_the_course_goes_on(self, journey):
        trip = begun(journey)
        signed = tuple(signature(role, trip.moment) for role in ("investigator", "medical_monitor"))
        assert Code.SIGNATURE_MISSING in codes(trip.ask(OmitAdministration("P1", "fever", signed[:1])))
        trip.do(OmitAdministration("P1", "fever", signed))
        assert trip.state.subjects["P1"].done[-1] == Given(1, "C1", "F2")
        trip.wait(days=4)
        assert isinstance(trip.infuse("P1", "B1"), Accepted)
        assert trip.state.subjects["P1"].infusions[-1].level_delivered is None
        trip.complete_window("P1")
        window = trip.state.subjects["P1"].dlt_window
        assert window.evaluable is (trip.state.protocol.escalation.dlt.partial_dose_counts in {"assigned", "delivered"})

    def test_the_first_administration_of_a_course_cannot_be_omitted(self, journey):
        trip = journey({"treatment.courses": [SPLIT]})
        trip.prepare("P1", "B1")
        signed = tuple(signature(role, trip.moment) for role in ("investigator", "medical_monitor"))
        assert codes(trip.ask(OmitAdministration("P1", "fever", signed))) == [Code.ORDER_WRONG]


class TestWindows:
    @pytest.mark.parametrize(("counted_from", "last"), [("last_administration", 4), ("first_administration", 0)])
    def test_the_window_closes_after_the_last_administration_unless_it_counts_from_the_first(
        self, journey, counted_from, last
    ):
        trip = begun(journey, escalation__dlt__counted_from=counted_from)
        first = trip.local("P1").local_date
        for _ in range(2):
            trip.wait(days=2)
            trip.infuse("P1", "B1")
        window = trip.state.subjects["P1"].dlt_window
        assert (window.opens, window.closes) == (first, first + timedelta(days=28 + last))

    def test_a_course_that_ends_early_moves_the_end_of_the_window_back(self, journey):
        trip = begun(journey)
        first = trip.local("P1").local_date
        assert trip.state.subjects["P1"].dlt_window.closes == first + timedelta(days=32)
        signed = tuple(signature(role, trip.moment) for role in ("investigator", "medical_monitor"))
        trip.do(OmitAdministration("P1", "toxicity", signed, rest_of_course=True))
        assert trip.state.subjects["P1"].dlt_window.closes == first + timedelta(days=28)

    def test_a_window_is_not_completed_while_the_course_is_open(self, journey):
        trip = begun(journey)
        trip.wait(days=40)
        assert codes(trip.ask(CompleteDltWindow("P1"))) == [Code.WINDOW_OPEN]

    def test_the_next_subject_waits_from_the_last_fraction_of_the_first(self, journey):
        """2.2.4-a: the interval after the first of a level runs from the end of that dose."""
        trip = journey({"treatment.courses": [SPLIT]})
        trip.prepare("P1", "B1")
        trip.prepare("P2", "B2")
        first = trip.deplete("P1", "B1")
        trip.infuse("P1", "B1")
        assert trip.next_infusion("P2").utc >= first.utc + timedelta(days=4 + 28)


class TestFurtherCourses:
    def second(self, journey, **fields):
        trip = begun(journey, (SPLIT, AGAIN), **fields)
        first = trip.moment
        for _ in range(2):
            trip.wait(days=2)
            trip.infuse("P1", "B1")
        trip.complete_window("P1")
        trip.collect_again("P1", "B2")
        trip.make("B2")
        trip.release("B2")
        trip.deliver("B2")
        return trip, first

    @pytest.mark.parametrize(
        ("days", "code"), [(59, Code.ORDER_WRONG), (60, None), (120, None), (121, Code.ORDER_WRONG)]
    )
    def test_a_course_waits_for_its_interval_and_comes_before_it_is_too_late(self, journey, days, code):
        trip, first = self.second(journey)
        infusion = Instant(first.utc + timedelta(days=days), first.zone)
        trip.now = max(trip.now, infusion.utc - timedelta(days=5))
        trip.renew("P1")
        trip.watch_sentinels()
        assert codes(trip.ask(StartLymphodepletion("P1", "B2", infusion))) == ([] if code is None else [code])

    @pytest.mark.parametrize(
        ("ecog", "code"), [("1", None), ("2", Code.CRITERION_NOT_MET), ("unknown", Code.CRITERION_UNKNOWN)]
    )
    def test_its_criteria_are_judged_like_eligibility(self, journey, ecog, code):
        trip, first = self.second(journey)
        infusion = Instant(first.utc + timedelta(days=80), first.zone)
        trip.now = infusion.utc - timedelta(days=5)
        trip.renew("P1")
        trip.watch_sentinels()
        trip.do(RecordEvidence("P1", "ecog", ecog, "", trip.local("P1").local_date, "examination"))
        found = trip.ask(StartLymphodepletion("P1", "B2", infusion))
        assert codes(found) == ([] if code is None else [code])

    def test_it_has_its_own_lymphodepletion_and_its_own_window_where_the_protocol_says_so(self, journey):
        trip, first = self.second(journey, escalation__dlt__each_course=True)
        trip.now = first.utc + timedelta(days=75)
        trip.renew("P1")
        trip.check("P1")
        batch, when = "B2", Instant(first.utc + timedelta(days=80), first.zone)
        assert Code.LYMPHODEPLETION_MISSING in codes(trip.ask(BookInfusion("P1", batch, when)))
        trip.deplete("P1", batch, when)
        assert isinstance(trip.infuse("P1", batch), Accepted)
        subject = trip.state.subjects["P1"]
        assert [(one.opens, one.closes) for one in subject.later_windows] == [
            (trip.local("P1").local_date, trip.local("P1").local_date + timedelta(days=28))
        ]
        assert subject.dlt_window.evaluable is True

    def test_cells_in_all_are_limited(self, journey):
        trip, first = self.second(journey, dose__maximum_in_all=1.5e7)
        when = Instant(first.utc + timedelta(days=80), first.zone)
        trip.now = when.utc - timedelta(days=5)
        trip.renew("P1")
        trip.watch_sentinels()
        trip.deplete("P1", "B2", when)
        assert isinstance(trip.infuse("P1", "B2"), Accepted)
        trip = begun(journey, (SPLIT, AGAIN), dose__maximum_in_all=1.0e7)
        subject = trip.state.subjects["P1"]
        assert subject.infusions[0].delivered_cells == Decimal("6.0e6")


class Reference:
    """The plan written out as a flat list of administrations with dates, asked one by one: slow and obvious."""

    def __init__(self, courses):
        self.flat = []
        round_ = 0
        for course in courses:
            for _ in range(course.get("at_most", 1)):
                round_ += 1
                for index, one in enumerate(course["administrations"]):
                    self.flat.append((round_, index, one, course))

    def allowed(self, given, events, day):
        """given: days of the administrations so far; events: (onset, grade or None, ended or None); all in days from the first."""
        if len(given) == len(self.flat):
            return False
        round_, index, one, course = self.flat[len(given)]
        starts = {}
        for (number, _, _, _), when in zip(self.flat, given, strict=False):
            starts.setdefault(number, when)
        if index == 0:
            if round_ == 1:
                return True
            since = day - starts[round_ - 1]
            return 60 <= since <= 120
        begins, first, last = (
            starts[round_],
            one.get("day", 0) - one.get("early", 0),
            one.get("day", 0) + one.get("late", 0),
        )
        for rule in course.get("hold", ()):
            if rule.get("before", "next") not in {"next", one["id"]}:
                continue
            for onset, grade, ended in events:
                if not begins <= onset <= day or (grade if grade is not None else 5) < rule["grade_at_least"]:
                    continue
                if "until_grade" not in rule:
                    return False
                if ended is None or ended > day:
                    return False
                last = max(last, rule["latest_day"])
        return first <= day - begins <= last


def test_the_gate_agrees_with_the_plan_written_out_on_random_schedules(journey):
    """1,500 random schedules of up to five administrations and three events, judged by the list of planned administrations."""
    trip = begun(journey, (SPLIT, AGAIN))
    base = trip.state.subjects["P1"]
    at = base.infusions[0].at
    begins, chance, reference = trip.local("P1").local_date, random.Random(20261130), Reference((SPLIT, AGAIN))
    ecog = base.evidence["ecog"]
    verdicts = {True: 0, False: 0}
    for _ in range(1500):
        number = chance.choice([1, 1, 1, 2, 2, 3, 4, 5])
        given, day = [0], 0
        for index in range(1, number):
            day += chance.randint(1, 6) if index < 3 else chance.randint(30, 140)
            given.append(day)
        events = []
        for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
            onset = chance.randint(0, 8)
            ended = chance.choice([None, onset + chance.randint(0, 5)])
            events.append((onset, chance.choice([1, 1, 2, 2, 3, None]), ended))
        now = day + (chance.randint(0, 10) if number < 3 else chance.randint(40, 140))
        subject = base.changed(
            infusions=tuple(_infusion(reference, index, begins, when, at) for index, when in enumerate(given)),
            done=tuple(_place(reference, index) for index in range(number)),
            adverse_events=MappingProxyType({f"E{k}": _event(k, one, begins, at) for k, one in enumerate(events)}),
            evidence=MappingProxyType(
                {**base.evidence, "ecog": type(ecog)("P1", "ecog", "0", "", begins + timedelta(days=now), "x")}
            ),
        )
        moment = Instant(at.utc + timedelta(days=now), at.zone)
        act = Act(trip.state, subject, trip.state.sites[subject.site], trip.state.plan, moment)
        found, wanted = not list(check_course(act, moment)), reference.allowed(given, events, now)
        assert found is wanted, (given, events, now, list(check_course(act, moment)))
        verdicts[wanted] += 1
    assert min(verdicts.values()) > 150


def _place(reference, index):
    round_, _, one, course = reference.flat[index]
    return Given(round_, course["id"], one["id"])


def _infusion(reference, index, begins: date, when, at):
    moment = Instant(at.utc + timedelta(days=when), at.zone)
    return Infusion(index + 1, "B1", moment, 1, None, Decimal("1e6"), True, index, *_place(reference, index))


def _event(number, one, begins: date, at):
    onset, grade, ended = one
    graded = AdverseEventGraded("P1", f"E{number}", GradeSource.REPORTED, grade, "ASTCT-2019")
    return AdverseEvent(
        f"E{number}", "P1", "Cytokine release syndrome", "crs", begins + timedelta(days=onset), (), Relatedness.PROBABLE, True, at,
        grades=MappingProxyType({GradeSource.REPORTED: graded}),
        ended_on=None if ended is None else begins + timedelta(days=ended),
    )  # fmt: skip


def test_the_window_of_a_fraction_is_said(journey):
    trip = begun(journey)
    act = trip.act("P1")
    today = trip.local("P1").local_date
    assert window_of(act, due(act)) == (today + timedelta(days=2), today + timedelta(days=2))


BURDEN = {"id": "W-1", "kind": "inclusion", "concept": "target_antigen_positive_cells", "operator": ">", "value": 20, "unit": "%", "window": "60 d",
          "assessment": "Marrow", "source": "pathology", "text": {"en": "More than 20 %", "zh": "大于20%"}}  # fmt: skip
HIGH = {
    "id": "HIGH",
    "instead_of": "C1",
    "when": [BURDEN],
    "administrations": [{"id": "H1", "share": 0.05}, {"id": "H2", "day": 9, "share": 0.95}],
}


class TestCoursesToldApart:
    @pytest.mark.parametrize(
        ("seen", "course", "unclear"), [("30", "HIGH", 0), ("20", "C1", 0), ("unknown", "C1", 1), ("> 10", "C1", 1)]
    )
    def test_a_finding_chooses_the_course_and_nothing_is_chosen_while_it_is_not_known(
        self, journey, seen, course, unclear
    ):
        trip = journey({"treatment.courses": [HIGH, SPLIT]})
        trip.enrol("P1")
        trip.do(
            RecordEvidence("P1", "target_antigen_positive_cells", seen, "%", trip.local("P1").local_date, "pathology")
        )
        found = due(trip.act("P1"))
        assert (found.step.course.id, len(found.unclear)) == (course, unclear)

    def test_a_course_under_way_is_not_chosen_again(self, journey):
        trip = begun(journey, (HIGH, SPLIT))
        assert trip.state.subjects["P1"].done == (Given(1, "C1", "F1"),)
        trip.do(
            RecordEvidence("P1", "target_antigen_positive_cells", "90", "%", trip.local("P1").local_date, "pathology")
        )
        assert due(trip.act("P1")).step.planned.id == "F2"


LOW_COUNT = {"id": "S-1", "kind": "inclusion", "concept": "absolute_lymphocyte_count", "operator": "<", "value": 0.1, "unit": "10^9/L", "window": "3 d",
             "assessment": "Blood count", "source": "laboratory", "text": {"en": "Lymphocytes below 0.1", "zh": "淋巴细胞低于0.1"}}  # fmt: skip


class TestWithoutLymphodepletion:
    @pytest.mark.parametrize(
        ("count", "found"),
        [
            ("0.05", []),
            ("0.1", [Code.CRITERION_NOT_MET, Code.LYMPHODEPLETION_MISSING]),
            (None, [Code.CRITERION_UNKNOWN, Code.LYMPHODEPLETION_MISSING]),
        ],
    )
    def test_a_course_begins_without_it_only_where_the_protocol_says_when_and_it_is_known(self, journey, count, found):
        trip = journey({"treatment.lymphodepletion.skip_if": [LOW_COUNT]})
        trip.prepare("P1", "B1")
        trip.renew("P1")
        if count is not None:
            trip.do(
                RecordEvidence(
                    "P1", "absolute_lymphocyte_count", count, "10^9/L", trip.local("P1").local_date, "laboratory"
                )
            )
        when = Instant(trip.now + timedelta(days=1), "Asia/Shanghai")
        assert codes(trip.ask(BookInfusion("P1", "B1", when))) == found
        if not found:
            trip.now = when.utc
            answer = trip.infuse("P1", "B1")
            assert isinstance(answer, Accepted), codes(answer)
            assert trip.state.subjects["P1"].lymphodepletion is None
