"""Every row of the tables of designs names the tests that hold it against an outside number.

`kind` says what is behind: "table" a table or example printed in a paper, "program" the numbers of another
program with its version, "rule" a rule of a paper worked by hand, where no program and no printed number was found.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from celltrial.designs import DESIGNS, MODIFIERS, STOPPING_RULES
from celltrial.designs.randomised import RANDOMISED_DESIGNS
from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.sizing import SIZINGS

HERE = Path(__file__).parent
ROWS = {
    # dose finding
    "3+3": ("table", "designs_three_plus_three", "test_probability_of_escalation"),
    "boin": ("table", "designs_boin", "test_published_cut_offs"),
    "keyboard": ("program", "designs_interval", "test_keyboard_boundaries"),
    "mtpi": ("program", "designs_interval", "test_tables_of_escalation"),
    "mtpi2": ("program", "designs_interval", "test_tables_of_escalation"),
    "i3+3": ("program", "designs_r_numbers", "test_i3plus3_tables_of_find"),
    "decision_table": ("program", "designs_interval", "test_tables_of_escalation"),
    "crm": ("program", "designs_crm", "test_fits"),
    "blrm": ("program", "designs_blrm", "test_crmpack_posteriors"),
    "boin12": ("table", "designs_optimisation", "test_published_application"),
    "u-boin": ("table", "designs_r_numbers", "test_designs_that_follow_boin_have_its_printed_cut_offs"),
    "joint_table": ("program", "designs_optimisation", "test_joint_table"),
    "rolling_six": ("table", "designs_late_onset", "test_rolling_six"),
    "accelerated_titration": ("rule", "designs_late_onset", "test_accelerated_titration_saves_subjects_at_safe_doses"),
    "tite_boin": ("table", "designs_late_onset", "test_every_row_of_table_1_of_yuan_2018"),
    "tite_boin_ess": ("program", "designs_late_onset", "test_decisions_of_titegboin"),
    "tite_crm": ("program", "designs_late_onset", "test_estimates_of_titecrm"),
    "feasible_dose": ("program", "designs_r_numbers", "test_feasibility_limit"),
    # modifiers
    "no_skipping": ("program", "designs_paths", "test_paths_of_escalation"),
    "max_increase": ("rule", "designs_crm", "test_no_escalation_after_a_toxic_cohort_and_no_skipping"),
    "max_at_dose": ("program", "designs_boin", "test_published_characteristics_with_early_stop"),
    "enough_at_dose": ("program", "designs_boin", "test_published_characteristics_with_early_stop"),
    "too_toxic": ("program", "designs_boin", "test_published_characteristics_with_early_stop"),
    "lead_in": ("program", "designs_paths", "test_lead_in_is_the_titration_of_boin"),
    "stop_by_rule": ("table", "designs_stopping", "test_boundary_table"),
    "backfill": ("program", "designs_calendar", "test_backfill_that_never_opens_is_the_published_trial"),
    "plateau": ("program", "designs_r_numbers", "test_plateau_probability"),
    # stopping rules
    "beta_binomial": ("table", "designs_stopping", "test_operating_characteristics"),
    "pocock": ("program", "designs_stopping", "test_boundaries_of_clinfun"),
    "listed": ("program", "designs_stopping", "test_crossing_probabilities_of_clinfun"),
    "constant_hazard": ("program", "designs_r_numbers", "test_constant_hazard_of_stoppingrule"),
    "combined": ("rule", "designs_stopping", "test_combination"),
    # single-arm
    "one_stage": ("program", "confirmatory_single_arm", "test_one_stage_equals_clinfun"),
    "a_hern": ("table", "confirmatory_single_arm", "test_a_hern_size_quoted_in_the_literature"),
    "fleming": ("table", "confirmatory_single_arm", "test_fleming_published_example"),
    "simon": ("program", "confirmatory_single_arm", "test_simon_equals_clinfun"),
    "predictive_probability": ("table", "confirmatory_single_arm_bayes", "test_lee_liu_2008_worked_example"),
    "bop2": ("program", "confirmatory_single_arm_bayes", "test_bop2_bounds_equal_bop2fe"),
    "one_sample_log_rank": ("table", "confirmatory_single_arm_bayes", "test_wu_2015_example"),
    "null_rate": ("program", "confirmatory_single_arm_bayes", "test_pooled_null_equals_statsmodels"),
    "assurance": ("table", "confirmatory_single_arm_bayes", "test_acceptance_p82"),
    # randomised
    "group_sequential": ("program", "confirmatory_group_sequential", "test_boundaries_equal_rpact"),
    "interim_power": ("program", "designs_r_numbers", "test_interim_power"),
    "log_rank": ("table", "confirmatory_sizes", "test_freedman_1982"),
    "survival": ("program", "confirmatory_sizes", "test_survival_size_equals_rpact"),
    "survival_lachin_foulkes": ("program", "confirmatory_sizes", "test_survival_size_equals_gsdesign"),
    "rates": ("program", "confirmatory_sizes", "test_rates_size_equals_rpact"),
    "sequential_survival": ("program", "confirmatory_survival", "test_three_look_simulation_equals_rpact"),
    "survival_power": ("program", "confirmatory_survival",
                       "test_simulated_power_under_a_delayed_effect_equals_gsdesign2"),
    "survival_by_simulation": ("program", "confirmatory_survival",
                               "test_simulated_size_under_a_delayed_effect_equals_gsdesign2"),
    "permuted_blocks": ("table", "designs_r_numbers", "test_permuted_blocks_take_every_order_equally_often"),
    "minimisation": ("table", "confirmatory_randomisation", "test_pocock_example_chooses_arm_a"),
    # sizes
    "event_detection": ("table", "designs_three_plus_three", "test_excluding_an_event_after_zero_events"),
    "rate_exclusion": ("table", "designs_stopping", "test_upper_bounds_after_no_event"),
    "enrolment": ("program", "designs_r_numbers", "test_enrolment_with_assurance"),
    "infused_share": ("table", "designs_r_numbers", "test_infused_share"),
    "stagger": ("table", "designs_r_numbers", "test_stagger_calendar"),
    "safety_set": ("program", "designs_r_numbers", "test_safety_set"),
}  # fmt: skip
TABLES = (DESIGNS, MODIFIERS, STOPPING_RULES, SINGLE_ARM_DESIGNS, RANDOMISED_DESIGNS, SIZINGS)


@cache
def names_in(stem: str) -> frozenset[str]:
    tree = ast.parse((HERE / f"test_{stem}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_row_is_listed_and_nothing_else():
    assert {key for table in TABLES for key in table} == set(ROWS)


@pytest.mark.parametrize("key", ROWS)
def test_the_test_that_is_named_exists(key):
    kind, stem, name = ROWS[key]
    assert kind in {"table", "program", "rule"}
    assert name in names_in(stem)


def test_rows_with_a_worked_rule_only_are_few_and_known():
    assert [key for key, (kind, *_) in ROWS.items() if kind == "rule"] == [
        "accelerated_titration", "max_increase", "combined",
    ]  # fmt: skip
