"""The bedside in a browser over a bad network: what waits is seen, nothing is sent twice, nothing is said done before it is.

The network is taken away and given back in every step; the page is reloaded in every step; an answer is lost after the site
has carried out what it was sent. After each of them the ledger holds every act once.
"""

from __future__ import annotations

import re

import pytest

from celltrial.conduct.facts.batch.events import BatchThawed, IdentityMismatchFound
from celltrial.conduct.facts.permit.events import ActPermitted
from celltrial.conduct.facts.signing.events import SignatureGiven
from celltrial.conduct.facts.subject.events import CellsInfused, PreInfusionChecked
from sites import TRIAL
from windows import MARKS, WIDTHS, Window, serving, started

pytestmark = MARKS
PATH = f"/t/{TRIAL}/bedside/P1/"
BUTTON = "#flow form button.main"
STEPS = ("check", "thaw", "sign", "permit", "infuse", "sign")


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.fixture
def served(at_bedside):
    with serving(at_bedside) as served:
        yield served


def scan(page, field, code):
    """Type as a handheld scanner does: fast, and Enter at the end."""
    page.focus(field)
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def fill(window, step, second="nurse.s1"):
    page = window.page
    page.wait_for_selector(
        f"#flow input[name=step][value={step}]" if step != "sign" else "#flow #account", state="attached"
    )
    if step == "check":
        page.fill("#v-1", "36.8")
        page.fill("#v-2", "97")
    elif step == "permit":
        page.select_option("#f-operator", "operator-S1")
    elif step == "sign":
        page.fill("#account", second)
        page.fill("#passphrase", window.site.passphrase)
        page.fill("#code", window.site.code(second))
    else:
        scan(page, "#f-identity", "ID-P1")
        page.keyboard.type("B1")  # Enter of the first scan went on to the second field
        page.keyboard.press("Enter")
    if step == "thaw":
        page.fill("#minutes", "45")
    if step == "infuse":
        page.fill("#f-delivered-cells", "60000000")
        page.fill("#f-weight-kg", "60")
        page.select_option("#f-operator", "operator-S1")


def settled(window, number):
    """Wait until the page shows what comes after a step."""
    following = (*STEPS, "observe")[number + 1]
    where = {"sign": "#flow #account", "observe": "#flow .good"}.get(
        following, f"#flow input[name=step][value={following}]"
    )
    window.page.wait_for_selector(where, state="attached")


def kinds(window):
    with window.site.house.trials.get(TRIAL).session() as session:
        return [type(event.fact) for event in session.events()]


def signatures(window):
    return [kind for kind in kinds(window) if kind is SignatureGiven]


def assert_each_once(window):
    found = kinds(window)
    assert [found.count(kind) for kind in (PreInfusionChecked, BatchThawed, ActPermitted, CellsInfused)] == [1, 1, 1, 1]
    assert found.count(SignatureGiven) == 2


def storage(page):
    return page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]")


SECONDS = ("nurse.s1", "sc.s1")


def seconds():
    """Yield who is the second person at the thaw, and at the infusion."""
    return iter(SECONDS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_network_goes_and_comes_back_in_every_step(chromium, served, language):
    window, who = Window(chromium, served, "pi.s1", language, WIDTHS["tablet"]), seconds()
    page = window.open("bedside/P1/")
    for number, step in enumerate(STEPS):
        fill(window, step, next(who) if step == "sign" else "")
        before = len(kinds(window))
        page.context.set_offline(True)
        page.click(BUTTON)
        page.wait_for_selector("#unsent:not([hidden])")
        assert re.search(r"\d\d:\d\d", page.inner_text("#unsent"))
        assert len(kinds(window)) == before, "nothing came to the site"
        assert page.is_visible("#flow form"), "and the page does not say that anything is done"
        if number == 0:
            assert window.axe() == []
            window.picture(f"bedside-unsent-{language}")
        page.context.set_offline(False)
        settled(window, number)
        assert page.is_hidden("#unsent")
    assert_each_once(window)
    assert storage(page) == [0, 0, 0], "nothing of it is kept in the browser"
    window.close()


def test_the_page_is_reloaded_in_every_step_and_shows_what_is_on_record(chromium, served):
    window, who = Window(chromium, served, "pi.s1", width=WIDTHS["tablet"]), seconds()
    page = window.open("bedside/P1/")
    for number, step in enumerate(STEPS):
        fill(window, step, next(who) if step == "sign" else "")
        page.reload()
        again = iter(SECONDS[len(signatures(window)) :])
        fill(window, step, next(again))
        page.click(BUTTON)
        settled(window, number)
        page.reload()
        settled(window, number)
    assert_each_once(window)
    window.close()


def test_the_answer_is_lost_after_the_site_has_done_it_in_every_step(chromium, served):
    window, who = Window(chromium, served, "pi.s1", width=WIDTHS["tablet"]), seconds()
    page, lost = window.open("bedside/P1/"), []

    def lose(route):
        if route.request.method == "POST" and "/check/" not in route.request.url and not lost:
            route.fetch(max_redirects=0)
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route(re.compile("/bedside/"), lose)
    for number, step in enumerate(STEPS):
        fill(window, step, next(who) if step == "sign" else "")
        before = len(kinds(window))
        page.click(BUTTON)
        page.wait_for_selector("#unsent:not([hidden])")
        assert lost
        assert len(kinds(window)) > before, "the site has it; the page does not know yet"
        page.evaluate("dispatchEvent(new Event('online'))")
        settled(window, number)
        lost.clear()
    assert_each_once(window)
    window.close()


def test_a_double_click_is_one_act(chromium, served):
    window, who = Window(chromium, served, "pi.s1", width=WIDTHS["tablet"]), seconds()
    page = window.open("bedside/P1/")
    for number, step in enumerate(STEPS):
        fill(window, step, next(who) if step == "sign" else "")
        page.dblclick(BUTTON)
        settled(window, number)
    assert_each_once(window)
    assert window.complaints == []
    window.close()


def test_what_waited_is_not_sent_by_the_next_person_and_a_reload_asks_first(chromium, served):
    window = Window(chromium, served, "pi.s1", width=WIDTHS["tablet"])
    page = window.open("bedside/P1/")
    fill(window, "check")
    page.context.set_offline(True)
    page.click(BUTTON)
    page.wait_for_selector("#unsent:not([hidden])")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    other = page.context.new_page()
    page.context.clear_cookies(name="celltrial")
    page.context.set_offline(False)
    other.goto(f"{window.base}/log-in/")
    page.click("#unsent button")
    page.wait_for_selector("#unsent a")
    assert not [kind for kind in kinds(window) if kind is PreInfusionChecked]
    other.fill("#account", "nurse.s1")
    other.fill("#passphrase", window.site.passphrase)
    other.fill("#code", window.site.code("nurse.s1"))
    other.click("button.main")
    page.click("#unsent button")
    page.wait_for_selector("#flow .problem")
    assert "pressed by pi.s1; you are nurse.s1" in page.inner_text("#flow")
    assert not [kind for kind in kinds(window) if kind is PreInfusionChecked]
    page.context.close()


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_bag_fills_the_page_and_every_step_keeps_the_rules_of_accessibility(chromium, served, language, size):
    window, who = Window(chromium, served, "pi.s1", language, WIDTHS[size]), seconds()
    page, found = window.open("bedside/"), []

    def look(name):
        window.picture(f"bedside-{name}-{language}-{size}")
        found.extend((name, item) for item in window.axe())
        found.extend([(name, "too wide")] if window.is_too_wide() else [])

    look("list")
    page.goto(f"{window.base}{PATH}")
    for number, step in enumerate(STEPS):
        fill(window, step, next(who) if step == "sign" else "")
        look(f"{number}-{step}")
        if step == "thaw":
            page.fill("#f-label", "B9")
            page.click(BUTTON)
            page.wait_for_selector(".alarm")
            look("alarm")
            box = page.locator(".alarm").bounding_box()
            assert box["width"] > 0.97 * WIDTHS[size]
            assert page.evaluate("document.activeElement.className").startswith("alarm")
            page.click(".alarm .button")
            fill(window, step)
        page.click(BUTTON)
        settled(window, number)
    look("6-observe")
    assert found == []
    assert kinds(window).count(IdentityMismatchFound) == 1
    assert [told for told in window.complaints if not re.search("status of 422", told)] == []
    window.close()


def test_the_second_person_signs_on_an_own_device_and_the_tablet_sees_it(chromium, served):
    tablet = Window(chromium, served, "pi.s1", width=WIDTHS["tablet"])
    tablet.open("bedside/P1/")
    for number, step in enumerate(("check", "thaw")):
        fill(tablet, step)
        tablet.page.click(BUTTON)
        settled(tablet, number)
    phone = Window(chromium, served, "nurse.s1", "zh", WIDTHS["phone"])
    page = phone.open("signing/")
    page.click("ul.waiting a")
    page.fill("#passphrase", phone.site.passphrase)
    page.fill("#code", phone.site.code("nurse.s1"))
    page.click("form:has(input[value=sign]) button")
    assert "done=sign" in page.url, page.inner_text("main")
    tablet.page.wait_for_selector("#flow input[name=step][value=permit]", state="attached", timeout=20000)
    tablet.close()
    phone.close()
