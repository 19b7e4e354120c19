"""Accounts in the browser: an administrator's acts, each proved anew and on record; nobody else finds the page."""

from __future__ import annotations

import re

from sites import Person, text

PAGE = "/accounts/"


def proved(site, **fields):
    return {"reason": "joined", "passphrase": site.passphrase, "code": site.code("lead"), **fields}


def test_an_account_is_opened_and_its_person_sets_the_own_passphrase(site):
    lead = site.person("lead")
    shown = lead.post(PAGE, do="open", account="new.person", name="New Person", signs="yes", **proved(site))
    assert shown.status_code == 200, text(shown)
    once = re.search(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4})+)</code>", shown.content.decode())[1]
    assert site.house.door.known("new.person").signs
    asked = Person(site, "x").post("/log-in/", account="new.person", passphrase=once)
    assert "Set your own passphrase" in text(asked)
    assert once not in text(lead.get(PAGE)), "it is shown only once"


def test_a_wrong_passphrase_opens_nothing_and_counts(site):
    lead = site.person("lead")
    answer = lead.post(PAGE, do="open", account="new.person", name="New Person", **proved(site, passphrase="wrong"))
    assert answer.status_code == 422
    assert "CND-125" in text(answer)
    assert site.house.door.known("new.person") is None


def test_a_locked_account_gets_no_page_any_more(site):
    monitor, lead = site.person("monitor"), site.person("lead")
    assert monitor.get("/").status_code == 200
    assert lead.post(PAGE, do="lock", account="monitor", **proved(site)).status_code == 200
    assert monitor.get("/")["Location"].endswith("over=account")


def test_who_keeps_no_accounts_finds_no_page(site):
    monitor = site.person("monitor")
    assert monitor.get(PAGE).status_code == 404
    assert "/accounts/" not in monitor.get("/").content.decode()
    assert monitor.post(PAGE, page="/", do="close", account="lead", **proved(site)).status_code == 404
