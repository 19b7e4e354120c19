"""Feasible dose, partial doses, plateau and backfill: worked examples and independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from celltrial.core.errors import UserError
from celltrial.designs import Counts, build_policy
from celltrial.designs.escalation.crm_model import CrmModel, fit_bayes
from celltrial.designs.modifiers.backfill import BackfillParams, open_doses
from celltrial.designs.modifiers.plateau import prob_not_worse
from celltrial.designs.optimisation.partial_doses import Delivered, counts_by, fit_delivered, skeleton_at
from celltrial.designs.policy import PendingSubject
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario

FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
LADDER = (1e6, 3e6, 1e7)


def test_where_all_doses_can_be_made_it_is_boin() -> None:
    scenario = Scenario("s", (0.1, 0.3, 0.5), feasible_rates=(1.0, 1.0, 1.0))
    one, two = (
        exact_characteristics(compile_graph(build_policy(key, values, n_doses=3)), [scenario])[0]
        for key, values in (("boin", FRAME), ("feasible_dose", {**FRAME, "min_feasible": 0.7}))
    )
    np.testing.assert_allclose(one.prob_select, two.prob_select, atol=1e-12)
    np.testing.assert_allclose(one.expected_n, two.expected_n, atol=1e-12)


def test_a_dose_that_cannot_be_made_is_seldom_recommended() -> None:
    """All doses safe, the top one made in 15 %: BOIN alone would recommend it nearly always."""
    safe = (0.01, 0.02, 0.03)
    policy = build_policy("feasible_dose", {**FRAME, "min_feasible": 0.7}, n_doses=3)
    made, not_made = (
        exact_characteristics(compile_graph(policy), [Scenario("s", safe, feasible_rates=rates)])[0]
        for rates in ((1.0, 0.98, 0.95), (1.0, 0.98, 0.15))
    )
    assert made.prob_select[2] > 0.9
    assert not_made.prob_select[2] < 0.05
    assert not_made.prob_select[1] > 0.85


def test_feasibility_limit_by_scipy() -> None:
    """0 of 3 made: P(share < 0.7 | Beta(1, 4)) = 0.9919; 1 of 3: Beta(2, 3) 0.9163; 2 of 3: Beta(3, 2) 0.6517."""
    policy = build_policy("feasible_dose", {**FRAME, "min_feasible": 0.7}, n_doses=2)
    for made, gone in ((0, True), (1, True), (2, False)):
        assert (stats.beta.cdf(0.7, 1 + made, 1 + 3 - made) > 0.9) == gone
        decision = policy.decide(Counts((3, made), (0, 0), 1, infeasible=(0, 3 - made)))
        assert (1 in decision.eliminated) == gone


def test_partial_doses_by_rule() -> None:
    subjects = (
        Delivered(2, 1e7, dlt=False),
        Delivered(2, 8.5e6, dlt=False),  # within the band of 20 %
        Delivered(2, 4e6, dlt=True),
        Delivered(0, 5e5, dlt=False),  # below the lowest level
    )
    assert counts_by("assigned", subjects, LADDER).n == (1, 0, 3)
    assert counts_by("delivered", subjects, LADDER).n == (0, 1, 2)
    assert counts_by("discard", subjects, LADDER).n == (0, 0, 2)
    with pytest.raises(UserError, match="DSG-064"):
        counts_by("ignore", subjects, LADDER)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"assigned_level_and_delivered_dose\(highest=2\)"):
        counts_by("assigned", (Delivered(3, 1e7, dlt=False),), LADDER)


def test_full_doses_fit_as_the_crm_itself() -> None:
    model = CrmModel((0.1, 0.2, 0.35))
    subjects = [Delivered(j, LADDER[j], dlt=d) for j, d in ((0, False), (1, False), (1, True), (2, False))]
    plain = fit_bayes(model, [0, 1, 1, 2], [0, 0, 1, 0])
    assert fit_delivered(model, subjects, LADDER).estimate == pytest.approx(plain.estimate, abs=1e-10)


def test_a_dlt_at_a_partial_dose_weighs_more_than_at_the_full_dose() -> None:
    model = CrmModel((0.1, 0.2, 0.35))
    full = fit_delivered(model, [Delivered(2, 1e7, dlt=True)], LADDER)
    part = fit_delivered(model, [Delivered(2, 4e6, dlt=True)], LADDER)
    assert part.rates[2] > full.rates[2]
    assert 0.2 < skeleton_at(4e6, LADDER, model.skeleton) < 0.35


def test_plateau_probability_equals_a_simulation() -> None:
    """numpy PCG64 seed 8, 400,000 draws of both posteriors."""
    rng = np.random.default_rng(8)
    low, best = rng.beta(1 + 3, 1 + 6, 400_000), rng.beta(1 + 5, 1 + 4, 400_000)
    share = (low > best - 0.15).mean()
    exact = float(prob_not_worse(np.array(9), np.array(3), np.array(9), np.array(5), 0.15))
    assert abs(exact - share) < 4 * np.sqrt(share * (1 - share) / 400_000)


def test_plateau_prefers_the_lower_of_equally_active_doses() -> None:
    values = {"max_dlt_rate": 0.35, "min_response_rate": 0.25, "cohort_size": 3, "max_subjects": 24}
    flat = [{"kind": "plateau", "params": {"margin": 0.15, "certainty": 0.5}}]
    plain, braked = (build_policy("boin12", values, n_doses=3, modifiers=m) for m in ((), flat))
    counts = Counts((6, 6, 6), (0, 0, 0), 2, response=(3, 3, 4))
    assert (plain.select(counts), braked.select(counts)) == (2, 1) or braked.select(counts) == 0
    steep = Counts((6, 6, 6), (0, 0, 0), 2, response=(0, 1, 6))
    assert braked.select(steep) == 2
    with pytest.raises(UserError, match="design_that_counts_responses"):
        build_policy("boin", FRAME, n_doses=3, modifiers=flat)


def test_backfill_opens_and_closes() -> None:
    params = BackfillParams(0.30, 9)
    assert open_doses(params, Counts((6, 3, 3, 0), (0, 0, 0, 0), 2, response=(1, 1, 0, 0))) == (1, 0)
    assert open_doses(params, Counts((9, 3, 3, 0), (0, 0, 0, 0), 2, response=(1, 1, 0, 0))) == (1,)
    waiting = tuple(PendingSubject(1, 0.1) for _ in range(6))
    assert open_doses(params, Counts((6, 3, 3, 0), (0, 0, 0, 0), 2, response=(1, 1, 0, 0), pending=waiting)) == (0,)
    # 3/6 at dose 2 and 5/9 pooled with dose 3: both above 0.359, closed; pooled below it: open
    assert open_doses(params, Counts((6, 6, 3, 0), (0, 3, 2, 0), 2, response=(0, 2, 0, 0))) == ()
    assert open_doses(params, Counts((6, 6, 6, 0), (0, 3, 0, 0), 2, response=(0, 2, 0, 0))) == (1,)
    free = BackfillParams(0.30, 9, needs_response=False)
    assert open_doses(free, Counts((6, 3, 3, 0), (0, 0, 0, 0), 2)) == (1, 0)
