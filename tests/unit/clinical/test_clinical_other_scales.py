"""CRS by Lee 2014 and CTCAE 5, CRES, IEC-HS, HScore, CAR-HEMATOTOX; scales never mix (AC-C6.3)."""

from __future__ import annotations

import pytest

from celltrial.clinical.car_hematotox import HematotoxValues, derive_car_hematotox
from celltrial.clinical.cres_cartox import CresFindings, CresSeizure, derive_cres_grade
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings, derive_crs_ctcae_grade
from celltrial.clinical.crs_lee2014 import LeeFindings, derive_crs_lee_grade
from celltrial.clinical.derivation import Attribution, compare_grades, require_one_scale
from celltrial.clinical.hscore import HScoreFindings, derive_hscore
from celltrial.clinical.icans_astct import Arousal, IcansFindings, Seizure, derive_icans_grade
from celltrial.clinical.iec_hs import IecHsCourse, IecHsLabs, check_iec_hs_grade, screen_iec_hs
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError

AIR = OxygenDevice.ROOM_AIR
LEE = {"symptoms": True, "hypotension": False, "vasopressors": (), "oxygen_device": AIR,
       "organ_toxicity_grade": 0, "transaminase_grade": 0}  # fmt: skip
CTCAE = {"fever": True, "hypotension": False, "vasopressors": (), "oxygen_device": AIR, "life_threatening": False}
CRES = {"cartox": 10, "obtunded": False, "raised_pressure": False, "cerebral_oedema": False,
        "seizure": CresSeizure.NONE, "motor_weakness": False}  # fmt: skip
ONE, TWO = ("norepinephrine",), ("norepinephrine", "epinephrine")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "1"),
        ({"symptoms": False}, "0"),
        ({"hypotension": True}, "2"),
        ({"hypotension": True, "vasopressors": ONE, "high_dose_vasopressor": False}, "2"),
        ({"hypotension": True, "vasopressors": ONE, "high_dose_vasopressor": True}, "3"),
        ({"hypotension": True, "vasopressors": ONE}, ">=2"),
        ({"hypotension": True, "vasopressors": TWO}, "3"),
        ({"hypotension": True, "vasopressors": None}, ">=2"),
        ({"hypotension": None}, ">=1"),
        ({"hypotension": None, "vasopressors": None}, ">=1"),
        ({"vasopressors": None}, ">=1"),
        ({"oxygen_device": OxygenDevice.NASAL_CANNULA, "fio2_percent": 39}, "2"),
        ({"oxygen_device": OxygenDevice.NASAL_CANNULA, "fio2_percent": 40}, "3"),
        ({"oxygen_device": OxygenDevice.NASAL_CANNULA}, ">=2"),
        ({"oxygen_device": OxygenDevice.BIPAP, "fio2_percent": 40}, ">=3"),
        ({"oxygen_device": OxygenDevice.MECHANICAL_VENTILATION}, "4"),
        ({"oxygen_device": None}, ">=1"),
        ({"organ_toxicity_grade": 2}, "2"),
        ({"organ_toxicity_grade": 4}, "4"),
        ({"transaminase_grade": 4}, "3"),
        ({"organ_toxicity_grade": None}, ">=1"),
        ({"death_due_to_crs": True}, "5"),
    ],
)
def test_lee_2014(changes, label):
    assert derive_crs_lee_grade(LeeFindings(**LEE | changes)).label == label


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "1"),
        ({"fever": False}, "0"),
        ({"fever": None}, "NE"),
        ({"hypotension": True}, "2"),
        ({"hypotension": True, "vasopressors": ONE}, "3"),
        ({"hypotension": True, "vasopressors": TWO}, "3"),
        ({"hypotension": True, "vasopressors": TWO, "life_threatening": True}, "4"),
        ({"hypotension": True, "vasopressors": TWO, "life_threatening": None}, ">=3"),
        ({"hypotension": True, "vasopressors": None}, ">=2"),
        ({"hypotension": None}, ">=1"),
        ({"hypotension": None, "vasopressors": None}, ">=1"),
        ({"vasopressors": None}, ">=1"),
        ({"oxygen_device": OxygenDevice.VENTURI_MASK, "fio2_percent": 35}, "2"),
        ({"oxygen_device": OxygenDevice.VENTURI_MASK, "fio2_percent": 40}, "3"),
        ({"death_due_to_crs": True}, "5"),
    ],
)
def test_ctcae_crs(changes, label):
    assert derive_crs_ctcae_grade(CtcaeCrsFindings(**CTCAE | changes)).label == label


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "0"),
        ({"cartox": 7}, "1"),
        ({"cartox": 3}, "2"),
        ({"cartox": 2}, "3"),
        ({"cartox": 0}, "3"),
        ({"cartox": 0, "obtunded": None}, ">=3"),
        ({"cartox": None, "obtunded": True}, "4"),
        ({"cartox": None}, "NE"),
        ({"raised_pressure": True, "papilloedema_stage": 2, "opening_pressure_mmhg": 19}, "3"),
        ({"raised_pressure": True, "papilloedema_stage": 3}, "4"),
        ({"raised_pressure": True, "opening_pressure_mmhg": 20}, "4"),
        ({"raised_pressure": False, "opening_pressure_mmhg": 19}, "0"),
        ({"raised_pressure": False, "opening_pressure_mmhg": 20}, "4"),
        ({"raised_pressure": False, "papilloedema_stage": 1}, ">=3"),
        ({"raised_pressure": False, "papilloedema_stage": 3}, "4"),
        ({"raised_pressure": True}, ">=3"),
        ({"raised_pressure": None}, "NE"),
        ({"cerebral_oedema": None}, "NE"),
        ({"cerebral_oedema": True}, "4"),
        ({"seizure": CresSeizure.PARTIAL}, "3"),
        ({"seizure": CresSeizure.NON_CONVULSIVE_ANSWERING_TO_BENZODIAZEPINE}, "3"),
        ({"seizure": CresSeizure.GENERALISED}, "4"),
        ({"seizure": CresSeizure.STATUS_EPILEPTICUS}, "4"),
        ({"seizure": None}, "NE"),
        ({"motor_weakness": True}, "4"),
        ({"motor_weakness": None, "cartox": 5}, ">=2"),
        ({"death_due_to_cres": True}, "5"),
    ],
)
def test_cartox_cres(changes, label):
    assert derive_cres_grade(CresFindings(**CRES | changes)).label == label


def test_attributed_findings_do_not_count_in_any_scale():
    sepsis = (Attribution("hypotension", "infection", "blood culture", "pi-01"),)
    stroke = (Attribution("motor", "stroke", "MRI", "pi-01"),)
    assert derive_crs_lee_grade(LeeFindings(**LEE | {"hypotension": True, "attributions": sepsis})).label == "1"
    assert (
        derive_crs_ctcae_grade(CtcaeCrsFindings(**CTCAE | {"hypotension": True, "attributions": sepsis})).label == "1"
    )
    assert derive_cres_grade(CresFindings(**CRES | {"motor_weakness": True, "attributions": stroke})).label == "0"


def test_one_assessment_is_graded_on_both_scales_and_the_scales_never_mix():
    """AC-C6.3: the same person, one low-dose vasopressor and 2 L/min: ASTCT 3, Lee 2; a generalised seizure: ICANS 3, CRES 4."""
    astct = derive_crs_grade(CrsFindings("39.5", True, ONE, OxygenDevice.NASAL_CANNULA, 2))
    lee = derive_crs_lee_grade(
        LeeFindings(**LEE | {"hypotension": True, "vasopressors": ONE, "high_dose_vasopressor": False,
                             "oxygen_device": OxygenDevice.NASAL_CANNULA, "fio2_percent": 28})
    )  # fmt: skip
    icans = derive_icans_grade(
        IcansFindings(50, ice=8, arousal=Arousal.ALERT, seizure=Seizure.CLINICAL_RESOLVED_RAPIDLY,
                      deep_focal_weakness=False, pressure_signs=())
    )  # fmt: skip
    cres = derive_cres_grade(CresFindings(**CRES | {"cartox": 8, "seizure": CresSeizure.GENERALISED}))
    assert [item.label for item in (astct, lee, icans, cres)] == ["3", "2", "3", "4"]
    assert require_one_scale([astct, astct]) == "crs_astct_2019/1"
    for pair in ([astct, lee], [icans, cres], []):
        with pytest.raises(UserError) as caught:
            require_one_scale(pair)
        assert caught.value.faults[0].id == "CLN-004"


def test_a_difference_from_the_reported_grade_opens_a_query_and_changes_nothing():
    derived = derive_crs_grade(CrsFindings("39.5", True, ONE, AIR))
    assert compare_grades(derived, 3) == ()
    assert compare_grades(derived, 2) == (Query.GRADES_DIFFER,)
    assert compare_grades(derived, "CR") == (Query.GRADES_DIFFER,)
    assert compare_grades(derived, None) == ()
    at_least_2 = derive_crs_grade(CrsFindings("39.5", True))
    assert compare_grades(at_least_2, 4) == ()
    assert compare_grades(at_least_2, 1) == (Query.GRADES_DIFFER,)
    assert compare_grades(derive_crs_grade(CrsFindings()), 2) == ()


@pytest.mark.parametrize("findings", [{"organ_toxicity_grade": 5}, {"transaminase_grade": -1}, {"fio2_percent": 20,
                         "oxygen_device": OxygenDevice.VENTURI_MASK}])  # fmt: skip
def test_impossible_values_are_refused(findings):
    with pytest.raises(UserError) as caught:
        derive_crs_lee_grade(LeeFindings(**LEE | findings))
    assert caught.value.faults[0].id == "CLN-002"


NOTHING = {
    "immunosuppression": False, "transfusion_asymptomatic": False, "transfusion_bleeding": False, "hospital_care": False,
    "life_threatening": False, "intubation": False, "dialysis": False, "death_due_to_iec_hs": False,
}  # fmt: skip
HIGH_FERRITIN = {"ferritin_ng_ml": 5000, "ferritin_uln_ng_ml": 300, "ferritin_at_infusion_ng_ml": 200}
QUIET = {"alt_u_l": 20, "alt_uln_u_l": 40, "ast_u_l": 20, "ast_uln_u_l": 40, "fibrinogen_mg_dl": 300,
         "fibrinogen_lln_mg_dl": 200, "haemophagocytosis": False, "cytopenia_new_or_worse": False}  # fmt: skip


@pytest.mark.parametrize(
    ("labs", "category"),
    [
        (HIGH_FERRITIN | QUIET, "NEGATIVE"),
        (HIGH_FERRITIN | QUIET | {"fibrinogen_mg_dl": 149}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"fibrinogen_mg_dl": 199}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"alt_u_l": 201, "alt_baseline_u_l": 40}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"alt_u_l": 200, "alt_baseline_u_l": 40}, "NEGATIVE"),
        (HIGH_FERRITIN | QUIET | {"alt_u_l": 201, "alt_baseline_u_l": 100}, "NEGATIVE"),
        (HIGH_FERRITIN | QUIET | {"alt_u_l": 501, "alt_baseline_u_l": 100}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"alt_u_l": 201}, "NE"),
        (HIGH_FERRITIN | QUIET | {"cytopenia_new_or_worse": True}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"haemophagocytosis": True}, "POSITIVE"),
        (HIGH_FERRITIN | QUIET | {"haemophagocytosis": None}, "NE"),
        (HIGH_FERRITIN | QUIET | {"fibrinogen_mg_dl": 160, "fibrinogen_lln_mg_dl": None}, "NE"),
        ({"ferritin_ng_ml": 600, "ferritin_uln_ng_ml": 300, "ferritin_at_infusion_ng_ml": 300,
          "ferritin_rising_rapidly": False} | QUIET | {"cytopenia_new_or_worse": True}, "NEGATIVE"),
        ({"ferritin_rising_rapidly": True, "cytopenia_new_or_worse": True}, "POSITIVE"),
        ({}, "NE"),
    ],
)  # fmt: skip
def test_iec_hs_screen(labs, category):
    found = screen_iec_hs(IecHsLabs(**labs))
    assert found.category == category
    assert (Query.IEC_HS_SUSPECTED in found.queries) == (category == "POSITIVE")


@pytest.mark.parametrize(
    ("entered", "course", "implied", "queries"),
    [
        (1, {}, "1", ()),
        (2, {}, "1", ()),
        (3, {}, "1", (Query.IEC_HS_GRADE_ABOVE_TREATMENT,)),
        (2, {"immunosuppression": True}, "2", ()),
        (2, {"transfusion_asymptomatic": True}, "2", ()),
        (2, {"transfusion_bleeding": True}, "3", (Query.IEC_HS_GRADE_BELOW_TREATMENT,)),
        (2, {"hospital_care": True}, "3", (Query.IEC_HS_GRADE_BELOW_TREATMENT,)),
        (3, {"dialysis": True}, "4", (Query.IEC_HS_GRADE_BELOW_TREATMENT,)),
        (3, {"life_threatening": True}, "4", (Query.IEC_HS_GRADE_BELOW_TREATMENT,)),
        (4, {"intubation": True}, "4", ()),
        (5, {"death_due_to_iec_hs": True}, "5", ()),
        (4, {"death_due_to_iec_hs": True}, "5", (Query.IEC_HS_GRADE_BELOW_TREATMENT,)),
        (2, {"immunosuppression": True, "better_explained_by": "infection"}, "2", (Query.IEC_HS_OTHER_CAUSE,)),
        (4, {"dialysis": None, "immunosuppression": True}, ">=2", ()),
        (5, {"dialysis": None, "immunosuppression": True}, ">=2", (Query.IEC_HS_GRADE_ABOVE_TREATMENT,)),
    ],
)
def test_iec_hs_consistency(entered, course, implied, queries):
    found = check_iec_hs_grade(entered, IecHsCourse(**NOTHING | course))
    assert (found.label, found.queries) == (implied, queries)
    assert found.inputs["entered"] == str(entered)


def test_iec_hs_of_which_nothing_is_known_is_ne_and_speaks_against_no_grade():
    assert [check_iec_hs_grade(grade, IecHsCourse()).label for grade in range(1, 6)] == ["NE"] * 5
    assert [check_iec_hs_grade(grade, IecHsCourse()).queries for grade in range(1, 6)] == [()] * 5
    assert check_iec_hs_grade(3, IecHsCourse(dialysis=True)).label == ">=4"
    assert check_iec_hs_grade(1, IecHsCourse(**NOTHING)).deciding == ("no_intervention",)


def test_iec_hs_without_its_criteria_is_queried_and_grade_0_is_refused():
    negative = screen_iec_hs(IecHsLabs(**HIGH_FERRITIN | QUIET))
    found = check_iec_hs_grade(2, IecHsCourse(immunosuppression=True), negative)
    assert Query.IEC_HS_CRITERIA_NOT_MET in found.queries
    with pytest.raises(UserError):
        check_iec_hs_grade(0, IecHsCourse())


@pytest.mark.parametrize(
    ("changes", "score"),
    [
        ({}, 0),
        ({"immunosuppressed": True}, 18),
        ({"temperature_c": "38.3"}, 0),
        ({"temperature_c": "38.4"}, 33),
        ({"temperature_c": "39.4"}, 33),
        ({"temperature_c": "39.5"}, 49),
        ({"enlarged_organs": 1}, 23),
        ({"enlarged_organs": 2}, 38),
        ({"cytopenic_lineages": 1}, 0),
        ({"cytopenic_lineages": 2}, 24),
        ({"cytopenic_lineages": 3}, 34),
        ({"ferritin_ng_ml": 1999}, 0),
        ({"ferritin_ng_ml": 2000}, 35),
        ({"ferritin_ng_ml": 6000}, 35),
        ({"ferritin_ng_ml": 6001}, 50),
        ({"triglycerides_mmol_l": "1.5"}, 44),
        ({"triglycerides_mmol_l": "4.1"}, 64),
        ({"fibrinogen_g_l": "2.5"}, 30),
        ({"ast_u_l": 30}, 19),
        ({"haemophagocytosis": True}, 35),
    ],
)
def test_hscore_items(changes, score):
    none = {"immunosuppressed": False, "temperature_c": 37, "enlarged_organs": 0, "cytopenic_lineages": 0,
            "ferritin_ng_ml": 100, "triglycerides_mmol_l": 1, "fibrinogen_g_l": 3, "ast_u_l": 29,
            "haemophagocytosis": False}  # fmt: skip
    found = derive_hscore(HScoreFindings(**none | changes))
    assert (found.score, found.category) == (score, "LOW")
    assert found.caveats == (Caveat.POOR_SPECIFICITY_AFTER_CAR_T,)


def test_hscore_cut_off_and_missing_items():
    high = HScoreFindings(True, 37, 0, 3, 6001, "4.1", 3, 29, haemophagocytosis=False)  # 18 + 34 + 50 + 64 = 166
    assert derive_hscore(high).category == "LOW"
    above = HScoreFindings(False, "39.5", 0, 3, 6001, "4.1", 3, 29, haemophagocytosis=None)  # 49 + 34 + 50 + 64 = 197
    assert (derive_hscore(above).category, derive_hscore(above).incomplete) == ("HIGH", True)
    assert derive_hscore(HScoreFindings()).category == "NE"
    with pytest.raises(UserError):
        HScoreFindings(enlarged_organs=3)


@pytest.mark.parametrize(
    ("values", "score", "category"),
    [
        ((1200, 9, "2.9", 176, 649), 0, "LOW"),
        ((1199, 9, "2.9", 176, 649), 1, "LOW"),
        ((1200, "8.9", 3, 176, 649), 2, "HIGH"),
        ((1200, 9, "2.9", 175, 649), 1, "LOW"),
        ((1200, 9, "2.9", 75, 649), 1, "LOW"),
        ((1200, 9, "2.9", 74, 649), 2, "HIGH"),
        ((1200, 9, "2.9", 176, 650), 1, "LOW"),
        ((1200, 9, "2.9", 176, 2000), 1, "LOW"),
        ((1200, 9, "2.9", 176, 2001), 2, "HIGH"),
        ((1000, 8, 5, 50, 3000), 7, "HIGH"),
        ((None, 9, "2.9", 74, 649), 2, "HIGH"),
        ((1200, 9, "2.9", 176, None), 0, "NE"),
        ((None, 9, "2.9", 176, 649), 0, "LOW"),
    ],
)
def test_car_hematotox(values, score, category):
    found = derive_car_hematotox(HematotoxValues(*values))
    assert (found.score, found.category) == (score, category)
