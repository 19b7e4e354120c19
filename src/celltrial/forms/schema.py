"""The JSON Schema (2020-12) of a command: what its fields are for programs that write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from celltrial.forms.description import CommandForm, Field, Kind
from celltrial.forms.examples import example

_TYPES: Final[dict[Kind, dict[str, Any]]] = {
    Kind.TEXT: {"type": "string"},
    Kind.YES_NO: {"type": "boolean"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": ["number", "string"], "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$"},
    Kind.MEASURED: {"type": ["number", "string"]},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.FACT: {"type": "object", "minProperties": 1, "maxProperties": 1},
}


def json_schema(form: CommandForm, words: Callable[[Field], tuple[str, str]], title: str) -> dict[str, Any]:
    """Return the schema of the fields of a command.

    words: title and description of a field in one language. What the application works out is left out.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_record(form.fields, words),
        "examples": [example(form)],
    }


def _record(fields: tuple[Field, ...], words: Callable[[Field], tuple[str, str]]) -> dict[str, Any]:
    shown = [item for item in fields if not item.computed]
    return {
        "type": "object",
        "properties": {item.name: _field(item, words) for item in shown},
        "required": [item.name for item in shown if item.required],
        "additionalProperties": False,
    }


def _field(field: Field, words: Callable[[Field], tuple[str, str]]) -> dict[str, Any]:
    title, description = words(field)
    one = _one(field, words)
    if field.repeated:
        one = {"type": "array", "items": one}
    elif field.nullable:
        one = {"anyOf": [one, {"type": "null"}]}
    unit = {"x-unit": field.said.unit} if field.said.unit else {}
    return {"title": title, "description": description, **one, **unit}


def _one(field: Field, words: Callable[[Field], tuple[str, str]]) -> dict[str, Any]:
    if field.kind is Kind.CODE:
        return {"type": "string", "enum": [item.value for item in field.codes]}
    if field.kind is Kind.RECORD:
        return _record(field.fields, words)
    found = dict(_TYPES[field.kind])
    if field.number_as_text:
        found["type"] = ["string", "number"]
    if field.said.low is not None:
        found["exclusiveMinimum" if field.said.above else "minimum"] = float(field.said.low)
    if field.said.high is not None:
        found["maximum"] = float(field.said.high)
    return found
