"""The main path in a real browser, under the site's own policy; accessibility of every page by axe-core.

axe-core 4.14.1 (MPL-2.0) is in `axe/`, from the npm registry, and is part of these tests only.
"""

from __future__ import annotations

import re

import pytest

from sites import TRIAL, consented, today
from windows import MARKS, WIDTHS, Window, started

pytestmark = MARKS


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_subject_is_screened_with_what_a_person_types_and_no_script_is_refused(chromium, served, language):
    window = Window(chromium, served, "sc.s1", language)
    page = window.open("do/ScreenSubject/")
    page.fill("#f-subject", "P1")
    page.fill("#f-site", "S1")
    page.fill("#f-identity", "W-1")
    page.click(".buttons button.main")
    assert "/acts/" in page.url, page.inner_text("main")
    assert {"en": "Recorded", "zh": "已记录"}[language] in page.inner_text("h1")
    assert served[0].house.trials.get(TRIAL).state().subjects["P1"].site == "S1"
    assert window.complaints == []
    window.close()


def test_what_would_be_decided_is_shown_while_typing_and_is_the_cores_own_answer(chromium, served):
    window = Window(chromium, served, "lead")
    page = window.open("do/GrantAccess/")
    page.fill("#f-account", "new.person")
    page.fill("#f-printed_name".replace("_", "-"), "New Person")
    page.fill("#f-site", "S9")
    page.select_option("#f-role", "coordinator")
    page.fill("#reason", "joined")
    page.locator("#reason").blur()
    page.wait_for_selector("#check .bad")
    assert "CND-007" in page.inner_text("#check")
    page.fill("#f-site", "S1")
    page.locator("#f-site").blur()
    page.wait_for_selector("#check .good")
    assert "would be accepted" in page.inner_text("#check")
    assert window.complaints == []
    window.close()


def test_a_refusal_takes_the_focus_and_names_the_field(chromium, served):
    window = Window(chromium, served, "lead")
    page = window.open("do/GrantAccess/")
    page.fill("#f-account", "new.person")
    page.click(".buttons button.main")
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.className") == "problem"
    assert page.get_attribute("#f-role", "aria-invalid") == "true"
    assert page.input_value("#f-account") == "new.person"
    window.close()


def test_an_act_waits_and_the_second_person_signs_in_another_window(chromium, served):
    running, _ = served
    lead, monitor = Window(chromium, served, "lead"), Window(chromium, served, "monitor", "zh")
    page = lead.open("do/SuspendScope/")
    page.fill("#f-suspension", "X")
    page.select_option("#f-scope", "trial")
    page.fill("#f-why", "signal")
    page.click(".buttons button.main")
    assert "SUSPENDED" in page.inner_text("body").upper() or "X" in page.inner_text("body")
    page = lead.open("do/OpenEvaluation/?f.suspension=X")
    page.click(".buttons button.main")
    state = running.house.trials.get(TRIAL).state()
    page = lead.open("do/SignEvaluation/?f.suspension=X")
    page.fill("#f-on", str(state.suspensions["X"].since.local_date))
    page.fill("#f-reference", "report 3")
    page.click(".buttons button.main")
    assert "has not taken effect" in page.inner_text("main")
    for window in (monitor, lead):
        page = window.open("signing/")
        page.click("ul.waiting a")
        page.fill("#passphrase", running.passphrase)
        page.fill("#code", running.code("monitor" if window is monitor else "lead"))
        page.click("form:has(input[value=sign]) button")
        assert "done=sign" in page.url, page.inner_text("main")
    assert [item.item.value for item in running.house.trials.get(TRIAL).state().suspensions["X"].items] == [
        "evaluation"
    ]
    lead.close()
    monitor.close()


#: Each language and each end of the widths in every run; what lies between in the long one.
LOOKS = [("zh", "desktop"), ("en", "phone")]


@pytest.mark.parametrize(
    ("language", "size"),
    [
        pytest.param(language, size, marks=() if (language, size) in LOOKS else pytest.mark.long)
        for language in ("en", "zh")
        for size in WIDTHS
    ],
)
def test_every_page_keeps_the_rules_of_accessibility_and_fits_its_window(chromium, served, language, size):
    """Empty, filled and refused pages, in light and dark."""
    running, base = served
    running.person("pi.s1").act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    running.person("lead").act("SuspendScope", suspension="X-1", scope="trial", target="", why="signal")
    running.person("sc.s1").act(
        "ReportAdverseEvent", subject="P1", event="AE-P1-1", term="CRS", category="CRS", scale="ASTCT-2019", grade="3",
        onset=today().isoformat(), seriousness="hospitalisation", aware=f"{today()}T00:00", findings__1__concept="temperature",
        findings__1__value="39.2", findings__1__unit="degC",
    )  # fmt: skip
    window = Window(chromium, served, "sc.s1", language, WIDTHS[size])
    found = []
    paths = [
        "today/", "board/", "signing/", "subjects/", "subjects/P1/", "subjects/P1/history/", "do/", "do/ReportAdverseEvent/",
        "do/RecordSigns/", "gate/P1/", "screening/P1/", "events/", "events/new/?subject=P1&category=CRS", "events/AE-P1-1/", "daily/P1/", "follow-up/", "safety/", "search/?q=P1", "unsent/", "suspensions/X-1/", "dose/", "protocol/", "audit/", "audit/verify/",
    ]  # fmt: skip
    elsewhere = ["calculators/", "calculators/design/boin/", "calculators/size/simon/"]
    for scheme in ("light", "dark"):
        window.page.emulate_media(color_scheme=scheme)
        for path in paths if scheme == "light" else paths[:3] + paths[-6:]:
            window.open(path)
            found += [(scheme, path, item) for item in window.axe()]
            found += [(scheme, path, "too wide")] if window.is_too_wide() else []
        for path in elsewhere:
            window.page.goto(f"{base}/{path}")
            found += [(scheme, path, item) for item in window.axe()]
            found += [(scheme, path, "too wide")] if window.is_too_wide() else []
        window.open("do/ReportAdverseEvent/")
        window.page.click(".buttons button.main")
        found += [(scheme, "refused", item) for item in window.axe()]
        window.page.goto(f"{base}/log-in/")
        found += [(scheme, "log-in", item) for item in window.axe()]
    assert found == []
    assert [told for told in window.complaints if not re.search(r"status of 422", told)] == []
    window.close()


def test_the_light_of_a_row_changes_while_somebody_types_and_nothing_is_recorded(chromium, served):
    running, _ = served
    consented(running.person("sc.s1"))
    before = running.house.trials.get(TRIAL).state().position
    window = Window(chromium, served, "pi.s1")
    page = window.open("screening/P1/")
    assert "not known" in page.inner_text("#light-I-09")
    page.fill("#source", "lab 5512")
    page.fill('[name="value.I-09"]', "7.0")
    page.select_option('[name="unit.I-09"]', "g/dL")
    page.wait_for_selector("#light-I-09.false")
    assert "70 g/L" in page.inner_text("#light-I-09")
    page.fill('[name="value.I-09"]', "9.5")
    page.locator('[name="value.I-09"]').blur()
    page.wait_for_selector("#light-I-09.true")
    assert page.input_value('[name="value.I-09"]') == "9.5"
    assert running.house.trials.get(TRIAL).state().position == before
    assert window.complaints == []
    window.close()


def test_what_is_typed_is_kept_without_being_sent_and_there_after_the_log_out(chromium, served):
    running, base = served
    window = Window(chromium, served, "lead")
    page = window.open("do/GrantAccess/")
    page.fill("#f-account", "new.person")
    page.fill("#reason", "joined the ward")
    page.locator("#reason").blur()
    page.wait_for_selector('[role="status"]:has-text("is kept")')
    page.click('form[action="/log-out/"] button')
    page.goto(f"{base}/log-in/?next=/t/{TRIAL}/do/GrantAccess/")
    page.fill("#account", "lead")
    page.fill("#passphrase", running.passphrase)
    page.fill("#code", running.code("lead"))
    page.click("button.main")
    page.click(".unsent-form a")
    assert page.input_value("#f-account") == "new.person"
    assert page.input_value("#reason") == "joined the ward"
    assert window.complaints == []
    window.close()
