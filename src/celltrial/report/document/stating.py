"""Fields of a protocol as values of a document: any field of the model, by its type, exactly as stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from celltrial.protocol.model.base import Duration, Evidence, LocalText, Section
from celltrial.report.content.values import Code, Dash, Joined, Lines, Recorded, Text, Value, When
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, span

#: Fields that hold words which a protocol chooses freely and which have a text among `word.`.
_PLAIN_TEXT: Final = frozenset({"id", "version", "citation", "doi", "url", "pmid", "field", "place", "dated", "clause"})
#: Numbers between 0 and 1 that are read as per cents.
_SHARES: Final = frozenset(
    {
        "band_low", "band_high", "expected_rate", "metric_threshold", "expected_success", "blood_volume_cap_share",
        "collection_success", "manufacturing_success", "pre_infusion_success", "crs_any_grade", "crs_grade_3_or_more",
        "neurotoxicity_any_grade", "response_rate", "dlt_rates", "response_rates", "moderate_rates", "feasible_rates",
        "benefit_probability", "benefit_probability_low", "probability_infused", "assurance", "non_oncology_exclusion_rate",
    }
)  # fmt: skip
_CELLS: Final = frozenset({"cells", "minimum_dose", "cap", "low", "high"})
#: Numbers from this power of ten on are written as a power of ten.
_POWER_FROM: Final = 4
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS: Final = frozenset({"unit"})
#: Fields whose values are one under another.
_LISTED: Final = frozenset({"citation", "studies"})


def field_name(section: Section, name: str) -> Text:
    """Return the name of a field for people."""
    return Text(f"field.{type(section).__name__}.{name}")


def local(text: LocalText) -> Text:
    """Return prose that the protocol holds in both languages."""
    return Text("report.local", {"en": text.en, "zh": text.zh})


def share(value: float | Decimal) -> Recorded:
    """Return a share as a per cent with every digit that was stated.

    >>> share(0.3).text, share(0.031).text
    ('30%', '3.1%')
    """
    return Recorded(f"{float(Decimal(str(value)) * 100):.10g}%")


def dose(cells: Decimal, *, per_kg: bool) -> Text:
    """Return a number of cells with every digit that was stated.

    >>> dose(Decimal("5.12e9"), per_kg=False).params["cells"]
    '5.12 × 10⁹'
    """
    exponent = cells.adjusted()
    number = f"{cells.normalize():f}" if exponent < _POWER_FROM else f"{cells.scaleb(-exponent).normalize():f} × 10"
    power = "" if exponent < _POWER_FROM else str(exponent).translate(_SUPERSCRIPT)
    return Text("report.phrase.cells_per_kg" if per_kg else "report.phrase.cells", {"cells": number + power})


def unit_of(unit: str) -> Value:
    """Return a unit in words."""
    return Code("plan.unit", unit)


def shown(value: Any, section: Section, name: str) -> Value:
    """Return the value of a field; a field that is not stated is a dash."""
    if value is None or value in ((), {}, ""):
        return Dash()
    match value:
        case LocalText():
            return local(value)
        case Evidence():
            return _plain_evidence(value)
        case Section():
            return _nested(value)
        case Duration():
            return span(value)
        case Mapping():
            return Lines(tuple(_pair(key, item, section, name) for key, item in value.items()))
        case tuple() | list():
            values = tuple(shown(item, section, name) for item in value)
            long = any(isinstance(item, Section) for item in value) or name in _LISTED
            return Lines(values) if long else Joined(values)
        case _:
            return _scalar(value, section, name)


def _scalar(value: Any, section: Section, name: str) -> Value:
    if isinstance(value, bool):
        return Text("report.phrase.yes" if value else "report.phrase.no")
    if isinstance(value, date):
        return When(value)
    if isinstance(value, Enum):
        return Code(f"plan.{name}", str(value.value))
    if isinstance(value, int | float | Decimal):
        return _number(value, section, name)
    if name in _UNITS:
        return unit_of(value)
    if name in {"concept", "basis"} or _is_coded(section, name):
        return Code(f"plan.{name}", value)
    return Recorded(value) if name in _PLAIN_TEXT else Code("free", value)


def _number(value: float | Decimal, section: Section, name: str) -> Value:
    if name in _SHARES and not isinstance(value, int):
        return share(value)
    if name in _CELLS:
        return dose(Decimal(value), per_kg=bool(getattr(section, "per_kg", False)))
    return Recorded(f"{float(value):.12g}")


def _is_coded(section: Section, name: str) -> bool:
    """Tell whether the field holds one of a closed list of codes."""
    if isinstance(section, Evidence):
        return name == "kind"
    return name == "status" or _holds_codes(type(section), name)


@cache
def _holds_codes(kind: type[Section], name: str) -> bool:
    return _has_literal(kind.model_fields[name].annotation)


def _has_literal(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(_has_literal(item) for item in get_args(annotation))


def _pair(key: str, item: Any, section: Section, name: str) -> Value:
    value = shown(item, section, name)
    coded = Code(f"plan.{name}", key) if _holds_codes(type(section), name) else Code("free", key)
    return Text("document.pair", {"name": coded, "value": value})


def _nested(section: Section) -> Value:
    stated = [name for name in type(section).model_fields if getattr(section, name) not in (None, (), {}, "")]
    pairs = tuple(
        Text(
            "document.pair", {"name": field_name(section, name), "value": shown(getattr(section, name), section, name)}
        )
        for name in stated
    )
    return Text("document.nested", {"parts": Joined(pairs)})


def _plain_evidence(item: Evidence) -> Value:
    said = {"kind": Code("plan.kind", item.kind), "statement": inline(item.statement)}
    if item.reference is None:
        return Text("document.evidence", said)
    return Text("document.evidence_cited", {**said, "reference": Recorded(item.reference)})


def cited(inputs: DocumentInputs, item: Evidence) -> Value:
    """Return evidence as a sentence: what it shows, of what kind it is, and the number of its reference."""
    said = {"kind": Code("plan.kind", item.kind), "statement": inline(item.statement)}
    if item.reference is None:
        return Text("document.evidence", said)
    return Text("document.evidence_cited", {**said, "reference": Recorded(inputs.citation(item.reference))})


def evidence_lines(found: Iterable[Evidence]) -> tuple[Value, ...]:
    """Return evidence as lines of a cell or a list, each with the key of its reference."""
    return tuple(_plain_evidence(item) for item in found)


def prose(text: LocalText | None, path: str) -> Iterator[Block]:
    """Yield the protocol's own prose as a paragraph, where it is stated."""
    if text is not None:
        yield Paragraph(ended(text), (path,))


def evidence(inputs: DocumentInputs, found: Iterable[Evidence], path: str) -> Iterator[Block]:
    """Yield evidence as a list, each with its kind and the number of its reference."""
    lines = tuple(cited(inputs, item) for item in found)
    if lines:
        yield Bullets(lines, (path,))


def items(
    rows: Iterable[Section],
    path: str,
    *names: str,
    skip: tuple[str, ...] = (),
    caption: Value | None = None,
) -> Iterator[Block]:
    """Yield a list of sections as a table, one row each; a column that no row states is left out."""
    found = tuple(rows)
    if not found:
        return
    wanted = names or tuple(name for name in type(found[0]).model_fields if name not in skip)
    kept = [name for name in wanted if any(getattr(row, name) not in (None, (), {}, "") for row in found)]
    heads = tuple(field_name(found[0], name) for name in kept)
    cells = tuple(GridRow(tuple(shown(getattr(row, name), row, name) for name in kept)) for row in found)
    yield Grid(heads, cells, caption, fields=(path,))


def computable(item: Any) -> Value:
    """Return the computable part of a criterion: what is looked at, operator, value and unit."""
    concept = Code("plan.concept", item.concept)
    value = shown(item.value, item, "value") if isinstance(item.value, bool | tuple) else _criterion_value(item.value)
    if item.operator == "is":
        return Text("document.computable_is", {"concept": concept, "value": value})
    said = {"concept": concept, "operator": Code("plan.operator", item.operator), "value": value}
    if not item.unit:
        return Text("document.computable", said)
    return Text("document.computable_unit", {**said, "unit": unit_of(item.unit)})


def _criterion_value(value: float | str) -> Value:
    return Code("free", value) if isinstance(value, str) else Recorded(f"{value:.12g}")
