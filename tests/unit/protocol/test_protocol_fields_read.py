"""Every field of the protocol is read by something that computes, holds or enforces it, or is declared descriptive.

A field that only a printer reads promises a rule that nobody keeps. A field counts as read where its name is written as an
attribute, or in a dotted path, in a room that is no printer; two fields of one name are not distinguished.
"""

from __future__ import annotations

import ast
import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

import celltrial
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Descriptive, DescriptiveText, Evidence, LocalText, Section

SOURCE = Path(celltrial.__file__).parent
#: Rooms that put a protocol into words or another format, and the model itself.
PRINTERS = ("report/", "locale/", "exchange/usdm/", "cli/", "protocol/model/")
PATH = re.compile(r"[a-z_0-9]+(\.[a-z_0-9{}]+)*")


def parts(annotation):
    yield annotation
    for inner in typing.get_args(annotation):
        yield from parts(inner)


def models(model, found):
    """Return every model below one, itself included."""
    if model not in found:
        found.add(model)
        for field in model.model_fields.values():
            for part in parts(field.annotation):
                if isinstance(part, type) and issubclass(part, BaseModel):
                    models(part, found)
    return found


def names_in(text):
    """Return the names that a module reads: attributes, and parts of paths given as text; its prose is none."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PATH.fullmatch(node.value):
            found.update(node.value.split("."))
    return found


def is_descriptive(field):
    """Tell whether a field is declared to be for readers: marked, a text in two languages, a source, a constant."""
    if any(isinstance(item, Descriptive) for item in field.metadata):
        return True
    found = [part for part in parts(field.annotation) if part is not type(None)]
    if any(part in {LocalText, Evidence} for part in found) or any(isinstance(part, Descriptive) for part in found):
        return True
    return typing.get_origin(field.annotation) is typing.Literal and len(typing.get_args(field.annotation)) == 1


def unread(root, read):
    return sorted(
        f"{model.__name__}.{name}"
        for model in models(root, set())
        for name, field in model.model_fields.items()
        if name not in read and not is_descriptive(field)
    )


@pytest.fixture(scope="module")
def read():
    files = [path for path in SOURCE.rglob("*.py") if not path.relative_to(SOURCE).as_posix().startswith(PRINTERS)]
    return set().union(*(names_in(path.read_text(encoding="utf-8")) for path in files))


def test_no_field_is_only_printed(read):
    assert unread(Protocol, read) == []


def test_a_field_that_nothing_reads_is_found_unless_it_is_declared_descriptive(read):
    class Part(Section):
        never_read_anywhere: float | None = None
        told_to_readers: DescriptiveText = None
        said: LocalText | None = None

    class Whole(Section):
        part: Part | None = None

    assert unread(Whole, read) == ["Part.never_read_anywhere"]


def test_prose_about_a_field_is_no_reading_of_it():
    assert "never_read" not in names_in('"""What never_read means."""\nx = 1\n')
    assert "never_read" in names_in("x = plan.never_read") & names_in('field = "dose.never_read"')
