"""Sizes of files and functions, and what the tree must not hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
BANNED = {"utils.py", "helpers.py", "common.py", "misc.py"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_file_is_short_and_its_functions_are(path):
    text = path.read_text(encoding="utf-8")
    if not path.name.endswith("_data.py"):
        assert text.count("\n") <= 500
    assert path.name not in BANNED
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                assert (body[-1].end_lineno or 0) - body[0].lineno < 60, f"{path}:{node.lineno} {node.name}"


def test_the_tree_names_no_package_index_and_no_machine_path():
    folders = "work|farm|root"
    words = ("index" + "-url", r"https?://[^\s]*(/simple\b|\.whl\b)", rf"(?<![\w.])/(?:{folders})/")
    wrong = re.compile("|".join(words))
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts)
        if not path.is_file() or hidden or set(parts) & {"out", "__pycache__", "build"}:
            continue
        if (
            path.suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".json", ".cfg", ""}
            and path.name != "test_sizes.py"
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not wrong.search(text), path
