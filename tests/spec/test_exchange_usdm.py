"""A protocol goes out as USDM 4.0 JSON and comes back as the same protocol, with the same verdicts (AC-X5.1)."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from celltrial.core.errors import UserError
from celltrial.exchange.usdm import format_usdm, read_usdm
from celltrial.exchange.usdm.extension import NAMESPACE
from celltrial.guideline.register import PACKAGED_REGISTERS, packaged_register
from celltrial.guideline.review import review
from celltrial.protocol import canonical_json, load_canonical, read_protocol
from celltrial.protocol.templates import template_names, template_text
from celltrial.protocol.writing import format_protocol

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.yaml"))
PLANS = {path.stem: read_protocol(path.read_text(encoding="utf-8"), path.name) for path in EXAMPLES} | {
    f"template {name}": read_protocol(template_text(name), name) for name in template_names()
}


@pytest.mark.parametrize("register", PACKAGED_REGISTERS)
@pytest.mark.parametrize("name", PLANS)
def test_export_then_import_reproduces_identical_verdicts(name, register):
    """AC-X5.1, on every example and template and on both registers, through the JSON and through the study file."""
    plan = PLANS[name]
    there = read_usdm(text_of(name), "study.json")
    assert there.protocol == plan
    assert there.missing == ()
    assert there.left_out == {}
    back = read_protocol(format_protocol(there.protocol), "protocol.yaml")
    before, after = (review(one, packaged_register(register)) for one in (plan, back))
    assert len(before.verdicts) > 10
    assert before == after


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_lost_and_nothing_is_added(name):
    plan = PLANS[name]
    back = read_usdm(text_of(name), "study.json").protocol
    assert canonical_json(back) == canonical_json(plan)
    assert back.model_fields_set == plan.model_fields_set
    assert format_usdm(back) == text_of(name)


def test_a_protocol_of_the_ledger_comes_back_too():
    """There every field is written, unset ones as null."""
    plan = load_canonical(canonical_json(PLANS["bcma-car-t-escalation"]))
    assert read_usdm(format_usdm(plan), "study.json").protocol == plan


@functools.cache
def text_of(name):
    return format_usdm(PLANS[name])


def document(name="bcma-car-t-escalation"):
    return json.loads(text_of(name))


def version_of(data):
    return data["study"]["versions"][0]


def design_of(data):
    return version_of(data)["studyDesigns"][0]


def test_what_usdm_has_a_class_for_stands_there():
    """The numbers of the example, read by hand from the study file."""
    data = document()
    version, design = version_of(data), design_of(data)
    assert data["usdmVersion"] == "4.0.0"
    assert version["titles"][0]["text"].startswith("Escalation and expansion of autologous anti-BCMA CAR-T cells")
    assert [one["text"] for one in version["studyIdentifiers"]] == ["CT-BCMA-01", "NCT04295018"]
    assert design["studyPhase"]["standardCode"]["code"] == "C15693"
    age = design["population"]["plannedAge"]
    assert (age["minValue"]["value"], age["maxValue"]["value"]) == (18, 75)
    assert age["minValue"]["unit"]["standardCode"]["code"] == "C29848"
    assert [one["name"] for one in design["population"]["cohorts"]] == [
        level.label for level in PLANS["bcma-car-t-escalation"].dose.levels
    ]
    cells = version["studyInterventions"][0]
    assert [one["dose"]["value"] for one in cells["administrations"]] == [
        float(level.cells) for level in PLANS["bcma-car-t-escalation"].dose.levels
    ]
    assert len(design["eligibilityCriteria"]) == len(PLANS["bcma-car-t-escalation"].population.criteria)
    timings = {one["name"]: one for one in design["scheduleTimelines"][0]["timings"]}
    assert timings["Day 0"]["type"]["decode"] == "Fixed Reference"
    assert (timings["Day 28"]["value"], timings["Day 28"]["type"]["decode"]) == ("P28D", "After")
    assert (timings["Day -5"]["value"], timings["Day -5"]["type"]["decode"]) == ("P5D", "Before")


def test_the_arms_of_a_randomised_trial():
    design = design_of(document("dc-vaccine-randomised"))
    assert [one["type"]["code"] for one in design["arms"]] == ["C174266", "C174268"]
    assert design["blindingSchema"]["standardCode"]["code"] == "C15228"
    elements = {one["id"]: one["name"] for one in design["elements"]}
    course = [[elements[name] for name in cell["elementIds"]] for cell in design["studyCells"]]
    assert course[0] == ["screening"]
    assert course[1][-1] == "infusion"
    assert course[4] == ["control"]


def test_every_field_has_its_own_extension():
    found = {one["url"].removeprefix(NAMESPACE): one for one in version_of(document())["extensionAttributes"]}
    assert found["escalation.staggering.between_levels"]["valueString"] == str(
        PLANS["bcma-car-t-escalation"].escalation.staggering.between_levels
    )
    assert found["trial.first_in_human"]["valueBoolean"] is True
    assert found["identification.title.zh"]["valueString"].startswith("自体抗BCMA")


def faults_of(data):
    with pytest.raises(UserError) as caught:
        read_usdm(json.dumps(data), "study.json")
    return caught.value.faults


EDITS = {
    "age": (lambda data: design_of(data)["population"]["plannedAge"]["maxValue"], "value", 70),
    "title": (lambda data: version_of(data)["titles"][0], "text", "Another title"),
    "criterion": (lambda data: version_of(data)["eligibilityCriterionItems"][3], "text", "Another criterion"),
    "endpoint": (lambda data: design_of(data)["objectives"][0]["endpoints"][0], "text", "Another endpoint"),
    "dose": (lambda data: version_of(data)["studyInterventions"][0]["administrations"][1]["dose"], "value", 1.0),
    "healthy": (lambda data: design_of(data)["population"], "includesHealthySubjects", True),
    "window": (lambda data: timing(data, "Day 28"), "windowUpper", "P9D"),
    "day": (lambda data: timing(data, "Day 28"), "value", "P29D"),
    "summary": (lambda data: design_of(data)["estimands"][0], "populationSummary", "Others"),
    "strategy": (
        lambda data: next(
            event
            for one in design_of(data)["estimands"]
            for event in one["intercurrentEvents"]
            if event["strategy"] != "not stated"
        ),
        "strategy",
        "another",
    ),
    "phase": (lambda data: design_of(data)["studyPhase"]["standardCode"], "code", "C15602"),
    "cell": (lambda data: design_of(data)["studyCells"][1], "elementIds", []),
}


def timing(data, name):
    return next(one for one in design_of(data)["scheduleTimelines"][0]["timings"] if one["name"] == name)


@pytest.mark.parametrize("name", EDITS)
def test_a_value_that_another_tool_changed_is_a_fault_that_names_both_places(name):
    data = document()
    where, attribute, value = EDITS[name]
    part = where(data)
    assert part[attribute] != value
    part[attribute] = value
    faults = faults_of(data)
    assert faults
    for one in faults:
        assert one.id == "EXC-133"
        assert one.where.startswith("study.json#/study/versions/0/")
        assert resolved(data, one.params["other"].removeprefix("#"))["url"].startswith(NAMESPACE)
        assert one.params["found"] != one.params["expected"]


def resolved(data, pointer):
    for part in pointer.strip("/").split("/"):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def test_a_changed_extension_is_the_same_fault():
    data = document()
    [field] = [
        one
        for one in version_of(data)["extensionAttributes"]
        if one["url"] == f"{NAMESPACE}efficacy.endpoints.0.text.en"
    ]
    field["valueString"] = "Another text"
    [one] = faults_of(data)
    assert (one.id, one.params["expected"]) == ("EXC-133", "Another text")


def test_what_was_added_or_taken_away_is_a_fault():
    data = document()
    design = design_of(data)
    gone = design["eligibilityCriteria"].pop()
    before = design["eligibilityCriteria"][-1]
    del before["nextId"]
    design["population"]["criterionIds"].remove(gone["id"])
    faults = faults_of(data)
    assert {one.id for one in faults} == {"EXC-135"}
    assert {one.params["field"].rpartition("]")[0] for one in faults} == {f"population.criteria[{gone['identifier']}"}
    data = document()
    version_of(data)["titles"].append(
        {**version_of(data)["titles"][0], "id": "T9", "text": "ACRO"}
        | {"type": {**version_of(data)["titles"][0]["type"], "id": "C9", "code": "C94108", "decode": "Study Acronym"}}
    )
    [one] = faults_of(data)
    assert (one.id, one.params["field"], one.params["found"]) == ("EXC-134", "identification.acronym", "ACRO")


def test_new_ids_and_another_order_are_no_difference():
    """Another tool may number and sort as it likes."""
    data = json.loads(text_of("bcma-car-t-escalation").replace("EligibilityCriterion_", "crit-"))
    version_of(data)["extensionAttributes"].reverse()
    design_of(data)["objectives"].reverse()
    design_of(data)["eligibilityCriteria"].reverse()
    assert read_usdm(json.dumps(data), "study.json").protocol == PLANS["bcma-car-t-escalation"]


def test_what_a_protocol_has_no_field_for_is_counted_not_passed_over():
    data = document()
    note = {"id": "N1", "text": "A note of another tool", "instanceType": "CommentAnnotation"}
    version_of(data)["notes"] = [note, {**note, "id": "N2"}]
    found = read_usdm(json.dumps(data), "study.json")
    assert found.protocol == PLANS["bcma-car-t-escalation"]
    assert found.left_out == {"CommentAnnotation": 2}


def test_a_document_without_our_extensions_is_a_draft_with_the_list_of_what_is_missing():
    data = document()
    version_of(data)["extensionAttributes"] = []
    found = read_usdm(json.dumps(data), "study.json")
    assert found.protocol is None
    assert found.data["identification"]["id"] == "CT-BCMA-01"
    assert found.data["trial"]["phase_label"] == "I/II"
    first = found.data["population"]["criteria"][0]
    assert first == {"id": "I-01", "kind": "inclusion", "text": {"en": "Age 18 years or more"}}
    assert found.data["efficacy"]["endpoints"][0]["kind"] == "dlt"
    assert "dose" not in found.data
    missing = {one.params["field"] for one in found.missing if one.id == "EXC-140"}
    assert {"dose", "trial.first_in_human", "population.criteria.0.concept"} <= missing
    assert not any(field.startswith("identification.id") for field in missing)
    assert found.left_out["Timing"] == len(design_of(data)["scheduleTimelines"][0]["timings"])


def test_a_protocol_that_contradicts_itself_is_refused_at_the_extension():
    data = document()
    for one in version_of(data)["extensionAttributes"]:
        if one["url"] == f"{NAMESPACE}treatment.lymphodepletion.minimum_days_to_infusion":
            one["valueInteger"] = 99
    [first, *_] = faults_of(data)
    assert first.id.startswith("PRT-")
    assert first.where.startswith("study.json#/study/versions/0/extensionAttributes/")
