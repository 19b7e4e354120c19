"""Planning against the guideline: the acceptance examples of P1, P2, P4 to P6, P8, P9, F1 and X2."""

from __future__ import annotations

import copy
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from celltrial.core.errors import UserError
from celltrial.core.truth import Truth
from celltrial.guideline.comparison import compare_registers, compare_reviews
from celltrial.guideline.knowledge import required_risks
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import Review, review
from celltrial.guideline.risk_tier import Tier
from celltrial.guideline.verdict import Severity, Status
from celltrial.protocol import Protocol, read_protocol
from celltrial.protocol.consistency import check_consistency

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
TEXT = {"en": "As stated", "zh": "如方案所述"}
EVIDENCE = {"kind": "literature", "statement": TEXT}


@cache
def example_data() -> dict[str, Any]:
    return read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name).model_dump(mode="json")


def protocol_with(*changes: tuple[str, Any]) -> Protocol:
    """Return the example with dotted paths changed."""
    data = copy.deepcopy(example_data())
    for path, value in changes:
        *parents, last = path.split(".")
        here: Any = data
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        key = int(last) if isinstance(here, list) else last
        here[key] = value(here[key]) if callable(value) else copy.deepcopy(value)
    return Protocol.model_validate(data)


def reviewed(*changes: tuple[str, Any]) -> Review:
    return review(protocol_with(*changes), packaged_register())


def codes(found: Review, clause: str) -> set[str]:
    return {item.code for item in found.by_clause[clause].findings}


def status(found: Review, clause: str) -> Status:
    return found.by_clause[clause].status


CIK = (
    ("product.type", "CIK"),
    ("product.gene_modified", False),
    ("product.exogenous_gene", False),
    ("product.vector", None),
    ("product.alters_survival_or_differentiation", False),
    ("product.complex_processing", False),
    ("treatment.lymphodepletion", None),
)
MRNA = (("product.vector.kind", "mRNA"), ("product.vector.integration", "none"))
KNOCKOUT_NK = (
    ("product.type", "NK"),
    ("product.cell_source", "allogeneic"),
    ("product.exogenous_gene", False),
    ("product.vector", None),
    ("product.gene_knockout", True),
    ("product.knocked_out_genes", ["NKG2A"]),
    ("product.persistence_bound", None),
    ("product.delayed_event_onset_bound", None),
)


class TestP1Applicability:
    def test_lentiviral_car_t_is_high_risk_with_the_gene_therapy_overlay(self):
        """AC-P1.1."""
        found = reviewed(("product.targets", ["CD19"]))
        assert found.tier.tier is Tier.HIGH
        for clause in ("1.2-b", "2.1.3-g", "3.1-h", "1.3-d", "2.1.1.4-b", "2.2.1.1-c"):
            assert found.by_clause[clause].applicability.truth is Truth.TRUE
        assert [name for name, grave, _ in required_risks(protocol_with()) if grave] == ["crs", "icans", "iec_hs"]
        lacking = reviewed(("risk_plan.risks", lambda rows: [row for row in rows if row["term"] != "HLH"]))
        assert "mandatory_risk_absent" in codes(lacking, "2.1.2.2-b")

    def test_cik_is_low_risk_and_says_why_clauses_do_not_apply(self):
        """AC-P1.2."""
        found = reviewed(*CIK)
        assert found.tier.tier is Tier.LOW
        reasons = {
            "2.1.3-g": {"lymphodepletion": False},
            "2.2.5-b": {"gene_modified": False},
            "2.2.5-c": {"gene_modified": False},
            "3.1-g": {"exogenous_gene": False},
            "3.1-h": {"exogenous_gene": False, "vector_integration": "none"},
        }
        for clause, because in reasons.items():
            verdict = found.by_clause[clause]
            assert verdict.status is Status.NOT_APPLICABLE
            assert dict(verdict.applicability.because) == because

    def test_mrna_car_t_has_five_years_not_fifteen(self):
        """AC-P1.3."""
        found = reviewed(*MRNA)
        assert found.by_clause["3.1-g"].applicability.truth is Truth.TRUE
        assert status(found, "3.1-h") is Status.NOT_APPLICABLE

    def test_knockout_without_transgene_is_unclassified_not_one_year(self):
        """AC-P1.4."""
        found = reviewed(*KNOCKOUT_NK, ("follow_up.years", 1))
        assert "follow_up_unclassified" in codes(found, "3.1-e")
        assert status(found, "3.1-f") is Status.NOT_APPLICABLE
        assert found.by_clause["3.1-d"].blocks_approval
        assert found.by_clause["3.1-d"].findings[0].params["needed"] == "15"

    def test_contradictions_are_refused_before_any_review(self):
        faults = check_consistency(protocol_with(("product.gene_modified", False)))
        assert {item.id for item in faults} == {"PRT-010"}


class TestP2Checker:
    def test_removing_the_stopping_section_is_one_major_finding_and_restoring_it_ends_it(self):
        """AC-P2.1."""
        whole, cut = reviewed(), reviewed(("stopping", None))
        changes = compare_reviews(whole, cut)
        major = [item.clause for item in changes if item.after is not None and item.after.severity is Severity.MAJOR]
        assert major == ["2.1.2.4-a"]
        assert status(reviewed(), "2.1.2.4-a") is Status.MET

    def test_children_without_adult_study_need_a_signed_reason_with_evidence(self):
        """AC-P2.2."""
        young = ("population.criteria.0.value", 3)
        found = reviewed(young)
        assert "2.1.1.3-b" in {item.clause.id for item in found.blockers}
        cited = {**EVIDENCE, "reference": "qu2022"}
        reason = {"clause": "2.1.1.3-b", "reason": TEXT, "evidence": [cited]}
        reason |= {"signed_by": "sponsor", "signed_on": "2025-01-06"}
        changes = (young, ("justifications", [reason]))
        assert status(reviewed(*changes), "2.1.1.3-b") is Status.FINDING
        signed = review(protocol_with(*changes), packaged_register(), signed={"2.1.1.3-b"})
        assert status(signed, "2.1.1.3-b") is Status.JUSTIFIED

    def test_one_empty_cell_of_thirty_is_counted_and_named(self):
        """AC-P2.3."""
        found = reviewed(("risk_plan.risks.1.diagnosis", None))
        (item,) = found.by_clause["2.1.2.2-b"].findings
        assert (item.params["filled"], item.params["total"]) == (29, 30)
        assert item.params["cells"] == "ICANS.diagnosis"
        assert item.path == "risk_plan.risks.1.diagnosis"

    def test_healthy_volunteers_are_a_major_finding(self):
        """AC-P2.4."""
        found = reviewed(("trial.healthy_volunteers", True))
        assert found.by_clause["2.1.1.1-a"].severity is Severity.MAJOR

    def test_a_label_population_that_was_not_studied_is_a_gap(self):
        """AC-P2.4."""
        found = reviewed(
            ("population.label_population", ["first line"]),
            ("population.studied_population", ["third line or later"]),
        )
        (item,) = found.by_clause["2.1.1.2-f"].findings
        assert (item.params["label"], item.params["studied"]) == ("first line", "third line or later")


class TestP3Waiting:
    def test_life_expectancy_shorter_than_wait_and_window(self):
        """AC-P3.4."""
        found = reviewed(
            ("population.minimum_life_expectancy", "8 wk"),
            ("treatment.vein_to_vein_expected", "6 wk"),
            ("escalation.dlt.window", "4 wk"),
        )
        (item,) = found.by_clause["2.1.3-c"].findings
        assert (item.params["found_days"], item.params["needed_days"]) == (56, 70)


class TestP4Ladder:
    def test_half_log_ladder_is_accepted_rounded_or_not(self):
        """AC-P4.1: 1e6, 3.162e6, 1e7, 3.162e7, 1e8; rounded 1e6, 3e6, 1e7, 3e7, 1e8 with ratios 3.0 and 3.33."""
        exact, rounded = ("1e6", "3.162e6", "1e7", "3.162e7", "1e8"), ("1e6", "3e6", "1e7", "3e7", "1e8")
        ratios = [float(Decimal(later) / Decimal(earlier)) for earlier, later in pairwise(rounded)]
        assert ratios == pytest.approx([3, 10 / 3, 3, 10 / 3])
        for cells in (exact, rounded):
            levels = [{"label": f"D{index}", "cells": value} for index, value in enumerate(cells)]
            found = reviewed(("dose.levels", levels))
            assert status(found, "2.2.2.3-b") is Status.MET
            assert status(found, "2.2.2.3-c") is Status.MET

    @pytest.mark.parametrize("step", ["2.8e6", "3.6e6"])
    def test_the_accepted_ratios_are_2_8_to_3_6(self, step):
        """AC-P4.1."""
        levels = [{"label": "D1", "cells": "1e6"}, {"label": "D2", "cells": step}]
        assert status(reviewed(("dose.levels", levels)), "2.2.2.3-b") is Status.MET
        outside = [{"label": "D1", "cells": "1e6"}, {"label": "D2", "cells": "3.61e6"}]
        assert codes(reviewed(("dose.levels", outside)), "2.2.2.3-c") == {"step_too_large"}

    def test_a_tenfold_step_is_a_finding_in_a_first_in_human_trial(self):
        """AC-P4.1: from 1e6 to 1e7 at once."""
        levels = [{"label": "D1", "cells": "1e6"}, {"label": "D2", "cells": "1e7"}]
        found = reviewed(("dose.levels", levels))
        assert found.by_clause["2.2.2.3-c"].blocks_approval
        assert found.by_clause["2.2.2.3-c"].findings[0].params["found"] == "10.00"

    def test_two_first_in_human_doses_need_both_kinds_of_evidence(self):
        """AC-P4.4."""
        twice = ("dose.repeat", {"doses": 2, "interval": "14 d"})
        assert "repeat_without_evidence" in codes(reviewed(twice), "2.2.2.3-f")
        one = {"doses": 2, "interval": "28 d", "low_risk_evidence": [EVIDENCE]}
        assert "repeat_without_evidence" in codes(reviewed(("dose.repeat", one)), "2.2.2.3-f")
        both = one | {"activity_duration_evidence": [EVIDENCE]}
        assert status(reviewed(("dose.repeat", both)), "2.2.2.3-f") is Status.MET


class TestP5DoseFinding:
    @pytest.mark.parametrize(("rate", "needed"), [(0.05, 59), (0.10, 29), (0.20, 14)])
    def test_outside_oncology_zero_events_must_exclude_the_stated_rate(self, rate, needed):
        found = reviewed(("trial.malignancy", False), ("escalation.non_oncology_exclusion_rate", rate))
        (item,) = found.by_clause["2.2.2.3-d"].findings
        assert (item.code, item.params["needed"]) == ("cohort_too_small", needed)
        enough = ("escalation.design.params.cohort_size", needed)
        found = reviewed(("trial.malignancy", False), ("escalation.non_oncology_exclusion_rate", rate), enough)
        assert status(found, "2.2.2.3-d") is Status.MET

    def test_a_default_design_without_that_calculation_is_a_finding(self):
        found = reviewed(("trial.malignancy", False), ("escalation.design.kind", "3+3"))
        assert codes(found, "2.2.2.3-d") == {"no_rate_to_exclude"}

    def test_a_transition_on_overall_data_is_not_computable(self):
        text = {"en": "Based on overall data", "zh": "依据总体数据"}
        found = reviewed(("escalation.transition", {"text": text}))
        assert {"transition_not_computable", "transition_without_body"} <= codes(found, "2.2.5-j")
        assert found.by_clause["2.2.5-j"].blocks_approval


class TestP6Staggering:
    def test_seven_days_are_too_few_when_onset_takes_twelve(self):
        """AC-P6.2."""
        found = reviewed(("escalation.staggering.between_later", "7 d"))
        (item,) = found.by_clause["2.2.4-c"].findings
        assert (item.code, item.params["found"], item.params["needed"]) == ("staggering_too_short", "7 d", "12 d")


def confirmatory(cells: str, *, band: float = 0.0, basis: str = "target_positive_viable") -> Review:
    tested = [{"low": value, "high": value, "basis": basis, "process_version": "P1"} for value in ("1e6", "3e6", "1e7")]
    return reviewed(
        ("trial.phase", "confirmatory"),
        ("trial.first_in_human", False),
        ("dose.levels", [{"label": "D", "cells": cells}]),
        ("dose.band_low", band),
        ("dose.band_high", band),
        ("confirmatory", {"comparator": "active", "tested_doses": tested}),
        ("escalation", None),
    )


class TestP8Confirmatory:
    def test_dose_above_the_tested_range(self):
        """AC-P8.3."""
        assert codes(confirmatory("3e7"), "2.2.1.1-g") == {"dose_outside_tested_range"}

    def test_dose_between_levels_is_only_a_note(self):
        """AC-P8.3."""
        verdict = confirmatory("5e6").by_clause["2.2.1.1-g"]
        assert [(item.code, item.severity) for item in verdict.findings] == [
            ("dose_between_tested_levels", Severity.NOTE)
        ]
        assert not verdict.blocks_approval

    def test_band_from_8e6_to_12e6_exceeds_at_its_upper_end(self):
        """AC-P8.3."""
        found = confirmatory("1e7", band=0.2)
        assert codes(found, "2.2.1.1-g") == {"band_above_tested_range"}
        (item,) = found.by_clause["2.2.1.1-g"].findings
        assert Decimal(str(item.params["found"])) == Decimal("1.20e7")

    def test_another_basis_is_not_comparable(self):
        """AC-P8.3."""
        assert codes(confirmatory("5e6", basis="total"), "2.2.1.1-g") == {"tested_doses_not_comparable"}

    def endpoint(self, **values: Any) -> Review:
        row = {"id": "P", "rank": "primary", "kind": "other", "text": TEXT} | values
        return reviewed(("trial.phase", "confirmatory"), ("trial.first_in_human", False), ("efficacy.endpoints", [row]))

    def test_immune_function_does_not_carry_approval(self):
        """AC-P8.6."""
        assert codes(self.endpoint(kind="immune_function"), "2.3.2-f") == {"immune_primary_endpoint"}

    def test_an_unvalidated_surrogate_blocks(self):
        """AC-P8.6."""
        found = self.endpoint(kind="surrogate", direct_clinical_benefit=False, validated=False)
        assert found.by_clause["2.3.2-e"].blocks_approval
        known = self.endpoint(kind="surrogate", direct_clinical_benefit=False, validated=True, validation=EVIDENCE)
        assert status(known, "2.3.2-e") is Status.NOT_APPLICABLE

    def test_no_endpoint_of_duration(self):
        """AC-P8.6."""
        assert "no_duration_endpoint" in codes(self.endpoint(kind="response_rate"), "2.3.2-g")

    def test_safety_set_shows_its_reach(self):
        verdict = reviewed(
            ("trial.phase", "confirmatory"), ("confirmatory", {"comparator": "active", "safety_set_size": 100})
        ).by_clause["2.3.2-l"]
        assert verdict.findings[0].params["rate"] == "2.95"
        assert verdict.severity is Severity.NOTE


class TestF2Contacts:
    def test_a_class_of_delayed_events_that_no_item_asks_for_is_told(self):
        found = reviewed(("follow_up.item_classes", {"pregnancy": "pregnancy"})).by_clause["3.1-b"]
        assert [(item.code, item.severity) for item in found.findings] == [("delayed_classes_absent", Severity.NOTE)]
        assert "neurologic" in found.findings[0].params["classes"]
        assert "pregnancy" not in found.findings[0].params["classes"]
        assert not codes(reviewed(), "3.1-b")


class TestP9Pharmacology:
    def test_only_qpcr_is_a_finding(self):
        """AC-P9.1."""
        found = reviewed(
            ("pharmacology.measurements", lambda rows: [row for row in rows if row["assay"] != "flow"]),
        )
        assert "one_kinetics_method" in codes(found, "2.2.5-b")

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("censored", []),
            ("zero", ["below_limit_replaced"]),
            ("half_lloq", []),
            (None, ["below_limit_rule_absent"]),
        ],
    )
    def test_what_lies_below_the_limit_is_never_nothing(self, rule, expected):
        """Clause 2.2.5-b: such a value is kept with its limit; the analysis leaves it censored or counts half of it."""
        found = codes(reviewed(("pharmacology.below_limit_rule", rule)), "2.2.5-b")
        assert [code for code in found if code.startswith("below_limit")] == expected

    def test_sampling_that_misses_the_peak(self):
        """AC-P9.1."""

        def sparse(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**row, "days": [0, 7, 28]} if row["attribute"] == "kinetics" else row for row in rows]

        found = reviewed(("pharmacology.measurements", sparse))
        assert "peak_not_sampled" in codes(found, "2.2.5-a")

    def test_absorption_to_excretion_is_a_finding(self):
        """AC-P9.1."""
        assert "adme_planned" in codes(reviewed(("pharmacology.adme_studies", True)), "2.2.5-a")

    def test_a_second_target_without_assay_is_named(self):
        """AC-P9.2."""
        found = reviewed(("product.targets", ["BCMA", "GPRC5D"]))
        assert found.by_clause["2.2.5-f"].findings[0].params["targets"] == "GPRC5D"

    def test_a_secreted_factor_without_assay_is_named(self):
        """AC-P9.2."""
        found = reviewed(("product.secreted_factors", ["IL-15"]))
        assert found.by_clause["2.2.5-g"].findings[0].params["factors"] == "IL-15"


class TestF1Duration:
    def test_ten_years_for_a_lentiviral_product_name_the_class(self):
        """AC-F1.1."""
        found = reviewed(("follow_up.years", 10))
        assert found.by_clause["3.1-h"].blocks_approval
        assert status(found, "3.1-d") is Status.MET

    def test_a_late_event_bound_of_seven_years_binds_over_five(self):
        """AC-F1.2."""
        found = reviewed(
            *MRNA,
            ("product.persistence_bound", None),
            ("product.delayed_event_onset_bound", "7 y"),
            ("follow_up.years", 5),
        )
        assert found.follow_up.years == 7
        assert found.by_clause["3.1-d"].findings[0].params["driver"] == "delayed_event_onset"
        assert status(found, "3.1-g") is Status.MET

    def test_low_integration_without_evidence_is_treated_as_integrating(self):
        """AC-F1.4."""
        low = (("product.vector.integration", "low"), ("product.vector.kind", "AAV"))
        found = reviewed(*low, ("product.vector.integration_evidence", []))
        assert found.follow_up.years == 15
        assert found.by_clause["3.1-h"].applicability.truth is Truth.TRUE
        assert "low_integration_without_evidence" in codes(found, "3.1-e")
        shown = reviewed(*low)
        assert status(shown, "3.1-h") is Status.NOT_APPLICABLE

    def test_an_argued_class_lifts_the_strict_default(self):
        """AC-F1.3."""
        found = reviewed(*KNOCKOUT_NK, ("follow_up.class_justification", EVIDENCE), ("follow_up.years", 5))
        assert status(found, "3.1-d") is Status.MET
        assert status(found, "3.1-e") is Status.MET


class TestX2Registers:
    def test_another_register_lists_changed_clauses_and_verdicts_and_the_old_report_stands(self):
        draft, sample = packaged_register(), packaged_register("sample-2021")
        assert {item.clause for item in compare_registers(draft, sample)} >= {"3.1-h", "2.2.5-b"}
        protocol = protocol_with()
        before = review(protocol, draft)
        changed = {item.clause for item in compare_reviews(before, review(protocol, sample))}
        assert changed == {"3.1-h", "2.2.5-d", "3.1-x1"}
        assert review(protocol, draft) == before


def test_a_register_text_that_is_not_one_is_refused():
    with pytest.raises(UserError, match="GDL-006"):
        packaged_register("final-2021")


COURSE = {"id": "C1", "administrations": [{"id": "F1", "share": 0.1}, {"id": "F2", "day": 1, "share": 0.3}, {"id": "F3", "day": 2, "share": 0.6}]}  # fmt: skip
WEEKLY = {"id": "C1", "level_is": "administration", "administrations": [{"id": "A1"}, {"id": "A2", "day": 7}, {"id": "A3", "day": 14}]}  # fmt: skip


class TestCourses:
    def test_fractions_of_one_course_are_one_dose_and_owe_no_evidence_for_more(self):
        assert status(reviewed(("treatment.courses", [COURSE])), "2.2.2.3-f") is Status.MET

    def test_whole_doses_of_one_course_are_doses(self):
        found = reviewed(("treatment.courses", [WEEKLY])).by_clause["2.2.2.3-f"].findings
        assert [(item.code, item.params.get("doses")) for item in found] == [
            ("repeat_without_evidence", 3), ("repeat_within_window", None),
        ]  # fmt: skip

    @pytest.mark.parametrize(("interval", "unclear"), [("1 d", True), ("6 d", True), ("7 d", False), ("28 d", False)])
    def test_whole_doses_as_close_as_fractions_are_not_clear(self, interval, unclear):
        """Field case 17: without lymphodepletion between them nothing else in the file speaks against three doses in three days."""
        found = reviewed(
            ("dose.repeat", {"doses": 3, "interval": interval}), ("treatment.lymphodepletion", None)
        ).by_clause["2.2.2.3-f"].findings  # fmt: skip
        assert ("doses_or_fractions" in {item.code for item in found}) is unclear

    @pytest.mark.parametrize(("target", "meets"), [(24, False), (32, True), (33, False)])
    def test_sizes_that_do_not_meet_are_found(self, target, meets):
        """18 in dose finding and 14 in the expansion are 32 to infuse."""
        found = reviewed(("assumptions.target_infused", target)).by_clause["2.1.2.4-a"].findings
        assert ("sizes_do_not_meet" in {item.code for item in found}) is not meets

    def test_a_level_by_weight_or_range_is_held_to_published_doses_by_its_upper_end(self):
        wide = [{"label": "D1", "low": "1e6", "high": "9e14"}]
        assert "dose_implausible" in codes(reviewed(("dose.levels", wide), ("escalation", None)), "2.2.2.1-a")
