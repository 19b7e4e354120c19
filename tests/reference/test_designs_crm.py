"""CRM and TITE-CRM fits against dfcrm 0.2-2.1 (R 4.2.2) and an independent exact recursion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import Counts
from celltrial.designs.escalation import crm
from celltrial.designs.escalation.crm_model import CrmModel, fit_bayes, fit_mle, posterior_mean, skeleton_from_interval
from celltrial.designs.escalation.posterior_kernel import _grid_weights, grid_weights
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario

NAMES = {"empiric": "power", "logistic": "logistic"}


@pytest.mark.shared
def test_skeletons(design_cases: Any) -> None:
    found = design_cases("crm_getprior")
    assert len(found) == 8
    for case in found:
        i = case["inputs"]
        ours = skeleton_from_interval(
            i["target"], i["halfwidth"], i["nu"] - 1, i["nlevel"], name=NAMES[i["model"]], intercept=i["intcpt"]
        )
        np.testing.assert_allclose(ours, case["outputs"]["prior"], rtol=1e-8, err_msg=case["id"])


@pytest.mark.shared
def test_fits(design_cases: Any) -> None:
    """Bayes within 1e-5 (R `integrate`), MLE within 1e-4 (R `optimize`), as the reference states.

    The variance of an MLE is compared for the power model where the likelihood is not flat. For the logistic model
    dfcrm's own integration misses the peak (it prints negative variances); see `fit_mle`.
    """
    plain, weighted = design_cases("crm_fit"), design_cases("titecrm_fit")
    assert (len(plain), len(weighted)) == (75, 46)
    for case in plain + weighted:
        i, o = case["inputs"], case["outputs"]
        model = CrmModel(tuple(i["prior"]), NAMES[i["model"]], i["intcpt"], i["scale"])
        bayes = i["method"] == "bayes"
        fit = (fit_bayes if bayes else fit_mle)(model, [d - 1 for d in i["level"]], i["tox"], o.get("weights"))
        tolerance = 1e-5 if bayes else 1e-4
        np.testing.assert_allclose(fit.rates, o["ptox"], atol=tolerance, err_msg=case["id"])
        assert abs(fit.estimate - o["estimate"]) < 10 * tolerance, case["id"]
        assert crm.nearest_dose(np.array([fit.rates]), i["target"])[0] + 1 == o["mtd"], case["id"]
        if bayes or (i["model"] == "empiric" and o["post_var"] < 10):
            assert abs(fit.variance - o["post_var"]) < 10 * tolerance, case["id"]
            if "ptoxL" in o:
                np.testing.assert_allclose(fit.lower, o["ptoxL"], atol=20 * tolerance, err_msg=case["id"])
                np.testing.assert_allclose(fit.upper, o["ptoxU"], atol=20 * tolerance, err_msg=case["id"])


def policy_of(i: dict[str, Any]) -> crm.Crm:
    params = crm.CrmParams(
        tuple(i["prior"]),
        i["target"],
        i["mcohort"],
        i["n"],
        prior_sd=i.get("scale", 1.34**0.5),
        mtd_among_treated=False,
    )
    return crm.build(params, len(i["prior"]), i["x0"] - 1)


@pytest.mark.shared
def test_exact_characteristics(design_cases: Any) -> None:
    found = design_cases("exact_crm_oc")
    assert len(found) == 2
    for case in found:
        i, o = case["inputs"], case["outputs"]
        graph = compile_graph(policy_of({**i, "prior": i["skeleton"]}))
        oc = exact_characteristics(graph, [Scenario(case["id"], tuple(i["p_true"]))])[0]
        np.testing.assert_allclose(oc.prob_select, o["prob_select"], atol=1e-9)
        np.testing.assert_allclose(oc.expected_n, o["expected_n"], atol=1e-9)


@pytest.mark.shared
def test_crmsim_agrees(design_cases: Any) -> None:
    """dfcrm `crmsim`, 1,000 trials."""
    found = design_cases("crm_oc")
    assert len(found) == 2
    for case in found:
        i, o = case["inputs"], case["outputs"]
        oc = exact_characteristics(compile_graph(policy_of(i)), [Scenario(case["id"], tuple(i["PI"]))])[0]
        for p, s in zip(oc.prob_select, o["MTD_select_prob"], strict=True):
            assert abs(p - s) <= 4 * math.sqrt(p * (1 - p) / i["nsim"]) + 1e-3
        # subjects and DLTs per dose: no standard error is printed, so that of a count between 0 and 36 bounds it
        for mean, level, rate, dlt in zip(oc.expected_n, o["mean_level_alloc"], i["PI"], o["mean_tox"], strict=True):
            error = math.sqrt(max(mean * (36 - mean), 0.0) / i["nsim"])
            assert abs(mean - level) <= 4 * error
            assert abs(rate * mean - dlt) <= 4 * (rate * error + math.sqrt(rate * mean / i["nsim"]))


def test_grid_is_fine_enough() -> None:
    """The grid of the exact engine gives the posterior mean of a grid forty times finer, in both models."""
    rng = np.random.default_rng(3)
    for name in ("power", "logistic"):
        model = CrmModel((0.05, 0.12, 0.2, 0.3, 0.45, 0.6), name)
        n = rng.integers(0, 7, (200, 6))
        y = rng.binomial(n, np.linspace(0.02, 0.9, 6))
        fine = posterior_mean(model, n, y, np.linspace(-12, 12, 12_001))
        np.testing.assert_allclose(posterior_mean(model, n, y, model.grid(36)), fine, atol=2e-8)


def test_weights_are_those_of_the_logarithms_where_products_underflow() -> None:
    """2,000 subjects, half of them with DLT: the likelihood is below 1e-600 at every cell of the grid."""
    model = CrmModel((0.1, 0.2, 0.3))
    n, y = np.array([[0, 2000, 0], [3, 3, 0]]), np.array([[0, 1000, 0], [0, 1, 0]])
    grid = model.grid(2000)
    slow = fit_bayes(model, [1] * 2000, [0, 1] * 1000)
    few = fit_bayes(model, [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(posterior_mean(model, n, y, grid), [slow.estimate, few.estimate], atol=1e-9)
    log_p, log_q = (np.ascontiguousarray(part.T) for part in model.log_odds_parts(grid))
    prior = -0.5 * (grid / model.prior_sd) ** 2
    plain, compiled = (loop(n, y, log_p, log_q, prior) for loop in (_grid_weights, grid_weights))
    np.testing.assert_allclose(plain / plain.sum(axis=1, keepdims=True), compiled / compiled.sum(axis=1, keepdims=True))


def test_no_escalation_after_a_toxic_cohort_and_no_skipping() -> None:
    params = crm.CrmParams((0.05, 0.1, 0.2, 0.3), 0.3, 3, 24)
    policy = crm.build(params, 4)
    free = crm.build(crm.CrmParams((0.05, 0.1, 0.2, 0.3), 0.3, 3, 24, no_skipping=False, coherent=False), 4)
    calm = Counts((3, 0, 0, 0), (0, 0, 0, 0), 0, last=(3, 0))
    assert policy.decide(calm).next_dose == 1
    assert free.decide(calm).next_dose == 3
    toxic = Counts((9, 3, 0, 0), (0, 1, 0, 0), 1, last=(3, 1))
    assert free.decide(toxic).next_dose == 3
    assert policy.decide(toxic).next_dose == 1


@pytest.mark.parametrize(
    ("skeleton", "rule"),
    [
        ((0.2, 0.1, 0.3), "strictly_increasing"),
        ((0.0, 0.1, 0.3), "strictly_increasing"),
        ((0.1, 0.2), "expected 3 value"),
    ],
)
def test_bad_skeleton(skeleton: tuple[float, ...], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        crm.build(crm.CrmParams(skeleton, 0.3, 3, 24), 3)


def test_logistic_model_needs_its_intercept() -> None:
    with pytest.raises(UserError, match=r"intercept_above_logit\(logit=4\.595"):
        CrmModel((0.5, 0.99), "logistic")
