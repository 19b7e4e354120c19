"""The bedside: one flow of which every step stands in the ledger; a wrong scan does nothing and is kept; each act happens once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.events import IdentityConfirmed, IdentityMismatchFound
from celltrial.conduct.facts.log_in.events import LoggedIn, SessionEnded, SigningProved
from celltrial.conduct.facts.subject.events import CellsInfused
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.vocabulary import BatchStatus
from sites import TRIAL, text

PATH = f"/t/{TRIAL}/bedside/P1/"
CHECKED = {"v.1": "36.8", "v.2": "97"}
THAWED = {"f.identity": "ID-P1", "f.label": "B1", "minutes": "45"}
PERMITTED = {"f.operator": "operator-S1"}
INFUSED = {
    "f.identity": "ID-P1",
    "f.label": "B1",
    "f.delivered_cells": "60000000",
    "f.weight_kg": "60",
    "f.operator": "operator-S1",
}


def hidden(person, name, path=PATH):
    return re.search(rf'name="{name}" value="([^"]+)"', person.get(path).content.decode())[1]


def press(person, step, fields, **more):
    """Fill in the form of the step that is shown and press its button."""
    sent = {"step": step, "request": hidden(person, "request"), "as": hidden(person, "as"), **fields, **more}
    return person.post(PATH, **sent)


def second(person, site, account="nurse.s1", **more):
    """Let another person sign at the same device."""
    given = {name: hidden(person, name) for name in ("signing", "sha256", "request")}
    given |= {"account": account, "passphrase": site.passphrase, "code": site.code(account)}
    return person.post(f"{PATH}sign/", page=PATH, **{**given, **more})


def facts(site, *kinds):
    with site.house.trials.get(TRIAL).session() as session:
        return [event.fact for event in session.events() if isinstance(event.fact, kinds)]


def batch(site):
    return site.house.trials.get(TRIAL).state().batches["B1"]


def step_of(person):
    return re.search(r'name="step" value="(\w+)"', person.get(PATH).content.decode())


@pytest.fixture
def pi(at_bedside):
    return at_bedside.person("pi.s1")


@pytest.fixture
def thawed(at_bedside, pi):
    assert press(pi, "check", CHECKED).status_code == 302
    assert press(pi, "thaw", THAWED).status_code == 302
    assert second(pi, at_bedside).status_code == 302
    return pi


@pytest.mark.parametrize(("language", "said"), [("en", "The infusion is on record"), ("zh", "回输已记录")])
def test_one_flow_from_check_to_watch_by_two_persons_at_one_tablet(at_bedside, language, said):
    pi = at_bedside.person("pi.s1", language)
    for step, fields in (("check", CHECKED), ("thaw", THAWED)):
        assert step_of(pi)[1] == step
        answer = press(pi, step, fields)
        assert answer.status_code == 302, text(answer)
    assert batch(at_bedside).status is BatchStatus.RECEIVED, "nothing is thawed before the second person signed"
    assert second(pi, at_bedside).status_code == 302
    assert batch(at_bedside).status is BatchStatus.THAWED
    assert press(pi, "permit", PERMITTED).status_code == 302
    answer = press(pi, "infuse", INFUSED)
    assert answer.status_code == 302, text(answer)
    assert not facts(at_bedside, CellsInfused)
    assert second(pi, at_bedside, code=at_bedside.code("sc.s1"), account="sc.s1").status_code == 302
    [given] = facts(at_bedside, CellsInfused)
    assert (given.subject, given.batch, given.operator) == ("P1", "B1", "operator-S1")
    assert [(fact.act, fact.witness.account) for fact in facts(at_bedside, IdentityConfirmed)[-2:]] == [
        ("thaw", "nurse.s1"),
        ("infusion", "sc.s1"),
    ]
    assert said in text(pi.get(PATH))
    assert pi.get(f"/t/{TRIAL}/today/").status_code == 200, "the first person is still logged in"


def test_the_second_persons_session_is_their_own_and_ends_with_the_signature(at_bedside, pi):
    press(pi, "check", CHECKED)
    press(pi, "thaw", THAWED)
    second(pi, at_bedside)
    book = at_bedside.house.door._sessions
    own = [fact for fact in _log(book) if getattr(fact, "account", "") == "nurse.s1"][-3:]
    assert [type(fact) for fact in own] == [LoggedIn, SigningProved, SessionEnded]
    assert own[1].components == ("password", "code")
    assert len({fact.session for fact in own}) == 1


def _log(book):
    from celltrial.app.logging_in import CHAIN

    return (event.fact for event in book._journal.events(CHAIN))


@pytest.mark.parametrize("step", ["thaw", "infuse"])
@pytest.mark.parametrize("wrong", ["f.identity", "f.label"])
def test_a_wrong_scan_is_a_red_refusal_that_did_nothing_and_stays_on_record(at_bedside, pi, step, wrong):
    press(pi, "check", CHECKED)
    if step == "infuse":
        press(pi, "thaw", THAWED)
        second(pi, at_bedside)
        press(pi, "permit", PERMITTED)
    before = batch(at_bedside)
    answer = press(pi, step, {**(THAWED if step == "thaw" else INFUSED), wrong: "ANOTHER-9"})
    assert answer.status_code == 422
    shown = text(answer)
    assert "STOP" in shown
    assert "ANOTHER-9" in shown
    assert "Nothing was done." in shown
    assert 'name="f.label"' not in answer.content.decode(), "nothing to press but to start again"
    assert "ID-P1" not in shown, "what would have been right is not told"
    [found] = facts(at_bedside, IdentityMismatchFound)
    assert (found.scanned, found.act) == ("ANOTHER-9", "thaw" if step == "thaw" else "infusion")
    assert [fact.for_role for fact in facts(at_bedside, AlertRaised)][-1] == "medical_monitor"
    assert batch(at_bedside) == before
    assert "Nobody has acknowledged it yet" in text(pi.get(PATH))


def test_a_wrong_scan_sent_twice_is_one_alert(at_bedside, pi):
    press(pi, "check", CHECKED)
    request = hidden(pi, "request")
    for _ in range(2):
        answer = press(pi, "thaw", {**THAWED, "f.label": "B9"}, request=request)
        assert "STOP" in text(answer)
    assert len(facts(at_bedside, IdentityMismatchFound)) == 1


@pytest.mark.parametrize("step", ["check", "thaw", "permit", "infuse"])
def test_what_is_sent_twice_is_done_once_and_answered_as_the_first_time(at_bedside, pi, step):
    fields = {"check": CHECKED, "thaw": THAWED, "permit": PERMITTED, "infuse": INFUSED}
    for before in ("check", "thaw", "permit"):
        if before == step:
            break
        press(pi, before, fields[before])
        if before == "thaw":
            second(pi, at_bedside)
    sent = {"step": step, "request": hidden(pi, "request"), "as": hidden(pi, "as"), **fields[step]}
    assert pi.post(PATH, **sent).status_code == 302
    position = at_bedside.house.trials.get(TRIAL).state().position
    again = pi.post(PATH, **sent, ago="30")
    assert again.status_code == 302, text(again)
    assert at_bedside.house.trials.get(TRIAL).state().position == position


def test_what_waited_for_the_network_has_the_moment_at_which_it_was_pressed(at_bedside, pi):
    assert press(pi, "check", CHECKED, ago="90").status_code == 302
    checked = at_bedside.house.trials.get(TRIAL).state().subjects["P1"].last_check_at
    assert timedelta(seconds=88) < datetime.now(UTC) - checked.utc < timedelta(seconds=150)


def test_what_one_person_pressed_is_not_carried_out_in_anothers_session(at_bedside, pi):
    mine = hidden(pi, "as")
    nurse = at_bedside.person("nurse.s1")
    position = at_bedside.house.trials.get(TRIAL).state().position
    answer = press(nurse, "check", CHECKED, **{"as": mine})
    assert answer.status_code == 409
    assert "pressed by pi.s1; you are nurse.s1" in text(answer)
    assert at_bedside.house.trials.get(TRIAL).state().position == position


def test_the_live_check_judges_all_but_the_scan_and_writes_nothing(at_bedside, pi):
    press(pi, "check", CHECKED)
    position = at_bedside.house.trials.get(TRIAL).state().position
    good = pi.post(f"{PATH}check/", page=PATH, step="thaw", **{**THAWED, "f.label": "ANOTHER-9"})
    assert "would wait for signatures" in text(good), "a code cannot be tried out here"
    bad = pi.post(f"{PATH}check/", page=PATH, step="thaw", **{**THAWED, "minutes": "0"})
    assert "APP-065" in text(bad)
    assert at_bedside.house.trials.get(TRIAL).state().position == position


def test_a_failed_check_holds_the_flow_and_says_why(at_bedside, pi):
    assert press(pi, "check", {**CHECKED, "v.1": "39.1"}).status_code == 302
    shown = text(pi.get(PATH))
    assert step_of(pi)[1] == "check"
    assert "would be refused now" not in shown or "38" in shown


def test_after_the_use_by_the_flow_says_so_and_nothing_can_be_given(at_bedside, pi, monkeypatch):
    press(pi, "check", CHECKED)
    press(pi, "thaw", {**THAWED, "minutes": "1"}, ago="61")
    second(pi, at_bedside)
    shown = text(pi.get(PATH))
    assert "time is over" in shown
    answer = press(pi, "permit", PERMITTED)
    assert answer.status_code == 422
    assert "CND-078" in text(answer) or "expire" in text(answer).lower()
    assert not facts(at_bedside, CellsInfused)


def test_who_may_not_give_cells_sees_whose_step_it_is(at_bedside, thawed):
    nurse = at_bedside.person("sc.s1")
    assert step_of(nurse) is None
    assert "investigator" in text(nurse.get(PATH))


@pytest.mark.parametrize(
    ("account", "status"), [("pi.s1", 422), ("stranger", 422), ("monitor", 422), ("nurse.s1", 302)]
)
def test_only_another_person_with_a_fitting_role_can_be_the_second(at_bedside, pi, account, status):
    press(pi, "check", CHECKED)
    press(pi, "thaw", THAWED)
    answer = second(pi, at_bedside, account)
    assert answer.status_code == status, text(answer)
    assert (batch(at_bedside).status is BatchStatus.THAWED) is (status == 302)


def test_a_wrong_component_of_the_second_person_signs_nothing_and_counts_as_a_failed_log_in(at_bedside, pi):
    press(pi, "check", CHECKED)
    press(pi, "thaw", THAWED)
    answer = second(pi, at_bedside, passphrase="wrong")
    assert answer.status_code == 422
    assert at_bedside.house.door.known("nurse.s1").failures == 1
    assert batch(at_bedside).status is BatchStatus.RECEIVED


def test_the_list_shows_who_is_at_the_bedside_and_another_site_sees_nobody(at_bedside, pi):
    assert "P1" in text(pi.get(f"/t/{TRIAL}/bedside/"))
    other = at_bedside.person("pi.s2")
    assert "P1" not in text(other.get(f"/t/{TRIAL}/bedside/")).replace("CT-BCMA", "")
    assert other.get(PATH).status_code == 404
    assert other.post(PATH, page=f"/t/{TRIAL}/bedside/", step="check").status_code == 404


def test_a_look_by_itself_keeps_nobody_logged_in(at_bedside, pi):
    before = pi.browser.cookies["celltrial"].value
    assert pi.get(PATH, **{"Celltrial-Background": "yes"}).status_code == 200
    assert pi.browser.cookies["celltrial"].value == before
    pi.get(PATH)
    assert pi.browser.cookies["celltrial"].value != before


def test_a_frozen_product_is_not_given_and_what_is_recalled_before_the_second_person_signs_is_recorded_as_it_was(
    at_bedside, pi
):
    press(pi, "check", CHECKED)
    answer = press(pi, "infuse", INFUSED)
    assert answer.status_code == 422
    assert str(Code.THAW_MISSING) in text(answer)
    press(pi, "thaw", THAWED)
    second(pi, at_bedside)
    press(pi, "permit", PERMITTED)
    assert press(pi, "infuse", INFUSED).status_code == 302
    assert pi.act("RecallBatch", batch="B1", cause="sterility").status_code == 422, "an investigator recalls nothing"
    assert at_bedside.person("quality").act("RecallBatch", batch="B1", cause="sterility").status_code == 302
    answer = second(pi, at_bedside, "sc.s1")
    assert answer.status_code == 302, "given before the recall, under a permit: recorded, with what changed since"
    assert "B1" in text(pi.get(PATH))
    with at_bedside.house.trials.get(TRIAL).session() as session:
        kinds = [type(event.fact) for event in session.events()]
    assert kinds.count(CellsInfused) == 1


def test_today_and_the_gate_lead_to_the_bedside_and_to_the_batch(at_bedside, pi):
    assert PATH in pi.get(f"/t/{TRIAL}/gate/P1/").content.decode()
    assert PATH in pi.get(f"/t/{TRIAL}/today/").content.decode()
