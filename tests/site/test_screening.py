"""Screening on one form: judged while typing as conduct judges, recorded all at once or not at all, enrolled at green.

The slow judge is conduct itself: what the page calls unmet is what `ConfirmEligibility` then refuses for.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sites import TRIAL, consented, text, today

PAGE = f"/t/{TRIAL}/screening/P1/"
#: What makes every criterion of the example met; creatinine as a laboratory in China reports it.
GREEN = {
    "value.I-03": "yes", "value.I-04": "4", "value.I-05": "yes", "value.I-06": "80", "value.I-07": "1", "value.I-08": "26",
    "value.I-09": "95", "value.I-10": "1.8", "value.E-01": "120", "unit.E-01": "umol/L", "value.E-02": "0.8", "value.E-03": "1.1",
    "value.E-04": "negative", "value.E-05": "no", "value.E-06": "no", "value.E-07": "no",
}  # fmt: skip


@pytest.fixture
def desk(running):
    """A coordinator whose subject has consented."""
    coordinator = running.person("sc.s1")
    consented(coordinator)
    return coordinator


def state_of(running):
    return running.house.trials.get(TRIAL).state()


def sheet(person, **fields):
    shown = person.get(PAGE).content.decode()
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in ("request", "seen")}
    units = dict(re.findall(r'name="(unit\.[^"]+)" value="([^"]+)"', shown))
    units |= dict(re.findall(r'<select name="(unit\.[^"]+)"[^>]*><option[^>]*>([^<]+)<', shown))
    return {**hidden, **units, "on": today().isoformat(), "source": "lab 5512", **fields}


def by_row(answer):
    return {row: light for light, row in re.findall(r'class="light (\w+)" id="light-([^"]+)"', answer.content.decode())}


def test_while_somebody_types_each_row_is_judged_and_nothing_is_recorded(desk, running):
    before = state_of(running).position
    answer = desk.post(f"{PAGE}check/", page=PAGE, **sheet(desk, **GREEN | {
        "value.I-07": "2", "value.I-08": "unknown", "value.I-10": "1.8", "on.I-10": (today() - timedelta(days=15)).isoformat(),
        "value.I-05": "", "value.E-02": "heavy",
    }))  # fmt: skip
    assert answer.status_code == 200, text(answer)
    found = by_row(answer)
    assert (found["I-01"], found["I-09"], found["E-01"]) == ("true", "true", "true")
    assert (found["I-07"], found["I-08"], found["I-10"], found["I-05"]) == ("false", "unknown", "unknown", "unknown")
    assert found["E-02"] == "refused"
    said = text(answer)
    assert "read as 120 umol/L" in said
    assert "judged as ≈ 1.357 mg/dL" in said, "113.12 g/mol: 120 umol/L are 1.35744 mg/dL"
    assert "at most 14 d" in said
    assert "15 d" in said
    assert state_of(running).position == before


def test_a_form_with_a_row_that_cannot_be_recorded_records_nothing_and_keeps_what_was_typed(desk, running):
    before = state_of(running).position
    answer = desk.post(PAGE, do="save", **sheet(desk, **GREEN | {"value.E-02": "heavy"}))
    assert answer.status_code == 422
    assert by_row(answer)["E-02"] == "refused"
    assert 'name="value.I-04" value="4"' in answer.content.decode()
    assert state_of(running).position == before


def test_all_rows_are_recorded_in_one_submission_and_what_is_unmet_is_what_conduct_refuses_for(desk, running):
    typed = {key: value for key, value in GREEN.items() if not key.endswith(("I-05", "I-06"))} | {"value.I-07": "3"}
    typed_form = sheet(desk, **typed)
    answer = desk.post(PAGE, do="save", **typed_form)
    assert answer.status_code == 302, text(answer)
    state = state_of(running)
    assert len(state.subjects["P1"].evidence) == 13
    assert state.subjects["P1"].evidence["serum_creatinine"].value == "120", "kept as it was read"
    shown = desk.get(answer["Location"])
    assert "Recorded (13)" in text(shown)
    unmet = {row for row, light in by_row(shown).items() if light != "true"}
    assert unmet == {"I-05", "I-06", "I-07"}
    refused = text(running.person("pi.s1").act("ConfirmEligibility", subject="P1"))
    criteria = state.protocol.population.criteria
    fields = {int(number) for number in re.findall(r"population\.criteria\.(\d+)", refused)}
    assert {criteria[number].id for number in fields} == unmet
    again = desk.post(PAGE, do="save", **typed_form)
    assert again.status_code == 302, "sent twice, carried out once"
    assert state_of(running).position == state.position


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Eligibility could be confirmed now"), ("zh", "现在可以确认合格")]
)
def test_at_green_the_investigator_confirms_and_the_site_enrols_with_the_results_in_one_submission(
    desk, running, language, said
):
    assert (
        running.person("lead").act("OpenCohort", cohort="C1", level="1", size="3", kind="escalation").status_code == 302
    )
    pi = running.person("pi.s1", language)
    shown = text(pi.post(f"{PAGE}check/", page=PAGE, **sheet(pi, **GREEN)))
    assert said in shown
    assert state_of(running).subjects["P1"].eligible_version != "1.0"
    answer = pi.post(PAGE, do="confirm", **sheet(pi, **GREEN))
    assert answer.status_code == 302, text(answer)
    assert state_of(running).subjects["P1"].eligible_version == "1.0"
    answer = desk.post(PAGE, do="enrol", cohort="C1", **sheet(desk))
    assert answer.status_code == 302, text(answer)
    assert state_of(running).subjects["P1"].cohort == "C1"


def test_results_stand_where_the_confirmation_after_them_is_refused(desk, running):
    pi = running.person("pi.s1")
    answer = pi.post(PAGE, do="confirm", **sheet(pi, **{"value.I-07": "3"}))
    assert answer.status_code == 422
    assert state_of(running).subjects["P1"].evidence["ecog"].value == "3"
    said = text(answer)
    assert "Recorded (1)" in said
    assert "Screening failure" in said
    address = re.search(r'href="([^"]+DiscontinueSubject[^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
    assert "I-07" in address
    opened = pi.get(address).content.decode()
    assert 'value="eligibility_lost" selected' in opened
    assert "I-07" in opened


def test_what_somebody_else_recorded_meanwhile_is_shown_and_nothing_is_overwritten(desk, running):
    mine, pi = sheet(desk, **{"value.I-07": "1"}), running.person("pi.s1")
    assert pi.post(PAGE, do="save", **sheet(pi, **{"value.I-07": "3"})).status_code == 302
    position = state_of(running).position
    answer = desk.post(PAGE, do="save", **mine)
    assert answer.status_code == 409
    assert "1 recorded since this page was opened" in text(answer)
    assert "Ward One" in text(answer)
    assert 'name="value.I-07" value="1"' in answer.content.decode(), "what was typed stays"
    assert state_of(running).position == position
    seen = re.search(r'name="seen" value="(\d+)"', answer.content.decode())[1]
    assert desk.post(PAGE, do="save", **mine | {"seen": seen}).status_code == 302
    assert state_of(running).subjects["P1"].evidence["ecog"].value == "1"


def test_without_consent_no_result_is_recorded_and_the_page_says_what_is_lacking(running):
    coordinator = running.person("sc.s1")
    coordinator.act("ScreenSubject", subject="P1", site="S1", identity="W-1", sex="F", born="1970-01-01")
    assert "eligibility lacks" in text(coordinator.get(PAGE))
    answer = coordinator.post(PAGE, do="save", **sheet(coordinator, **{"value.I-07": "1"}))
    assert answer.status_code == 422
    assert by_row(answer)["I-07"] == "refused"
