"""Ids of a USDM document: each once, each reference to something of its class, each fault with its pointer."""

from __future__ import annotations

import copy
import doctest
import importlib
import json
from pathlib import Path

import pytest

from celltrial.core.errors import UserError
from celltrial.exchange.usdm import format_usdm, read_usdm
from celltrial.exchange.usdm.model import CLASSES
from celltrial.exchange.usdm.references import TARGETS, check_references
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "dc-vaccine-randomised.yaml"
TEXT = format_usdm(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))


def refused(change):
    data = json.loads(TEXT)
    change(data["study"]["versions"][0])
    with pytest.raises(UserError) as caught:
        read_usdm(json.dumps(data), "s.json")
    return [(one.id, one.where, dict(one.params)) for one in caught.value.faults]


def test_what_we_write_holds_together():
    assert check_references(json.loads(TEXT), "s.json") == ()


def changed(change):
    data = json.loads(TEXT)
    change(data["study"]["versions"][0])
    return check_references(data, "s.json")


def again(version):
    """Embed the first title, with its code, and its date, with its scope, in a second place each."""
    version["titles"].append(copy.deepcopy(version["titles"][0]))
    version["dateValues"].append(copy.deepcopy(version["dateValues"][0]))


def test_an_object_that_stands_in_two_places_is_one_object():
    data = json.loads(TEXT)
    again(data["study"]["versions"][0])
    found = read_usdm(json.dumps(data), "s.json")
    assert found.protocol == read_usdm(TEXT, "s.json").protocol
    assert (found.missing, found.notes, found.left_out) == ((), (), {})


def test_what_is_left_out_null_or_empty_is_the_same():
    def change(version):
        again(version)
        version["titles"][1] |= {"extensionAttributes": [], "note": None}

    assert changed(change) == ()


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("text",), "Another title", ""),
        (("type", "decode"), "Brief Study Title", "/type"),
        (("type", "id"), "Code_9999", ""),
        (("instanceType",), "Organization", ""),
        (("text",), 4, ""),
    ],
)
def test_two_objects_with_one_id_are_one_fault_however_often_they_stand(path, value, place):
    """At the object that differs, not at those around it."""

    def change(version):
        again(version)
        again(version)
        for title in version["titles"][1:]:
            inner = title
            for name in path[:-1]:
                inner = inner[name]
            inner[path[-1]] = value

    names = {"": "StudyTitle_1", "/type": "Code_1"}
    [one] = [found for found in changed(change) if found.id == "EXC-125"]
    assert one.where == f"s.json#/study/versions/0/titles/1{place}/id"
    assert one.params == {"found": names[place], "expected": f"#/study/versions/0/titles/0{place}/id"}


def test_an_id_is_that_of_its_version_of_the_study():
    """Another version may give it to another object; what is beside the versions may not."""
    data = json.loads(TEXT)
    second = copy.deepcopy(data["study"]["versions"][0])
    second["titles"][0]["text"] = "The title of the version after"
    data["study"]["versions"].append(second)
    assert check_references(data, "s.json") == ()
    document = {"id": "StudyTitle_1", "instanceType": "StudyDefinitionDocument"}
    data["study"]["documentedBy"] = [document]
    [one] = check_references(data, "s.json")
    assert (one.id, one.where) == ("EXC-125", "s.json#/study/documentedBy/0/id")


def test_a_reference_is_to_an_object_of_the_same_version():
    data = json.loads(TEXT)
    second = copy.deepcopy(data["study"]["versions"][0])
    second["organizations"][0]["id"] = "Organization_77"
    data["study"]["versions"].append(second)
    faults = check_references(data, "s.json")
    assert {(one.id, one.params["found"]) for one in faults} == {("EXC-126", second["studyIdentifiers"][0]["scopeId"])}
    assert all(one.where.startswith("s.json#/study/versions/1/") for one in faults)


def test_a_reference_to_nothing():
    def change(version):
        version["studyDesigns"][0]["studyCells"][0]["elementIds"].append("StudyElement_99")

    assert refused(change) == [
        (
            "EXC-126",
            "s.json#/study/versions/0/studyDesigns/0/studyCells/0/elementIds/1",
            {"found": "StudyElement_99", "expected": "StudyElement"},
        )
    ]


def test_a_reference_to_another_class():
    def change(version):
        version["studyIdentifiers"][0]["scopeId"] = "StudyTitle_1"

    assert refused(change) == [
        (
            "EXC-127",
            "s.json#/study/versions/0/studyIdentifiers/0/scopeId",
            {"found": "StudyTitle_1 (StudyTitle)", "expected": "Organization"},
        )
    ]


@pytest.mark.parametrize("value", ["Trial", None, 4, ["Study"]])
def test_a_class_that_usdm_does_not_have(value):
    def change(version):
        version["titles"][0]["instanceType"] = value

    found = refused(change)
    assert [one[:2] for one in found] == [("EXC-124", "s.json#/study/versions/0/titles/0")]


def test_a_known_class_in_the_wrong_place():
    def change(version):
        version["titles"][0]["instanceType"] = "Organization"

    found = refused(change)
    assert [one[:2] for one in found] == [("EXC-129", "s.json#/study/versions/0/titles/0/instanceType")]


def test_a_missing_attribute():
    def change(version):
        del version["titles"][0]["text"]

    assert refused(change) == [("EXC-128", "s.json#/study/versions/0/titles/0", {"found": "text"})]


def test_the_table_of_references_speaks_of_attributes_that_exist():
    """And of every attribute of the standard that is called an id, but those that may point to anything."""
    attributes = {
        (name, field.alias)
        for name, model in CLASSES.items()
        for field in model.model_fields.values()
        if field.alias is not None and field.alias.endswith(("Id", "Ids"))
    }
    for kind, attribute in TARGETS:
        assert any(attribute == known and kind in {"*", name} for name, known in attributes), (kind, attribute)
    free = {("Condition", "contextIds"), ("Condition", "appliesToIds"), ("DocumentContentReference", "appliesToId")}
    free |= {("ExtensionAttribute", "valueId")}
    for name, attribute in attributes - free:
        assert (name, attribute) in TARGETS or ("*", attribute) in TARGETS, (name, attribute)
    assert {kind for kinds in TARGETS.values() for kind in kinds} <= set(CLASSES)


@pytest.mark.parametrize(
    "name", ["extension", "facts.fact", "facts.markup", "facts.source", "naming", "writing.moments"]
)
def test_the_examples_of_the_docstrings(name):
    found = doctest.testmod(importlib.import_module(f"celltrial.exchange.usdm.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def doubled(value):
    if isinstance(value, dict):
        return {name: doubled(inner) for name, inner in value.items()}
    if not isinstance(value, list):
        return value
    again = [
        one for one in value if isinstance(one, dict) and "id" in one and one.get("decode") not in {"Female", "Male"}
    ]
    return [doubled(one) for one in (*value, *copy.deepcopy(again))]


def test_a_document_in_which_every_object_of_every_list_stands_twice_is_the_same_protocol():
    """But for the planned sexes, of which the standard allows two entries."""
    data = json.loads(TEXT)
    data["study"]["versions"] = [doubled(data["study"]["versions"][0])]
    found = read_usdm(json.dumps(data), "s.json")
    assert found.protocol == read_usdm(TEXT, "s.json").protocol
    assert (found.missing, found.notes, found.left_out) == ((), (), {})
