"""The follow-up calendar: the visits of the running trial where they stand, of one's own subjects only."""

from __future__ import annotations

import pytest

from sites import TRIAL, text

PAGE = f"/t/{TRIAL}/follow-up/"


@pytest.mark.parametrize(("language", "said"), [("en", "Nobody has a schedule"), ("zh", "无人有随访计划")])
def test_before_anybody_is_treated_it_says_up_to_which_record(running, language, said):
    shown = text(running.person("sc.s1", language).get(PAGE))
    assert said in shown
    assert str(running.house.trials.get(TRIAL).state().position) in shown
