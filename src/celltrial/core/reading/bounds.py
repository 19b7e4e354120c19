"""Bounds of what is read: numbers are finite and no larger than anything counted, dates lie in the calendar of trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.text import forbidden_in

#: No quantity of a trial comes near it, and beyond it whole numbers outgrow floating point.
LARGEST_NUMBER: Final = 10**18
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_LONGEST: Final = 40
#: Fields that name something: on one line, and nothing in them that cannot be seen.
_IDENTIFIERS: Final = frozenset(
    {
        "account", "alert", "arm", "batch", "change", "cohort", "event", "halt", "identity", "lesion", "operator", "query",
        "reader", "recommendation", "sample", "site", "source", "subject", "suspension", "task", "test", "trial", "unit",
        "version", "visit", "zone",
    }
)  # fmt: skip


def number_in(value: int | float | Decimal) -> bool:  # noqa: PYI041 - a Decimal is no float
    """Whether a number is finite and not beyond anything counted."""
    finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    return finite and -LARGEST_NUMBER <= value <= LARGEST_NUMBER


def year_in(value: date) -> bool:
    """Whether a date, or a moment, lies in the years of trials."""
    return FIRST_YEAR <= value.year <= LAST_YEAR


def shown(value: object) -> str:
    """Return a value as it is shown in a message, cut short."""
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def check_values(value: Any, where: str) -> None:
    """Refuse a value, or any part of it, outside the bounds: every fault at once, each at its field.

    COR-052 a character that cannot be seen; COR-056 a number; COR-057 a date.
    """
    faults = list(_faults(value, where))
    if faults:
        raise UserError(*faults)


def _faults(value: Any, where: str) -> list[Fault]:
    if isinstance(value, str):
        named = where.rpartition(".")[2] in _IDENTIFIERS
        found = "" if isinstance(value, Enum) else forbidden_in(value, name=named)
        return [fault("COR-052", where, found=found)] if found else []
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int | float | Decimal):
        expected = f"-{LARGEST_NUMBER:.0e} .. {LARGEST_NUMBER:.0e}"
        return [] if number_in(value) else [fault("COR-056", where, found=shown(value), expected=expected)]
    if isinstance(value, date | datetime):
        expected = f"{FIRST_YEAR} .. {LAST_YEAR}"
        return [] if year_in(value) else [fault("COR-057", where, found=shown(value), expected=expected)]
    return [item for name, part in _parts(value) for item in _faults(part, f"{where}.{name}")]


def _parts(value: Any) -> list[tuple[object, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return list(enumerate(value))
    return [(item.name, getattr(value, item.name)) for item in fields(value)] if is_dataclass(value) else []
