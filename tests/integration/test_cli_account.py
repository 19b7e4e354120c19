"""`celltrial account`: persons, secrets that are typed or piped, administrators, roles in a trial; every step a fact."""

from __future__ import annotations

import getpass
import io
import json
import sys
from base64 import b32decode
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlparse

import pytest

from celltrial.app.logging_in import CHAIN
from celltrial.app.session import codec
from celltrial.cli.commands import PLAIN_GROUPS
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.ledger import Journal, open_ledger

OWN = "seven herons over the lake"


@pytest.fixture
def account(desk, celltrial):
    """Run `celltrial account WORD accounts.db ...` with lines on standard input."""

    def call(word: str, *arguments: object, lines: tuple[str, ...] = ()) -> tuple[int, str, str]:
        desk.type(*lines)
        return celltrial("account", word, desk.accounts, *arguments)

    return call


@pytest.fixture
def book(account, desk):
    """The accounts with the administrator logged in, who proved both components for a first act."""
    assert desk.log_in("lead")[0] == 0
    lines = (OWN, desk.code("lead"))
    code, out, _ = account(
        "create", "new", "--name", "New Office", "--signs", "--reason", "delegation log", lines=lines
    )
    assert code == 0
    account.once = out.splitlines()[-1]
    return account


def facts(tmp_path, chain=CHAIN, name="accounts.db"):
    with open_ledger(str(tmp_path / name)) as ledger:
        return list(ledger.read(chain))


def enrol(account, once, who="new") -> bytes:
    assert account("passphrase", who, lines=(once, OWN))[0] == 0
    code, out, _ = account("second-factor", who, lines=(OWN,))
    assert code == 0
    return b32decode(parse_qs(urlparse(out.splitlines()[-1]).query)["secret"][0])


def code_now(key: bytes, ahead: int = 0) -> str:
    return code_at(key, step_of(datetime.now(UTC)) + ahead)


def test_an_installation_begins_with_one_administrator_and_a_passphrase_for_once(celltrial, desk, tmp_path):
    where = tmp_path / "own.db"
    code, out, _ = celltrial("account", "init", where, "lead", "--name", "Lead Office")
    once = out.splitlines()[-1]
    assert (code, len(once)) == (0, 19)
    code, out, _ = celltrial("account", "init", where, "eve", "--name", "Eve Office")
    assert (code, "CND-019" in out) == (1, True), "only once"
    desk.type(once, "")
    code, out, _ = celltrial("account", "check", where, "lead")
    assert (code, "CND-129" in out) == (1, True), "it is changed before the first log-in"
    desk.type(once, OWN)
    assert celltrial("account", "passphrase", where, "lead")[0] == 0
    desk.type(OWN)
    code, out, _ = celltrial("account", "second-factor", where, "lead")
    key = b32decode(parse_qs(urlparse(out.splitlines()[-1]).query)["secret"][0])
    desk.type(OWN, code_now(key))
    assert celltrial("login", "lead", "--accounts", where)[0] == 0
    told = [record.type.removeprefix("log_in.") for record in facts(tmp_path, name="own.db")]
    assert told == [
        "account_opened/1", "password_set/1", "failed/1", "password_set/1", "second_factor_set/1", "succeeded/1",
    ]  # fmt: skip
    assert once not in (tmp_path / "own.db.secrets").read_text()


def test_it_works(book, tmp_path):
    key = enrol(book, book.once)
    code, out, _ = book("check", "new", lines=(OWN, code_now(key)))
    assert (code, "new" in out) == (0, True)
    code, out, _ = book("list", "--json")
    rows = {row["account"]: row for row in json.loads(out)}
    assert rows["new"] == {
        "account": "new", "name": "New Office", "signs": True, "administers": False, "state": "open",
        "locked_until": None, "passphrase": True, "passphrase_own": True, "second_factor": True, "roles": [],
    }  # fmt: skip
    assert rows["lead"]["administers"]
    told = [record.type.removeprefix("log_in.") for record in facts(tmp_path)]
    assert told[-7:] == [
        "administration_proved/1", "account_opened/1", "password_set/1", "password_set/1", "second_factor_set/1",
        "succeeded/1", "session_ended/1",
    ]  # fmt: skip
    opened = facts(tmp_path)[-6]
    assert (opened.actor, opened.role, opened.printed_name) == ("lead", "administrator", "Lead Office")
    assert opened.reason == "delegation log"


def test_no_command_takes_a_secret_as_an_argument_and_none_is_kept_or_shown(book, celltrial, tmp_path):
    for words in (*(("account", word) for word in PLAIN_GROUPS["account"][1]), ("login",)):
        code, out, _ = celltrial(*words, "--help")
        assert code == 0
        assert not {"--passphrase", "--password", "--code", "--secret "} & set(out.split())
    key = enrol(book, book.once)
    code, out, err = book("check", "new", lines=(OWN, code_now(key)))
    with open_ledger(str(tmp_path / "accounts.db")) as ledger:
        kept = b"".join(line for line, _ in ledger.lines(CHAIN)).decode()
    for secret in (OWN, book.once):
        assert secret not in kept + out + err + (tmp_path / "accounts.db.secrets").read_text()
    assert (tmp_path / "accounts.db.secrets").stat().st_mode & 0o777 == 0o600


def test_a_secret_is_due_and_a_new_one_is_typed_twice(book, monkeypatch, celltrial, tmp_path):
    code, out, err = book("check", "lead")
    assert (code, out, err[:7]) == (2, "", "APP-172")
    before = len(facts(tmp_path))
    typed = iter([OWN, "a new long passphrase", "another long passphrase"])
    asked = []

    class Keyboard(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr(getpass, "getpass", lambda label: asked.append(label) or next(typed))
    code, _, err = celltrial("account", "passphrase", tmp_path / "accounts.db", "lead", "--lang", "zh")
    assert (code, err[:7]) == (2, "APP-173")
    assert asked == ["密码: ", "新密码: ", "再次输入新密码: "]
    assert len(facts(tmp_path)) == before, "nothing was changed"


def test_failed_log_ins_lock_and_only_an_administrator_with_a_reason_unlocks(book, desk):
    for _ in range(5):
        code, out, _ = book("check", "pi", lines=("a wrong passphrase", "000000"))
        assert (code, "CND-125" in out) == (1, True)
    code, out, _ = book("check", "pi", lines=(OWN, desk.code("pi")))
    assert (code, "CND-124" in out) == (1, True)
    [row] = [row for row in json.loads(book("list", "--json")[1]) if row["account"] == "pi"]
    assert (row["state"], row["locked_until"] is not None) == ("locked", True)
    assert "锁定至" in book("list", "--lang", "zh")[1]
    assert book("unlock", "pi", lines=(OWN,))[0] == 1, "a reason is required"
    desk.log_in("eve")
    code, out, _ = book("unlock", "pi", "--reason", "friend", lines=(OWN, desk.code("eve")))
    assert (code, "CND-151" in out) == (1, True), "who administers nobody unlocks nobody"
    desk.of("lead")
    assert book("unlock", "pi", "--reason", "identity checked", lines=(OWN,))[0] == 0
    assert book("check", "pi", lines=(OWN, desk.code("pi")))[0] == 0
    assert book("lock", "pi", "--reason", "on leave", lines=(OWN,))[0] == 0
    assert "CND-124" in book("check", "pi", lines=(OWN, "000000"))[1]


#: Every word by which somebody acts on another's account.
ADMINISTERING = ("reset", "close", "lock", "unlock", "make-administrator", "end-administrator")


@pytest.mark.parametrize("word", [*ADMINISTERING, "create"])
def test_nobody_takes_an_administrator_over(book, desk, word, tmp_path):
    """From another's desk, without a session, with a replayed code, from another ledger of accounts."""
    more = ("--name", "Lead Office") if word == "create" else ()
    ask = (word, "lead", *more, "--reason", "urgent")
    desk.of("nobody")
    assert book(*ask, lines=(OWN, "000000"))[2].startswith("APP-177")
    replayed = desk.code("eve")
    desk.of("eve")
    desk.type(OWN, replayed)
    assert desk.run("login", "eve", "--accounts", desk.accounts)[0] == 0
    for code in (replayed, "", "000000"):
        status, out, _ = book(*ask, lines=(OWN, code))
        assert (status, "CND-151" in out) == (1, True)
    desk.of("lead")
    own = (word, "lead", *more, "--reason", "mine")
    status, out, _ = book(*own, lines=(OWN,))
    assert (status, "CND-122" in out) == (1, True), "nobody administers their own account"
    assert book(word, "pi", *more, "--reason", "x", lines=("a wrong passphrase",))[0] == 1
    other = tmp_path / "other.db"
    desk.run("account", "init", other, "lead", "--name", "Lead Office")
    desk.type(OWN)
    assert desk.run("account", word, other, "lead", *more, "--reason", "x")[2].startswith("APP-244")
    rows = {row["account"]: row for row in json.loads(book("list", "--json")[1])}
    assert (rows["lead"]["administers"], rows["lead"]["state"], rows["lead"]["passphrase_own"]) == (True, "open", True)
    assert not any(row["administers"] for name, row in rows.items() if name != "lead")


def test_an_administrator_who_was_reset_by_a_second_one_with_a_reason_begins_anew(book, desk, celltrial):
    """With a reason, on record, and with everything the first one held void: sessions, passphrase, authenticator."""
    assert book("make-administrator", "pi", "--reason", "deputy", lines=(OWN,))[0] == 0
    desk.log_in("pi")
    status, out, _ = book("reset", "lead", "--reason", "authenticator lost", lines=(OWN, desk.code("pi")))
    assert status == 0
    once = out.splitlines()[-1]
    desk.of("lead")
    assert celltrial("whoami")[2].startswith("APP-175")
    assert "CND-129" in book("check", "lead", lines=(once, ""))[1]
    assert book("passphrase", "lead", lines=(once, "another long passphrase"))[0] == 0
    assert "CND-126" in book("check", "lead", lines=("another long passphrase", ""))[1]


def test_a_weak_passphrase_is_refused_with_what_is_wrong_in_either_language(book):
    for given, english, chinese in (
        ("short", "at least 12 characters", "至少 12 个字符"),
        ("Password2026!!", "a common password", "常见密码"),
        ("qwertyuiop123456", "a pattern", "规律性字符"),
        ("new-office-2026", "name", "账户名或姓名"),
    ):
        for language, words in (("en", english), ("zh", chinese)):
            code, out, _ = book("passphrase", "new", "--lang", language, lines=(book.once, given))
            assert (code, "CND-128" in out, words in out) == (1, True, True), out


def test_a_passphrase_that_another_set_must_be_changed_before_the_first_log_in(book):
    assert "CND-129" in book("check", "new", lines=(book.once, ""))[1]
    assert "CND-125" in book("passphrase", "new", lines=("a wrong passphrase", OWN))[1]
    assert book("passphrase", "new", lines=(book.once, OWN))[0] == 0
    assert "CND-126" in book("check", "new", lines=(OWN, ""))[1], "who signs needs a second factor"


@pytest.mark.parametrize("name", ["Ward One", " ward  ONE ", "Ｗａｒｄ　Ｏｎｅ"])
def test_two_open_accounts_do_not_bear_one_name(book, name):
    """Signatures show the name: one person with two accounts would give both of an act that asks for two."""
    words = ("create", "pi-2", "--name", name, "--signs", "--reason", "delegation log")
    code, out, _ = book(*words, lines=(OWN,))
    assert (code, "CND-017" in out, "that no other open account bears" in out) == (1, True, True), out
    assert "可区分人员" in book(*words, "--lang", "zh", lines=(OWN,))[1]
    assert book("create", "pi-2", "--name", "Ward One, night", "--reason", "delegation log", lines=(OWN,))[0] == 0
    assert book("close", "pi", "--reason", "left", lines=(OWN,))[0] == 0
    assert book("create", "pi-3", "--name", name.strip(), "--reason", "delegation log", lines=(OWN,))[0] == 0


def test_an_account_is_one_persons_for_ever(book, tmp_path):
    again = ("--name", "Ward Two", "--reason", "new")
    assert "CND-006" in book("create", "pi", *again, lines=(OWN,))[1]
    assert book("close", "pi", "--reason", "left", lines=(OWN,))[0] == 0
    assert "CND-006" in book("create", "pi", *again, lines=(OWN,))[1]
    code, out, _ = book("list", "--lang", "zh")
    assert (code, "已关闭" in out) == (0, True)
    code, _, err = book("grant", "pi", "--ledger", tmp_path / "t.db", "--role", "investigator")
    assert (code, err[:7]) == (2, "APP-171")


@pytest.fixture
def trial(celltrial, desk, tmp_path):
    """A real trial, registered by the logged-in lead."""
    ledger = tmp_path / "trial.db"
    desk.log_in("lead")
    fields = json.dumps({"trial": "T-1", "title": "A trial", "sponsor": ""})
    assert celltrial("act", ledger, "RegisterTrial", "--trial", "T-1", "--fields", fields, "--create")[0] == 0
    return ledger


def test_roles_are_facts_of_the_trial_and_duties_are_segregated(account, desk, trial):
    about = ("--ledger", trial)
    assert account("grant", "pi", "--role", "data_manager", *about)[0] == 1, "a reason is required"
    assert account("grant", "pi", "--role", "data_manager", *about, "--reason", "contract")[0] == 0
    assert "CND-122" in account("grant", "lead", "--role", "quality_assurance", *about, "--reason", "handy")[1]
    refused = account("grant", "eve", "--role", "administrator", *about, "--reason", "x")
    assert (refused[0], "CND-017" in refused[1]) == (1, True), "administrators act in no trial"
    desk.log_in("pi")
    other = account("grant", "eve", "--role", "auditor", *about, "--reason", "x")
    assert (other[0], "CND-001" in other[1]) == (1, True), "who is no sponsor grants nothing"
    desk.of("lead")
    with open_ledger(str(trial)) as ledger:
        granted = [e for e in Journal(ledger, codec()).events("T-1") if isinstance(e.fact, AccessGranted)]
    assert granted[-1].fact == AccessGranted("pi", "Ward One", Role.DATA_MANAGER, None)
    assert (granted[-1].actor.id, granted[-1].reason) == ("lead", "contract")
    [row] = [row for row in json.loads(account("list", *about, "--json")[1]) if row["account"] == "pi"]
    assert row["roles"] == [{"role": "data_manager", "site": None}]
    assert "数据管理员" in account("list", *about, "--lang", "zh")[1]
    assert account("revoke", "pi", "--role", "data_manager", *about, "--reason", "left")[0] == 0
    rows = {row["account"]: row["roles"] for row in json.loads(account("list", *about, "--json")[1])}
    assert rows["pi"] == []


@pytest.mark.parametrize(
    ("word", "arguments", "code"),
    [
        ("list", (), "LDG-001"),
        ("grant", ("pi", "--role", "wizard", "--ledger", "{trial}"), "APP-063"),
        ("grant", ("nobody", "--role", "sponsor", "--ledger", "{trial}"), "APP-171"),
        ("grant", ("pi", "--role", "sponsor", "--ledger", "{trial}", "--trial", "T-9"), "APP-021"),
        ("grant", ("pi", "--role", "sponsor"), "APP-160"),
    ],
)
def test_bad_input_is_one_clear_message_with_exit_2(celltrial, desk, trial, tmp_path, word, arguments, code):
    where = tmp_path / "missing.db" if word == "list" else desk.accounts
    status, out, err = celltrial("account", word, where, *(item.format(trial=trial) for item in arguments))
    assert (status, out, err[:7]) == (2, "", code)
    status, _, err = celltrial("account", "list", "postgresql:///accounts")
    assert (status, err[:7]) == (2, "APP-170")
