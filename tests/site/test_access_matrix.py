"""Every address of the site x every role x own site, other site, no role: what opens, and what is not there.

A route that has no row in the table fails, so that a new page says for whom it is.
"""

from __future__ import annotations

import pytest
from django.test import Client

from celltrial.site.pages import ROUTES
from sites import PEOPLE, TRIAL

#: Address to what it is about: "trial" opens for every role in the trial, "subject" for those who may read S1's subject,
#: "post" is no page of its own, "person" and "nobody" need less than a role.
TABLE = {
    "": "person",
    "register/": "person",
    "role/": "post",
    "log-in/": "nobody",
    "log-out/": "post",
    "look-around/": "post",
    "passphrase/": "nobody",
    "second-factor/": "nobody",
    "language/<str:language>/": "post",
    "t/<str:trial>/today/": "trial",
    "t/<str:trial>/today/seen/": "post",
    "t/<str:trial>/board/": "trial",
    "t/<str:trial>/signing/": "trial",
    "t/<str:trial>/signing/<str:signing>/": "signing",
    "t/<str:trial>/subjects/": "trial",
    "t/<str:trial>/subjects/<str:name>/": "subject",
    "t/<str:trial>/subjects/<str:name>/history/": "subject",
    "t/<str:trial>/do/": "trial",
    "t/<str:trial>/do/<str:name>/": "trial",
    "t/<str:trial>/do/<str:name>/check/": "post",
    "t/<str:trial>/acts/<str:request_id>/": "subject",
    "t/<str:trial>/audit/": "trial",
    "t/<str:trial>/audit/verify/": "trial",
}
FILLED = {"do/<str:name>": "do/RecordDeath", "subjects/<str:name>": "subjects/P1", "<str:language>": "en"}


def address(path, request_id, signing):
    for part, value in {
        **FILLED,
        "<str:request_id>": request_id,
        "<str:signing>": signing,
        "<str:trial>": TRIAL,
    }.items():
        path = path.replace(part, value)
    assert "<" not in path, path
    return f"/{path}"


@pytest.fixture
def crowd(running):
    """Everybody at once, with a subject of S1, an act on it, and an act of S1 that waits for a signature."""
    people = {account: running.person(account) for account in PEOPLE}
    done = people["sc.s1"].act("ScreenSubject", subject="P1", site="S1", identity="W-SECRET")
    people["pi.s1"].act("PlanBatch", batch="B1", subject="P1")
    return people, done["Location"].rstrip("/").rpartition("/")[2]


def test_every_route_has_a_row():
    assert sorted(TABLE) == sorted(route.path for route in ROUTES)


def test_whoever_asks_is_answered_as_the_table_says(crowd):
    people, request_id = crowd
    opened = {}
    for path, kind in TABLE.items():
        where = address(path, request_id, "0" * 16)
        if kind != "post":
            assert Client().get(where).status_code == (200 if kind == "nobody" else 302), where
        for account, person in people.items():
            status = person.get(where).status_code
            assert status < 500, (where, account)
            opened[path, account] = status
            if kind == "post":
                assert status in {302, 404}, (where, account)
                continue
            role, at_site = PEOPLE[account][1:]
            may = kind in {"nobody", "person"} or (role is not None and (kind != "subject" or at_site in {None, "S1"}))
            assert status == (200 if may and kind != "signing" else 404), (where, account)
    assert 404 in opened.values()


def test_no_answer_to_another_site_holds_what_is_the_sites_own(crowd):
    people, request_id = crowd
    for path in TABLE:
        answer = people["pi.s2"].get(address(path, request_id, "0" * 16))
        shown = answer.content.decode()
        assert "W-SECRET" not in shown, path
        assert "P1" not in shown.replace(answer.wsgi_request.path, "").replace("subjects%2FP1", ""), path


def test_a_post_of_another_site_or_role_changes_nothing_and_names_no_subject(crowd, running):
    people, _ = crowd
    before = running.house.trials.get(TRIAL).state().position
    for account in ("pi.s2", "lead", "monitor"):
        answer = people[account].act("RecordDeath", subject="P1", died_on="2026-11-30", cause="")
        assert answer.status_code == 422, account
    unknown = people["pi.s2"].act("RecordDeath", subject="P7", died_on="2026-11-30", cause="")
    assert unknown.status_code == 422
    assert running.house.trials.get(TRIAL).state().position == before
