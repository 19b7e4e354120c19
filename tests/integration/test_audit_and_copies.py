"""The trail beside a data point, copies that leave a ledger, and what a blinded role receives from every handler."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rehearsal import Journey, with_fields

from celltrial.app.acting import act, standing
from celltrial.app.auditing import audit_data, audit_subject, export_trail, record_items
from celltrial.app.data_sets import make_data_sets, write_data_sets
from celltrial.app.file_formats import FileFormat
from celltrial.app.files import SUMS
from celltrial.app.reading_once import read_whole
from celltrial.app.reporting import data_cut, make_report, write_report
from celltrial.app.session import codec
from celltrial.app.submitting import make_submission
from celltrial.conduct.acts.account.blinding import ARM_FIELDS, PRODUCT_FIELDS, without_closed
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.roles import BLINDED
from celltrial.conduct.acts.safety.commands import AnswerQuery, OpenQuery, ReassessAdverseEvent, ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import RandomiseSubject
from celltrial.conduct.acts.trial.commands import CorrectFact, RecordDeviation
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Draft, Precision, Role
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from celltrial.conduct.facts.events import EVENTS
from celltrial.conduct.facts.safety.events import (
    AdverseEventReassessed,
    AdverseEventReported,
    QueryAnswered,
    QueryOpened,
)
from celltrial.conduct.facts.subject.events import ConsentSigned
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Persons, Relatedness
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.values import Identifier
from celltrial.ledger import Clock, Journal, Meaning, open_ledger, sign
from celltrial.ledger.audit import AsStored
from celltrial.protocol import read_protocol
from celltrial.protocol.templates import template_text

ARM = "ARM-SECRET-A"
BLIND = {"trial.blinding": {"level": "double", "unblinded_roles": {}}}
READER = Actor("inspector", Role.AUDITOR, None, "Inspector Office")


def stored(trip: Journey, where) -> None:
    """Write a rehearsal into a ledger, record by record as it happened."""
    moments = iter(event.recorded for event in trip.events)
    with open_ledger(where, create=True, clock=Clock("rehearsal", lambda: next(moments))) as ledger:
        journal = Journal(ledger, codec())
        for event in trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T-1", event.position - 1, [draft], actor=event.actor, reason=event.reason)


def adverse_event(trip: Journey) -> AdverseEventReported:
    return AdverseEventReported(
        "P1", "AE-1", "fever", "", "", 2, "CTCAE 5.0", date(2025, 1, 6), Precision.DAY, (), Relatedness.POSSIBLE, None,
        trip.moment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trip():
    """A blinded trial with one randomised subject, an adverse event that was corrected, and a query about it."""
    plan = {"comparator": "active", "randomisation": {"method": "permuted_blocks", "point": "before_collection"}}
    protocol = with_fields(read_protocol(template_text("car-t-escalation"), "p.yaml"), {**BLIND, "confirmatory": plan})
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(protocol, {"S1": "Asia/Shanghai"})
    trip.enrol("P1")
    trip.do(RandomiseSubject("P1", ARM, "S1", "R-001"), role=Role.SYSTEM)
    site = Actor("sc", Role.COORDINATOR, "S1", "Ward Office")
    trip.do(ReportAdverseEvent(adverse_event(trip)), actor=site)
    trip.wait(hours=3)
    reassessed = AdverseEventReassessed("P1", "AE-1", Relatedness.UNRELATED, (), None)
    trip.do(ReassessAdverseEvent(reassessed), role=Role.MEDICAL_MONITOR, reason="viral swab positive")
    at = next(e.position for e in trip.events if isinstance(e.fact, AdverseEventReported))
    query = QueryOpened("q1", "adverse_event/AE-1", "CND-451", Identifier("onset before consent?"))
    trip.do(OpenQuery(query), role=Role.DATA_MANAGER)
    trip.do(AnswerQuery(QueryAnswered("q1", "typing error")), actor=site)
    correction = CorrectFact(at, "adverse_event/AE-1", "onset", "2025-01-06", "2025-01-05")
    trip.do(correction, actor=site, reason="typing error")
    trip.do(RecordDeviation("d1", "subject/P1", "CND-401", "visit two days late"))
    return trip


@pytest.fixture
def where(trip, tmp_path):
    stored(trip, tmp_path / "t.db")
    return str(tmp_path / "t.db")


def history(answer, record, field):
    return next(item for item in answer.audit.items if item.record.startswith(record) and item.field == field)


def test_every_item_shows_old_new_who_when_why_from_the_first_entry_on(where):
    answer = audit_subject(where, None, "P1", reader=READER)
    onset = history(answer, "adverse_event/AE-1", "onset")
    first, corrected = onset.changes
    assert (first.old, first.new, first.corrects, first.reason) == (None, "2025-01-06", False, "")
    assert (corrected.old, corrected.new, corrected.corrects) == ("2025-01-06", "2025-01-05", True)
    assert (corrected.account, corrected.printed_name, corrected.role, corrected.site) == (
        "sc",
        "Ward Office",
        "coordinator",
        "S1",
    )
    assert corrected.reason == "typing error"
    assert first.occurred == "2025-01-06T10:00:00+08:00 Asia/Shanghai", "the site's local time with its offset"
    assert first.recorded == "2025-01-06T02:00:00.000000Z", "the server's time in UTC"
    assert first.clock == "rehearsal", "the clock's source is on record"
    related = history(answer, "adverse_event/AE-1", "relatedness")
    assert [(item.old, item.new) for item in related.changes] == [(None, "possible"), ("possible", "unrelated")]
    assert related.changes[1].reason == "viral swab positive"


def test_the_first_entry_of_every_fact_of_a_subject_is_there(where, trip):
    answer = audit_subject(where, None, "P1", reader=READER)
    told = {change.position for item in answer.audit.items for change in item.changes}
    of_subject = {event.position for event in trip.events if event.stream == "subject/P1"}
    queries = {e.position for e in trip.events if type(e.fact).__name__.startswith("Query")}
    assert of_subject - queries <= told


def test_queries_and_discrepancy_notes_stand_beside_their_record(where):
    answer = audit_subject(where, None, "P1", reader=READER)
    assert history(answer, "adverse_event/AE-1", "onset").notes == ("query/q1",)
    query, deviation = answer.audit.notes
    assert [(step.step, str(step.text)) for step in query.steps] == [
        ("safety.query_opened", "onset before consent?"), ("safety.query_answered", "typing error"),
    ]  # fmt: skip
    assert (deviation.about, str(deviation.steps[0].text)) == ("subject/P1", "visit two days late")


def test_an_item_is_asked_for_by_its_record_or_field(where):
    answer = audit_subject(where, None, "P1", item="onset", reader=READER)
    assert {item.field for item in answer.audit.items} == {"onset", "onset_precision"}
    with pytest.raises(UserError) as caught:
        audit_subject(where, None, "P9", reader=READER)
    assert caught.value.faults[0].id == "APP-081"


def test_a_signature_stands_at_its_value_and_is_superseded_not_removed(where, trip):
    at = next(e.position for e in trip.events if isinstance(e.fact, AdverseEventReported))
    with open_ledger(where) as ledger:
        sign(ledger, "T-1", actor=READER, meaning=Meaning.REVIEW, occurred=Instant(trip.now), positions=[at])
    onset = history(audit_subject(where, None, "P1", reader=READER), "adverse_event/AE-1", "onset")
    assert [change.signed_by for change in onset.changes] == [(1,), ()]


def test_the_same_data_cut_rendered_twice_is_the_same_to_the_byte(where, tmp_path, trip):
    """AC-C10.1: whatever was recorded since, the copies of the report included."""
    cut = trip.events[len(trip.events) // 2].recorded.isoformat()
    before = [tmp_path / "first.html", tmp_path / "second.html"]
    for out in before:
        assert isinstance(write_report(where, out, "en", as_known=cut, reader=READER), Accepted)
    assert before[0].read_bytes() == before[1].read_bytes()
    later = tmp_path / "later.html"
    write_report(where, later, "en", as_known=trip.events[-1].recorded.isoformat(), reader=READER)
    assert later.read_bytes() != before[0].read_bytes()


def test_a_copy_is_on_record_with_who_took_what_and_its_hash(where, tmp_path, trip):
    out = tmp_path / "r.html"
    decision = write_report(where, out, "en", reader=READER)
    assert isinstance(decision, Accepted)
    exported = export_trail(where, None, tmp_path, Actor("dsmb", Role.SAFETY_BOARD), AsStored())
    answer = audit_subject(where, None, "P1", reader=READER)
    record_items(where, answer, READER, "text")
    with open_ledger(where) as ledger:
        events = list(Journal(ledger, codec()).events("T-1"))[trip.state.position :]
    kinds = [event.fact.kind for event in events]
    assert kinds == [CopyKind.REPORT, CopyKind.AUDIT_TRAIL, CopyKind.ITEM_HISTORY]
    assert events[0].fact.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert events[0].actor == READER
    assert events[0].fact.position == trip.state.position
    assert exported.export.records == trip.state.position + 2, "the exported trail shows its own export"


def test_an_exported_trail_verifies_with_nothing_but_python(where, tmp_path):
    made = export_trail(where, None, tmp_path, Actor("dsmb", Role.SAFETY_BOARD), AsStored()).export
    run = subprocess.run(
        [sys.executable, "-I", "-S", made.verifier, made.lines, made.head],
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["records"] == made.records


def test_a_trial_that_keeps_accesses_hands_out_nothing_nameless(trip, tmp_path):
    protocol = trip.state.protocol
    guarded = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    guarded.open_trial(protocol, {"S1": "Asia/Shanghai"})
    guarded.do(GrantAccess("lead", "Lead", Role.SPONSOR), actor=Actor("lead", Role.SPONSOR, None, "Lead"), reason="x")
    stored(guarded, tmp_path / "g.db")
    where, out = str(tmp_path / "g.db"), tmp_path / "r.html"
    for hand_out in (
        lambda: write_report(where, out, "en"),
        lambda: export_trail(where, None, tmp_path, None, AsStored()),
        lambda: audit_subject(where, None, "P1"),
    ):
        with pytest.raises(UserError) as caught:
            hand_out()
        assert caught.value.faults[0].id == "APP-080"
    refused = write_report(where, out, "en", reader=READER)
    assert isinstance(refused, Refused)
    assert [item.code for item in refused.conditions] == [Code.ACCESS_NOT_GRANTED]
    assert not out.exists()


READS = {
    "status": lambda where, reader, folder: repr(standing(where, None, "2025-02-01T00:00:00Z", "UTC", reader)),
    "report": lambda where, reader, folder: repr(make_report(where, None, data_cut(None, None), reader=reader)),
    "audit": lambda where, reader, folder: json.dumps(audit_data(audit_subject(where, None, "P1", reader=reader))),
    "data sets": lambda where, reader, folder: str(make_data_sets(where, "T-1", data_cut(None, None), reader).files),
    "sdtm": lambda where, reader, folder: str(
        make_submission(read_whole(where, "T-1"), data_cut(None, None), reader, FileFormat.CSV, "en").files
    ),
    "export": lambda where, reader, folder: str(export_trail(where, None, folder, reader, AsStored()).export and ARM),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_no_handler_hands_an_arm_to_a_blinded_role(where, tmp_path, read, role):
    text = READS[read](where, Actor(f"{role}-1", role), tmp_path)
    if role in BLINDED["double"]:
        assert ARM not in text
    elif read != "report":  # the report has no table of arms
        assert ARM in text


def test_a_blinded_role_is_refused_the_whole_trail_with_the_reason(where, tmp_path):
    answer = export_trail(where, None, tmp_path, Actor("pi", Role.INVESTIGATOR, "S1"), AsStored())
    assert answer.export is None
    assert [item.code for item in answer.decision.conditions] == [Code.CLOSED_DATA]
    assert not list(tmp_path.glob("*.jsonl"))


def test_every_fact_with_an_arm_is_in_the_table_of_what_is_hidden(trip):
    held = {kind for kind in EVENTS.values() if "arm" in kind.__dataclass_fields__}
    assert held == set(ARM_FIELDS)
    closed = {kind for kind in EVENTS.values() if set(PRODUCT_FIELDS.get(kind, ())) <= set(kind.__dataclass_fields__)}
    assert set(PRODUCT_FIELDS) <= closed
    assert ARM in repr(trip.events)
    assert ARM not in repr(list(without_closed(trip.events, Role.SPONSOR)))


def test_a_copy_kind_is_part_of_the_stored_form():
    assert {kind.value for kind in CopyKind} == {
        "report",
        "audit_trail",
        "item_history",
        "data_sets",
        "print",
        "case_report",
        "document",
    }
    assert CopyMade(CopyKind.PRINT, "trial", 1, "x", arms_shown=False).kind == "print"


def made_copies(where):
    with open_ledger(where) as ledger:
        return [event for event in Journal(ledger, codec()).events("T-1") if isinstance(event.fact, CopyMade)]


def test_data_sets_are_on_record_with_who_took_them_the_cut_and_a_hash_that_anybody_can_check(where, trip, tmp_path):
    cut, folder = trip.events[-2].recorded.isoformat(), tmp_path / "tables"
    answer = write_data_sets(where, folder, as_known=cut, reader=READER)
    (copy,) = made_copies(where)
    assert (copy.actor, copy.fact.kind, copy.fact.about) == (READER, CopyKind.DATA_SETS, "trial")
    assert (copy.fact.cut, copy.fact.arms_shown) == (f"as_known {cut}", True)
    assert copy.fact.position == sum(event.recorded <= trip.events[-2].recorded for event in trip.events)
    assert copy.fact.sha256 == hashlib.sha256((folder / SUMS).read_bytes()).hexdigest() == answer.made.sha256
    listed = dict(reversed(line.split("  ")) for line in (folder / SUMS).read_text().splitlines())
    assert set(listed) | {SUMS} == {path.name for path in folder.iterdir()}
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert ARM in (folder / "adsl.csv").read_text()
    about = json.loads((folder / "about.json").read_text())
    assert (about["position"], about["blinded"]) == (copy.fact.position, False)


def test_a_blinded_role_takes_blinded_data_sets_and_that_is_on_record(where, tmp_path):
    statistician = Actor("bs", Role.STATISTICIAN, None, "Statistics Office")
    answer = write_data_sets(where, tmp_path / "tables", reader=statistician)
    assert answer.made.blinded
    assert not [path for path in (tmp_path / "tables").iterdir() if ARM in path.read_text()]
    assert "***" in (tmp_path / "tables" / "adsl.csv").read_text()
    (copy,) = made_copies(where)
    assert (copy.actor, copy.fact.arms_shown, copy.fact.arms_of) == (statistician, False, ())


def test_data_sets_that_may_not_be_taken_leave_nothing_behind(where, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    with pytest.raises(UserError) as caught:
        write_data_sets(where, folder, reader=READER)
    assert caught.value.faults[0].id == "APP-004"
    assert made_copies(where) == []
    beyond = write_data_sets(where, tmp_path / "early", as_known="2024-01-01T00:00:00Z", reader=READER)
    assert isinstance(beyond.decision, Refused)
    assert {path.name for path in tmp_path.iterdir()} <= {"t.db", "tables"}


def test_the_command_line_writes_data_sets_and_says_whether_they_are_blinded(celltrial, where, tmp_path):
    code, out, err = celltrial("datasets", where, "--out", tmp_path / "a", "--as", "auditor", "--account", "i")
    assert (code, err) == (0, "")
    assert made_copies(where)[-1].fact.sha256 in out
    words = ("--as", "statistician", "--account", "bs", "--lang", "zh")
    code, out, _ = celltrial("datasets", where, "--out", tmp_path / "b", *words)
    assert code == 0
    assert "设盲副本" in out
    code, _, err = celltrial("datasets", where, "--out", tmp_path / "c", "--as", "auditor")
    assert (code, err[:7], (tmp_path / "c").exists()) == (2, "APP-080", False)


def test_the_command_line_shows_and_writes_the_trail(celltrial, where, tmp_path):
    who = ("--as", "auditor", "--account", "inspector", "--name", "Inspector Office")
    code, out, _ = celltrial("audit", where, "--subject", "P1", "--item", "onset", *who)
    assert code == 0
    assert "2025-01-06 -> 2025-01-05" in out
    assert "query q1  adverse event AE-1" in out
    code, out, _ = celltrial("audit", where, "--subject", "P1", "--json", *who)
    assert code == 0
    assert json.loads(out)["subject"] == "P1"
    code, _, err = celltrial("audit", where, "--subject", "P1", "--as", "auditor")
    assert (code, err[:7]) == (2, "APP-080")
    board = ("--as", "safety_board", "--account", "b")
    assert celltrial("audit", "export", where, "--out", tmp_path, *board)[0] == 0
    code, out, _ = celltrial(
        "audit", "export", where, "--out", tmp_path, "--as", "sponsor", "--account", "s", "--lang", "zh"
    )
    assert code == 1
    assert "CND-123" in out
    assert celltrial("verify", where)[0] == 0


def test_a_review_of_the_trail_is_recorded_from_the_command_line(celltrial, where, trip):
    fields = json.dumps(
        {"review": "r1", "about": "subject/P1", "position": trip.state.position, "outcome": "none open"}
    )
    code, out, _ = celltrial(
        "act",
        where,
        "ReviewAuditTrail",
        "--trial",
        "T-1",
        "--as",
        "auditor",
        "--account",
        "i",
        "--fields",
        fields,
        "--json",
    )
    assert code == 0
    assert json.loads(out)["facts"] == ["account.audit_trail_reviewed/1"]


def test_a_running_trial_hands_out_nothing_nameless(celltrial, tmp_path):
    ledger = tmp_path / "run.db"
    fields = json.dumps({"trial": "T-1", "title": "A trial", "sponsor": ""})
    who = ("--trial", "T-1", "--as", "sponsor", "--account", "lead")
    assert celltrial("act", ledger, "RegisterTrial", *who, "--fields", fields, "--create", "--rehearsal")[0] == 0
    code, _, err = celltrial("audit", "export", ledger, "--out", tmp_path)
    assert (code, err[:7]) == (2, "APP-080")
    taker = ("--as", "sponsor", "--account", "lead")
    (tmp_path / "taken").write_text("a file")
    for place, found in (
        (tmp_path / "taken", "APP-004"),
        (tmp_path / "no" / "such", "APP-001"),
    ):  # nothing is on record
        code, _, err = celltrial("audit", "export", ledger, "--out", place, *taker)
        assert (code, err[:7]) == (2, found)
        assert json.loads(celltrial("status", ledger, "--json")[1])["position"] == 1
    assert celltrial("audit", "export", ledger, "--out", tmp_path / "new", *taker)[0] == 0  # made where there is none
    assert len(list((tmp_path / "new").iterdir())) == 3
    assert json.loads(celltrial("status", ledger, "--json")[1])["position"] == 2


PERSONS_OF_THE_PAGE = {
    "GrantAccess": "lead", "RevokeAccess": "lead", "UnblindSubject": "pi", "ReviewAuditTrail": "lead",
}  # fmt: skip


def test_the_commands_of_the_how_to_page_are_accepted(celltrial, trip, tmp_path, desk):
    """Grant, break a code, review and revoke as the page writes them, each by its own logged-in person."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "audit-a-trial.md").read_text(encoding="utf-8")
    given = [line for line in page.replace("\\\n", " ").splitlines() if line.startswith("    celltrial act")]
    assert len(given) == 4
    stored(trip, tmp_path / "trial.db")
    desk.log_in("pi")
    desk.log_in("lead")
    first = json.dumps({"account": "lead", "printed_name": "Lead Office", "role": "sponsor"})
    words = ("act", tmp_path / "trial.db", "GrantAccess", "--trial", "T-1", "--reason", "set up", "--fields", first)
    assert celltrial(*words)[0] == 0
    for line in sorted(given, key=lambda line: "RevokeAccess" in line):  # who left breaks no code
        words = shlex.split(line.replace("BC-1", "T-1").replace("4711", "1").replace("S-001", "P1"))[2:]
        desk.of(PERSONS_OF_THE_PAGE[words[1]])
        code, out, err = celltrial("act", tmp_path / words[0], *words[1:])
        assert code == 0, (words, out, err)


def test_a_record_named_by_its_position_is_corrected_at_its_own_site_only(trip, where):
    """X1: a name that tells no subject does not open the record to another site."""
    signed = next(item for item in trip.events if isinstance(item.fact, ConsentSigned))
    old = str(signed.fact.signed_on)
    command = CorrectFact(signed.position, f"record/{signed.position}", "signed_on", old, "2025-01-02")
    moment = Instant(datetime.now(UTC), "UTC")
    for site, expected in (("S2", [Code.ACTOR_OF_OTHER_SITE]), ("S1", [])):
        actor = Actor(f"sc-{site}", Role.COORDINATOR, site, "Ward Office")
        answer = act(where, "T-1", command, actor, moment, reason="typing error")
        assert [item.code for item in getattr(answer, "conditions", ())] == expected


@pytest.mark.parametrize("kind", ["as_known", "as_occurred"])
def test_a_data_cut_in_the_future_is_refused(where, tmp_path, trip, kind):
    """What is still to come is no visit missed and no window closed: neither report nor tables are made of it."""
    rehearsed = trip.state.persons is Persons.REHEARSED
    present = trip.events[-1].recorded if rehearsed else max(trip.events[-1].recorded, datetime.now(UTC))
    cut = {kind: (present + timedelta(minutes=5)).isoformat()}
    with pytest.raises(UserError) as refused:
        write_report(where, tmp_path / "r.html", "en", reader=READER, **cut)
    assert [item.id for item in refused.value.faults] == ["APP-250"]
    with pytest.raises(UserError) as refused:
        write_data_sets(where, tmp_path / "tables", reader=READER, **cut)
    assert [item.id for item in refused.value.faults] == ["APP-250"]
    assert not (tmp_path / "r.html").exists()
    assert not (tmp_path / "tables").exists() or not any((tmp_path / "tables").iterdir())
