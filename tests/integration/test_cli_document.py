"""`celltrial document`: the protocol as HTML or DOCX, and every way in which it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest

from celltrial.guideline.register import packaged_register

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


BCMA = CIK.with_name("bcma-car-t-escalation.yaml")
SINGLE_ARM = CIK.with_name("cd19-car-t-single-arm.yaml")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_review_is_written_whole(celltrial, tmp_path, language):
    out = tmp_path / "review.html"
    code, said, faults = celltrial("review", SINGLE_ARM, "--out", out, "--lang", language)
    assert (code, faults) == (0, "")
    assert str(out) in said
    page = out.read_text(encoding="utf-8")
    clauses = set(re.findall(r"<(?:th scope=\"row\"|td)>(\d(?:\.\d)*-[a-z]+)<", page))
    register = packaged_register()
    assert clauses >= set(register.clauses)
    assert "sponsor office" in page
    assert ("Draft questions for the agency" if language == "en" else "拟向审评机构提出的问题") in page


def test_the_review_as_docx_lists_the_changed_verdicts(celltrial, tmp_path):
    out = tmp_path / "review.docx"
    code, _, _ = celltrial("review", BCMA, "--compare", "sample-2021", "--out", out)
    assert code == 0
    paper = docx.Document(str(out))
    headings = [p.text for p in paper.paragraphs if p.style.name == "Heading 1"]
    assert headings[-1] == "10  Changed verdicts"
    assert len(paper.tables[-1].rows) > 1


def test_a_review_is_kept_unless_forced_and_its_suffix_is_checked(celltrial, tmp_path):
    out = tmp_path / "review.html"
    out.write_text("mine", encoding="utf-8")
    assert celltrial("review", BCMA, "--out", out)[2].startswith("APP-004")
    assert celltrial("review", BCMA, "--out", tmp_path / "review.txt")[2].startswith("APP-150")
    assert celltrial("review", BCMA, "--out", out, "--force")[0] == 0
    assert out.read_text(encoding="utf-8") != "mine"


def test_a_strict_review_still_answers_no(celltrial, tmp_path):
    bare = tmp_path / "bare.yaml"
    text = BCMA.read_text(encoding="utf-8")
    start, end = text.index("\nstopping:\n"), text.index("\npharmacology:\n")
    bare.write_text(
        (text[:start] + text[end:]).replace("field: stopping.rules", "field: dose.levels"), encoding="utf-8"
    )
    assert celltrial("review", bare, "--strict", "--out", tmp_path / "review.html")[0] == 1
    assert (tmp_path / "review.html").exists()


def test_the_commands_of_the_how_to_page_write_what_it_says(celltrial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (CIK.parents[1] / "docs" / "how-to" / "hand-out-documents.md").read_text(encoding="utf-8")
    given = [line.split()[1:] for line in page.splitlines() if line.startswith("    celltrial ")]
    assert len(given) == 7
    text = BCMA.read_text(encoding="utf-8")
    Path("protocol.yaml").write_text(text, encoding="utf-8")
    Path("protocol-2.yaml").write_text(text.replace('version: "1.0"', 'version: "2.0"', 1), encoding="utf-8")
    for words in given:
        assert celltrial(*words)[::2] == (0, ""), words
        assert Path(words[words.index("--out") + 1]).stat().st_size > 10_000
        assert celltrial(*words)[0] == 2, words
    before = Path("protocol.docx").read_bytes()
    assert celltrial(*given[0], "--force")[0] == 0
    assert Path("protocol.docx").read_bytes() == before


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_section_left_empty_is_named_and_a_final_document_refuses(celltrial, tmp_path, path):
    out = tmp_path / "protocol.html"
    _, said, _ = celltrial("document", path, "--out", out)
    empty = out.read_text(encoding="utf-8").count("Not stated in the protocol.")
    named = [line for line in said.splitlines() if line.startswith("  ")]
    assert len(named) == empty > 0
    assert f"{empty} sections" in said
    final = tmp_path / "final.html"
    code, said, faults = celltrial("document", path, "--out", final, "--final")
    assert (code, said) == (2, "")
    assert faults.startswith("APP-151: ")
    assert all(line.strip() in faults for line in named)
    assert not final.exists()


def test_the_time_of_collection_is_not_shorter_than_the_longest_rule_that_counts(celltrial, tmp_path):
    """The watch after infusion (14 d) is not the period in which events are collected: S-1 counts to day 90."""
    source = (EXAMPLES[0].parent / "bcma-car-t-escalation.yaml").read_text(encoding="utf-8")
    for window, until in (("90 d", "90 d"), ("21 d", "28 d")):
        path, out = tmp_path / f"{until}.yaml", tmp_path / f"{until}.html"
        path.write_text(source.replace("window: 90 d", f"window: {window}"), encoding="utf-8")
        assert celltrial("document", path, "--out", out)[0] == 0
        text = re.sub(r"<[^>]+>", " ", out.read_text(encoding="utf-8"))
        section = text[text.rindex("9.2.1") : text.rindex("9.2.2")]
        assert f"at least until {until} after infusion" in section
        assert re.search(r"Close observation after infusion\s+14 d", section)
