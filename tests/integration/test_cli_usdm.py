"""`celltrial usdm`: what a sponsor sees of a protocol that goes out as JSON and comes in again, in either language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

FILE = Path(__file__).resolve().parents[2] / "examples" / "cik-adjuvant-randomised.yaml"


@pytest.fixture
def study(celltrial, tmp_path):
    out = tmp_path / "study.json"
    assert celltrial("usdm", "export", FILE, "--out", out)[0] == 0
    return out


def edited(path, change):
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data["study"]["versions"][0])
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(("language", "word"), [("en", "fields in extensions"), ("zh", "扩展属性")])
def test_export_says_what_it_wrote(celltrial, tmp_path, language, word):
    out = tmp_path / "out.json"
    code, shown, _ = celltrial("usdm", "export", FILE, "--out", out, "--lang", language)
    assert code == 0
    assert word in shown
    assert json.loads(out.read_text(encoding="utf-8"))["usdmVersion"] == "4.0.0"


def test_export_does_not_replace_a_file_unasked(celltrial, study):
    before = study.read_bytes()
    code, _, error = celltrial("usdm", "export", FILE, "--out", study)
    assert code == 2
    assert "APP-004" in error
    assert study.read_bytes() == before
    assert celltrial("usdm", "export", FILE, "--out", study, "--force")[0] == 0


@pytest.mark.parametrize(("language", "word"), [("en", "the same protocol"), ("zh", "与原方案一致")])
def test_a_study_of_ours_comes_back_as_the_same_protocol(celltrial, study, tmp_path, language, word):
    out = tmp_path / "back.yaml"
    code, shown, _ = celltrial("usdm", "import", study, "--out", out, "--lang", language)
    assert code == 0
    assert word in shown
    code, shown, _ = celltrial("diff", FILE, out, "--json")
    found = json.loads(shown)
    assert (code, found["differences"], found["verdicts"]) == (0, [], [])


@pytest.mark.parametrize(("language", "word"), [("en", "Neither is taken"), ("zh", "两者均不采用")])
def test_an_edited_value_is_refused_and_nothing_is_written(celltrial, study, tmp_path, language, word):
    def change(version):
        version["titles"][0]["text"] = "Another title"

    edited(study, change)
    out = tmp_path / "back.yaml"
    code, _, error = celltrial("usdm", "import", study, "--out", out, "--lang", language)
    assert code == 2
    assert "EXC-133" in error
    assert "/study/versions/0/titles/0/text" in error
    assert word in error
    assert not out.exists()


@pytest.mark.parametrize(("language", "word"), [("en", "draft"), ("zh", "草稿")])
def test_a_foreign_study_becomes_a_draft_only_where_asked_for(celltrial, study, tmp_path, language, word):
    edited(study, lambda version: version.pop("extensionAttributes"))
    out = tmp_path / "draft.yaml"
    code, _, error = celltrial("usdm", "import", study, "--out", out, "--lang", language)
    assert code == 2
    assert "APP-095" in error
    assert "trial.first_in_human" in error
    assert not out.exists()
    code, shown, _ = celltrial("usdm", "import", study, "--out", out, "--partial", "--lang", language)
    assert code == 0
    assert word in shown
    assert "trial.first_in_human" in shown
    assert "Timing" in shown
    assert out.read_text(encoding="utf-8").startswith("schema_version: 1\nidentification:\n")
    assert celltrial("review", out)[0] == 2  # a draft is no protocol yet


def test_machines_read_the_same(celltrial, study, tmp_path):
    code, shown, _ = celltrial("usdm", "import", study, "--out", tmp_path / "a.yaml", "--json")
    assert code == 0
    assert json.loads(shown) == {
        "path": str(tmp_path / "a.yaml"),
        "whole": True,
        "missing": [],
        "notes": [],
        "left_out": {},
    }


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("text", "fault_id", "where"),
    [
        ("{", "EXC-120", ":1:2"),
        ('{"study": {}, "study": {}}', "EXC-137", ""),
        ('{"study": {}, "usdmVersion": NaN}', "EXC-138", ""),
        ('{"study": {}, "usdmVersion": "3.0.0"}', "EXC-123", "#/usdmVersion"),
        ("[1]", "EXC-139", ""),
        ('{"study": {"instanceType": "Trial"}, "usdmVersion": "4.0"}', "EXC-124", "#/study"),
        ('{"study": {"instanceType": "Study"}, "usdmVersion": "4.0"}', "EXC-128", "#/study"),
        ('{"study": {"instanceType": "Study", "name": 4}, "usdmVersion": "4.0"}', "EXC-129", "#/study/name"),
        ('{"study": {"instanceType": "Study", "name": "x"}, "usdmVersion": "4.0"}', "EXC-136", "#/study/versions"),
        ("[" * 100_000, "EXC-121", ""),
        ("", "EXC-120", ":1:1"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "EXC-120", ":1:1"),
        ('{"study": {"name": "a\\u202eb"}, "usdmVersion": "4.0"}', "COR-052", "#/study/name"),
        ('{"study": {"name": "\\ud800"}, "usdmVersion": "4.0"}', "EXC-122", "#/study/name"),
    ],
)
def test_what_is_no_study_is_refused_with_its_place(celltrial, tmp_path, text, fault_id, where, language):
    path, out = tmp_path / "bad.json", tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    code, _, error = celltrial("usdm", "import", path, "--out", out, "--partial", "--lang", language)
    assert code == 2
    assert error.startswith(f"{fault_id}: {path}{where}")
    assert not out.exists()


OTHERS = FILE.parents[2] / "shared" / "data" / "usdm"
#: Of each file of others: what its official title begins with, the sponsor's number, a text whose tag had a meaning, and
#: one that had none.
FOREIGN = {
    "CDISC_Pilot_Study": ("Safety and Efficacy of the Xanomeline", "H2Q-MC-LZZT", "at least 50 years of age", ""),
    "Alexion_NCT04573309_Wilsons": (
        "A Phase 2, Open-label Study to Assess",
        "ALXN1840-WD-204",
        "aged ≥ 18 at the time",
        "",
    ),
    "devices": ("Safety and Efficacy of the Xanomeline", "H2Q-MC-LZZT", "between 50 years and 100 years", ""),
    "observational": ("Something Very Official", "AP1234", "Pick up activity Demographics", "[max_agexxx]"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", FOREIGN)
def test_the_files_of_others_become_drafts_with_a_line_for_each_kind_of_fault(celltrial, tmp_path, name, language):
    file, out = OTHERS / f"{name}.json", tmp_path / "draft.yaml"
    if not file.exists():
        pytest.skip(f"the files of others are not beside this folder: {file}")
    code, shown, error = celltrial("usdm", "import", file, "--out", out, "--partial", "--lang", language)
    assert (code, error) == (0, "")
    kinds = re.findall(r"^  ([A-Z]{3}-[0-9]{3}): ", shown, re.MULTILINE)
    assert len(kinds) == len(set(kinds))
    assert len(shown.splitlines()) == len(kinds) + 3
    draft = yaml.safe_load(out.read_text(encoding="utf-8"))
    title, number, resolved, kept = FOREIGN[name]
    assert draft["identification"]["title"]["en"].startswith(title)
    assert draft["identification"]["id"] == number
    texts = [one["text"]["en"] for one in draft["population"]["criteria"]]
    assert any(resolved in text for text in texts)
    assert any(kept in text for text in texts)
    ids = [one["id"] for one in draft["population"]["criteria"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", one) for one in ids)
    for value in leaves(draft):
        assert value not in {"", None}
        assert "usdm:" not in str(value)
        assert not re.search(r"</?(p|li|ol|ul|td|tr|sup)\b", str(value))
        assert not re.fullmatch(r"(AP|PROD|IND|POP)_?[0-9]{1,2}", str(value))


def test_a_refusal_too_has_a_line_for_each_kind(celltrial, tmp_path):
    """And counts all of them: here every reference of a document whose versions are gone."""
    file = OTHERS / "devices.json"
    if not file.exists():
        pytest.skip(f"the files of others are not beside this folder: {file}")
    data = json.loads(file.read_text(encoding="utf-8"))
    contents = [one for document in data["study"]["documentedBy"] for one in document["versions"][0]["contents"]]
    expected = sum(one["contentItemId"] is not None for one in contents)
    data["study"]["versions"] = []
    path, out = tmp_path / "none.json", tmp_path / "none.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    code, _, error = celltrial("usdm", "import", path, "--out", out, "--partial")
    assert (code, len(error.splitlines()), out.exists()) == (2, 1, False)
    assert error.startswith("EXC-126")
    assert f"[{expected} of this kind" in error
    code, _, error = celltrial("usdm", "import", file, "--out", out)
    assert (code, out.exists()) == (2, False)
    assert [line.partition(":")[0] for line in error.splitlines()] == ["EXC-140", "APP-095"]


def leaves(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield value
    for one in inner:
        yield from leaves(one)


def test_machines_get_every_fault_of_a_file_of_others(celltrial, tmp_path):
    file = OTHERS / "observational.json"
    if not file.exists():
        pytest.skip(f"the files of others are not beside this folder: {file}")
    code, shown, _ = celltrial("usdm", "import", file, "--out", tmp_path / "draft.yaml", "--partial", "--json")
    found = json.loads(shown)
    assert code == 0
    assert len(found["missing"]) >= 40
    assert {"EXC-141", "EXC-142", "EXC-144", "EXC-145", "EXC-146", "EXC-149"} <= {one["id"] for one in found["notes"]}


def test_a_missing_file_is_one_message(celltrial, tmp_path):
    code, _, error = celltrial("usdm", "import", tmp_path / "none.json", "--out", tmp_path / "x.yaml")
    assert code == 2
    assert error.startswith("APP-001")
