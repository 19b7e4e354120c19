"""In which languages the texts of a protocol are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import LocalText, Section


def texts_without(protocol: Protocol, language: Literal["en", "zh"]) -> tuple[str, ...]:
    """Return the dotted paths of the texts that are not given in a language."""
    return tuple(path for path, text in _texts(protocol, "") if not getattr(text, language))


def main_language(protocol: Protocol) -> Literal["en", "zh"] | None:
    """Return the language of a protocol that is written in one only, as its title is; None where the title is in both."""
    title = protocol.identification.title
    if title.en and title.zh:
        return None
    return "en" if title.en else "zh"


def _texts(value: Any, path: str) -> Iterator[tuple[str, LocalText]]:
    if isinstance(value, LocalText):
        yield path, value
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}.{index}")
