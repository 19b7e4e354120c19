"""Records in words: what a fact says, field by field, as several pages show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.events import NAMES
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.core.values import Value
from celltrial.forms.description import Field, describe_record
from celltrial.locale import Language, translate
from celltrial.locale.records import field_value
from celltrial.locale.sentences import fact_title
from celltrial.locale.wording import in_words, stream_title
from celltrial.site.rendering import moment_text


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as a page shows it; `rows` are label and value of its fields."""

    event: Event[Any]
    name: str
    title: str
    stream: str
    rows: tuple[tuple[str, str], ...]


def shown(event: Event[Any], language: Language) -> Shown:
    """Return a record in words."""
    name = NAMES[type(event.fact)]
    return Shown(
        event,
        name,
        fact_title(name, language),
        stream_title(event.stream, language),
        tuple(_rows(event.fact, language, "")),
    )


def _rows(record: Any, language: Language, before: str) -> Iterator[tuple[str, str]]:
    """Yield label and value of each field; a field that holds nothing says so, long documents by their length alone."""
    for item in describe_record(type(record)):
        label = before + in_words(item.label, language)
        value = getattr(record, item.name)
        if is_dataclass(value) and not isinstance(value, Instant | Measured | Value):
            yield from _rows(value, language, f"{label} · ")
        elif isinstance(value, tuple) and value and is_dataclass(value[0]) and not isinstance(value[0], Value):
            for number, part in enumerate(value, start=1):
                yield from _rows(part, language, f"{label} {number} · ")
        else:
            yield label, value_text(value, language, item)


#: A longer text, such as a whole protocol, is not shown in a list of records.
_LONGEST = 400


def value_text(value: Any, language: Language, field: Field) -> str:
    """Return a single value of a field in words."""
    if value is None or value in ("", ()):
        return translate("value.absent", language)
    if isinstance(value, bool):
        return translate("site.form.yes" if value else "site.form.no", language)
    if isinstance(value, tuple):
        return translate("value.comma", language).join(value_text(item, language, field) for item in value)
    if isinstance(value, Instant):
        return moment_text(value)
    if isinstance(value, Enum | Value):
        return in_words(value, language)
    if isinstance(value, date | Decimal | int):
        return str(value)
    text = field_value(field, value, language)
    return text if len(text) <= _LONGEST else translate("site.audit.long", language, start=text[:80], length=len(text))
