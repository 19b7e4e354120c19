"""Tables and headings on the terminal; everything else about wording is in the catalogues."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


_WORD = 24


def console() -> Console:
    """Return the terminal; piped output is as wide as it needs to be."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """Print a table; the first `left` columns are text, the others numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    lines = [tuple(row) for row in rows]
    for position, column in enumerate(columns):
        words = [word for row in lines for word in row[position].split()] if position < left else []
        widest = min(_WORD, max(map(len, words), default=0))  # no name of a design is broken in two
        table.add_column(column, justify="left" if position < left else "right", overflow="fold", min_width=widest)
    for row in lines:
        table.add_row(*row)
    out = console()
    out.print(title, style="bold", markup=False)  # outside the table, so that a narrow table does not fold it
    out.print(table)


def percent(value: float | None, digits: int = 1) -> str:
    """Return a probability in per cent; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def json_text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return JSON for machines: UTF-8, keys as they are, no NaN."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=str)


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print JSON for machines."""
    print(json_text(value))
