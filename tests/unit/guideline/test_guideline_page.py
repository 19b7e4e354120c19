"""The reference page is current and its code runs."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "guideline.md"


def test_the_page_is_current():
    made = runpy.run_path(str(ROOT / "docs" / "guideline_page.py"))
    assert made["main"](check=True) == 0, "run: python docs/guideline_page.py"


def test_every_clause_stands_on_the_page(register):
    text = PAGE.read_text(encoding="utf-8")
    for clause in register.clauses.values():
        assert f"| {clause.id} |" in text


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
def test_the_code_of_the_page_runs(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(block, str(PAGE), "exec"), {})
