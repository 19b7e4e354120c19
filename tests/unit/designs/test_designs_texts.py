"""Every fault, reason and sentence of the designs has its text in both languages; peers' faults are not ours."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import DESIGNS, MODIFIERS, STOPPING_RULES, Counts, build_policy, build_stopping_rule
from celltrial.designs.escalation.isotonic import isotonic_rates
from celltrial.locale import LANGUAGES, catalogue, has
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario

SOURCE = Path(__file__).resolve().parents[3] / "src" / "celltrial"
FOLDERS = (
    "designs",
    "designs/escalation",
    "designs/optimisation",
    "designs/modifiers",
    "designs/stopping",
    "simulation",
)


def test_every_fault_has_its_text() -> None:
    used = {
        code
        for folder in FOLDERS
        for path in (SOURCE / folder).glob("*.py")
        for code in re.findall(r'"((?:DSG|SIM)-\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert len(used) > 25
    assert not [code for code in sorted(used) if not has(code)]


def test_both_languages_use_the_same_parameters() -> None:
    for key, texts in catalogue("designs").items():
        assert set(texts) == set(LANGUAGES), key
        names = {language: set(re.findall(r"{(\w+)", text)) for language, text in texts.items()}
        assert names["en"] == names["zh"], key


@pytest.mark.parametrize("table", [DESIGNS, MODIFIERS, STOPPING_RULES])
def test_every_row_names_its_module_s_formula_and_differences(table: object) -> None:
    for key, row in table.items():
        module = __import__(row.build.__module__, fromlist=["__doc__"])
        text = module.__doc__ or ""
        assert ">>>" in text, key
        if table is DESIGNS:
            assert "Differences from other software" in text, key


def test_boin_issue_inadmissible_doses_are_never_recommended() -> None:
    """escalation issue 2: an eliminated dose is neither given nor recommended, whatever the counts above say."""
    policy = build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 36}, n_doses=4)
    rng = np.random.default_rng(2)
    for _ in range(300):
        n = rng.integers(0, 10, 4)
        y = rng.binomial(n, 0.5)
        counts = Counts(tuple(n.tolist()), tuple(y.tolist()), int(rng.integers(0, 4)))
        decision = policy.decide(counts)
        assert policy.select(counts) not in decision.eliminated
        assert decision.next_dose not in decision.eliminated


def test_what_was_not_recorded_is_unknown_and_refused() -> None:
    """A design that looks at response or at the last cohort does not take their absence for zero."""
    boin12 = build_policy("boin12", DESIGNS["boin12"].example, n_doses=2)
    with pytest.raises(UserError, match=r"DSG-016: expected counts_of\(name=response\)"):
        boin12.decide(Counts((3, 0), (0, 0)))
    crm = build_policy("crm", DESIGNS["crm"].example, n_doses=3)
    with pytest.raises(UserError, match=r"DSG-016: expected counts_of\(name=last\)"):
        crm.decide(Counts((3, 0, 0), (0, 0, 0)))
    assert crm.decide(Counts.before(3)).next_dose == 0
    assert crm.select(Counts((3, 0, 0), (0, 0, 0))) == 0


def test_estimates_are_right_where_a_lower_dose_is_untreated() -> None:
    """BOIN 2.7.2 select.mtd prints the interval of another dose there: dose 2 with 0/3 is pooled by itself here."""
    n, y = np.array([[0, 3, 9, 6, 0]]), np.array([[0, 0, 3, 2, 0]])
    rates = isotonic_rates(n, y, n > 0)[0]
    assert np.isnan(rates[[0, 4]]).all()
    np.testing.assert_allclose(rates[1], 0.05 / 3.1)
    assert rates[1] <= rates[2] <= rates[3]


def test_no_eligible_dose_is_an_ordinary_stop() -> None:
    """crmPack 2.2.1 ends such simulations with an assertion; every design here ends them with a reason."""
    toxic = Scenario("toxic", (0.97, 0.98, 0.99), response_rates=(0.05, 0.05, 0.05), overdose_above=0.3)
    for key, row in DESIGNS.items():
        if not row.exact or key == "crm":
            continue
        oc = exact_characteristics(compile_graph(build_policy(key, row.example, n_doses=3)), [toxic])[0]
        assert oc.prob_none > 0.9, key
        assert sum(oc.prob_stop.values()) == pytest.approx(1, abs=1e-12)


def test_the_crm_stops_for_toxicity_once_it_is_told_to() -> None:
    toxic = Scenario("toxic", (0.97, 0.98, 0.99), overdose_above=0.3)
    rule = [{"kind": "too_toxic", "params": {"threshold": 0.3, "certainty": 0.95}}]
    braked = build_policy("crm", DESIGNS["crm"].example, n_doses=3, modifiers=rule)
    assert exact_characteristics(compile_graph(braked), [toxic])[0].prob_none > 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Counts((3, 3), (4, 0)), r"DSG-001: expected counts_at_every_dose\(name=dlt\)"),
        (lambda: Counts((3,), (0, 0)), "DSG-002"),
        (lambda: Counts((3, 3), (0, 0), 2), "DSG-003"),
        (lambda: build_policy("bion", {}, n_doses=3), "DSG-009: expected 3.3, accelerated_titration"),
        (lambda: build_policy("3+3", {"mtd_rule": "highest"}, n_doses=3), "DSG-020: expected previous . expand"),
        (lambda: build_policy("3+3", {}, n_doses=3), "DSG-008 at 3.3: expected mtd_rule"),
        (lambda: build_stopping_rule("beta", {}), "DSG-009"),
        (
            lambda: build_policy("boin", {"target_dlt_rate": 1.2, "cohort_size": 3, "max_subjects": 9}, n_doses=3),
            "DSG-010: expected 0 < low < target < high < 1; found low=0.72, target=1.2",
        ),
        (
            lambda: build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 0, "max_subjects": 9}, n_doses=3),
            "DSG-006: expected 1 <= cohort_size",
        ),
        (
            lambda: build_policy("3+3", {"mtd_rule": "expand"}, n_doses=40),
            r"DSG-005: expected doses_up_to\(max_doses=12\); found 40",
        ),
        (
            lambda: build_policy(
                "3+3", {"mtd_rule": "expand"}, n_doses=2, modifiers=[{"kind": "max_at_dose", "params": {"max_n": 0}}]
            ),
            "DSG-050: expected max_n >= 1; found 0",
        ),
    ],
)
def test_bad_input_states_the_rule_and_what_came(call: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        call()
