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
    assert len(re.findall(r'<h2 id="s-', out.read_text(encoding="utf-8"))) == 14


def test_the_suffix_chooses_the_format(celltrial, tmp_path):
    out = tmp_path / "protocol.docx"
    assert celltrial("document", CIK, "--out", out)[0] == 0
    assert docx.Document(str(out)).core_properties.identifier == "CT-CIK-01"


@pytest.mark.parametrize("name", ["protocol.odt", "protocol", "protocol.html.gz"])
def test_another_suffix_is_one_message(celltrial, tmp_path, name):
    code, said, faults = celltrial("document", CIK, "--out", tmp_path / name)
    assert (code, said) == (2, "")
    assert faults.startswith("APP-150: ")
    assert ".html | .docx | .pdf" in faults
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
    assert len(given) == 10
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
def test_every_part_left_unstated_is_named_and_a_final_document_refuses(celltrial, tmp_path, path):
    out = tmp_path / "protocol.html"
    _, said, _ = celltrial("document", path, "--out", out)
    page = out.read_text(encoding="utf-8")
    empty = page.count("Not stated in the protocol.")
    named = [line for line in said.splitlines() if line.startswith("  ")]
    title = [line for line in named if line.startswith("  Title page: ")]
    assert len(title) == 3  # an example has no sponsor
    assert len(named) == empty + len(title)
    assert f"{len(named)} parts" in said
    assert all(line.strip() in re.sub(r"<[^>]+>", "", page) for line in named)
    final = tmp_path / "final.html"
    code, said, faults = celltrial("document", path, "--out", final, "--final")
    assert (code, said) == (2, "")
    assert faults.startswith("APP-151: ")
    assert all(line.strip() in faults for line in named)
    assert not final.exists()


def whole(tmp_path):
    """Write the BCMA example with a sponsor, so that nothing is left unstated."""
    path = tmp_path / "whole.yaml"
    stated = "  sponsor: A sponsor\n  sponsor_address: {en: An address, zh: 地址}\n  approved_on: 2025-01-06\n  registry_ids:"
    path.write_text(BCMA.read_text(encoding="utf-8").replace("  registry_ids:", stated, 1), encoding="utf-8")
    return path


def test_a_protocol_that_states_everything_gives_a_final_document(celltrial, tmp_path):
    out = tmp_path / "final.html"
    code, said, faults = celltrial("document", whole(tmp_path), "--out", out, "--final")
    assert (code, faults) == (0, "")
    assert said.splitlines() == [f"Document: {out}"]
    page = out.read_text(encoding="utf-8")
    assert "DRAFT" not in page
    assert "Not stated in the protocol" not in page


def test_changes_against_an_earlier_version_are_marked_and_their_sections_named(celltrial, tmp_path):
    later, out = tmp_path / "later.yaml", tmp_path / "changes.html"
    later.write_text(
        BCMA.read_text(encoding="utf-8").replace("after_first_of_level: 28 d", "after_first_of_level: 35 d"),
        encoding="utf-8",
    )
    code, said, faults = celltrial("document", later, "--against", BCMA, "--out", out)
    assert (code, faults) == (0, "")
    named = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    assert named == ["4.1", "12.9"]
    assert "<del>28 </del><ins>35 </ins>days pass before the next infusion" in out.read_text(encoding="utf-8")
    _, said, _ = celltrial("document", BCMA, "--against", BCMA, "--out", tmp_path / "same.html", "--lang", "zh")
    assert "内容相同" in said


def test_another_protocol_is_no_earlier_version(celltrial, tmp_path):
    code, said, faults = celltrial("document", BCMA, "--against", CIK, "--out", tmp_path / "x.html")
    assert (code, said) == (2, "")
    assert faults.startswith("APP-153: ")
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("kind", ["consent", "pre-ind"])
def test_other_papers_come_from_the_same_facts(celltrial, tmp_path, kind):
    out = tmp_path / "paper.docx"
    assert celltrial("document", BCMA, "--kind", kind, "--out", out, "--lang", "zh")[0] == 0
    text = "\n".join(p.text for p in docx.Document(str(out)).paragraphs)
    assert ("您" in text) is (kind == "consent")
    assert celltrial("document", BCMA, "--kind", kind, "--out", tmp_path / "f.docx", "--final")[0] == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_protocol_in_one_language_gives_its_document_in_that_language(celltrial, tmp_path, language):
    other = "en" if language == "zh" else "zh"
    source = whole(tmp_path).read_text(encoding="utf-8")
    said = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^,}\n]*)"
    source = re.sub(
        rf"\{{en: ({said}), zh: ({said})\}}", lambda m: f"{{{language}: {m[1 if language == 'en' else 2]}}}", source
    )
    path = tmp_path / "one.yaml"
    path.write_text(re.sub(rf"^\s+{other}: .*\n", "", source, flags=re.MULTILINE), encoding="utf-8")
    out = tmp_path / "one.html"
    code, _, faults = celltrial("document", path, "--out", out, "--final")
    assert (code, faults) == (0, "")
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in out.read_text(encoding="utf-8")
    code, said, _ = celltrial("document", path, "--out", tmp_path / "other.html", "--lang", other)
    assert code == 0
    assert ("in one language only" if other == "en" else "仅有另一种语言") in said
    assert celltrial("document", path, "--out", tmp_path / "no.html", "--lang", other, "--final")[0] == 2


def test_the_time_of_collection_is_not_shorter_than_the_longest_rule_that_counts(celltrial, tmp_path):
    """The watch after infusion (14 d) is not the period in which events are collected: S-1 counts to day 90."""
    source = (EXAMPLES[0].parent / "bcma-car-t-escalation.yaml").read_text(encoding="utf-8")
    stated = source[source.index("  collection:\n") : source.index("  sae_to_sponsor:")]
    for window, until in (("90 d", "90 days"), ("21 d", "28 days")):
        path, out = tmp_path / f"{window}.yaml", tmp_path / f"{window}.html"
        path.write_text(source.replace("window: 90 d", f"window: {window}").replace(stated, ""), encoding="utf-8")
        assert celltrial("document", path, "--out", out)[0] == 0
        text = re.sub(r"<[^>]+>", " ", out.read_text(encoding="utf-8"))
        section = text[text.rindex("How long each rule counts") - 400 : text.rindex("9.2.2")]
        assert f"at least until {until} after infusion" in section
