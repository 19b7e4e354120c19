"""Every address of the site x every role x own site, other site, no role: what opens, and what is not there.

A route with an open part that has no row in the table fails, so that a new page says whose things it shows.
"""

from __future__ import annotations

import pytest
from django.test import Client

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.envelope import Role
from celltrial.site.pages import ROUTES
from sites import PEOPLE, TRIAL, today

#: Address to what it is about: "subject" opens for those who may read S1's subject, "absent" for nobody because there
#: is none, "administrator" for who keeps the accounts, "drafter" for whoever may keep a draft of an adverse event, "post" is no page of its own. Of an address that is not here and has no open part it follows from the route: it
#: opens for everybody who has what the route needs.
TABLE = {
    "accounts/": "administrator",
    "role/": "post",
    "log-out/": "post",
    "look-around/": "post",
    "language/<str:language>/": "post",
    "t/<str:trial>/today/seen/": "post",
    "t/<str:trial>/unsent/keep/": "post",
    "t/<str:trial>/unsent/drop/": "post",
    "calculators/design/<str:key>/": "person",
    "calculators/size/<str:key>/": "person",
    "t/<str:trial>/signing/<str:signing>/": "absent",
    "t/<str:trial>/suspensions/<str:name>/": "absent",
    "t/<str:trial>/protocol/versions/<str:number>/": "absent",
    "t/<str:trial>/subjects/<str:name>/": "subject",
    "t/<str:trial>/subjects/<str:name>/history/": "subject",
    "t/<str:trial>/gate/<str:name>/": "subject",
    "t/<str:trial>/screening/<str:name>/": "subject",
    "t/<str:trial>/screening/<str:name>/check/": "post",
    "t/<str:trial>/daily/<str:name>/": "subject",
    "t/<str:trial>/visits/<str:name>/": "subject",
    "t/<str:trial>/daily/<str:name>/check/": "post",
    "t/<str:trial>/events/new/": "drafter",
    "t/<str:trial>/events/new/check/": "post",
    "t/<str:trial>/events/new/signs/": "post",
    "t/<str:trial>/events/<str:name>/": "subject",
    "t/<str:trial>/batches/<str:name>/": "absent",
    "t/<str:trial>/batches/<str:name>/label/": "absent",
    "t/<str:trial>/batches/<str:name>/tests/": "post",
    "t/<str:trial>/bedside/<str:name>/": "subject",
    "t/<str:trial>/bedside/<str:name>/check/": "post",
    "t/<str:trial>/bedside/<str:name>/sign/": "post",
    "t/<str:trial>/documents/<str:name>/content/": "post",
    "t/<str:trial>/queries/one/": "absent",
    "t/<str:trial>/do/<str:name>/": "trial",
    "t/<str:trial>/do/<str:name>/check/": "post",
    "t/<str:trial>/acts/<str:request_id>/": "subject",
}
BY_NEED = {"nothing": "nobody", "person": "person", "trial": "trial"}
OF_SUBJECTS = {route.path for route in ROUTES if route.of_subjects}
KINDS = {route.path: TABLE.get(route.path) or BY_NEED[route.needs] for route in ROUTES}
FILLED = {
    "design/<str:key>": "design/boin",
    "size/<str:key>": "size/simon",
    "<str:number>": "7",
    "do/<str:name>": "do/RecordDeath",
    "subjects/<str:name>": "subjects/SUBJECT-P1",
    "gate/<str:name>": "gate/SUBJECT-P1",
    "screening/<str:name>": "screening/SUBJECT-P1",
    "daily/<str:name>": "daily/SUBJECT-P1",
    "visits/<str:name>": "visits/SUBJECT-P1",
    "events/<str:name>": "events/AE-SUBJECT-P1-1",
    "batches/<str:name>": "batches/B1",
    "bedside/<str:name>": "bedside/SUBJECT-P1",
    "documents/<str:name>": "documents/D-1",
    "suspensions/<str:name>": "suspensions/NONE",
    "<str:language>": "en",
}


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
    done = people["sc.s1"].act("ScreenSubject", subject="SUBJECT-P1", site="S1", identity="W-SECRET")
    people["sc.s1"].act(
        "ReportAdverseEvent", subject="SUBJECT-P1", event="AE-SUBJECT-P1-1", term="Fever", category="", scale="CTCAE-5.0",
        onset=today().isoformat(), seriousness="[]", aware=f"{today()}T00:00",
    )  # fmt: skip
    people["pi.s1"].act("PlanBatch", batch="B1", subject="SUBJECT-P1")
    return people, done["Location"].rstrip("/").rpartition("/")[2]


def test_every_route_with_an_open_part_has_a_row_and_no_row_is_of_a_route_that_is_gone():
    open_parts = {path for path in KINDS if "<" in path.removeprefix("t/<str:trial>/")}
    assert open_parts <= set(TABLE) <= set(KINDS)


def test_whoever_asks_is_answered_as_the_table_says(crowd):
    people, request_id = crowd
    opened = {}
    for path, kind in KINDS.items():
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
            may = kind in {"nobody", "person"} or (kind == "administrator" and account == "lead")
            if kind == "drafter":
                may = Role(role) in ROLES[COMMANDS["DraftAdverseEvent"]] if role else False
            if kind in {"trial", "subject"} and role is not None:
                may = (kind == "trial" or at_site in {None, "S1"}) and not (
                    role == "independent_reviewer" and (kind == "subject" or path in OF_SUBJECTS)
                )
            assert status == (200 if may and kind != "absent" else 404), (where, account)
    assert 404 in opened.values()


def test_no_answer_to_another_site_holds_what_is_the_sites_own(crowd):
    people, request_id = crowd
    for path in KINDS:
        answer = people["pi.s2"].get(address(path, request_id, "0" * 16))
        shown = answer.content.decode()
        assert "W-SECRET" not in shown, path
        assert "SUBJECT-P1" not in shown.replace(answer.wsgi_request.path, "").replace("subjects%2FSUBJECT-P1", ""), (
            path
        )


def test_a_post_of_another_site_or_role_changes_nothing_and_names_no_subject(crowd, running):
    people, _ = crowd
    before = running.house.trials.get(TRIAL).state().position
    for account in ("pi.s2", "lead", "monitor"):
        answer = people[account].act("RecordDeath", subject="SUBJECT-P1", died_on="2026-11-30", cause="")
        assert answer.status_code == 422, account
    unknown = people["pi.s2"].act("RecordDeath", subject="P7", died_on="2026-11-30", cause="")
    assert unknown.status_code == 422
    assert running.house.trials.get(TRIAL).state().position == before
