"""What the typed model refuses, as faults of ours: where, what stood there, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from celltrial.core.errors import Fault, fault
from celltrial.protocol.document import Document, Path
from celltrial.protocol.model import Protocol

__all__ = ["expected_of", "form_faults", "known_path", "shown_value"]

_LONGEST: Final = 60
#: Kind of refusal (pydantic's name) -> what would be right; places in braces are filled from its context.
_EXPECTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("string_type", "string_unicode"), "a text"),
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    **dict.fromkeys(("literal_error", "enum"), "one of {expected}"),
    "greater_than": "> {gt:g}",
    "greater_than_equal": ">= {ge:g}",
    "less_than": "< {lt:g}",
    "less_than_equal": "<= {le:g}",
    "too_short": "a list of at least {min_length}",
    "missing_argument": "a value",
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "fields with values"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "a date such as 2025-01-31",
    ),
}


def form_faults(error: ValidationError, document: Document) -> list[Fault]:
    """Return one fault per refusal, in the order of the lines they stand on."""
    found: list[Fault] = []
    for item in error.errors(include_url=False):
        if item["type"] == "too_short" and len(item["input"]) >= item["ctx"]["min_length"]:
            continue  # pydantic counts only the items without a fault, and each of those is shown
        path = known_path(item["loc"], document.data)
        here = _form_fault(item, path, document)
        if here not in found:
            found.append(here)
    return sorted(found, key=lambda one: _line(one.where))


def _line(where: str) -> tuple[int, int]:
    parts = where.rsplit(":", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) == 3 and parts[1].isdigit() else (0, 0)


def known_path(location: Sequence[str | int], data: Any) -> Path:
    """Return the place in `data` that a refusal speaks of: names of union members in between are dropped."""
    path: list[str | int] = []
    here = data
    for part in location:
        if isinstance(here, Mapping) and isinstance(part, str):
            if part in here:
                here = here[part]
                path.append(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
            path.append(part)
    return tuple(path)


def _form_fault(item: Mapping[str, Any], path: Path, document: Document) -> Fault:
    kind, name = item["type"], str(item["loc"][-1]) if item["loc"] else ""
    field = ".".join(str(part) for part in item["loc"])
    if kind == "extra_forbidden":
        known = _fields_at(item["loc"][:-1])
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        return fault(
            "PRT-002", document.where(path), field=field, found=name, expected=near[0] if near else ", ".join(known)
        )
    if kind == "missing":
        return fault("PRT-003", document.where(path), field=field, found="nothing", expected=name)
    message = str(item["msg"]).removeprefix("Value error, ")
    parts = message.split("|")
    if kind == "value_error" and len(parts) == 3:
        place = document.where((*path, parts[0]))
        return fault("PRT-005", place, field=f"{field}.{parts[0]}", expected=parts[1], found=parts[2])
    shown = shown_value(item["input"])
    return fault("PRT-004", document.where(path), field=field, expected=expected_of(item, message), found=shown)


def expected_of(item: Mapping[str, Any], message: str) -> str:
    """Return what would be right instead of what pydantic refused; its own message where we have no words."""
    context = dict(item.get("ctx", {}))
    if isinstance(context.get("expected"), str):
        context["expected"] = context["expected"].replace(" or ", ", ").replace("'", "")
    pattern = _EXPECTED.get(item["type"])
    return message if pattern is None else pattern.format_map(context)


def shown_value(value: object) -> str:
    """Return a value as it is shown in a message: a scalar in quotes and cut short, anything larger by its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "fields with values"
    text = str(value)
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _fields_at(location: Sequence[str | int]) -> list[str]:
    """Return the field names that the model knows at a location."""
    models: list[type[BaseModel]] = [Protocol]
    for part in location:
        following: list[type[BaseModel]] = []
        for model in models:
            if isinstance(part, int):
                following.append(model)
            elif part in model.model_fields:
                following.extend(_models_in(model.model_fields[part].annotation))
        models = following or models
    return sorted({name for model in models for name in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models_in(argument)]
