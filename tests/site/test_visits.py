"""One follow-up visit on one page, on the virtual trial of the demonstration: all of it recorded, or nothing."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from celltrial.conduct.facts.follow_up.events import GrowthMeasured
from celltrial.core.dates import Instant
from celltrial.site.visits.view import _curves, _y
from sites import TRIAL, consented, enter, text


def held():
    from celltrial.site.house import the_house

    trials = the_house().trials
    return trials.get(trials.names()[0])


def due():
    """A subject with a visit of questions and tests whose window is open, at a site that has a demonstration's people."""
    trial = held()
    state = trial.state()
    for subject in state.subjects.values():
        plan = subject.follow_up
        if plan is None or subject.site not in {"S1", "S2"}:
            continue
        today = Instant(trial.now(), state.zone_of(subject.site)).local_date
        for visit in plan.visits:
            if visit.visit not in plan.done and visit.opens <= today and visit.items and visit.tests:
                return subject, visit, today
    raise AssertionError("the demonstration has no such visit any more")


def sheet(browser, path):
    shown = browser.get(path).content.decode()
    return {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in ("request", "seen", "visit")}


@pytest.mark.parametrize(("language", "said"), [("en", "No follow-up schedule is on record"), ("zh", "没有随访计划")])
def test_a_subject_without_an_infusion_has_no_schedule_and_the_page_says_so(running, language, said):
    person = running.person("sc.s1", language)
    consented(person)
    shown = text(person.get(f"/t/{TRIAL}/visits/P1/"))
    assert said in shown
    assert str(running.house.trials.get(TRIAL).state().position) in shown


def test_a_visit_with_its_tests_is_recorded_in_one_submission_once(demo):
    subject, visit, today = due()
    browser = enter(f"demo.coordinator.{subject.site}")
    path = f"/t/{held().trial}/visits/{subject.subject}/"
    form = {**sheet(browser, path), "on": today.isoformat(), "test.1": "no", "share.1": "0.02"}
    assert form["visit"] == visit.visit, "the next one to do is shown first"
    form |= {f"answer.{number}": "no" for number in range(1, len(visit.items) + 1)}
    before = held().state().subjects[subject.subject].follow_up
    answer = browser.post(path, form)
    assert answer.status_code == 302, text(answer)[:1500]
    after = held().state().subjects[subject.subject].follow_up
    assert visit.visit in after.done
    assert len(after.tests) == len(before.tests) + 1
    assert (after.tests[-1].test, after.tests[-1].share) == (visit.tests[0].partition(":")[0], Decimal("0.02"))
    position = held().state().position
    assert browser.post(path, form).status_code == 302
    assert held().state().position == position
    assert "positive" in text(browser.get(path)) or "negative" in text(browser.get(path))


def test_an_item_without_an_answer_keeps_the_whole_visit_back_and_blank_is_no_answer(demo):
    subject, _, today = due()
    browser = enter(f"demo.coordinator.{subject.site}")
    path = f"/t/{held().trial}/visits/{subject.subject}/"
    before = held().state().position
    form = {**sheet(browser, path), "on": today.isoformat(), "test.1": "no", "answer.1": "yes"}
    answer = browser.post(path, form)
    assert answer.status_code == 422
    assert re.search(r'name="answer.1" value="yes" checked', answer.content.decode()), "what was answered stays"
    empty = browser.post(path, {**sheet(browser, path), "on": today.isoformat()})
    assert empty.status_code == 422
    assert "Nothing is recorded" in text(empty)
    assert held().state().position == before


def test_another_sites_subject_has_no_page(demo):
    subject, _, _ = due()
    other = "S1" if subject.site == "S2" else "S2"
    assert enter(f"demo.coordinator.{other}").get(f"/t/{held().trial}/visits/{subject.subject}/").status_code == 404


def test_a_chart_of_growth_has_its_points_where_the_scores_are():
    """Height 240 from z = 4 at the top to z = -4 at the bottom, so that z = 0 lies at 120 and each unit is 30."""
    from types import SimpleNamespace

    measured = [
        GrowthMeasured("P1", "height_z", Decimal(z), date(2026, month, 1))
        for month, z in ((7, "-2"), (1, "0"), (4, "-9"))
    ]
    plan = SimpleNamespace(growth=tuple(measured), starts=date(2026, 1, 1))
    [curve] = _curves(plan)
    assert [(day.month, y) for day, _, _, y in curve.points] == [(1, 120.0), (4, 240.0), (7, 180.0)]
    assert (curve.points[0][2], curve.points[-1][2]) == (0, 600)
    assert curve.points[1][2] == pytest.approx(600 * 90 / 181)
    assert _y(Decimal(4)) == 0
