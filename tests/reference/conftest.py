"""The cases of ../shared/reference/design_reference.json, handed out so that no case can be passed over in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class Case(dict[str, Any]):
    """One case; remembers whether its outputs were looked at."""

    compared = False

    def __getitem__(self, key: str) -> Any:
        """Return a field."""
        self.compared = self.compared or key == "outputs"
        return super().__getitem__(key)


DesignCases = Callable[..., list[Case]]


def chosen(cases: list[Case], group: str, inputs: dict[str, object]) -> list[Case]:
    """Return the cases of a group whose inputs have these values."""
    found = [c for c in cases if c["group"] == group and all(c["inputs"].get(k) == v for k, v in inputs.items())]
    assert found, f"no case of {group} with {inputs}"
    return found


@pytest.fixture(scope="session")
def design_reference(shared: Path) -> list[Case]:
    """Every case of the file."""
    every = json.loads((shared / "reference" / "design_reference.json").read_text(encoding="utf-8"))["cases"]
    return [Case(case) for case in every]


@pytest.fixture
def design_cases(design_reference: list[Case]) -> Iterator[DesignCases]:
    """Return a function of group and input values: those cases, all of which the test must compare.

    Group and values are written as constants in the call: `test_every_case_of_the_file_is_compared` reads them there.
    """
    given: list[Case] = []

    def cases(group: str, **inputs: object) -> list[Case]:
        found = [Case(case) for case in chosen(design_reference, group, inputs)]
        given.extend(found)
        return found

    yield cases
    assert [case["id"] for case in given if not case.compared] == []
