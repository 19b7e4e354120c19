"""Whatever numbers come, parameters are either accepted whole or refused by an id of these rooms; never another error."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.designs.randomised.allocation import Allocation
from celltrial.designs.randomised.group_sequential import FixedFutility, GroupSequential, HaybittlePeto, WangTsiatis
from celltrial.designs.randomised.lachin_foulkes import LachinFoulkes
from celltrial.designs.randomised.log_rank_events import LogRank, log_rank_events
from celltrial.designs.randomised.minimisation import Minimisation
from celltrial.designs.randomised.permuted_blocks import PermutedBlocks
from celltrial.designs.randomised.piecewise_hazard import PiecewiseHazard
from celltrial.designs.randomised.rates_size import RatesPlan
from celltrial.designs.randomised.spending import Spending
from celltrial.designs.randomised.survival_scenario import VeinToVein
from celltrial.designs.randomised.survival_size import SurvivalPlan
from celltrial.designs.randomised.weighted_log_rank import FlemingHarrington
from celltrial.designs.single_arm.assurance import Assurance, assurance
from celltrial.designs.single_arm.bop2 import Bop2, CutOff, JointRates, Watched
from celltrial.designs.single_arm.fleming import Fleming, fleming
from celltrial.designs.single_arm.null_rate import NullEvidence, Study
from celltrial.designs.single_arm.one_sample_log_rank import NullWeibull, OneSampleLogRank
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.designs.single_arm.predictive_probability import PredictiveProbability
from celltrial.designs.single_arm.simon import Simon
from celltrial.designs.sizing.enrolment import EnrolmentNeed, InfusedHistory, enrolment_size
from celltrial.designs.sizing.event_detection import EventDetection, subjects_to_see
from celltrial.designs.sizing.rate_exclusion import RateExclusion, subjects_to_exclude
from celltrial.designs.sizing.safety_set import SafetySet, safety_set_reach

wild = st.one_of(st.floats(), st.floats(0, 1), st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300]))
count = st.one_of(st.integers(-3, 400), st.integers(), wild)
some = st.lists(wild, max_size=4).map(tuple)
counts = st.lists(st.integers(-3, 60), max_size=4).map(tuple)
TWO = GroupSequential((0.5, 1.0))

BUILDERS = [
    st.builds(EventDetection, wild, wild).map(lambda x: subjects_to_see(x) and x),
    st.builds(RateExclusion, wild, wild).map(lambda x: subjects_to_exclude(x) and x),
    st.builds(EnrolmentNeed, count, wild, wild).map(lambda x: enrolment_size(x) and x),
    st.builds(
        EnrolmentNeed,
        st.integers(1, 500),
        st.builds(InfusedHistory, st.integers(0, 20), st.integers(1, 30)),
        st.floats(0.5, 0.999),
    ).map(lambda x: enrolment_size(x) and x),
    st.builds(InfusedHistory, count, count, st.tuples(wild, wild)),
    st.builds(SafetySet, st.dictionaries(st.sampled_from("ab"), count), st.just(frozenset("a")), wild).map(
        lambda x: safety_set_reach(x) and x
    ),
    st.builds(OneStage, wild, wild, wild, wild, st.integers(-1, 500)).map(lambda x: one_stage_sizes(x) and x),
    st.builds(Simon, wild, wild, wild, wild, count),
    st.builds(Fleming, wild, wild, counts, wild).map(lambda x: fleming(x) and x),
    st.builds(PredictiveProbability, wild, wild, counts, wild, wild, wild, st.tuples(wild, wild)),
    st.builds(CutOff, wild, wild),
    st.builds(Bop2, counts, st.just(Watched(0.2, CutOff(0.9, 1))), st.none(), wild),
    st.builds(JointRates, wild, wild, wild),
    st.builds(NullWeibull, wild, wild),
    st.builds(OneSampleLogRank, st.just(NullWeibull(6.0)), wild, wild, wild, wild, wild),
    st.builds(NullEvidence, st.lists(st.builds(Study, st.text(max_size=2), count, count), max_size=3).map(tuple), wild),
    st.builds(Assurance, count, count, count, count, st.tuples(wild, wild)),
    st.builds(WangTsiatis, wild),
    st.builds(HaybittlePeto, wild),
    st.builds(Spending, st.sampled_from(["pocock", "power", "hwang_shih_decani", "other"]), st.one_of(st.none(), wild)),
    st.builds(GroupSequential, some, wild, wild, sided=st.integers(0, 3)),
    st.builds(GroupSequential, some, futility=st.builds(FixedFutility, some)),
    st.builds(LogRank, wild, wild, wild, st.integers(0, 3), wild).map(lambda x: log_rank_events(x) and x),
    st.builds(SurvivalPlan, wild, wild, wild, wild, st.just(TWO), wild, wild, wild),
    st.builds(LachinFoulkes, wild, wild, wild, wild, wild, wild, wild, wild),
    st.builds(RatesPlan, wild, wild, st.just(TWO), wild),
    st.builds(PiecewiseHazard, some, some),
    st.builds(VeinToVein, wild, wild, wild),
    st.builds(FlemingHarrington, wild, wild),
    st.builds(Allocation, st.lists(st.text(max_size=2), max_size=3).map(tuple), counts),
    st.builds(PermutedBlocks, st.just(Allocation(("a", "b"), (2, 1))), counts),
    st.builds(Minimisation, st.just(Allocation(("a", "b"), (2, 1))), st.dictionaries(st.text(max_size=2), wild), wild),
]


@settings(max_examples=400, deadline=None)
@given(st.data(), st.integers(0, len(BUILDERS) - 1))
def test_gates_accept_or_refuse_by_id(data, which):
    try:
        data.draw(BUILDERS[which])
    except UserError as refused:
        assert refused.faults
        for item in refused.faults:
            assert re.fullmatch(r"DSG-[234]\d\d|COR-\d{3}", item.id)
            assert item.params["expected"]
            assert item.params["found"] != ""


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 200), st.data())
def test_assurance_lies_within_the_possible(n, data):
    r = data.draw(st.integers(0, n))
    m = data.draw(st.integers(1, 60))
    found = assurance(Assurance(n, r, data.draw(st.integers(0, m)), m))
    assert 0 <= found.nominal_power <= 1 + 1e-12
    assert 0 <= found.assurance <= 1


def test_a_bound_that_is_no_number_is_refused_like_any_other_value():
    with pytest.raises(UserError) as refused:
        Assurance(56, 18, responders=9, treated=float("nan"))
    assert {item.id for item in refused.value.faults} == {"DSG-203"}
