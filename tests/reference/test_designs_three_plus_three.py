"""3+3 against worked examples, the closed form, and escalation 0.2.3's exact paths."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.core.intervals import upper_bound_zero_events
from celltrial.designs import Counts, Reason, build_policy
from celltrial.designs.escalation.three_plus_three import probability_of_escalation
from celltrial.locale import translate
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.exact import operating_characteristics
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.scenario import Scenario


def exact(rule: str, rates: list[float], start: int = 0) -> OperatingCharacteristics:
    policy = build_policy("3+3", {"mtd_rule": rule}, n_doses=len(rates), start=start)
    return operating_characteristics(policy, [Scenario("s", tuple(rates))])[0]


def test_probability_of_escalation() -> None:
    """AC-P5.1."""
    expected = {0.05: 97.3, 0.10: 90.6, 0.20: 70.9, 0.30: 49.4, 0.40: 30.9, 0.50: 17.2}
    for rate, percent in expected.items():
        assert round(100 * probability_of_escalation(rate), 1) == percent
        oc = exact("previous", [rate, 0.5])
        assert oc.expected_n[1] > 0
        np.testing.assert_allclose(1 - oc.prob_none, probability_of_escalation(rate), atol=1e-12)


def test_four_level_example() -> None:
    """AC-P5.2: no confirmation cohort, that is the MTD rule `previous`."""
    oc = exact("previous", [0.1, 0.2, 0.3, 0.5])
    assert [round(100 * p, 1) for p in (oc.prob_none, *oc.prob_select)] == [9.4, 26.4, 32.5, 26.3, 5.5]
    assert round(oc.expected_total_n, 1) == 11.6
    policy = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=4)
    found = simulate_characteristics(policy, [Scenario("s", (0.1, 0.2, 0.3, 0.5))], trials=20_000)[0]
    for p, s, e in zip(oc.prob_select, found.prob_select, found.standard_error["prob_select"], strict=True):
        assert abs(p - s) <= 4 * e


def test_excluding_an_event_after_zero_events() -> None:
    """AC-P5.4: 29, 59 and 14 subjects without the event exclude 10, 5 and 20 % with 95 % confidence."""
    for rate, n in ((0.10, 29), (0.05, 59), (0.20, 14)):
        assert upper_bound_zero_events(n) <= rate < upper_bound_zero_events(n - 1)


@pytest.mark.shared
def test_closed_form(design_cases: Any) -> None:
    found = design_cases("three_plus_three_closed_form")
    assert len(found) == 24
    for case in found:
        i, o = case["inputs"], case["outputs"]
        oc = exact(i["mtd_rule"], i["true_prob_tox"], i["start_dose"] - 1)
        for ours, theirs in (
            (oc.prob_select, o["prob_select"]),
            (oc.prob_none, o["prob_no_mtd"]),
            (oc.expected_n, o["expected_n"]),
            (oc.expected_dlt, o["expected_tox"]),
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-12, err_msg=case["id"])


@pytest.mark.shared
def test_exact_paths_of_escalation(design_cases: Any) -> None:
    found = design_cases("three_plus_three_exact")
    assert len(found) == 12
    for case in found:
        i, o = case["inputs"], case["outputs"]
        oc = exact("expand_not_top" if i["allow_deescalate"] else "previous", i["true_prob_tox"])
        np.testing.assert_allclose(
            (oc.prob_none, *oc.prob_select), o["prob_recommend_NoDose_then_doses"], atol=1e-9, err_msg=case["id"]
        )
        np.testing.assert_allclose(oc.expected_total_n, o["expected_n"], atol=1e-9)
        np.testing.assert_allclose(oc.expected_total_dlt, o["expected_tox"], atol=1e-9)


def test_the_rules_differ_where_they_must() -> None:
    """.05/.50: the top dose is chosen 6 points more often without expansion."""
    plain, filled = exact("previous", [0.05, 0.50]), exact("expand", [0.05, 0.50])
    assert 0.05 < plain.prob_select[1] - filled.prob_select[1] < 0.08


@pytest.mark.parametrize(
    ("n", "dlt", "current", "next_dose", "size"),
    [
        ((0, 0), (0, 0), 0, 0, 3),
        ((3, 0), (0, 0), 0, 1, 3),
        ((3, 0), (1, 0), 0, 0, 3),
        ((6, 0), (1, 0), 0, 1, 3),
        ((2, 0), (0, 0), 0, 0, 1),  # one of three was not evaluable: one more
        ((4, 0), (1, 0), 0, 0, 2),
    ],
)
def test_moves(n: tuple[int, ...], dlt: tuple[int, ...], current: int, next_dose: int, size: int) -> None:
    decision = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=2).decide(Counts(n, dlt, current))
    assert (decision.next_dose, decision.cohort_size) == (next_dose, size)


def test_two_in_six_at_the_lowest_dose_ends_without_a_dose() -> None:
    decision = build_policy("3+3", {"mtd_rule": "expand"}, n_doses=2).decide(Counts((6, 0), (2, 0), 0))
    assert decision.stops
    assert decision.recommended is None


def _walk(rates, tolerated, dose=0, n=(0, 0), dlt=(0, 0), ceiling=2):
    """Return {recommended dose or None: probability} of 3+3 on two doses, rule `previous`, by walking every outcome of a cohort."""
    found = {}
    for events in range(4):
        chance = comb(3, events) * rates[dose] ** events * (1 - rates[dose]) ** (3 - events)
        seen = tuple(k + 3 * (j == dose) for j, k in enumerate(n))
        had = tuple(k + events * (j == dose) for j, k in enumerate(dlt))
        at, y, top = seen[dose], had[dose], ceiling
        toxic = y >= 2 if at == 3 else y > tolerated
        rises = (at == 3 and y == 0) or (at == 6 and y <= 1)
        if toxic:
            top = dose
            answer = {dose - 1 if dose else None: 1.0}  # `previous`: the dose below passed already
        elif rises and dose + 1 < top:
            answer = _walk(rates, tolerated, dose + 1, seen, had, top)
        elif at == 3 and y == 1:
            answer = _walk(rates, tolerated, dose, seen, had, top)
        else:
            answer = {dose: 1.0}
        for key, p in answer.items():
            found[key] = found.get(key, 0.0) + chance * p
    return found


@pytest.mark.parametrize("tolerated", [1, 2])
@pytest.mark.parametrize("rates", [(0.1, 0.3), (0.25, 0.5), (0.4, 0.45)])
def test_two_in_six_can_still_be_the_mtd(tolerated, rates):
    """NCT04697940 keeps a dose with 2 DLTs in 6 as its MTD: against a walk over every outcome, written apart."""
    policy = build_policy("3+3", {"mtd_rule": "previous", "tolerated_in_six": tolerated}, n_doses=2)
    [oc] = operating_characteristics(policy, [Scenario("s", rates)])
    judge = _walk(rates, tolerated)
    assert oc.prob_select == pytest.approx([judge.get(0, 0), judge.get(1, 0)], abs=1e-12)
    assert oc.prob_none == pytest.approx(judge.get(None, 0), abs=1e-12)


def test_two_in_six_ends_there_three_in_six_goes_down_and_two_in_three_is_too_toxic():
    policy = build_policy("3+3", {"mtd_rule": "previous", "tolerated_in_six": 2}, n_doses=3)
    decided = {y: policy.decide(Counts((3, 6, 0), (0, y, 0), 1)) for y in (1, 2, 3)}
    assert decided[1].next_dose == 2
    assert (decided[2].reason, decided[2].recommended) == (Reason.STOP_DOSE_FOUND, 1)
    assert (decided[3].reason, decided[3].recommended) == (Reason.STOP_DOSE_FOUND, 0)
    assert policy.decide(Counts((3, 3, 0), (0, 2, 0), 1)).recommended == 0


def test_a_rule_that_is_not_named_leads_to_the_table():
    with pytest.raises(UserError) as refused:
        build_policy("3+3", {"mtd_rule": "previous", "tolerated_in_six": 3}, n_doses=2)
    assert "decision_table" in translate(refused.value.faults[0].id, "en", where="", expected="1 | 2", found="3")
