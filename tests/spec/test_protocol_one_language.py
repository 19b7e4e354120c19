"""A protocol written in one language is a whole protocol: it is read, reviewed, tried and printed like one in both."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from celltrial.guideline.experiments import EXPERIMENTS, opened, run
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.verdict import Kind
from celltrial.protocol import Protocol
from spec.guideline_edits import BCMA, CD19, CIK, TIL, data_of, reviewed


def only(node: Any, language: str) -> Any:
    """Return plain data with every text in one language alone."""
    if isinstance(node, dict):
        if set(node) == {"en", "zh"}:
            return {language: node[language]}
        return {key: only(item, language) for key, item in node.items()}
    return [only(item, language) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", [BCMA, CD19, CIK, TIL])
def test_a_protocol_in_one_language_has_the_verdicts_of_both(name, language):
    plan = Protocol.model_validate(only(copy.deepcopy(data_of(name)), language))
    one, both = review(plan, packaged_register()), reviewed(name)
    differ = {item.clause.id for item in one.verdicts if item.kind is not both.by_clause[item.clause.id].kind}
    assert {clause for clause in differ if one.by_clause[clause].kind is Kind.FINDING} == set()
    trial = opened(plan)
    assert all(answer.holds for experiment in EXPERIMENTS for answer in run(experiment, trial).answers)
