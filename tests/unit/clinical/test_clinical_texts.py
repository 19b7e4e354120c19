"""Every code a clinical engine can raise has its text in both languages."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import celltrial.clinical
from celltrial import locale
from celltrial.clinical import CRITERIA, FOLLOW_UP, SCALES
from celltrial.clinical.derivation import Rule
from celltrial.clinical.queries import Caveat, Query

ROOM = Path(celltrial.clinical.__file__).parent


@pytest.mark.parametrize("code", [*Query, *Caveat])
def test_codes_have_texts(code):
    texts = locale.catalogue("clinical")[code.value]
    assert texts["en"].strip()
    assert texts["zh"].strip()


def test_faults_have_texts_and_every_fault_text_is_used():
    used = {
        node.args[0].value
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fault"
    }
    assert [fault for fault in used if not locale.has(fault)] == []
    assert {key for key in locale.catalogue("clinical") if key.startswith("CLN-")} <= used


def test_every_code_is_raised_somewhere():
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOM.glob("*.py") if path.name != "codes.py")
    unused = [code for code in (*Query, *Caveat) if f"{type(code).__name__}.{code.name}" not in sources]
    assert unused == []


@pytest.mark.parametrize(("key", "engine"), [*SCALES.items(), *CRITERIA.items(), *FOLLOW_UP.items()])
def test_every_engine_is_listed_under_the_key_of_its_rule(key, engine):
    assert engine.rule.id == key
    assert engine.rule.version
    assert engine.rule.citation
    assert callable(engine.derive)


def test_every_rule_of_the_room_is_listed():
    listed = {engine.rule for engine in (*SCALES.values(), *CRITERIA.values(), *FOLLOW_UP.values())}
    modules = [
        import_module(f"celltrial.clinical.{path.stem}") for path in ROOM.glob("*.py") if path.stem != "__init__"
    ]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, Rule)}
    assert found == listed


def test_no_key_stands_in_two_tables():
    assert len({*SCALES, *CRITERIA, *FOLLOW_UP}) == len(SCALES) + len(CRITERIA) + len(FOLLOW_UP)
