"""What every clinical engine must give: outcome, what decided, the inputs used, rule, version and evidence; NE, never 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from celltrial.clinical import CRITERIA, FOLLOW_UP, SCALES
from celltrial.clinical.annual_contact import DelayedEvent
from celltrial.clinical.car_hematotox import HematotoxValues
from celltrial.clinical.cns_leukaemia import CnsFindings
from celltrial.clinical.cres_cartox import CresFindings, CresSeizure
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings
from celltrial.clinical.crs_lee2014 import LeeFindings
from celltrial.clinical.ctcae_lab import LabFindings
from celltrial.clinical.daily_counts import DayCount
from celltrial.clinical.derivation import NE, Derivation, Evidence
from celltrial.clinical.growth import Child, GrowthTables, Indicator, Lms, Sex
from celltrial.clinical.hscore import HScoreFindings
from celltrial.clinical.icans_astct import IcansFindings, Seizure
from celltrial.clinical.iec_hs import IecHsCourse, IecHsLabs
from celltrial.clinical.imwg import MyelomaAssessment
from celltrial.clinical.imwg_best import MyelomaVisit
from celltrial.clinical.imwg_relapse import RelapseSigns
from celltrial.clinical.irecist import IrecistVisit
from celltrial.clinical.late_tests import CloneFindings, LateResult
from celltrial.clinical.leukaemia import LeukaemiaBaseline, LeukaemiaVisit
from celltrial.clinical.lugano_ct import CtBaseline, CtVisit, LymphomaLesion, NonMeasured
from celltrial.clinical.lugano_pet import PetFindings, Uptake
from celltrial.clinical.lyric import LyricFindings
from celltrial.clinical.recist11_best import ResponseVisit
from celltrial.clinical.recist_lesions import BaselineLesion, NewLesion, TargetMeasure, TumourBaseline, TumourVisit
from celltrial.clinical.residual_disease import LEUKAEMIA_THRESHOLD, ResidualFindings
from celltrial.core.quantities import Quantity

ENGINES = {**SCALES, **CRITERIA, **FOLLOW_UP}
BASE = TumourBaseline((BaselineLesion("T1", 50),))
SHRUNK = TumourVisit((TargetMeasure("T1", 30),), new_lesion=NewLesion.NO)
NODES = CtBaseline((LymphomaLesion("N1", 4, 3),))
GROWN = CtVisit((LymphomaLesion("N1", 6, 5),), non_measured=NonMeasured.ABSENT, new_nodes_cm=(), new_extranodal_cm=())
LOW = [DayCount(day, 400) for day in range(31, 41)]
START, END = date(2025, 1, 1), date(2040, 1, 1)
TABLES = GrowthTables(
    "a row of WHO",
    {(Indicator.WEIGHT_FOR_AGE, Sex.MALE): (Lms(*map(Decimal, ("365", "0.0644", "9.6479", "0.10925"))),)},
)


def lugano(scan: CtVisit) -> Derivation:
    found: Derivation = CRITERIA["lugano_2014_ct"].derive(scan, baseline=NODES)
    return found


#: key -> (call with findings, call with nothing known; None where nothing known is an answer too: a test is due)
CALLS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any] | None]] = {
    "crs_astct_2019": (
        lambda f: f(CrsFindings("39", True, ("norepinephrine",), OxygenDevice.ROOM_AIR)),
        lambda f: f(CrsFindings()),
    ),
    "crs_lee_2014": (lambda f: f(LeeFindings(symptoms=True, hypotension=True)), lambda f: f(LeeFindings())),
    "crs_ctcae_5": (lambda f: f(CtcaeCrsFindings(fever=True, hypotension=True)), lambda f: f(CtcaeCrsFindings())),
    "icans_astct_2019": (
        lambda f: f(IcansFindings(40, ice=8, seizure=Seizure.NONE)),
        lambda f: f(IcansFindings()),
    ),
    "cres_cartox_2018": (
        lambda f: f(CresFindings(cartox=8, seizure=CresSeizure.PARTIAL)),
        lambda f: f(CresFindings()),
    ),
    "iec_hs_screen_2023": (
        lambda f: f(IecHsLabs(ferritin_ng_ml=5000, ferritin_uln_ng_ml=300, fibrinogen_mg_dl=120)),
        lambda f: f(IecHsLabs()),
    ),
    "iec_hs_2023": (lambda f: f(3, IecHsCourse(dialysis=True)), lambda f: f(3, IecHsCourse())),
    "hscore_2014": (
        lambda f: f(HScoreFindings(True, "39.5", 2, 3, 7000, 5, 2, 40, haemophagocytosis=True)),
        lambda f: f(HScoreFindings()),
    ),
    "icaht_early_2023": (
        lambda f: f([DayCount(day, 400 if 5 < day < 12 else 2000) for day in range(31)]),
        lambda f: f([]),
    ),
    "icaht_late_2023": (lambda f: f(LOW), lambda f: f([])),
    "t_icaht_early": (lambda f: f([DayCount(day, 15) for day in range(31)]), lambda f: f([])),
    "t_icaht_late": (lambda f: f([DayCount(day, 15) for day in range(31, 101)]), lambda f: f([])),
    "car_hematotox_2021": (lambda f: f(HematotoxValues(1000, 8, 5, 50, 3000)), lambda f: f(HematotoxValues())),
    "ctcae_5_lab": (
        lambda f: f("neutrophils_low", LabFindings(Quantity.of(450, "/uL"))),
        lambda f: f("neutrophils_low", LabFindings(None)),
    ),
    "ctcae_6_lab": (
        lambda f: f("neutrophils_low", LabFindings(Quantity.of(450, "/uL"))),
        lambda f: f("neutrophils_low", LabFindings(None)),
    ),
    "who_growth": (
        lambda f: f(Child(Sex.MALE, 365, weight_kg=12), Indicator.WEIGHT_FOR_AGE, tables=TABLES),
        lambda f: f(Child(), Indicator.WEIGHT_FOR_AGE, tables=TABLES),
    ),
    "recist_1_1": (lambda f: f(SHRUNK, baseline=BASE), lambda f: f(TumourVisit(), baseline=BASE)),
    "recist_1_1_best": (
        lambda f: f([ResponseVisit(date(2025, 3, 1), "PR"), ResponseVisit(date(2025, 4, 1), "PR")], start=START),
        lambda f: f([], start=START),
    ),
    "irecist_2017": (
        lambda f: f([IrecistVisit(START, SHRUNK)], baseline=BASE),
        lambda f: f([IrecistVisit(START, TumourVisit())], baseline=BASE),
    ),
    "irecist_2017_best": (lambda f: f(["iUPD", "iPR"]), lambda f: f([])),
    "lugano_2014_pet": (lambda f: f(PetFindings(4, Uptake.DECREASED, False, False)), lambda f: f(PetFindings())),
    "lugano_2014_ct": (lambda f: f(GROWN, baseline=NODES), lambda f: f(CtVisit(), baseline=NODES)),
    "lugano_2014": (lambda f: f(pet="CMR", ct="PAR"), lambda f: f(pet=None, ct=None)),
    "lyric_2016": (
        lambda f: f(lugano(GROWN), LyricFindings(60, 8, clinical_decline=False)),
        lambda f: f(lugano(CtVisit()), LyricFindings(None, None, None)),
    ),
    "imwg_2016": (
        lambda f: f(
            MyelomaAssessment(serum_m_g_dl=2, urine_m_mg_24h=0), baseline=MyelomaAssessment(serum_m_g_dl=4)
        ),
        lambda f: f(MyelomaAssessment(), baseline=MyelomaAssessment()),
    ),
    "imwg_2016_confirmed": (
        lambda f: f([MyelomaVisit(date(2025, 3, 1), "PR"), MyelomaVisit(date(2025, 4, 1), "PR")]),
        lambda f: f([]),
    ),
    "imwg_2016_relapse": (lambda f: f(RelapseSigns(calcium_mmol_l="2.8")), lambda f: f(RelapseSigns())),
    "all_response": (
        lambda f: f(LeukaemiaVisit(0, False, False, 1, True, "0.8", 60), baseline=LeukaemiaBaseline(60)),
        lambda f: f(LeukaemiaVisit(), baseline=LeukaemiaBaseline()),
    ),
    "all_remission": (lambda f: f([(28, "CR"), (56, "CR")]), lambda f: f([])),
    "all_cns": (lambda f: f(CnsFindings(4, blasts=True, clinical_signs=False)), lambda f: f(CnsFindings())),
    "residual_disease": (
        lambda f: f(ResidualFindings(detected=False, sensitivity="1e-5"), threshold=LEUKAEMIA_THRESHOLD),
        lambda f: f(ResidualFindings(), threshold=LEUKAEMIA_THRESHOLD),
    ),
    "ltfu_persistence": (lambda f: f([LateResult(date(2025, 9, 1), detected=True)], infused_on=START, ends_on=END), None),
    "ltfu_clonality": (
        lambda f: f(CloneFindings(START, "0.05", "0.31", "0.12")),
        lambda f: f(CloneFindings(START)),
    ),
    "ltfu_rcr": (lambda f: f([LateResult(START, detected=False)], infused_on=START, ends_on=END), None),
    "ltfu_contact": (lambda f: f(dict.fromkeys(DelayedEvent, False)), lambda f: f({})),
}  # fmt: skip


def derivations(result: Any) -> list[Derivation]:
    """A course holds one derivation per visit, a best response one for all."""
    if isinstance(result, Derivation):
        return [result]
    return list(result.responses) if hasattr(result, "responses") else [result.derivation]


def test_every_engine_is_held_to_it():
    assert set(CALLS) == set(ENGINES)


@pytest.mark.parametrize("key", sorted(CALLS))
def test_an_outcome_names_what_decided_its_inputs_its_rule_version_and_evidence(key):
    for found in derivations(CALLS[key][0](ENGINES[key].derive)):
        assert found.is_evaluable
        assert found.deciding
        assert found.deciding_domain == found.deciding[0]
        assert found.inputs
        assert (found.rule, found.scale) == (ENGINES[key].rule, key)
        assert found.rule.evidence in Evidence
        record = found.as_record()
        assert json.loads(json.dumps(record)) == record
        assert (record["scale"], record["version"], record["evidence"]) == (
            key, ENGINES[key].rule.version, ENGINES[key].rule.evidence.value,
        )  # fmt: skip


@pytest.mark.parametrize("key", sorted(key for key, calls in CALLS.items() if calls[1] is not None))
def test_where_nothing_is_known_the_result_is_ne_and_never_0(key):
    for found in derivations(CALLS[key][1](ENGINES[key].derive)):
        assert (found.grade, found.category, found.label) == (None, NE, NE)
        assert found.incomplete
        assert not found.is_evaluable


@pytest.mark.parametrize("key", sorted(CALLS))
def test_every_comparison_is_printed_with_its_comparator(key):
    for found in derivations(CALLS[key][0](ENGINES[key].derive)):
        for row in found.trace:
            assert f" {row.comparator} {row.limit}" in str(row)
            assert str(row).endswith(f": {str(row.holds).lower()}")
