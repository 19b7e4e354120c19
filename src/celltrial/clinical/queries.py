"""Every query and caveat a clinical engine can raise.

A code is also the key of its text in `locale/clinical.toml`. A query asks the
site something and stays open until it is answered; a caveat is kept beside the
result and asks nothing.
"""

from __future__ import annotations

from enum import StrEnum


class Query(StrEnum):
    """What the site is asked after a derivation."""

    CRS_VASOPRESSIN_ONLY = "clinical.query.crs_vasopressin_only"
    CRS_UNKNOWN_VASOPRESSOR = "clinical.query.crs_unknown_vasopressor"
    CRS_PRESSOR_WITHOUT_HYPOTENSION = "clinical.query.crs_pressor_without_hypotension"
    CRS_SIGNS_WITHOUT_FEVER = "clinical.query.crs_signs_without_fever"
    CRS_LATE_ONSET = "clinical.query.crs_late_onset"
    CRS_DEVICE_FLOW_MISMATCH = "clinical.query.crs_device_flow_mismatch"
    CRS_FLOW_MISSING = "clinical.query.crs_flow_missing"
    ICANS_AGE_MISSING = "clinical.query.icans_age_missing"
    ICANS_INSTRUMENT_MISMATCH = "clinical.query.icans_instrument_mismatch"
    ICANS_ICE_AND_AROUSAL_DISAGREE = "clinical.query.icans_ice_and_arousal_disagree"
    ICANS_TESTED_UNDER_SEDATION = "clinical.query.icans_tested_under_sedation"
    IEC_HS_SUSPECTED = "clinical.query.iec_hs_suspected"
    IEC_HS_GRADE_BELOW_TREATMENT = "clinical.query.iec_hs_grade_below_treatment"
    IEC_HS_GRADE_ABOVE_TREATMENT = "clinical.query.iec_hs_grade_above_treatment"
    IEC_HS_CRITERIA_NOT_MET = "clinical.query.iec_hs_criteria_not_met"
    IEC_HS_OTHER_CAUSE = "clinical.query.iec_hs_other_cause"
    LAB_SYMPTOMS_DECIDE = "clinical.query.lab_symptoms_decide"
    LAB_LIMIT_MISSING = "clinical.query.lab_limit_missing"
    LAB_BASELINE_MISSING = "clinical.query.lab_baseline_missing"
    GROWTH_IMPLAUSIBLE = "clinical.query.growth_implausible"
    GRADES_DIFFER = "clinical.query.grades_differ"
    RECIST_TARGET_NOT_ASSESSED = "clinical.query.recist_target_not_assessed"
    RECIST_NEW_LESION_EQUIVOCAL = "clinical.query.recist_new_lesion_equivocal"
    RECIST_REAPPEARED_AFTER_CR = "clinical.query.recist_reappeared_after_cr"
    RECIST_RESPONSE_AFTER_CR = "clinical.query.recist_response_after_cr"
    IRECIST_CONFIRMATION_OUTSIDE_WINDOW = "clinical.query.irecist_confirmation_outside_window"
    LUGANO_PET_WITHOUT_COMPARISON = "clinical.query.lugano_pet_without_comparison"
    IMWG_ANTIBODY_INTERFERENCE = "clinical.query.imwg_antibody_interference"
    IMWG_IMMUNOFIXATION_DISAGREES = "clinical.query.imwg_immunofixation_disagrees"
    IMWG_BASELINE_NOT_MEASURABLE = "clinical.query.imwg_baseline_not_measurable"


class Caveat(StrEnum):
    """What a reader of the result must keep in mind."""

    FEVER_WAIVED = "clinical.caveat.fever_waived"
    AIRWAY_PROTECTION_NOT_COUNTED = "clinical.caveat.airway_protection_not_counted"
    CTCAE_ONLY_FINDINGS = "clinical.caveat.ctcae_only_findings"
    INSTRUMENT_ICE = "clinical.caveat.instrument_ice"
    INSTRUMENT_CAPD = "clinical.caveat.instrument_capd"
    SINGLE_VALUE = "clinical.caveat.single_value"
    MINIMUM_GRADE = "clinical.caveat.minimum_grade"
    GRADED_AT_BASELINE = "clinical.caveat.graded_at_baseline"
    NOT_TESTABLE = "clinical.caveat.not_testable"
    BASELINE_ABNORMAL_BRANCH = "clinical.caveat.baseline_abnormal_branch"
    PARTIAL_SUM_PROGRESSION = "clinical.caveat.partial_sum_progression"
    CARRIED_NOT_ASSESSED = "clinical.caveat.carried_not_assessed"
    POOR_SPECIFICITY_AFTER_CAR_T = "clinical.caveat.poor_specificity_after_car_t"
    INDETERMINATE_REIMAGE_12_WEEKS = "clinical.caveat.indeterminate_reimage_12_weeks"
    NO_GROWTH_TABLE = "clinical.caveat.no_growth_table"
    TRAUMATIC_PUNCTURE = "clinical.caveat.traumatic_puncture"
