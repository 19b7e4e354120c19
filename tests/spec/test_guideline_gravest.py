"""What a review must never pass: a rule that cannot stop, a vector that does not stay, criteria turned round, doses and
intervals that harm, products that the guideline does not speak of. Each with its siblings, and with what is right.
"""

from __future__ import annotations

from typing import Any

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.verdict import Severity, Status
from spec.guideline_edits import BCMA, CD19, CIK, NK, TCR, edited, found, reviewed


def blocks(name: str, clause: str, *changes: tuple[str, Any]) -> bool:
    verdict = reviewed(name, *changes).by_clause[clause]
    return verdict.severity is Severity.MAJOR and verdict.blocks_approval


RULE = "stopping.rules.0"


def params(**values: Any) -> tuple[str, Any]:
    return f"{RULE}.params", lambda old: {**old, **values}


class TestAStoppingRuleThatCannotStop:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (params(min_n=1000), "stopping_cannot_fire"),
            (params(min_n=33), "stopping_cannot_fire"),
            (params(threshold=0.99), "stopping_cannot_fire"),
            (params(threshold=0.5, certainty=0.9999999999999), "stopping_cannot_fire"),
            (params(threshold=0.6), "stopping_too_weak"),
            (params(min_n=20), "stopping_looks_late"),
            ((f"{RULE}.boundary", "listed"), None),
            ((f"{RULE}.event.terms", ["Quixotism"]), "stopping_unknown_terms"),
            ((f"{RULE}.event.terms", ["不存在的事件甲"]), "stopping_unknown_terms"),
            ((f"{RULE}.event.window", "1 min"), "stopping_window_short"),
            ((f"{RULE}.event.deaths", False), "stopping_ignores_deaths"),
            ((f"{RULE}.event.grade_at_least", 5), "stopping_only_fatal"),
        ],
    )
    def test_is_a_major_finding_of_its_clause(self, change, code):
        changes = [change]
        if code is None:
            changes.append((f"{RULE}.params", {"looks": [5, 10, 32], "limits": [6, 11, 33]}))
            code = "stopping_cannot_fire"
        assert (code, "major") in found(BCMA, "2.1.2.4-a", *changes)
        assert blocks(BCMA, "2.1.2.4-a", *changes)

    def test_over_person_time_more_events_are_needed_than_subjects_give(self):
        rule = ((f"{RULE}.boundary", "constant_hazard"),)
        slow = {"threshold": 90.0, "certainty": 0.95, "prior_a": 0.5, "prior_b": 5.0}
        assert ("stopping_cannot_fire", "major") in found(BCMA, "2.1.2.4-a", *rule, (f"{RULE}.params", slow))
        quick = {"threshold": 0.5, "certainty": 0.95, "prior_a": 0.5, "prior_b": 1.0}
        assert found(BCMA, "2.1.2.4-a", *rule, (f"{RULE}.params", quick)) == set()

    @pytest.mark.parametrize(
        "change",
        [
            params(min_n=6),
            params(threshold=0.25),
            (f"{RULE}.event.terms", []),
            (
                f"{RULE}.event.terms",
                ["细胞因子释放综合征", "Cytokine-release syndrome", "hemophagocytic lymphohistiocytosis"],
            ),
            (f"{RULE}.event.window", "28 d"),
            (f"{RULE}.event.grade_at_least", 3),
        ],
    )
    def test_a_rule_that_stops_raises_nothing(self, change):
        assert found(BCMA, "2.1.2.4-a", change) == set()


def criterion(concept: str, kind: str, operator: str, value: Any, unit: str = "", **more: Any) -> dict[str, Any]:
    text = more.pop("text", {"en": "As the rule says", "zh": "见规则"})
    rest = {"assessment": "Interview", "source": "history", "window": "7 d", "text": text} | more
    return {"id": "X-01", "kind": kind, "concept": concept, "operator": operator, "value": value, "unit": unit} | rest


def adding(row: dict[str, Any], place: str = "population.criteria") -> tuple[str, Any]:
    """Return the change that puts a criterion in the place of those of its concept."""
    return place, lambda rows: [one for one in rows if one["concept"] != row["concept"]] + [row]


class TestACriterionTurnedRound:
    @pytest.mark.parametrize(
        ("kind", "operator", "value"),
        [
            ("exclusion", "is", "negative"),
            ("exclusion", "==", "阴性"),
            ("exclusion", "is", False),
            ("exclusion", "!=", "positive"),
            ("exclusion", "in", ["negative"]),
            ("inclusion", "is", "positive"),
            ("inclusion", "is", True),
            ("inclusion", "!=", "negative"),
        ],
    )
    def test_of_the_pregnancy_test(self, kind, operator, value):
        change = adding(criterion("pregnancy_test", kind, operator, value))
        assert ("pregnancy_reversed", "major") in found(BCMA, "2.1.1.4-c", change)
        assert blocks(BCMA, "2.1.1.4-c", change)

    @pytest.mark.parametrize(("kind", "value"), [("exclusion", False), ("inclusion", True)])
    def test_of_an_intended_pregnancy(self, kind, value):
        assert blocks(BCMA, "2.1.1.4-c", adding(criterion("pregnancy_intended", kind, "is", value)))

    @pytest.mark.parametrize(
        ("kind", "operator", "value"),
        [
            ("exclusion", "is", "positive"),
            ("inclusion", "is", "negative"),
            ("inclusion", "!=", "positive"),
            ("exclusion", "is", "阳性"),
        ],
    )
    def test_not_of_one_the_right_way_round(self, kind, operator, value):
        assert found(BCMA, "2.1.1.4-c", adding(criterion("pregnancy_test", kind, operator, value))) == set()

    def test_one_that_keeps_nobody_out_does_not_count(self):
        change = adding(criterion("pregnancy_test", "exclusion", "in", ["positive", "negative"]))
        assert ("pregnancy_not_excluded", "major") in found(BCMA, "2.1.1.4-c", change)

    @pytest.mark.parametrize(
        ("concept", "kind", "operator", "value", "unit"),
        [
            ("active_infection", "inclusion", "is", True, ""),
            ("active_infection", "exclusion", "is", False, ""),
            ("hiv_positive", "inclusion", "is", True, ""),
            ("hepatitis_b_dna_positive", "exclusion", "is", "negative", ""),
            ("active_autoimmune_disease", "inclusion", "is", True, ""),
            ("active_cns_disease", "exclusion", "is", False, ""),
            ("blood_or_marrow_involvement", "inclusion", "is", True, ""),
            ("diagnosis_confirmed", "exclusion", "is", True, ""),
            ("measurable_disease", "inclusion", "is", False, ""),
            ("contraception_agreed", "exclusion", "is", True, ""),
            ("ecog", "inclusion", ">=", 2, ""),
            ("ecog", "exclusion", "<", 2, ""),
            ("platelet_count", "exclusion", ">=", 75, "10^9/L"),
            ("absolute_neutrophil_count", "inclusion", "<", 1.0, "10^9/L"),
            ("serum_creatinine", "exclusion", "<", 2.0, "mg/dL"),
            ("alt", "inclusion", ">", 2.5, "xULN"),
            ("life_expectancy", "exclusion", ">", 12, "wk"),
            ("oxygen_saturation", "inclusion", "<", 92, "%"),
        ],
    )
    def test_of_any_other_concept(self, concept, kind, operator, value, unit):
        change = adding(criterion(concept, kind, operator, value, unit))
        assert ("criterion_reversed", "major") in found(BCMA, "2.1.2.1-b", change)
        assert blocks(BCMA, "2.1.2.1-b", change)

    def test_of_age_where_only_minors_are_left(self):
        change = (
            "population.criteria",
            lambda rows: [r for r in rows if r["concept"] != "age"] + [criterion("age", "exclusion", ">=", 18, "y")],
        )
        assert ("criterion_reversed", "major") in found(BCMA, "2.1.2.1-b", change)

    @pytest.mark.parametrize(
        ("kind", "value", "en", "zh", "wrong"),
        [
            ("inclusion", True, "Active graft-versus-host disease", "活动性移植物抗宿主病", True),
            ("exclusion", False, "Active GvHD", "活动性移植物抗宿主病", True),
            ("exclusion", True, "Active GvHD", "活动性移植物抗宿主病", False),
            ("exclusion", True, "No active hepatitis", "无活动性肝炎的乙肝", True),
            ("inclusion", True, "No active hepatitis", "无活动性乙肝", False),
            ("inclusion", True, "Negative serology for syphilis or syphilis test negative", "梅毒检测阴性", False),
            ("inclusion", True, "Complete resection of the tumour", "肿瘤完全切除", False),
        ],
    )  # fmt: skip
    def test_of_free_text(self, kind, value, en, zh, wrong):
        row = criterion("other", kind, "is", value, source="manual", assessor="investigator", text={"en": en, "zh": zh})
        codes = {code for code, _ in found(BCMA, "2.1.2.1-b", adding(row))}
        assert ("criterion_reversed" in codes) is wrong

    def test_not_of_what_the_trial_treats(self):
        lupus = (("trial.malignancy", False), ("trial.haematological", None))
        change = adding(criterion("active_autoimmune_disease", "inclusion", "is", True))
        assert "criterion_reversed" not in {code for code, _ in found(BCMA, "2.1.2.1-b", *lupus, change)}

    def test_a_ceiling_beside_a_floor_is_no_fault(self):
        extra = criterion("platelet_count", "inclusion", "<=", 450, "10^9/L") | {"id": "X-02"}
        floor = criterion("platelet_count", "inclusion", ">=", 50, "10^9/L")
        assert found(BCMA, "2.1.2.1-b", ("population.criteria", lambda rows: [*rows, floor, extra])) == set()

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            (criterion("body_temperature", "inclusion", ">", 38.0, "degC"), "criterion_reversed"),
            (criterion("body_temperature", "inclusion", "<", 41.0, "degC"), "infusion_condition_loose"),
            (criterion("body_temperature", "inclusion", "<", 104.0, "degF"), "infusion_condition_loose"),
            (criterion("oxygen_saturation", "inclusion", ">=", 50, "%"), "infusion_condition_loose"),
            (criterion("active_infection", "inclusion", "is", True), "criterion_reversed"),
        ],
    )
    def test_of_the_day_of_infusion(self, row, code):
        change = adding(row, "treatment.infusion.conditions")
        assert (code, "major") in found(BCMA, "2.1.3-d", change)
        assert blocks(BCMA, "2.1.3-d", change)


class TestAVectorThatStays:
    @pytest.mark.parametrize("kind", ["lentiviral", "gammaretroviral", "transposon"])
    @pytest.mark.parametrize("declared", ["none", "low"])
    def test_is_integrating_whatever_is_declared(self, kind, declared):
        changes = (("product.vector.kind", kind), ("product.vector.integration", declared), ("follow_up.years", 5))
        answer = reviewed(BCMA, *changes)
        verdict = answer.by_clause["3.1-h"]
        assert {"vector_contradiction", "follow_up_below_class_minimum"} <= {item.code for item in verdict.findings}
        assert verdict.severity is Severity.MAJOR
        assert verdict.blocks_approval
        assert answer.follow_up.years == 15

    @pytest.mark.parametrize(
        "changes",
        [
            (("product.vector.kind", "electroporated_rnp"), ("product.gene_knockout", True)),
            (("product.vector.kind", "AAV"), ("product.gene_knockout", True), ("product.knocked_out_genes", ["TRAC"])),
            (("product.vector.kind", "other"),),
        ],
    )
    def test_a_knock_in_or_an_unnamed_kind_with_telling_steps_is_too(self, changes):
        assert blocks(BCMA, "3.1-h", *changes, ("product.vector.integration", "none"))

    def test_steps_that_name_another_kind_than_the_field_are_a_contradiction(self):
        change = (("product.vector.kind", "mRNA"), ("product.vector.integration", "none"))
        assert ("vector_contradiction", "major") in found(BCMA, "1.3-a", *change)
        right = ("product.ex_vivo_steps", ["activation", "mRNA electroporation"])
        assert found(BCMA, "1.3-a", *change, right) == set()

    def test_without_its_integrase_and_shown_it_may_be_low(self):
        shown = {"kind": "in_vitro", "reference": "qu2022"}
        shown["statement"] = {"en": "Integrase-deficient vector: 0.2 % of copies", "zh": "整合酶缺陷型载体：0.2%"}
        low = (("product.vector.integration", "low"), ("product.vector.integration_evidence", [shown]))
        assert "vector_contradiction" not in {code for code, _ in found(BCMA, "3.1-g", *low)}
        assert reviewed(BCMA, *low).by_clause["3.1-h"].status is Status.NOT_APPLICABLE


class TestADoseAndAnIntervalThatHarm:
    @pytest.mark.parametrize("cells", ["1e12", "1e10", "5e7", "1"])
    def test_a_first_dose_far_from_every_published_one(self, cells):
        change = ("dose.levels", [{"label": "DL1", "cells": cells}])
        minimum = ("dose.minimum_dose", None)
        assert blocks(BCMA, "2.2.2.1-a", change, minimum)

    @pytest.mark.parametrize(
        ("name", "cells"),
        [(TCR, "1e13"), (NK, "1e11"), (TCR, "3e10"), (CIK, "1e13"), (CD19, "1e12"), (CIK, "10")],
    )
    def test_of_every_class_of_product(self, name, cells):
        answer = reviewed(name, ("dose.levels", [{"label": "A", "cells": cells}]), ("dose.minimum_dose", None))
        clause = "2.2.2.1-a" if answer.facts["fih"] else "2.2.2.2-a"
        assert answer.by_clause[clause].severity is Severity.MAJOR
        assert answer.by_clause[clause].blocks_approval

    def test_a_start_above_published_ones_asks(self):
        change = ("dose.levels", [{"label": "DL1", "cells": "1e7"}])
        assert found(BCMA, "2.2.2.1-a", change) == {("start_above_published", "note")}

    @pytest.mark.parametrize("level", ["3e5", "1e6", "2.5e6"])
    def test_a_usual_start_raises_nothing(self, level):
        change = ("dose.levels", [{"label": "DL1", "cells": level}])
        assert found(BCMA, "2.2.2.1-a", change, ("dose.minimum_dose", None)) == set()

    @pytest.mark.parametrize("interval", ["1 min", "1 h", "0 d", "1 d", "6 d"])
    def test_staggering_before_reactions_begin(self, interval):
        change = ("escalation.staggering.after_first_of_level", interval)
        assert ("stagger_below_onset", "major") in found(BCMA, "2.2.4-a", change)
        without_onset = ("escalation.staggering.analogue_onset_p95", None)
        assert blocks(TCR, "2.2.4-a", change, without_onset)

    def test_later_subjects_wait_too(self):
        assert blocks(BCMA, "2.2.4-a", ("escalation.staggering.between_later", "1 min"))

    @pytest.mark.parametrize("interval", ["1 d", "27 d"])
    def test_a_level_before_the_window_of_toxicity_has_passed(self, interval):
        change = ("escalation.staggering.between_levels", interval)
        assert ("levels_before_window", "major") in found(BCMA, "2.2.4-a", change)

    @pytest.mark.parametrize("interval", ["28 d", "4 wk", "1 mo"])
    def test_four_weeks_are_enough_in_any_unit(self, interval):
        names = ("after_first_of_level", "between_levels")
        assert found(BCMA, "2.2.4-a", *((f"escalation.staggering.{name}", interval) for name in names)) == set()


class TestRisksThatComeWithDonorCells:
    """Field case 16: donor-derived T cells without graft-versus-host disease, donor tests and HLA."""

    @pytest.mark.parametrize("kind", ["CAR-T", "TCR-T", "CIK"])
    def test_are_asked_of_donor_t_cells(self, kind):
        changes = (("product.type", kind), ("product.cell_source", "allogeneic"))
        assert {"profile_incomplete", "class_risks_absent"} <= {code for code, _ in found(BCMA, "1.3-a", *changes)}
        assert ("mandatory_risk_absent", "major") in found(BCMA, "2.1.2.2-b", *changes)

    @pytest.mark.parametrize("term", ["GvHD", "Graft-versus-host disease", "graft vs host disease", "移植物抗宿主病"])
    def test_are_met_by_any_of_their_names(self, term):
        named = ("risk_plan.risks", lambda rows: [*rows, {**rows[0], "term": term}])
        donor = (("product.cell_source", "allogeneic"), ("product.donor_testing", ["HIV", "hepatitis B"]))
        hla = ("product.hla_matching", {"en": "Haploidentical or better", "zh": "单倍体相合或更好"})
        assert found(BCMA, "1.3-a", *donor, hla, named) == set()
        assert found(BCMA, "2.1.2.2-b", *donor, hla, named) == set()

    def test_are_not_asked_of_own_cells(self):
        assert found(BCMA, "1.3-a") == set()


class TestAProductMadeInTheBody:
    """Field case 20."""

    VECTOR = (
        ("product.ex_vivo_steps", []),
        ("product.returned_to_patient", False),
        ("product.name", {"en": "Lentiviral vector, in vivo CAR-T", "zh": "体内CAR-T慢病毒载体"}),
    )

    @pytest.mark.parametrize(
        "changes",
        [
            VECTOR,
            (("product.returned_to_patient", False),),
            (("product.ex_vivo_steps", ["none"]),),
            (("product.ex_vivo_steps", ["N/A"]),),
            (("product.ex_vivo_steps", ["in vivo transduction of T cells"]),),
            (
                (
                    "product.mechanism",
                    {"en": "T cells are engineered after injection", "zh": "靶向脂质纳米颗粒在体内转导T细胞"},
                ),
            ),
        ],
    )
    def test_is_out_of_scope_and_never_approved(self, changes):
        answer = reviewed(BCMA, *changes)
        assert answer.out_of_scope
        assert answer.by_clause["1.1-b"].status is Status.OUT_OF_SCOPE
        assert "1.1-b" in {item.clause.id for item in answer.blockers}

    @pytest.mark.parametrize(
        ("en", "zh"),
        [
            ("The cells expand in vivo and kill plasma cells", "细胞在体内扩增并杀伤浆细胞"),
            ("In vivo CAR-T cell expansion drives the response", "体内CAR-T细胞扩增决定疗效"),
            ("Persistence in vivo is measured for fifteen years", "体内存续监测十五年"),
            (
                "Unlike in vivo CAR products, the cells are transduced outside the body",
                "有别于体内CAR产品，细胞在体外转导",
            ),
            ("In vivo CAR transgene copies are measured", "检测体内CAR拷贝数"),
        ],
    )
    def test_what_own_cells_do_in_the_body_makes_no_product_of_the_body(self, en, zh):
        answer = reviewed(BCMA, ("product.mechanism", {"en": en, "zh": zh}))
        assert (answer.out_of_scope, found(BCMA, "1.1-b", ("product.mechanism", {"en": en, "zh": zh}))) == (
            False,
            set(),
        )

    @pytest.mark.parametrize(
        "text", ["T cells are transduced in vivo", "原位转导T细胞", "2e8 transducing units per kg"]
    )
    def test_every_text_that_says_so_is_out_of_scope(self, text):
        assert reviewed(BCMA, ("product.mechanism", {"en": text, "zh": text})).out_of_scope

    def test_the_dose_of_a_vector_for_cells_outside_is_in_scope(self):
        steps = ["T-cell enrichment", "lentiviral transduction at 5 transducing units per cell", "expansion"]
        assert not reviewed(BCMA, ("product.ex_vivo_steps", steps)).out_of_scope

    def test_cells_worked_on_outside_are_in_scope_in_either_language(self):
        steps = ("product.ex_vivo_steps", ["T细胞分选", "激活", "慢病毒转导", "扩增"])
        assert not reviewed(BCMA, steps).out_of_scope


@pytest.mark.parametrize(
    ("tests", "wanted"),
    [
        (["identity", "viability", "no Gram-positive bacteria", "endotoxin"], True),
        (["identity", "viability", "positive control"], True),
        (["viability", "residual TCR-positive cells"], True),
        (["转导效率不检测", "无菌"], True),
        (["CAR+ %"], False),
        (["% CAR+"], False),
        (["CAR expression by flow"], False),
        (["CAR表达率"], False),
        (["share of vector-positive cells"], False),
        (["CD3-positive cells", "vector copy number"], True),
        (["CAR-positive T cells (not performed)"], True),
        (["seropositive donor", "scar inspection"], True),
        (["% transduced"], False),
        (["percentage of anti-BCMA CAR-expressing T cells"], False),
        (["CAR positivity"], False),
    ],
)
def test_release_tests_are_read_by_concept(tests, wanted):
    """Field case 25: no test of the vector-positive share is named, whatever part of a word says `positive`."""
    codes = {code for code, _ in found(BCMA, "2.2.2.2-d", ("manufacturing.release_tests", tests))}
    assert ("positive_share_not_tested" in codes) is wanted


REASON = {"en": "No comparable treatment exists for these lines", "zh": "该线数下无可比治疗"}
CITED = {
    "kind": "literature",
    "reference": "crump2017",
    "statement": {"en": "Pooled series of 636 patients", "zh": "636例汇总"},
}


def justification(clause: str, **values: Any) -> tuple[str, Any]:
    row = {
        "clause": clause,
        "reason": REASON,
        "evidence": [CITED],
        "signed_by": "Sponsor office",
        "signed_on": "2025-03-03",
    }
    return "justifications", [row | values]


class TestAReasonThatNobodySigned:
    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"reason": {"en": "x", "zh": "x"}, "signed_by": "nobody", "signed_on": "2035-01-01"},
            {"reason": {"en": "As per sponsor", "zh": "由申办者决定"}},
        ],
    )
    def test_closes_no_should_clause(self, values):
        answer = reviewed(CD19, justification("2.3.1-a", **values))
        verdict = answer.by_clause["2.3.1-a"]
        assert verdict.status is Status.FINDING
        assert verdict.blocks_approval
        assert "justification_unsigned" in {item.code for item in verdict.findings}

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"signed_on": "2035-01-01"}, "justification_dated_after"),
            ({"signed_by": "nobody"}, "justification_by_nobody"),
            ({"signed_by": "某人"}, "justification_by_nobody"),
            ({"signed_by": "TBD"}, "justification_by_nobody"),
            ({"reason": {"en": "x", "zh": "x"}}, "justification_says_nothing"),
            ({"reason": {"en": "To be determined", "zh": "待定"}}, "justification_says_nothing"),
            ({"evidence": []}, "justification_without_evidence"),
            ({"evidence": [CITED | {"reference": None}]}, "justification_unsupported"),
            ({"evidence": [CITED | {"reference": "no_such_paper"}]}, "justification_unsupported"),
        ],
    )
    def test_is_at_fault_even_where_somebody_signs_for_it(self, values, code):
        plan = edited(CD19, justification("2.3.1-a", **values))
        verdict = review(plan, packaged_register(), signed={"2.3.1-a"}).by_clause["2.3.1-a"]
        assert verdict.status is Status.FINDING
        assert code in {item.code for item in verdict.findings}

    def test_signed_for_and_sound_it_closes_the_clause(self):
        plan = edited(CD19, justification("2.3.1-a"))
        assert review(plan, packaged_register(), signed={"2.3.1-a"}).by_clause["2.3.1-a"].status is Status.JUSTIFIED
        assert review(plan, packaged_register(), signed={"2.3-b"}).by_clause["2.3.1-a"].status is Status.FINDING

    def test_a_danger_is_never_justified(self):
        rule = justification("2.1.3-d")
        hot = ("treatment.infusion.conditions", [criterion("body_temperature", "inclusion", ">", 38.0, "degC")])
        verdict = review(edited(CD19, rule, hot), packaged_register(), signed={"2.1.3-d"}).by_clause["2.1.3-d"]
        assert verdict.status is Status.FINDING

    def test_the_window_of_the_pregnancy_test_is_left_to_the_agency(self):
        wide = ("population.pregnancy_test_window", "14 d")
        plan = edited(CD19, justification("2.1.1.4-c"), wide)
        signed = {"signed": {"2.1.1.4-c"}}
        assert review(plan, packaged_register(), **signed).by_clause["2.1.1.4-c"].status is Status.FINDING
        answer = {"topic": {"en": "Window", "zh": "时间窗"}, "status": "answered", "dated": "2025-02-01"}
        answer["advice"] = {"en": "14 days are agreed for this indication", "zh": "同意该适应症采用14天"}
        asked = edited(CD19, justification("2.1.1.4-c"), wide, ("governance.agency", [answer]))
        assert review(asked, packaged_register(), **signed).by_clause["2.1.1.4-c"].status is Status.JUSTIFIED
