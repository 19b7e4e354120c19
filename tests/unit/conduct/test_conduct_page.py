"""The reference page is what the code says, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def maker():
    import conduct_page

    return conduct_page


def test_the_page_is_not_stale(maker):
    assert maker.main(check=True) == 0


def test_the_example_on_the_page_runs(maker, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", maker.PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "conduct.md", "exec"), {})
