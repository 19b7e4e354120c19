"""Episodes: worst grade, onset, end, duration; NE neither begins nor ends one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings, derive_crs_ctcae_grade
from celltrial.clinical.episodes import GradedAssessment, derive_episodes
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError

START = datetime(2025, 3, 1, 4, tzinfo=UTC)
AIR = OxygenDevice.ROOM_AIR
GRADE = {
    "0": CrsFindings("36.8", False, (), AIR),
    "1": CrsFindings("38.5", False, (), AIR),
    "2": CrsFindings("38.5", True, (), AIR),
    "3": CrsFindings("38.5", True, ("norepinephrine",), AIR),
    "NE": CrsFindings(),
    ">=1": CrsFindings("38.5"),
}


def at(hours):
    return Instant(START + timedelta(hours=hours), "Asia/Shanghai")


def course(*labels, step=12):
    return [GradedAssessment(at(i * step), derive_crs_grade(GRADE[label])) for i, label in enumerate(labels)]


def test_one_episode():
    given = course("0", "1", "3", "2", "1", "0", "0")
    random.Random(3).shuffle(given)
    (found,) = derive_episodes(given)
    assert (found.max_grade, found.deciding, found.at_least) == (3, ("hypotension",), False)
    assert (found.onset, found.worst_at, found.last_seen, found.end) == (at(12), at(24), at(48), at(60))
    assert found.duration == timedelta(hours=48)
    assert found.duration_days == 3
    assert found.onset_infusion_day(date(2025, 3, 1)) == 1
    assert found.onset_study_day(date(2025, 3, 2)) == 1
    assert found.onset_study_day(date(2025, 3, 3)) == -1


def test_what_is_not_evaluable_neither_begins_nor_ends_an_episode():
    (found,) = derive_episodes(course("NE", "1", "NE", "2", "NE"))
    assert found.onset == at(12)
    assert (found.is_ongoing, found.duration, found.duration_days) == (True, None, None)
    assert found.last_seen == at(36)
    assert found.at_least
    assert derive_episodes(course("0", "NE", "0")) == ()
    assert derive_episodes([]) == ()


def test_an_incomplete_grade_makes_the_maximum_a_minimum():
    (found,) = derive_episodes(course(">=1", "0"))
    assert (found.max_grade, found.at_least) == (1, True)


def test_the_treatment_of_an_episode_is_what_was_given_up_to_its_end():
    given = [
        replace(item, treatments=drugs)
        for item, drugs in zip(
            course("0", "1", "2", "1", "0", "1"),
            [("paracetamol",), (), ("tocilizumab",), ("tocilizumab", "dexamethasone"), ("oxygen",), ()],
            strict=True,
        )
    ]
    first, second = derive_episodes(given)
    assert first.treatments == ("dexamethasone", "oxygen", "tocilizumab")
    assert second.treatments == ()
    (merged,) = derive_episodes(given, merge_within=timedelta(days=1))
    assert merged.treatments == first.treatments
    assert (merged.assessments, merged.end) == (5, None)


def test_two_episodes_and_merging():
    given = course("1", "0", "2", "0", "0", "0", "0", "3")
    assert [item.max_grade for item in derive_episodes(given)] == [1, 2, 3]
    merged = derive_episodes(given, merge_within=timedelta(hours=24))
    assert [item.max_grade for item in merged] == [2, 3]
    assert merged[0].end == at(36)


def test_scales_do_not_mix():
    other = GradedAssessment(at(99), derive_crs_ctcae_grade(CtcaeCrsFindings(fever=True)))
    with pytest.raises(UserError) as caught:
        derive_episodes([*course("1"), other])
    assert caught.value.faults[0].id == "CLN-004"


def test_a_negative_merge_window_is_refused():
    with pytest.raises(UserError) as caught:
        derive_episodes(course("1"), merge_within=timedelta(-1))
    assert caught.value.faults[0].id == "CLN-009"
