"""The content of a protocol's document: every section, every field, nothing that is not a field."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import celltrial.report.document as package
from celltrial.app.document import document_inputs
from celltrial.conduct.monitors.expedited import CLOCKS
from celltrial.core.errors import UserError
from celltrial.locale import LANGUAGES, Language
from celltrial.protocol import read_protocol
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Count, Text
from celltrial.report.document import DocumentInputs, protocol_document
from celltrial.report.document.annex import annex
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
CHOICES = re.compile(
    r"confirmatory\.sample_size\.method|escalation\.design\.(kind|modifiers\.\d+\.kind)|stopping\.rules\.\d+\.boundary"
)


@cache
def inputs(path: Path) -> DocumentInputs:
    return document_inputs(read_protocol(path.read_text(encoding="utf-8"), path.name))


@cache
def text(path: Path, language: Language) -> str:
    return document_text(protocol_document(inputs(path)), Words(language))


def without_mark(document: Document) -> Document:
    """Return a document without its fingerprint, which changes with anything."""
    blocks = tuple(block for block in document.blocks if "schema_version" not in getattr(block, "fields", ()))
    return replace(document, fingerprint="", blocks=blocks)


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
    assert "observed for 28 days after infusion" in text(BCMA, "en")
    shown = document_text(changed, Words("en"))
    assert "observed for 35 days after infusion" in shown
    assert "observed for 28 days" not in shown


def leaves(changed_leaves, paths: list[Path], *, every: bool):
    """Yield (inputs, place, changed protocol): every stated value, or the first of each field over the examples."""
    seen = set()
    for path in paths:
        for place, changed in changed_leaves(inputs(path).protocol):
            field = re.sub(r"\.\d+", "", place)
            if not CHOICES.fullmatch(place) and (every or field not in seen):
                seen.add(field)
                yield inputs(path), place, changed


def parts(given: DocumentInputs) -> dict[str, tuple[object, ...]]:
    """Return what the title page and each section say, without the glossary, which only repeats."""
    made = {item.number: tuple(item.build(given)) for item in SECTIONS if item.build}
    front = (local(given.protocol.identification.title), *title_facts(given))
    return {"title": front, **made, "12.9": tuple(annex(given, list(made.items())))[1:]}


def claims(made: dict[str, tuple[object, ...]]) -> dict[str, set[str]]:
    """Return the fields that each section says it is composed from."""
    return {number: {f for block in blocks for f in getattr(block, "fields", ())} for number, blocks in made.items()}


#: Facts by which the guideline sorts a product and a trial: no protocol tells them, so they are in the annex.
SORTING = re.compile(
    r"schema_version|escalation\.dlt\.(counted_from|each_course)|identification\.(id|version|version_date|title|short_title|acronym|sponsor.*|product_codes|approved_on"
    r"|signatory|medical_contact|confidentiality)(\..*)?|trial\.(malignancy|haematological)|dose\.ladder|treatment\.infusion\.reference_day"
    r"|product\.(homologous_use|returned_to_patient|gene_modified|exogenous_gene|gene_knockout|alters_survival_or_differentiation"
    r"|induced_differentiation|systemic_action|complex_processing|made_per_subject|mixed_composition|shared_marker_with_malignancy"
    r"|process_separates_malignant_cells|natural_survival|delayed_event_onset_bound|risk_tier)"
    r"|sites\.complex_delivery|follow_up\.later_trials_wait|efficacy\.sustained_response_window|oversight\.not_applicable.*"
)


def test_a_changed_field_changes_the_section_that_is_composed_from_it(changed_leaves):
    """Change one value at a time: a section that names the field says something else, and no field is said nowhere."""
    before = {path: parts(inputs(path)) for path in EXAMPLES}
    of = {id(inputs(path)): path for path in EXAMPLES}
    silent, unsaid, count = [], [], 0
    for given, place, changed in leaves(changed_leaves, EXAMPLES, every=False):
        count += 1
        old = before[of[id(given)]]
        new = parts(replace(given, protocol=changed))
        differ = {number for number, blocks in old.items() if blocks != new[number]}
        stems = {".".join(place.split(".")[:length]) for length in range(1, place.count(".") + 2)}
        claiming = {number for number, fields in claims(old).items() if fields & stems}
        if claiming and not claiming & differ:
            silent.append((place, sorted(claiming)))
        if not differ:
            silent.append((place, "nowhere"))
        if not claiming and not SORTING.fullmatch(place):
            unsaid.append(place)
    assert silent == []
    assert unsaid == []
    assert count > 480


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


def bare() -> DocumentInputs:
    """The CIK trial without what only the document needs."""
    later = dict.fromkeys(("safety", "statistics", "assessments", "discontinuation", "oversight"))
    return replace(inputs(CIK), protocol=inputs(CIK).protocol.model_copy(update=later))


def test_a_section_that_is_not_stated_says_so_and_is_listed_in_front():
    document = protocol_document(bare())
    for number in ("9.1.2", "10.3", "11.5", "11.8"):
        assert section(document, number) == [Paragraph(Text("document.not_stated"), tone="quiet")]
        assert number in [gap.number for gap in document.unstated]
    optional = [block.number for block in document.blocks if isinstance(block, Heading)]
    assert "6.7.2" in optional
    assert "6.9.1" not in optional
    assert document.front[0] == Heading(1, Text("document.draft_head"))


def test_a_set_of_standard_texts_fills_sections_only_where_it_is_chosen():
    chosen = protocol_document(inputs(BCMA))
    assert "致死或危及生命者自首次获知起7天内报告" in document_text(chosen, Words("zh"))
    plan = inputs(BCMA).protocol
    without = plan.model_copy(update={"oversight": plan.oversight.model_copy(update={"standard_texts": None})})
    document = protocol_document(replace(inputs(BCMA), protocol=without))
    assert {"9.1.2", "9.1.3", "11.5", "11.11"} <= {gap.number for gap in document.unstated}
    assert "Helsinki" not in document_text(document, Words("en"))


def test_what_the_system_refuses_is_told_only_where_the_trial_runs_in_it():
    plan = inputs(BCMA).protocol
    elsewhere = plan.model_copy(update={"trial": plan.trial.model_copy(update={"conducted_with": "other"})})
    document = protocol_document(replace(inputs(BCMA), protocol=elsewhere))
    assert "The system of conduct ties each batch" in text(BCMA, "en")
    assert "The system of conduct ties each batch" not in document_text(document, Words("en"))
    assert "11.7" not in {gap.number for gap in protocol_document(inputs(BCMA)).unstated}


def test_the_clock_of_expedited_reports_is_the_one_of_the_standard_text():
    days = {rule: limit.days for rule, limit in CLOCKS.items()}
    assert days == {"susar_fatal": 7, "susar_other": 15}
    for language, found in (("en", r"within (\d+) days"), ("zh", r"(\d+)天内报告")):
        said = Words(language).say("standard.cn-2026.1.9.2.3.1.p1")
        assert [int(number) for number in re.findall(found, said)] == [7, 15]


def test_the_schedule_is_one_table_with_a_column_per_moment_and_a_row_per_activity():
    document = protocol_document(inputs(BCMA))
    tables = [block for block in section(document, "1.3") if isinstance(block, Grid)]
    assert len(tables) == 1
    lines = [line.split(" | ") for line in list(block_text(tables[0], Words("en")))[1:]]
    heads = lines[0]
    assert heads[:10] == [
        "Activity",
        "Screening",
        "Collection",
        "Waiting",
        *(f"D {day}" for day in ("−14", "−7", "−5", "−4", "−3", "0")),
    ]
    rows = {line[0]: dict(zip(heads[1:], line[1:], strict=True)) for line in lines[1:]}
    marked = {name: [head for head, mark in row.items() if mark] for name, row in rows.items()}
    assert marked["fludarabine 30 mg/m²"] == ["D −5", "D −4", "D −3"]
    assert rows["Blood count (I-09, I-10)"]["Screening"] == "≤ 14 d"
    assert rows["electrocardiogram"] == {**dict.fromkeys(heads[1:], ""), "Screening": "X", "D 0": "X"}
    assert len(marked["Response (IMWG-2016)"]) == len(inputs(BCMA).protocol.efficacy.visits)


def test_the_follow_up_months_are_those_of_the_running_trial():
    tables = [block for block in section(protocol_document(inputs(BCMA)), "12.4") if isinstance(block, Grid)]
    assert len(tables) == 1
    lines = [line.split(" | ") for line in list(block_text(tables[0], Words("en")))[1:]]
    heads = lines[0][1:]
    assert heads == [f"M {m}" for m in (0, 3, 6, 9, 12, 18, 24, 30, 36, 42, 48, 54, 60, *range(72, 181, 12))]
    lentivirus = next(line for line in lines if line[0].startswith("replication-competent virus"))
    assert [head for head, mark in zip(heads, lentivirus[1:], strict=True) if mark == "X"] == [
        f"M {m}" for m in (0, 3, 6, *range(12, 181, 12))
    ]


def test_the_dose_ladder_states_the_limits_of_the_planned_dose():
    rows = list(block_text(grid(protocol_document(inputs(BCMA)), "6.1", "document.caption.ladder"), Words("en")))
    assert rows[0] == "Dose levels; counted in viable CAR-positive T cells"
    assert rows[2] == "1 (start) | DL1 | 1 × 10⁶ cells/kg | 8 × 10⁵ cells/kg | 1.2 × 10⁶ cells/kg | –"
    assert rows[3].endswith("2.4 × 10⁶ cells/kg | 3.6 × 10⁶ cells/kg | × 3")
    shown = text(CIK, "en")
    assert "5.12 × 10⁹ cells" in shown


def test_the_boundary_is_that_of_the_rule_which_stops_the_trial():
    """AC-P7.1 numbers of the rule object, the same that the running trial asks."""
    table = grid(protocol_document(inputs(BCMA)), "4.3", "document.caption.boundary")
    assert list(table.heads[1:10]) == [Count(x) for x in range(3, 12)]
    assert list(table.rows[0].cells[1:10]) == [Count(n) for n in (3, 5, 8, 10, 12, 15, 18, 20, 23)]


def test_the_staggering_calendar_is_the_one_of_ac_p6_1():
    table = grid(protocol_document(inputs(BCMA)), "4.1", "document.caption.stagger")
    days = [[cell.params["day"] for cell in row.cells[1:]] for row in table.rows]
    assert days == [["0", "28", "42"], ["70", "98", "112"], ["140", "168", "182"]]


def test_the_decision_table_answers_every_number_that_the_design_can_reach():
    """Each range is held against the policy's own decision rows, cell by cell; BOIN's published table has 2 to stay of 6."""
    table = grid(protocol_document(inputs(BCMA)), "4.1", "document.caption.decisions")
    heads, *rows = [line.split(" | ") for line in block_text(table, Words("en"))][1:]
    told = {
        (int(n), dlt): row[0]
        for row in rows
        for n, cell in zip(heads[1:], row[1:], strict=True)
        for part in (cell.split(", ") if cell else [])
        for dlt in range(int(part.split("–")[0]), int(part.split("–")[-1]) + 1)
    }
    moves = {(row["n"], row["dlt"]): Words("en").say(f"document.move.{row['move']}") for row in inputs(BCMA).decisions}
    assert told == moves
    assert (told[6, 0], told[6, 2], told[6, 3], told[6, 5]) == ("up", "stay", "down", "out")
    assert max(n for n, _ in told) >= 15


def test_the_operating_characteristics_are_the_exact_ones_of_the_design():
    """The figures of `celltrial design` on this protocol, as the specification of the document prints them."""
    shown = text(BCMA, "en")
    assert "10%, 28% and 50% | 15.0%, 65.6% and 19.2% | 0.2% | 18.0 | 4.8" in shown
    assert "45%, 60% and 75% | 44.2%, 2.9% and 0.1% | 52.8% | 13.0 | 6.1" in shown
    assert "exact, not simulated" in shown


def test_a_criterion_stands_beside_what_is_computed():
    wanted = "E-01 | Creatinine 2.0 mg/dL or more | Serum creatinine at least 2 mg/dL. Serum chemistry (laboratory). "
    assert f"{wanted}Not older than 14 days. Again before lymphodepletion." in text(BCMA, "en")
    assert "E-01 | 血肌酐不低于2.0 mg/dL | 血肌酐不低于2 mg/dL。血生化" in text(BCMA, "zh")


def test_the_size_of_a_confirmatory_trial_stands_with_the_sentence_of_its_design():
    sentence = inputs(CIK).size.sentence
    said = Words("en").say(sentence.id, **sentence.params)
    assert any(
        said in line
        for block in section(protocol_document(inputs(CIK)), "10.11")
        for line in block_text(block, Words("en"))
    )


def test_no_path_of_a_field_and_no_code_stands_outside_the_annex():
    """The style of the document: names of fields, parameters and hashes only in 12.8 and 12.9."""
    path_like = re.compile(r"\b[a-z]+(?:_[a-z]+)*\.[a-z]+_[a-z_.]+|\b[a-z]+_[a-z_]+=|[0-9a-f]{40}|\b[a-z]+=[\d.]")
    for path in EXAMPLES:
        document = protocol_document(inputs(path))
        numbers = [block.number for block in document.blocks if isinstance(block, Heading) and block.number]
        for number in numbers:
            if number not in {"12.8", "12.9", "14"}:
                for language in LANGUAGES:
                    said = [line for block in section(document, number) for line in block_text(block, Words(language))]
                    assert not [line for line in said if path_like.search(line)], (path.stem, number)


def test_both_languages_state_the_same_numbers():
    """The numbers of a sentence do not depend on its language: those of each section are the same."""
    number = re.compile(r"\d+(?:\.\d+)?")
    for path in EXAMPLES:
        document = protocol_document(inputs(path))
        for heading in (block for block in document.blocks if isinstance(block, Heading)):
            if heading.number in {"4.3", "6.1", "10.7", "9.2.1", "12.4"}:
                blocks = [block for block in section(document, heading.number) if not isinstance(block, Heading)]
                said = [
                    sorted(number.findall(" ".join(line for b in blocks for line in block_text(b, Words(language)))))
                    for language in LANGUAGES
                ]
                assert said[0] == said[1], (path.stem, heading.number)


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
        document_format(Path("protocol.odt"))
    assert [item.id for item in refused.value.faults] == ["APP-150"]
    assert document_format(Path("Protocol.DOCX")) == ".docx"
