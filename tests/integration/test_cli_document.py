"""`celltrial document`: the protocol as HTML or DOCX, and every way in which it is refused."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.yaml"))
CIK = Path(__file__).resolve().parents[2] / "examples" / "cik-adjuvant-randomised.yaml"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_works_for_every_example(celltrial, tmp_path, path):
    out = tmp_path / "protocol.html"
    code, said, faults = celltrial("document", path, "--out", out, "--lang", "zh")
    assert (code, faults) == (0, "")
    assert str(out) in said
    assert out.read_text(encoding="utf-8").count("<h2") == 15


def test_the_suffix_chooses_the_format(celltrial, tmp_path):
    out = tmp_path / "protocol.docx"
    assert celltrial("document", CIK, "--out", out)[0] == 0
    assert docx.Document(str(out)).core_properties.identifier == "CT-CIK-01"


@pytest.mark.parametrize("name", ["protocol.pdf", "protocol", "protocol.html.gz"])
def test_another_suffix_is_one_message(celltrial, tmp_path, name):
    code, said, faults = celltrial("document", CIK, "--out", tmp_path / name)
    assert (code, said) == (2, "")
    assert faults.startswith("APP-150: ")
    assert ".html | .docx" in faults
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_forced(celltrial, tmp_path):
    out = tmp_path / "protocol.html"
    out.write_text("mine", encoding="utf-8")
    code, _, faults = celltrial("document", CIK, "--out", out)
    assert (code, faults[:7]) == (2, "APP-004")
    assert out.read_text(encoding="utf-8") == "mine"
    assert celltrial("document", CIK, "--out", out, "--force")[0] == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_not_there_is_one_message(celltrial, tmp_path):
    code, _, faults = celltrial("document", CIK, "--out", tmp_path / "no" / "protocol.html")
    assert (code, faults[:7]) == (2, "APP-001")


def test_a_file_that_cannot_be_written_is_one_message(celltrial, tmp_path):
    out = tmp_path / "protocol.docx"
    out.mkdir()
    code, _, faults = celltrial("document", CIK, "--out", out, "--force", "--lang", "zh")
    assert (code, faults[:7]) == (3, "APP-005")
    assert "无法写入" in faults
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_that_is_no_protocol_is_refused(celltrial, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema_version: 1\n", encoding="utf-8")
    code, _, faults = celltrial("document", bad, "--out", tmp_path / "x.html")
    assert code == 2
    assert "PRT-003" in faults
    assert not (tmp_path / "x.html").exists()
