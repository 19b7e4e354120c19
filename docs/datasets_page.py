"""Write the reference page of the analysis tables; with --check, fail where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from page_writing import keep

from celltrial.analysis import ANALYSES
from celltrial.datasets import DATASETS
from celltrial.datasets.spec import Column, DatasetSpec

PAGE = Path(__file__).resolve().parent / "reference" / "analysis-tables.md"
NOTE = "<!-- Made by `python docs/datasets_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# The analysis tables

For statisticians and programmers who analyse a trial, and for reviewers who trace a number back to its record.

Every table is derived from the events of the ledger by `celltrial.datasets.derive(events, cut=...)`, along one of two times:
`as_known` keeps what the ledger had recorded by the moment of the cut, `as_occurred` what had happened by then. Corrections are
applied to the fact they correct. Nothing is entered by hand, analysis sets included.

- A flag is Boolean and never empty. A date is the site's local calendar date.
- `day` is the **infusion day**: 0 on the day of infusion; empty for a subject who was not infused. It is not the CDISC study day.
- `adtte.aval` is elapsed days; `cnsr` is 0 for an event and 1 for a censored time.
- The ADaM column names the CDISC variable to which a column is written, where there is one.
"""


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield NOTE
    yield INTRODUCTION
    for spec in DATASETS.values():
        yield from _table(spec)
    yield "## Analyses"
    yield ""
    yield "Each module has `estimate`, whose docstring holds rules, units, source and what it was checked against."
    yield ""
    yield "| analysis | module |"
    yield "|---|---|"
    for name, module in ANALYSES.items():
        yield f"| {name.replace('_', ' ')} | `{module}` |"


def _table(spec: DatasetSpec) -> Iterator[str]:
    yield f"## {spec.name}"
    yield ""
    yield f"{spec.row[0].upper()}{spec.row[1:]}. Key: {', '.join(f'`{key}`' for key in spec.keys)}."
    yield ""
    yield "| column | type | unit | ADaM | meaning |"
    yield "|---|---|---|---|---|"
    for column in spec.columns:
        yield f"| `{column.name}` | {column.dtype} | {column.unit} | {column.adam} | {_meaning(column)} |"
    yield ""


def _meaning(column: Column) -> str:
    codes = f"; one of {', '.join(f'`{code}`' for code in column.codes)}" if column.codes else ""
    return f"{column.meaning}{codes}"


def text() -> str:
    """Return the page."""
    return "\n".join(page()) + "\n"


def main(*, check: bool) -> int:
    """Write the page, or return 1 where it is stale."""
    return keep(PAGE, text(), check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
