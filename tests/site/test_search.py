"""Search in a trial: by identifier or words in either language, and nothing of another site."""

from __future__ import annotations

import re

import pytest

from sites import TRIAL, consented, text, today

PAGE = f"/t/{TRIAL}/search/"


@pytest.fixture
def desk(running):
    coordinator = running.person("sc.s1")
    consented(coordinator, "PATIENT-77")
    answer = coordinator.act(
        "ReportAdverseEvent", subject="PATIENT-77", event="AE-77", term="Haemorrhage", category="", scale="CTCAE-5.0", grade="1",
        onset=today().isoformat(), seriousness="[]", aware=f"{today()}T00:00", expected="yes",
    )  # fmt: skip
    assert answer.status_code == 302, text(answer)[:400]
    return coordinator


def links(person, words):
    shown = person.get(PAGE).status_code
    assert shown == 200
    answer = person.browser.get(PAGE, {"q": words}).content.decode()
    return re.findall(rf'<li><a href="/t/{TRIAL}/([^"]+)"', answer.partition("<main")[2])


def test_a_subject_and_its_events_are_found_by_identifier_and_by_words(desk):
    assert links(desk, "patient-77")[0] == "subjects/PATIENT-77/"
    assert "events/AE-77/" in links(desk, "haemorr")
    assert links(desk, "ｐａｔｉｅｎｔ－77")[0] == "subjects/PATIENT-77/", "an input method's full width"
    for address in links(desk, "77"):
        assert desk.get(f"/t/{TRIAL}/{address}").status_code == 200


@pytest.mark.parametrize(("words", "language"), [("record a death", "en"), ("死亡", "zh"), ("死亡", "en")])
def test_an_act_is_found_by_its_title_in_either_language_for_the_role_that_may_give_it(running, words, language):
    assert "do/RecordDeath/" in links(running.person("pi.s1", language), words)
    assert "do/AmendProtocol/" not in links(running.person("sc.s1"), "amend")


def test_nothing_of_another_site_is_found_and_nothing_is_said_with_the_record(desk, running):
    other = running.person("pi.s2")
    assert links(other, "PATIENT-77") == []
    shown = text(other.browser.get(PAGE, {"q": "PATIENT-77"}))
    assert "Nothing that you may see contains" in shown
    assert str(running.house.trials.get(TRIAL).state().position) in shown
    assert links(running.person("reader"), "PATIENT-77") == []


def test_words_are_shown_as_words_and_not_as_marks(running):
    answer = running.person("lead").browser.get(PAGE, {"q": "<script>alert(1)</script>"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
