"""Text for people: every message in English and Simplified Chinese, side by side.

The rooms below emit codes and parameters; the edges (command line, pages,
reports) call `translate`. Each room owns one TOML catalogue in this folder, in
which a key holds both languages, so that neither can be forgotten:

    ["LDG-003"]
    en = "{where}: record {seq} does not match its hash."
    zh = "{where}：第 {seq} 条记录与其哈希不符。"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
#: Language tags that a page or a document declares (BCP 47).
TAGS: Final[Mapping[Language, str]] = {"en": "en", "zh": "zh-Hans"}

__all__ = ["LANGUAGES", "TAGS", "Language", "catalogue", "catalogues", "has", "translate"]


@cache
def catalogue(room: str) -> Mapping[str, Mapping[str, str]]:
    """Return one room's messages, key to language to template."""
    source = resources.files(__name__).joinpath(f"{room}.toml")
    found: dict[str, dict[str, str]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return found


@cache
def catalogues() -> Mapping[str, Mapping[str, str]]:
    """Return every message of every room; a key that stands in two catalogues is a defect."""
    merged: dict[str, Mapping[str, str]] = {}
    for entry in sorted(resources.files(__name__).iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for key, texts in catalogue(entry.name.removesuffix(".toml")).items():
            if key in merged:
                raise ValueError(f"message {key} stands in two catalogues")
            merged[key] = texts
    return merged


def has(key: str) -> bool:
    """Tell whether a message of this key exists."""
    return key in catalogues()


def translate(key: str, language: Language, /, **params: object) -> str:
    """Return the message `key` in `language` with its parameters filled in.

    Raises KeyError for an unknown key or a missing parameter: both are defects
    of ours, never of the user.
    """
    return catalogues()[key][language].format_map(params)
