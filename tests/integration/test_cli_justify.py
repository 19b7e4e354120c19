"""`celltrial justify`: two persons sign what a protocol departs from, over its text and over what it answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: A single-arm trial that gives a reason for having no control; its clause is one that should be followed.
CLAUSE = "2.3.1-a"


@pytest.fixture
def plan(tmp_path):
    return shutil.copy(EXAMPLES / "cd19-car-t-single-arm.yaml", tmp_path / "plan.yaml")


def justify(desk, account, path, clause=CLAUSE, *words):
    desk.of(account)
    desk.type(desk.passphrase, "" if account in desk._signed else desk.code(account))
    desk._signed.add(account)
    return desk.run("justify", path, clause, "--json", *words)


def verdict(desk, path, *words):
    return json.loads(desk.run("review", path, "--clause", CLAUSE, "--json", *words)[1])


def edited(path, old, new):
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def test_what_is_typed_is_unsigned_and_two_persons_make_it_justified(desk, plan):
    for account in ("lead", "eve"):
        assert desk.log_in(account)[0] == 0
    assert verdict(desk, plan)["status"] == "finding"
    code, out, err = justify(desk, "lead", plan)
    assert (code, err) == (0, "")
    first = json.loads(out)
    assert (first["signed"], first["needed"], [item["name"] for item in first["signatures"]]) == (
        True,
        2,
        ["Lead Office"],
    )
    one_of_two = verdict(desk, plan)
    assert (one_of_two["status"], one_of_two["justification"]["signed"]) == ("finding", False)
    assert justify(desk, "eve", plan)[0] == 0
    both = verdict(desk, plan)
    assert (both["status"], both["blocks_approval"]) == ("justified", False)
    assert [name.partition(" (")[0] for name in both["justification"]["signers"]] == ["Lead Office", "Eve Office"]
    for lang in ("en", "zh"):
        assert "Eve Office" in desk.run("review", plan, "--clause", CLAUSE, "--lang", lang)[1]
    desk._monkeypatch.setenv("CELLTRIAL_STATE", str(desk._folder / "nobody"))
    assert verdict(desk, plan)["status"] == "finding", "without a ledger of accounts nothing is known of signatures"
    assert verdict(desk, plan, "--accounts", desk.accounts)["status"] == "justified"


def test_one_person_does_not_sign_twice(desk, plan):
    desk.log_in("lead")
    assert justify(desk, "lead", plan)[0] == 0
    code, out, _ = justify(desk, "lead", plan)
    assert code == 1
    assert {item["id"] for item in json.loads(out)["conditions"]} == {"CND-019"}
    assert len(json.loads(out)["signatures"]) == 1


def test_a_signature_stops_counting_when_its_text_or_what_it_answers_changes(desk, plan):
    for account in ("lead", "eve"):
        desk.log_in(account)
        assert justify(desk, account, plan)[0] == 0
    whole = Path(plan).read_text(encoding="utf-8")
    begin = whole.index("justifications:")
    reason = whole[whole.index("en:", begin) + 3 : whole.index("\n", whole.index("en:", begin))].strip()
    edited(plan, reason, f"{reason} Also otherwise.".replace('"', ""))
    assert verdict(desk, plan)["status"] == "finding"
    Path(plan).write_text(whole, encoding="utf-8")
    assert verdict(desk, plan)["status"] == "justified"
    edited(plan, "safety_set_size:", "safety_set_size: 321 #")
    assert verdict(desk, plan)["status"] == "finding", "the part in which the finding lies was changed"
    Path(plan).write_text(whole, encoding="utf-8")
    edited(plan, "Charter", "Other charter")
    assert verdict(desk, plan)["status"] == "justified", "another part was changed"


def test_nothing_is_signed_without_a_session_a_right_passphrase_or_something_to_justify(desk, plan):
    desk.of("lead")
    code, _, err = desk.run("justify", plan, CLAUSE)
    assert (code, "APP-177" in err) == (2, True)
    desk.log_in("lead")
    desk.type("wrong passphrase altogether", "000000")
    code, out, _ = desk.run("justify", plan, CLAUSE, "--json")
    assert (code, json.loads(out)["signed"]) == (1, False)
    assert {item["id"] for item in json.loads(out)["conditions"]} == {"CND-125"}
    assert "APP-286" in justify(desk, "lead", plan, "2.1.3-j")[2]
    assert justify(desk, "lead", plan, "9.9-z")[0] == 2


def test_evidence_that_cannot_be_looked_up_signs_nothing(desk, plan):
    desk.log_in("lead")
    whole = Path(plan).read_text(encoding="utf-8")
    begin = whole.index("justifications:")
    head, tail = whole[:begin], whole[begin:]
    line = next(one for one in tail.splitlines() if "reference:" in one)
    Path(plan).write_text(head + tail.replace(line, "", 1), encoding="utf-8")
    code, out, _ = justify(desk, "lead", plan)
    assert code == 1
    found = json.loads(out)
    assert not found["signatures"]
    assert "justification_unsupported" in {item["code"] for item in found["faults"]}


def test_a_broken_ledger_of_accounts_is_no_witness(desk, plan):
    for account in ("lead", "eve"):
        desk.log_in(account)
        justify(desk, account, plan)
    import sqlite3

    with sqlite3.connect(desk.accounts) as ledger:
        tables = [row[0] for row in ledger.execute("select name from sqlite_master where type = 'table'")]
        ledger.execute("pragma writable_schema = on")
        for trigger in [row[0] for row in ledger.execute("select name from sqlite_master where type = 'trigger'")]:
            ledger.execute(f"drop trigger {trigger}")
        assert "record" in tables or "records" in tables
    name = "records" if "records" in tables else "record"
    with sqlite3.connect(desk.accounts) as ledger:
        ledger.execute(f"update {name} set line = replace(line, 'Eve Office', 'Ann Office')")
    code, _, err = desk.run("review", plan, "--clause", CLAUSE)
    assert (code, "APP-287" in err) == (2, True)


def test_an_approval_counts_what_persons_signed(desk, plan, tmp_path):
    for account in ("lead", "eve"):
        desk.log_in(account)
        assert justify(desk, account, plan)[0] == 0
    desk.of("lead")
    code, out, err = desk.run("approve", tmp_path / "trial.db", plan, "--create", "--json")
    assert (code, err) == (0, ""), out
    assert "CND-010" not in out


def test_an_approval_signs_for_what_should_be_followed_only_with_a_second_person(desk, plan, tmp_path):
    """Issue 11, 5: neither the option, nor the field of the command, nor a signature typed with it lets one person close it."""
    ledger = tmp_path / "trial.db"
    desk.log_in("lead")
    code, out, err = desk.run("approve", ledger, plan, "--accept-justification", CLAUSE, "--create", "--json")
    assert (code, err) == (0, ""), out
    [waiting] = json.loads(desk.run("sign", ledger, "--json")[1])["waiting"]
    asked = {role for item in waiting["missing"] for role in item["roles"]}
    assert asked == {"sponsor", "medical_monitor"}
    assert desk.sign("lead", ledger)[0] == 0
    status = json.loads(desk.run("status", ledger, "--json")[1])
    assert status["version"] == "", "the sponsor alone brings no departure into force"


def test_one_signature_on_record_and_the_sponsor_s_own_are_two_persons_only_if_they_are(desk, plan, tmp_path):
    """Who justified as the sponsor's officer does not count twice by approving: the medical monitor is still asked for."""
    ledger = tmp_path / "trial.db"
    desk.log_in("lead")
    assert justify(desk, "lead", plan)[0] == 0
    desk.of("lead")
    desk.run("approve", ledger, plan, "--accept-justification", CLAUSE, "--create", "--json")
    [waiting] = json.loads(desk.run("sign", ledger, "--json")[1])["waiting"]
    assert "medical_monitor" in {role for item in waiting["missing"] for role in item["roles"]}


def test_who_signed_is_told_and_what_is_missing(desk, plan, tmp_path):
    desk.log_in("lead")
    assert "等待第二人签署" not in desk.run("review", plan, "--clause", CLAUSE, "--lang", "zh")[1]
    page = tmp_path / "first.html"
    assert desk.run("document", plan, "--out", page)[0] == 0
    assert "Unsigned; the file names" in page.read_text(encoding="utf-8")
    assert justify(desk, "lead", plan)[0] == 0
    desk.of("lead")
    assert "等待第二人签署" in desk.run("review", plan, "--clause", CLAUSE, "--lang", "zh")[1]
    page = tmp_path / "second.html"
    assert desk.run("document", plan, "--out", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "Signed by Lead Office (20" in text
    assert "Awaiting the second signature." in text
    desk.log_in("eve")
    assert justify(desk, "eve", plan)[0] == 0
    page = tmp_path / "third.html"
    assert desk.run("document", plan, "--out", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "Eve Office (20" in text
    assert "Awaiting the second signature." not in text
