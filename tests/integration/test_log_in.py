"""Log-in wired: a ledger of accounts, secrets in a file of their own, signatures with the components that were proved."""

from __future__ import annotations

import json
import threading
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest

from celltrial.app.anchoring import read_folder
from celltrial.app.credentials import Credential, FileCredentials, MemoryCredentials
from celltrial.app.logging_in import CHAIN, Administrator, Ticket, open_accounts
from celltrial.conduct.acts.log_in import rules
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.log_in.events import Ending
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.conduct.facts.log_in.verifiers import COST
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.values import message
from celltrial.ledger import Clock, Context, Entry, Meaning, open_ledger, signatures, verify

ADMIN = "lead"
LEAD = Actor(ADMIN, Role.SPONSOR, None, "Lead Office")
START = datetime(2025, 3, 1, 2, tzinfo=UTC)
PASSWORD = "correct horse battery"


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = START

    @property
    def port(self) -> Clock:
        return Clock("test", lambda: self.time)

    def wait(self, **lapse: float) -> None:
        self.time += timedelta(**lapse)


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def book(request, tmp_path, hands):
    where = str(tmp_path / "accounts.db")
    if request.param == "postgres":
        where = request.getfixturevalue("postgres_server").fresh()
    with open_accounts(
        where, FileCredentials(tmp_path / "secrets"), create=True, clock=hands.port, cost=2**10
    ) as opened:
        opened.where = where
        yield opened


def enrolled(book, hands, account="ann"):
    """Open an account beside the administrator's; both persons set passphrase and second factor."""
    if ADMIN not in book.accounts.people:
        book.keys = {ADMIN: secured(book, ADMIN, book.initialise(ADMIN, "Lead Office"))}
    once = book.open_account(account, "Ann Office", signs=True, by=administrator(book, hands), reason="joined")
    return secured(book, account, once)


def secured(book, account, once):
    """Set a passphrase and a second factor; returns the key of its codes."""
    assert isinstance(book.set_password(account, PASSWORD, current=once), Accepted)
    address = book.set_second_factor(account, password=PASSWORD)
    return b32decode(parse_qs(urlparse(address).query)["secret"][0])


def administrator(book, hands):
    """Return the administrator, logged in and with both components proved anew."""
    hands.wait(seconds=30)
    ticket = book.log_in(ADMIN, PASSWORD, now_code(book.keys[ADMIN], hands))
    hands.wait(seconds=30)
    return Administrator(ticket, PASSWORD, now_code(book.keys[ADMIN], hands))


def now_code(key, hands):
    return code_at(key, step_of(hands.time))


def test_it_works(book, hands, tmp_path):
    key = enrolled(book, hands)
    ticket = book.log_in("ann", PASSWORD, now_code(key, hands))
    assert isinstance(ticket, Ticket)
    assert (ticket.account, ticket.printed_name) == ("ann", "Ann Office")
    hands.wait(minutes=10)
    ticket = book.seen(ticket)
    hands.wait(minutes=10)
    assert isinstance(book.seen(ticket), Ticket)
    book.log_out(ticket)
    assert book.seen(ticket) is Ending.LOGGED_OUT
    with open_ledger(book.where) as ledger:
        types = [record.type for record in ledger.read(CHAIN)]
        assert verify(ledger, CHAIN).holds
    assert types == [
        "log_in.account_opened/1", "log_in.password_set/1", "log_in.password_set/1", "log_in.second_factor_set/1",
        "log_in.succeeded/1", "log_in.administration_proved/1", "log_in.account_opened/1", "log_in.password_set/1",
        "log_in.password_set/1", "log_in.second_factor_set/1", "log_in.succeeded/1", "log_in.session_ended/1",
    ]  # fmt: skip


def test_no_secret_stands_in_the_ledger_and_the_file_is_its_owners_alone(book, hands, tmp_path):
    key = enrolled(book, hands)
    code = now_code(key, hands)
    book.log_in("ann", PASSWORD, code)
    book.log_in(PASSWORD, "typed into the wrong field")
    with open_ledger(book.where) as ledger:
        kept = b"".join(line for line, _ in ledger.lines(CHAIN))
    secrets = json.loads((tmp_path / "secrets").read_text())["ann"]
    for secret in (PASSWORD, code, secrets["code_key"], secrets["verifier"][0], secrets["verifier"][1]):
        assert secret.encode() not in kept
    assert PASSWORD not in (tmp_path / "secrets").read_text()
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o600


def test_an_idle_session_is_over_and_its_end_is_recorded_once(book, hands):
    key = enrolled(book, hands)
    ticket = book.log_in("ann", PASSWORD, now_code(key, hands))
    hands.wait(minutes=15)
    assert book.seen(ticket) is Ending.IDLE
    assert book.seen(ticket) is Ending.LOGGED_OUT
    with open_ledger(book.where) as ledger:
        ends = [record.payload["ending"] for record in ledger.read(CHAIN) if record.type == "log_in.session_ended/1"]
    assert ends == ["idle"]


def test_the_account_is_locked_after_failed_log_ins_in_every_process(book, hands, tmp_path):
    key = enrolled(book, hands)
    with open_accounts(book.where, FileCredentials(tmp_path / "secrets"), clock=hands.port, cost=2**10) as other:
        for number in range(5):
            assert isinstance((book, other)[number % 2].log_in("ann", "wrong"), Refused)
        refused = other.log_in("ann", PASSWORD, now_code(key, hands))
    assert [item.code for item in refused.conditions] == [Code.ACCOUNT_LOCKED]
    assert isinstance(
        book.administer(rules.unlock_account, "ann", by=administrator(book, hands), reason="called back"), Accepted
    )
    assert isinstance(book.log_in("ann", PASSWORD, now_code(key, hands)), Ticket)


def test_attempts_at_the_same_moment_are_all_counted(tmp_path, hands):
    where, store = tmp_path / "a.db", MemoryCredentials()
    limits = LogInSettings(failed_log_ins=1000)
    with open_accounts(where, store, create=True, clock=hands.port, cost=2**10) as first:
        enrolled(first, hands)

    def attack() -> None:
        with open_accounts(where, store, clock=hands.port, settings=limits, cost=2**10) as mine:
            for _ in range(3):
                mine.log_in("ann", "wrong")

    threads = [threading.Thread(target=attack) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_accounts(where, store, clock=hands.port, cost=2**10) as last:
        assert last.accounts.people["ann"].failures == 12


def test_a_signature_says_which_components_were_proved_and_signs_the_hash(book, hands, tmp_path):
    key = enrolled(book, hands)
    ticket = book.log_in("ann", PASSWORD, now_code(key, hands))
    with open_ledger(tmp_path / "trial.db", create=True, clock=hands.port) as ledger:
        here = Instant(hands.time, "Asia/Shanghai")
        entry = Entry("subject/1", "subject.noted/1", {"n": 1}, here)
        (record,) = ledger.append("BC-1", 0, [entry], Context(LEAD))
        about = {"role": Role.INVESTIGATOR, "meaning": Meaning.REVIEW, "positions": [1], "zone": "Asia/Shanghai"}
        refused = book.sign(ticket, ledger, "BC-1", password=PASSWORD, **about)
        assert [item.code for item in refused.conditions] == [Code.LOG_IN_WRONG]
        hands.wait(seconds=30)
        first = book.sign(ticket, ledger, "BC-1", password=PASSWORD, code=now_code(key, hands), **about)
        second = book.sign(ticket, ledger, "BC-1", password=PASSWORD, **about)
        assert (first.signed.components, second.signed.components) == (("password", "code"), ("password",))
        assert first.signed.records == ((1, record.hash),)
        assert (first.signer.printed_name, first.signed.meaning) == ("Ann Office", Meaning.REVIEW)
        assert first.occurred.local.isoformat() == "2025-03-01T10:01:30+08:00"
        hands.wait(hours=1)
        late = book.sign(ticket, ledger, "BC-1", password=PASSWORD, **about)
        assert [item.code for item in late.conditions] == [Code.SESSION_ENDED]
        assert len(signatures(ledger, "BC-1")) == 2
        assert verify(ledger, "BC-1").holds
    receipts = read_folder(tmp_path / "trial.db.receipts")  # each signature is anchored outside the ledger
    assert [(item.occasion, item.position, item.signatures) for item in receipts] == [
        ("signature", 1, 1),
        ("signature", 1, 2),
    ]
    assert receipts[-1].signatures_head == second.hash
    assert all(item.is_authentic for item in receipts)


def test_a_role_that_the_trial_does_not_grant_does_not_sign(book, hands, tmp_path):
    key = enrolled(book, hands)
    ticket = book.log_in("ann", PASSWORD, now_code(key, hands))
    hands.wait(seconds=30)
    with open_ledger(tmp_path / "trial.db", create=True, clock=hands.port) as ledger:
        payload = {"account": "lead", "printed_name": "Lead Office", "role": "sponsor", "site": None}
        entry = Entry("account/lead", "account.access_granted/1", payload, Instant(hands.time))
        ledger.append("BC-1", 0, [entry], Context(LEAD, "set up"))
        refused = book.sign(
            ticket, ledger, "BC-1", role=Role.INVESTIGATOR, meaning=Meaning.REVIEW, positions=[1], zone="UTC",
            password=PASSWORD, code=now_code(key, hands),
        )  # fmt: skip
        assert [item.code for item in refused.conditions] == [Code.ACCESS_NOT_GRANTED]
        assert signatures(ledger, "BC-1") == ()


def test_closing_an_account_forgets_its_secrets_and_keeps_its_history(book, hands, tmp_path):
    key = enrolled(book, hands)
    assert isinstance(
        book.administer(rules.close_account, "ann", by=administrator(book, hands), reason="left"), Accepted
    )
    assert FileCredentials(tmp_path / "secrets").read("ann") == Credential()
    assert isinstance(book.log_in("ann", PASSWORD, now_code(key, hands)), Refused)
    assert book.accounts.people["ann"].is_closed


@pytest.mark.parametrize("content", ["no json", "[]"])
def test_a_spoilt_file_of_secrets_is_one_clear_message(tmp_path, content):
    path = tmp_path / "secrets"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(UserError) as caught:
        FileCredentials(path).read("ann")
    assert caught.value.faults[0].id == "APP-090"


def test_a_file_of_secrets_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "secrets"
    FileCredentials(path).write("ann", Credential(code_key=b"k"))
    path.chmod(0o644)
    with pytest.raises(UserError) as caught:
        FileCredentials(path).read("ann")
    assert caught.value.faults[0].params["found"] == message("open_to_others")


def test_a_verifier_is_made_anew_at_the_next_log_in_once_it_cost_too_little(book, hands, tmp_path, monkeypatch):
    """OWASP: scrypt with N = 2^17, r = 8, p = 1 at least; other tests of a process make verifiers cheaper."""
    monkeypatch.setattr("celltrial.app.logging_in.COST", COST)
    key, store = enrolled(book, hands), FileCredentials(tmp_path / "secrets")
    old = store.read("ann").verifier
    assert old.cost == 2**10
    with open_accounts(book.where, store, clock=hands.port) as today:
        assert isinstance(today.log_in("ann", "wrong wrong wrong", now_code(key, hands)), Refused)
        assert store.read("ann").verifier == old, "a failure changes nothing"
        assert isinstance(today.log_in("ann", PASSWORD, now_code(key, hands)), Ticket)
        new = store.read("ann").verifier
        assert (new.cost, new.block, new.parallel) == (2**17, 8, 1)
        assert (new.salt != old.salt, store.read("ann").code_key) == (True, key)
        hands.wait(seconds=30)
        assert isinstance(today.log_in("ann", PASSWORD, now_code(key, hands)), Ticket)
        assert store.read("ann").verifier == new
