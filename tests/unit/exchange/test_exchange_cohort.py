"""Importing a cohort: every fault of every row at once, nothing guessed, nothing passed over in silence."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import (
    DiseaseProgressed,
    KineticsSampled,
    LaboratoryMeasured,
    ResponseAssessed,
)
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.subject.events import CellsInfused, LeukapheresisPerformed, SubjectDied, SubjectScreened
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.exchange.cohort import read_cohort, read_mapping
from celltrial.exchange.cohort.table import read_table

MAPPING = """
schema_version: 1
trial: TOY-1
title: {en: A made-up cohort, zh: 虚构队列}
citation: made for this test
kind_of_data: simulated
anchor: 2000-01-01
site: {id: S1, country: DE, zone: Europe/Berlin}
subjects:
  file: people.csv
  subject: id
  sex: sex
  sex_codes: {m: M, w: F}
  age: age
  days_from_collection: wait
  adverse_events:
    crs: {term: Cytokine release syndrome, category: crs, scale: ASTCT-2019, onset_day: 1}
  response_criteria: IMWG-2016
  responses:
    month3: {visit: Month 3, day: 90, codes: {CR: CR, PD: PD}}
  progression: {flag: prog, day: pfs}
  death: {flag: dead, day: os}
  last_contact: os
  progression_free_until: pfs
  ignore: [comment]
kinetics:
  file: cells.csv
  subject: id
  day: day
  method: method
  unit: unit
  value: value
  raw: raw
  methods:
    qPCR: {assay: qPCR, analyte: transgene, unit: copies/ug, source_unit: copies/ug gDNA, lloq: 50}
  ignore_methods: [other]
  not_a_number: [n.d.]
"""
PEOPLE = """id,sex,age,wait,crs,month3,prog,pfs,dead,os,comment
A,m,61,35,2,CR,0,200,0,200,fine
B,w,55,40,0,PD,1,107,1,150,
"""
CELLS = """id,day,method,unit,value,raw
A,7,qPCR,copies/ug gDNA,5000,5000
A,14,qPCR,copies/ug gDNA,20,20
A,21,qPCR,copies/ug gDNA,,n.d.
A,21,other,x,1,1
"""


def cohort(people=PEOPLE, cells=CELLS, mapping=MAPPING):
    return read_cohort(read_mapping(mapping, "m.yaml"), {"people.csv": people, "cells.csv": cells})


def faults(**texts):
    with pytest.raises(UserError) as caught:
        cohort(**texts)
    return [(item.id, item.where, item.params.get("column"), item.params.get("found")) for item in caught.value.faults]


def facts_of(found, subject, kind):
    facts = next(one.facts for one in found.subjects if one.subject == subject)
    return [item for item in facts if isinstance(item.fact, kind)]


def test_rows_become_facts_on_their_infusion_days():
    found = cohort()
    assert [one.subject for one in found.subjects] == ["A", "B"]
    [infusion] = facts_of(found, "A", CellsInfused)
    [collection] = facts_of(found, "A", LeukapheresisPerformed)
    assert (infusion.occurred.local_date - collection.occurred.local_date).days == 35
    assert infusion.fact.delivered_cells is None
    assert facts_of(found, "A", SubjectDied) == []
    [death] = facts_of(found, "B", SubjectDied)
    assert (death.fact.died_on - infusion.occurred.local_date).days == 150


def test_a_grade_zero_is_no_event_and_an_unknown_onset_is_not_exact():
    found = cohort()
    [event] = facts_of(found, "A", AdverseEventReported)
    assert event.fact.grade == 2
    assert event.fact.onset_precision is Precision.UNKNOWN
    assert facts_of(found, "B", AdverseEventReported) == []


def test_a_progression_is_not_dated_before_its_own_day():
    found = cohort()
    [progression] = facts_of(found, "B", DiseaseProgressed)
    [response] = facts_of(found, "B", ResponseAssessed)
    assert response.fact.category == "PD"
    assert response.fact.on == progression.fact.on


def test_below_the_limit_and_not_measured_are_two_things():
    found = cohort()
    samples = [item.fact for item in facts_of(found, "A", KineticsSampled)]
    assert [(one.value is None, one.below_lloq, one.raw) for one in samples] == [
        (False, False, "5000"),
        (True, True, "20"),
        (True, False, "n.d."),
    ]


def test_every_fault_of_every_row_comes_at_once():
    people = PEOPLE.replace("A,m,61,35,2,CR", "A,x,61,35,7,CR").replace("B,w,55,40", "B,w,old,40")
    cells = CELLS.replace("A,14,qPCR,copies/ug gDNA", "A,14,qPCR,ng").replace("A,7,", "C,7,")
    found = faults(people=people, cells=cells)
    assert ("EXC-005", "people.csv:2:2", "sex", "x") in found
    assert ("EXC-004", "people.csv:3:3", "age", "old") in found
    assert ("EXC-009", "cells.csv:2", None, "C") in found
    assert ("EXC-010", "cells.csv:3:4", "unit", "ng") in found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("id,sex", "id,sexx", "EXC-002"),
        ("os,comment", "os,remark", "EXC-003"),
        ("id,sex,age", "id,sex,sex", "EXC-007"),
        ("B,w,55,40,0,PD", "B,w,55,40,0", "EXC-006"),
        ("B,w,55", "A,w,55", "EXC-008"),
        ("1,107,1,150", "1,,1,150", "EXC-004"),
        ("m,61,35", "m,61,-35", "EXC-004"),
        ("2,CR,", "2,XR,", "EXC-005"),
    ],
)
def test_each_kind_of_bad_table(old, new, fault):
    assert old in PEOPLE
    assert fault in {item[0] for item in faults(people=PEOPLE.replace(old, new))}


def test_an_empty_file_and_a_value_that_is_neither_number_nor_listed():
    assert faults(people="")[0][0] == "EXC-007"
    assert faults(cells=CELLS.replace("n.d.", "lost"))[0][0] == "EXC-005"


@pytest.mark.parametrize(
    ("old", "new"), [("schema_version: 1", "schema_version: 9"), ("anchor:", "ancor:"), ("assay: qPCR", "assay: PCR")]
)
def test_a_bad_mapping_is_shown_at_its_line(old, new):
    with pytest.raises(UserError) as caught:
        read_mapping(MAPPING.replace(old, new), "m.yaml")
    assert {item.id for item in caught.value.faults} == {"EXC-001"}
    assert all(item.where.startswith("m.yaml:") for item in caught.value.faults)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_a_table_or_a_fault(text):
    try:
        table = read_table(text, "t.csv", used=["id"], ignored=[])
    except UserError as error:
        assert error.faults
    else:
        assert table.columns == ("id",)


@settings(max_examples=80, deadline=None)
@example(row=1, column=2, cell="1E10")
@example(row=1, column=3, cell="1E10")
@given(
    row=st.integers(1, 2),
    column=st.integers(0, 10),
    cell=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters=',"\r\n'), max_size=12),
)
def test_any_cell_gives_facts_or_faults(row, column, cell):
    rows = [line.split(",") for line in PEOPLE.strip().splitlines()]
    rows[row][column] = cell
    try:
        cohort(people="\n".join(",".join(cells) for cells in rows))
    except UserError as error:
        assert all(item.where for item in error.faults)


LABS = """laboratory:
  file: labs.csv
  subject: id
  test: test
  day: day
  value: value
  units: {CRP: mg/dL, ANC: G/L}
"""


def with_labs(rows):
    texts = {"people.csv": PEOPLE, "cells.csv": CELLS, "labs.csv": "id,test,day,value\n" + rows}
    return read_cohort(read_mapping(MAPPING + LABS, "m.yaml"), texts)


@pytest.mark.parametrize(
    ("stored", "source", "written", "value", "expected", "below", "limit"),
    [
        ("copies/ug", "copies/ng", "copies/ng", "5", "5000", False, "50"),
        ("copies/ug", "copies/µg DNA", "copies/μg", "5000", "5000", False, "50"),
        ("copies/ug", "copies/ug", "拷贝/μg DNA", "<60", "<60", True, "60"),
        ("copies/ug", "copies/ng", "copies/ng", "＜ 0.04", "<40", True, "40"),
        ("cells/uL", "10^6 cells/L", "×10⁶/L", "120", "120", False, "50"),
        ("cells/uL", "CAR+ CD3+ cells/uL", "CAR+ CD3+ cells/uL", "120", "120", False, "50"),
        ("copies/ug", "copies/ug", "copies/ug", ">1000000", ">1000000", False, "50"),
    ],
)
def test_kinetics_are_converted_to_the_unit_in_which_they_are_stored(
    stored, source, written, value, expected, below, limit
):
    mapping = MAPPING.replace("unit: copies/ug, source_unit: copies/ug gDNA", f"unit: {stored}, source_unit: {source}")
    cells = f"id,day,method,unit,value,raw\nA,7,qPCR,{written},{value},{value}\n"
    (sample,) = [item.fact for item in facts_of(cohort(cells=cells, mapping=mapping), "A", KineticsSampled)]
    said = sample.value if sample.value is not None else Measured.read(expected)
    assert f"{'' if said.relation == '=' else said.relation}{said.number.normalize():f}" == expected
    assert (sample.is_below, f"{sample.limit.normalize():f}", sample.unit, sample.raw) == (below, limit, stored, value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source_unit: copies/ug gDNA", "source_unit: mg/dL"),
        ("unit: copies/ug,", "unit: furlong,"),
        ("unit: copies/ug,", "unit: MG/DL,"),
    ],
)
def test_a_mapping_names_units_that_are_units_and_convert(old, new):
    assert old in MAPPING
    ((fault, where, _, _),) = faults(mapping=MAPPING.replace(old, new))
    assert fault == "EXC-001"
    assert where.startswith("m.yaml:")


def test_a_laboratory_value_is_a_number_a_limit_or_a_result_and_keeps_its_text():
    found = with_labs("A,CRP,1,<0.5\nA,CRP,2,＞ 40\nA,ANC,3,0.45\nA,ANC,4,\n")
    values = [item.fact.value for item in facts_of(found, "A", LaboratoryMeasured)]
    assert [(one.relation, str(one.number), one.text) for one in values[:3]] == [
        ("<", "0.5", "<0.5"),
        (">", "40", "＞ 40"),
        ("=", "0.45", "0.45"),
    ]
    assert values[3] is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A,ANC,3,12,5", None),
        ("A,ANC,3,high", None),
        ("A,ANC,3,-5", "0 .. 500"),
        ("A,ANC,3,1500", "0 .. 500"),
        ("A,ANC,3,1e309", None),
        ("A,ANC,3,450 mg/dL", "G/L"),
    ],
)
def test_a_laboratory_value_that_cannot_be_meant_is_refused_where_it_stands(row, expected):
    with pytest.raises(UserError) as caught:
        with_labs(row + "\n")
    (wrong,) = caught.value.faults
    assert wrong.where.startswith("labs.csv:2")
    assert expected is None or expected in str(wrong.params["expected"])


@pytest.mark.parametrize(("value", "below"), [("BLQ", True), ("<LLOQ", True), ("低于检测下限", True)])
def test_below_the_limit_may_be_said_in_words(value, below):
    cells = f"id,day,method,unit,value,raw\nA,7,qPCR,copies/ug gDNA,{value},{value}\n"
    (sample,) = [item.fact for item in facts_of(cohort(cells=cells), "A", KineticsSampled)]
    assert (sample.is_below, sample.below_lloq, str(sample.limit), sample.raw) == (below, below, "50.0", value)


@pytest.mark.parametrize("value", ["ND", "negative", "n/a", "lots"])
def test_a_kinetics_value_in_words_is_listed_or_refused(value):
    cells = f"id,day,method,unit,value,raw\nA,7,qPCR,copies/ug gDNA,{value},{value}\n"
    assert faults(cells=cells)[0][0] in {"EXC-004", "EXC-005"}
    listed = cohort(cells=cells, mapping=MAPPING.replace("not_a_number: [n.d.]", f"not_a_number: [{value}]"))
    (sample,) = [item.fact for item in facts_of(listed, "A", KineticsSampled)]
    assert (sample.value, sample.is_below, sample.raw) == (None, False, value)


@pytest.mark.parametrize(
    ("cell", "age"), [("64", 64), ("64岁", 64), ("64 周岁", 64), ("64 years", 64), ("64.5y", 64.5)]
)
def test_an_age_may_carry_its_unit(cell, age):
    found = cohort(people=PEOPLE.replace("A,m,61", f"A,m,{cell}"))
    [screened] = facts_of(found, "A", SubjectScreened)
    assert screened.fact.age.years == age


@pytest.mark.parametrize("cell", ["64 kg", "<64岁", "640岁", "sixty"])
def test_what_is_no_age_is_refused_where_it_stands(cell):
    [found] = faults(people=PEOPLE.replace("A,m,61", f"A,m,{cell}"))
    assert found[:3] == ("EXC-004", "people.csv:2:3", "age")
