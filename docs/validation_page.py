"""Write the validation page: each requirement, the tests that specify it; with --check, fail where one has none.

The table is `docs/validation/requirements.toml`. Evidence is the run of these tests (`make test`).
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from page_writing import keep

FOLDER = Path(__file__).resolve().parent / "validation"
TESTS = Path(__file__).resolve().parents[1] / "tests"
TABLE, PAGE = FOLDER / "requirements.toml", FOLDER / "README.md"
NOTE = "<!-- Made by `python docs/validation_page.py` from requirements.toml; edit that table, not this page. -->"

INTRODUCTION = """# Validation

For an inspector, an auditor, or whoever installs celltrial for a trial: each requirement, and the executable specification
that holds it. `make test` runs them all; a run of it on the installed system is the evidence. The page is made from
[the table](requirements.toml); it cannot be made while a row names a test that does not exist, or names none.

Acceptance examples (AC-...) are numbered by capability: `AC-C4.1` is the first of capability C4.
"""


@cache
def collected() -> frozenset[str]:
    """Return every file of tests, and every test as FILE::NAME, in classes too."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        file = path.relative_to(TESTS).as_posix()
        found.add(file)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{file}::{node.name}")
    return frozenset(found)


def faults(table: dict[str, Any]) -> Iterator[str]:
    """Yield every row without a test, every test that does not exist, every capability without either."""
    rows = {**table["acceptance"], **table["others"]}
    rows |= {item["line"]: item["tests"] for item in table["integrity"]}
    for key, tests in rows.items():
        if not tests:
            yield f"{key}: no test"
        for test in tests:
            if test not in collected():
                yield f"{key}: there is no test {test}"
    named = {_capability(key) for key in (*table["acceptance"], *table["missing"])} | set(table["others"])
    for key in sorted(set(table["capabilities"]) ^ named):
        yield f"{key}: a capability without a row, or a row without a capability"
    for key in sorted(set(table["missing"]) & set(table["acceptance"])):
        yield f"{key}: missing and held at once"


def _capability(requirement: str) -> str:
    return requirement.removeprefix("AC-").partition(".")[0]


def page(table: dict[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join((NOTE, INTRODUCTION, *_acceptance(table), *_integrity(table))).rstrip() + "\n"


def _acceptance(table: dict[str, Any]) -> Iterator[str]:
    yield "## Capabilities and acceptance examples\n"
    yield "| requirement | tests |"
    yield "|---|---|"
    for key, title in table["capabilities"].items():
        yield f"| **{key} {title}** | {_links(table['others'].get(key, []))} |"
        for requirement, tests in table["acceptance"].items():
            if _capability(requirement) == key:
                yield f"| {requirement} | {_links(tests)} |"
        for requirement, what in table["missing"].items():
            if _capability(requirement) == key:
                yield f"| {requirement} | not built: {what} |"
    yield ""


def _integrity(table: dict[str, Any]) -> Iterator[str]:
    yield "## Data integrity\n"
    yield "| what holds | tests |"
    yield "|---|---|"
    for item in table["integrity"]:
        yield f"| {item['line']} | {_links(item['tests'])} |"
    yield ""


def _links(tests: list[str]) -> str:
    shown = []
    for test in tests:
        file, _, name = test.partition("::")
        shown.append(f"[`{name or file}`](../../tests/{file})")
    return "<br>".join(shown)


def main(*, check: bool) -> int:
    """Write or compare the page; the number of faults of the table, or of stale pages."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    wrong = list(faults(table))
    for line in wrong:
        print(f"docs/validation/{TABLE.name}: {line}")
    return len(wrong) or keep(PAGE, page(table), check=check)


if __name__ == "__main__":
    sys.exit(1 if main(check="--check" in sys.argv[1:]) else 0)
