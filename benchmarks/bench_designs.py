"""What `make bench` measures of the designs: one core, warm, processor time, beside the peers' figures.

Peers' figures: R 4.2.2, one thread, two AMD EPYC cores, November 2026, user CPU per 10,000 simulated trials.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np

from celltrial.designs import build_policy
from celltrial.designs.policy import Policy
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.monte_carlo_r import simulate_like_r
from celltrial.simulation.scenario import Scenario

#: name, measured, unit, goal with the peers' figure
Row = tuple[str, float, str, str]

RATES = (0.05, 0.12, 0.20, 0.30, 0.45, 0.60)
SCENARIO = Scenario("rising", RATES, overdose_above=0.30)
SKELETON = (0.122529358220233, 0.203956007632824, 0.3, 0.401819436129518, 0.50134644775517, 0.592814046868704)
RESPONSE = Scenario("biological", (0.03, 0.17, 0.35), response_rates=(0.12, 0.39, 0.43))


def boin(max_subjects: int = 36) -> Policy:
    return build_policy("boin", {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": max_subjects}, n_doses=6)


def crm() -> Policy:
    values = {"skeleton": SKELETON, "target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}
    return build_policy("crm", values, n_doses=6)


def blrm() -> Policy:
    values = {
        "doses": (1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
        "reference_dose": 56.0,
        "prior_mean": (-0.85, 1.0),
        "prior_sd": (1.0, 1.0),
        "prior_correlation": -0.5,
        "target_from": 0.20,
        "target_to": 0.35,
        "cohort_size": 3,
        "max_subjects": 36,
    }
    return build_policy("blrm", values, n_doses=6)


def boin12() -> Policy:
    values = {"max_dlt_rate": 0.35, "min_response_rate": 0.25, "cohort_size": 3, "max_subjects": 24}
    stop = {"kind": "enough_at_dose", "params": {"n": 12, "only_if_staying": False}}
    return build_policy("boin12", values, n_doses=3, modifiers=[stop])


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least processor time of some runs after a first one that is not counted."""
    work()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def exact(make: Callable[[], Policy], scenario: Scenario) -> Callable[[], object]:
    return lambda: exact_characteristics(compile_graph(make()), [scenario])


def run() -> list[Row]:
    """Return the rows that `make bench` prints."""
    rng = np.random.default_rng(1)
    curves = [Scenario(str(k), tuple(np.sort(rng.random(6) * 0.7))) for k in range(1000)]
    graph = compile_graph(boin())

    def simulated() -> object:
        return simulate_characteristics(boin(), [SCENARIO], trials=10_000)

    rows: list[Row] = [
        (
            "exact BOIN, 6 doses x 36",
            seconds(exact(boin, SCENARIO)),
            "s",
            "<= 0.05; simulated: BOIN 10.6, simFastBOIN 0.012",
        ),
        ("exact BOIN, 1,000 scenarios", seconds(lambda: exact_characteristics(graph, curves), 1), "s", "<= 2; no peer"),
        ("exact BOIN, 6 doses x 54", seconds(exact(lambda: boin(54), SCENARIO), 2), "s", "<= 2; no peer"),
        ("exact CRM, 6 doses x 36", seconds(exact(crm, SCENARIO)), "s", "<= 0.3; simulated: dfcrm 147"),
        (
            "exact BLRM with EWOC, 6 doses x 36",
            seconds(exact(blrm, SCENARIO), 1),
            "s",
            "<= 1.5; simulated: crmPack 21,700",
        ),
        ("exact BOIN12, 3 doses x 24", seconds(exact(boin12, RESPONSE)), "s", "<= 0.5; simulated: escalation 884"),
        ("simulated BOIN, 10,000 trials", seconds(simulated), "s", "<= 0.05; BOIN 10.6, simFastBOIN 0.012"),
        (
            "BOIN trial for trial as in R, 10,000 trials",
            seconds(lambda: simulate_like_r(graph, RATES, trials=10_000, seed=6)),
            "s",
            "BOIN 10.6",
        ),
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, ("peak memory", peak, "MiB", "<= 2048")]
