"""The one way in which a generated page is written, or held against what the code makes now."""

from __future__ import annotations

from pathlib import Path


def keep(page: Path, text: str, *, check: bool) -> int:
    """Write a page and return 0; with `check` write nothing, and say so and return 1 where it is stale."""
    if not check:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        return 0
    if page.is_file() and page.read_text(encoding="utf-8") == text:
        return 0
    print(f"stale: {page.parent.name}/{page.name}; run `make docs`")
    return 1
