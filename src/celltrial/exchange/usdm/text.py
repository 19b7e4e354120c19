"""The JSON text of a USDM document: the edge of `core.reading` with the fault ids of the exchange."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.core.reading.json_text import read_json as read

#: Ten times the largest document of ours.
MAXIMUM_CHARACTERS: Final = 20_000_000
_IDS: Final[Mapping[str, str]] = MappingProxyType(
    {"syntax": "EXC-120", "extent": "EXC-121", "half": "EXC-122", "twice": "EXC-137", "number": "EXC-138"}
)


def read_json(text: str, file: str) -> Any:
    """Return the data of a JSON text.

    EXC-120 not JSON (line and column); EXC-121 too large or too deep; EXC-122 a text with half a character; EXC-137 a
    name twice in one object; EXC-138 a number that is not finite or larger than anything counted; COR-052 a character
    that cannot be seen.
    """
    return read(text, file, most_characters=MAXIMUM_CHARACTERS, ids=_IDS)
