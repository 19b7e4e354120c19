"""Who knows the arms by the own grant: two statisticians in one trial, read through every path on both databases.

Each role that a double-blind trial closes x what a person's grant says, against every reader of a ledger and every page.
The judge is the text of the arm itself, planted in the data: it stands in what is handed out or it does not.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from rehearsal import Journey, with_fields

from celltrial.app.acting import standing
from celltrial.app.auditing import audit_data, audit_subject, export_trail
from celltrial.app.boarding import board
from celltrial.app.data_sets import make_data_sets
from celltrial.app.reporting import data_cut, make_report
from celltrial.app.session import codec
from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.account.commands import GrantAccess, RevokeAccess
from celltrial.conduct.acts.document.commands import FileDocument
from celltrial.conduct.acts.roles import BLINDED
from celltrial.conduct.acts.subject.commands import RandomiseSubject, UnblindSubject
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Draft, Role
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ArmAccess, DocumentKind
from celltrial.ledger import Clock, Journal, open_ledger
from celltrial.locale.records import RecordWords
from celltrial.protocol import read_protocol
from celltrial.protocol.templates import template_text
from sites import pages_read

ARMS = {"P1": "ARM-SECRET-A", "P2": "ARM-SECRET-B"}
NAMED = (Role.DATA_MANAGER, Role.STATISTICIAN)
WHY = {"en": "reports to the board", "zh": "向数据监查委员会报告"}
LEAD = Actor("lead", Role.SPONSOR, None, "Lead Office")
PLAN = {"comparator": "active", "randomisation": {"method": "permuted_blocks", "point": "before_collection"}}
OLD = "of_before"
"""A grant recorded before grants said anything of arms."""
SAYS = (OLD, *(item.value for item in ArmAccess))


def person(role, says):
    return Actor(f"{role}-{says}", role, None, f"{role} {says}")


def knows(role, says):
    """Say who must know: written down here as a table of the rule, not computed by the program."""
    return role in NAMED and says in {OLD, "unblinded"}


@pytest.fixture(scope="module")
def trip():
    """A double-blind trial that names two roles, two subjects in two arms, and persons of every role with every grant."""
    protocol = read_protocol(template_text("car-t-escalation"), "p.yaml")
    blinding = {"level": "double", "unblinded_roles": {role.value: WHY for role in NAMED}}
    made = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    made.open_trial(with_fields(protocol, {"trial.blinding": blinding, "confirmatory": PLAN}), {"S1": "Asia/Shanghai"})
    made.enrol("P1")
    made.enrol("P2")
    for number, (name, arm) in enumerate(ARMS.items()):
        made.do(RandomiseSubject(name, arm, "S1", f"R-{number}"), role=Role.SYSTEM)
    made.do(UnblindSubject("P2", f"{Role.INVESTIGATOR}-blinded"), role=Role.INVESTIGATOR, reason="emergency surgery")
    for name, arm in ARMS.items():
        about, on = f"subject/{name}", made.moment.local_date
        told = FileDocument(
            f"D-{name}", DocumentKind.OTHER, about, on, "ab" * 32, 9, f"{arm}.txt", "text/plain", closed=True
        )
        made.do(told, role=Role.QUALITY_ASSURANCE)
    made.do(GrantAccess("lead", "Lead Office", Role.SPONSOR), actor=LEAD, reason="set up")
    for role in sorted(BLINDED["double"]):
        for says in SAYS:
            who = person(role, says)
            if says == OLD:
                made.set_down(
                    Draft(f"account/{who.id}", AccessGranted(who.id, who.printed_name, role, None, None), made.moment)
                )
            elif says != "unblinded" or role in NAMED:
                made.do(GrantAccess(who.id, who.printed_name, role, None, ArmAccess(says)), actor=LEAD, reason="joined")
    return made


@pytest.fixture
def where(trip, ledger):
    moments = iter(event.recorded for event in trip.events)
    with open_ledger(ledger, create=True, clock=Clock("rehearsal", lambda: next(moments))) as opened:
        journal = Journal(opened, codec())
        for event in trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T-1", event.position - 1, [draft], actor=event.actor, reason=event.reason)
    return str(ledger)


def everything(where, reader, folder):
    """Return the text of every path by which a person reads, by its name."""
    at = ("2025-02-01T00:00:00Z", "UTC", reader)
    histories = [audit_data(audit_subject(where, None, name, reader=reader)) for name in ARMS]
    read = {
        "status": repr(standing(where, None, *at)),
        "board": repr(board(where, None, *at)),
        "report": repr(make_report(where, None, data_cut(None, None), reader=reader)),
        "audit": json.dumps(histories),
        "data sets": str(make_data_sets(where, "T-1", data_cut(None, None), reader).files),
    }
    if where.startswith("postgresql") and reader.role not in NAMED:
        return read  # the pages of the others are read on the other database
    return read | {"/".join(address): page for address, page in pages_read(where, reader).items()}


def test_each_role_and_grant_reads_the_arms_that_the_grant_and_the_protocol_open(where, tmp_path):
    seen = 0
    for role in sorted(BLINDED["double"]):
        for says in SAYS:
            reader = person(role, says)
            read, may = everything(where, reader, tmp_path), knows(role, says)
            told = {name: {arm for arm in ARMS.values() if arm in text} for name, text in read.items()}
            if may:
                seen += 1
                for name in ("status", "audit", "data sets"):
                    assert told[name] == set(ARMS.values()), (reader.id, name)
                assert any(told[name] for name in told if "subjects" in name), reader.id
            elif reader.id == f"{Role.INVESTIGATOR}-blinded":
                assert {arm for found in told.values() for arm in found} == {ARMS["P2"]}, (
                    "the code broken to this person, no other"
                )
                assert told["audit"] == told["data sets"] == told["status"] == {ARMS["P2"]}
            else:
                assert not any(told.values()), (reader.id, told)
            if role is not Role.INDEPENDENT_REVIEWER:
                answer = export_trail(where, None, tmp_path / reader.id, reader, RecordWords("en"))
                assert isinstance(answer.decision, Accepted if may else Refused), reader.id
    assert seen == 4, "a rule that closes everything would pass the rest"


def test_the_state_of_an_old_record_is_that_of_its_role(trip):
    assert fold(trip.events) == trip.state
    assert trip.state.accounts[f"{Role.STATISTICIAN}-{OLD}"].grants[0].arms is None


def codes(answer):
    assert isinstance(answer, Refused), answer
    return [item.code for item in answer.conditions]


def ask(trip, account, role, arms=ArmAccess.NOT_STATED, name=None):
    return trip.ask(GrantAccess(account, name or account, role, None, arms), actor=LEAD, reason="joined")


def test_a_role_that_the_protocol_does_not_name_cannot_be_unblinded(trip):
    assert codes(ask(trip, "x", Role.SPONSOR, ArmAccess.UNBLINDED)) == [Code.CLOSED_DATA]
    assert isinstance(ask(trip.fork(), "x", Role.STATISTICIAN, ArmAccess.UNBLINDED), Accepted)


@pytest.mark.parametrize("role", [Role.QUALITY_ASSURANCE, Role.SAFETY_BOARD, Role.CELL_PROCESSING])
def test_who_makes_the_product_or_judges_its_safety_is_not_called_blinded(trip, role):
    assert codes(ask(trip, "x", role, ArmAccess.BLINDED)) == [Code.VALUE_NOT_USABLE]


def test_one_person_is_blinded_in_every_role_or_in_none(trip):
    made = trip.fork()
    assert isinstance(ask(made, "bs", Role.STATISTICIAN, ArmAccess.UNBLINDED), Accepted)
    for role, arms in (
        (Role.DATA_MANAGER, ArmAccess.BLINDED), (Role.DATA_MANAGER, ArmAccess.NOT_STATED),
        (Role.MEDICAL_MONITOR, ArmAccess.NOT_STATED),
    ):  # fmt: skip
        assert Code.DUTIES_NOT_SEPARATE in codes(ask(made, "bs", role, arms)), (role, arms)
    assert isinstance(ask(made, "bs", Role.QUALITY_ASSURANCE), Accepted), "a role that knows the arms anyway"
    assert isinstance(ask(made, "ts", Role.STATISTICIAN, ArmAccess.BLINDED), Accepted)
    assert Code.DUTIES_NOT_SEPARATE in codes(ask(made, "ts", Role.DATA_MANAGER, ArmAccess.UNBLINDED))
    assert isinstance(ask(made, "ts", Role.MEDICAL_MONITOR), Accepted)


def test_whoever_knew_the_arms_is_never_blinded_again(trip):
    made = trip.fork()
    ask(made, "bs", Role.STATISTICIAN, ArmAccess.UNBLINDED)
    made.do(RevokeAccess("bs", Role.STATISTICIAN), actor=LEAD, reason="moved on")
    assert codes(ask(made, "bs", Role.STATISTICIAN, ArmAccess.BLINDED)) == [Code.DUTIES_NOT_SEPARATE]
    assert codes(ask(made, "bs", Role.COORDINATOR)) == [Code.DUTIES_NOT_SEPARATE]
    assert isinstance(ask(made, "bs", Role.STATISTICIAN, ArmAccess.UNBLINDED), Accepted)


def test_an_open_trial_keeps_one_person_blinded():
    """A protocol that blinds no role, and a statistician who is blinded all the same: the veil follows the grant."""
    made = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    made.open_trial(read_protocol(template_text("car-t-escalation"), "p.yaml"), {"S1": "Asia/Shanghai"})
    made.do(GrantAccess("lead", "Lead Office", Role.SPONSOR), actor=LEAD, reason="set up")
    ask(made, "ts", Role.STATISTICIAN, ArmAccess.BLINDED)
    ask(made, "dm", Role.DATA_MANAGER)
    assert is_blinded(made.state, Actor("ts", Role.STATISTICIAN))
    assert not is_blinded(made.state, Actor("dm", Role.DATA_MANAGER))
    assert not is_blinded(made.state, None)
