"""Clean protocols of several kinds, each made from the example, and single edits of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from celltrial.guideline.register import Register, packaged_register
from celltrial.protocol import Protocol, read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"
TEXT = {"en": "As stated in section 4.2 of the synopsis", "zh": "依概要第4.2节所述"}


def evidence(kind: str) -> dict[str, Any]:
    return {"kind": kind, "statement": TEXT}


def set_path(data: Any, path: str, value: Any) -> None:
    """Set one dotted path; a function as value is given what is there."""
    *parents, last = path.split(".")
    for part in parents:
        data = data[int(part)] if isinstance(data, list) else data[part]
    key = int(last) if isinstance(data, list) else last
    data[key] = value(data[key]) if callable(value) else copy.deepcopy(value)


@pytest.fixture(scope="session")
def register() -> Register:
    return packaged_register()


@pytest.fixture(scope="session")
def example_data() -> dict[str, Any]:
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    return protocol.model_dump(mode="json")


@pytest.fixture(scope="session")
def edited() -> Callable[..., Protocol]:
    def edit(data: dict[str, Any], *changes: tuple[str, Any]) -> Protocol:
        changed = copy.deepcopy(data)
        for path, value in changes:
            set_path(changed, path, value)
        return Protocol.model_validate(changed)

    return edit


ESTIMAND = {
    "population": "enrolled",
    "treatment": TEXT,
    "summary": "hazard ratio",
    "intercurrent_events": [
        {"event": event, "strategy": "treatment_policy"}
        for event in ("manufacturing_failure", "bridging_therapy", "new_anticancer_therapy", "transplant")
    ],
}

CONFIRMATORY_CHANGES: tuple[tuple[str, Any], ...] = (
    ("trial.phase", "confirmatory"),
    ("trial.phase_label", "III"),
    ("trial.first_in_human", False),
    ("trial.seamless", False),
    ("trial.design", "RCT"),
    ("escalation", None),
    ("dose.levels", [{"label": "RP2D", "cells": "3e6"}]),
    ("manufacturing.failure_plan.maximum_enrolled", 140),
    ("population.benefit_risk.0.phase", "confirmatory"),
    ("trial.blinding.unblinded_roles", {"investigator": TEXT, "subject": TEXT}),
    ("efficacy.independent_review.role", "primary"),
    ("efficacy.investigator_sensitivity_analysis", False),
    (
        "efficacy.endpoints",
        lambda rows: (
            [row for row in rows if row["rank"] != "primary" and row["id"] != "EP-6"]
            + [
                {**rows[5], "rank": "primary", "id": "EP-6", "direct_clinical_benefit": True, "estimand": ESTIMAND},
                {**rows[5], "rank": "secondary", "id": "EP-9", "kind": "overall_survival"},
                {**rows[5], "rank": "secondary", "id": "EP-10"},
            ]
        ),
    ),
    (
        "confirmatory",
        {
            "comparator": "active",
            "randomisation": {"method": "permuted_blocks", "point": "before_collection"},
            "sample_size": {
                "method": "log_rank",
                "params": {"hazard_ratio": 0.5},
                "infused": 100,
                "enrolled": 130,
                "probability_infused": 0.85,
            },
            "exploratory_result": {"responders": 27, "subjects": 28},
            "tested_doses": [
                {"low": "1e6", "high": "6e6", "basis": "target_positive_viable", "process_version": "P1"},
                {"low": "3e6", "high": "3e6", "basis": "target_positive_viable", "process_version": "P1"},
            ],
            "safety_set_size": 300,
            "safety_set_rationale": TEXT,
        },
    ),
)

SINGLE_ARM_CHANGES: tuple[tuple[str, Any], ...] = (
    ("trial.design", "SAT"),
    ("confirmatory.comparator", "none"),
    ("confirmatory.randomisation", None),
    (
        "confirmatory.sample_size",
        {
            "method": "one_stage",
            "params": {"null_rate": 0.3, "alternative_rate": 0.5},
            "infused": 66,
            "enrolled": 90,
            "probability_infused": 0.85,
        },
    ),
    ("confirmatory.single_arm_reason", TEXT),
    ("confirmatory.single_arm_evidence", [evidence("literature")]),
    ("confirmatory.rct_feasibility", TEXT),
    (
        "confirmatory.null_derivation",
        {"studies": [{"responders": 20, "subjects": 100, "reference": "qu2022"}], "differences_listed": TEXT},
    ),
    (
        "justifications",
        [
            {
                "clause": "2.3.1-a",
                "reason": TEXT,
                "evidence": [{**evidence("literature"), "reference": "qu2022"}],
                "signed_by": "sponsor",
                "signed_on": "2025-01-06",
            }
        ],
    ),
)

WEIGHT = {
    "id": "I-02",
    "kind": "inclusion",
    "concept": "body_weight",
    "operator": ">=",
    "value": 12,
    "unit": "kg",
    "assessment": "scales",
    "source": "examination",
    "window": "7 d",
    "text": TEXT,
}

CHANGES: dict[str, tuple[tuple[str, Any], ...]] = {
    "escalation": (),
    "interrupting": (
        ("trial.interrupts_therapy", True),
        ("trial.washout_rationale", evidence("clinical")),
        (
            "trial.interruption",
            {
                "washout": "14 d",
                "median_progression": "90 d",
                "median_progression_low": "60 d",
                "benefit_probability": 0.6,
                "benefit_probability_low": 0.4,
                "evidence": [evidence("clinical")],
            },
        ),
    ),
    "paediatric": (
        ("population.criteria.0.value", 3),
        ("population.criteria.1", {**WEIGHT}),
        ("pharmacology.measurements", lambda rows: [{**row, "volume_ml": 0.1} for row in rows]),
        ("population.paediatric", {"included": True, "adult_data": [evidence("clinical")]}),
        ("population.paediatric.cohort_opens_after_adult_review", True),
        ("follow_up.paediatric", {"growth_monitoring": True, "retention_plan": TEXT, "transition_plan": TEXT}),
    ),
    "mrna": (
        ("product.vector.kind", "mRNA"),
        ("product.ex_vivo_steps", ["activation", "mRNA electroporation", "expansion"]),
        ("product.vector.integration", "none"),
        ("product.persistence_bound", "1 y"),
        ("product.delayed_event_onset_bound", "1 y"),
        ("follow_up.years", 5),
    ),
    "cik": (
        ("product.type", "CIK"),
        ("product.ex_vivo_steps", ["activation", "expansion with interleukin-2"]),
        ("product.gene_modified", False),
        ("product.exogenous_gene", False),
        ("product.vector", None),
        ("product.alters_survival_or_differentiation", False),
        ("product.complex_processing", False),
        ("product.persistence_bound", None),
        ("product.delayed_event_onset_bound", None),
        ("product.natural_survival", "6 mo"),
        ("treatment.lymphodepletion", None),
        ("follow_up.years", 1),
    ),
    "autoimmune": (
        ("trial.malignancy", False),
        ("trial.haematological", None),
        ("escalation.non_oncology_exclusion_rate", 0.7),
    ),
    "randomised": CONFIRMATORY_CHANGES,
    "single_arm": CONFIRMATORY_CHANGES + SINGLE_ARM_CHANGES,
}


@pytest.fixture(scope="session")
def clean(example_data, edited) -> Callable[[str], dict[str, Any]]:
    """Return the data of a clean protocol of one kind."""

    def make(kind: str) -> dict[str, Any]:
        return edited(example_data, *CHANGES[kind]).model_dump(mode="json")

    return make
