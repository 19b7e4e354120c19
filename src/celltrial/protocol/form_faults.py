"""What the typed model refuses, as faults of ours: where, what stood there, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from celltrial.core.errors import Fault, fault
from celltrial.core.reading.bounds import FIRST_YEAR, LAST_YEAR
from celltrial.core.reading.yaml_text import Document, Path
from celltrial.core.values import (
    ABSENT,
    Count,
    Formula,
    Identifier,
    Sayable,
    Value,
    at_least,
    at_most,
    less_than,
    message,
    more_than,
    one_of,
)
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import UnfitError

_LONGEST: Final = 60
#: So many refusals are shown; the rest is of the same kinds.
_MOST: Final = 1_000
#: Kind of refusal (pydantic's name) -> code of the message that says what would be right.
_EXPECTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "whole_number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "number"),
    "finite_number": "finite_number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true_or_false"),
    **dict.fromkeys(("string_type", "string_unicode"), "text"),
    "missing_argument": "value",
    **dict.fromkeys(("tuple_type", "list_type"), "list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "fields_with_values"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), "date"),
}
#: Kind of refusal -> the limit that it holds and what it says of a value.
_LIMITS: Final[Mapping[str, tuple[str, Callable[[Sayable], Value]]]] = {
    "greater_than": ("gt", more_than),
    "greater_than_equal": ("ge", at_least),
    "less_than": ("lt", less_than),
    "less_than_equal": ("le", at_most),
}
#: Kind of refusal -> the limit that it holds, what it says of a value, and what is counted.
_COUNTS: Final[Mapping[str, tuple[str, Callable[[Sayable], Value], str]]] = {
    "string_too_short": ("min_length", at_least, "character"),
    "string_too_long": ("max_length", at_most, "character"),
    "too_short": ("min_length", at_least, "item"),
}


def form_faults(error: ValidationError, document: Document) -> list[Fault]:
    """Return one fault per refusal, in the order of the lines they are on; of very many the first, and how many more."""
    found: dict[tuple[object, ...], Fault] = {}
    refusals = error.errors(include_url=False)
    for item in refusals[:_MOST]:
        if item["type"] == "too_short" and len(item["input"]) >= item["ctx"]["min_length"]:
            continue  # pydantic counts only the items without a fault, and each of those is shown
        path = known_path(item["loc"], document.data)
        here = _form_fault(item, path, document)
        found.setdefault((here.id, here.where, *map(str, here.params.items())), here)
    more = [fault("PRT-009", document.file, found=len(refusals) - _MOST)] if len(refusals) > _MOST else []
    return sorted(found.values(), key=lambda one: _line(one.where)) + more


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
        expected = one_of(*map(Identifier, near or known))
        return fault("PRT-002", document.where(path), field=field, found=name, expected=expected)
    if kind == "missing":
        return fault("PRT-003", document.where(path), field=field, found=ABSENT, expected=name)
    unfit = item.get("ctx", {}).get("error")
    if isinstance(unfit, UnfitError) and unfit.field:
        place = document.where((*path, unfit.field))
        return fault("PRT-005", place, field=f"{field}.{unfit.field}", expected=unfit.expected, found=unfit.found)
    shown = shown_value(item["input"])
    return fault("PRT-004", document.where(path), field=field, expected=expected_of(item), found=shown)


def expected_of(item: Mapping[str, Any]) -> Value:
    """Return what would be right instead of what pydantic refused; its own message where we have no words."""
    kind, context = item["type"], item.get("ctx", {})
    if isinstance(context.get("error"), UnfitError):
        expected: Value = context["error"].expected
        return expected
    if kind in _LIMITS:
        name, limit = _LIMITS[kind]
        if isinstance(context[name], str):  # the bound of a date, as pydantic writes it
            return message("date_in_years", first=FIRST_YEAR, last=LAST_YEAR)
        return limit(context[name])
    if kind in _COUNTS:
        name, limit, counted = _COUNTS[kind]
        return limit(Count(context[name], counted))
    if kind in {"literal_error", "enum"}:
        return one_of(*map(Identifier, str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")))
    if kind == "string_pattern_mismatch":
        return message("text_of_form", pattern=Formula(context["pattern"]))
    code = _EXPECTED.get(kind)
    return Identifier(str(item["msg"]).removeprefix("Value error, ")) if code is None else message(code)


def shown_value(value: object) -> Value:
    """Return a value as it is shown in a message: a scalar in quotes and cut short, anything larger by its kind."""
    if value is None:
        return ABSENT
    if isinstance(value, list | tuple):
        return message("list")
    if isinstance(value, Mapping):
        return message("fields_with_values")
    text = str(value)
    return Identifier(repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"))


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
