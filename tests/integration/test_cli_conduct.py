"""Running a trial from the command line: acts, refusals with every condition, what is due."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from celltrial.conduct.envelope import Role
from celltrial.core.values import Value
from celltrial.protocol import canonical_json, fingerprint, read_protocol
from celltrial.protocol.templates import template_text

KINDS = {re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() for kind in get_args(Value)}
PROTOCOL = read_protocol(template_text("car-t-escalation"), "p.yaml")
DAY = "2025-03-03T09:00:00+08:00"


@pytest.fixture
def act(celltrial, tmp_path):
    ledger = tmp_path / "t.db"

    def submit(role, command, fields, *more):
        text = json.dumps(fields)
        return celltrial(
            "act", ledger, command, "--trial", "T-1", "--as", role, "--account", role, "--at", DAY,
            "--zone", "Asia/Shanghai", "--fields", text, "--json", *more,
        )  # fmt: skip

    submit.ledger = ledger
    return submit


def signature(role):
    signed = {"utc": "2025-03-03T01:00:00Z", "zone": "Asia/Shanghai"}
    return {"account": role, "printed_name": "Office", "role": role, "meaning": "approval", "signed": signed}


def register(act):
    assert (
        act("sponsor", "RegisterTrial", {"trial": "T-1", "title": "A trial", "sponsor": ""}, "--create", "--rehearsal")[
            0
        ]
        == 0
    )


def test_a_trial_begins_and_its_ledger_verifies(act, celltrial):
    register(act)
    code, out, _ = celltrial("status", act.ledger, "--json")
    assert code == 0
    assert (json.loads(out)["position"], json.loads(out)["persons"]) == (1, "rehearsed")
    assert celltrial("verify", act.ledger)[0] == 0


def test_a_refusal_is_an_answer_with_every_condition_and_exit_one(act):
    register(act)
    code, out, _ = act("investigator", "EnrolSubject", {"subject": "S-1", "cohort": "C1"}, "--site", "S1")
    assert code == 1
    answer = json.loads(out)
    assert answer["accepted"] is False
    assert answer["facts"] == []
    assert len(answer["conditions"]) >= 1
    for item in answer["conditions"]:
        assert item["id"].startswith("CND-")
        assert {item["needed"]["kind"], item["found"]["kind"]} <= KINDS
        assert set(item) == {"id", "needed", "found", "about", "clause", "field", "input", "text"}


def test_a_condition_is_data_that_nobody_has_to_parse(act):
    """What was needed and found come as kind, value and code, in words of the language asked for beside them."""
    register(act)
    fields = {"cohort": "C1", "level": 1, "size": 3}
    answers = [json.loads(act("coordinator", "OpenCohort", fields, "--lang", lang)[1]) for lang in ("en", "zh")]
    wrong = [next(item for item in answer["conditions"] if item["id"] == "CND-001") for answer in answers]
    english, chinese = wrong
    assert {option["code"] for option in all_of(english["needed"])} <= {role.value for role in Role}
    assert (english["found"]["kind"], english["found"]["list"], english["found"]["code"]) == (
        "term",
        "role",
        "coordinator",
    )
    assert (english["found"]["text"], chinese["found"]["text"]) == ("coordinator", "研究协调员")
    assert english["found"]["text"] in english["text"]


def all_of(value):
    return value["options"] if value["kind"] == "choice" else [value]


def test_a_role_that_may_not_is_refused_and_nothing_is_written(act, celltrial):
    register(act)
    code, out, _ = act("coordinator", "OpenCohort", {"cohort": "C1", "level": 1, "size": 3})
    assert code == 1
    assert "CND-" in out
    assert json.loads(celltrial("status", act.ledger, "--json")[1])["position"] == 1


def test_the_same_request_is_carried_out_once(act, celltrial):
    fields = {"trial": "T-1", "title": "A trial", "sponsor": ""}
    for _ in range(2):
        act("sponsor", "RegisterTrial", fields, "--create", "--rehearsal", "--request", "r-1")
    assert json.loads(celltrial("status", act.ledger, "--json")[1])["position"] == 1


def test_approving_a_protocol_from_a_file_of_fields(act, tmp_path, celltrial):
    register(act)
    fields = {
        "version": PROTOCOL.identification.version,
        "document": canonical_json(PROTOCOL),
        "sha256": fingerprint(PROTOCOL),
        "signatures": [],
    }
    path = tmp_path / "approve.json"
    path.write_text(json.dumps(fields), encoding="utf-8")
    code, out, _ = celltrial(
        "act", act.ledger, "ApproveProtocol", "--trial", "T-1", "--as", "sponsor", "--account", "sponsor",
        "--at", DAY, "--fields", f"@{path}", "--json",
    )  # fmt: skip
    assert code == 1
    assert "signature" in out.lower() or "CND-" in out


@pytest.mark.parametrize(
    ("command", "fields", "fault"),
    [
        ("EnrollSubject", "{}", "APP-061"),
        ("EnrolSubject", "{", "COR-054"),
        ("EnrolSubject", "[]", "APP-062"),
        ("EnrolSubject", '{"subject": "S", "cohort": "C", "colour": 1}', "APP-064"),
        ("EnrolSubject", '{"subject": "S"}', "APP-065"),
        ("EnrolSubject", '{"subject": 1, "cohort": "C"}', "APP-067"),
    ],
)
def test_bad_words_are_named_and_exit_two(celltrial, act, command, fields, fault):
    register(act)
    code, _, err = celltrial(
        "act", act.ledger, command, "--trial", "T-1", "--as", "investigator", "--account", "a", "--fields", fields
    )
    assert code == 2
    assert err.startswith(fault)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [("--as", "king", "APP-063"), ("--at", "yesterday", "COR-011"), ("--zone", "Mars/Base", "COR-010")],
)
def test_bad_circumstances(celltrial, act, option, value, fault):
    register(act)
    words = {"--as": "sponsor", "--account": "a", "--at": DAY, "--zone": "UTC", option: value}
    code, _, err = celltrial(
        "act", act.ledger, "TakeDataCut", "--trial", "T-1", "--fields", '{"cut": "c", "sha256": "x"}',
        *[part for pair in words.items() for part in pair],
    )  # fmt: skip
    assert code == 2
    assert err.startswith(fault)


def test_a_ledger_that_does_not_exist_is_not_made_by_accident(celltrial, tmp_path):
    path = tmp_path / "typo.db"
    code, _, err = celltrial(
        "act", path, "RegisterTrial", "--trial", "T", "--as", "sponsor", "--account", "s", "--rehearsal",
        "--fields", '{"trial": "T", "title": "x", "sponsor": ""}',
    )  # fmt: skip
    assert code == 2
    assert err.startswith("LDG-001")
    assert not path.exists()


def approve(act):
    path = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
    protocol = read_protocol(path.read_text(encoding="utf-8"), path.name)
    fields = {
        "version": protocol.identification.version,
        "document": canonical_json(protocol),
        "sha256": fingerprint(protocol),
    }
    code, out, _ = act("sponsor", "ApproveProtocol", {**fields, "signatures": [signature("sponsor")]})
    assert code == 0, out


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ('{"subject": "S-1", "event": "AE-1", "onset": "yesterday", "seriousness": ["death"]}', "onset"),
        ('{"subject": "S-1", "event": "AE-1"', ""),
    ],
)
def test_a_serious_event_that_cannot_be_read_is_kept_as_a_draft_and_listed(act, celltrial, fields, missing):
    register(act)
    approve(act)
    words = ("--trial", "T-1", "--as", "coordinator", "--account", "c", "--at", DAY, "--fields", fields)
    assert celltrial("act", act.ledger, "ReportAdverseEvent", *words)[0] == 2  # nothing is kept unasked
    code, out, _ = celltrial("act", act.ledger, "ReportAdverseEvent", *words, "--draft", "--lang", "zh")
    assert (code, "已保存为草稿" in out) == (1, True)
    assert missing in out
    due = json.loads(celltrial("status", act.ledger, "--json", "--at", DAY)[1])["due"]
    assert [item["kind"] for item in due if item["kind"] == "adverse_event_draft"] == ["adverse_event_draft"]
    own = ("--as", "coordinator", "--account", "c")
    [draft] = json.loads(celltrial("drafts", act.ledger, "--json", *own)[1])["drafts"]
    assert (draft["event"], missing in draft["missing"] or not missing) == (draft["event"], True)
    code, out, _ = celltrial("drafts", act.ledger, "--typed", *own)
    assert (code, draft["event"] in out, fields in out or "text" in out) == (0, True, True)
    out = celltrial("drafts", act.ledger, "--lang", "zh", *own)[1]
    assert (not missing or "发生日期" in out or "发生" in out, "知悉时间" in out) == (True, True)
    withdrawn = ("act", act.ledger, "WithdrawAdverseEventDraft", "--trial", "T-1", "--as", "investigator", "--account")
    why = ("--reason", "entered elsewhere", "--at", DAY, "--fields", json.dumps({"event": draft["event"]}))
    assert celltrial(*withdrawn, "pi", *why)[0] == 0
    assert "No adverse event" in celltrial("drafts", act.ledger, *own)[1]
