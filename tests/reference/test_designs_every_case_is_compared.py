"""Every case of ../shared/reference/design_reference.json is compared by some test, or named here with the reason.

Two halves. A test gets its cases from the fixture `design_cases`, which fails the test where it did not look at the
outputs of one of them. Here the calls of that fixture are read in the source of the tests: the cases they
select, put together, are all cases of the file.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NOT_COMPARED = {
    "efftox_posterior/d1": "there is no EffTox among the designs; its place is taken by BOIN12, U-BOIN and the joint table",
    "efftox_posterior/d2": "as d1",
}


@cache
def calls() -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Return (module, group, input values) of every call of the fixture."""
    found = []
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "design_cases":
                inputs = {word.arg or "": ast.literal_eval(word.value) for word in node.keywords}
                found.append((path.name, str(ast.literal_eval(node.args[0])), inputs))
    return tuple(found)


@pytest.mark.shared
def test_every_case_of_the_file_is_compared(design_reference: list[dict[str, Any]]) -> None:
    taken = {
        case["id"]
        for _, group, inputs in calls()
        for case in design_reference
        if case["group"] == group and all(case["inputs"].get(k) == v for k, v in inputs.items())
    }
    every = [case["id"] for case in design_reference]
    assert len(every) == len(set(every)) >= 397
    assert sorted(set(every) - taken) == sorted(NOT_COMPARED)


@pytest.mark.shared
def test_every_call_selects_something(design_reference: list[dict[str, Any]]) -> None:
    groups = {case["group"] for case in design_reference}
    assert {group for _, group, _ in calls()} <= groups
    assert len(calls()) >= 35


def test_nobody_reads_the_file_past_the_fixture() -> None:
    own = {"conftest.py", Path(__file__).name}
    past = [p.name for p in HERE.glob("*.py") if p.name not in own and "design_reference.json" in p.read_text()]
    assert past == []
