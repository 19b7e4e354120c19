"""Contradictions between fields: each is refused at its place, and the clean study files have none."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from celltrial.protocol import Protocol, read_protocol
from celltrial.protocol.consistency import check_consistency

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@cache
def data_of(name: str) -> dict[str, Any]:
    path = next(EXAMPLES.glob(f"{name}*.yaml"))
    return read_protocol(path.read_text(encoding="utf-8"), path.name).model_dump(mode="json")


def faults_after(name: str, *changes: tuple[str, Any]) -> list[tuple[str, str]]:
    data = copy.deepcopy(data_of(name))
    for path, value in changes:
        *parents, last = path.split(".")
        here: Any = data
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        key = int(last) if isinstance(here, list) else last
        here[key] = value(here[key]) if callable(value) else value
    return [(item.id, item.where) for item in check_consistency(Protocol.model_validate(data))]


def criterion(**values: Any) -> dict[str, Any]:
    text = {"en": "As stated", "zh": "如方案所述"}
    return {"assessment": "laboratory", "source": "laboratory", "text": text, "id": "X-1", "window": "14 d"} | values


def adding(**values: Any) -> tuple[str, Any]:
    return "population.criteria", lambda rows: [*rows, criterion(**values)]


CRITERIA = [
    # an exclusion turned round: haemoglobin >= 80 is included, everything of 70 and more is excluded
    (adding(kind="exclusion", concept="haemoglobin", operator=">=", value=70, unit="g/L"), "PRT-013", 17),
    (adding(kind="exclusion", concept="haemoglobin", operator=">=", value=80, unit="g/L"), "PRT-013", 17),
    (adding(kind="exclusion", concept="haemoglobin", operator=">", value=80, unit="g/L"), None, 17),
    (adding(kind="inclusion", concept="haemoglobin", operator="<", value=80, unit="g/L"), "PRT-013", 17),
    (adding(kind="inclusion", concept="haemoglobin", operator="<=", value=80, unit="g/L"), None, 17),
    # the same concept in another unit is no contradiction of numbers
    (adding(kind="inclusion", concept="serum_creatinine", operator="<=", value=176, unit="umol/L"), None, 17),
    (adding(kind="exclusion", concept="measurable_disease", operator="is", value=True), "PRT-024", 17),
    (adding(kind="inclusion", concept="ecog", operator="<=", value=6), "PRT-005", 17),
    (adding(kind="inclusion", concept="haemoglobin", operator=">=", value="high", unit="g/L"), "PRT-005", 17),
    (adding(kind="inclusion", concept="haemoglobin", operator=">=", value=True, unit="g/L"), "PRT-005", 17),
    (adding(kind="inclusion", concept="disease_stage", operator="in", value="ISS-I"), "PRT-005", 17),
    (adding(kind="inclusion", concept="disease_stage", operator="is", value=["ISS-I"]), "PRT-005", 17),
    (adding(kind="inclusion", concept="alt", operator="<=", value=2.5, unit="xULN", window="1 mo"), "PRT-005", 17),
]


@pytest.mark.parametrize(("change", "expected", "index"), CRITERIA)
def test_criteria_that_nobody_can_meet_or_compute(change, expected, index):
    found = faults_after("bcma", change)
    assert [item[0] for item in found] == ([] if expected is None else [expected])
    assert all(item[1].startswith(f"population.criteria.{index}") for item in found)


def test_conditions_on_the_day_of_infusion_are_held_to_the_same_rules():
    def doubled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows, {**rows[0], "operator": ">", "value": 39}]

    found = faults_after("bcma", ("treatment.infusion.conditions", doubled))
    assert {item[0] for item in found} == {"PRT-012", "PRT-013"}
    assert all(item[1].startswith("treatment.infusion.conditions.2") for item in found)


def test_an_exclusion_below_eighteen_is_adults_only_too():
    young = criterion(kind="exclusion", concept="age", operator="<", value=18, unit="y")
    changes = (("population.criteria.0", young), ("population.paediatric.included", True))
    assert faults_after("bcma", *changes) == [("PRT-011", "population.paediatric.included")]


PLACES = [
    ("bcma", "treatment.lymphodepletion.minimum_days_to_infusion", 8, "PRT-022"),
    ("bcma", "manufacturing.turnaround", "36 d", "PRT-022"),
    ("bcma", "treatment.bridging.washout", "36 d", "PRT-022"),
    ("bcma", "efficacy.visits.1.day", 40, "PRT-023"),
    ("bcma", "efficacy.visits.1.name", "Month 1", "PRT-012"),
    ("bcma", "efficacy.sustained_response_window", 90, "PRT-022"),
    ("bcma", "follow_up.window", "46 d", "PRT-023"),
    ("bcma", "follow_up.years", 4, "PRT-022"),
    ("bcma", "follow_up.separate_protocol_id", "CT-BCMA-01", "PRT-022"),
    ("bcma", "escalation.dlt.rules.0.longer_than", "29 d", "PRT-022"),
    ("bcma", "escalation.dlt.window", "0 d", "PRT-022"),
    ("bcma", "stopping.rules.0.event.window", "0 d", "PRT-022"),
    ("bcma", "population.minimum_life_expectancy", "13 wk", "PRT-022"),
    ("bcma", "product.exogenous_gene", False, "PRT-010"),
    ("bcma", "product.knocked_out_genes", ["TRAC"], "PRT-010"),
    ("bcma", "product.subsets", [{"name": "CD4", "active": True, "minimum_percent": 60, "maximum_percent": 40}], "PRT-022"),
    ("bcma", "trial.malignancy", False, "PRT-022"),
    ("bcma", "dose.levels.1.label", "DL1", "PRT-012"),
    ("bcma", "dose.minimum_dose", "2e6", "PRT-022"),
    ("bcma", "pharmacology.assay_agreement_limits", [2, 0.5], "PRT-022"),
    ("bcma", "efficacy.endpoints.1.id", "EP-1", "PRT-012"),
    ("bcma", "risk_plan.watch_period", "7 d", "PRT-022"),
    ("bcma", "manufacturing.expected_success", 0.8, "PRT-022"),
    ("mage", "dose.cap", "1e9", "PRT-022"),
    ("cd19-car-t", "confirmatory.sample_size.enrolled", 10, "PRT-022"),
    ("cd19-car-t", "confirmatory.exploratory_result.responders", 5000, "PRT-022"),
    ("cd19-car-t", "confirmatory.null_derivation.studies.0.responders", 5000, "PRT-022"),
    ("cd19-car-t", "confirmatory.tested_doses.0.low", "9e9", "PRT-022"),
    ("cik", "confirmatory.randomisation.ratio", [1, 0], "PRT-022"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "expected"), PLACES)
def test_a_contradiction_stands_at_its_field(name, path, value, expected):
    found = faults_after(name, (path, value))
    assert expected in {item[0] for item in found}
    for fault, where in found:
        if fault == expected:
            assert where.split(".")[0] == path.split(".")[0]


def test_a_ratio_of_one_part_is_no_ratio():
    found = faults_after("cik", ("arms", []), ("confirmatory.randomisation.ratio", [1]))
    assert found == [("PRT-022", "confirmatory.randomisation.ratio")]


def test_an_intercurrent_event_has_one_strategy():
    twice = [
        {"event": "death", "strategy": "composite"},
        {"event": "death", "strategy": "hypothetical"},
    ]
    path = "efficacy.endpoints.0.estimand"
    found = faults_after("cd19-car-t", (f"{path}.intercurrent_events", twice))
    assert found == [("PRT-012", f"{path}.intercurrent_events.1.event")]


def test_an_interval_of_a_confirmation_that_is_not_required_is_refused():
    interval = ("efficacy.confirmation_interval", "28 d")
    assert faults_after("bcma", ("efficacy.confirmation_required", True), interval) == []
    assert (
        faults_after("bcma", ("efficacy.confirmation_required", False), ("efficacy.confirmation_interval", None)) == []
    )
    found = faults_after("bcma", ("efficacy.confirmation_required", False), interval)
    assert found == [("PRT-031", "efficacy.confirmation_interval")]
