"""Bench and calendar in a browser: accessibility in both languages at three widths, and a race for one moment."""

from __future__ import annotations

import re

import pytest

from sites import TRIAL
from windows import MARKS, WIDTHS, Window, serving, started

pytestmark = MARKS


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_bench_keeps_the_rules_of_accessibility_and_a_label_can_be_scanned(chromium, at_bench, language, size):
    with serving(at_bench) as served:
        window, found = Window(chromium, served, "quality", language, WIDTHS[size]), []
        for name, path in (
            ("list", "batches/"),
            ("release", "batches/B2/"),
            ("received", "batches/B1/"),
            ("label", "batches/B2/label/"),
        ):
            page = window.open(path)
            if name == "label":
                page.click("main form button")
                page.wait_for_selector(".label img")
                assert page.evaluate("[...document.images].every(one => one.naturalWidth > 100)")
            window.picture(f"bench-{name}-{language}-{size}")
            found += [(name, item) for item in window.axe()]
            found += [(name, "too wide")] if window.is_too_wide() else []
        assert found == []
        assert window.complaints == []
        window.close()


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_two_browsers_want_one_moment_and_the_loser_takes_the_next(chromium, at_slots, language, size):
    with serving(at_slots) as served:
        first, second = (Window(chromium, served, account, language, WIDTHS[size]) for account in ("pi.s1", "pi.s2"))
        for window in (first, second):
            window.open("calendar/")
        first.page.click("form.slot button")
        second.page.click("form.slot button")
        assert second.page.inner_text(".problem h2")
        assert "CND-065" in second.page.inner_text(".problem")
        assert second.page.evaluate("document.activeElement.className") == "problem"
        found = second.axe()
        second.picture(f"calendar-lost-{language}-{size}")
        second.page.click("form.slot button.main")
        assert second.page.locator("form.slot").count() == 0
        found += second.axe() + first.axe()
        second.picture(f"calendar-{language}-{size}")
        assert second.page.locator("ul.plain li").count() == 2
        assert not re.search(r"\bP1\b", second.page.inner_text("main"))
        assert found == []
        assert not second.is_too_wide()
        state = at_slots.house.trials.get(TRIAL).state()
        assert sorted(slot.subject for slot in state.slots) == ["P1", "P2"]
        first.close()
        second.close()
