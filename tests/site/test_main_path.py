"""The main path in a browser's stead: register, approve, sign, activate, screen; all of it by real persons."""

from __future__ import annotations

import re

import pytest

from sites import TRIAL, consented, text, today


def state_of(running):
    return running.house.trials.get(TRIAL).state()


def test_a_trial_set_up_through_its_pages_is_real_and_signed(running):
    state = state_of(running)
    assert (state.persons.value, state.version) == ("logged_in", "1.0")
    assert sorted(state.sites) == ["S1", "S2"]
    assert state.accounts["pi.s1"].grants[0].site == "S1"


def test_a_subject_is_screened_and_the_page_shows_what_the_ledger_holds(running):
    coordinator = running.person("sc.s1")
    answer = coordinator.act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    assert answer.status_code == 302, text(answer)
    assert f"{state_of(running).position} Screened subject/P1" in text(coordinator.get(answer["Location"]))
    assert state_of(running).subjects["P1"].site == "S1"


def test_a_refusal_stands_beside_its_field_with_what_was_needed_and_found_and_nothing_is_recorded(running):
    before = state_of(running).position
    answer = running.person("lead").act(
        "GrantAccess", account="x", printed_name="X", role="coordinator", site="S9", reason="joined"
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'id="f-site-wrong"' in shown
    assert 'aria-invalid="true"' in shown
    assert "CND-007" in text(answer)
    assert 'value="S9"' in shown, "what was typed stays"
    assert state_of(running).position == before


def test_every_fault_of_a_form_is_shown_at_once(running):
    answer = running.person("sc.s1").act("RecordDeath", subject="", died_on="yesterday", occurred="2026-13-01T10:00")
    shown = text(answer)
    assert answer.status_code == 422
    assert shown.count("APP-067") + shown.count("APP-065") >= 4, "at the top and beside the fields"
    assert "COR-" in shown


def test_a_form_that_is_sent_twice_is_carried_out_once(running):
    coordinator = running.person("sc.s1")
    fields = {"f.subject": "P1", "f.site": "S1", "f.identity": "W-1", "request": "the-same"}
    path = f"/t/{TRIAL}/do/ScreenSubject/"
    first = coordinator.post(path, **fields)
    position = state_of(running).position
    again = coordinator.post(path, **fields)
    assert (first.status_code, again.status_code) == (302, 302), text(again)
    assert first["Location"] == again["Location"]
    assert state_of(running).position == position


def test_a_live_check_says_what_would_be_decided_and_writes_nothing(running):
    lead, path = running.person("lead"), f"/t/{TRIAL}/do/GrantAccess/"
    before = state_of(running).position
    given = {"f.account": "x", "f.printed_name": "X", "f.role": "coordinator", "reason": "joined"}
    good = lead.post(f"{path}check/", page=path, **given)
    bad = lead.post(f"{path}check/", page=path, **given, **{"f.site": "S9"})
    assert (good.status_code, bad.status_code) == (200, 200)
    assert "Access granted" in text(good)
    assert "would be accepted" in text(good)
    assert "CND-007" in text(bad)
    assert "would be refused" in text(bad)
    assert state_of(running).position == before


def test_a_scanned_identity_is_judged_by_an_act_on_record_only(running):
    coordinator = running.person("sc.s1")
    path = f"/t/{TRIAL}/do/ScreenSubject/"
    assert coordinator.post(f"{path}check/", page=path, **{"f.subject": "P1"}).status_code == 404
    assert "hx-post" not in coordinator.get(path).content.decode()


def test_an_adverse_event_that_cannot_be_reported_yet_is_kept_as_a_draft(running):
    coordinator = running.person("sc.s1")
    coordinator.act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    path = f"/t/{TRIAL}/do/ReportAdverseEvent/"
    answer = coordinator.post(
        path, draft="yes", request="draft-1", **{"f.subject": "P1", "f.term": "Fever", "f.onset": "??"}
    )
    assert answer.status_code == 302, text(answer)
    [draft] = state_of(running).event_drafts.values()
    assert draft.subject == "P1"
    assert '"onset": "??"' in draft.typed
    assert "onset" in draft.missing


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_act_that_needs_another_person_says_that_it_waits_and_for_whom(running, language):
    lead = running.person("lead", language)
    answer = lead.act("SuspendScope", suspension="X", scope="trial", target="", why="signal")
    assert answer.status_code == 302, text(answer)
    lead.act("OpenEvaluation", suspension="X")
    answer = lead.act(
        "SignEvaluation",
        suspension="X",
        on=str(state_of(running).suspensions["X"].since.local_date),
        reference="report 3",
    )
    assert answer.status_code == 302, text(answer)
    done = text(lead.get(answer["Location"]))
    assert {"en": "has not taken effect", "zh": "尚未生效"}[language] in done
    assert {"en": "medical monitor", "zh": "医学监查员"}[language] in done
    [pending] = state_of(running).pending.values()
    assert pending.asked.command == "SignEvaluation"
    monitor = running.person("monitor", language)
    inbox = text(monitor.get(f"/t/{TRIAL}/signing/"))
    assert {"en": "Wait for your signature (1)", "zh": "等待您签署 (1)"}[language] in inbox
    assert monitor.sign_only().status_code == 302
    assert lead.sign_only().status_code == 302
    state = state_of(running)
    assert not state.pending
    assert [item.item.value for item in state.suspensions["X"].items] == ["evaluation"]


def test_a_missing_signature_is_nothing_to_type_and_the_page_says_so(running):
    lead = running.person("lead")
    lead.act("SuspendScope", suspension="X", scope="trial", target="", why="signal")
    lead.act("OpenEvaluation", suspension="X")
    answer = lead.act("SignEvaluation", suspension="X", on="2099-01-01", reference="report 3")
    assert answer.status_code == 422
    shown = text(answer)
    assert "CND-003" in shown
    assert shown.count("the act waits for this signature") == 2
    assert not state_of(running).pending


def test_an_act_on_a_subject_that_somebody_else_changed_meanwhile_is_asked_again(running):
    coordinator, pi = running.person("sc.s1"), running.person("pi.s1")
    consented(coordinator)
    path = f"/t/{TRIAL}/do/RecordConcomitantMedication/"
    seen = re.search(r'name="seen" value="(\d+)"', coordinator.get(path).content.decode())[1]
    pi.act("WithdrawConsent", subject="P1", kind="follow_up")
    before = state_of(running).position
    given = {
        "f.subject": "P1",
        "f.medication": "aspirin",
        "f.started": today().isoformat(),
        "f.indication": "pain",
        "f.unit": "mg",
        "request": "m-1",
    }
    answer = coordinator.post(path, **given, seen=seen)
    assert answer.status_code == 409, text(answer)[:600]
    assert "1 recorded since this page was opened" in text(answer)
    assert 'value="aspirin"' in answer.content.decode()
    assert state_of(running).position == before
    again = re.search(r'name="seen" value="(\d+)"', answer.content.decode())[1]
    assert coordinator.post(path, **given, seen=again).status_code == 302
    assert coordinator.post(path, **given, seen=again).status_code == 302, "its own record does not stand in its way"
