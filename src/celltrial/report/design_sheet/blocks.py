"""A block of the sheet: a title, what it shows, a table or a figure, and how its numbers were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: heads, rows of cells; the first `left` columns are words."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """One block, in words of the page's language.

    basis: how the numbers were found: computed exactly, or simulated with its seed and standard errors.
    chart: an altair chart; grid: a table; lines: sentences.
    """

    title: str
    basis: str = ""
    lead: str = ""
    chart: Any = None
    grid: Grid | None = None
    lines: tuple[str, ...] = field(default=())
