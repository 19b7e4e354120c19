"""What was typed and not sent: kept while somebody types, there after an idle log-out, theirs alone, and never a record."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from celltrial.app.unsent import Unsent
from sites import TRIAL, consented, text, today

ACT = f"/t/{TRIAL}/do/RecordDeath/"
KEEP = f"/t/{TRIAL}/unsent/keep/"


def typing(person, address, **fields):
    """What the page sends by itself while somebody types."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get(address).content.decode())[1]
    return person.browser.post(
        KEEP,
        {"csrfmiddlewaretoken": token, **fields},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"},
    )


@pytest.mark.parametrize(("language", "said"), [("en", "last kept"), ("zh", "最近保留于")])
def test_what_was_typed_is_offered_after_the_session_went_idle_and_is_taken_up(running, language, said):
    person = running.person("pi.s1", language)
    before = running.house.trials.get(TRIAL).state().position
    answer = typing(person, ACT, **{"f.subject": "P1", "f.cause": "sepsis, as the family says", "reason": "typed"})
    assert answer.status_code == 200
    running.later(timedelta(minutes=20))
    assert person.get(ACT).status_code == 302, "idle"
    person.log_in(language)
    assert said in text(person.get(ACT))
    taken = person.get(f"{ACT}?take=unsent").content.decode()
    assert "sepsis, as the family says" in taken
    assert 'name="f.subject" value="P1"' in taken
    assert f"{ACT}" in text(person.get(f"/t/{TRIAL}/unsent/"))
    assert "(1)" in text(person.get(f"/t/{TRIAL}/today/"))
    assert running.house.trials.get(TRIAL).state().position == before, "nothing is recorded"


def test_a_page_that_is_still_open_after_the_log_out_is_told_and_shows_no_log_in_page_in_its_middle(running):
    person = running.person("pi.s1")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get(ACT).content.decode())[1]
    running.later(timedelta(minutes=20))
    answer = person.browser.post(
        KEEP, {"csrfmiddlewaretoken": token, "f.cause": "x"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{ACT}?take=unsent"},
    )  # fmt: skip
    assert answer.status_code == 401
    assert "You are logged out" in text(answer)
    assert unquote(re.search(r'/log-in/\?next=([^"]+)"', answer.content.decode())[1]) == ACT


def test_it_is_theirs_alone_holds_no_proof_and_goes_when_it_is_sent_or_thrown_away(running):
    coordinator, pi = running.person("sc.s1"), running.person("pi.s1")
    consented(coordinator)
    typing(pi, ACT, **{"f.cause": "private word", "passphrase": "secret-1", "code": "123456", "f.identity": "W-1"})
    [kept] = running.house.unsent.all(TRIAL, "pi.s1")
    assert set(kept.words) == {"f.cause"}
    assert "private word" not in coordinator.get(f"{ACT}?take=unsent").content.decode()
    assert "private word" not in coordinator.get(f"/t/{TRIAL}/unsent/").content.decode()
    sent = {"f.subject": "P1", "f.died_on": today().isoformat(), "f.cause": "sepsis", "request": "death-1"}
    assert pi.post(ACT, **sent).status_code == 302
    assert running.house.unsent.all(TRIAL, "pi.s1") == ()
    typing(pi, ACT, **{"f.cause": "again"})
    pi.post(f"/t/{TRIAL}/unsent/drop/", page=f"/t/{TRIAL}/unsent/", address=ACT)
    assert running.house.unsent.all(TRIAL, "pi.s1") == ()
    typing(pi, ACT, **{"f.cause": "refused"})
    assert pi.post(ACT, **{"f.subject": "P9"}).status_code == 422
    assert len(running.house.unsent.all(TRIAL, "pi.s1")) == 1, "what was refused is still to be sent"


@pytest.mark.parametrize("page", ["screening/P1/", "daily/P1/", "events/new/?subject=P1"])
def test_every_long_form_keeps_what_is_typed_and_gives_it_back(running, page):
    coordinator = running.person("sc.s1")
    consented(coordinator)
    address, word = f"/t/{TRIAL}/{page}", "38.7654"
    names = {"screening/P1/": "value.I-09", "daily/P1/": "CRS.temperature.1"}
    fields = {
        names.get(page, "sign.temperature"): word,
        "f.category": "CRS",
        "f.scale": "ASTCT-2019",
        "f.subject": "P1",
    }
    assert typing(coordinator, address, **fields).status_code == 200
    assert 'hx-post="/t/CT-BCMA-01/unsent/keep/"' in coordinator.get(address).content.decode()
    taken = coordinator.get(address + ("&" if "?" in address else "?") + "take=unsent").content.decode()
    assert word in taken


def test_an_address_of_elsewhere_keeps_nothing(running):
    pi = running.person("pi.s1")
    for address in ("/t/OTHER/do/RecordDeath/", "/accounts/", "//evil.example/x"):
        pi.get(ACT)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', pi.get(ACT).content.decode())[1]
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
        answer = pi.browser.post(KEEP, {"csrfmiddlewaretoken": token, "a": "b"}, headers=headers)
        assert answer.status_code == 404
    assert running.house.unsent.all(TRIAL, "pi.s1") == ()


def test_the_file_is_for_its_owner_alone_survives_a_restart_and_forgets_after_a_month(tmp_path):
    now, where = datetime.now(UTC), tmp_path / "x.unsent"
    kept = Unsent(where)
    assert kept.all("T", "anna") == ()
    assert where.stat().st_mode & 0o077 == 0
    assert kept.keep("T", "anna", "/a/", {"f.x": ["1", "2"]}, now)
    assert kept.keep("T", "anna", "/old/", {"f.x": ["1"]}, now - timedelta(days=31))
    assert not kept.keep("T", "anna", "/long/", {"f.x": ["x" * 20_000_000]}, now)
    kept.close()
    again = Unsent(where)
    assert [(item.address, item.words) for item in again.all("T", "anna")] == [("/a/", {"f.x": ["1", "2"]})]
    assert again.all("T", "ben") == again.all("U", "anna") == ()
    for number in range(60):
        again.keep("T", "anna", f"/{number}/", {}, now + timedelta(seconds=number))
    assert len(again.all("T", "anna")) == 50
    again.close()
