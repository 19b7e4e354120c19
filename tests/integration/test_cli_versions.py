"""`celltrial diff`, `approve`, `amend`: what a sponsor sees of two versions, in either language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rehearsal import with_fields

from celltrial.app.anchoring import read_folder
from celltrial.ledger import open_ledger
from celltrial.protocol import canonical_json, read_protocol

FILE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
PLAN = read_protocol(FILE.read_text(encoding="utf-8"), FILE.name)
WHO = ("--account", "so-1", "--name", "Sponsor office")


@pytest.fixture
def version(tmp_path):
    """Write a version of the example as a file; JSON is YAML too."""

    def write(number, **fields):
        path = tmp_path / f"v{number}.yaml"
        named = {name.replace("__", "."): value for name, value in fields.items()}
        plan = with_fields(PLAN, {"identification.version": number, **named})
        path.write_text(canonical_json(plan), encoding="utf-8")
        return path

    return write


@pytest.fixture
def approved(celltrial, version, tmp_path):
    ledger = tmp_path / "t.db"
    assert celltrial("approve", ledger, version("1.0"), *WHO, "--rehearsal", "--create")[0] == 0
    return ledger


def test_two_versions_beside_each_other(celltrial, version):
    one, two = version("1.0"), version("2.0", stopping__in_flight=None)
    code, out, _ = celltrial("diff", one, two, "--json")
    assert code == 0
    found = json.loads(out)
    assert [(item["path"], item["kind"]) for item in found["differences"]] == [
        ("identification.version", "rule"),
        ("stopping.in_flight", "rule"),
    ]
    assert [(item["clause"], item["before"]["status"], item["after"]["status"]) for item in found["verdicts"]] == [
        ("2.1.2.4-c", "computed", "finding")
    ]
    for language, words in (
        ("en", ("rule", "Clauses whose verdict changes: 1")),
        ("zh", ("规则", "结论改变的条款：1")),
    ):
        code, out, _ = celltrial("diff", one, two, "--lang", language)
        assert code == 0
        assert all(word in out for word in words)


def test_the_same_document_twice(celltrial, version):
    assert "the same" in celltrial("diff", version("1.0"), version("1.0"))[1]


def test_a_version_with_an_open_clause_does_not_come_into_force(celltrial, version, tmp_path):
    ledger = tmp_path / "t.db"
    path = version("1.0", stopping__in_flight=None)
    code, out, _ = celltrial("approve", ledger, path, *WHO, "--rehearsal", "--create", "--json")
    assert code == 1
    assert [(item["id"], item["clause"]) for item in json.loads(out)["conditions"]] == [("CND-105", "2.1.2.4-c")]
    code, out, _ = celltrial("approve", ledger, path, *WHO, "--lang", "zh")
    assert (code, "2.1.2.4-c" in out, "未" in out) == (1, True, True)
    assert json.loads(celltrial("status", ledger, "--json")[1])["version"] == ""


def test_what_the_sender_claims_of_the_review_counts_for_nothing(celltrial, version, tmp_path, approved):
    path = version("2.0", stopping__in_flight=None)
    plan = read_protocol(path.read_text(encoding="utf-8"), path.name)
    from celltrial.protocol import fingerprint

    signed = {
        "account": "so-1", "printed_name": "Office", "role": "sponsor", "meaning": "approval",
        "signed": {"utc": "2025-01-06T00:00:00+00:00", "zone": "UTC"},
    }  # fmt: skip
    fields = {
        "version": "2.0", "document": canonical_json(plan), "sha256": fingerprint(plan), "reconsent": False,
        "signatures": [signed], "review": {"register": "mine", "register_version": "1", "open": [], "justified": []},
    }  # fmt: skip
    given = tmp_path / "fields.json"
    given.write_text(json.dumps(fields), encoding="utf-8")
    code, out, err = celltrial(
        "act", approved, "AmendProtocol", "--trial", "CT-BCMA-01", "--as", "sponsor", "--account", "so-1",
        "--fields", f"@{given}", "--reason", "risk", "--json",
    )  # fmt: skip
    assert code == 1, err
    assert "CND-105" in [item["id"] for item in json.loads(out)["conditions"]]


def test_an_amendment_is_shown_before_it_is_made(celltrial, version, approved):
    path = version("2.0", manufacturing__failure_plan__maximum_enrolled=40)
    code, out, _ = celltrial("amend", approved, path, *WHO, "--preview", "--json")
    assert code == 0
    assert [item["path"] for item in json.loads(out)["differences"]][1:] == [
        "manufacturing.failure_plan.maximum_enrolled"
    ]
    assert json.loads(celltrial("status", approved, "--json")[1])["version"] == "1.0"
    code, out, _ = celltrial("amend", approved, path, *WHO, "--no-reconsent", "--reason", "cap", "--lang", "zh")
    assert code == 0
    assert "48" in out
    assert json.loads(celltrial("status", approved, "--json")[1])["version"] == "2.0"
    receipts = read_folder(approved.with_name("t.db.receipts"))  # each version is signed, each signature anchored
    assert [item.occasion for item in receipts] == ["signature", "signature"]
    with open_ledger(approved) as ledger:
        assert receipts[-1].head == ledger.head("CT-BCMA-01").hash


def test_the_decision_on_consent_must_be_taken(celltrial, version, approved):
    code, _, err = celltrial("amend", approved, version("2.0"), *WHO, "--reason", "x")
    assert code == 2
    assert err.startswith("APP-071")


def test_there_must_be_something_to_amend(celltrial, version, tmp_path):
    ledger = tmp_path / "t.db"
    celltrial("approve", ledger, version("1.0", stopping__in_flight=None), *WHO, "--rehearsal", "--create")
    code, _, err = celltrial("amend", ledger, version("2.0"), *WHO, "--no-reconsent", "--reason", "x")
    assert code == 2
    assert err.startswith("APP-070")


def test_an_amendment_without_a_reason_or_a_new_version_is_refused(celltrial, version, approved):
    code, out, _ = celltrial("amend", approved, version("1.0"), *WHO, "--no-reconsent", "--json")
    assert code == 1
    assert {item["id"] for item in json.loads(out)["conditions"]} == {"CND-005", "CND-014"}


def test_children_without_adult_data_are_refused_until_a_signed_reason_cites_evidence(celltrial, version, tmp_path):
    """AC-P2.2: minimum age 3, no adult study linked, no reason: refused citing 2.1.1.3-b; with the reason: in force."""
    text = {"en": "The disease begins in childhood", "zh": "该病起于儿童期"}
    rows = json.loads(canonical_json(PLAN))
    criteria = rows["population"]["criteria"]
    criteria[0]["value"] = 3
    weight = {
        "id": "I-90",
        "concept": "body_weight",
        "operator": ">=",
        "value": 12,
        "unit": "kg",
        "source": "examination",
    }
    criteria.append(criteria[6] | weight)
    child = {
        "population__criteria": criteria,
        "population__paediatric": rows["population"]["paediatric"] | {"included": True},
        "pharmacology__measurements": [row | {"volume_ml": 0.1} for row in rows["pharmacology"]["measurements"]],
        "follow_up__paediatric": {"growth_monitoring": True, "retention_plan": text, "transition_plan": text},
    }
    code, out, _ = celltrial(
        "approve", tmp_path / "t.db", version("1.0", **child), *WHO, "--rehearsal", "--create", "--json"
    )
    assert code == 1
    assert [item["clause"] for item in json.loads(out)["conditions"]] == ["2.1.1.3-b"]
    reason = {"clause": "2.1.1.3-b", "reason": text, "signed_by": "sponsor office", "signed_on": "2025-01-06"}
    reason["evidence"] = [{"kind": "literature", "statement": text, "reference": "qu2022"}]
    typed = version("1.1", **child, justifications=[reason])
    code, out, _ = celltrial("approve", tmp_path / "t.db", typed, *WHO, "--json")
    assert code == 1
    assert [item["clause"] for item in json.loads(out)["conditions"]] == ["2.1.1.3-b"]
    accept = ("--accept-justification", "2.1.1.3-b")
    assert celltrial("approve", tmp_path / "t.db", typed, *WHO, *accept)[0] == 0
    verdicts = json.loads(celltrial("review", typed, "--json")[1])["verdicts"]
    shown = next(item for item in verdicts if item["clause"] == "2.1.1.3-b")
    assert (shown["status"], shown["justification"]["signed"]) == ("finding", False)
