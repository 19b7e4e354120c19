"""Section 13: the abbreviations that the document uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from celltrial.report.content.values import Recorded, Text
from celltrial.report.document.blocks import Block, Grid, GridRow
from celltrial.report.document.reading_aloud import block_text
from celltrial.report.render.words import Words

_WORD: Final = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
ABBREVIATIONS: Final = (
    "ADME", "AESI", "ALT", "ASTCT", "CAR", "CIK", "CNS", "CRS", "CTCAE", "ctDNA", "DLT", "DC", "ECOG", "ELISA", "GVHD",
    "HIV", "HLA", "HLH", "ICAHT", "ICANS", "IEC-HS", "IMWG", "ISS", "LLOQ", "LTFU", "MRD", "NK", "PSA", "qPCR", "RCL",
    "RECIST", "SOP", "TCR", "TIL", "ULN",
)  # fmt: skip


def glossary(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the abbreviations that are in the English text of these blocks, with their meaning."""
    words = Words("en")
    lines = (line for block in blocks for line in block_text(block, words))
    found = {part for line in lines for word in _WORD.findall(line) for part in (word, *word.split("-"))}
    used = [short for short in ABBREVIATIONS if short in found]
    if used:
        rows = tuple(GridRow((Recorded(short), Text(f"document.short.{short}"))) for short in used)
        yield Grid((Text("document.head.short"), Text("document.head.meaning")), rows)
