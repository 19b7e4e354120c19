"""Text for people: every message in English and Simplified Chinese, side by side.

The rooms below emit codes and parameters; the edges (command line, pages,
reports) call `translate`. Each room owns one TOML catalogue in this folder, and
each page of the site one beside its view (`site/today/texts.toml`), in which a
key holds both languages, so that neither can be forgotten:

    ["LDG-003"]
    en = "{where}: record {seq} does not match its hash."
    zh = "{where}：第 {seq} 条记录与其哈希不符。"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
#: Language tags that a page or a document declares (BCP 47).
TAGS: Final[Mapping[Language, str]] = {"en": "en", "zh": "zh-Hans"}

#: A key as every catalogue writes it: quoted, at the beginning of a line, as a table or with its texts in braces.
_KEY: Final = re.compile(r'^(?:\["([^"\n]+)"\]|"([^"\n]+)" *= *\{)', re.MULTILINE)

__all__ = ["LANGUAGES", "TAGS", "Language", "catalogue", "catalogues", "has", "template", "translate"]


@cache
def catalogue(room: str) -> Mapping[str, Mapping[str, str]]:
    """Return one room's messages, key to language to template."""
    found: dict[str, dict[str, str]] = tomllib.loads(_sources()[room])
    return found


@cache
def catalogues() -> Mapping[str, Mapping[str, str]]:
    """Return every message of every room; a key that is in two catalogues is a defect."""
    return {key: catalogue(room)[key] for key, (room, _, _) in _places().items()}


@cache
def _sources() -> Mapping[str, str]:
    """Return the text of every room's and every page's catalogue, not yet read."""
    entries = sorted(resources.files(__name__).iterdir(), key=lambda item: item.name)
    found = {
        item.name.removesuffix(".toml"): item.read_text(encoding="utf-8")
        for item in entries
        if item.name.endswith(".toml")
    }
    for page in sorted((resources.files("celltrial") / "site").iterdir(), key=lambda item: item.name):
        texts = page / "texts.toml"
        if texts.is_file():
            found[f"site.{page.name}"] = texts.read_text(encoding="utf-8")
    return found


@cache
def _places() -> Mapping[str, tuple[str, int, int]]:
    """Return the room of every key, and from where to where its texts are in the catalogue."""
    found: dict[str, tuple[str, int, int]] = {}
    for room, source in _sources().items():
        keys = [(item.start(), item[1] or item[2]) for item in _KEY.finditer(source)]
        ends = [start for start, _ in keys[1:]] + [len(source)]
        for (start, key), end in zip(keys, ends, strict=True):
            if key in found:
                raise ValueError(f"message {key} stands in two catalogues")
            found[key] = (room, start, end)
    return found


@cache
def _texts(key: str) -> Mapping[str, str]:
    """Return the texts of one message: a command says a few, and to read whole catalogues takes longer than most commands."""
    room, start, end = _places()[key]
    found: dict[str, dict[str, str]] = tomllib.loads(_sources()[room][start:end])
    return found[key]


def has(key: str) -> bool:
    """Tell whether a message of this key exists."""
    return key in _places()


def template(key: str, language: Language) -> str:
    """Return the text of a message as it is, with the names of its parameters in braces; KeyError for an unknown key."""
    return _texts(key)[language]


def translate(key: str, language: Language, /, **params: object) -> str:
    """Return the message `key` in `language` with its parameters filled in.

    Raises KeyError for an unknown key or a missing parameter: both are defects
    of ours, never of the user.
    """
    return _texts(key)[language].format_map(params)
