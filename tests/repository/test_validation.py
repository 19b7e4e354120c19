"""The validation page: every requirement of its table leads to tests that exist, and it says so where one does not."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def maker():
    import validation_page

    return validation_page


@pytest.fixture
def table(maker):
    return tomllib.loads(maker.TABLE.read_text(encoding="utf-8"))


def test_every_row_has_tests_that_exist_and_the_page_is_made_from_them(maker, table):
    assert list(maker.faults(table)) == []
    assert maker.main(check=True) == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t["acceptance"].update({"AC-C4.1": []}), "AC-C4.1: no test"),
        (
            lambda t: t["acceptance"].update({"AC-C4.1": ["spec/x.py::test_y"]}),
            "AC-C4.1: there is no test spec/x.py::test_y",
        ),
        (lambda t: t["integrity"].append({"line": "new", "tests": []}), "new: no test"),
        (
            lambda t: t["capabilities"].update({"Z1": "new"}),
            "Z1: a capability without a row, or a row without a capability",
        ),
        (lambda t: t["missing"].update({"AC-C4.1": "x"}), "AC-C4.1: missing and held at once"),
    ],
)
def test_a_requirement_without_its_test_is_named(maker, table, change, expected):
    changed = copy.deepcopy(table)
    change(changed)
    assert expected in list(maker.faults(changed))


def test_every_acceptance_example_of_the_requirements_is_in_the_table(shared, table):
    text = (shared / "guideline" / "requirements.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"AC-[A-Z]\d+\.\d+", text))
    assert asked == set(table["acceptance"]) | set(table["missing"])
