"""C5: what the first subject of a level must have observed is part of the stagger gate (2.2.4-b)."""

from __future__ import annotations

from datetime import timedelta

from celltrial.conduct.acts.assessment.commands import RecordLaboratory
from celltrial.conduct.acts.subject.commands import RecordDeath, RecordEvidence, StartLymphodepletion
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.assessment.events import LaboratoryMeasured
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.core.values import Term, message

WATCHED = {
    "escalation.staggering.sentinel_assessments": [
        {"concept": "body_temperature", "days": [1, 2, 7]},
        {"concept": "ferritin", "days": [14], "early": 1},
        {"concept": "neurological_examination", "days": [28]},
    ]
}


def due_items(decision):
    assert isinstance(decision, Refused)
    assert {item.code for item in decision.conditions} == {Code.SENTINEL_DUE}
    assert {item.clause for item in decision.conditions} == {"2.2.4-b"}
    return [(item.about, item.needed) for item in decision.conditions]


def see(trip, name, concept, day, value="37.0"):
    infused = trip.state.subjects[name].infusions[0].at.local_date
    unit = {"body_temperature": "degC", "ferritin": "ug/L"}.get(concept, "")
    trip.do(RecordEvidence(name, concept, value, unit, infused + timedelta(days=day), "examination"))


def second_in_line(journey):
    """One subject infused; the next is ready, and the day has come on which lymphodepletion would begin."""
    trip = journey(WATCHED)
    trip.treat("P1", "B1")
    trip.prepare("P2", "B2")
    moment = trip.next_infusion("P2")
    trip.now = moment.utc - timedelta(days=5)
    trip.refresh("P2")
    return trip, moment


def test_lymphodepletion_waits_for_every_assessment_of_the_sentinel_due_by_then_and_names_each(journey):
    trip, moment = second_in_line(journey)
    start = StartLymphodepletion("P2", "B2", moment)
    first = [
        ("subject/P1", message("on_study_day", concept=Term("concept", "body_temperature"), day=day))
        for day in (1, 2, 7)
    ]
    assert due_items(trip.ask(start)) == [
        *first,
        ("subject/P1", message("on_study_day", concept=Term("concept", "ferritin"), day=14)),
    ]
    see(trip, "P1", "body_temperature", 1)
    see(trip, "P1", "body_temperature", 2, value="unknown")
    assert due_items(trip.ask(start)) == [
        *first[1:],
        ("subject/P1", message("on_study_day", concept=Term("concept", "ferritin"), day=14)),
    ]
    see(trip, "P1", "body_temperature", 3)
    see(trip, "P1", "body_temperature", 8)
    assert due_items(trip.ask(start)) == [
        ("subject/P1", message("on_study_day", concept=Term("concept", "ferritin"), day=14))
    ]
    taken = Instant(trip.state.subjects["P1"].infusions[0].at.utc + timedelta(days=13), "Asia/Shanghai")
    trip.do(RecordLaboratory(LaboratoryMeasured("P1", "ferritin", Measured.read(812), "ug/L")), at=taken)
    assert isinstance(trip.ask(start), Accepted)


def test_one_observation_serves_one_due_day(journey):
    trip, moment = second_in_line(journey)
    see(trip, "P1", "body_temperature", 8)
    needed = [said for _, said in due_items(trip.ask(StartLymphodepletion("P2", "B2", moment)))]
    assert needed == [
        message("on_study_day", concept=Term("concept", "body_temperature"), day=2),
        message("on_study_day", concept=Term("concept", "body_temperature"), day=7),
        message("on_study_day", concept=Term("concept", "ferritin"), day=14),
    ]


def test_the_infusion_waits_for_what_became_due_since(journey):
    trip, _ = second_in_line(journey)
    for day in (1, 2, 7):
        see(trip, "P1", "body_temperature", day)
    see(trip, "P1", "ferritin", 14)
    infusion = trip.deplete("P2", "B2")
    trip.refresh("P2")
    assert (infusion.utc - trip.state.subjects["P1"].infused_at.utc) >= timedelta(days=28)
    refused = trip.ask(trip.infusion("P2", "B2"))
    assert [item.needed for item in refused.conditions if item.code is Code.SENTINEL_DUE] == [
        message("on_study_day", concept=Term("concept", "neurological_examination"), day=28)
    ]
    assert isinstance(trip.infuse("P2", "B2"), Accepted)


def test_a_sentinel_who_died_needs_nothing_after_that_day(journey):
    trip, moment = second_in_line(journey)
    died = trip.state.subjects["P1"].infusions[0].at.local_date + timedelta(days=2)
    trip.do(RecordDeath("P1", died))
    needed = [said for _, said in due_items(trip.ask(StartLymphodepletion("P2", "B2", moment)))]
    assert needed == [
        message("on_study_day", concept=Term("concept", "body_temperature"), day=1),
        message("on_study_day", concept=Term("concept", "body_temperature"), day=2),
    ]


def test_who_follows_the_second_still_asks_after_the_first(journey):
    trip, _ = second_in_line(journey)
    trip.deplete("P2", "B2")
    trip.infuse("P2", "B2")
    trip.prepare("P3", "B3")
    moment = trip.next_infusion("P3")
    trip.now = moment.utc - timedelta(days=5)
    trip.refresh("P3")
    assert isinstance(trip.ask(StartLymphodepletion("P3", "B3", moment)), Accepted)
    assert not trip.state.subjects["P2"].observed
    assert fold(trip.events) == trip.state


def test_where_the_protocol_states_no_assessment_nothing_is_due(journey):
    trip = journey()
    trip.treat("P1", "B1")
    trip.prepare("P2", "B2")
    trip.deplete("P2", "B2")
    assert isinstance(trip.infuse("P2", "B2"), Accepted)
