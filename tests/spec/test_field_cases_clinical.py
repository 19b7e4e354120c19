"""Field cases 4 to 8: what a finding implies is known, what could not be tested is not normal, and a baseline has no baseline."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from celltrial.clinical.cres_cartox import CresFindings, CresSeizure, derive_cres_grade
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings, derive_crs_ctcae_grade
from celltrial.clinical.crs_lee2014 import LeeFindings, derive_crs_lee_grade
from celltrial.clinical.ctcae_lab import VERSIONS, LabFindings, derive_lab_grade
from celltrial.clinical.derivation import NE, Attribution
from celltrial.clinical.icans_astct import Arousal, IcansFindings, Seizure, derive_icans_grade
from celltrial.clinical.imwg import MyelomaAssessment as Seen
from celltrial.clinical.imwg import derive_imwg_response
from celltrial.clinical.irecist import IrecistVisit, derive_irecist_course
from celltrial.clinical.lugano_ct import CtBaseline, CtVisit, LymphomaLesion, NonMeasured, derive_lugano_ct
from celltrial.clinical.queries import Caveat, Query
from celltrial.clinical.recist11 import derive_recist_response
from celltrial.clinical.recist_lesions import (
    BaselineLesion,
    NewLesion,
    NonTarget,
    TargetMeasure,
    TumourBaseline,
    TumourVisit,
)
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.gates.eligibility import judge
from celltrial.conduct.views.engines import Case, engine_for
from celltrial.conduct.views.signs import Signs
from celltrial.conduct.vocabulary import Finding
from celltrial.core.quantities import Quantity
from celltrial.core.truth import Truth
from celltrial.protocol.model.population import Criterion

SERUM = Seen(serum_m_g_dl=4, urine_m_mg_24h=0)
URINE = Seen(serum_m_g_dl=0, urine_m_mg_24h=1000)


class TestMyeloma:
    @pytest.mark.parametrize(
        ("baseline", "visit", "label"),
        [
            (SERUM, Seen(serum_m_g_dl="3.8", urine_m_mg_24h=0), "SD"),
            (SERUM, Seen(serum_m_g_dl="3.8"), "SD"),
            (SERUM, Seen(serum_m_g_dl=3, urine_m_mg_24h=0), "MR"),
            (SERUM, Seen(serum_m_g_dl=2, urine_m_mg_24h=0), "PR"),
            (SERUM, Seen(serum_m_g_dl="0.1", urine_m_mg_24h=0), "VGPR"),
            (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=900), "SD"),
            (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=50), "VGPR"),
        ],
    )
    def test_a_measured_spike_is_a_positive_immunofixation(self, baseline, visit, label):
        found = derive_imwg_response(visit, baseline=baseline)
        assert (found.category, found.incomplete) == (label, False)
        assert any("> 0" in str(row) and row.holds for row in found.trace)

    def test_without_a_spike_immunofixation_stays_unknown(self):
        found = derive_imwg_response(Seen(serum_m_g_dl=0, urine_m_mg_24h=0), baseline=SERUM)
        assert (found.category, found.incomplete) == ("VGPR", True)

    def test_a_negative_immunofixation_is_no_m_protein(self):
        seen = Seen(serum_m_g_dl=0, serum_ife_negative=True, urine_ife_negative=True)
        assert derive_imwg_response(seen, baseline=SERUM).category == "VGPR"
        relapsed = derive_imwg_response(
            Seen(serum_m_g_dl="0.6"), baseline=SERUM, earlier=[seen, Seen(serum_ife_negative=True)]
        )
        assert relapsed.category == "PD"

    @pytest.mark.parametrize(
        ("involved", "uninvolved", "label"),
        [(48, 1, "SD"), (30, 1, "SD"), (20, 1, "PR"), (4, 1, "VGPR"), (62, 1, "SD"), (63, 1, "PD"), (50, 0, "SD")],
    )
    def test_light_chains_far_apart_are_an_abnormal_ratio(self, involved, uninvolved, label):
        baseline = Seen(serum_m_g_dl=0, urine_m_mg_24h=0, involved_flc_mg_dl=50, uninvolved_flc_mg_dl=1)
        seen = Seen(involved_flc_mg_dl=involved, uninvolved_flc_mg_dl=uninvolved)
        found = derive_imwg_response(seen, baseline=baseline)
        assert (found.category, found.incomplete) == (label, False)

    def test_light_chains_near_each_other_leave_the_ratio_to_the_laboratory(self):
        baseline = Seen(serum_m_g_dl=0, urine_m_mg_24h=0, involved_flc_mg_dl=50, uninvolved_flc_mg_dl=1)
        near = Seen(involved_flc_mg_dl=3, uninvolved_flc_mg_dl=1)
        found = derive_imwg_response(near, baseline=baseline)
        assert (found.category, found.incomplete) == ("VGPR", True)

    def test_a_spike_that_may_be_the_antibody_proves_nothing(self):
        seen = Seen(serum_m_g_dl="0.1", urine_m_mg_24h=0, urine_ife_negative=True, antibody_interference=True,
                    marrow_plasma_percent=1)  # fmt: skip
        assert derive_imwg_response(seen, baseline=SERUM).incomplete

    @pytest.mark.parametrize("which", ["serum", "urine"])
    def test_a_negative_immunofixation_beside_a_spike_is_asked_about(self, which):
        spikes = {"serum_m_g_dl": 0, "urine_m_mg_24h": 0} | {
            "serum": {"serum_m_g_dl": 1},
            "urine": {"urine_m_mg_24h": 90},
        }[which]
        seen = Seen(**spikes, serum_ife_negative=True, urine_ife_negative=True, marrow_plasma_percent=1)
        found = derive_imwg_response(seen, baseline=SERUM)
        assert Query.IMWG_IMMUNOFIXATION_DISAGREES in found.queries
        assert found.category not in {"CR", "sCR"}


def because(finding, cause):
    return (Attribution(finding, cause, "as judged at the bedside", "dr-1"),)


AWAKE = {"arousal": Arousal.ALERT, "seizure": Seizure.NONE, "deep_focal_weakness": False, "pressure_signs": ()}


class TestCognitionThatCannotBeTested:
    @pytest.mark.parametrize("cause", ["language", "deafness", "aphasia before treatment", "intubation", "sedation"])
    @pytest.mark.parametrize("age", [40, 1, 6])
    def test_not_tested_is_not_normal(self, cause, age):
        found = derive_icans_grade(IcansFindings(age_years=age, attributions=because("cognition", cause), **AWAKE))
        assert (found.grade, found.category, found.incomplete) == (None, NE, True)
        assert not found.domain("cognition").is_evaluable
        assert Caveat.NOT_TESTABLE in found.caveats

    def test_what_was_tested_and_has_another_cause_does_not_count(self):
        found = derive_icans_grade(
            IcansFindings(age_years=40, ice=6, attributions=because("cognition", "dementia"), **AWAKE)
        )
        assert (found.grade, found.incomplete) == (0, False)
        assert found.domain("cognition").excluded

    @pytest.mark.parametrize("score", [{"ice": 0}, {"cannot_perform": True}, {"ice": 0, "cannot_perform": True}])
    @pytest.mark.parametrize("cause", ["language", "dysphasia before treatment"])
    def test_a_score_of_nothing_answered_is_not_tested_either(self, score, cause):
        found = derive_icans_grade(
            IcansFindings(age_years=40, attributions=because("cognition", cause), **score, **AWAKE)
        )
        assert (found.category, Caveat.NOT_TESTABLE in found.caveats) == (NE, True)

    def test_capd_stands_in_where_ice_cannot_be_used(self):
        found = derive_icans_grade(IcansFindings(age_years=40, capd=3, **AWAKE))
        assert (found.grade, found.incomplete) == (1, False)

    def test_a_seizure_still_gives_the_grade_at_least(self):
        signs = AWAKE | {"seizure": Seizure.CLINICAL_RESOLVED_RAPIDLY}
        found = derive_icans_grade(IcansFindings(age_years=40, attributions=because("cognition", "language"), **signs))
        assert found.label == ">=3"

    @pytest.mark.parametrize("domain", ["arousal", "seizure", "motor", "pressure"])
    def test_no_domain_is_cleared_by_a_cause_of_what_nobody_looked_at(self, domain):
        blank = {
            "arousal": "arousal",
            "seizure": "seizure",
            "motor": "deep_focal_weakness",
            "pressure": "pressure_signs",
        }
        signs = AWAKE | {blank[domain]: None}
        found = derive_icans_grade(IcansFindings(age_years=40, ice=10, attributions=because(domain, "stroke"), **signs))
        assert found.category == NE

    def test_cartox_reads_it_in_the_same_way(self):
        rest = {
            "raised_pressure": False,
            "cerebral_oedema": False,
            "seizure": CresSeizure.NONE,
            "motor_weakness": False,
        }
        found = derive_cres_grade(CresFindings(obtunded=False, attributions=because("cognition", "language"), **rest))
        assert (found.category, Caveat.NOT_TESTABLE in found.caveats) == (NE, True)
        found = derive_cres_grade(
            CresFindings(cartox=5, obtunded=False, attributions=because("cognition", "dementia"), **rest)
        )
        assert found.grade == 0


CRS = {"hypotension": False, "vasopressors": (), "oxygen_device": OxygenDevice.ROOM_AIR}


class TestSignsOfCytokineReleaseThatNobodyLookedAt:
    """Whatever the scale, a cause explains what was found and nothing else."""

    @pytest.mark.parametrize(
        ("engine", "kind", "rest"),
        [
            (derive_crs_grade, CrsFindings, CRS | {"temperature_c": 39}),
            (derive_crs_lee_grade, LeeFindings,
             CRS | {"symptoms": True, "organ_toxicity_grade": 0, "transaminase_grade": 0}),
            (derive_crs_ctcae_grade, CtcaeCrsFindings, CRS | {"fever": True, "life_threatening": False}),
        ],
    )  # fmt: skip
    def test_on_each_scale_of_it(self, engine, kind, rest):
        unseen = {"hypotension": {"hypotension": None, "vasopressors": None}, "hypoxia": {"oxygen_device": None}}
        for sign, blank in unseen.items():
            found = engine(kind(**rest | blank, attributions=because(sign, "sepsis")))
            assert (found.label, found.incomplete) == (">=1", True), sign
            assert Caveat.NOT_TESTABLE in found.caveats
        whole = engine(kind(**rest | {"hypotension": True}, attributions=because("hypotension", "sepsis")))
        assert (whole.label, whole.incomplete, whole.domain("hypotension").excluded) == ("1", False, True)

    def test_a_temperature_that_was_not_taken_is_no_fever_of_another_cause(self):
        found = derive_crs_grade(CrsFindings(**CRS, attributions=because("fever", "infection")))
        assert (found.category, found.incomplete, Caveat.NOT_TESTABLE in found.caveats) == (NE, True, True)
        seen = derive_crs_grade(CrsFindings(**CRS, temperature_c=39, attributions=because("fever", "infection")))
        assert (seen.grade, seen.incomplete, seen.caveats) == (0, False, ())

    @pytest.mark.parametrize(("sign", "blank"), [("symptoms", "symptoms"), ("organs", "organ_toxicity_grade")])
    def test_nor_are_symptoms_and_organs(self, sign, blank):
        rest = CRS | {"symptoms": True, "organ_toxicity_grade": None, "transaminase_grade": None, blank: None}
        assert derive_crs_lee_grade(LeeFindings(**rest, attributions=because(sign, "sepsis"))).incomplete


LESIONS = TumourBaseline((BaselineLesion("T1", 40), BaselineLesion("N1", 20, is_node=True)), non_targets=1)


def scan(size, node=8, other=NonTarget.ABSENT, *, too_small=False, new=NewLesion.NO):
    targets = [TargetMeasure("T1", size, too_small=too_small)] + (
        [TargetMeasure("N1", node)] if node is not None else []
    )
    return TumourVisit(tuple(targets), (other,), new_lesion=new)


class TestReappearance:
    @pytest.mark.parametrize(
        "back", [scan(4), scan(1), scan("0.5"), scan(None, too_small=True), scan(30), scan(4, node=None)]
    )
    def test_after_a_complete_response_any_size_is_progression(self, back):
        found = derive_recist_response(back, baseline=LESIONS, earlier=[scan(0)])
        assert found.category == "PD"
        assert "T-10" in found.deciding
        assert Query.RECIST_REAPPEARED_AFTER_CR in found.queries
        assert any(row.name == "T1 after CR" and row.holds for row in found.trace)

    def test_before_a_complete_response_it_is_added_to_the_sum(self):
        partly = scan(0, other=NonTarget.PRESENT)
        assert derive_recist_response(partly, baseline=LESIONS).category == "PR"
        found = derive_recist_response(scan(4, other=NonTarget.PRESENT), baseline=LESIONS, earlier=[partly])
        assert (found.category, found.queries) == ("PR", ())

    def test_a_non_target_lesion_that_is_back_is_progression_too(self):
        found = derive_recist_response(scan(0, other=NonTarget.PRESENT), baseline=LESIONS, earlier=[scan(0)])
        assert (found.category, found.parts["non_target"]) == ("PD", "PD")
        assert Query.RECIST_REAPPEARED_AFTER_CR in found.queries

    def test_a_node_is_judged_by_its_growth(self):
        assert derive_recist_response(scan(0, node=9), baseline=LESIONS, earlier=[scan(0, node=8)]).category == "CR"
        assert derive_recist_response(scan(0, node=11), baseline=LESIONS, earlier=[scan(0, node=8)]).category != "PD"
        assert derive_recist_response(scan(0, node=14), baseline=LESIONS, earlier=[scan(0, node=8)]).category == "PD"

    def test_the_order_of_the_visits_before_does_not_matter_and_progression_stays(self):
        before = [scan(20), scan(0), scan(4)]
        for shuffled in (before, before[::-1]):
            assert derive_recist_response(scan(3), baseline=LESIONS, earlier=shuffled).category == "PD"

    def test_irecist_reads_it_as_unconfirmed_progression(self):
        days = [date(2025, 1, 1) + timedelta(weeks=6 * i) for i in range(3)]
        course = derive_irecist_course(
            [IrecistVisit(day, seen) for day, seen in zip(days, (scan(0), scan(4), scan(10)), strict=True)],
            baseline=LESIONS,
        )
        assert [item.category for item in course.responses] == ["iCR", "iUPD", "iCPD"]
        assert course.progressed_on == days[1]

    @pytest.mark.parametrize(
        ("extranodal", "now", "category"),
        [(True, "0.4", "PD"), (True, 0, "CR"), (False, "0.9", "CR"), (False, "1.6", "PD")],
    )
    def test_lugano_sees_what_had_gone(self, extranodal, now, category):
        base = CtBaseline((LymphomaLesion("L1", 4, 3, extranodal=extranodal),))

        def seen(size):
            return CtVisit((LymphomaLesion("L1", size, size, extranodal=extranodal),), non_measured=NonMeasured.ABSENT,
                           new_nodes_cm=(), new_extranodal_cm=())  # fmt: skip

        found = derive_lugano_ct(seen(now), baseline=base, earlier=[seen(0)])
        assert found.category == category
        assert ("regrowth" in found.deciding) is (category == "PD")

    def test_lugano_sees_marrow_and_unmeasured_disease_that_are_back(self):
        base = CtBaseline((LymphomaLesion("N1", 4, 3),), marrow_involved=True)
        clear = CtVisit((LymphomaLesion("N1", 1, 1),), non_measured=NonMeasured.ABSENT, new_nodes_cm=(),
                        new_extranodal_cm=(), marrow_normal=True)  # fmt: skip
        assert derive_lugano_ct(clear, baseline=base).category == "CR"
        for change, row in (({"marrow_normal": False}, "marrow"), ({"non_measured": NonMeasured.PRESENT}, "regrowth")):
            fields = {name: getattr(clear, name) for name in CtVisit.__dataclass_fields__} | change
            found = derive_lugano_ct(CtVisit(**fields), baseline=base, earlier=[clear])
            assert (found.category, row in found.deciding) == ("PD", True)


def units(value):
    return None if value is None else Quantity.of(value, "U/L")


class TestBaselineItself:
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("baseline", [100, None])
    def test_a_screening_value_is_graded_by_the_limits(self, version, baseline):
        found = derive_lab_grade(
            "alt_high",
            LabFindings(units(100), uln=units(40), baseline=units(baseline), at_baseline=True),
            version=version,
        )
        assert (found.grade, found.incomplete) == (1, False)
        assert Caveat.GRADED_AT_BASELINE in found.caveats
        assert Caveat.BASELINE_ABNORMAL_BRANCH not in found.caveats

    @pytest.mark.parametrize(
        ("term", "value", "limits", "unit", "grade"),
        [
            ("ast_high", 130, {"uln": 40}, "U/L", 2),
            ("alp_high", 300, {"uln": 100}, "U/L", 2),
            ("ggt_high", 600, {"uln": 100}, "U/L", 3),
            ("bilirubin_high", 40, {"uln": 20}, "umol/L", 2),
            ("creatinine_high", 160, {"uln": 100}, "umol/L", 2),
            ("fibrinogen_low", "0.9", {"lln": 2}, "g/L", 3),
            ("eosinophils_high", 2, {"uln": "0.5"}, "1e9/L", 1),
        ],
    )
    def test_every_term_with_a_baseline_branch(self, term, value, limits, unit, grade):
        bounds = {name: Quantity.of(number, unit) for name, number in limits.items()}
        found = derive_lab_grade(
            term, LabFindings(Quantity.of(value, unit), **bounds, baseline=Quantity.of(value, unit), at_baseline=True)
        )
        assert (found.grade, Caveat.GRADED_AT_BASELINE in found.caveats) == (grade, True)

    def test_a_normal_screening_value_is_grade_0_and_a_term_without_baseline_says_nothing_of_it(self):
        assert derive_lab_grade("alt_high", LabFindings(units(30), uln=units(40), at_baseline=True)).grade == 0
        plain = LabFindings(Quantity.of(2, "1e9/L"), lln=Quantity.of(2, "1e9/L"), at_baseline=True)
        assert Caveat.GRADED_AT_BASELINE not in derive_lab_grade("neutrophils_low", plain).caveats

    def test_after_treatment_the_abnormal_baseline_still_rules(self):
        found = derive_lab_grade("alt_high", LabFindings(units(100), uln=units(40), baseline=units(100)))
        assert found.grade == 0
        assert derive_lab_grade("alt_high", LabFindings(units(100), uln=units(40))).category == NE


class TestBaselineInConduct:
    """The gate to the engine: a value before lymphodepletion has no baseline before it."""

    @staticmethod
    def graded(onset, baseline, treated=date(2025, 3, 10)):
        signs = {"value": "100", "upper_limit": "40"} | ({} if baseline is None else {"baseline": baseline})
        found = Signs(tuple(Finding(name, value, "U/L", onset) for name, value in signs.items()))
        case = Case(
            "other", "Alanine aminotransferase increased", "CTCAE-5.0", None, onset, None, found, treated=treated
        )
        engine = engine_for(case)
        assert engine is not None
        return engine(case)

    @pytest.mark.parametrize("baseline", ["100", None])
    def test_at_screening_the_limits_decide(self, baseline):
        found = self.graded(date(2025, 3, 1), baseline)
        assert (found.grade, Caveat.GRADED_AT_BASELINE in found.caveats) == (1, True)
        assert self.graded(date(2025, 3, 1), baseline, treated=None).grade == 1

    def test_an_earlier_baseline_counts_before_treatment_too(self):
        assert self.graded(date(2025, 3, 1), "80").grade == 0

    def test_after_lymphodepletion_the_baseline_decides(self):
        assert self.graded(date(2025, 3, 12), "100").grade == 0
        assert self.graded(date(2025, 3, 12), None).category == NE


class TestSignsAsTheyAreWritten:
    """The gate to the engine: nothing is not the name of a drug, and two drugs are two however they are divided."""

    @staticmethod
    def graded(**written):
        signs = {
            "temperature": "39",
            "hypotension": "no",
            "vasopressors": "none",
            "oxygen_device": "room_air",
        } | written
        found = Signs(tuple(Finding(name, value, "", date(2025, 3, 5)) for name, value in signs.items()))
        case = Case("CRS", "CRS", "ASTCT-2019", None, date(2025, 3, 5), date(2025, 3, 1), found)
        engine = engine_for(case)
        assert engine is not None
        return engine(case)

    @pytest.mark.parametrize(
        "nothing", ["none", "None", "no", "No.", "0", "nil", "-", "not given", "无", "未使用", "否"]
    )
    def test_nothing_given_is_no_vasopressor(self, nothing):
        found = self.graded(vasopressors=nothing)
        assert (found.grade, found.incomplete, found.queries) == (1, False, ())

    @pytest.mark.parametrize("unknown", ["unknown", "N/A", "不详", ""])
    def test_not_known_is_not_nothing(self, unknown):
        assert self.graded(vasopressors=unknown).label == ">=1"

    @pytest.mark.parametrize(
        ("written", "grade"),
        [
            ("norepinephrine, epinephrine", 4), ("norepinephrine; epinephrine", 4), ("norepinephrine and epinephrine", 4),
            ("norepinephrine + epinephrine", 4), ("norepinephrine、epinephrine", 4), ("norepinephrine，epinephrine", 4),
            ("noradrenaline; norepinephrine", 3), ("norepinephrine; vasopressin", 3), ("norepinephrine 0.1 ug/kg/min", 3),
        ],
    )  # fmt: skip
    def test_drugs_are_counted_however_they_are_divided(self, written, grade):
        assert self.graded(hypotension="yes", vasopressors=written).grade == grade

    @pytest.mark.parametrize("device", ["room_air", "Room air", "ROOM-AIR", "room  air"])
    def test_a_code_is_read_however_it_is_written(self, device):
        assert self.graded(oxygen_device=device).grade == 1


class TestMissingTerms:
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize(
        ("value", "baseline", "grade"),
        [("1.2", "0.8", 1), ("1.2", "1.2", 0), ("1.2", "1.5", 0), ("0.4", "0.1", 0), ("1.2", None, None)],
    )
    def test_eosinophils_above_the_limit_and_above_baseline(self, version, value, baseline, grade):
        counts = {"value": value, "uln": "0.5", "baseline": baseline}
        given = {name: Quantity.of(Decimal(number), "1e9/L") for name, number in counts.items() if number is not None}
        found = derive_lab_grade("eosinophils_high", LabFindings(**given, clinical=False), version=version)
        assert found.grade == grade
        assert (Query.LAB_BASELINE_MISSING in found.queries) is (grade is None)

    def test_steroids_for_eosinophilia_make_grade_3(self):
        given = {name: Quantity.of(number, "1e9/L") for name, number in (("value", 3), ("uln", "0.5"), ("baseline", 1))}
        assert derive_lab_grade("eosinophils_high", LabFindings(**given, clinical=True)).grade == 3

    @pytest.mark.parametrize(
        ("term", "unit", "value", "limit", "clinical", "grade"),
        [
            ("phosphate_low", "mmol/L", "0.6", {"lln": "0.8"}, False, 1),
            ("phosphate_low", "mmol/L", "0.6", {"lln": "0.8"}, True, 2),
            ("phosphate_low", "mg/dL", "2.0", {"lln": "2.5"}, False, 1),
            ("phosphate_high", "mmol/L", "1.9", {"uln": "1.5"}, False, 1),
            ("bicarbonate_low", "mmol/L", 18, {"lln": 22}, None, 1),
            ("tsh_high", "mIU/L", 8, {"uln": 4}, None, 1),
            ("troponin_t_high", "ng/L", 30, {"uln": 14}, False, 1),
            ("troponin_i_high", "ng/mL", 2, {"uln": "0.04"}, True, 3),
        ],
    )
    def test_other_terms_of_ctcae_that_a_laboratory_reports(self, term, unit, value, limit, clinical, grade):
        bounds = {name: Quantity.of(number, unit) for name, number in limit.items()}
        assert derive_lab_grade(term, LabFindings(Quantity.of(value, unit), **bounds, clinical=clinical)).grade == grade

    def test_hyperglycaemia_of_5_is_above_the_limit_and_above_baseline(self):
        given = {name: Quantity.of(number, "mmol/L") for name, number in (("value", 9), ("uln", 6), ("baseline", 5))}
        assert derive_lab_grade("glucose_high", LabFindings(**given, clinical=False)).grade == 1
        assert derive_lab_grade("glucose_high", LabFindings(**given, clinical=True)).grade == 2


class TestResultsThatAreNeitherYesNorNo:
    """Case 4 at the gate of eligibility: a result that is not negative is not therefore positive, and keeps nobody in by itself."""

    @staticmethod
    def truth(kind, operator, wanted, found, concept="pregnancy_test"):
        criterion = Criterion.model_validate(
            {
                "id": "E-01", "kind": kind, "concept": concept, "operator": operator, "value": wanted, "assessment": "x",
                "source": "laboratory", "text": {"en": "x", "zh": "x"},
            }
        )  # fmt: skip
        day = date(2025, 3, 1)
        return judge(criterion, EvidenceRecorded("P1", concept, found, "", day, "chart"), day, "f", "c").truth

    @pytest.mark.parametrize(
        "found",
        ["pending", "weakly positive", "弱阳性", "indeterminate", "±", "待定", "可疑", "reactive", "-", "none", "0"],
    )
    def test_an_unclear_result_neither_excludes_nor_clears(self, found):
        for kind, operator, wanted in (
            ("exclusion", "==", "positive"), ("inclusion", "==", "negative"), ("inclusion", "!=", "positive"),
            ("exclusion", "in", ["positive", "not tested"]),
        ):  # fmt: skip
            assert self.truth(kind, operator, wanted, found) is Truth.UNKNOWN, (kind, operator)

    @pytest.mark.parametrize(
        ("found", "fit"),
        [("negative", True), ("阴性", True), ("not detected", True), ("positive", False), ("阳性", False)],
    )
    def test_a_clear_result_decides_in_either_language(self, found, fit):
        for kind, operator, wanted in (
            ("exclusion", "==", "positive"),
            ("inclusion", "==", "negative"),
            ("inclusion", "!=", "阳性"),
        ):
            assert self.truth(kind, operator, wanted, found) is Truth.of(fit)

    @pytest.mark.parametrize("found", ["not applicable", "not_applicable", "Not applicable", "不适用"])
    def test_a_test_that_a_person_has_no_need_of_has_neither_result(self, found):
        assert self.truth("exclusion", "==", "positive", found) is Truth.TRUE
        assert self.truth("inclusion", "==", "negative", found) is Truth.FALSE

    def test_other_words_are_compared_as_they_stand(self):
        assert self.truth("inclusion", "==", "III", "II", "disease_stage") is Truth.FALSE
        assert self.truth("inclusion", "in", ["II", "III"], "III", "disease_stage") is Truth.TRUE
