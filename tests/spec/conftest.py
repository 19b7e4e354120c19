"""The example protocol, and what chapters of conduct ask for."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Journey, with_fields

from celltrial.conduct.ruling import Condition, Refused, Ruling
from celltrial.core.quantities import Quantity
from celltrial.core.values import Formula, Identifier, Message, Term, Value, as_data
from celltrial.locale import LANGUAGES, translate
from celltrial.locale.wording import in_words
from celltrial.protocol import Protocol, read_protocol

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture(scope="session")
def escalation_protocol() -> Protocol:
    """The anti-BCMA escalation of the examples, with 3+3 in place of BOIN so that counts can be done by hand."""
    protocol = read_protocol(_EXAMPLE.read_text(encoding="utf-8"), _EXAMPLE.name)
    return with_fields(
        protocol, {"escalation.design": {"kind": "3+3", "params": {"mtd_rule": "previous"}, "modifiers": []}}
    )


#: Words that a protocol or a person chooses; without texts they stay as they were written.
_CHOSEN = {"concept", "procedure", "resource", "release_test", "adverse_event", "finding", "assay"}
#: What reads the same in Chinese: abbreviations, units, an example of an identifier.
_NEUTRAL = {"DLT", "CRS", "ALT", "AST", "IANA", "Asia", "Shanghai", "JSON", "SHA", "qPCR", "DNA", "HIV", "ECOG"}


class Telling(Journey):
    """A rehearsal of which every refusal is put into words in both languages and into plain data."""

    def ask(self, command: Any, **options: Any) -> Ruling:
        decision = super().ask(command, **options)
        for item in decision.conditions if isinstance(decision, Refused) else ():
            assert_says_itself(item)
        return decision


def assert_says_itself(item: Condition) -> None:
    """Fail where a condition has no words, or leaves English ones in its Chinese, or is no plain data."""
    for value in (item.needed, item.found):
        assert isinstance(value, Value)
        json.dumps(as_data(value), allow_nan=False)
    for language in LANGUAGES:
        needed, found = (in_words(_without_names(value), language) for value in (item.needed, item.found))
        text = translate(item.code, language, about="1", needed=needed, found=found)
        assert text.strip()
        assert "{" not in text
        if language == "zh":
            left = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\d\S*", "", text))) - _NEUTRAL
            assert not left, text


def _without_names(value: Any) -> Any:
    """Return a value with a number in place of each name that passes through untouched."""
    if isinstance(value, Identifier | Formula) or (isinstance(value, Term) and value.list in _CHOSEN):
        return Identifier("1")
    if isinstance(value, Quantity):
        return Quantity(value.value, "", value.relation)
    if isinstance(value, Message):
        return Message(value.code, tuple((name, _without_names(param)) for name, param in value.params))
    if isinstance(value, tuple):
        return tuple(_without_names(part) for part in value)
    if dataclasses.is_dataclass(value) and isinstance(value, Value):
        parts = {part.name: _without_names(getattr(value, part.name)) for part in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)  # type: ignore[type-var]
    return value


@pytest.fixture
def journey(escalation_protocol: Protocol) -> Callable[..., Journey]:
    """Return a maker of rehearsals: protocol fields to change, sites, first day."""

    def make(
        fields: dict[str, Any] | None = None,
        *,
        sites: dict[str, str] | None = None,
        start: datetime = datetime(2025, 1, 6, 2, tzinfo=UTC),
    ) -> Journey:
        trip = Telling(start, "Asia/Shanghai")
        trip.open_trial(with_fields(escalation_protocol, fields or {}), sites)
        return trip

    return make
