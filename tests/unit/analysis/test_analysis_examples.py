"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest

WITH_EXAMPLES = [
    "agreement",
    "assay_agreement",
    "comparability",
    "cumulative_incidence",
    "event_rate",
    "exposure",
    "factor",
    "half_life",
    "kaplan_meier",
    "kinetics",
    "profile",
    "proportion",
    "restricted_mean",
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings(name):
    found = doctest.testmod(importlib.import_module(f"celltrial.analysis.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
