"""`celltrial account`: persons, secrets that are typed or piped, lock-out, roles in a trial; every step a fact."""

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
from celltrial.cli.account import ACCOUNT_COMMANDS
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.ledger import Journal, open_ledger

INITIAL, OWN = "for once only", "correct horse battery"


@pytest.fixture
def account(celltrial, monkeypatch, tmp_path):
    """Run `celltrial account WORD accounts.db ...` with lines on standard input."""

    def call(word: str, *arguments: object, lines: tuple[str, ...] = ()) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return celltrial("account", word, tmp_path / "accounts.db", *arguments)

    return call


@pytest.fixture
def book(account):
    """A ledger of accounts with its administrator and one person who signs."""
    new = ("--by", "lead", "--reason", "set up")
    assert account("create", "lead", "--name", "Lead Office", "--signs", "--create", *new)[0] == 0
    assert account("passphrase", "lead", lines=(OWN,))[0] == 0
    assert (
        account("create", "pi", "--name", "Ward One", "--signs", "--by", "lead", "--reason", "delegation log")[0] == 0
    )
    return account


def facts(tmp_path, chain=CHAIN, name="accounts.db"):
    with open_ledger(str(tmp_path / name)) as ledger:
        return list(ledger.read(chain))


def enrol(account, who="pi") -> bytes:
    assert account("passphrase", who, "--by", "lead", "--reason", "joined", lines=(INITIAL,))[0] == 0
    assert account("passphrase", who, lines=(INITIAL, OWN))[0] == 0
    code, out, _ = account("second-factor", who, lines=(OWN,))
    assert code == 0
    return b32decode(parse_qs(urlparse(out.splitlines()[-1]).query)["secret"][0])


def code_now(key: bytes, ahead: int = 0) -> str:
    return code_at(key, step_of(datetime.now(UTC)) + ahead)


def test_it_works(book, tmp_path):
    key = enrol(book)
    code, out, _ = book("check", "pi", lines=(OWN, code_now(key)))
    assert (code, "pi" in out) == (0, True)
    code, out, _ = book("list", "--json")
    rows = {row["account"]: row for row in json.loads(out)}
    assert rows["pi"] == {
        "account": "pi", "name": "Ward One", "signs": True, "state": "open", "locked_until": None, "passphrase": True,
        "passphrase_own": True, "second_factor": True, "roles": [],
    }  # fmt: skip
    told = [record.type.removeprefix("log_in.") for record in facts(tmp_path)]
    assert told == [
        "account_opened/1", "password_set/1", "account_opened/1", "password_set/1", "password_set/1",
        "second_factor_set/1", "succeeded/1", "session_ended/1",
    ]  # fmt: skip
    opened = facts(tmp_path)[2]
    assert (opened.actor, opened.printed_name, opened.reason) == ("lead", "Lead Office", "delegation log")


def test_no_command_takes_a_secret_as_an_argument_and_none_is_kept_or_shown(book, celltrial, tmp_path):
    for word in ACCOUNT_COMMANDS:
        code, out, _ = celltrial("account", word, "--help")
        assert code == 0
        assert not {"--passphrase", "--password", "--code", "--secret "} & set(out.split())
    key = enrol(book)
    code, out, err = book("check", "pi", lines=(OWN, code_now(key)))
    with open_ledger(str(tmp_path / "accounts.db")) as ledger:
        kept = b"".join(line for line, _ in ledger.lines(CHAIN)).decode()
    for secret in (OWN, INITIAL):
        assert secret not in kept + out + err + (tmp_path / "accounts.db.secrets").read_text()
    assert (tmp_path / "accounts.db.secrets").stat().st_mode & 0o777 == 0o600


def test_a_secret_is_owed_and_a_new_one_is_typed_twice(book, monkeypatch, celltrial, tmp_path):
    code, out, err = book("check", "lead")
    assert (code, out, err[:7]) == (2, "", "APP-172")
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
    assert len(facts(tmp_path)) == 3, "nothing was changed"


def test_failed_log_ins_lock_and_only_another_administrator_with_a_reason_unlocks(book, tmp_path):
    key = enrol(book)
    for _ in range(5):
        code, out, _ = book("check", "pi", lines=("a wrong passphrase", "000000"))
        assert (code, "CND-125" in out) == (1, True)
    code, out, _ = book("check", "pi", lines=(OWN, code_now(key)))
    assert (code, "CND-124" in out) == (1, True)
    [row] = [row for row in json.loads(book("list", "--json")[1]) if row["account"] == "pi"]
    assert row["state"] == "locked"
    assert row["locked_until"] is not None
    assert "锁定至" in book("list", "--lang", "zh")[1]
    assert book("unlock", "pi", "--by", "pi", "--reason", "me")[0] == 1
    assert book("unlock", "pi", "--by", "lead")[0] == 1, "a reason is owed"
    assert book("unlock", "pi", "--by", "stranger", "--reason", "x")[0] == 1
    assert book("unlock", "pi", "--by", "lead", "--reason", "identity checked")[0] == 0
    assert book("check", "pi", lines=(OWN, code_now(key, 1)))[0] == 0
    assert book("lock", "pi", "--by", "lead", "--reason", "on leave")[0] == 0
    assert "CND-124" in book("check", "pi", lines=(OWN, code_now(key, 1)))[1]
    types = [record.type for record in facts(tmp_path)]
    assert types.count("log_in.account_locked/1") == 2


def test_a_passphrase_that_another_set_must_be_changed_before_the_first_log_in(book):
    book("passphrase", "pi", "--by", "lead", "--reason", "joined", lines=(INITIAL,))
    assert "CND-129" in book("check", "pi", lines=(INITIAL, ""))[1]
    assert "CND-125" in book("passphrase", "pi", lines=("a wrong passphrase", OWN))[1]
    assert "CND-128" in book("passphrase", "pi", lines=(INITIAL, "short"))[1]
    assert book("passphrase", "pi", lines=(INITIAL, OWN))[0] == 0
    assert "CND-126" in book("check", "pi", lines=(OWN, ""))[1], "who signs needs a second factor"


def test_an_account_is_one_persons_for_ever(book, tmp_path):
    again = ("--name", "Ward Two", "--by", "lead", "--reason", "new")
    assert "CND-006" in book("create", "pi", *again)[1]
    assert book("close", "pi", "--by", "lead", "--reason", "left")[0] == 0
    assert "CND-006" in book("create", "pi", *again)[1]
    code, out, _ = book("list", "--lang", "zh")
    assert (code, "已关闭" in out) == (0, True)
    code, _, err = book("grant", "pi", "--ledger", tmp_path / "t.db", "--role", "investigator", "--by", "lead")
    assert (code, err[:7]) == (2, "APP-171")


@pytest.fixture
def trial(celltrial, tmp_path):
    ledger = tmp_path / "trial.db"
    fields = json.dumps({"trial": "T-1", "title": "A trial", "sponsor": ""})
    who = ("--trial", "T-1", "--as", "sponsor", "--account", "lead", "--name", "Lead Office")
    assert celltrial("act", ledger, "RegisterTrial", *who, "--fields", fields, "--create", "--rehearsal")[0] == 0
    return ledger


def test_roles_are_facts_of_the_trial_and_duties_are_kept_apart(book, trial, tmp_path):
    about = ("--ledger", trial, "--by", "lead")
    assert book("grant", "pi", "--role", "data_manager", *about, "--reason", "x")[0] == 1, (
        "the first is the sponsor's own"
    )
    assert book("grant", "lead", "--role", "sponsor", *about, "--reason", "set up")[0] == 0
    assert book("grant", "pi", "--role", "data_manager", *about)[0] == 1, "a reason is owed"
    assert book("grant", "pi", "--role", "data_manager", *about, "--reason", "contract")[0] == 0
    assert "CND-122" in book("grant", "lead", "--role", "quality_assurance", *about, "--reason", "handy")[1]
    other = ("--ledger", trial, "--by", "pi", "--reason", "x")
    assert "CND-120" in book("grant", "lead", "--role", "auditor", *other)[1], "who is no sponsor grants nothing"
    with open_ledger(str(trial)) as ledger:
        granted = [e for e in Journal(ledger, codec()).events("T-1") if isinstance(e.fact, AccessGranted)]
    assert granted[-1].fact == AccessGranted("pi", "Ward One", Role.DATA_MANAGER, None)
    assert (granted[-1].actor.id, granted[-1].reason) == ("lead", "contract")
    [row] = [row for row in json.loads(book("list", "--ledger", trial, "--json")[1]) if row["account"] == "pi"]
    assert row["roles"] == [{"role": "data_manager", "site": None}]
    assert "数据管理员" in book("list", "--ledger", trial, "--lang", "zh")[1]
    assert book("revoke", "pi", "--role", "data_manager", *about, "--reason", "left")[0] == 0
    assert json.loads(book("list", "--ledger", trial, "--json")[1])[1]["roles"] == []


@pytest.mark.parametrize(
    ("word", "arguments", "code"),
    [
        ("list", (), "LDG-001"),
        ("grant", ("pi", "--role", "wizard", "--ledger", "{trial}", "--by", "lead"), "APP-063"),
        ("grant", ("nobody", "--role", "sponsor", "--ledger", "{trial}", "--by", "lead"), "APP-171"),
        ("grant", ("pi", "--role", "sponsor", "--ledger", "{trial}", "--trial", "T-9", "--by", "lead"), "APP-021"),
        ("grant", ("pi", "--role", "sponsor", "--ledger", "{trial}"), "APP-160"),
    ],
)
def test_bad_input_is_one_clear_message_with_exit_2(celltrial, book, trial, tmp_path, word, arguments, code):
    where = tmp_path / ("missing.db" if word == "list" else "accounts.db")
    status, out, err = celltrial("account", word, where, *(item.format(trial=trial) for item in arguments))
    assert (status, out, err[:7]) == (2, "", code)
    status, _, err = celltrial("account", "list", "postgresql:///accounts")
    assert (status, err[:7]) == (2, "APP-170")
