"""The signs that mark an insertion or a deletion within a line of text, until a renderer turns them into its own marks."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

#: Signs of the private use area of Unicode, which stand for nothing in any published text.
INSERTED: Final = "\ue000"
DELETED: Final = "\ue001"
END: Final = "\ue002"
#: Splits a text at its signs and keeps them.
CHANGE: Final = re.compile(f"([{INSERTED}{DELETED}{END}])")
#: A word with the space after it; a Han sign is a word of its own.
_WORD: Final = re.compile(r"[^\s\u2e80-\uffee]+\s*|[\u2e80-\uffee]|\s+")


def merged(before: str, after: str) -> str:
    """Return one text with what was deleted and what was inserted between signs, word by word.

    >>> merged("for 14 days", "for 28 days").replace(INSERTED, "[+").replace(DELETED, "[-").replace(END, "]")
    'for [-14 ][+28 ]days'
    """
    if before == after:
        return after
    old, new = _WORD.findall(before), _WORD.findall(after)
    parts = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if kind == "equal":
            parts.append(come)
            continue
        parts += [marked(DELETED, gone), marked(INSERTED, come)]
    return "".join(parts)


def marked(sign: str, text: str) -> str:
    """Return a whole text between signs, line by line, so that no mark runs over the end of a line."""
    return "\n".join(f"{sign}{line}{END}" if line else "" for line in text.split("\n")) if text else ""


def spans(text: str) -> list[tuple[str, str]]:
    """Return the parts of a text, each with the sign that marks it ("" for what is unchanged).

    >>> [kind == DELETED for kind, part in spans(merged("a b", "a"))]
    [False, True]
    """
    found: list[tuple[str, str]] = []
    sign = ""
    for part in CHANGE.split(text):
        if part == END:
            sign = ""
        elif part in {INSERTED, DELETED}:
            sign = part
        elif part:
            found.append((sign, part))
    return found
