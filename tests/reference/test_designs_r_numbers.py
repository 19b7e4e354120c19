"""Designs without a package of their own in ../shared, against numbers computed in R 4.2.2 (Debian 4.2.2.20221110-2).

i3+3: the decision rule of the R package FIND (oliviazhang0416/FIND, get_decision_i3plus3, read 2026-11-23), written
anew and run in R. Constant hazard: the Gamma-Poisson rule of the R package stoppingrule (mjmartens/stoppingrule,
calc.bnd.surv at commit 3e5a58b and stopping.prob.surv at commit 7a37d05), written anew and run in R with a tolerance of
1e-10 for the boundary. Plateau: R's integrate with rel.tol = 1e-10. Feasibility: R's pbeta. Sizes: R's pbinom,
lbeta and qbeta.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from celltrial.designs import Counts, build_policy
from celltrial.designs.escalation import boin, i3plus3
from celltrial.designs.escalation.interval_rule import IntervalParams
from celltrial.designs.modifiers.plateau import prob_not_worse
from celltrial.designs.randomised.allocation import Allocation
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.interim_power import InterimLook, interim_power
from celltrial.designs.randomised.permuted_blocks import PermutedBlocks, assign, empty
from celltrial.designs.sizing.enrolment import EnrolmentNeed, InfusedHistory, chance_enough_infused, enrolment_size
from celltrial.designs.sizing.infused_share import InfusedShare, infused_share
from celltrial.designs.sizing.rate_exclusion import zero_event_bound
from celltrial.designs.sizing.safety_set import SafetySet, safety_set_reach
from celltrial.designs.sizing.stagger import Stagger, stagger_calendar
from celltrial.designs.stopping.constant_hazard import ConstantHazardParams, build

#: target, half width, then for 3, 4, ... 12 subjects the decision after 0, 1, ... DLTs; X eliminates the dose.
I3PLUS3 = {
    (0.25, 0.05): ["ESDX", "ESDXX", "ESDXXX", "EESDXXX", "EESDXXXX", "EESDXXXXX", "EESDDXXXXX", "EESSDXXXXXX",
                   "EEESDDXXXXXX", "EEESDDXXXXXXX"],
    (0.30, 0.05): ["ESDX", "ESDXX", "EESDXX", "EESDXXX", "EESDDXXX", "EESDDXXXX", "EEESDXXXXX", "EEESDDXXXXX",
                   "EEESDDXXXXXX", "EEESSDDXXXXXX"],
}  # fmt: skip


@pytest.mark.parametrize("target", I3PLUS3)
def test_i3plus3_tables_of_find(target):
    rate, half = target
    params = IntervalParams(rate, 1, 12, below=half, above=half, elimination_certainty=0.95, elimination_min_n=3)
    rows = i3plus3.decision_table(params).rows()
    for n, letters in enumerate(I3PLUS3[target], start=3):
        assert "".join(row.replace("DU", "X") for row in rows[n]) == letters, n


#: prior, threshold, certainty, planned exposure; exposure up to which the event of each number stops; P(stop) and E(events).
HAZARD = [
    (
        (1, 448.1420, -math.log(0.8) / 100, 0.95, 3000.0),
        {3: 164.1626750, 4: 434.7647909, 5: 722.8596843, 8: 1655.9867157, 12: 2997.8810853},
        {0.1: (0.003573882563, 3.152001943395), 0.2: (0.09986401192, 6.31408612057),
         0.3: (0.4975318788, 7.8587706823), 0.4: (0.8818203873, 6.9763644941)},
        100,
    ),
    (
        (0.6, 47.1, -math.log(0.7) / 28, 0.90, 560.0),
        {2: 20.63891071, 3: 69.17813640, 6: 235.13046579, 11: 542.05484046},
        {0.1: (0.005859628607, 2.095994834796), 0.3: (0.2294845265, 6.0418463112), 0.5: (0.8640520607, 5.7047843510)},
        28,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "ends", "truth", "tau"), HAZARD)
def test_constant_hazard_of_stoppingrule(rule, ends, truth, tau):
    prior_a, prior_b, threshold, certainty, planned = rule
    ours = build(ConstantHazardParams(threshold, certainty, prior_a, prior_b))
    assert ours.latest_exposure(min(ends) - 1) == 0
    for events, exposure in ends.items():
        assert ours.latest_exposure(events) == pytest.approx(exposure, rel=2e-9)
    hazards = [-math.log(1 - p) / tau for p in truth]
    for found, (prob_stop, events) in zip(ours.characteristics(hazards, planned), truth.values(), strict=True):
        assert found.prob_stop == pytest.approx(prob_stop, abs=1e-9)
        assert found.expected_events == pytest.approx(events, abs=1e-8)


@pytest.mark.parametrize(
    ("low", "best", "margin", "expected"),
    [((6, 3), (6, 4), 0.15, 0.5345227759594), ((9, 4), (6, 5), 0.10, 0.1705570185740), ((12, 2), (9, 7), 0.2, 0.0412704363478)],
)  # fmt: skip
def test_plateau_probability(low, best, margin, expected):
    arrays = [np.array(value) for value in (*low, *best)]
    assert float(prob_not_worse(*arrays, margin)) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("made", "failed", "below"), [(1, 2, 0.9163), (2, 1, 0.6517), (0, 3, 0.9919), (4, 2, 0.6470695)]
)
def test_feasibility_limit(made, failed, below):
    """The dose is given up exactly where R's P(share < 0.7) exceeds the certainty stated."""
    frame = {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 24, "min_feasible": 0.7}
    for certainty, gone in ((below - 1e-6, True), (below + 1e-6, False)):
        policy = build_policy("feasible_dose", {**frame, "infeasible_certainty": certainty}, n_doses=2)
        decision = policy.decide(Counts((3, made), (0, 0), 1, infeasible=(0, failed)))
        assert (1 in decision.eliminated) is gone


@pytest.mark.parametrize("design", ["u-boin", "feasible_dose", "tite_boin"])
def test_designs_that_follow_boin_have_its_printed_cut_offs(design):
    """Liu & Yuan (2015), table 1, target 0.30: escalate at 0.236 or less, de-escalate at 0.359 or more.

    Of 12 subjects at the dose in the middle of three: 2 DLTs (0.167) escalate, 3 and 4 stay, 5 (0.417) de-escalate.
    """
    more = {"u-boin": {"max_dlt_rate": 0.3, "min_response_rate": 0.2, "stage_1_n": 30}}
    frame = {"cohort_size": 3, "max_subjects": 60, **more.get(design, {"target_dlt_rate": 0.3})}
    if design == "feasible_dose":
        frame["min_feasible"] = 0.5
    policy = build_policy(design, frame, n_doses=3)
    channels = {"u-boin": {"response": (3, 6, 0)}, "feasible_dose": {"infeasible": (0, 0, 0)}}.get(design, {})
    moves = [policy.decide(Counts((3, 12, 0), (0, dlt, 0), 1, **channels)).next_dose for dlt in (2, 3, 4, 5)]
    assert moves == [2, 1, 1, 0]
    table = boin.decision_table(boin.BoinParams(0.30, 3, 36))
    assert [table.move(12, dlt).letter for dlt in (2, 3, 4, 5)] == ["E", "S", "S", "D"]


@pytest.mark.parametrize(
    ("infused", "rate", "assurance", "enrolled"), [(49, 0.742, 0.95, 74), (49, 0.85, 0.8, 60), (49, 0.85, 0.95, 63), (56, 0.85, 0.95, 72)]
)  # fmt: skip
def test_enrolment_with_assurance(infused, rate, assurance, enrolled):
    """The least n with pbinom(infused - 1, n, rate, lower.tail = FALSE) >= assurance; AC-P3.2 and demonstration D2."""
    assert enrolment_size(EnrolmentNeed(infused, rate, assurance)).with_assurance == enrolled


def test_enrolment_from_a_history():
    """Beta-binomial from lchoose and lbeta: 49 of 80 and of 70 after 20 of 25 infused, uniform prior."""
    need = EnrolmentNeed(49, InfusedHistory(20, 25, prior=(1.0, 1.0)))
    assert chance_enough_infused(80, need) == pytest.approx(0.957815912157, abs=1e-11)
    assert chance_enough_infused(70, need) == pytest.approx(0.821903243367, abs=1e-11)


def test_safety_set():
    """AC-P8.5: 1 - 0.99^100; qbeta(0.95, 1, 300)."""
    reach = safety_set_reach(SafetySet({"P1": 100}, frozenset({"P1"})))
    assert reach.chance_to_see(0.01) == pytest.approx(0.633967658727, abs=1e-12)
    assert zero_event_bound(300).exact == pytest.approx(0.00993608194446, abs=1e-13)


@pytest.mark.parametrize(("size", "orders"), [(4, 6), (6, 20)])
def test_permuted_blocks_take_every_order_equally_often(size, orders):
    """Six orders of a block of four (BMC Med Res Methodol 2014;14:130, figure 1); choose(6, 3) = 20 of a block of six.

    Each is drawn with one chance in so many, within 4 standard errors.
    """
    rule = PermutedBlocks(Allocation(("cells", "control"), (1, 1)), (size,))
    rng = np.random.default_rng(5)
    blocks = 6000
    seen: Counter[tuple[str, ...]] = Counter()
    for _ in range(blocks):
        state, arms = empty(rule), []
        for uniforms in rng.random((size, 2)).tolist():
            arm, state = assign(rule, state, tuple(uniforms))
            arms.append(arm)
        seen[tuple(arms)] += 1
    share = 1 / orders
    assert len(seen) == orders
    assert all(abs(count - blocks * share) < 4 * (blocks * share * (1 - share)) ** 0.5 for count in seen.values())


def test_interim_power():
    """One-sided 2.5 %, looks at 1/2 and 1, O'Brien-Fleming spending, power 80 %; R: bounds and drift by integrate and uniroot.

    Z = 1 at the first look: pnorm((z sqrt(t) + drift (1 - t) - c) / sqrt(1 - t)) and pnorm((z - c sqrt(t)) / sqrt(1 - t)).
    """
    found = interim_power(InterimLook(GroupSequential((0.5, 1.0)), 1, 1.0))
    design = boundaries(GroupSequential((0.5, 1.0)))
    assert design.upper == pytest.approx((2.96258804273, 1.96859564064), abs=1e-9)
    assert design.drift == pytest.approx(2.806798356648, abs=1e-8)
    assert found.planned == pytest.approx(0.579530095801, abs=1e-8)
    assert found.observed == pytest.approx(0.216515755955, abs=1e-8)
    assert found.predictive == pytest.approx(0.289658694312, abs=1e-8)


def test_infused_share():
    """AC-P3.1 and AC-P3.3: 0.97 x 0.92 x 2^(-4/18) x 0.97 = 74.2 %; with a median of 9 weeks 26.5 % and 37.0 % are lost."""
    assert infused_share(InfusedShare(0.97, 0.92, 28.0, 126.0, 0.97)).infused == pytest.approx(0.742, abs=5e-4)
    lost = [infused_share(InfusedShare(1.0, 1.0, days, 63.0, 1.0)).lost_waiting for days in (28.0, 42.0)]
    assert lost == pytest.approx([0.265, 0.370], abs=5e-4)


def test_stagger_calendar():
    """AC-P6.1: 28 days after the first of a level, 14 between later ones, 28 between levels; three levels of three and six."""
    found = stagger_calendar(Stagger(3, 3, 28, 14, 28, 28))
    assert list(found.infusions) == [0, 28, 42, 70, 98, 112, 140, 168, 182]
    assert found.ends == 210
    assert stagger_calendar(Stagger(3, 6, 28, 14, 28, 28)).ends == 336
