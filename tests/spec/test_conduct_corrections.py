"""X1: a correction fits the event it names, keeps the value that stood, and moves everything that was counted from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.follow_up.commands import RecordFollowUpVisit
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import RecordDeath, RecordEvidence
from celltrial.conduct.acts.trial.commands import CorrectFact, VerifyValue
from celltrial.conduct.acts.tumour.commands import IdentifyLesion, MeasureLesion
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Draft, Precision, Request, Role
from celltrial.conduct.facts.batch.events import BatchReleased
from celltrial.conduct.facts.cohort.events import DltWindowOpened
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.follow_up.events import FollowUpItem, FollowUpRescheduled, FollowUpVisitRecorded
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.facts.tumour.events import LesionIdentified, LesionMeasured
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Answer, Relatedness
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.trial_data import CutKind, DataCut
from celltrial.ledger import Clock, Journal, open_ledger
from celltrial.ledger.item_audit import item_audit

INFUSED = "2025-03-01T02:00:00+00:00"
SITE = Actor("sc-S1", Role.COORDINATOR, "S1", "Coordinator of S1")


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def found(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def position_of(events, kind):
    return next(item.position for item in events if isinstance(item.fact, kind))


@pytest.fixture
def trip(journey):
    """A subject infused on 2025-03-01 at 10:00 in Shanghai, one adverse event."""
    infusion = Instant(parse_instant(INFUSED), "Asia/Shanghai")
    trip = journey(start=infusion.utc - timedelta(days=40))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", infusion)
    trip.infuse("P1", "B1")
    trip.wait(days=10)
    event = AdverseEventReported(
        "P1", "AE-1", "fever", "", "", 1, "CTCAE 5.0", date(2025, 3, 5), Precision.DAY, (),
        Relatedness.POSSIBLE, None, trip.moment,
    )  # fmt: skip
    trip.do(ReportAdverseEvent(event))
    return trip


def see(trip, name="M003", **answers):
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)
    trip.now = max(trip.now, datetime.combine(planned.due, trip.now.time(), UTC))
    items = tuple(FollowUpItem(item, answers.get(item.replace(" ", "_"), Answer.NO)) for item in planned.items)
    trip.do(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, planned.due, items)))


@pytest.fixture
def opened(trip, tmp_path):
    """Return a maker of a session on what the trip has recorded."""
    ledgers = []

    def make():
        ledger = open_ledger(tmp_path / "t.db", create=True, clock=Clock("test", lambda: trip.now))
        ledgers.append(ledger)
        journal = Journal(ledger, codec())
        for event in trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T", event.position - 1, [draft], actor=event.actor)
        return TrialSession(ledger, "T", lambda: trip.now, lambda _: None), journal

    yield make
    for ledger in ledgers:
        ledger.close()


def asked(trip, command, identifier="r1"):
    return Request(command, SITE, Instant(trip.now, "Asia/Shanghai"), reason="typing error", id=identifier)


# --- what a correction must fit --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "record", "field", "old", "new", "code"),
    [
        (AdverseEventReported, "adverse_event/AE-1", "onset", "2025-03-06", "2025-03-04", Code.OLD_VALUE_DIFFERS),
        (AdverseEventReported, "adverse_event/AE-1", "onset", "x", "2025-03-04", Code.OLD_VALUE_DIFFERS),
        (AdverseEventReported, "adverse_event/AE-1", "term", "Fever", "chills", Code.OLD_VALUE_DIFFERS),
        (AdverseEventReported, "adverse_event/AE-1", "colour", "red", "blue", Code.VALUE_NOT_USABLE),
        (AdverseEventReported, "adverse_event/AE-1", "grade", "1", "high", Code.VALUE_NOT_USABLE),
        (AdverseEventReported, "adverse_event/AE-1", "findings", "()", "(1,)", Code.VALUE_NOT_USABLE),
        (AdverseEventReported, "adverse_event/AE-1", "onset", "2025-03-05", "0001-01-01", Code.VALUE_NOT_USABLE),
        (
            AdverseEventReported,
            "adverse_event/AE-1",
            "occurred",
            INFUSED,
            "1066-10-14T09:00:00+00:00",
            Code.VALUE_NOT_USABLE,
        ),
        (AdverseEventReported, "infusion/P1", "occurred", INFUSED, "2025-03-02T02:00:00+00:00", Code.NOT_KNOWN),
        (AdverseEventReported, "adverse_event/AE-2", "term", "fever", "chills", Code.NOT_KNOWN),
        (AdverseEventReported, "something", "term", "fever", "chills", Code.NOT_KNOWN),
    ],
)
def test_a_correction_that_does_not_fit_its_event_is_refused(trip, opened, kind, record, field, old, new, code):
    """AC-X1.2: an old value that never stood would be kept for ever, and so would a field that no table can hold."""
    session, _ = opened()
    correction = CorrectFact(position_of(trip.events, kind), record, field, old, new)
    assert codes(session.submit(asked(trip, correction))) == [code]


def test_the_old_value_is_the_one_that_stands_after_earlier_corrections(trip, opened):
    """AC-X1.2."""
    session, journal = opened()
    at = position_of(trip.events, AdverseEventReported)
    first = CorrectFact(at, "adverse_event/AE-1", "term", "fever", "chills")
    assert isinstance(session.submit(asked(trip, first)), Accepted)
    again = CorrectFact(at, "adverse_event/AE-1", "term", "fever", "sepsis")
    assert codes(session.submit(asked(trip, again, "r2"))) == [Code.OLD_VALUE_DIFFERS]
    assert isinstance(session.submit(asked(trip, replace(again, old="chills"), "r2")), Accepted)
    events = cut_events(journal.events("T"), DataCut(CutKind.AS_KNOWN, None))
    assert [event.fact.term for event in events.of(AdverseEventReported)] == ["sepsis"]


def test_cells_of_a_released_batch_are_corrected_by_quality_assurance_and_reach_the_gates(journey):
    """AC-X1.2: the infusion gate counts with the corrected cells; a site cannot make its batch fit."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    given = replace(trip.infusion("P1", "B1"), delivered_cells=trip.state.batches["B1"].cells)
    at = position_of(trip.events, BatchReleased)
    known = trip.state.batches["B1"].cells
    correction = CorrectFact(at, f"record/{at}", "cells", str(known), "1E+3")
    for role in (Role.COORDINATOR, Role.INVESTIGATOR, Role.DATA_MANAGER):
        assert codes(trip.ask(correction, role=role, reason="typing error")) == [Code.ROLE_NOT_ALLOWED]
    for unusable in ("0", "-5", "NaN", "many"):
        wrong = replace(correction, new=unusable)
        assert codes(trip.ask(wrong, role=Role.QUALITY_ASSURANCE, reason="typing error")) == [Code.VALUE_NOT_USABLE]
    trip.do(correction, role=Role.QUALITY_ASSURANCE, reason="typing error")
    assert trip.state.batches["B1"].cells == Decimal(1000)
    assert Code.DOSE_EXCEEDS_BATCH in codes(trip.ask(given))
    other = CorrectFact(at - 1, f"record/{at - 1}", "x", "1", "2")
    assert Code.ROLE_NOT_ALLOWED in codes(trip.ask(other, role=Role.QUALITY_ASSURANCE, reason="typing error"))


def test_a_correction_asked_for_twice_under_one_identifier_is_made_once(trip, opened):
    session, _ = opened()
    at = position_of(trip.events, AdverseEventReported)
    request = asked(trip, CorrectFact(at, "adverse_event/AE-1", "term", "fever", "chills"))
    first = session.submit(request)
    position = session.state.position
    assert session.submit(request) == first
    assert session.state.position == position
    with pytest.raises(UserError) as caught:
        session.submit(replace(request, command=replace(request.command, new="sepsis")))
    assert [item.id for item in caught.value.faults] == ["LDG-011"]


def test_a_corrected_answer_stands_beside_its_first_entry_and_in_the_tables(trip, opened):
    see(trip, new_malignancy=Answer.UNKNOWN, infection=Answer.YES)
    session, journal = opened()
    at = position_of(trip.events, FollowUpVisitRecorded)
    wrong = CorrectFact(at, "follow_up_item/P1/M003/infection", "answer", "unknown", "no")
    assert codes(session.submit(asked(trip, wrong))) == [Code.OLD_VALUE_DIFFERS]
    right = CorrectFact(at, "follow_up_item/P1/M003/new malignancy", "answer", "unknown", "no")
    assert isinstance(session.submit(asked(trip, right)), Accepted)
    [visit] = cut_events(journal.events("T"), DataCut(CutKind.AS_KNOWN, None)).of(FollowUpVisitRecorded)
    answers = {item.item: item.answer for item in visit.fact.items}
    assert (answers["new malignancy"], answers["infection"]) == (Answer.NO, Answer.YES)
    histories = item_audit(journal.ledger.read("T"), "P1").items
    index = [item.item for item in visit.fact.items].index("new malignancy")
    [found] = [item for item in histories if item.field == f"items.{index}.answer"]
    assert [(item.old, item.new, item.reason) for item in found.changes] == [
        (None, "unknown", ""),
        ("unknown", "no", "typing error"),
    ]
    assert not [item for item in histories if item.field == "answer"]


def test_a_diameter_put_in_for_too_small_is_measured_in_the_tables_too(trip, opened):
    day = trip.moment.local_date
    trip.do(IdentifyLesion(LesionIdentified("P1", "T1", True, "liver", day, Decimal(20))))
    trip.do(MeasureLesion(LesionMeasured("P1", "T1", "V1", day, None, too_small=True)))
    session, journal = opened()
    at = position_of(trip.events, LesionMeasured)
    correction = CorrectFact(at, "lesion/P1/T1/V1", "diameter_mm", "", "12")
    assert isinstance(session.submit(asked(trip, correction)), Accepted)
    [measured] = cut_events(journal.events("T"), DataCut(CutKind.AS_KNOWN, None)).of(LesionMeasured)
    assert (measured.fact.diameter_mm, measured.fact.too_small) == (Decimal(12), False)
    assert session.state.tumours["P1"].measures["", "V1", "T1"] == measured.fact


def test_an_older_observation_put_right_does_not_change_the_one_that_stands(trip):
    """A gate asks about the latest observation; the correction of an earlier one must not take its place."""
    first = trip.state.subjects["P1"].evidence["serum_creatinine"]
    at = trip.state.subjects["P1"].evidence_at["serum_creatinine"]
    later = RecordEvidence("P1", first.concept, "0.75", first.unit, trip.moment.local_date, "chart")
    trip.do(later)
    standing = trip.state.subjects["P1"].evidence["serum_creatinine"]
    assert isinstance(correct(trip, "evidence/P1/serum_creatinine", "value", "20", at, first.value), Accepted)
    assert trip.state.subjects["P1"].evidence["serum_creatinine"] == standing
    now = trip.state.subjects["P1"].evidence_at["serum_creatinine"]
    correct(trip, "evidence/P1/serum_creatinine", "value", "0.8", now, "0.75")
    assert trip.state.subjects["P1"].evidence["serum_creatinine"].value == "0.8"


# --- order in time ---------------------------------------------------------------------------------------------------


def correct(trip, record, field, new, position=0, old="x"):
    at = position or trip.state.subjects["P1"].infusions[-1].position
    return trip.ask(CorrectFact(at, record, field, old, new), reason="source checked")


@pytest.mark.parametrize(
    ("record", "field", "new", "code"),
    [
        ("infusion/P1", "occurred", "2035-03-01T02:00:00+00:00", Code.TIME_IN_FUTURE),
        ("infusion/P1", "occurred", "2024-03-01T02:00:00+00:00", Code.ORDER_WRONG),
        ("infusion/P1", "occurred", "0001-01-01T00:00:00+14:00", Code.VALUE_NOT_USABLE),
        ("adverse_event/AE-1", "onset", "2035-03-05", Code.TIME_IN_FUTURE),
    ],
)
def test_a_corrected_moment_is_as_little_out_of_order_as_a_first_entry(trip, record, field, new, code):
    assert codes(correct(trip, record, field, new)) == [code]


def test_a_corrected_death_is_neither_ahead_nor_before_the_cells(trip):
    assert codes(correct(trip, "death/P1", "died_on", "2025-03-04")) == [Code.NOT_KNOWN]
    trip.do(RecordDeath("P1", date(2025, 3, 10)))
    assert codes(correct(trip, "death/P1", "died_on", "2025-03-20")) == [Code.TIME_IN_FUTURE]
    assert codes(correct(trip, "death/P1", "died_on", "2025-02-28")) == [Code.ORDER_WRONG]
    assert codes(correct(trip, "infusion/P1", "occurred", "2025-03-11T01:00:00+00:00")) == [Code.ORDER_WRONG]
    assert isinstance(correct(trip, "death/P1", "died_on", "2025-03-09"), Accepted)


def test_a_correction_in_an_older_ledger_is_read_as_it_was(trip):
    """What an earlier version accepted still folds: the death of a subject who had not died."""
    told = trip.event(FactCorrected(1, "death/P1", "died_on", "", "2025-03-09"))
    assert evolve(trip.state, told).subjects["P1"].died_on == date(2025, 3, 9)


# --- what was counted from it ----------------------------------------------------------------------------------------


def test_a_corrected_infusion_moves_follow_up_and_never_makes_it_a_day_short(trip):
    """3.1-d: 15 years from the day that was the right one; what was done of the schedule stays done."""
    see(trip, "M003")
    done = correct(trip, "infusion/P1", "occurred", "2025-03-05T02:00:00+00:00")
    [schedule] = found(done, FollowUpRescheduled)
    assert (schedule.previous_end, schedule.starts, schedule.ends) == (
        date(2040, 3, 1),
        date(2025, 3, 5),
        date(2040, 3, 5),
    )
    assert trip.state.subjects["P1"].follow_up.done == ("M003",)
    back = correct(trip, "infusion/P1", "occurred", "2025-02-27T02:00:00+00:00")
    assert found(back, FollowUpRescheduled)[0].ends == date(2040, 3, 5)


def test_a_correction_within_the_sites_day_moves_nothing(trip):
    done = correct(trip, "infusion/P1", "occurred", "2025-03-01T15:59:00+00:00")
    assert not found(done, FollowUpRescheduled)
    over_midnight = correct(trip, "infusion/P1", "occurred", "2025-03-01T16:00:00+00:00")
    assert found(over_midnight, FollowUpRescheduled)[0].starts == date(2025, 3, 2)


def test_a_corrected_infusion_moves_an_open_dlt_window_and_leaves_a_closed_one(trip):
    done = correct(trip, "infusion/P1", "occurred", "2025-03-03T02:00:00+00:00")
    window = trip.state.subjects["P1"].dlt_window
    assert [(item.opens, item.closes) for item in found(done, DltWindowOpened)] == [(window.opens, window.closes)]
    assert (window.opens, window.closes) == (date(2025, 3, 3), date(2025, 3, 31))
    trip.complete_window("P1")
    judged = trip.state.subjects["P1"].dlt_window
    again = correct(trip, "infusion/P1", "occurred", "2025-03-02T02:00:00+00:00")
    assert not found(again, DltWindowOpened)
    assert trip.state.subjects["P1"].dlt_window == judged


def test_the_infusion_that_is_corrected_is_the_one_named_by_its_position(journey):
    first = Instant(parse_instant(INFUSED), "Asia/Shanghai")
    again = Instant(parse_instant("2026-01-10T02:00:00+00:00"), "Asia/Shanghai")
    trip = journey({"dose.repeat": {"doses": 2, "interval": "90 d"}}, start=first.utc - timedelta(days=40))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", first)
    trip.infuse("P1", "B1")
    trip.complete_window("P1")
    trip.now = again.utc - timedelta(days=60)
    trip.collect_again("P1", "B2")
    for step in (trip.make, trip.release, trip.deliver):
        step("B2")
    trip.deplete("P1", "B2", again)
    trip.infuse("P1", "B2")
    positions = [item.position for item in trip.state.subjects["P1"].infusions]
    correct(trip, "infusion/P1", "occurred", "2025-03-01T05:00:00+00:00", positions[0])
    moments = [item.at.utc.isoformat() for item in trip.state.subjects["P1"].infusions]
    assert moments == ["2025-03-01T05:00:00+00:00", "2026-01-10T02:00:00+00:00"]
    late = correct(trip, "infusion/P1", "occurred", "2026-01-11T02:00:00+00:00", positions[0])
    assert codes(late) == [Code.ORDER_WRONG]
    assert trip.state.subjects["P1"].follow_up.starts == date(2026, 1, 10)


# --- what a monitor holds against its source ---------------------------------------------------------------------------

MONITOR = Actor("cra", Role.MONITOR, None, "Monitor")


def test_a_monitor_verifies_the_value_that_stands_and_it_is_shown_beside_the_item(trip, opened):
    """Site design, section 9.9: a later correction is not verified by an earlier look."""
    session, journal = opened()
    at = position_of(trip.events, AdverseEventReported)

    def verify(value, identifier, **changes):
        command = replace(VerifyValue(at, "adverse_event/AE-1", "term", value, "chart of 5 March"), **changes)
        moment = Instant(trip.now, "Asia/Shanghai")
        return session.submit(Request(command, MONITOR, moment, id=identifier))

    assert codes(verify("chills", "v1")) == [Code.OLD_VALUE_DIFFERS]
    assert codes(verify("fever", "v2", record="adverse_event/AE-2")) == [Code.NOT_KNOWN]
    assert codes(verify("fever", "v3", field="colour")) == [Code.VALUE_NOT_USABLE]
    assert codes(verify("fever", "v4", source=" ")) == [Code.VALUE_NOT_USABLE]
    assert codes(verify("fever", "v5", position=10_000)) == [Code.NOT_KNOWN]
    assert isinstance(verify("fever", "v6"), Accepted)
    request = Request(VerifyValue(at, "adverse_event/AE-1", "term", "fever", "x"), SITE, Instant(trip.now), id="v7")
    assert codes(session.submit(request)) == [Code.ROLE_NOT_ALLOWED]
    correction = CorrectFact(at, "adverse_event/AE-1", "term", "fever", "chills")
    assert isinstance(session.submit(asked(trip, correction)), Accepted)
    assert codes(verify("fever", "v8")) == [Code.OLD_VALUE_DIFFERS]
    audit = item_audit(journal.ledger.read("T"), "P1", item="term")
    [note] = [item for item in audit.notes if item.kind == "verified"]
    assert (note.about, str(note.steps[0].text), note.steps[0].account) == (
        "adverse_event/AE-1.term", "fever = chart of 5 March", "cra",
    )  # fmt: skip
    [history] = [item for item in audit.items if item.field == "term"]
    assert note.note in history.notes
    assert history.changes[-1].position > note.steps[0].position, "what was corrected afterwards is not verified"


def test_a_change_after_a_verification_makes_its_mark_void_and_says_which(trip, opened):
    """Section 9.9: the mark stands for one value, and what came after it is named."""
    session, journal = opened()
    at = position_of(trip.events, AdverseEventReported)

    def mark(name):
        items = item_audit(journal.ledger.read("T"), "P1", item="AE-1").items
        return next(item.mark for item in items if item.record == "adverse_event/AE-1" and item.field == name)

    def verify(value, identifier):
        command = VerifyValue(at, "adverse_event/AE-1", "term", value, "chart of 5 March")
        return session.submit(Request(command, MONITOR, Instant(trip.now, "Asia/Shanghai"), id=identifier))

    assert mark("term") is None
    assert isinstance(verify("fever", "m1"), Accepted)
    first = mark("term")
    assert (first.stands, first.value, first.source, first.account) == (True, "fever", "chart of 5 March", "cra")
    assert mark("onset") is None, "another field of the record"
    correction = CorrectFact(at, "adverse_event/AE-1", "term", "fever", "chills")
    assert isinstance(session.submit(asked(trip, correction)), Accepted)
    void = mark("term")
    assert (void.stands, void.value, void.voided_by) == (False, "fever", session.state.position)
    assert isinstance(verify("chills", "m2"), Accepted)
    assert mark("term").stands, "verified anew"
