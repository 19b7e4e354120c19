"""What the review finds out by trying a design, against the exact engine."""

from __future__ import annotations

import pytest

from celltrial.guideline.characteristics import SLACK, tried
from celltrial.protocol.policies import dose_policy
from celltrial.simulation.exact import operating_characteristics
from celltrial.simulation.scenario import Scenario
from spec.guideline_edits import BCMA, CIK, TCR, edited


def exact(protocol, scenario):
    [found] = operating_characteristics(dose_policy(protocol), [scenario])
    assert found.exact
    return found


@pytest.mark.parametrize("name", [BCMA, TCR])
def test_it_agrees_with_the_exact_engine_within_two_standard_errors(name):
    protocol = edited(name)
    found, doses = tried(protocol, too_toxic_rate=0.6), len(protocol.dose.levels)
    toxic = exact(protocol, Scenario("toxic", (0.6,) * doses))
    assert found.stops_if_too_toxic == pytest.approx(toxic.prob_none, abs=1.5 * SLACK)
    chance, name = found.overdose
    truth = next(item for item in protocol.escalation.scenarios if item.id == name)
    limit = protocol.escalation.design.params["target_dlt_rate"] + 0.1
    over = exact(protocol, Scenario(name, truth.dlt_rates, overdose_above=limit))
    assert chance == pytest.approx(over.prob_select_overdose, abs=1.5 * SLACK)


def test_the_same_plan_gives_the_same_answer():
    assert tried(edited(BCMA), too_toxic_rate=0.6) == tried(edited(BCMA), too_toxic_rate=0.6)


def test_a_trial_that_seeks_no_dose_is_not_tried():
    assert tried(edited(CIK), too_toxic_rate=0.6) is None


def test_a_design_too_small_for_its_levels_never_gives_the_highest():
    small = edited(TCR, ("escalation.design.params", lambda one: {**one, "max_subjects": 3}))
    assert tried(small, too_toxic_rate=0.6).top_given == 0
    assert tried(edited(TCR), too_toxic_rate=0.6).top_given > 1
