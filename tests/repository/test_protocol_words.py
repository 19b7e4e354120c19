"""Every field, every code and every free word of the examples has its words in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from celltrial.core.doses import DoseBasis
from celltrial.locale import has
from celltrial.locale.wording import has_protocol_word
from celltrial.protocol import read_protocol
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Evidence, LocalText
from celltrial.report.document.glossary import ABBREVIATIONS
from celltrial.report.document.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
#: Words that read the same in both languages: signs, scales, versions, names of targets and genes.
NEUTRAL = re.compile(r"[A-Z0-9][A-Za-z0-9]*(?:[-/ *:.+][A-Z0-9][A-Za-z0-9]*)*(?:[-/ ][0-9:]+)*|iRECIST|[IV/]+|[\d.:-]*")


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def whole_model() -> set[type[BaseModel]]:
    found, waiting = set(), [Protocol]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [inner for field in model.model_fields.values() for inner in models(field.annotation)]
    return found - {LocalText}


def codes(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for inner in get_args(annotation):
        yield from codes(inner)


def test_every_field_of_the_model_has_a_name():
    fields = {f"field.{model.__name__}.{name}" for model in whole_model() for name in model.model_fields}
    assert len(fields) > 380
    assert sorted(key for key in fields if not has(key)) == []


def test_every_code_of_the_model_has_words():
    found = {
        f"report.code.plan.{name}.{code}"
        for model in whole_model()
        for name, field in model.model_fields.items()
        for code in codes(field.annotation)
        if name not in {"schema_version", "unit"}
    }
    found |= {f"report.code.plan.basis.{basis}" for basis in DoseBasis}
    found |= {
        f"report.code.plan.kind.{kind}"
        for kind in re.findall(r"[a-z_]+", Evidence.model_fields["kind"].metadata[0].pattern)
    }
    assert len(found) > 200
    assert sorted(key for key in found if not has(key)) == []


def test_every_section_has_a_title_and_every_abbreviation_a_meaning():
    assert [item.number for item in SECTIONS if not has(f"m11.{item.number}")] == []
    assert [short for short in ABBREVIATIONS if not has(f"document.short.{short}")] == []


def words(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the free words of a protocol, with their field; codes and prose in both languages have words of their own."""
    if isinstance(value, BaseModel):
        if not isinstance(value, LocalText):
            for inner, field in type(value).model_fields.items():
                if not any(True for _ in codes(field.annotation)):
                    yield from words(getattr(value, inner), inner)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from words(item, name)
    elif isinstance(value, dict):
        for item in value.values():
            yield from words(item, name)
    elif isinstance(value, str):
        yield name, value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_free_word_of_an_example_has_its_chinese(path):
    plan = read_protocol(path.read_text(encoding="utf-8"), path.name)
    own = {"id", "citation", "doi", "url", "pmid", "field", "place", "reference", "clause", "concept", "unit", "kind"}
    own |= {"status", "method", "boundary", "params", "version", "dated", "basis"}
    found = {word for name, word in words(plan) if name not in own}
    assert len(found) > 40
    assert sorted(word for word in found if not has_protocol_word(word) and not NEUTRAL.fullmatch(word)) == []
