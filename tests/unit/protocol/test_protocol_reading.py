"""Reading a protocol: every fault at its line and column, all of them at once, never a traceback."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.core.errors import Fault, UserError
from celltrial.core.quantities import Quantity
from celltrial.core.values import Duration, Identifier, at_most, message, one_of
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.locale import LANGUAGES, translate
from celltrial.locale.wording import fault_sentence, in_words
from celltrial.protocol import canonical_json, fingerprint, load_canonical, read_protocol
from celltrial.protocol.templates import template_names, template_text

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
TEXT = template_text("car-t-escalation")
TYPES = one_of(*map(Identifier, ("CAR-T", "TCR-T", "TIL", "NK", "CAR-NK", "CIK", "DC", "vaccine", "other")))
TEXTS = [TEXT, *(path.read_text(encoding="utf-8") for path in EXAMPLES)]


def faults_of(text: str) -> list[tuple[str, str, dict[str, object]]]:
    with pytest.raises(UserError) as caught:
        read_protocol(text, "p.yaml")
    return [(item.id, item.where, dict(item.params)) for item in caught.value.faults]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_reads_and_comes_back_the_same(path):
    protocol = read_protocol(path.read_text(encoding="utf-8"), path.name)
    assert load_canonical(canonical_json(protocol)) == protocol
    assert len(fingerprint(protocol)) == 64


@pytest.mark.parametrize("name", template_names())
def test_every_template_reads(name):
    assert read_protocol(template_text(name), name).schema_version == 1


def test_an_unknown_template_is_named_with_those_that_exist():
    with pytest.raises(UserError) as caught:
        template_text("car-t-escalaton")
    assert caught.value.faults[0].id == "PRT-030"
    assert "car-t-escalation" in str(caught.value.faults[0].params["expected"])


def test_a_misspelt_field_is_shown_at_its_place_with_the_right_name():
    text = TEXT.replace("first_in_human:", "first_in_humen:")
    found = faults_of(text)
    line = line_of(text, "first_in_humen")
    assert ("PRT-002", f"p.yaml:{line}:3") in [(item[0], item[1]) for item in found]
    wrong = next(item for item in found if item[0] == "PRT-002")
    assert wrong[2]["found"] == "first_in_humen"
    assert wrong[2]["expected"] == Identifier("first_in_human")
    assert any(item[0] == "PRT-003" and item[2]["expected"] == "first_in_human" for item in found)


def test_a_unit_that_does_not_fit_its_concept_is_refused_at_the_unit():
    text = TEXT.replace("unit: mg/dL", "unit: 10^9/L", 1)
    found = faults_of(text)
    assert found[0][0] == "PRT-005"
    assert found[0][2]["found"] == Identifier("10^9/L")
    assert Identifier("mg/dL") in dict(found[0][2]["expected"].params)["unit"].options
    assert found[0][1] == f"p.yaml:{line_of(text, 'concept: serum_creatinine') + 3}:7"


@pytest.mark.parametrize("unit", ["umol/L", "µmol/L", "μmol／L", "mg%"])
def test_a_criterion_is_stated_in_any_unit_of_its_concept_and_kept_as_written(unit):
    value = "2.0" if unit == "mg%" else "177"
    text = TEXT.replace("value: 2.0\n      unit: mg/dL", f'value: {value}\n      unit: "{unit}"', 1)
    assert text != TEXT
    stated = [item for item in read_protocol(text, "p.yaml").population.criteria if item.concept == "serum_creatinine"]
    assert [item.unit for item in stated] == [unit]


def test_a_limit_that_no_person_has_in_its_unit_is_a_slip_of_unit():
    text = TEXT.replace("unit: mg/dL", "unit: g/L", 1)
    with pytest.raises(UserError) as refused:
        read_protocol(text, "p.yaml")
    wrong = refused.value.faults[0]
    assert (wrong.id, wrong.params["found"], wrong.params["expected"]) == (
        "PRT-005",
        Quantity(Decimal("2.0"), "g/L"),
        "0 .. 5000 umol/L",
    )


def test_a_time_in_another_kind_of_unit_is_refused():
    found = faults_of(TEXT.replace("after_first_of_level: 28 d", "after_first_of_level: 28 mg"))
    assert found[0][0] == "PRT-004"
    assert found[0][2]["expected"] == message("unit_of_time", found=Identifier("mg"))


def test_all_faults_are_reported_together_in_order_of_line():
    text = TEXT.replace("malignancy: true", "malignancy: perhaps").replace("cells: 3.0e6", "cells: -3.0e6")
    found = faults_of(text)
    assert len(found) == 2
    assert int(found[0][1].split(":")[1]) < int(found[1][1].split(":")[1])


def test_a_field_that_stands_twice_is_refused():
    text = TEXT.replace("  malignancy: true", "  malignancy: true\n  malignancy: true")
    assert faults_of(text)[0][0] == "PRT-006"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "PRT-007"),
        ("- a\n- b\n", "PRT-007"),
        ("just words", "PRT-007"),
        ("a: [1, 2", "PRT-001"),
        ("a: b: c", "PRT-001"),
        ("a: *nobody", "PRT-001"),
        ("a: @x", "PRT-001"),
        ("a:\n\tb: 1", "PRT-001"),
        ("a: \0", "COR-052"),
        ("%YAML 1.3\n---\na: 1", "PRT-001"),
        ("a: 1\n---\nb: 2", "PRT-001"),
        ("a: &a [*a]", "PRT-001"),
        ("a: " + "[" * 20_000, "PRT-001"),
        ("? [a, b]\n: c", "PRT-001"),
    ],
)
def test_what_is_no_protocol_is_said_in_one_fault(text, fault):
    found = faults_of(text)
    assert len(found) == 1
    assert found[0][0] == fault


@pytest.mark.parametrize(
    ("old", "new", "fault", "expected"),
    [
        ("start_level: 1", f"start_level: {'9' * 5000}", "PRT-004", message("whole_number")),
        ("maximum_days_to_infusion: 7", f"maximum_days_to_infusion: {'9' * 400}", "PRT-008", "1e+18"),
        ("cells: 3.0e6", "cells: 1e999999999", "PRT-008", "1e+18"),
        ("cells: 3.0e6", "cells: '1e999999999'", "PRT-004", at_most(10**15)),
        ("cells: 3.0e6", "cells: .nan", "PRT-004", message("number")),
        ("cells: 3.0e6", "cells: .inf", "PRT-004", message("number")),
        ("shelf_life: 180 d", f"shelf_life: {'9' * 400} d", "PRT-004", at_most(Duration(200, "a"))),
        ("malignancy: true", "malignancy: perhaps", "PRT-004", message("true_or_false")),
        ("malignancy: true", "malignancy: {a: 1}", "PRT-004", message("true_or_false")),
        ("type: CAR-T", "type: CART", "PRT-004", TYPES),
        ("version_date: 2025-01-06", "version_date: 2025-02-30", "PRT-004", message("date")),
        ("targets: [BCMA]", "targets: BCMA", "PRT-004", message("list")),
        ("paediatric: {included: false}", "paediatric: [1]", "PRT-004", message("fields_with_values")),
        ("stages_allowed: [", "stages_allowed: [[1], ", "PRT-004", message("text")),
        ("    - {label: DL1, cells: 1.0e6}", '    - {label: "\\ud800", cells: 1.0e6}', "PRT-001", "YAML"),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_would_be_right_in_both_languages(old, new, fault, expected):
    assert old in TEXT
    (found,) = faults_of(TEXT.replace(old, new, 1))
    assert (found[0], found[2]["expected"]) == (fault, expected)
    assert found[1].startswith("p.yaml:")
    spoken = [fault_sentence(Fault(found[0], found[1], found[2]), language) for language in LANGUAGES]
    assert all(len(text) < 300 for text in spoken)
    assert (expected if isinstance(expected, str) else in_words(expected, "en")) in spoken[0]
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", spoken[1].split("：", 1)[1])


CONTRADICTIONS = [
    ("gene_modified: true", "gene_modified: false", "PRT-010"),
    ("paediatric: {included: false}", "paediatric: {included: true}", "PRT-011"),
    ("- id: I-02", "- id: I-01", "PRT-012"),
    ("value: 75", "value: 12", "PRT-013"),
    ("cells: 3.0e6", "cells: 0.5e6", "PRT-014"),
    ("start_level: 1", "start_level: 4", "PRT-014"),
    ("days: [-5, -4, -3]", "days: [-5, -4, 1]", "PRT-015"),
    ("maximum_days_to_infusion: 7", "maximum_days_to_infusion: 2", "PRT-015"),
    ("kind: 3+3", "kind: 3+4", "PRT-016"),
    ("mtd_rule: expand", "mtd_rule: guess", "PRT-016"),
    ("certainty: 0.95", "certainty: 1.95", "PRT-016"),
    ("threshold: 0.30", "threshold: high", "PRT-016"),
    ("params: {mtd_rule: expand}", "params: {mtd_rule: [1]}", "PRT-016"),
    ("dlt_rates: [0.02, 0.05, 0.10]", "dlt_rates: [0.02, 0.05]", "PRT-017"),
    ("visits_months: [3, 6,", "visits_months: [6, 3,", "PRT-021"),
    ("provenance: []", "provenance: [{field: dose.levles, kind: chosen, note: {en: a, zh: b}}]", "PRT-020"),
    ("provenance: []", "provenance: [{field: dose.levels, kind: published, reference: nobody}]", "PRT-019"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fault"), CONTRADICTIONS)
def test_a_contradiction_is_a_schema_error_with_a_line_and_not_a_finding(old, new, fault):
    assert old in TEXT
    found = faults_of(TEXT.replace(old, new, 1))
    assert {item[0] for item in found} == {fault}
    assert all(item[1].startswith("p.yaml:") and item[1].count(":") == 2 for item in found)
    for item in found:
        for language in LANGUAGES:
            assert item[1] in translate(item[0], language, where=item[1], **item[2])


@pytest.mark.parametrize("value", ["x", "[1]", "null", "{a: 1}", "true", "1e400", "-1"])
@pytest.mark.parametrize("name", ["target_dlt_rate", "cohort_size", "max_subjects"])
def test_a_design_parameter_of_the_wrong_type_or_size_is_a_fault_at_the_design(name, value):
    params = {"target_dlt_rate": "0.30", "cohort_size": "3", "max_subjects": "18", name: value}
    shown = ", ".join(f"{key}: {item}" for key, item in params.items())
    text = TEXT.replace("kind: 3+3", "kind: boin").replace("params: {mtd_rule: expand}", f"params: {{{shown}}}")
    try:
        read_protocol(text, "p.yaml")
    except UserError as error:
        assert all(item.where.startswith("p.yaml:") for item in error.faults)
    else:
        assert value == "true"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.sampled_from(TEXTS), share=st.floats(0, 1))
def test_a_truncated_file_gives_faults_or_a_protocol_never_another_error(text, share):
    try:
        read_protocol(text[: int(share * len(text))], "p.yaml")
    except UserError as error:
        assert error.faults
        assert all(item.where.startswith("p.yaml") for item in error.faults)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.sampled_from(TEXTS),
    share=st.floats(0, 1, exclude_max=True),
    new=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["  x: 1", "- ", "  - [", "? a", "&a *a", "!!python/object:os.system x", "\t", "a: {b: }", "''"]),
)
def test_a_fuzzed_line_gives_faults_or_a_review_never_another_error(text, share, new):
    lines = text.splitlines()
    lines[int(share * len(lines))] = new
    try:
        review(read_protocol("\n".join(lines), "p.yaml"), packaged_register())
    except UserError as error:
        assert error.faults


def test_a_bomb_of_aliases_or_depth_is_refused():
    deep = "a: " + "[" * 200 + "]" * 200
    with pytest.raises(UserError):
        read_protocol(deep, "p.yaml")
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
    )
    with pytest.raises(UserError):
        read_protocol(bomb, "p.yaml")


def test_a_list_whose_items_all_have_faults_is_not_called_empty_too():
    line = next(one for one in TEXT.splitlines() if "drug: fludarabine" in one)
    text = TEXT.replace(line, re.sub(r"days: \[.*?\]", "days: [x]", line))
    assert text != TEXT
    [(name, where, _)] = faults_of(text)
    assert (name, where.split(":")[1]) == ("PRT-004", str(line_of(text, "days: [x]")))
