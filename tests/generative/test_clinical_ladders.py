"""For every scale and criterion: a worse input never betters the outcome, a missing one leaves room for the true one,
the unit of a value does not matter, nor does the order of visits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.clinical.car_hematotox import HematotoxValues, derive_car_hematotox
from celltrial.clinical.cres_cartox import CresFindings, CresSeizure, derive_cres_grade
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings, derive_crs_ctcae_grade
from celltrial.clinical.crs_lee2014 import LeeFindings, derive_crs_lee_grade
from celltrial.clinical.ctcae_lab import VERSIONS, LabFindings, derive_lab_grade
from celltrial.clinical.daily_counts import DayCount
from celltrial.clinical.hscore import HScoreFindings, derive_hscore
from celltrial.clinical.icaht import derive_late_icaht
from celltrial.clinical.iec_hs import IecHsCourse, IecHsLabs, check_iec_hs_grade, screen_iec_hs
from celltrial.clinical.leukaemia import LeukaemiaBaseline, LeukaemiaVisit, derive_leukaemia_response
from celltrial.clinical.lugano_ct import CtBaseline, CtVisit, LymphomaLesion, NonMeasured, derive_lugano_ct
from celltrial.clinical.t_icaht import derive_early_t_icaht, derive_late_t_icaht
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity

NO_YES = [False, True]
PRESSORS = [(), ("norepinephrine",), ("norepinephrine", "epinephrine")]
DEVICES = [OxygenDevice.ROOM_AIR, OxygenDevice.MECHANICAL_VENTILATION]
#: engine, class of its findings, and each input from the mildest to the worst
LADDERS = {
    "crs_astct": (
        derive_crs_grade,
        CrsFindings,
        {
            "temperature_c": ["36.5", "37.9", "38.0", "41"], "hypotension": NO_YES, "vasopressors": PRESSORS,
            "oxygen_device": [OxygenDevice.ROOM_AIR, OxygenDevice.BLOW_BY, OxygenDevice.VENTURI_MASK, OxygenDevice.CPAP],
        },
    ),
    "crs_lee": (
        derive_crs_lee_grade,
        LeeFindings,
        {
            "symptoms": NO_YES, "hypotension": NO_YES, "vasopressors": PRESSORS, "high_dose_vasopressor": NO_YES,
            "oxygen_device": DEVICES, "organ_toxicity_grade": [0, 1, 2, 3, 4], "transaminase_grade": [0, 1, 2, 3, 4],
        },
    ),
    "crs_ctcae": (
        derive_crs_ctcae_grade,
        CtcaeCrsFindings,
        {
            "fever": NO_YES, "hypotension": NO_YES, "vasopressors": PRESSORS, "oxygen_device": DEVICES,
            "life_threatening": NO_YES,
        },
    ),
    "cres": (
        derive_cres_grade,
        CresFindings,
        {
            "cartox": list(range(10, -1, -1)), "obtunded": NO_YES, "raised_pressure": NO_YES,
            "papilloedema_stage": [0, 1, 2, 3, 4, 5], "opening_pressure_mmhg": [8, 19, 20, 30],
            "cerebral_oedema": NO_YES, "seizure": list(CresSeizure), "motor_weakness": NO_YES,
        },
    ),
    "iec_hs": (
        lambda course: check_iec_hs_grade(3, course),
        IecHsCourse,
        {name: NO_YES for name in IecHsCourse.__dataclass_fields__ if name != "better_explained_by"},
    ),
}  # fmt: skip
#: score or category, likewise
POINTS = {
    "hscore": (
        derive_hscore,
        HScoreFindings,
        {
            "immunosuppressed": NO_YES, "temperature_c": [37, "38.3", "38.4", "39.4", "39.5"],
            "enlarged_organs": [0, 1, 2], "cytopenic_lineages": [0, 1, 2, 3], "ferritin_ng_ml": [10, 1999, 2000, 6000, 6001],
            "triglycerides_mmol_l": [1, "1.5", 4, "4.1"], "fibrinogen_g_l": [4, "2.51", "2.5", 1], "ast_u_l": [29, 30],
            "haemophagocytosis": NO_YES,
        },
    ),
    "car_hematotox": (
        derive_car_hematotox,
        HematotoxValues,
        {
            "anc_per_ul": [3000, 1200, 1199], "haemoglobin_g_dl": [12, 9, "8.9"], "crp_mg_dl": [0, "2.9", 3],
            "platelets_1e9_l": [200, 176, 175, 75, 74], "ferritin_ng_ml": [100, 649, 650, 2000, 2001],
        },
    ),
}  # fmt: skip
ALL = {**LADDERS, **POINTS}


def outcome(found):
    """The least that is known: grade or score, 0 where nothing is."""
    return found.score if found.score is not None else (found.grade or 0)


@pytest.mark.parametrize("key", sorted(ALL))
@given(data=st.data())
def test_a_worse_input_never_betters_the_outcome(key, data):
    derive, kind, ladders = ALL[key]
    findings = kind(**{name: data.draw(st.sampled_from(ladder)) for name, ladder in ladders.items()})
    name = data.draw(st.sampled_from(sorted(ladders)))
    ladder = ladders[name]
    worse = data.draw(st.sampled_from(ladder[ladder.index(getattr(findings, name)) :]))
    assert outcome(derive(replace(findings, **{name: worse}))) >= outcome(derive(findings))


@pytest.mark.parametrize("key", sorted(LADDERS))
@given(data=st.data())
def test_missing_inputs_leave_room_for_the_true_grade(key, data):
    derive, kind, ladders = ALL[key]
    known = {name: data.draw(st.sampled_from(ladder)) for name, ladder in ladders.items()}
    if key == "cres":  # a pressure judged normal settles signs that were not looked for, so here it is judged from them
        known["raised_pressure"] = known["raised_pressure"] or known["papilloedema_stage"] > 0
        known["raised_pressure"] = known["raised_pressure"] or known["opening_pressure_mmhg"] >= 20
        known["obtunded"] = known["obtunded"] and known["cartox"] == 0  # whoever scores is not obtunded
    hidden = data.draw(st.sets(st.sampled_from(sorted(ladders)), min_size=1))
    truth, blind = derive(kind(**known)), derive(kind(**{**known, **dict.fromkeys(hidden)}))
    assert outcome(blind) <= outcome(truth)
    if blind.grade is None:
        assert blind.label == "NE"
    elif outcome(blind) < outcome(truth):
        assert blind.incomplete
    assert not (blind.grade == 0 and blind.incomplete)


@pytest.mark.parametrize("key", sorted(POINTS))
@given(data=st.data())
def test_a_class_of_a_score_is_given_only_where_no_missing_item_could_change_it(key, data):
    derive, kind, ladders = ALL[key]
    known = {name: data.draw(st.sampled_from(ladder)) for name, ladder in ladders.items()}
    hidden = data.draw(st.sets(st.sampled_from(sorted(ladders)), min_size=1))
    truth, blind = derive(kind(**known)), derive(kind(**{**known, **dict.fromkeys(hidden)}))
    assert blind.category in {"NE", truth.category}
    assert blind.score <= truth.score


labs = {
    "ferritin_ng_ml": [100, 600, 601, 5000], "alt_u_l": [20, 200, 201, 900], "ast_u_l": [20, 200, 201, 900],
    "fibrinogen_mg_dl": [400, 200, 199, 150, 149], "haemophagocytosis": NO_YES, "cytopenia_new_or_worse": NO_YES,
}  # fmt: skip


@given(st.data())
def test_worse_values_never_switch_the_iec_hs_alert_off(data):
    limits = {"ferritin_uln_ng_ml": 300, "ferritin_at_infusion_ng_ml": 300, "ferritin_rising_rapidly": False,
              "alt_uln_u_l": 40, "ast_uln_u_l": 40, "alt_baseline_u_l": 30, "ast_baseline_u_l": 30,
              "fibrinogen_lln_mg_dl": 200}  # fmt: skip
    found = IecHsLabs(**limits, **{name: data.draw(st.sampled_from(ladder)) for name, ladder in labs.items()})
    name = data.draw(st.sampled_from(sorted(labs)))
    worse = data.draw(st.sampled_from(labs[name][labs[name].index(getattr(found, name)) :]))
    order = ["NEGATIVE", "POSITIVE"]
    after = screen_iec_hs(replace(found, **{name: worse}))
    assert order.index(after.category) >= order.index(screen_iec_hs(found).category)


# --- laboratory values -----------------------------------------------------------------------------------------------

#: unit of a term -> another unit and how many of it make one
EQUAL_UNITS = {
    "1e9/L": [("/uL", 1000), ("K/uL", 1), ("/mm3", 1000), ("/L", 10**9)],
    "g/L": [("g/dL", "0.1"), ("mg/dL", 100), ("mg/L", 1000), ("ug/mL", 1000), ("ng/mL", 10**6)],
    "mmol/L": [("umol/L", 1000), ("mol/L", "0.001")],
    "umol/L": [("mmol/L", "0.001")],
    "U/L": [("IU/L", 1)],
    "mIU/L": [("uIU/mL", 1)],
    "ng/L": [("pg/mL", 1), ("ug/L", "0.001"), ("ng/mL", "0.001")],
    "s": [],
    "ratio": [("%", 100)],
    "mL/min": [("L/min", "0.001")],
    "pH": [],
}
values = st.integers(0, 4000).map(lambda n: Decimal(n) / 10)


@pytest.mark.parametrize("version", sorted(VERSIONS))
@given(st.data(), values, values, values, values)
def test_laboratory_grades_do_not_depend_on_units(version, data, value, baseline, one, other):
    terms = VERSIONS[version][1]
    key = data.draw(st.sampled_from(sorted(terms)))
    unit = terms[key].unit
    numbers = {"value": value, "lln": min(one, other), "uln": max(one, other), "baseline": baseline}
    plain = LabFindings(**{name: Quantity(number, unit) for name, number in numbers.items()}, clinical=False)
    mixed = {}
    for name, number in numbers.items():
        choices = [(unit, 1), *EQUAL_UNITS[unit]]
        there, many = data.draw(st.sampled_from(choices))
        mixed[name] = Quantity(number * Decimal(str(many)), there)
    same = derive_lab_grade(key, LabFindings(**mixed, clinical=False), version=version)
    assert same.label == derive_lab_grade(key, plain, version=version).label


@pytest.mark.parametrize("version", sorted(VERSIONS))
@given(st.data(), values, values, st.sampled_from([30, 60, 80, 100, 130]))
def test_laboratory_grades_rise_away_from_normal_whatever_the_baseline(version, data, one, other, baseline):
    terms = VERSIONS[version][1]
    key = data.draw(st.sampled_from(sorted(terms)))
    low, high = sorted((one, other))

    def grade(number):
        given_ = {"value": number, "lln": 60, "uln": 100, "baseline": baseline}
        quantities = {name: Quantity(Decimal(found), terms[key].unit) for name, found in given_.items()}
        return derive_lab_grade(key, LabFindings(**quantities, clinical=False), version=version).grade

    assert grade(low) >= grade(high) if key.endswith("_low") else grade(high) >= grade(low)


anything = st.one_of(
    st.text(max_size=8), st.floats(), st.integers(), st.decimals(), st.booleans(),
    st.sampled_from(["1e999999", "-0", "0e-999", "1e-30", "٣", " 5 ", "5_0"]),
)  # fmt: skip


@given(st.data(), st.sampled_from(["1e9/L", "/uL", "mg/dL", "mmol/L", "mEq/L", "degF", "%", "parsec"]))
def test_whatever_is_entered_as_a_value_is_graded_or_refused(data, unit):
    """Every other exception would fail the test."""
    key = data.draw(st.sampled_from(sorted(VERSIONS["6.0"][1])))
    try:
        given_ = {name: Quantity.of(data.draw(anything), unit) for name in ("value", "lln", "uln", "baseline")}
        found = derive_lab_grade(key, LabFindings(**given_), version="6.0", significant_digits=5)
    except UserError as error:
        assert {item.id for item in error.faults} <= {"CLN-001", "CLN-002", "COR-030", "COR-032", "COR-033", "CLN-009"}
    else:
        assert found.label in {"NE", "0", *(f"{mark}{grade}" for mark in ("", ">=") for grade in (1, 2, 3, 4))}


# --- counts over time ------------------------------------------------------------------------------------------------

platelets = st.lists(st.sampled_from([5, 19, 20, 49, 50, 99, 100, 200]), min_size=31, max_size=31)


@given(platelets, st.sets(st.integers(0, 30)), st.randoms(use_true_random=False))
def test_fewer_platelets_never_lower_a_grade_and_order_does_not_matter(series, fallen, chance):
    counts = [DayCount(day, value) for day, value in enumerate(series)]
    lower = [DayCount(item.day, Decimal(item.value) / 2) if item.day in fallen else item for item in counts]
    found = derive_early_t_icaht(counts)
    assert derive_early_t_icaht(lower).grade >= found.grade
    late = [replace(item, day=item.day + 40) for item in counts]
    late_lower = [replace(item, day=item.day + 40) for item in lower]
    assert (derive_late_t_icaht(late_lower).grade or 0) >= (derive_late_t_icaht(late).grade or 0)
    chance.shuffle(counts)
    assert derive_early_t_icaht(counts) == found


@given(st.lists(st.integers(0, 2500), min_size=2, max_size=8), st.integers(1, 2500))
def test_a_lower_late_count_never_lowers_the_grade(series, fall):
    counts = [DayCount(31 + index, value) for index, value in enumerate(series)]
    lower = [DayCount(item.day, max(0, item.value - fall)) for item in counts]
    assert derive_late_icaht(lower).grade >= derive_late_icaht(counts).grade
    assert derive_late_icaht(counts[::-1]) == derive_late_icaht(counts)


# --- response --------------------------------------------------------------------------------------------------------

BASE = CtBaseline((LymphomaLesion("N1", 4, 3), LymphomaLesion("N2", 3, 2)), spleen_cm=15)
#: What stays equal at the visits of one test.
QUIET = {"non_measured": NonMeasured.ABSENT, "new_nodes_cm": (), "new_extranodal_cm": ()}
sizes = st.tuples(st.integers(0, 80), st.integers(0, 80)).map(lambda pair: (max(pair), min(pair)))


def scan(first, second, spleen):
    lesions = (LymphomaLesion(name, Decimal(long) / 10, Decimal(short) / 10)
               for name, (long, short) in (("N1", first), ("N2", second)))  # fmt: skip
    return CtVisit(tuple(lesions), spleen_cm=spleen, **QUIET)


@given(st.lists(st.tuples(sizes, sizes), max_size=4), sizes, sizes, st.integers(0, 40), st.integers(10, 20), st.integers(0, 6),
       st.randoms(use_true_random=False))  # fmt: skip
def test_a_larger_node_or_spleen_never_betters_lugano_and_order_does_not_matter(
    earlier, first, second, growth, spleen, more, chance
):
    rank = {"PD": 0, "SD": 1, "PR": 2, "CR": 3}
    before = [scan(*pair, 14) for pair in earlier]
    found = derive_lugano_ct(scan(first, second, spleen), baseline=BASE, earlier=before)
    larger = scan((first[0] + growth, first[1]), second, spleen + more)
    assert rank[derive_lugano_ct(larger, baseline=BASE, earlier=before).category] <= rank[found.category]
    chance.shuffle(before)
    shuffled = derive_lugano_ct(scan(first, second, spleen), baseline=BASE, earlier=before)
    assert sorted(shuffled.inputs.values()) == sorted(found.inputs.values())  # earlier scans are listed as they came
    assert replace(shuffled, inputs=found.inputs) == found


blasts = {"marrow_blasts_percent": [0, "4.9", 5, 20, 30, 50, 80], "blood_blasts_1e9_l": [0, "0.1", 2, 3],
          "extramedullary": NO_YES, "anc_1e9_l": [2, "1.1", 1, "0.6", "0.5", 0],
          "platelets_1e9_l": [200, 101, 100, 51, 50, 5]}  # fmt: skip


@pytest.mark.parametrize("in_remission", NO_YES)
@given(data=st.data())
def test_more_blasts_or_lower_counts_never_better_a_leukaemia_response(in_remission, data):
    rank = ["CR", "CRh", "CRi", "MLFS", "NR", "PD", "RELAPSE"]
    start = LeukaemiaBaseline(marrow_blasts_percent=40, blood_blasts_1e9_l=2)

    def place(visit):
        return rank.index(derive_leukaemia_response(visit, baseline=start, in_remission=in_remission).category)

    found = LeukaemiaVisit(
        trilineage=True, **{name: data.draw(st.sampled_from(rungs)) for name, rungs in blasts.items()}
    )
    name = data.draw(st.sampled_from(sorted(blasts)))
    worse = data.draw(st.sampled_from(blasts[name][blasts[name].index(getattr(found, name)) :]))
    assert place(replace(found, **{name: worse})) >= place(found)
