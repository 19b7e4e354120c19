"""Every case from the field has its test: case number to the test that holds its kind, each of which must be there."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

CASES = {
    "case 1": "spec/test_field_cases_imports.py::test_the_age_of_the_source_does_not_depend_on_the_stand_in_day",
    "case 2": "integration/test_cli_every_trial.py::test_every_command_on_a_ledger",
    "case 3": "spec/test_units_at_every_door.py::test_criterion_and_evidence",
    "case 4": "spec/test_field_cases_clinical.py::TestMyeloma",
    "case 5": "spec/test_field_cases_clinical.py::TestCognitionThatCannotBeTested",
    "case 6": "spec/test_field_cases_clinical.py::TestReappearance",
    "case 7": "spec/test_field_cases_clinical.py::TestBaselineItself",
    "case 8": "spec/test_field_cases_clinical.py::TestMissingTerms",
    "case 9": "spec/test_field_cases_reading.py::test_below_and_above_a_limit_keep_their_text",
    "case 10": "spec/test_field_cases_reading.py::TestBounds",
    "case 11": "spec/test_field_cases_reading.py::TestEncodings",
    "case 12": "contract/test_ledger_anchors.py::test_a_tail_cut_off_and_the_head_set_back",
    "case 13": "unit/exchange/test_usdm_texts.py::test_a_title_is_known_by_its_code_else_by_what_the_code_says",
    "case 14": "unit/exchange/test_usdm_references.py::test_an_object_that_stands_in_two_places_is_one_object",
    "case 15": "unit/exchange/test_usdm_export.py::test_core_finds_nothing",
    "case 16": "spec/test_guideline_gravest.py::TestRisksThatComeWithDonorCells",
    "case 17": "spec/test_field_cases_treatment.py::test_fractions_of_one_dose_are_one_dose",
    "case 18": "spec/test_field_cases_treatment.py::test_a_drug_after_the_cells_is_stated_with_its_hours",
    "case 19": "spec/test_field_cases_treatment.py::test_bands_by_weight_say_what_is_planned_at_a_weight",
    "case 20": "spec/test_guideline_gravest.py::TestAProductMadeInTheBody",
    "case 21": "reference/test_designs_three_plus_three.py::test_two_in_six_can_still_be_the_mtd",
    "case 22": "reference/test_confirmatory_sizes.py::test_non_inferiority_of_two_rates_equals_the_example_of_gsdesign",
    "case 23": "reference/test_designs_late_onset.py::test_the_policy_follows_the_printed_follow_up",
    "case 24": "unit/analysis/test_analysis_kinetics.py::test_a_tail_that_does_not_decline_has_no_half_life",
    "case 25": "spec/test_guideline_gravest.py::test_release_tests_are_read_by_concept",
    "case 26": "unit/core/test_yaml_text.py::test_another_version_of_yaml",
    "case 27": "unit/core/test_yaml_text.py::test_what_is_too_much_is_said_in_one_line_within_a_second",
    "case 28": "spec/test_field_cases_reading.py::TestGoingOut",
}
"""Cases 15 and 12 (its servers) need what `make test-long` and the contract suite start; the others run everywhere."""


def test_every_case_is_here_once():
    assert list(CASES) == [f"case {number}" for number in range(1, 29)]


@pytest.mark.parametrize(("case", "test"), CASES.items(), ids=list(CASES))
def test_the_test_of_a_case_is_there(case, test):
    file, _, name = test.partition("::")
    text = (TESTS / file).read_text(encoding="utf-8")
    assert f"def {name}(" in text or f"class {name}:" in text, f"{case}: {test}"
