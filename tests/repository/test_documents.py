"""Documents: generated pages are fresh, code blocks run, records of decisions have their parts."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PARTS = ("**Status**", "**Date**", "**Context**", "**Options**", "**Decision**", "**Consequences**", "**Held by**")


def test_the_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorials").glob("*.md"))], ids=lambda path: path.stem
)
def test_every_code_block_runs_in_order(path, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    assert blocks
    script = tmp_path / "blocks.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    runpy.run_path(str(script))


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_record_of_a_decision_has_its_parts(path):
    text = path.read_text(encoding="utf-8")
    assert re.match(r"\d{4}-[a-z0-9-]+\.md", path.name)
    assert text.startswith(f"# {path.name[:4]} ")
    missing = [part for part in PARTS if part.strip("*").lower() not in text.lower()]
    assert not missing


def test_records_of_decisions_have_numbers_of_their_own():
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_the_readme_is_short_and_starts_with_a_picture():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    picture = next(line for line in lines[1:] if line.strip())
    assert picture.startswith("![")
    assert (ROOT / re.search(r"\((.*?)\)", picture).group(1)).is_file()


def test_links_between_documents_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path}: {target}"
