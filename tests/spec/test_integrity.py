"""Data integrity over the whole of conduct: nothing is deleted or renamed, time and clock are on record, trials stay apart."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.assessment.commands import RecordConcomitantMedication
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import HaltTrial
from celltrial.conduct.acts.subject.commands import EnrolSubject, ScreenSubject
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.acts.trial.corrections import IDENTIFIERS
from celltrial.conduct.acts.tumour.commands import IdentifyLesion
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Draft, Precision, Request, Role
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven
from celltrial.conduct.facts.events import EVENTS
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.facts.subject.events import CellsInfused
from celltrial.conduct.facts.trial.corrections import CORRECTABLE
from celltrial.conduct.facts.tumour.events import LesionIdentified
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import QualityCause, Relatedness
from celltrial.core.dates import Instant
from celltrial.datasets import derive
from celltrial.ledger import Clock, Context, Entry, Journal, Ledger, open_ledger, verify
from celltrial.ledger.item_audit import item_audit

REMOVES = re.compile(r"(?i)delete|remove|rename|erase|purge|void|merge|overwrite|replace(?!ment)")
NOON = Instant(datetime(2025, 3, 1, 4, tzinfo=UTC), "Asia/Shanghai")


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def test_no_command_deletes_renames_or_voids():
    """No role has such a command, because there is none; nor is there a fact that says so."""
    assert not [name for name in (*COMMANDS, *EVENTS) if REMOVES.search(name)]
    assert set(ROLES) == set(COMMANDS.values())


def test_a_ledger_can_only_append_and_read():
    methods = {name for name, item in inspect.getmembers(Ledger) if not name.startswith("_") and callable(item)}
    assert methods == {"append", "read", "caused_by", "head", "trials", "lines", "close"}


@pytest.mark.parametrize("role", sorted(ROLES[CorrectFact]))
@pytest.mark.parametrize("field", sorted(IDENTIFIERS))
def test_an_identifier_is_not_corrected(journey, role, field):
    trip = journey()
    trip.do(ScreenSubject("P1", "S1", "ID-1"))
    refused = trip.ask(
        CorrectFact(trip.state.position, "subject/P1", field, "P1", "P2"), role=role, reason="typing error"
    )
    others = [Code.ROLE_NOT_ALLOWED] if role == Role.QUALITY_ASSURANCE else []
    assert codes(refused) == [*others, Code.VALUE_NOT_USABLE]
    assert not {name for _, name in CORRECTABLE} & IDENTIFIERS


def test_no_fact_takes_a_record_out_of_the_state(journey):
    """Over a whole subject's way, what is known once stays known."""
    trip = journey()
    trip.treat("P1", "B1")
    seen: dict[str, set[str]] = {}
    state = EMPTY
    for event in trip.events:
        state = evolve(state, event)
        for name in ("sites", "subjects", "batches", "cohorts", "identities", "accounts", "queries", "suspensions"):
            known = set(getattr(state, name))
            assert known >= seen.get(name, set()), (name, event.fact)
            seen[name] = known


@pytest.mark.parametrize("kind", ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_record_has_the_servers_time_the_sites_offset_and_the_clock(kind, request, tmp_path):
    where = {"memory": ":memory:", "sqlite": str(tmp_path / "t.db")}.get(kind)
    where = where or request.getfixturevalue("postgres_server").fresh()
    clock = Clock("ntp-synchronised host", lambda: datetime(2025, 3, 1, 5, tzinfo=UTC))
    with open_ledger(where, create=True, clock=clock) as ledger:
        entry = Entry("subject/P1", "subject.noted/1", {}, NOON)
        ledger.append("T", 0, [entry], Context(Actor("a", Role.INVESTIGATOR)))
        (record,) = ledger.read("T")
    assert (record.recorded, record.clock) == ("2025-03-01T05:00:00.000000Z", "ntp-synchronised host")
    assert record.happened.local.isoformat() == "2025-03-01T12:00:00+08:00"
    assert record.zone == "Asia/Shanghai"


def test_the_day_of_an_act_is_the_sites_in_whatever_zone_it_was_entered(journey):
    """An infusion half an hour after midnight in Shanghai, entered in UTC, is of the new day for conduct and tables alike."""
    infusion = Instant(datetime(2025, 2, 28, 16, 30, tzinfo=UTC), "UTC")
    trip = journey(start=infusion.utc - timedelta(days=40))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", infusion)
    trip.now = max(trip.now, infusion.utc)
    trip.check("P1")
    trip.do(trip.infusion("P1", "B1"), at=infusion)
    event = next(item for item in trip.events if isinstance(item.fact, CellsInfused))
    assert event.occurred == Instant(infusion.utc, "Asia/Shanghai")
    follow_up = trip.state.subjects["P1"].follow_up
    [subject] = derive(trip.events, trip.state.protocol).adsl.to_dicts()
    assert follow_up.starts == event.occurred.local_date == subject["infused_date"] == date(2025, 3, 1)


def test_a_bare_day_stays_the_day_that_was_written(journey):
    trip = journey(sites={"S1": "America/New_York"})
    day = Instant(datetime(2025, 1, 5, tzinfo=UTC), "UTC")
    request = Request(ScreenSubject("P1", "S1", "ID-1"), Actor("sc", Role.COORDINATOR), day, Precision.DAY)
    [draft] = decide(trip.state, request, now=trip.now).drafts
    assert draft.occurred.local_date == date(2025, 1, 5)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_trials_in_one_ledger_do_not_touch_each_other(kind, request, tmp_path, journey):
    """Same subject, same batch, same requests: accesses, halts and chains are each trial's own."""
    where = str(tmp_path / "t.db") if kind == "sqlite" else request.getfixturevalue("postgres_server").fresh()
    one, two = journey(), journey()
    for trip in (one, two):
        trip.treat("P1", "B1")
        trip.screen("P2")
    one.do(HaltTrial("h1", QualityCause.TRANSPORT, "B1"))
    two.do(GrantAccess("lead", "Lead", Role.SPONSOR), actor=Actor("lead", Role.SPONSOR, None, "Lead"), reason="set up")
    now = max(one.now, two.now)
    with open_ledger(where, create=True, clock=Clock("test", lambda: now)) as ledger:
        for name, trip in (("A", one), ("B", two)):
            journal = Journal(ledger, codec())
            for event in trip.events:
                draft = Draft(event.stream, event.fact, event.occurred, event.precision)
                journal.append(
                    name,
                    event.position - 1,
                    [draft],
                    actor=event.actor,
                    reason=event.reason,
                    cause=f"r{event.position}",
                )
        halted, guarded = (TrialSession(ledger, name, lambda: now, lambda _: None) for name in ("A", "B"))
        enrol = Request(EnrolSubject("P2", "C1"), Actor("pi", Role.INVESTIGATOR, "S1"), Instant(now), id="new")
        assert Code.HALTED in codes(halted.submit(enrol))
        refused = codes(guarded.submit(enrol))
        assert refused == [Code.ACCESS_NOT_GRANTED]
        assert (len(halted.state.halts), len(guarded.state.halts)) == (1, 0)
        assert (len(halted.state.accounts), len(guarded.state.accounts)) == (0, 1)
        for name, trip in (("A", one), ("B", two)):
            assert verify(ledger, name).holds
            assert ledger.head(name).position == trip.state.position
        assert ledger.trials() == ("A", "B")


def test_repeatable_records_have_a_history_each(journey):
    """Two adverse events, two medications and two lesions of one subject are six records, each item with its own first entry."""
    trip = journey()
    trip.enrol("P1")
    day = trip.moment.local_date
    for number in ("1", "2"):
        event = AdverseEventReported(
            "P1", f"AE-{number}", f"fever {number}", "", "", 1, "CTCAE 5.0", day, Precision.DAY, (),
            Relatedness.POSSIBLE, None, trip.moment,
        )  # fmt: skip
        trip.do(ReportAdverseEvent(event))
        given = ConcomitantMedicationGiven("P1", f"drug {number}", "fever", None, "", day, None)
        trip.do(RecordConcomitantMedication(given))
        trip.do(IdentifyLesion(LesionIdentified("P1", f"T{number}", True, "liver", day, Decimal(20))))
    with open_ledger(":memory:") as ledger:
        journal = Journal(ledger, codec())
        for event in trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T", event.position - 1, [draft], actor=event.actor)
        found = item_audit(ledger.read("T"), "P1")
    for prefix, field, values in (
        ("adverse_event/", "term", ["fever 1", "fever 2"]),
        ("concomitant_medication_given#", "medication", ["drug 1", "drug 2"]),
        ("lesion/", "lesion", ["T1", "T2"]),
    ):
        items = [item for item in found.items if item.record.startswith(prefix) and item.field == field]
        assert [item.changes[0].new for item in items] == values
        assert all(len(item.changes) == 1 and item.changes[0].old is None for item in items)
        assert len({item.record for item in items}) == 2
