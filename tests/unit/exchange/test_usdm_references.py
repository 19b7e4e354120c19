"""Ids of a USDM document: each once, each reference to something of its class, each fault with its pointer."""

from __future__ import annotations

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


def test_an_id_that_stands_twice():
    def change(version):
        version["titles"].append(version["titles"][0])

    found = refused(change)
    at = "s.json#/study/versions/0/titles/1"
    assert found == [
        ("EXC-125", f"{at}/id", {"found": "StudyTitle_1", "expected": "#/study/versions/0/titles/0/id"}),
        ("EXC-125", f"{at}/type/id", {"found": "Code_1", "expected": "#/study/versions/0/titles/0/type/id"}),
    ]


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


@pytest.mark.parametrize("name", ["extension", "facts.fact", "writing.moments"])
def test_the_examples_of_the_docstrings(name):
    found = doctest.testmod(importlib.import_module(f"celltrial.exchange.usdm.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
