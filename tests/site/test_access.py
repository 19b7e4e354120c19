"""What a person may not reach is not there: other sites' subjects, trials without a role, what headers forbid."""

from __future__ import annotations

import pytest

from celltrial.site.pages import ROUTES
from celltrial.site.settings import CONTENT
from sites import TRIAL, text


def test_a_person_without_a_role_finds_no_trial(running):
    stranger = running.person("stranger")
    assert TRIAL not in text(stranger.get("/"))
    missing = stranger.get("/t/NO-SUCH/today/")
    closed = stranger.get(f"/t/{TRIAL}/today/")
    assert (missing.status_code, closed.status_code) == (404, 404)
    assert text(missing) == text(closed).replace(TRIAL, "NO-SUCH")
    assert stranger.act  # a form cannot be opened either
    assert stranger.get(f"/t/{TRIAL}/do/ScreenSubject/").status_code == 404


def test_another_sites_subject_is_in_no_list_and_its_acts_are_refused(running):
    running.person("sc.s1").act("ScreenSubject", subject="SUBJECT-P1", site="S1", identity="W-SECRET")
    other = running.person("pi.s2")
    for path in (f"/t/{TRIAL}/today/", f"/t/{TRIAL}/do/RecordDeath/", f"/t/{TRIAL}/signing/"):
        shown = other.get(path).content.decode()
        assert "SUBJECT-P1" not in shown, path
        assert "W-SECRET" not in shown, path
    answer = other.act("RecordDeath", subject="SUBJECT-P1", died_on="2026-11-30", cause="")
    assert answer.status_code == 422
    assert "SUBJECT-P1" not in running.house.trials.get(TRIAL).state_for(running.actor("pi.s2")).subjects


def test_what_an_act_left_on_record_is_shown_to_its_own_site_only(running):
    answer = running.person("sc.s1").act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    assert running.person("pi.s1").get(answer["Location"]).status_code == 200
    other = running.person("pi.s2")
    assert other.get(answer["Location"]).status_code == 404
    assert other.get(f"/t/{TRIAL}/acts/no-such-request/").status_code == 404


@pytest.mark.parametrize("path", ["/log-in/", "/healthz", "/no/such/page", f"/t/{TRIAL}/today/"])
def test_every_answer_carries_the_headers(running, path):
    answer = running.person("lead").get(path)
    assert answer["Content-Security-Policy"] == CONTENT
    assert "unsafe" not in CONTENT
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"


def test_nothing_on_a_page_is_loaded_from_elsewhere(running):
    import re

    lead = running.person("lead")
    shown = lead.get(f"/t/{TRIAL}/today/").content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', shown)
    assert loaded
    assert all(item.startswith(("/", "#", "data:")) for item in loaded)
    for item in {item for item in loaded if item.startswith("/assets/")}:
        asset = lead.get(item)
        assert asset.status_code == 200
        assert "immutable" in asset["Cache-Control"]


def test_the_cookies_are_for_this_host_and_no_script(running):
    lead = running.person("lead")
    lead.get("/")
    for cookie in lead.browser.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_every_route_is_guarded_by_what_it_needs():
    open_to_all = {route.path for route in ROUTES if route.needs == "nothing"}
    assert open_to_all == {
        "log-in/",
        "look-around/",
        "passphrase/",
        "second-factor/",
        "log-out/",
        "language/<str:language>/",
    }
    assert all(route.path.startswith("t/<str:trial>/") == (route.needs == "trial") for route in ROUTES)


def test_the_settings_behind_tls_pass_djangos_own_check():
    """Run Django's deployment checks on the settings that `--origin https://...` makes, in a process of their own."""
    import subprocess
    import sys

    script = (
        "from celltrial.site.settings import configure\n"
        "configure('k' * 25 + ''.join(map(chr, range(48, 88))), hosts=['trial.example'], secure=True, origins=['https://trial.example'])\n"
        "from django.core.management import call_command\n"
        "call_command('check', deploy=True, fail_level='WARNING')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_site_is_not_served_in_the_open(tmp_path):
    from celltrial.core.errors import UserError
    from celltrial.site.server import Place, check_place, site_key

    def place(host, origin=""):
        return Place("trial.db", "accounts.db", None, tmp_path / "key", host, 8000, origin)

    check_place(place("127.0.0.1"))
    check_place(place("0.0.0.0", "https://trial.example"))
    for wrong in (
        place("0.0.0.0"),
        place("127.0.0.1", "http://trial.example"),
        place("10.0.0.1", "http://localhost:8000"),
        place("::1", "ftp://x"),
    ):
        with pytest.raises(UserError):
            check_place(wrong)
    assert site_key(tmp_path / "key") == site_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UserError):
        site_key(tmp_path / "key")
