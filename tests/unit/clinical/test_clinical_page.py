"""The reference page of the clinical rules is as the code makes it, and its example runs."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "clinical-rules.md"


def test_the_page_is_current():
    made = runpy.run_path(str(ROOT / "docs" / "clinical_page.py"))
    assert made["main"](check=True) == 0, "run: python docs/clinical_page.py"


def test_its_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
