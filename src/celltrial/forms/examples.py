"""An example of each command: what has to be given, as it is in JSON. Every one is read in a test."""

from __future__ import annotations

from typing import Any, Final

from celltrial.forms.description import CommandForm, Field, Kind

_DAY: Final = "2026-03-01"
_EXAMPLES: Final[dict[Kind, Any]] = {
    Kind.YES_NO: True,
    Kind.INTEGER: 1,
    Kind.DECIMAL: "1",
    Kind.MEASURED: "1",
    Kind.DATE: _DAY,
    Kind.MOMENT: f"{_DAY}T10:00:00+08:00",
    Kind.FACT: {"subject.died/1": {"subject": "P1", "died_on": _DAY, "cause": ""}},
}


def example(form: CommandForm) -> dict[str, Any]:
    """Return fields that the command takes; what may be left out is left out."""
    return _record(form.fields)


def _record(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {item.name: _value(item) for item in fields if item.required}


def _value(field: Field) -> Any:
    if field.said.example is not None:
        value = field.said.example
    elif field.kind is Kind.CODE:
        value = field.codes[0].value
    elif field.kind is Kind.RECORD:
        value = _record(field.fields)
    elif field.kind is Kind.TEXT:
        value = "" if field.may_be_empty else f"{field.name.replace('_', '-')}-1"
    else:
        value = _EXAMPLES[field.kind]
    return [value] if field.repeated else value
