"""Every parameter of the register is read: changing it changes the findings of its clause on a protocol that it speaks to."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any

import pytest

from celltrial.guideline.register import Register, packaged_register
from celltrial.guideline.review import review
from spec.guideline_edits import BCMA, CD19, DC, NK, TCR, Change, edited, evidence

ADULTS = [evidence("clinical", "29 of 31 adult subjects responded", "qu2022")]
CHILD: list[Change] = [
    ("population.paediatric", {"included": True, "adult_data": ADULTS, "cohort_opens_after_adult_review": True}),
    (
        "follow_up.paediatric",
        {
            "growth_monitoring": True,
            "retention_plan": {"en": "Yearly calls to the family by one nurse", "zh": "由固定护士每年联系家属"},
            "transition_plan": {"en": "Hand-over visit at 18 with both teams", "zh": "18岁时两科联合交接访视"},
        },
    ),
]
PLAIN: list[Change] = [("trial.malignancy", False), ("escalation.non_oncology_exclusion_rate", 0.5)]
SMALL_COHORT: list[Change] = [*PLAIN, ("escalation.design.params", lambda one: {**one, "cohort_size": 5})]
LOW: list[Change] = [
    ("product.vector", {"kind": "mRNA", "integration": "none"}),
    ("follow_up.years", 6.0),
    ("product.persistence_bound", "30 d"),
    ("product.delayed_event_onset_bound", "1 y"),
]

#: Clause and parameter -> example, edits of it, and the value in place of the register's.
CASES: dict[tuple[str, str], tuple[str, list[Change], float]] = {
    ("1.3-g", "review_interval_months"): (BCMA, [], 3),
    ("2.1.1.2-b", "evaluable_target"): (BCMA, [], 0.8),
    ("2.1.1.4-b", "descriptive_below"): (BCMA, [("pharmacology.antibody_comparison", "comparative")], 20),
    ("2.1.1.4-c", "pregnancy_test_window_days"): (BCMA, [], 3),
    ("2.1.3-k", "other_reason_limit"): (BCMA, [("manufacturing.failure_plan.other_reason_limit", 0.1)], 0.05),
    ("2.2.1.1-c", "clone_resampling_months"): (BCMA, [], 2),
    ("2.2.1.1-d", "too_toxic_rate"): (BCMA, [], 0.3),
    ("2.2.1.1-d", "stop_chance"): (BCMA, [], 0.95),
    ("2.2.1.1-d", "overdose_chance"): (BCMA, [], 0.05),
    ("2.2.1.1-e", "inactive_chance"): (NK, [], 1.0),
    ("2.2.2.3-b", "step_low"): (BCMA, [], 1.9),
    ("2.2.2.3-b", "step_high"): (TCR, [], 2.9),
    ("2.2.2.3-c", "step_high"): (BCMA, [], 2.5),
    ("2.2.2.3-d", "confidence"): (BCMA, SMALL_COHORT, 0.999),
    ("2.2.4-c", "onset_quantile"): (BCMA, [("escalation.staggering.between_later", "13 d")], 0.99),
    ("2.2.5-a", "peak_first_day"): (BCMA, [], 15),
    ("2.2.5-a", "peak_last_day"): (BCMA, [], 8),
    ("2.2.5-a", "peak_samples"): (BCMA, [], 6),
    ("2.2.5-a", "persistence_day"): (BCMA, [], 400),
    ("2.3.2-g", "responder_follow_up_months"): (CD19, [], 24),
    ("2.3.2-h", "month_3_day"): (BCMA, [], 120),
    ("2.3.2-h", "window_days"): (BCMA, [("efficacy.sustained_response_day", 80)], 7),
    ("2.3.2-l", "detectable_rate"): (CD19, [], 0.001),
    ("2.3.2-l", "confidence"): (CD19, [], 0.9999),
    ("3.1-f", "years"): (DC, [], 2),
    ("3.1-g", "years"): (BCMA, LOW, 7),
    ("3.1-h", "years"): (BCMA, [], 16),
    ("3.1-m", "adult_age"): (BCMA, CHILD, 21),
    ("3.1-n", "overdue_first_days"): (BCMA, CHILD, 14),
    ("3.1-n", "overdue_second_days"): (BCMA, CHILD, 45),
    ("3.1-n", "overdue_third_days"): (BCMA, CHILD, 80),
}


def changed(clause: str, name: str, value: float) -> Register:
    """Return the register with one parameter changed."""
    register = packaged_register()
    row = register.clauses[clause]
    row = dataclasses.replace(row, params=MappingProxyType({**row.params, name: value}))
    return dataclasses.replace(register, clauses=MappingProxyType({**register.clauses, clause: row}))


def findings(protocol: Any, clause: str, register: Register) -> set[tuple[str, str]]:
    verdict = review(protocol, register).by_clause[clause]
    assert verdict.applicability.applies, clause
    return {(item.code, item.path) for item in verdict.findings}


def test_every_parameter_of_the_register_has_its_case():
    register = packaged_register()
    assert set(CASES) == {(name, key) for name, clause in register.clauses.items() for key in clause.params}


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_another_value_of_a_parameter_gives_another_verdict(case):
    clause, name = case
    example, changes, value = CASES[case]
    protocol = edited(example, *changes)
    before = findings(protocol, clause, packaged_register())
    assert before != findings(protocol, clause, changed(clause, name, value))
