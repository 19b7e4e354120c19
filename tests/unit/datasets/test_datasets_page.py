"""The reference page of the analysis tables is the one that the code makes."""

from __future__ import annotations

import runpy
from pathlib import Path

from celltrial.datasets import DATASETS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_page_is_fresh():
    made = runpy.run_path(str(DOCS / "datasets_page.py"))["text"]()
    assert (DOCS / "reference" / "analysis-tables.md").read_text(encoding="utf-8") == made
    assert all(f"## {name}\n" in made for name in DATASETS)
