"""What holds for every input: grades rise with each domain, NE never lowers them, order does not matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.ctcae_lab import LabFindings, derive_lab_grade
from celltrial.clinical.ctcae_lab_data import TERMS
from celltrial.clinical.daily_counts import DayCount, joined_runs
from celltrial.clinical.icaht import derive_early_icaht
from celltrial.clinical.icans_astct import Arousal, IcansFindings, PressureSign, Seizure, derive_icans_grade
from celltrial.clinical.imwg import RANK, MyelomaAssessment, derive_imwg_response
from celltrial.clinical.recist11 import derive_recist_response
from celltrial.clinical.recist11_best import BestResponseRule, ResponseVisit, derive_recist_best
from celltrial.clinical.recist_lesions import BaselineLesion, NewLesion, TargetMeasure, TumourBaseline, TumourVisit
from celltrial.core.quantities import Quantity

#: Each list goes from the mildest to the worst.
PRESSORS = [(), ("norepinephrine",), ("norepinephrine", "epinephrine")]
DEVICES = [OxygenDevice.ROOM_AIR, OxygenDevice.BLOW_BY, OxygenDevice.FACE_MASK, OxygenDevice.BIPAP]
AROUSALS = list(Arousal)
SEIZURES = [Seizure.NONE, Seizure.CLINICAL_RESOLVED_RAPIDLY, Seizure.PROLONGED]
SIGNS = [(), (PressureSign.FOCAL_OEDEMA,), (PressureSign.FOCAL_OEDEMA, PressureSign.PAPILLOEDEMA)]
WORSE = {
    "vasopressors": PRESSORS, "oxygen_device": DEVICES, "hypotension": [False, True],
    "arousal": AROUSALS, "seizure": SEIZURES, "pressure_signs": SIGNS, "deep_focal_weakness": [False, True],
    "ice": list(range(10, -1, -1)),
}  # fmt: skip

crs = st.builds(
    CrsFindings,
    temperature_c=st.just("38.5"),
    hypotension=st.sampled_from(WORSE["hypotension"]),
    vasopressors=st.sampled_from(PRESSORS),
    oxygen_device=st.sampled_from(DEVICES),
    episode_open=st.booleans(),
)
icans = st.builds(
    IcansFindings,
    age_years=st.just(40),
    ice=st.sampled_from(WORSE["ice"]),
    arousal=st.sampled_from(AROUSALS),
    seizure=st.sampled_from(SEIZURES),
    deep_focal_weakness=st.booleans(),
    pressure_signs=st.sampled_from(SIGNS),
)
scales = st.one_of(
    crs.flatmap(lambda f: st.tuples(st.just(derive_crs_grade), st.just(f), st.sampled_from(
        ["hypotension", "vasopressors", "oxygen_device"]))),
    icans.flatmap(lambda f: st.tuples(st.just(derive_icans_grade), st.just(f), st.sampled_from(
        ["ice", "arousal", "seizure", "deep_focal_weakness", "pressure_signs"]))),
)  # fmt: skip


@given(scales, st.data())
def test_a_worse_sign_never_lowers_the_grade(case, data):
    derive, findings, name = case
    ladder = WORSE[name]
    worse = data.draw(st.sampled_from(ladder[ladder.index(getattr(findings, name)) :]))
    assert derive(replace(findings, **{name: worse})).grade >= derive(findings).grade


@given(scales)
def test_a_missing_sign_leaves_room_for_the_true_grade_and_is_never_zero(case):
    derive, findings, name = case
    known, blind = derive(findings), derive(replace(findings, **{name: None}))
    if blind.grade is None:
        assert blind.label == "NE"
        return
    assert blind.grade <= known.grade
    assert blind.grade == known.grade or blind.incomplete
    assert not (blind.grade == 0 and blind.incomplete)
    assert known.grade <= max(*(domain.high for domain in blind.domains), blind.grade)


@given(crs, st.permutations(["norepinephrine", "vasopressin", "dopamine", "Noradrenaline"]))
def test_the_order_of_drugs_does_not_matter(findings, drugs):
    assert derive_crs_grade(replace(findings, vasopressors=drugs)).grade == 4


@given(st.sampled_from(sorted(TERMS)), st.decimals(0, 500, places=2), st.decimals(0, 500, places=2))
def test_laboratory_grades_rise_away_from_normal(term, one, other):
    low, high = sorted((one, other))
    unit = TERMS[term].unit

    def grade(value):
        limit, upper, base = Quantity.of(60, unit), Quantity.of(100, unit), Quantity.of(80, unit)
        return derive_lab_grade(term, LabFindings(Quantity(value, unit), limit, upper, base, clinical=False)).grade

    assert grade(low) >= grade(high) if term.endswith("_low") else grade(high) >= grade(low)


@given(st.sets(st.integers(0, 60)), st.integers(0, 4))
def test_joined_runs_equal_a_slow_reading(days, bridge):
    marked = [any(day - bridge - 1 <= other <= day for other in days) and any(
        day <= other <= day + bridge + 1 for other in days) and any(
        later - earlier <= bridge + 1 for earlier in days if earlier <= day for later in days if later >= day)
        for day in range(61)]  # fmt: skip
    runs = joined_runs(sorted(days), bridge=bridge)
    assert {day for start, end in runs for day in range(start, end + 1)} == {i for i, on in enumerate(marked) if on}
    assert all(second[0] - first[1] > bridge + 1 for first, second in pairwise(runs))


@given(st.lists(st.integers(0, 300).map(lambda n: n * 10), min_size=31, max_size=31), st.randoms(use_true_random=False))
def test_early_icaht_does_not_depend_on_order_and_rises_as_counts_fall(values, chance):
    counts = [DayCount(day, value) for day, value in enumerate(values)]
    found = derive_early_icaht(counts)
    shuffled = counts[:]
    chance.shuffle(shuffled)
    assert derive_early_icaht(shuffled) == found
    assert derive_early_icaht([DayCount(item.day, Decimal(item.value) / 2) for item in counts]).grade >= found.grade


sums = st.lists(st.integers(0, 200), min_size=2, max_size=2)
BASE = TumourBaseline((BaselineLesion("T1", 60), BaselineLesion("T2", 40)))


def visit(sizes):
    measures = tuple(TargetMeasure(name, size) for name, size in zip(("T1", "T2"), sizes, strict=True))
    return TumourVisit(measures, (), NewLesion.NO)


@given(sums, st.lists(sums, max_size=4), st.integers(0, 100), st.randoms(use_true_random=False))
def test_recist_order_growth_and_missing(sizes, earlier, growth, chance):
    rank = {"PD": 0, "SD": 1, "PR": 2, "CR": 3}
    before = [visit(item) for item in earlier]
    found = derive_recist_response(visit(sizes), baseline=BASE, earlier=before)
    chance.shuffle(before)
    assert derive_recist_response(visit(sizes), baseline=BASE, earlier=before) == found
    larger = derive_recist_response(visit([sizes[0] + growth, sizes[1]]), baseline=BASE, earlier=before)
    assert rank[larger.category] <= rank[found.category]
    blind = derive_recist_response(visit([sizes[0], None]), baseline=BASE, earlier=before)
    assert blind.category == "NE" or (blind.category, found.category) == ("PD", "PD")


responses = st.sampled_from(["CR", "PR", "SD", "NE", "PD"])


@given(st.dictionaries(st.integers(1, 300), responses, max_size=7), st.randoms(use_true_random=False))
def test_confirmation_never_betters_a_best_response(entries, chance):
    start = date(2025, 1, 1)
    visits = [ResponseVisit(start + timedelta(day), category) for day, category in entries.items()]
    confirmed = derive_recist_best(visits, start=start)
    chance.shuffle(visits)
    assert derive_recist_best(visits, start=start) == confirmed
    plain = derive_recist_best(visits, start=start, rule=BestResponseRule(confirm_days=None))
    order = ["CR", "PR", "SD", "PD", "NE"]
    assert order.index(plain.category) <= order.index(confirmed.category)


markers = st.decimals(0, 8, places=1)


@given(markers, markers, st.lists(markers, max_size=4), st.randoms(use_true_random=False))
def test_imwg_order_and_growth(value, other, earlier, chance):
    start = MyelomaAssessment(serum_m_g_dl=4, urine_m_mg_24h=0)
    before = [MyelomaAssessment(serum_m_g_dl=item, urine_m_mg_24h=0) for item in earlier]

    def at(serum):
        now = MyelomaAssessment(serum_m_g_dl=serum, urine_m_mg_24h=0, serum_ife_negative=False, urine_ife_negative=True)
        return derive_imwg_response(now, baseline=start, earlier=before).category

    low, high = at(min(value, other)), at(max(value, other))
    assert RANK[high] <= RANK[low]
    chance.shuffle(before)
    assert at(min(value, other)) == low
