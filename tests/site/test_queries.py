"""Queries in the browser (J9): at a value, answered with a correction in one step, closed by another, audit beside the value."""

from __future__ import annotations

import re

import pytest

from celltrial.conduct.facts.safety.events import QueryAnswered
from celltrial.conduct.facts.trial.events import FactCorrected
from sites import TRIAL, text

PATH = f"/t/{TRIAL}/queries/"
ONE = f"{PATH}one/"


@pytest.fixture
def desk(running):
    """A coordinator's subject with a value to ask about; the sponsor's officer lets a monitor and a data manager in."""
    lead = running.person("lead")
    for account, name, role in (("pi.s2", "Ward Two", "data_manager"),):
        answer = lead.act("GrantAccess", reason="joins", account=account, printed_name=name, role=role)
        assert answer.status_code == 302, text(answer)
    person = running.person("sc.s1")
    person.act("ScreenSubject", subject="P1", site="S1", identity="W-1", born="1990-03-04")
    return person


@pytest.fixture
def manager(running, desk):
    person = running.person("pi.s2")
    person.browser.cookies["celltrial_role"] = "data_manager@"
    return person


def held(running):
    return running.house.trials.get(TRIAL)


def position(running, field="born"):
    with held(running).session() as session:
        return next(event.position for event in session.events() if hasattr(event.fact, field))


def ask(person, running, question="Day and month swapped?", field="born", **more):
    return person.post(
        f"{PATH}new/", page=f"{PATH}new/?about=subject/P1", about="subject/P1", question=question, field=field,
        position=str(position(running, field)), **more,
    )  # fmt: skip


def step(person, name, do, request="r", **fields):
    return person.post(f"{ONE}?query={name}", do=do, request=request, **fields)


def test_a_value_is_asked_about_answered_with_a_correction_and_closed_by_another(desk, manager, running):
    history = manager.get(f"/t/{TRIAL}/subjects/P1/history/").content.decode()
    address = re.search(rf'href="(/t/{TRIAL}/queries/new/[^"]*field=born[^"]*)"', history)[1].replace("&amp;", "&")
    assert "1990-03-04" in text(manager.get(address))
    answer = ask(manager, running)
    assert answer.status_code == 302, text(answer)
    [query] = held(running).state().queries.values()
    assert (query.query, query.about, query.fact.field, query.fact.position) == (
        "Q-1",
        "subject/P1",
        "born",
        position(running),
    )
    assert "Q-1" in text(desk.get(PATH))
    assert step(manager, "Q-1", "close").status_code == 422, "not answered yet"
    assert step(manager, "Q-1", "answer", text="it is right").status_code == 422, "the site answers"
    done = step(desk, "Q-1", "correct", new="1990-04-03", reason="swapped in the chart")
    assert done.status_code == 302, text(done)
    with held(running).session() as session:
        facts = [event.fact for event in session.events()]
    [correction] = [item for item in facts if isinstance(item, FactCorrected)]
    [answered] = [item for item in facts if isinstance(item, QueryAnswered)]
    assert (correction.old, correction.new) == ("1990-03-04", "1990-04-03")
    assert facts[answered.correction - 1] == correction, "the answer names its correction"
    assert answered.answer == "1990-03-04 → 1990-04-03"
    assert held(running).state().queries["Q-1"].status == "answered", "nothing closes a query by itself"
    assert step(desk, "Q-1", "close").status_code == 422, "not by who answered"
    assert step(manager, "Q-1", "close").status_code == 302
    assert held(running).state().queries["Q-1"].status == "closed"
    shown = text(manager.get(f"/t/{TRIAL}/subjects/P1/history/?item=born"))
    for word in ("1990-03-04", "1990-04-03", "swapped in the chart", "Q-1", "closed", "Day and month swapped?"):
        assert word in shown, word
    thread = text(manager.get(f"{ONE}?query=Q-1"))
    assert [thread.index(word) for word in ("Asked", "Answered", "Closed")] == sorted(
        thread.index(word) for word in ("Asked", "Answered", "Closed")
    )
    assert step(manager, "Q-1", "reopen", request="r2").status_code == 422, "a reason is needed"
    assert step(manager, "Q-1", "reopen", request="r3", text="month still wrong").status_code == 302
    assert "Opened again" in text(manager.get(f"{ONE}?query=Q-1"))


def test_a_form_sent_twice_corrects_and_answers_once(desk, manager, running):
    ask(manager, running)
    for _ in range(2):
        assert step(desk, "Q-1", "correct", request="same", new="1990-04-03", reason="swapped").status_code == 302
    with held(running).session() as session:
        kinds = [type(event.fact) for event in session.events()]
    assert (kinds.count(FactCorrected), kinds.count(QueryAnswered)) == (1, 1)


@pytest.mark.parametrize(
    ("new", "reason", "code"), [("1990-04-03", "", "CND-005"), ("soon", "x", "CND-017"), ("2090-01-01", "x", "CND-003")]
)
def test_a_correction_that_is_refused_answers_nothing(desk, manager, running, new, reason, code):
    ask(manager, running)
    answer = step(desk, "Q-1", "correct", new=new, reason=reason)
    assert answer.status_code == 422
    assert code in text(answer)
    assert held(running).state().queries["Q-1"].status == "open"


def test_another_site_finds_no_query_and_answers_none(desk, manager, running):
    ask(manager, running)
    other = running.person("pi.s2")
    other.browser.cookies["celltrial_role"] = "investigator@S2"
    assert "Q-1" not in text(other.get(PATH))
    assert other.get(f"{ONE}?query=Q-1").status_code == 404
    assert other.get(f"{PATH}new/?position={position(running)}&field=born").status_code == 404
    assert running.person("reader").get(PATH).status_code == 404


def test_filters_stand_in_the_address(desk, manager, running):
    ask(manager, running)
    ask(manager, running, "And the sex?", "sex", request="second")
    step(desk, "Q-2", "answer", text="as in the chart")
    assert set(re.findall(r"Q-\d", text(manager.get(PATH)))) == {"Q-1", "Q-2"}
    assert set(re.findall(r"Q-\d", text(manager.get(f"{PATH}?status=answered")))) == {"Q-2"}
    assert set(re.findall(r"Q-\d", text(manager.get(f"{PATH}?status=open&site=S1&about=P1")))) == {"Q-1"}
    assert re.findall(r"Q-\d", text(manager.get(f"{PATH}?about=P9"))) == []
    assert re.findall(r"Q-\d", text(manager.get(f"{PATH}?status=closed"))) == []


def test_a_query_at_a_value_that_is_not_there_is_refused(desk, manager, running):
    at = str(position(running))
    body = {"about": "subject/P1", "question": "?"}
    assert manager.post(f"{PATH}new/", page=PATH, position=at, field="colour", **body).status_code == 404
    assert manager.post(f"{PATH}new/", page=PATH, position="9999", field="born", **body).status_code == 404
    assert manager.post(f"{PATH}new/", page=PATH, about="subject/P1", question=" ").status_code == 422
    fields = {"query": "Q-9", "about": "subject/P9", "code": "CND-453", "detail": "?", "position": at, "field": "born"}
    assert manager.act("OpenQuery", **fields).status_code == 422, "a record of another subject"
    assert manager.act("OpenQuery", **{**fields, "about": "subject/P1", "field": "colour"}).status_code == 422
    assert manager.act("OpenQuery", **{**fields, "about": "subject/P1", "field": ""}).status_code == 422
    assert not held(running).state().queries


def test_who_asks_no_queries_is_told_and_opens_none(desk, running):
    page = desk.get(f"{PATH}new/?about=subject/P1")
    assert "coordinator" in text(page)
    assert ask(desk, running).status_code == 422
