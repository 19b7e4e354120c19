"""The attacks on acts by persons, signatures and history, one by one and on both databases: each is refused or found.

Refused is an answer of the command line with nothing written; found is a finding of `celltrial verify` that names the
record. What an attack needs beside the command line is in `ledger_rewriting` (every right on the database) and in
`act_forger` (the program's own code). How PostgreSQL is started: `postgres_server` in `tests/conftest.py`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from act_forger import EVE, TRIAL, Forger
from celltrial.app.backups import restore
from celltrial.app.logging_in import CHAIN
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.log_in.totp import matching_step
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.trial.events import EvidenceReviewed, TaskClosed
from celltrial.core.progress import Silent
from celltrial.core.values import Identifier
from celltrial.ledger import open_ledger
from celltrial.protocol import read_protocol
from ledger_rewriting import forged, lines_of, rewrite
from persons_at_work import act, events, signed, waiting

ALERT = {"alert": "A", "severity": "major", "code": "x", "about": "trial", "detail": "x", "for_role": "sponsor"}
#: One-time codes so many steps from now are taken here: one person proves more often than the clock of a test allows.
STEPS = 20
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
SUSPENSION = {"suspension": "X", "scope": "trial", "target": "", "why": "signal"}


@pytest.fixture(autouse=True)
def codes_of_soon(monkeypatch):
    monkeypatch.setattr("celltrial.app.logging_in.matching_step", partial(matching_step, window=STEPS))


def codes(out):
    return {item["id"] for item in json.loads(out)["conditions"]}


def findings(celltrial, ledger, *words):
    """Return what a verification finds in every trial, each with its record."""
    code, out, _ = celltrial("verify", ledger, "--json", *words)
    found = [(item["id"], item.get("position")) for trial in json.loads(out) for item in trial["findings"]]
    assert code == (1 if found else 0)
    return found


def position(ledger):
    with open_ledger(ledger) as opened:
        return opened.head(TRIAL).position


@pytest.fixture
def evaluated(running, celltrial, ledger):
    """A suspended trial; the lead asked for an evaluation that the medical monitor and the lead have to sign."""
    running.of("lead")
    for command, fields in (("SuspendScope", SUSPENSION), ("OpenEvaluation", {"suspension": "X"})):
        assert act(celltrial, ledger, command, fields)[0] == 0
    today = str(events(ledger)[-1].occurred.local_date)
    running.evaluation = {"suspension": "X", "on": today, "reference": "report 3", "signatures": []}
    [running.key] = json.loads(act(celltrial, ledger, "SignEvaluation", running.evaluation)[1])["waiting"]
    return running


def nothing_took_effect(ledger):
    return not [item for item in events(ledger) if isinstance(item.fact, ResumeItemRecorded)]


def test_a_typed_signature_is_refused_and_one_written_past_the_program_is_found(evaluated, celltrial, ledger):
    moment = {"utc": events(ledger)[-1].occurred.utc.isoformat(), "zone": "UTC"}
    typed = {"account": "eve", "printed_name": "Eve Office", "role": "medical_monitor", "meaning": "approval"}
    before = position(ledger)
    other = evaluated.evaluation | {"reference": "report 4", "signatures": [typed | {"signed": moment}]}
    code, out, _ = act(celltrial, ledger, "SignEvaluation", other)
    assert (code, codes(out)) == (1, {"CND-132"})
    assert position(ledger) == before
    forger = Forger(ledger)
    forger.write(EvidenceReviewed(date(2026, 1, 5), "r", forger.both))
    assert findings(celltrial, ledger) == [("LDG-079", before + 1)]


def test_a_foreign_role_is_refused_to_act_and_to_sign_and_found_where_it_was_written(evaluated, celltrial, ledger):
    before = position(ledger)
    evaluated.of("eve")
    assert act(celltrial, ledger, "ResumeScope", {"suspension": "X"}, "--as", "sponsor")[2].startswith("APP-178")
    code, out, _ = act(celltrial, ledger, "ResumeScope", {"suspension": "X"})
    assert (code, "CND-001" in codes(out)) == (1, True), out
    assert signed(evaluated, celltrial, ledger, "pi", evaluated.key)[0] == 1, "an investigator is none of its signers"
    assert position(ledger) == before
    forger = Forger(ledger)
    forger.write((TaskClosed("t", Identifier("done")), replace(EVE, role=Role.SPONSOR)))
    assert findings(celltrial, ledger) == [("LDG-078", before + 1)]


def test_an_account_that_is_closed_between_request_and_signature_signs_nothing(evaluated, celltrial, ledger):
    evaluated.of("lead")
    evaluated.type(evaluated.passphrase, evaluated.code("lead"))
    assert celltrial("account", "close", evaluated.accounts, "eve", "--reason", "left")[0] == 0
    code, _, err = signed(evaluated, celltrial, ledger, "eve", evaluated.key)
    assert (code, err[:7]) == (2, "APP-175"), "the session ended with the account"
    code, out, _ = evaluated.log_in("eve")
    assert (code, "CND-125" in out) == (1, True), out
    assert signed(evaluated, celltrial, ledger, "lead", evaluated.key)[0] == 0
    assert nothing_took_effect(ledger)
    assert [item["missing"] for item in waiting(celltrial, ledger)] == [
        [{"part": "signatures", "roles": ["medical_monitor"]}]
    ]
    assert findings(celltrial, ledger, "--accounts", evaluated.accounts) == []
    forger = Forger(ledger)
    forger.write(forger.asked, (forger.given, EVE))
    found = findings(celltrial, ledger, "--accounts", evaluated.accounts)
    assert [item for item, _ in found] == ["LDG-085"], "in no session of hers"


def test_an_act_of_somebody_whose_role_was_taken_back_before_the_last_signature_takes_no_effect(
    running, celltrial, ledger
):
    running.of("lead")
    for command, fields in (("SuspendScope", SUSPENSION), ("OpenEvaluation", {"suspension": "X"})):
        assert act(celltrial, ledger, command, fields)[0] == 0
    today = str(events(ledger)[-1].occurred.local_date)
    running.of("eve")
    evaluation = {"suspension": "X", "on": today, "reference": "report 3", "signatures": []}
    [key] = json.loads(act(celltrial, ledger, "SignEvaluation", evaluation)[1])["waiting"]
    assert signed(running, celltrial, ledger, "eve", key)[0] == 0
    running.of("lead")
    revoked = {"account": "eve", "role": "medical_monitor", "site": None}
    assert act(celltrial, ledger, "RevokeAccess", revoked)[0] == 0
    code, out, _ = signed(running, celltrial, ledger, "lead", key, "--json")
    assert (code, nothing_took_effect(ledger)) == (1, True), out
    assert findings(celltrial, ledger) == []


def test_nobody_takes_an_administrator_over(evaluated, celltrial, ledger):
    """Further ways in `test_cli_account.test_nobody_takes_an_administrator_over`."""
    for word in ("reset", "close", "lock"):
        evaluated.of("eve")
        evaluated.type(evaluated.passphrase, evaluated.code("eve"))
        code, out, _ = celltrial("account", word, evaluated.accounts, "lead", "--reason", "urgent")
        assert (code, "CND-151" in out) == (1, True), out
    assert signed(evaluated, celltrial, ledger, "lead", evaluated.key)[0] == 0, "the lead's session goes on"


#: What somebody with every right on the database does to a history that receipts anchor, and what is found then.
REWRITTEN = {
    "the tail cut": (lambda lines: lines[:-3], "LDG-066"),
    "an older copy put back": (lambda lines: lines[:4], "LDG-066"),
    "everything taken out": (lambda lines: [], "LDG-066"),
    "a record edited, the chain forged anew": (lambda lines: forged(lines, _reworded), "LDG-065"),
    "a record put in between": (lambda lines: forged([*lines[:5], lines[4], *lines[5:]], _numbered()), "LDG-065"),
    "two records exchanged": (
        lambda lines: forged([*lines[:5], lines[6], lines[5], *lines[7:]], _numbered()),
        "LDG-065",
    ),
}


def _reworded(at, record):
    if at == 2:
        record["reason"] = "another reason"


def _numbered():
    """Return a change that numbers the records of each stream anew and lets no time go back."""
    last, times = {}, [""]

    def change(_, record):
        record["recorded"] = times[0] = max(times[0], record["recorded"])
        record["version"] = last[record["stream"]] = last.get(record["stream"], 0) + 1

    return change


@pytest.mark.parametrize("how", REWRITTEN)
def test_a_history_rewritten_whole_is_found_by_receipts_kept_elsewhere(evaluated, celltrial, ledger, tmp_path, how):
    change, expected = REWRITTEN[how]
    kept = tmp_path / "kept elsewhere"
    evaluated.of("lead")
    assert celltrial("anchor", ledger, "--out", kept)[0] == 0
    assert findings(celltrial, ledger, "--anchor", kept) == []
    shutil.rmtree(f"{ledger}.receipts", ignore_errors=True)
    rewrite(str(ledger), TRIAL, change(lines_of(str(ledger), TRIAL)))
    with open_ledger(ledger) as opened:
        assert opened.head(TRIAL).position < 100
    found = findings(celltrial, ledger, "--anchor", kept)
    assert expected in [code for code, _ in found]


def test_two_trials_exchanged_in_their_places_are_found(running, celltrial, ledger, tmp_path):
    """The second is a rehearsal in the same ledger; whoever exchanges them makes a real trial of it."""
    kept = tmp_path / "kept elsewhere"
    fields = json.dumps({"trial": "T-2", "title": "A rehearsal", "sponsor": "Sponsor"})
    typed = ("--as", "sponsor", "--account", "s", "--name", "Any Name")
    ask = ("act", ledger, "RegisterTrial", "--trial", "T-2", "--fields", fields, "--create", "--rehearsal", *typed)
    assert celltrial(*ask)[0] == 0
    assert celltrial("anchor", ledger, "--out", kept)[0] == 0
    shutil.rmtree(f"{ledger}.receipts", ignore_errors=True)
    first, second = lines_of(str(ledger), TRIAL), lines_of(str(ledger), "T-2")
    rewrite(str(ledger), TRIAL, forged(second, lambda *_: None, TRIAL))
    rewrite(str(ledger), "T-2", forged(first, lambda *_: None, "T-2"))
    code, out, _ = celltrial("verify", ledger, "--json", "--anchor", kept)
    found = {trial["trial"]: [item["id"] for item in trial["findings"]] for trial in json.loads(out)}
    assert code == 1
    assert found[TRIAL][0] == "LDG-066"
    assert found["T-2"][0] == "LDG-065"


def test_an_edited_session_file_outlives_no_idle_end(evaluated, celltrial, ledger):
    """Each second later is refused: only the program, which holds the key, says when a session was last seen."""
    path = Path(evaluated.state("lead")) / "session.json"
    held = json.loads(path.read_text())
    later = datetime.fromisoformat(held["last_seen"]) + timedelta(microseconds=1)
    for changes in ({"last_seen": later.isoformat()}, {"account": "eve"}, {"seal": ""}, {"session": "x" * 43}):
        path.write_text(json.dumps(held | changes))
        path.chmod(0o600)
        evaluated.of("lead")
        assert act(celltrial, ledger, "ResumeScope", {"suspension": "X"})[2].startswith("APP-175"), changes


class Copied:
    """An installation whose ledger of accounts somebody copied, before the investigator changed the passphrase."""

    OLD, NEW = "seven herons over the lake", "nine larks above the field"

    def __init__(self, desk, celltrial, ledger, tmp_path):
        self.desk, self.celltrial, self.ledger, self.folder = desk, celltrial, ledger, tmp_path / "copied"
        self.folder.mkdir()
        for path in Path(desk.accounts).parent.glob("accounts.db*"):
            if path.is_file():
                shutil.copy(path, self.folder)
        desk.of("pi")
        celltrial("logout")
        desk.type(self.OLD, self.NEW)
        code, out, _ = celltrial("account", "passphrase", desk.accounts, "pi")
        assert code == 0, out


@pytest.fixture
def copied(running, celltrial, ledger, tmp_path):
    return Copied(running, celltrial, ledger, tmp_path)


def test_the_old_passphrase_is_wrong_and_a_copy_of_the_accounts_in_its_place_is_refused(copied):
    """Of the copy the old passphrase would be right, and a code that was taken be taken again."""
    desk = copied.desk
    code, out, _ = desk.log_in("pi")
    assert (code, "CND-125" in out) == (1, True), out
    used = desk.code("pi")
    desk.type(copied.NEW, used)
    assert desk.run("login", "pi", "--accounts", desk.accounts)[0] == 0
    desk.type(copied.NEW, used)
    code, out, _ = desk.run("login", "pi", "--accounts", desk.accounts)
    assert (code, "CND-125" in out) == (1, True), "a code is taken once"
    for path in copied.folder.iterdir():
        shutil.copy(path, desk.accounts.parent)
    for passphrase in (copied.OLD, copied.NEW):
        desk.type(passphrase, used)
        code, _, err = desk.run("login", "pi", "--accounts", desk.accounts)
        assert (code, err[:7]) == (2, "APP-249")
    assert act(copied.celltrial, copied.ledger, "ResumeScope", {"suspension": "X"})[2].startswith("APP-249")
    assert "较旧的副本" in desk.run("whoami", "--lang", "zh")[2]


def test_what_is_done_by_a_session_of_a_copy_kept_elsewhere_is_found(copied, celltrial, monkeypatch, tmp_path):
    """On another machine nothing says how far the accounts had come; the ledger of accounts that stayed does."""
    desk, ledger = copied.desk, copied.ledger
    monkeypatch.setattr("celltrial.app.logging_in.marks_folder", lambda: tmp_path / "another machine")
    monkeypatch.setattr("celltrial.app.verifying_acts._IN_FLIGHT", timedelta(0))
    desk.of("pi")
    desk.type(copied.OLD, desk.code("pi"))
    assert desk.run("login", "pi", "--accounts", copied.folder / "accounts.db")[0] == 0
    before = position(ledger)

    code, out, _ = act(celltrial, ledger, "RaiseAlert", ALERT)
    assert code == 0, out
    assert findings(celltrial, ledger) == [], "nothing in the trial tells"
    found = findings(celltrial, ledger, "--accounts", desk.accounts)
    assert found[0] == ("LDG-087", before + 1)


@pytest.mark.postgres
def test_accounts_on_postgresql_set_back_are_refused_too(desk, celltrial, postgres_server):
    """The same ledger of accounts, on a server: its tail cut off is an older copy."""
    where = postgres_server.fresh("accounts")
    assert restore(desk.accounts, where, Silent()).done
    desk.accounts, secrets = where, ("--secrets", f"{desk.accounts}.secrets")
    desk.of("pi")
    older = lines_of(where, CHAIN)
    used = desk.code("pi")
    desk.type(desk.passphrase, used)
    assert celltrial("login", "pi", "--accounts", where, *secrets)[0] == 0
    rewrite(where, CHAIN, older)
    desk.type(desk.passphrase, used)
    code, _, err = celltrial("login", "pi", "--accounts", where, *secrets)
    assert (code, err[:7]) == (2, "APP-249")


def test_a_signer_of_another_site_is_refused(running, celltrial, ledger):
    """A consent read out at S1 waits for its witness; a nurse of S2 is none, though the role is the right one."""
    running.of("lead")
    asked = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name).sites.resources
    held = [{"name": item.name, "quantity": item.minimum} for item in asked]
    for site in ("S1", "S2"):
        fields = {"site": site, "name": site, "country": "CN", "zone": "Asia/Shanghai", "resources": held}
        assert act(celltrial, ledger, "ActivateSite", fields)[0] == 0
    nurse = {"account": "eve", "printed_name": "Eve Office", "role": "nurse", "site": "S2"}
    assert act(celltrial, ledger, "GrantAccess", nurse)[0] == 0
    running.of("pi")
    assert act(celltrial, ledger, "AcceptVersion", {"site": "S1", "version": "1.0"})[0] == 0
    subject = {"subject": "P1", "site": "S1", "identity": "W-1"}
    assert act(celltrial, ledger, "ScreenSubject", subject)[0] == 0
    today = str(events(ledger)[-1].occurred.local_date)
    consent = {"subject": "P1", "kind": "main", "version": "1.0", "signed_on": today, "read_out": True}
    code, out, _ = act(celltrial, ledger, "SignConsent", consent)
    assert code == 0, out
    [key] = json.loads(out)["waiting"]
    before = position(ledger)
    code, out, _ = signed(running, celltrial, ledger, "eve", key, "--json", "--as", "nurse")
    assert (code, codes(out)) == (1, {"CND-008"}), out
    assert position(ledger) == before
    running.of("lead")
    assert act(celltrial, ledger, "GrantAccess", nurse | {"site": "S1"})[0] == 0
    assert signed(running, celltrial, ledger, "eve", key, "--as", "nurse", "--site", "S1")[0] == 0
    assert findings(celltrial, ledger, "--accounts", running.accounts) == []
