"""The content of a protocol's document: every section, every field, nothing that is not a field."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import celltrial.report.document as package
from celltrial.app.document import document_inputs
from celltrial.core.errors import UserError
from celltrial.locale import LANGUAGES, Language
from celltrial.protocol import read_protocol
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Count, Text
from celltrial.report.document import DocumentInputs, protocol_document
from celltrial.report.document.blocks import Document, Grid, Heading, Paragraph
from celltrial.report.document.reading_aloud import block_text, document_text
from celltrial.report.document.sections import SECTIONS
from celltrial.report.document.stating import local
from celltrial.report.document.summary import title_facts
from celltrial.report.render.words import Words

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
BCMA, CIK = (ROOT / "examples" / f"{name}.yaml" for name in ("bcma-car-t-escalation", "cik-adjuvant-randomised"))
#: Choices that cannot be changed alone: the parameters of another design or boundary are other ones.
CHOICES = re.compile(r"escalation\.design\.(kind|modifiers\.\d+\.kind)|stopping\.rules\.\d+\.boundary")


@cache
def inputs(path: Path) -> DocumentInputs:
    return document_inputs(read_protocol(path.read_text(encoding="utf-8"), path.name))


@cache
def text(path: Path, language: Language) -> str:
    return document_text(protocol_document(inputs(path)), Words(language))


def without_mark(document: Document) -> Document:
    """Return a document without its fingerprint, which changes with anything."""
    return replace(document, fingerprint="", facts=document.facts[:-1])


def section(document: Document, number: str) -> list[object]:
    places = [i for i, block in enumerate(document.blocks) if isinstance(block, Heading) and block.number]
    first = next(i for i in places if document.blocks[i].number == number)
    last = next((i for i in places if i > first), len(document.blocks))
    return list(document.blocks[first + 1 : last])


def grid(document: Document, number: str, caption: str = "") -> Grid:
    found = [block for block in section(document, number) if isinstance(block, Grid)]
    return next(block for block in found if not caption or (block.caption and block.caption.key == caption))


def test_the_sections_are_those_of_m11_in_its_order():
    numbers = [tuple(map(int, item.number.split("."))) for item in SECTIONS]
    assert numbers == sorted(numbers)
    assert [n for n in numbers if len(n) == 1] == [(n,) for n in range(1, 15)]
    counts = {1: 3, 2: 2, 3: 3, 4: 5, 5: 6, 6: 10, 7: 3, 8: 8, 9: 4, 10: 11, 11: 12}
    assert {chapter: sum(n[0] == chapter and len(n) == 2 for n in numbers) for chapter in counts} == counts


def test_the_title_page_names_the_protocol_and_its_fingerprint():
    document = protocol_document(inputs(BCMA))
    assert document.name == "CT-BCMA-01"
    assert document.fingerprint == fingerprint(inputs(BCMA).protocol)
    assert document.fingerprint in text(BCMA, "en")
    assert text(BCMA, "zh").startswith(
        "临床试验方案\n自体抗BCMA CAR-T细胞治疗复发或难治性多发性骨髓瘤的剂量递增与扩展试验"
    )


def test_the_document_is_a_pure_function_of_the_protocol():
    again = document_inputs(read_protocol(BCMA.read_text(encoding="utf-8"), "another name"))
    assert protocol_document(again) == protocol_document(inputs(BCMA))


def test_nothing_in_the_package_reads_a_document_back():
    """Prose cannot change a rule: no function takes a document or a text and returns a protocol."""
    modules = [module for _, module in inspect.getmembers(package, inspect.ismodule)]
    assert modules
    for module in modules:
        for _, function in inspect.getmembers(module, inspect.isfunction):
            assert "-> Protocol" not in f"-> {inspect.signature(function).return_annotation}", function


def test_a_changed_rule_changes_the_text_that_states_it():
    protocol = inputs(BCMA).protocol
    dlt = protocol.escalation.dlt.model_copy(update={"window": protocol.treatment.vein_to_vein_expected})
    plan = protocol.escalation.model_copy(update={"dlt": dlt})
    changed = protocol_document(replace(inputs(BCMA), protocol=protocol.model_copy(update={"escalation": plan})))
    assert "observed for 28 d after infusion" in text(BCMA, "en")
    shown = document_text(changed, Words("en"))
    assert "observed for 35 d after infusion" in shown
    assert "observed for 28 d" not in shown


def leaves(changed_leaves, paths: list[Path], *, every: bool):
    """Yield (inputs, place, changed protocol): every stated value, or the first of each field over the examples."""
    seen = set()
    for path in paths:
        for place, changed in changed_leaves(inputs(path).protocol):
            field = re.sub(r"\.\d+", "", place)
            if not CHOICES.fullmatch(place) and (every or field not in seen):
                seen.add(field)
                yield inputs(path), place, changed


def parts(given: DocumentInputs) -> Iterator[object]:
    """Yield what the title page and each section say, without the glossary, which only repeats."""
    yield (local(given.protocol.identification.title), *title_facts(given))
    for item in SECTIONS:
        if item.build:
            yield tuple(item.build(given))


def test_every_field_of_the_protocol_stands_in_the_document(changed_leaves):
    """Change one value at a time: a document that stays the same does not show that value."""
    before = {path: tuple(parts(inputs(path))) for path in EXAMPLES}
    of = {id(inputs(path)): path for path in EXAMPLES}
    silent, count = [], 0
    for given, place, changed in leaves(changed_leaves, EXAMPLES, every=False):
        count += 1
        after = parts(replace(given, protocol=changed))
        if all(old == new for old, new in zip(before[of[id(given)]], after, strict=True)):
            silent.append(place)
    assert silent == []
    assert count > 330


@pytest.mark.long
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_value_of_an_example_changes_the_text_in_its_language(changed_leaves, path):
    silent = []
    shown = {
        language: document_text(without_mark(protocol_document(inputs(path))), Words(language))
        for language in LANGUAGES
    }
    for given, place, changed in leaves(changed_leaves, [path], every=True):
        document = without_mark(protocol_document(replace(given, protocol=changed)))
        ending = place.rpartition(".")[2]
        silent += [
            (language, place)
            for language in ((ending,) if ending in LANGUAGES else LANGUAGES)
            if document_text(document, Words(language)) == shown[language]
        ]
    assert silent == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_template_or_code_is_left_in_either_language(path):
    for language in LANGUAGES:
        shown = text(path, language)
        assert not re.search(r"\{[a-z_]+\}", shown)
        assert "report.code" not in shown
        assert "document." not in shown
    han = re.compile(r"[\u4e00-\u9fff]")
    assert not han.search(text(path, "en"))


def test_a_section_that_is_not_stated_says_so():
    document = protocol_document(inputs(CIK))
    for number in ("5.5", "6.4", "11.5", "12.5"):
        assert section(document, number) == [Paragraph(Text("document.not_stated"), tone="quiet")]
    optional = [block.number for block in document.blocks if isinstance(block, Heading)]
    assert "6.7.2" in optional
    assert "6.9.1" not in optional


def test_the_schedule_has_a_column_per_moment_and_a_row_per_activity():
    document = protocol_document(inputs(BCMA))
    before = [list(block_text(block, Words("en"))) for block in section(document, "1.3")]
    assert before[0][1] == "Activity | Screening | Collection | Waiting | D −14 | D −7 | D −5 | D −4 | D −3 | D 0"
    rows = {line.split(" | ")[0]: line.split(" | ")[1:] for table in before[:1] for line in table[2:]}
    assert rows["fludarabine 30 mg/m²"] == ["", "", "", "", "", "X", "X", "X", ""]
    assert rows["Blood count (I-09, I-10)"][0] == "≤ 14 d"
    assert rows["Examination, temperature, cultures where indicated (E-06)"] == ["≤ 7 d", *[""] * 4, "X", "", "", "X"]
    after = {line.split(" | ")[0]: line.split(" | ")[1:] for line in before[1]}
    assert after["Response (IMWG-2016)"].count("X") == len(inputs(BCMA).protocol.efficacy.visits)
    assert after["DLT window"].count("X") == 7


def test_the_follow_up_months_are_those_of_the_running_trial():
    tables = [list(block_text(block, Words("en"))) for block in section(protocol_document(inputs(BCMA)), "1.3")]
    heads = [word for table in tables[2:] for word in table[1].split(" | ")[1:]]
    assert heads == [f"M {m}" for m in (0, 3, 6, 9, 12, 18, 24, 30, 36, 42, 48, 54, 60, *range(72, 181, 12))]
    lentivirus = [line for table in tables[2:] for line in table if line.startswith("replication-competent virus")]
    marks = [mark for line in lentivirus for mark in line.split(" | ")[1:]]
    assert [head for head, mark in zip(heads, marks, strict=True) if mark == "X"] == [
        f"M {m}" for m in (0, 3, 6, *range(12, 181, 12))
    ]


def test_the_dose_ladder_states_the_limits_of_the_planned_dose():
    rows = list(block_text(grid(protocol_document(inputs(BCMA)), "6", "document.caption.ladder"), Words("en")))
    assert rows[2] == "1 (start) | DL1 | 1 × 10⁶ cells/kg | 8 × 10⁵ cells/kg | 1.2 × 10⁶ cells/kg | –"
    assert rows[3].endswith("2.4 × 10⁶ cells/kg | 3.6 × 10⁶ cells/kg | × 3")
    shown = text(CIK, "en")
    assert "5.12 × 10⁹ cells" in shown


def test_the_boundary_is_that_of_the_rule_which_stops_the_trial():
    """AC-P7.1 numbers of the rule object, the same that the running trial asks."""
    table = grid(protocol_document(inputs(BCMA)), "4.3", "document.caption.boundary")
    assert [row.cells[0] for row in table.rows] == [Count(x) for x in range(3, 13)]
    found = [row.cells[1].params["n"] for row in table.rows]
    assert found == [Count(n) for n in (3, 5, 8, 10, 12, 15, 18, 20, 23, 24)]


def test_the_staggering_calendar_is_the_one_of_ac_p6_1():
    table = grid(protocol_document(inputs(BCMA)), "6.4", "document.caption.stagger")
    days = [[cell.params["day"] for cell in row.cells[1:]] for row in table.rows]
    assert days == [["0", "28", "42"], ["70", "98", "112"], ["140", "168", "182"]]


def test_the_decision_table_stands_with_its_letters_explained():
    document = protocol_document(inputs(BCMA))
    table = grid(document, "6.4", "sheet.lead.decisions")
    rows = [line.split(" | ") for line in block_text(table, Words("en"))][1:]
    assert rows[0][:7] == ["Participants at the dose", "1", "2", "3", "4", "5", "6"]
    assert rows[1][3:4] == ["up"]
    assert [row[3] for row in rows[1:5]] == ["up", "stay", "down", "out"]
    assert any(
        isinstance(block, Paragraph) and block.text == Text("document.moves") for block in section(document, "6.4")
    )


def test_a_criterion_stands_beside_what_is_computed():
    shown = text(BCMA, "en")
    assert "E-01 | Creatinine 2.0 mg/dL or more | Serum creatinine at least 2 mg/dL | 14 d | Serum chemistry" in shown
    assert "E-01 | 血肌酐不低于2.0 mg/dL | 血肌酐不低于2 mg/dL | 14天 | 血生化" in text(BCMA, "zh")


def test_the_size_of_a_confirmatory_trial_stands_with_the_sentence_of_its_design():
    assert inputs(CIK).size is not None
    assert any(
        isinstance(block, Paragraph) and block.text.key == inputs(CIK).size.sentence.id
        for block in section(protocol_document(inputs(CIK)), "10.11")
    )


def test_a_protocol_without_the_optional_parts_still_has_every_chapter():
    bare = inputs(CIK).protocol.model_copy(
        update=dict.fromkeys(
            (
                "manufacturing", "risk_plan", "sites", "escalation", "confirmatory", "stopping", "pharmacology", "efficacy",
                "follow_up", "governance", "assumptions",
            )
        )
    )  # fmt: skip
    document = protocol_document(document_inputs(bare))
    chapters = [block.number for block in document.blocks if isinstance(block, Heading) and block.level == 1]
    assert chapters == [str(n) for n in range(1, 15)]
    assert Words("zh").say("document.not_stated") in document_text(document, Words("zh"))


def test_a_format_without_a_writer_is_refused():
    from celltrial.app.document import document_format

    with pytest.raises(UserError) as refused:
        document_format(Path("protocol.pdf"))
    assert [item.id for item in refused.value.faults] == ["APP-150"]
    assert document_format(Path("Protocol.DOCX")) == ".docx"
