"""CRS by ASTCT 2019: the vectors of the rule table, the acceptance examples, the edges."""

from __future__ import annotations

from decimal import Decimal

import pytest

from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade, drug_names
from celltrial.clinical.derivation import Attribution
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError

AIR, NC, HFNC = OxygenDevice.ROOM_AIR, OxygenDevice.NASAL_CANNULA, OxygenDevice.HIGH_FLOW_NASAL_CANNULA


def signs(temperature, *, hypotension=False, pressors=(), device=AIR, flow=None, **more):
    return CrsFindings(temperature, hypotension or bool(pressors), pressors, device, flow, **more)


@pytest.mark.parametrize(
    ("findings", "grade"),
    [
        (signs("38.0"), 1),
        (signs("39.5", pressors=["norepinephrine"], device=NC, flow=2), 3),
        (signs("38.4", hypotension=True, device=NC, flow=6), 2),
        (signs("38.4", device=HFNC, flow=7), 3),
        (signs("38.2", pressors=["norepinephrine", "vasopressin"]), 3),
        (signs("38.2", pressors=["norepinephrine", "epinephrine"]), 4),
        (signs("37.0", pressors=["norepinephrine"], episode_open=True, fever_masked=True), 3),
        (signs("38.5", device=OxygenDevice.MECHANICAL_VENTILATION, airway_protection_only=True), 1),
        # AC-C6.1
        (signs("39.1", pressors=["norepinephrine"], device=NC, flow=4), 3),
        (signs("39.1", device=NC, flow=4), 2),
        (signs("39.1", pressors=["norepinephrine", "phenylephrine"]), 4),
        (signs("39.1", pressors=["norepinephrine", "vasopressin"]), 3),
        (signs("36.8", pressors=["norepinephrine"], device=NC, flow=4, episode_open=True, fever_masked=True), 3),
        # the other cells of the table
        (signs("38.1", device=OxygenDevice.BLOW_BY), 2),
        (signs("38.1", device=OxygenDevice.FACE_MASK), 3),
        (signs("38.1", device=OxygenDevice.NON_REBREATHER), 3),
        (signs("38.1", device=OxygenDevice.VENTURI_MASK), 3),
        (signs("38.1", device=OxygenDevice.CPAP), 4),
        (signs("38.1", device=OxygenDevice.BIPAP), 4),
        (signs("38.1", device=OxygenDevice.MECHANICAL_VENTILATION), 4),
        (signs("38.1", device=NC, flow="6.1"), 3),
        (signs("38.1", death_due_to_crs=True), 5),
    ],
)
def test_grade(findings, grade):
    found = derive_crs_grade(findings)
    assert found.grade == grade
    assert not found.incomplete
    assert found.scale == "crs_astct_2019"


def test_fever_limit_is_inclusive_and_exact():
    assert derive_crs_grade(signs("37.99")).grade == 0
    assert derive_crs_grade(signs(38.0)).grade == 1
    assert [str(row) for row in derive_crs_grade(signs("38.0")).trace] == ["temperature 38.0 >= 38.0 degC: true"]


def test_signs_without_fever_outside_an_episode_are_no_crs_and_are_queried():
    found = derive_crs_grade(signs("37.0", hypotension=True))
    assert (found.grade, found.queries) == (0, (Query.CRS_SIGNS_WITHOUT_FEVER,))


def test_masked_fever_without_other_signs_has_ended():
    found = derive_crs_grade(signs("36.5", episode_open=True, fever_masked=True))
    assert (found.grade, found.incomplete, found.caveats) == (0, False, (Caveat.FEVER_WAIVED,))


def test_vasopressin_alone_is_one_vasopressor_and_is_queried():
    found = derive_crs_grade(signs("38.5", pressors=["Vasopressin"]))
    assert (found.grade, found.queries) == (3, (Query.CRS_VASOPRESSIN_ONLY,))


def test_two_names_of_one_drug_are_one_vasopressor():
    assert derive_crs_grade(signs("38.5", pressors=["noradrenaline", "norepinephrine"])).grade == 3
    assert drug_names(["去甲肾上腺素", " Adrenaline "]) == {"norepinephrine", "epinephrine"}


def test_a_drug_that_is_not_listed_counts_and_is_queried():
    found = derive_crs_grade(signs("38.5", pressors=["norepinephrine", "examplamine"]))
    assert (found.grade, found.queries) == (4, (Query.CRS_UNKNOWN_VASOPRESSOR,))


def test_the_deciding_domain_is_the_worst():
    found = derive_crs_grade(signs("39.1", pressors=["norepinephrine"], device=NC, flow=4))
    assert found.deciding_domain == "hypotension"
    both = derive_crs_grade(signs("39.1", hypotension=True, device=NC, flow=4))
    assert both.deciding == ("hypotension", "hypoxia")


@pytest.mark.parametrize(
    ("findings", "label"),
    [
        (CrsFindings("38.5"), ">=1"),
        (CrsFindings("38.5", True), ">=2"),
        (CrsFindings("38.5", None, ["norepinephrine"], AIR), "3"),
        (CrsFindings("38.5", False, None, NC), ">=2"),
        (CrsFindings("38.5", False, None, AIR), ">=1"),
        (CrsFindings(None, True, ["norepinephrine"], AIR), "NE"),
        (CrsFindings(None, True, ["norepinephrine"], AIR, episode_open=True), "3"),
        (CrsFindings(None, False, (), AIR, episode_open=True), "NE"),
        (CrsFindings(), "NE"),
        (CrsFindings("36.8"), "0"),
    ],
)
def test_missing_input_is_never_zero(findings, label):
    assert derive_crs_grade(findings).label == label


def test_a_finding_with_another_cause_does_not_count_and_is_kept():
    sepsis = Attribution("hypotension", "infection", "blood culture grew E. coli", "pi-01")
    found = derive_crs_grade(signs("38.5", pressors=["norepinephrine"], attributions=(sepsis,)))
    assert (found.grade, found.excluded) == (1, (sepsis,))
    assert found.domain("hypotension").excluded


def test_fever_with_another_cause_opens_no_episode():
    infection = Attribution("fever", "infection", "line infection", "pi-01")
    assert derive_crs_grade(signs("39.0", attributions=(infection,))).grade == 0


@pytest.mark.parametrize("empty", ["finding", "cause", "reason", "signer"])
def test_an_attribution_needs_cause_reason_and_signer(empty):
    parts = {"finding": "fever", "cause": "infection", "reason": "culture", "signer": "pi"} | {empty: " "}
    with pytest.raises(UserError) as caught:
        Attribution(**parts)
    assert caught.value.faults[0].id == "CLN-003"


def test_onset_after_day_14_asks_for_another_cause():
    assert derive_crs_grade(signs("38.5", onset_day=14)).queries == ()
    assert derive_crs_grade(signs("38.5", onset_day=15)).queries == (Query.CRS_LATE_ONSET,)
    assert derive_crs_grade(signs("38.5", onset_day=15, late_cause_considered="infection ruled out")).queries == ()


def test_device_and_flow_that_disagree_are_queried():
    assert derive_crs_grade(signs("38.5", device=NC, flow=15)).queries == (Query.CRS_DEVICE_FLOW_MISMATCH,)
    assert derive_crs_grade(signs("38.5", device=HFNC, flow=5)).queries == (Query.CRS_DEVICE_FLOW_MISMATCH,)
    assert derive_crs_grade(signs("38.5", device=HFNC)).queries == (Query.CRS_FLOW_MISSING,)


@pytest.mark.parametrize(("value", "fault_id"), [("warm", "CLN-001"), ("101.3", "CLN-002"), (float("nan"), "CLN-001")])
def test_a_temperature_that_cannot_be_meant_is_refused(value, fault_id):
    with pytest.raises(UserError) as caught:
        derive_crs_grade(signs(value))
    assert caught.value.faults[0].id == fault_id


def test_the_record_holds_plain_values():
    record = derive_crs_grade(signs("39.1", pressors=["norepinephrine"], device=NC, flow=Decimal(4))).as_record()
    assert record["grade"] == 3
    assert record["deciding"] == ["hypotension"]
    assert record["evidence"] == "V"
    assert record["inputs"]["vasopressors"] == "norepinephrine"
