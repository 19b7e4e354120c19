"""Courses of administrations: what is lifted, what follows in order, and every contradiction at its field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from celltrial.core.errors import UserError
from celltrial.protocol import canonical_json, read_protocol
from celltrial.protocol.differences import differences
from celltrial.protocol.model.base import Grown
from celltrial.protocol.model.regimen import DrugDose
from celltrial.protocol.model.treatment import Treatment
from celltrial.protocol.regimen import Given, drug_days, lead_days, most_doses, planned_administrations, regimen_of

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
BCMA = next(path for path in EXAMPLES if path.name.startswith("bcma")).read_text(encoding="utf-8")
COURSES = """  courses:
    - id: C1
      administrations:
        - {id: F1, share: 0.1}
        - {id: F2, day: 1, share: 0.3}
        - {id: F3, day: 2, late: 1, share: 0.6}
      hold:
        - {before: F3, term: crs, scale: ASTCT-2019, grade_at_least: 2, until_grade: 1, latest_day: 5}
    - id: C2
      every: 60 d
      at_most: 2
      latest: 120 d
      level_is: administration
      administrations:
        - {id: A1}
        - {id: A2, day: 7, early: 1, late: 2}
"""
DRUGS = (
    "  drugs: [{drug: aldesleukin, role: cytokine, dose: 600000, unit: IU/kg, after: 3 h, every: 8 h, at_most: 15}]\n"
)


def read(courses=COURSES, *edits):
    text = BCMA.replace("  infusion:\n", f"{courses}{DRUGS}  infusion:\n", 1)
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read_protocol(text, "p.yaml")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_protocol_without_courses_keeps_its_text_and_is_one_administration_a_round(path):
    protocol = read_protocol(path.read_text(encoding="utf-8"), path.name)
    written = json.loads(canonical_json(protocol))
    later = {
        name for name, field in Treatment.model_fields.items() if any(isinstance(m, Grown) for m in field.metadata)
    }
    assert later
    assert not {*later, "cohorts", "low", "bands"} & {
        *written,
        *written["treatment"],
        *written["dose"]["levels"][0],
    }
    regimen = regimen_of(protocol)
    assert [len(item.courses[0].administrations) for item in regimen.rounds] == [1] * protocol.dose.repeat.doses
    assert most_doses(protocol) == protocol.dose.repeat.doses
    interval = protocol.dose.repeat.interval.days if protocol.dose.repeat.interval else 0
    assert [one.day for one in planned_administrations(protocol)] == [
        interval * number for number in range(protocol.dose.repeat.doses)
    ]


def test_rounds_follow_each_other_and_fractions_are_one_dose():
    protocol = read()
    regimen = regimen_of(protocol)
    given, seen = [], []
    while (found := regimen.following(given)) is not None:
        here, [step] = found
        seen.append(
            (here.number, here.cycle, step.course.id, step.planned.id, step.is_first, step.is_last, float(step.share))
        )
        given.append(Given(here.number, step.course.id, step.planned.id))
    assert seen == [
        (1, 1, "C1", "F1", True, False, 0.1),
        (1, 1, "C1", "F2", False, False, 0.3),
        (1, 1, "C1", "F3", False, True, 0.6),
        (2, 1, "C2", "A1", True, False, 1),
        (2, 1, "C2", "A2", False, True, 1),
        (3, 2, "C2", "A1", True, False, 1),
        (3, 2, "C2", "A2", False, True, 1),
    ]
    assert most_doses(protocol) == 1 + 2 + 2
    assert [one.day for one in planned_administrations(protocol)] == [0, 1, 2, 60, 67, 120, 127]
    assert lead_days(protocol, regimen.rounds[0].courses[0]) == 5


def test_a_record_without_the_name_of_its_administration_is_its_whole_course():
    regimen = regimen_of(read())
    here, [step] = regimen.following([Given(1, "C1", "")])
    assert (here.number, step.planned.id) == (2, "A1")
    assert regimen.following([Given(3, "C2", "A2")]) is None


def test_a_course_in_the_place_of_another_is_offered_before_it():
    other = """    - id: HIGH
      instead_of: C1
      when:
        - {id: W-1, kind: inclusion, concept: target_antigen_positive_cells, operator: ">", value: 20, unit: "%", assessment: x,
           source: laboratory, text: {en: x, zh: x}}
      administrations: [{id: F1}]
"""
    regimen = regimen_of(read(COURSES + other))
    here, steps = regimen.following([])
    assert [step.course.id for step in steps] == ["HIGH", "C1"]
    here, steps = regimen.following([Given(1, "HIGH", "F1")])
    assert (here.number, steps[0].course.id) == (2, "C2")


@pytest.mark.parametrize(
    ("stated", "anchors", "days"),
    [
        ({"days": (1, 2)}, (0, 7), [1, 2]),
        ({"days": (1, 2), "each": "administration"}, (0, 7), [1, 2, 8, 9]),
        ({"after": "12 h", "every": "2 d", "at_most": 3}, (0,), [0.5, 2.5, 4.5]),
        ({"after": "6 h"}, (0, 7), [0.25]),
    ],
)
def test_days_of_a_drug_beside_the_cells(stated, anchors, days):
    drug = DrugDose(drug="aldesleukin", role="cytokine", dose=6e6, unit="IU", **stated)
    assert list(drug_days(drug, anchors)) == days


@pytest.mark.parametrize(
    ("old", "new", "id_", "field"),
    [
        ("share: 0.3", "share: 0.2", "PRT-025", "treatment.courses.0.administrations"),
        ("id: F2, day: 1, share: 0.3", "id: F2, day: 1", "PRT-025", "treatment.courses.0.administrations"),
        ("before: F3", "before: F9", "PRT-022", "treatment.courses.0.hold.0.before"),
        ("until_grade: 1", "until_grade: 2", "PRT-022", "treatment.courses.0.hold.0.until_grade"),
        ("latest_day: 5", "latest_day: 2", "PRT-022", "treatment.courses.0.hold.0.latest_day"),
        ("day: 2, late: 1", "day: 0, late: 1", "PRT-022", "treatment.courses.0.administrations.2.day"),
        ("id: F2", "id: F1", "PRT-012", "treatment.courses.0.administrations.1.id"),
        ("id: F1, share", "id: F1, late: 1, share", "PRT-022", "treatment.courses.0.administrations.0.day"),
        ("every: 60 d", "every: 11 d", "PRT-022", "treatment.courses.1.every"),
        ("      every: 60 d\n", "", "PRT-022", "treatment.courses.1.every"),
        ("latest: 120 d", "latest: 50 d", "PRT-022", "treatment.courses.1.latest"),
        ("{id: A1}", "{id: A1, share: 1}", "PRT-022", "treatment.courses.1.administrations.0.share"),
        ("{id: A1}", "{id: A1, component: CD8}", "PRT-022", "treatment.courses.1.administrations.0.component"),
        ("repeat: {doses: 1}", "repeat: {doses: 2, interval: 90 d}", "PRT-022", "dose.repeat"),
        ("      every: 60 d\n", "      every: 60 d\n      instead_of: C1\n", "PRT-003", "treatment.courses.1.when"),
        (", at_most: 15", "", "PRT-003", "treatment.drugs.0.at_most"),
        ("after: 3 h,", "after: 3 h, days: [1],", "PRT-022", "treatment.drugs.0.days"),
        ("role: cytokine", "role: comparator", "PRT-022", "treatment.drugs.0.role"),
        ("cells: 1.0e6", "low: 5.0e6, high: 1.0e6", "PRT-022", "dose.levels.0.low"),
        ("cells: 1.0e6", "low: 5.0e5", "PRT-005", "dose.levels.0.cells"),
        ("cells: 1.0e6", "cells: 1.0e6, high: 2.0e6", "PRT-005", "dose.levels.0.cells"),
        ("{label: DL1, cells: 1.0e6}", "{label: DL1, bands: [{up_to_kg: 50, per: flat, low: 1.0e6, high: 2.0e6}]}", "PRT-022", "dose.per_kg"),
    ],
)  # fmt: skip
def test_a_contradiction_is_found_at_its_field(old, new, id_, field):
    with pytest.raises(UserError) as refused:
        read(COURSES, (old, new))
    found = {(item.id, item.params.get("field", field)) for item in refused.value.faults}
    assert (id_, field) in found, refused.value.faults


def test_a_change_to_courses_is_one_difference_for_each_part():
    assert [one.path for one in differences(read(), read(COURSES, ("day: 1,", "day: 1, late: 1,")))] == [
        "treatment.courses.C1.administrations.F2.late"
    ]
    plain = read_protocol(BCMA, "p.yaml")
    assert {one.path for one in differences(plain, read())} == {
        "treatment.courses.C1", "treatment.courses.C2", "treatment.drugs.aldesleukin",
    }  # fmt: skip
