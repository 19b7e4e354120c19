"""The API: a program in its person's own session; the same answers as the pages and the command line."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.facts.events import NAMES
from sites import TRIAL

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "run-the-site.md"


class Program:
    """A program of a person, which carries the ticket from answer to request."""

    def __init__(self, site, account, role=""):
        self.browser, self.role = Client(enforce_csrf_checks=True), role
        answer = self.browser.post(
            "/api/v1/session",
            json.dumps({"account": account, "passphrase": site.passphrase, "code": site.code(account)}),
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
        self.ticket = answer.json()["ticket"]

    def ask(self, method, path, body=None, key="", language="en"):
        headers = {"Authorization": f"Bearer {self.ticket}", "Accept-Language": language}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Celltrial-Role": self.role} if self.role else {}
        answer = (
            getattr(self.browser, method)(
                f"/api/v1/{path}",
                None if body is None else json.dumps(body),
                content_type="application/json",
                headers=headers,
            )
            if method != "get"
            else self.browser.get(f"/api/v1/{path}", headers=headers)
        )
        self.ticket = answer.headers.get("Celltrial-Ticket", self.ticket)
        return answer


def screened(program, subject="P1", key="k1", site="S1"):
    body = {"fields": {"subject": subject, "site": site, "identity": f"W-{subject}"}}
    return program.ask("post", f"trials/{TRIAL}/acts/ScreenSubject", body, key)


def test_nobody_is_answered_without_a_ticket(running):
    browser = Client()
    api = browser.get("/api/v1/openapi.json").json()
    asked = 0
    for path, methods in api["paths"].items():
        for method in methods:
            filled = re.sub(r"\{\w+\}", "x", path)
            answer = getattr(browser, method)(
                filled, **({} if method == "get" else {"data": "{}", "content_type": "application/json"})
            )
            expected = 422 if (path, method) == ("/api/v1/session", "post") else 401
            assert answer.status_code == expected, (method, path, answer.content)
            asked += 1
    assert asked > len(COMMANDS)


def test_the_description_names_every_command_with_its_fields(running):
    api = Client().get("/api/v1/openapi.json").json()
    apart = {"GiveSignature", "DeclineSignature", "WithdrawSignature", "RegisterTrial"}
    acts = {path.rpartition("/")[2] for path in api["paths"] if "/acts/" in path}
    assert acts == set(COMMANDS) - apart
    said = api["paths"]["/api/v1/trials/{trial}/acts/ScreenSubject"]["post"]["x-fields"]
    assert set(said["required"]) >= {"subject", "site"}


def test_an_act_is_carried_out_once_and_read_again_as_it_was_recorded(running):
    program = Program(running, "sc.s1")
    first, again = screened(program), screened(program)
    assert (first.status_code, again.status_code) == (200, 200), again.content
    assert first.json() == again.json()
    [record] = program.ask("get", f"trials/{TRIAL}/records?about=subject/P1").json()["records"]
    assert record["fact"]["identity"] == "W-P1"
    assert record["actor"] == {"account": "sc.s1", "name": "Desk One", "role": "coordinator", "site": "S1"}
    other = program.ask(
        "post", f"trials/{TRIAL}/acts/ScreenSubject", {"fields": {"subject": "P2", "site": "S1", "identity": "x"}}, "k1"
    )
    assert other.status_code == 422
    assert [item["id"] for item in other.json()["faults"]] == ["LDG-011"]


def test_a_refusal_is_a_problem_document_with_code_needed_and_found(running):
    program = Program(running, "lead")
    body = {"fields": {"account": "x", "printed_name": "X", "role": "coordinator", "site": "S9"}, "reason": "joined"}
    preview = program.ask("post", f"trials/{TRIAL}/previews/GrantAccess", body)
    answer = program.ask("post", f"trials/{TRIAL}/acts/GrantAccess", body)
    assert answer.status_code == preview.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    [condition] = answer.json()["conditions"]
    assert preview.json()["conditions"] == [condition]
    assert (condition["id"], condition["input"], condition["found"]["text"]) == ("CND-007", "site", "S9")
    zh = program.ask("post", f"trials/{TRIAL}/acts/GrantAccess", body, language="zh-Hans").json()
    assert zh["title"] == "被拒绝"
    assert zh["conditions"][0]["needed"]["text"] != condition["needed"]["text"]


def test_every_fault_of_the_fields_comes_at_once(running):
    program = Program(running, "sc.s1")
    answer = program.ask(
        "post", f"trials/{TRIAL}/acts/RecordDeath", {"fields": {"died_on": "yesterday", "colour": "red"}}
    )
    assert answer.status_code == 422
    assert {item["id"] for item in answer.json()["faults"]} >= {"APP-064", "APP-065", "APP-067"}


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"fields": []}', '{"fields": {"subject": {"a": 1}}}', '"\\ud800"']
)
def test_what_cannot_be_read_is_refused_and_never_a_failure(running, text):
    program = Program(running, "sc.s1")
    answer = program.browser.post(
        f"/api/v1/trials/{TRIAL}/acts/RecordDeath", text, content_type="application/json",
        headers={"Authorization": f"Bearer {program.ticket}"},
    )  # fmt: skip
    assert answer.status_code in {400, 422}, answer.content


def test_another_sites_records_are_not_there_and_a_trial_without_a_role_is_none(running):
    screened(Program(running, "sc.s1"))
    other, stranger = Program(running, "pi.s2"), Program(running, "stranger")
    assert other.ask("get", f"trials/{TRIAL}/subjects").json() == {"subjects": []}
    there, nowhere = other.ask("get", f"trials/{TRIAL}/subjects/P1"), other.ask("get", f"trials/{TRIAL}/subjects/P9")
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert other.ask("get", f"trials/{TRIAL}/records?about=subject/P1").json()["records"] == []
    assert stranger.ask("get", "trials").json() == {"trials": []}
    assert (
        stranger.ask("get", f"trials/{TRIAL}").status_code == stranger.ask("get", "trials/NO-SUCH").status_code == 404
    )


def test_every_record_is_read_page_by_page(running):
    program = Program(running, "lead")
    found, after = [], 0
    while after is not None:
        page = program.ask("get", f"trials/{TRIAL}/records?after={after}&limit=5").json()
        assert len(page["records"]) <= 5
        found += page["records"]
        after = page["next"]
    assert [item["position"] for item in found] == list(range(1, page["position"] + 1))
    assert {item["type"] for item in found} <= set(NAMES.values())


def test_an_act_that_needs_another_person_waits_and_is_signed_with_the_components_proved_anew(running):
    lead, monitor = Program(running, "lead"), Program(running, "monitor")
    for name, fields in (
        ("SuspendScope", {"suspension": "X", "scope": "trial", "target": "", "why": "signal"}),
        ("OpenEvaluation", {"suspension": "X"}),
    ):
        assert lead.ask("post", f"trials/{TRIAL}/acts/{name}", {"fields": fields}).status_code == 200
    on = str(running.house.trials.get(TRIAL).state().suspensions["X"].since.local_date)
    asked = lead.ask(
        "post", f"trials/{TRIAL}/acts/SignEvaluation", {"fields": {"suspension": "X", "on": on, "reference": "r"}}
    )
    assert asked.status_code == 202
    [key] = asked.json()["waiting"]
    [item] = monitor.ask("get", f"trials/{TRIAL}/signatures").json()["waiting"]
    assert (item["signing"], item["content"]["command"]) == (key, "SignEvaluation")
    wrong = monitor.ask(
        "post", f"trials/{TRIAL}/signatures/{key}", {"sha256": item["sha256"], "passphrase": "wrong", "code": "1"}
    )
    assert wrong.status_code == 422
    for program, account in ((monitor, "monitor"), (lead, "lead")):
        proved = {"sha256": item["sha256"], "passphrase": running.passphrase, "code": running.code(account)}
        answer = program.ask("post", f"trials/{TRIAL}/signatures/{key}", proved)
        assert answer.status_code == 200, answer.content
    assert not running.house.trials.get(TRIAL).state().pending


def test_a_ticket_that_was_logged_out_opens_nothing(running):
    program = Program(running, "lead")
    kept = program.ticket
    assert program.ask("delete", "session").status_code == 204
    program.ticket = kept
    assert program.ask("get", "trials").status_code == 401


def test_a_wrong_passphrase_is_told_like_an_unknown_account(site):
    told = [
        Client().post(
            "/api/v1/session", json.dumps({"account": account, "passphrase": "x"}), content_type="application/json"
        )
        for account in ("lead", "nobody.known")
    ]
    assert [answer.status_code for answer in told] == [401, 401]
    assert told[0].content == told[1].content


def test_the_example_of_the_guide_runs(served, capsys):
    running, address = served
    [block] = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for line in block.splitlines() if line.strip()]
    assert len(lines) <= 10
    given = {
        "SITE": address,
        "ACCOUNT": "sc.s1",
        "PASSPHRASE": running.passphrase,
        "CODE": running.code("sc.s1"),
        "TRIAL": TRIAL,
    }
    exec(compile(block, str(GUIDE), "exec"), given)
    said, types = capsys.readouterr().out.splitlines()
    assert "'accepted': True" in said
    assert types == "['subject.screened/2']"


def test_many_acts_are_carried_out_each_by_itself_and_once(running):
    program = Program(running, "sc.s1")

    def screen(subject, key, **more):
        return {
            "command": "ScreenSubject",
            "key": key,
            "fields": {"subject": subject, "site": "S1", "identity": f"W-{subject}"} | more,
        }

    asked = {
        "acts": [
            screen("P1", "m1"),
            screen("P1", "m2"),
            screen("P2", "m3", site="S9"),
            {"command": "ScreenSubject", "key": "m4", "fields": {"colour": "red"}},
            {"command": "NoSuchAct", "key": "m5"},
            screen("P3", "m6"),
            screen("P4", "m1"),
            {"command": "RecordDeath", "key": "m7", "occurred": "soon", "fields": {"subject": "P1", "died_on": "2026-01-01", "cause": ""}},
        ]
    }  # fmt: skip
    answer = program.ask("post", f"trials/{TRIAL}/acts", asked)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert [item["status"] for item in found["results"]] == [200, 422, 422, 422, 404, 200, 422, 422]
    assert [item["id"] for item in found["results"][1]["conditions"]] == ["CND-006", "CND-006"]
    assert {item["id"] for item in found["results"][3]["faults"]} >= {"APP-064"}
    assert [item["id"] for item in found["results"][6]["faults"]] == ["LDG-011"], "a key of another act"
    state = running.house.trials.get(TRIAL).state()
    assert set(state.subjects) == {"P1", "P3"}
    assert found["position"] == state.position
    again = program.ask("post", f"trials/{TRIAL}/acts", asked).json()
    assert again["results"][0] == found["results"][0]
    assert again["results"][5] == found["results"][5]
    assert running.house.trials.get(TRIAL).state().position == state.position, "sent again, nothing is done again"


@pytest.mark.parametrize("acts", [[], [{"command": "ScreenSubject"}] * 501, [{"fields": {}}], "all"])
def test_a_list_of_acts_that_is_none_is_refused_whole(running, acts):
    answer = Program(running, "sc.s1").ask("post", f"trials/{TRIAL}/acts", {"acts": acts})
    assert answer.status_code == 422


def test_a_program_that_looks_by_itself_does_not_put_off_the_end_of_its_session(running):
    program = Program(running, "sc.s1")
    for _ in range(3):
        running.later(timedelta(minutes=4))
        answer = program.browser.get(
            "/api/v1/trials", headers={"Authorization": f"Bearer {program.ticket}", "Celltrial-Background": "yes"}
        )
        assert answer.status_code == 200
        program.ticket = answer.headers["Celltrial-Ticket"]
    running.later(timedelta(minutes=4))
    assert program.ask("get", "trials").status_code == 401, "idle for 16 minutes, whatever was asked by itself"
