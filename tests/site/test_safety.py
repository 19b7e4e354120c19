"""The safety page: meters that agree with the rule itself, the checklist of a resume, and nothing for blinded eyes."""

from __future__ import annotations

import pytest

from sites import TRIAL, text

PAGE = f"/t/{TRIAL}/safety/"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "No suspension is on record, up to record"), ("zh", "没有暂停记录")]
)
def test_nothing_that_happened_is_told_with_the_record_up_to_which(running, language, said):
    shown = text(running.person("monitor", language).get(PAGE))
    assert said in shown
    assert str(running.house.trials.get(TRIAL).state().position) in shown


def test_a_suspension_shows_each_thing_that_its_resume_needs_and_what_is_lacking(running):
    monitor = running.person("monitor")
    answer = monitor.act("SuspendScope", suspension="X-1", scope="trial", target="", why="a look")
    assert answer.status_code == 302, text(answer)[:300]
    shown = text(running.person("lead").get(PAGE))
    for word in ("X-1", "no record", "A resume would be refused now", "CND-"):
        assert word in shown
    site = text(running.person("pi.s2").get(PAGE))
    assert "X-1" in site


def test_the_acts_on_a_suspension_are_those_of_the_role(running):
    running.person("monitor").act("SuspendScope", suspension="X-1", scope="trial", target="", why="a look")
    lead = running.person("lead").get(PAGE).content.decode()
    assert "do/RecordResumeItem/?f.suspension=X-1" in lead
    assert "do/ResumeScope/?f.suspension=X-1" not in running.person("sc.s1").get(PAGE).content.decode()
