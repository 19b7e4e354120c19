"""Write the reference page of units and terms; with --check, fail where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from page_writing import keep

PAGE = Path(__file__).resolve().parent / "reference" / "vocabulary.md"
NOTE = "<!-- Made by `python docs/vocabulary_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# Units and terms

For those who write a protocol, enter values or map a cohort: what may be written, and what it is read as.

## Values

A value is a number, a value below or above a limit (`<0.5`, `≤3`, `＞40000`, `小于0.5`), or a result in words (`negative`, `阴性`,
`unknown`); what was written is kept. A value beyond a limit is compared in three-valued logic: below 0.5 is below 1, it is not
above 0.5, and whether it is above 0.4 is unknown.

## Units

A unit is read in every spelling that is in use, in Latin, Greek, full-width or Chinese letters, with the power of ten raised or not:
`10^9/L`, `10*9/L`, `×10⁹/L`, `10E9/L`, `G/L`, `K/µL`, `10^3/uL` are one unit. Values are converted exactly, between mass and amount of
substance by what is observed. What can be read in two ways is refused: `MG/DL`, `M/L`, `109/L`. Nothing is converted that needs more
than is known: multiples of a limit of normal, international units of other substances than enzymes, FEU and DDU.
"""


def lines() -> Iterator[str]:
    """Return the page, line by line."""
    from celltrial.core import terms
    from celltrial.core.quantities import observations
    from celltrial.core.units_data import ATOMS

    yield NOTE
    yield INTRODUCTION
    yield "| unit (UCUM) | spellings |"
    yield "|---|---|"
    spelled: dict[str, list[str]] = {}
    for spelling, (code, *_) in ATOMS.items():
        spelled.setdefault(code, []).append(spelling)
    for code, spellings in spelled.items():
        yield f"| `{code}` | {', '.join(f'`{item}`' for item in spellings)} |"
    yield "\n## What is observed\n"
    yield "The first unit is the one in which the analysis tables stand; whatever converts to one of them may be used.\n"
    yield "| code | English | 中文 | units |"
    yield "|---|---|---|---|"
    for item in observations():
        units = ", ".join(f"`{symbol}`" for symbol in item.symbols if symbol)
        yield f"| `{item.code}` | {', '.join(item.names['en'])} | {'、'.join(item.names['zh'])} | {units} |"
    for kind in get_args(terms.Kind):
        yield f"\n## Terms: {kind.replace('_', ' ')}\n"
        yield "| code | English | 中文 |"
        yield "|---|---|---|"
        for code in terms.codes(kind):
            english, chinese = (terms.names(code, kind, language) for language in ("en", "zh"))
            yield f"| `{code}` | {', '.join(english)} | {'、'.join(chinese)} |"


def main(*, check: bool) -> int:
    """Write the page, or with `check` compare; return 1 where it is stale."""
    return keep(PAGE, "\n".join(lines()).rstrip() + "\n", check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
