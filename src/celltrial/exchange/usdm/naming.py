"""Ids of ours from the names and numbers that a document has: of the form that a protocol takes, each once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

_CRITERION: Final = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_LETTERS: Final = {"inclusion": "I", "exclusion": "E"}


def distinct(names: Sequence[str]) -> list[str]:
    """Return the names, each that stood before with a number: `END1`, `END1-2`.

    >>> distinct(["A", "A-2", "A", "B"])
    ['A', 'A-2', 'A-3', 'B']
    """
    taken, found, given = set(names), [], set[str]()
    for name in names:
        chosen, number = name, 1
        while chosen in given or (number > 1 and chosen in taken):
            number += 1
            chosen = f"{name}-{number}"
        given.add(chosen)
        found.append(chosen)
    return found


def criterion_ids(criteria: Sequence[tuple[str, str]]) -> list[str]:
    """Return an id for each criterion, given as (kind, number as written).

    Numbers that are ids stay. Others are put into the form of one; where two criteria of different kind share a number,
    as where counting starts anew at the exclusions, all are numbered within their kind.

    >>> criterion_ids([("inclusion", "01"), ("exclusion", "16b")])
    ['01', '16B']
    >>> criterion_ids([("inclusion", "1"), ("exclusion", "1"), ("exclusion", "2.a")])
    ['I-1', 'E-1', 'E-2-A']
    """
    plain = [_formed(number) for _, number in criteria]
    shared = [name for name, count in Counter(plain).items() if count > 1]
    if any(len({kind for (kind, _), name in zip(criteria, plain, strict=True) if name == one}) > 1 for one in shared):
        plain = [
            f"{_LETTERS[kind]}-{name}" if kind in _LETTERS else name
            for (kind, _), name in zip(criteria, plain, strict=True)
        ]
    return distinct(plain)


def _formed(number: str) -> str:
    if _CRITERION.fullmatch(number):
        return number
    text = unicodedata.normalize("NFKC", number).upper()
    return re.sub(r"[^A-Z0-9]+", "-", text).strip("-") or "X"
