"""A whole first-in-human CAR-T trial rehearsed through the command line by eleven logged-in persons.

    python examples/first_in_human_rehearsed.py --out out
    python examples/first_in_human_rehearsed.py --out out --until "first level"

Three levels, two sites, twelve enrolled: a failed manufacture and its second attempt, a recall after lymphodepletion, two
dose-limiting toxicities, the suspension that follows by itself, evaluation, an amendment of eligibility, resumption site by
site, a recommended dose, an expansion at it, and the report.

Every act below is a command of `celltrial`, given at the desk of the person who holds the role: an own session, a role
and a site granted on record. An act that needs other persons' signatures waits, and each of them signs it at their own
desk with passphrase or one-time code proved anew. Months of the trial pass in minutes, because a rehearsal has a clock
of its own (`--at`). Nothing here is a real person, and the ledger says so: it is marked as a rehearsal for ever.

What the script writes: `accounts.db` (who may log in), `trial.db` (the trial), `report-en.html`, `report-zh.html`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from base64 import b32decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

from rehearsal import Journey, with_fields

from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.conduct.acts.access import site_of
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.batch.commands import RecallBatch, RecordManufactureFailure, StartManufacture
from celltrial.conduct.acts.cohort.commands import (
    ConfirmDoseLimitingToxicity,
    DeclareRecommendedDose,
    OpenCohort,
    RecommendDose,
    SignDoseDecision,
)
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import OpenEvaluation, ResumeScope, SignEvaluation
from celltrial.conduct.acts.signing.content import unsigned
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import DiscontinueSubject, EnrolSubject
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.log_in.totp import STEP_SECONDS, code_at, step_of
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.signing.events import Part
from celltrial.conduct.ruling import Accepted, Ruling
from celltrial.conduct.vocabulary import CohortKind, DoseMove, ExitReason, Relatedness, ResumeItem, ScopeStatus
from celltrial.core.dates import Instant
from celltrial.core.shapes import shape_of, writer
from celltrial.ledger import Codec, Journal, open_ledger
from celltrial.protocol import canonical_json, read_protocol

PROTOCOL = Path(__file__).with_name("bcma-car-t-escalation.yaml")
TRIAL, BEGIN = "CT-BCMA-01", datetime(2025, 1, 6, 1, tzinfo=UTC)
SITES = {"S1": "Asia/Shanghai", "S2": "Europe/Berlin"}
#: What the rehearsal changes in the example: a design whose counts a reader does by hand, a rule that two events meet.
RULES = {
    "escalation.design": {
        "kind": "3+3", "params": {"mtd_rule": "previous"}, "modifiers": [],
        "rationale": {"en": "Counts that a reader of this rehearsal does by hand.", "zh": "便于读者手工核对计数。"},
    },
    "stopping.rules": [
        {
            "id": "S-1",
            "text": {"en": "Severe related toxicity", "zh": "严重相关毒性"},
            "event": {"terms": ["CRS"], "grade_at_least": 4, "related_only": True, "window": "28 d"},
            "boundary": "beta_binomial",
            "params": {"threshold": 0.15, "certainty": 0.9, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
            "denominator": "exposed",
            "scope": "trial",
        }
    ],
}  # fmt: skip
AMENDED = {
    "identification.version": "2.0", "population.criteria.6.value": 0, "population.consents.main_version": "2.0",
}  # fmt: skip
#: Everybody's own passphrase; in a real installation no two persons have the same.
PASSPHRASE = "seven herons over the lake"  # noqa: S105 - nobody is real here
#: Account: printed name, role, site. The first is the sponsor's officer, who administers accounts and registers the trial.
PEOPLE = {
    "lead": ("Sponsor Office", Role.SPONSOR, None),
    "pi-1": ("Investigator One", Role.INVESTIGATOR, "S1"),
    "sc-1": ("Coordinator One", Role.COORDINATOR, "S1"),
    "pi-2": ("Investigator Two", Role.INVESTIGATOR, "S2"),
    "sc-2": ("Coordinator Two", Role.COORDINATOR, "S2"),
    "maker": ("Cell Processing", Role.CELL_PROCESSING, None),
    "qa": ("Quality Assurance", Role.QUALITY_ASSURANCE, None),
    "mm": ("Medical Monitor", Role.MEDICAL_MONITOR, None),
    "board": ("Safety Board", Role.SAFETY_BOARD, None),
    "stats": ("Statistics", Role.STATISTICIAN, None),
    "data": ("Data Management", Role.DATA_MANAGER, None),
}


class RefusedError(Exception):
    """The trial refused a command; `codes` are the conditions that failed."""

    def __init__(self, account: str, command: str, codes: list[str], answer: object) -> None:
        super().__init__(f"{account}: {command}: {json.dumps(answer, ensure_ascii=False, indent=1)}")
        self.codes = codes


class Desks:
    """The command line, given by one person after the other; each has a folder for the own session."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.accounts, self.ledger = folder, folder / "accounts.db", folder / "trial.db"
        self.keys: dict[str, bytes] = {}
        self.used: dict[str, int] = {}
        self.signed: set[str] = set()
        self.calls = 0

    def at(self, account: str, *words: object, typed: tuple[str, ...] = (), refused: bool = False) -> str:
        """Give one command at a person's desk, with what the person types; returns what it prints."""
        os.environ["CELLTRIAL_STATE"] = str(self.folder / "desks" / account)
        kept = sys.argv, sys.stdin
        sys.argv, sys.stdin = ["celltrial", *map(str, words)], io.StringIO("".join(f"{line}\n" for line in typed))
        said, failed = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
                status = run(application())
        finally:
            sys.argv, sys.stdin = kept
        self.calls += 1
        if status not in ({0, 1} if refused else {0}):
            raise RuntimeError(
                f"{account}: celltrial {' '.join(map(str, words))}\n{said.getvalue()}{failed.getvalue()}"
            )
        return said.getvalue()

    def code(self, account: str) -> str:
        """Return a one-time code that was not used yet, waiting for the next one where the authenticator has none."""
        step = max(step_of(datetime.now(UTC)), self.used.get(account, 0) + 1)
        while step > step_of(datetime.now(UTC)) + 1:
            time.sleep(STEP_SECONDS / 10)
        self.used[account] = step
        return code_at(self.keys[account], step)

    def install(self) -> None:
        """Make the ledger of accounts and let everybody set passphrase and authenticator, and log in."""
        first, *others = PEOPLE
        issued = self.at(first, "account", "init", self.accounts, first, "--name", PEOPLE[first][0])
        self.enrol(first, issued.splitlines()[-1])
        for number, account in enumerate(others):
            proof = (
                PASSPHRASE,
                self.code(first) if number == 0 else "",
            )  # soon after the code the passphrase is enough
            words = ("account", "create", self.accounts, account, "--name", PEOPLE[account][0], "--signs")
            issued = self.at(first, *words, "--reason", "delegation log", typed=proof)
            self.enrol(account, issued.splitlines()[-1])

    def enrol(self, account: str, once: str) -> None:
        """Let a person change the passphrase that was for once, add an authenticator, and log in."""
        self.at(account, "account", "passphrase", self.accounts, account, typed=(once, PASSPHRASE))
        shown = self.at(account, "account", "second-factor", self.accounts, account, typed=(PASSPHRASE,))
        self.keys[account] = b32decode(parse_qs(urlparse(shown.splitlines()[-1]).query)["secret"][0])
        self.at(account, "login", account, "--accounts", self.accounts, typed=(PASSPHRASE, self.code(account)))

    def sign(self, account: str, key: str) -> None:
        """Sign an act that waits: with both components the first time in a session, with the passphrase after that."""
        code = "" if account in self.signed else self.code(account)
        self.at(account, "sign", self.ledger, key, typed=(PASSPHRASE, code))
        self.signed.add(account)


class Rehearsed(Journey):
    """The usual way of a subject, step by step; every step is a command line of the person who may take it."""

    def __init__(self, desks: Desks) -> None:
        super().__init__(BEGIN, "Asia/Shanghai")
        self.desks = desks

    def ask(
        self, command: Any, *, role: Role | None = None, at: Instant | None = None, reason: str = "", **_: Any
    ) -> Ruling:
        """Give a command at the desk of who may give it, and have it signed by everybody whose signature it needs."""
        here, asked = site_of(self.state, command), unsigned(command)
        may = {role} if role is not None else ROLES[type(command)]
        account = who(may, here)
        name, moment = type(command).__name__, at or self.moment
        fields = json.dumps(writer(shape_of(type(asked)))(asked))
        words = ("act", self.desks.ledger, name, "--trial", TRIAL, "--fields", fields, "--at", moment.local.isoformat())
        more = ("--zone", moment.zone, "--reason", reason or "rehearsed", "--json")
        answer = json.loads(self.desks.at(account, *words, *more, refused=True))
        if not answer["accepted"]:
            raise RefusedError(account, name, [item["id"] for item in answer["conditions"]], answer)
        self.read()
        if answer["facts"][0].startswith("signing.requested"):
            self.have_signed(account, here)
        return Accepted(())

    def refused(self, command: Any) -> list[str]:
        """Give a command that the trial must refuse; returns the codes of the conditions that failed."""
        try:
            self.ask(command)
        except RefusedError as error:
            return error.codes
        raise AssertionError(f"{type(command).__name__} was accepted")

    def have_signed(self, account: str, here: str | None) -> None:
        """Let everybody sign whose signature the last act waits for; with the last one it takes effect."""
        key = next(reversed(self.state.pending))
        while (waits := self.state.pending.get(key)) is not None and waits.open:
            place = waits.open[0]
            roles = {Role(item) for item in place.roles} or {Role.COORDINATOR}
            busy = {one.account for _, one in waits.given} | ({account} if place.part is not Part.SIGNATURES else set())
            self.desks.sign(who(roles, here, busy), key)
            self.read()

    def read(self) -> None:
        """Read what stands in the ledger now."""
        with open_ledger(self.desks.ledger) as ledger:
            news = Journal(ledger, Codec(EVENTS, UPCASTERS)).events(TRIAL, after=self.state.position)
            self.state = fold(news, self.state)


def who(roles: Any, site: str | None, busy: Any = frozenset()) -> str:
    """Return the account of a person in one of these roles, of this site where one is meant."""
    fitting = [
        name
        for name, (_, role, place) in PEOPLE.items()
        if role in roles and name not in busy and place in {None, site}
    ]
    return (fitting or [name for name, (_, role, _) in PEOPLE.items() if role in roles and name not in busy])[0]


def main() -> None:
    """Play the trial and write its report in both languages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for ledgers and reports")
    parser.add_argument("--until", choices=CHAPTERS, default=list(CHAPTERS)[-1], help="the last chapter to play")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    desks = Desks(Path(tempfile.mkdtemp(dir=given.out, prefix="rehearsal-")))
    play(desks, given.until)
    sys.stdout.write(f"{desks.calls} commands by {len(PEOPLE)} persons; everything is in {desks.folder}\n")


def play(desks: Desks, until: str) -> Rehearsed:
    """Play the chapters one after the other, up to one of them; then verify and report."""
    desks.install()
    trip = Rehearsed(desks)
    for name, chapter in CHAPTERS.items():
        chapter(trip)
        sys.stdout.write(f"{trip.moment.local:%Y-%m-%d}  {name}: {trip.state.position} facts, {desks.calls} commands\n")
        sys.stdout.flush()
        if name == until:
            break
    for language in ("en", "zh"):
        desks.at("lead", "report", desks.ledger, "--out", desks.folder / f"report-{language}.html", "--lang", language)
    desks.at("lead", "verify", desks.ledger)
    return trip


def opening(trip: Rehearsed) -> None:
    """The sponsor approves the protocol and signs it; two sites open; everybody is granted a role, with a reason."""
    desks, plan = trip.desks, read_protocol(PROTOCOL.read_text(encoding="utf-8"), PROTOCOL.name)
    file = desks.folder / "protocol-1.0.json"
    file.write_text(canonical_json(with_fields(plan, RULES)), encoding="utf-8")
    moment = ("--at", trip.moment.local.isoformat(), "--zone", trip.zone)
    desks.at("lead", "approve", desks.ledger, file, "--create", "--rehearsal", *moment)
    trip.read()
    trip.have_signed("lead", None)
    for name, zone in SITES.items():
        trip.open_site(name, zone)
    for account, (printed, role, place) in PEOPLE.items():
        if role is not Role.SPONSOR:
            trip.do(GrantAccess(account, printed, role, place), reason="delegation log")
    trip.do(OpenCohort("C1", 1, 3))


def first_level(trip: Rehearsed) -> None:
    """Three at level 1; the manufacture for the second fails and is tried again; the board escalates."""
    trip.treat("P1", "B1", at_site=site_for(1))
    trip.enrol("P2", at_site=site_for(2))
    trip.collect("P2", "B2")
    trip.receive_material("B2")
    trip.do(StartManufacture("B2", "P1", "run-B2"))
    trip.do(RecordManufactureFailure("B2", "expansion", "no growth"))
    trip.collect("P2", "B2b")
    trip.make("B2b")
    trip.release("B2b")
    trip.deliver("B2b")
    trip.deplete("P2", "B2b")
    trip.infuse("P2", "B2b")
    trip.treat("P3", "B3", at_site=site_for(3))
    for name in ("P1", "P2", "P3"):
        trip.complete_window(name)
    board(trip, "1", (DoseMove.ESCALATE, 2))
    trip.do(OpenCohort("C2", 2, 3))


def recall(trip: Rehearsed) -> None:
    """The batch of the fourth is recalled on the second day of lymphodepletion."""
    trip.prepare("P4", "B4", into="C2", at_site=site_for(4))
    trip.start_depletion("P4", "B4")
    trip.wait(days=1)
    trip.do(RecallBatch("B4", "sterility signal"))
    trip.do(DiscontinueSubject("P4", ExitReason.MANUFACTURING_FAILURE, "recalled after lymphodepletion"))


def two_dlts(trip: Rehearsed) -> None:
    """Two dose-limiting toxicities; the stopping rule suspends the trial with the second, and enrolment is refused."""
    trip.prepare("P7", "B7", into="C2", at_site=site_for(7))
    trip.screen("P8", site_for(8))
    for name, batch in (("P5", "B5"), ("P6", "B6")):
        trip.treat(name, batch, into="C2", at_site=site_for(int(name[1:])))
        toxicity(trip, name)
    assert [item.status for item in trip.state.suspensions.values()] == [ScopeStatus.SUSPENDED]
    assert "CND-090" in trip.refused(EnrolSubject("P8", "C2"))


def resumption(trip: Rehearsed) -> None:
    """Evaluation, an amendment of eligibility, everything a resume needs, acceptance by each site, resumption."""
    desks, key = trip.desks, next(iter(trip.state.suspensions))
    trip.wait(days=10)
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    trip.do(SignEvaluation(key, today, "evaluation 1", ()))
    file = desks.folder / "protocol-2.0.json"
    file.write_text(canonical_json(with_fields(trip.state.protocol, AMENDED)), encoding="utf-8")
    why = ("--reconsent", "--reason", "two DLTs", "--at", trip.moment.local.isoformat(), "--zone", trip.zone)
    desks.at("lead", "amend", desks.ledger, file, *why)
    trip.read()
    trip.have_signed("lead", None)
    for item in (
        ResumeItem.BENEFIT_RISK, ResumeItem.AMENDMENT, ResumeItem.ETHICS_APPROVAL, ResumeItem.AGENCY_APPROVAL,
        ResumeItem.RECONSENT,
    ):  # fmt: skip
        trip.do(trip.resume_item(key, item, today, "2.0"))
    assert "CND-092" in trip.refused(ResumeScope(key)), "the sites have not accepted the amendment yet"
    for site in SITES:
        trip.do(AcceptVersion(site, "2.0"))
        trip.do(trip.resume_item(key, ResumeItem.SITE_ACCEPTANCE, today, "letter", site=site))
    trip.do(ResumeScope(key))


def recommended_dose(trip: Rehearsed) -> None:
    """The board selects level 1 and declares it; five more are treated at it."""
    for name in ("P5", "P6"):
        trip.complete_window(name)
    board(trip, "2", (DoseMove.SELECT, 1))
    trip.do(DeclareRecommendedDose(1, ()))
    trip.do(OpenCohort("X1", 1, 5, CohortKind.EXPANSION))
    for number in range(9, 14):
        trip.treat(f"P{number}", f"B{number}", into="X1", at_site=site_for(number))


CHAPTERS: dict[str, Callable[[Rehearsed], None]] = {
    "opening": opening,
    "first level": first_level,
    "recall": recall,
    "two DLTs": two_dlts,
    "resumption": resumption,
    "recommended dose": recommended_dose,
}


def site_for(number: int) -> str:
    """Return the site of a subject: odd ones at the first, even ones at the second."""
    return "S1" if number % 2 else "S2"


def toxicity(trip: Rehearsed, name: str) -> None:
    """Report cytokine release of grade 4 on the day; the medical monitor confirms it as dose-limiting."""
    fact = AdverseEventReported(
        name, f"AE-{name}", "CRS", "", "CRS", 4, "ASTCT-2019", trip.local(name).local_date, Precision.DAY, (),
        Relatedness.PROBABLE, True, trip.moment,
    )  # fmt: skip
    trip.do(ReportAdverseEvent(fact))
    trip.do(ConfirmDoseLimitingToxicity(name, f"AE-{name}", ()))


def board(trip: Rehearsed, key: str, expected: tuple[DoseMove, int]) -> None:
    """Ask the design what comes next, and have the safety board decide so and sign."""
    trip.do(RecommendDose(f"R-{key}"))
    fact = trip.state.recommendations[f"R-{key}"].fact
    assert (fact.move, fact.next_level) == expected
    trip.do(SignDoseDecision(f"D-{key}", f"R-{key}", fact.move, fact.next_level, ()))


if __name__ == "__main__":
    main()
