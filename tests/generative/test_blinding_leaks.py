"""Whatever a blinded role reads of a random trial with several arms, nothing in it tells one arm from another.

The trial is made up: arms with secret names, a product of its own in each arm (process, run, lot, cells, test results),
arms suspended by name, codes broken to some people, arms corrected. Then every reading path is taken as every role, and
the text is searched for every secret. A control that must find them is read by a role that may know.
"""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rehearsal import Journey, signature, with_fields

from celltrial.app.acting import standing
from celltrial.app.auditing import audit_data, audit_subject, export_trail, record_items
from celltrial.app.data_sets import write_data_sets
from celltrial.app.reporting import data_cut, make_report, write_report
from celltrial.app.session import codec, open_session
from celltrial.cli.answers import show_answer
from celltrial.cli.board import board as show_board
from celltrial.cli.options import LanguageChoice
from celltrial.cli.status import status
from celltrial.conduct.acts.account.commands import RecordCopy
from celltrial.conduct.acts.assessment.commands import RecordKinetics
from celltrial.conduct.acts.batch.commands import CompleteManufacture, RecordQualityTest, ReleaseBatch, StartManufacture
from celltrial.conduct.acts.roles import BLINDED, ROLES
from celltrial.conduct.acts.scope.commands import SuspendScope
from celltrial.conduct.acts.subject.commands import EnrolSubject, RandomiseSubject, StartLymphodepletion, UnblindSubject
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Draft, Request, Role
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from celltrial.conduct.facts.assessment.events import KineticsSampled
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Assay, Lot, ScopeKind
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.ledger import Clock, Journal, open_ledger
from celltrial.protocol import read_protocol
from celltrial.protocol.templates import template_text
from sites import pages_read

CONFIRMATORY = {"comparator": "active", "randomisation": {"method": "permuted_blocks", "point": "before_collection"}}
BASE = read_protocol(template_text("car-t-escalation"), "p.yaml")
BLIND_ROLES = sorted(BLINDED["double"])
#: Who may be named by the protocol as knowing the arms, and who then may correct one.
NAMED = ("data_manager", "medical_monitor", "statistician")


@dataclass(eq=False)
class Arm:
    """A secret name, and what is measured on the arm's own product."""

    number: int
    name: str
    secrets: list[str] = field(default_factory=list)
    expanded: bool = False

    @property
    def expansion(self) -> Decimal:
        return Decimal(f"{self.number + 1}86421.{self.number + 1}3")

    @property
    def cells(self) -> Decimal:
        return Decimal(f"{self.number + 1}13577.{self.number + 1}9")

    def make(self, trip: Journey, batch: str) -> None:
        """Take a batch through manufacture, tests and release with values that only this arm has.

        The process is the protocol's: another one would be a change, and changes are on record for everybody.
        """
        process = trip.state.protocol.manufacturing.process_version
        run, lot = (f"{what}-{self.name}" for what in ("run", "lot"))
        found = Decimal(f"77.{self.number + 1}7313")
        trip.receive_material(batch)
        trip.do(StartManufacture(batch, process, run, (Lot("vector", lot),)))
        trip.wait(days=14)
        trip.do(CompleteManufacture(batch, self.cells))
        for name in trip.state.protocol.manufacturing.release_tests:
            trip.do(RecordQualityTest(batch, name, Measured.read(str(found)), "%", passed=True))
        signed, expires = (signature("quality_assurance", trip.moment),), Instant(trip.now + timedelta(days=150))
        trip.do(ReleaseBatch(batch, self.cells, trip.state.protocol.dose.basis, expires, signed, found))
        self.secrets += [run, lot, str(self.cells), f"{self.cells:.4g}", str(found)]


@dataclass
class Trial:
    """What was made up: the trial, its arms, who is in which, to whom a code was broken, who is blinded."""

    trip: Journey
    arms: list[Arm]
    of: dict[str, Arm]
    broken: dict[str, str]
    blinded: list[Role]

    @property
    def secrets(self) -> set[str]:
        return {item for arm in self.arms for item in (arm.name, *arm.secrets)}

    def closed_to(self, role: Role) -> set[str]:
        """Return what a blinded role must not read: kinetics too, unless the role enters them."""
        if role in ROLES[RecordKinetics]:
            return self.secrets
        return self.secrets | {str(arm.expansion) for arm in self.arms if arm.expanded}

    def person(self, role: Role, account: str = "") -> Actor:
        site = "S1" if role in {Role.INVESTIGATOR, Role.COORDINATOR} else None
        return Actor(account or f"reader-{role}", role, site, "Reader")


@st.composite
def trials(draw: Any) -> Trial:
    words = st.text("BCDFGHJKLMNPQRSTVWXZ", min_size=7, max_size=9)
    names = draw(st.lists(words, min_size=2, max_size=4, unique=True))
    named = draw(st.sets(st.sampled_from(NAMED), max_size=2))
    why = {"en": "must know", "zh": "必须知晓"}
    blinding = {"level": "double", "unblinded_roles": dict.fromkeys(sorted(named), why)}
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(
        with_fields(BASE, {"trial.blinding": blinding, "confirmatory": CONFIRMATORY}), {"S1": "Asia/Shanghai"}
    )
    arms = [Arm(number, name) for number, name in enumerate(names)]
    of: dict[str, Arm] = {}
    for number in range(draw(st.integers(2, 3))):
        name = f"P{number + 1}"
        trip.enrol(name) if number == 0 else trip.screen(name)
        if number:
            assert isinstance(trip.ask(EnrolSubject(name, "C1")), Accepted | Refused)
            if trip.state.subjects[name].enrolled is None:
                continue
        of[name] = draw(st.sampled_from(arms))
        trip.do(RandomiseSubject(name, of[name].name, "S1", f"R-{number}"), role=Role.SYSTEM)
        if draw(st.booleans()):
            arm = of[name]
            sample = KineticsSampled(
                name,
                "D7",
                Assay.QPCR,
                "transgene",
                "blood",
                Measured.read(arm.expansion),
                "copies/ug",
                False,
                None,
                7,
                str(arm.expansion),
            )
            trip.do(RecordKinetics(sample), role=Role.COORDINATOR)
            arm.expanded = True
        if draw(st.booleans()):
            trip.collect(name, f"B{number}")
            of[name].make(trip, f"B{number}")
            if draw(st.booleans()):
                trip.deliver(f"B{number}")
    _trouble(draw, trip, arms, of, sorted(named))
    broken = {}
    for name in draw(st.lists(st.sampled_from(sorted(of)), max_size=2, unique=True)):
        broken[name] = f"told-{name}"
        trip.do(UnblindSubject(name, broken[name]), role=Role.INVESTIGATOR, reason="emergency")
    blinded = [role for role in BLIND_ROLES if role.value not in named]
    return Trial(trip, arms, of, broken, blinded)


def _trouble(draw: Any, trip: Journey, arms: list[Arm], of: dict[str, Arm], named: list[str]) -> None:
    if "data_manager" in named and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(of)))
        at = next(e.position for e in trip.events if getattr(e.fact, "arm", "") and e.fact.subject == name)
        other = draw(st.sampled_from(arms))
        if other is not of[name]:
            correction = CorrectFact(at, f"record/{at}", "arm", of[name].name, other.name)
            trip.do(correction, role=Role.DATA_MANAGER, reason="drawn twice")
    for number, arm in enumerate(draw(st.lists(st.sampled_from(arms), max_size=2, unique=True))):
        trip.do(SuspendScope(f"hand-{number}", ScopeKind.ARM, arm.name, "signal"), role=Role.SAFETY_BOARD)


def stored(trial: Trial, where: Path) -> str:
    moments = iter(event.recorded for event in trial.trip.events)
    with open_ledger(where, create=True, clock=Clock("rehearsal", lambda: next(moments))) as ledger:
        journal = Journal(ledger, codec())
        for event in trial.trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T-1", event.position - 1, [draft], actor=event.actor, reason=event.reason)
    return str(where)


def status_text(where: str, reader: Actor) -> str:
    """Return what the state, the worklist and the command line in both forms and languages tell a person."""
    role = reader.role
    said = [repr(standing(where, None, "2025-03-01T00:00:00Z", "UTC", reader))]
    for json_, language in ((True, LanguageChoice.EN), (False, LanguageChoice.EN), (False, LanguageChoice.ZH)):
        out = io.StringIO()
        with redirect_stdout(out):
            status(where, acting_as=role.value, account=reader.id, zone="UTC", json=json_, lang=language)
            show_board(where, acting_as=role.value, account=reader.id, every=True, json=json_, lang=language)
        said.append(out.getvalue())
    return "\n".join(said)


def history_text(where: str, trial: Trial, reader: Actor) -> dict[str, str]:
    return {
        name: json.dumps(audit_data(audit_subject(where, None, name, reader=reader)))
        for name in trial.trip.state.subjects
    }


def data_set_text(where: str, folder: Path, reader: Actor) -> str:
    write_data_sets(where, folder, reader=reader)
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


def refusal_text(where: str, trial: Trial, reader: Actor) -> str:
    """Return what a role is told when it asks for acts on every subject and batch, in both languages."""
    said, trip = io.StringIO(), trial.trip
    with open_session(where, "T-1") as session, redirect_stdout(said):
        for name, known in trip.state.subjects.items():
            asked = [RandomiseSubject(name, "other", "S1", "R-9"), EnrolSubject(name, "C1")]
            for batch in known.batches:
                asked.append(StartLymphodepletion(name, batch, Instant(session.now())))
                asked += [trip.infusion(name, batch), trip.infusion(name, batch, cells=Decimal("9e15"))]
            asked += [CorrectFact(1, f"subject/{name}", "arm", "guess", "guess too"), *corrections(trial, name)]
            codes = []
            for command in asked:
                answer = session.submit(Request(command, reader, Instant(session.now(), "Asia/Shanghai"), reason="x"))
                assert isinstance(answer, Refused), command
                codes.append([item.code for item in answer.conditions])
                for language in ("en", "zh"):
                    show_answer(answer, "asked", language)
                show_answer(answer, "asked", "en", json=True)
            guesses = codes[len(codes) - len(corrections(trial, name)) :]
            assert guesses[::2] == guesses[1::2], "a right guess is answered like a wrong one"
    return said.getvalue()


def corrections(trial: Trial, name: str) -> list[CorrectFact]:
    """Return corrections of closed values of which one guesses right and one wrong: the answers must not differ."""
    at = {type(event.fact).__name__: event.position for event in trial.trip.events if event.stream.startswith("batch/")}
    drawn = next(
        e.position for e in trial.trip.events if type(e.fact).__name__ == "SubjectRandomised" and e.fact.subject == name
    )
    guesses = [
        (drawn, "arm", trial.of[name].name),
        (at.get("ManufactureStarted"), "process_version", f"process-{trial.of[name].name}"),
    ]
    return [
        CorrectFact(position, f"record/{position}", field_name, old, "other")
        for position, field_name, right in guesses
        if position is not None
        for old in (right, "wrong")
    ]


def assert_silent(text: str, secrets: set[str], where: str) -> None:
    assert not [secret for secret in secrets if secret in text], where


def check(trial: Trial, folder: Path) -> None:
    where = stored(trial, folder / "t.db")
    for number, role in enumerate(trial.blinded):
        reader, secrets = trial.person(role), trial.closed_to(role)
        assert_silent(status_text(where, reader), secrets, f"status as {role}")
        assert_silent("".join(history_text(where, trial, reader).values()), secrets, f"history as {role}")
        assert_silent(data_set_text(where, folder / f"d{number}", reader), secrets, f"data sets as {role}")
        assert_silent(repr(make_report(where, None, data_cut(None, None), reader=reader)), secrets, f"report as {role}")
        assert_silent(refusal_text(where, trial, reader), secrets, f"refusals as {role}")
        for language in ("en", "zh"):
            for address, page in pages_read(where, reader, language).items():
                assert_silent(page, secrets, f"{address} as {role}")
        refused = export_trail(where, None, folder, reader, str)
        assert refused.export is None
        assert [item.code for item in refused.decision.conditions] == [Code.CLOSED_DATA]
    page = folder / "page.html"
    write_report(where, page, "zh", reader=trial.person(trial.blinded[0]))
    assert_silent(page.read_text(encoding="utf-8"), trial.closed_to(trial.blinded[0]), "page")
    assert not list(folder.glob("*.jsonl"))
    check_broken(trial, where, folder)
    board = trial.person(Role.SAFETY_BOARD)
    shown = data_set_text(where, folder / "open", board) + status_text(where, board)
    pages = "".join(pages_read(where, board).values())
    assert all(arm.name in pages for arm in trial.of.values())
    assert all(arm.name in shown for arm in trial.of.values()), (
        "who may know reads the arms, or this test proves nothing"
    )


def check_broken(trial: Trial, where: str, folder: Path) -> None:
    """Whoever a code was broken to reads that subject's arm and no other, and that is on record; everybody else nothing."""
    for name, account in trial.broken.items():
        for role in {Role.INVESTIGATOR, trial.blinded[-1]}:
            reader = trial.person(role, account)
            histories = history_text(where, trial, reader)
            assert trial.of[name].name in histories.pop(name)
            assert_silent("".join(histories.values()), trial.closed_to(role), f"others' histories, {name} broken")
            tables = data_set_text(where, folder / f"{account}-{role}", reader)
            others = trial.closed_to(role) - {arm.name for arm in trial.arms if arm.name in histories_of(trial, name)}
            assert_silent(tables, others, f"data sets, {name} broken")
            assert any(arm.name in tables for arm in trial.arms)
            pages = "".join(pages_read(where, reader).values())
            assert trial.of[name].name in pages
            assert_silent(pages, trial.closed_to(role) - histories_of(trial, name), f"pages, {name} broken")
            answer = audit_subject(where, None, name, reader=reader)
            assert isinstance(record_items(where, answer, reader, "text"), Accepted)
        with open_ledger(where) as ledger:
            copies = [e for e in Journal(ledger, codec()).events("T-1") if isinstance(e.fact, CopyMade)]
        mine = [(e.fact.kind, e.fact.arms_shown, e.fact.arms_of) for e in copies if e.actor.id == account]
        assert set(mine) == {(kind, False, (name,)) for kind in (CopyKind.ITEM_HISTORY, CopyKind.DATA_SETS)}
        with open_session(where, "T-1") as session:
            for other in set(trial.of) - {name}:
                copy = RecordCopy(CopyMade(CopyKind.PRINT, "trial", 1, "ab", arms_shown=False, arms_of=(name, other)))
                asked = Request(copy, trial.person(Role.INVESTIGATOR, account), Instant(session.now()))
                if trial.broken.get(other) != account:
                    assert [item.code for item in session.submit(asked).conditions] == [Code.CLOSED_DATA]


def histories_of(trial: Trial, name: str) -> set[str]:
    """Return every arm that a subject was ever said to be in."""
    said = {trial.of[name].name}
    for event in trial.trip.events:
        if type(event.fact).__name__ == "FactCorrected" and event.fact.old in said:
            said |= {event.fact.old, event.fact.new}
    return said


def run(examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(trials())
    def inner(trial: Trial) -> None:
        with tempfile.TemporaryDirectory() as folder:
            check(trial, Path(folder))

    inner()


def test_nothing_reveals_an_arm_to_a_blinded_role():
    run(6)


@pytest.mark.long
def test_nothing_reveals_an_arm_to_a_blinded_role_in_many_trials():
    run(150)
