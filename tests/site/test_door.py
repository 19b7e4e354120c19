"""Who gets in, as whom, and how long; every attempt is on record."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from celltrial.site.throttle import ATTEMPTS
from sites import TRIAL, Person, text


def attempts(site):
    from celltrial.app.logging_in import CHAIN
    from celltrial.ledger.opening import open_ledger

    with open_ledger(site.folder / "accounts.db") as book:
        return [record.type for record in book.read(CHAIN)]


def test_nobody_sees_a_page_before_log_in(running):
    stranger = Person(running, "lead")
    for path in ("/", f"/t/{TRIAL}/today/", f"/t/{TRIAL}/do/ScreenSubject/", "/t/NO-SUCH/today/"):
        answer = stranger.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/log-in/?next=")
    assert stranger.get("/healthz").content == b"ok\n"


def test_a_log_in_and_its_failure_are_on_record_and_say_the_same_of_every_wrong_component(site):
    before = len(attempts(site))
    answers = {
        text(Person(site, "x").post("/log-in/", account=account, passphrase=passphrase, code=code)).replace(account, "")
        for account, passphrase, code in (
            ("lead", "wrong", site.code("lead")), ("lead", site.passphrase, "000000"), ("nobody.known", "x", "1"),
        )
    }  # fmt: skip
    assert len(answers) == 1
    site.person("monitor")
    assert attempts(site)[before:] == ["log_in.failed/1"] * 3 + ["log_in.succeeded/1"]


def test_five_wrong_attempts_lock_the_account(site):
    for _ in range(5):
        Person(site, "lead").post("/log-in/", account="lead", passphrase="wrong", code="")
    answer = Person(site, "lead").post("/log-in/", account="lead", passphrase=site.passphrase, code=site.code("lead"))
    assert answer.status_code == 422
    assert "log_in.account_locked/1" in attempts(site)


def test_one_address_may_not_try_through_a_list_of_names(site):
    for number in range(ATTEMPTS):
        Person(site, "x").post("/log-in/", account=f"name{number}", passphrase="x")
    answer = Person(site, "x").post("/log-in/", account="lead", passphrase=site.passphrase, code=site.code("lead"))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_the_first_administrator_sets_a_passphrase_and_a_second_factor_in_the_browser(tmp_path):
    from base64 import b32decode
    from urllib.parse import parse_qs, unquote, urlparse

    from celltrial.app.accounts import initialise
    from celltrial.app.serving import has_accounts, make_ledger
    from sites import Site

    make_ledger(str(tmp_path / "trial.db"), create=True)
    assert not has_accounts(str(tmp_path / "accounts.db"))
    once = initialise(str(tmp_path / "accounts.db"), None, "admin", "Accounts Office")
    made = Site(tmp_path, {}, "seven herons over the lake")
    person = Person(made, "admin")
    asked = person.post("/log-in/", account="admin", passphrase=once)
    assert "Set your own passphrase" in text(asked)
    person.post("/passphrase/", account="admin", passphrase=once, new=made.passphrase, again=made.passphrase)
    asked = person.post("/log-in/", account="admin", passphrase=made.passphrase)
    assert "Enrol your second factor" in text(asked)
    shown = person.post("/second-factor/", account="admin", passphrase=made.passphrase).content.decode()
    address = unquote(re.search(r"otpauth://[^<]+", shown)[0]).replace("&amp;", "&")
    made._keys["admin"] = b32decode(parse_qs(urlparse(address).query)["secret"][0])
    assert "Your trials" in text(person.log_in().get("/"))
    made.close()


def test_a_session_ends_when_nothing_is_asked_for_long_and_says_so(running):
    lead = running.person("lead")
    assert lead.get("/").status_code == 200
    running.later(timedelta(minutes=16))
    answer = lead.get("/")
    assert answer["Location"] == "/log-in/?next=%2F&over=idle"
    assert "logged out because nothing was asked" in text(lead.get(answer["Location"]))
    assert lead.get("/")["Location"].startswith("/log-in/"), "it stays over"


def test_a_ticket_that_was_changed_opens_nothing(running):
    lead = running.person("lead")
    held = lead.browser.cookies["celltrial"].value
    lead.browser.cookies["celltrial"] = ("A" if held[0] != "A" else "B") + held[1:]
    assert lead.get("/").status_code == 302


def test_a_session_that_was_logged_out_stays_closed_whoever_kept_the_ticket(running):
    lead = running.person("lead")
    kept = lead.browser.cookies["celltrial"].value
    lead.post("/log-out/", page="/")
    lead.browser.cookies["celltrial"] = kept
    assert lead.get("/").status_code == 302


def test_a_form_from_another_site_is_not_taken(running):
    lead = running.person("lead")
    answer = lead.browser.post(f"/t/{TRIAL}/do/GrantAccess/", {"f.account": "x"})
    assert answer.status_code == 403
    assert "Nothing was done" in text(answer)


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_log_in(site, wanted):
    from urllib.parse import quote

    lead = Person(site, "lead")
    answer = lead.post(
        f"/log-in/?next={quote(wanted)}", account="lead", passphrase=site.passphrase, code=site.code("lead")
    )
    assert answer["Location"] == "/"
    assert lead.get(f"/language/zh/?next={quote(wanted)}")["Location"] == "/"


def test_another_role_is_one_that_was_granted(running):
    lead = running.person("lead")
    lead.post("/role/", page="/", role="safety_board@", next="/")
    assert "sponsor" in text(lead.get(f"/t/{TRIAL}/do/"))


def test_nobody_looks_around_where_people_are_real(site):
    browser = Client()
    assert browser.post("/look-around/", {"account": "lead"}).status_code == 404


def test_a_page_that_asks_by_itself_keeps_no_idle_session_open(running):
    lead, nurse = running.person("lead"), running.person("sc.s1")
    for _ in range(3):
        running.later(timedelta(minutes=4))
        assert lead.get("/", **{"Celltrial-Background": "yes"}).status_code == 200
        nurse.get("/")
    running.later(timedelta(minutes=4))
    assert lead.get("/")["Location"].endswith("over=idle")
    assert nurse.get("/").status_code == 200, "who did something is still here"
