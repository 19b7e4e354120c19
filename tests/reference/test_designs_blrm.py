"""BLRM against crmPack 2.2.1 (JAGS), trialr 0.1.6 (Stan) and an independent exact recursion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import Counts, build_policy
from celltrial.designs.escalation import blrm
from celltrial.designs.escalation.blrm_model import BlrmGrid, BlrmPrior
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario


def parameters_of(i: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of crmPack's example."""
    return {
        "doses": i["dose_grid"],
        "reference_dose": i["ref_dose"],
        "prior_mean": i["prior_mean"],
        "prior_sd": [1.0, 1.0],
        "prior_correlation": -0.5,
        "cohort_size": 3,
        "max_subjects": 36,
        "target_from": i["target"][0],
        "target_to": i["target"][1],
        "max_overdose_probability": i["max_overdose_prob"],
        "mtd_among_treated": False,
        "no_skipping": False,
    }


@pytest.mark.shared
def test_crmpack_posteriors(design_cases: Any) -> None:
    """Mean and sd within 1e-7 of the reference quadrature and 4 Monte Carlo errors of crmPack.

    The reference's interval probabilities count grid points, hence 5e-4; ours agree with a finer grid to 1e-7.
    """
    found = design_cases("blrm_posterior")
    assert len(found) == 4
    for case in found:
        i, o = case["inputs"], case["outputs"]
        cov = i["prior_cov"]
        prior = BlrmPrior(tuple(i["dose_grid"]), i["ref_dose"], tuple(i["prior_mean"]), (1.0, 1.0), cov[1])
        n = np.array([i["x"].count(x) for x in i["dose_grid"]])
        y = np.array([sum(b for a, b in zip(i["x"], i["y"], strict=True) if a == x) for x in i["dose_grid"]])
        cuts = (i["target"][0], i["target"][1], i["overdose"][0])
        ours, fine = (BlrmGrid.of(prior, points, cuts).posterior(n, y) for points in (41, 101))
        reference = o["quadrature"]
        np.testing.assert_allclose(ours.mean, reference["mean_ptox"], atol=1e-7)
        np.testing.assert_allclose(ours.sd, reference["sd_ptox"], atol=1e-7)
        np.testing.assert_allclose(ours.exceedance, fine.exceedance, atol=1e-5)
        np.testing.assert_allclose(ours.exceedance[0] - ours.exceedance[1], reference["p_target"], atol=5e-4)
        np.testing.assert_allclose(ours.exceedance[2], reference["p_overdose"], atol=5e-4)
        assert (np.abs(ours.mean - o["mean_ptox"]) <= 4 * np.array(o["mcse"])).all()
        given = np.flatnonzero(n)
        policy = build_policy("blrm", parameters_of(i), n_doses=6)
        decision = policy.decide(
            Counts(tuple(n.tolist()), tuple(y.tolist()), int(given[-1]), last=(3, int(y[given[-1]])))
        )
        following = None if o["next_dose"] is None else i["dose_grid"].index(o["next_dose"])
        assert decision.next_dose == following, case["id"]


@pytest.mark.shared
def test_neuenschwander_posteriors(design_cases: Any) -> None:
    """trialr 0.1.6 stan_nbg, 16,000 draws: within 4 standard errors (effective size taken as 4,000)."""
    found = design_cases("nbg_posterior")
    assert len(found) == 2
    for case in found:
        i, o = case["inputs"], case["outputs"]
        doses = i["real_doses"]
        n, y = np.zeros(len(doses), int), np.zeros(len(doses), int)
        for cohort in i["outcome_str"].split():
            n[int(cohort[0]) - 1] += len(cohort) - 1
            y[int(cohort[0]) - 1] += cohort.count("T")
        prior = BlrmPrior(
            tuple(doses), i["d_star"], (i["alpha_mean"], i["beta_mean"]), (i["alpha_sd"], i["beta_sd"]), 0.0
        )
        ours = BlrmGrid.of(prior, 81, (i["target"],)).posterior(n, y)
        assert (np.abs(ours.mean - o["mean_ptox"]) <= 4 * np.array(o["sd"]) / np.sqrt(4_000)).all()
        assert int(np.abs(ours.mean - i["target"]).argmin()) + 1 == o["recommended_dose"]
        p = ours.exceedance[0]
        assert (np.abs(p - o["p_gt_target"]) <= 4 * np.sqrt(p * (1 - p) / 4_000) + 1e-3).all()


@pytest.mark.shared
def test_exact_characteristics(design_cases: Any) -> None:
    """The independent recursion's own grids agree to 4e-4."""
    (case,) = design_cases("exact_blrm_oc")
    i, o = case["inputs"], case["outputs"]
    params = blrm.BlrmParams(
        tuple(i["dose_grid"]),
        i["ref_dose"],
        tuple(i["prior_mean"]),
        (1.0, 1.0),
        -0.5,
        3,
        36,
        0.2,
        0.35,
        mtd_among_treated=False,
        grid_points=31,
    )
    oc = exact_characteristics(compile_graph(blrm.build(params, 6)), [Scenario("s1", tuple(i["p_true"]))])[0]
    np.testing.assert_allclose(oc.prob_select, o["prob_select"], atol=4e-4)
    np.testing.assert_allclose(oc.prob_none, o["prob_none"], atol=1e-6)
    np.testing.assert_allclose(oc.expected_n, o["expected_n"], atol=4e-3)


def test_no_admissible_dose_ends_the_trial_without_a_dose() -> None:
    """crmPack 2.2.1 fails an assertion here unless a stopping rule is added."""
    example = {
        "doses": [1.0, 3.0],
        "reference_dose": 3.0,
        "prior_mean": [0.0, 0.0],
        "prior_sd": [1.0, 0.5],
        "prior_correlation": 0.0,
        "cohort_size": 3,
        "max_subjects": 12,
    }
    decision = build_policy("blrm", example, n_doses=2).decide(Counts((3, 0), (3, 0), 0))
    assert decision.reason.name == "STOP_NO_ADMISSIBLE_DOSE"
    assert decision.recommended is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"doses": [3.0, 1.0]}, "doses_increasing_and_reference"),
        ({"target_from": 0.4}, "target_from < target_to"),
        ({"prior_correlation": 1.0}, "prior_correlation < 1"),
        ({"max_overdose_probability": 1.5}, "overdose_and_grid; found max_overdose_probability=1.5"),
    ],
)
def test_bad_input(change: dict[str, Any], rule: str) -> None:
    example = {
        "doses": [1.0, 3.0],
        "reference_dose": 3.0,
        "prior_mean": [0.0, 0.0],
        "prior_sd": [1.0, 0.5],
        "prior_correlation": 0.0,
        "cohort_size": 3,
        "max_subjects": 12,
    }
    with pytest.raises(UserError, match=rule):
        build_policy("blrm", {**example, **change}, n_doses=2)
