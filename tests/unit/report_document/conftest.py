"""Every stated value of a protocol, and the same protocol with that one value changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pytest

from celltrial.protocol.model.base import Duration, Section


@pytest.fixture(scope="session")
def changed_leaves():
    """Return the function that yields (dotted path, changed copy) for every stated value of a section."""
    return _changed_leaves


def _changed_leaves(section: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, copy of the section with that value changed) for every value that is stated."""
    for name, field in type(section).model_fields.items():
        here = f"{path}.{name}" if path else name
        for where, value in _changes(getattr(section, name), field.annotation, here):
            yield where, section.model_copy(update={name: value})


def _changes(value: Any, annotation: Any, path: str) -> Iterator[tuple[str, Any]]:
    if value is None or value == "":
        return
    if isinstance(value, Section):
        yield from _changed_leaves(value, path)
    elif isinstance(value, tuple):
        inner = get_args(annotation)[0] if get_args(annotation) else None
        for index, item in enumerate(value):
            for where, changed in _changes(item, inner, f"{path}.{index}"):
                yield where, (*value[:index], changed, *value[index + 1 :])
    elif isinstance(value, dict):
        for key, item in value.items():
            for where, changed in _changes(item, None, f"{path}.{key}"):
                yield where, {**value, key: changed}
    else:
        yield path, _other(value, annotation, path)


def _other(value: Any, annotation: Any, path: str) -> Any:
    choices = [choice for choice in _choices(annotation) if choice != value]
    if choices:
        return choices[0]
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float() | Decimal():
            return value / 2 if value else value + 1
        case Duration():
            return Duration(value.amount + 1, value.unit)
        case date():
            return value + timedelta(days=1)
        case Enum():
            return next(member for member in type(value) if member is not value)
        case str():
            known = OTHERS.get(path.rpartition(".")[2], (f"{value}Z",))
            return next(word for word in known if word != value)
    raise AssertionError(path)


#: Words that have to be other known words, not any other word.
OTHERS = {
    "boundary": ("constant_hazard", "beta_binomial"),
    "concept": ("hiv_positive", "pregnancy_test"),
    "status": ("asked", "answered"),
    "unit": ("mo", "wk"),
}


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for item in get_args(annotation) for choice in _choices(item))
