"""Disposition: AC-A1.1 to A1.4 and tables that do not add up."""

from __future__ import annotations

import itertools

import pytest

from celltrial.analysis import disposition
from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable

SIX = ["manufacturing_failure"] * 3 + ["progression", "death", "withdrawal"]


def test_six_of_forty_not_treated(make_adsl):
    found = disposition.estimate(make_adsl(34, SIX))
    rate = found.not_treated
    assert [round(100 * v, 1) for v in (rate.value, rate.interval.low, rate.interval.high)] == [15.0, 5.7, 29.8]
    assert (found.enrolled, found.infused, found.pending) == (40, 34, 0)
    assert dict(found.reasons) == {"manufacturing_failure": 3, "death": 1, "progression": 1, "withdrawal": 1}
    assert next(iter(found.reasons)) == "manufacturing_failure"
    assert rate.caveats == ()


def test_pending_subjects_give_bounds(make_adsl):
    found = disposition.estimate(make_adsl(34, [*SIX, *["pending"] * 4]))
    assert found.enrolled == 44
    assert (found.not_treated.value, found.not_treated.n) == (6 / 40, 40)
    assert [round(100 * v, 1) for v in (found.bounds.low, found.bounds.high)] == [13.6, 22.7]
    assert "pending_subjects" in found.not_treated.caveats


def test_reasons_and_infused_add_up_to_enrolled(make_adsl):
    """Clause 2.1.3-k: everybody who was not treated has one reason, and the reasons add up."""
    found = disposition.estimate(make_adsl(34, [*SIX, "pending"]))
    assert found.infused + sum(found.reasons.values()) + found.pending == found.enrolled


def test_flow_reconciles_at_every_node(make_adsl):
    rows = [make_adsl.subject(i, lymphodepleted=True) for i in range(1, 6)]
    rows += [
        make_adsl.subject(6, not_treated_reason="death", lymphodepleted=True),
        make_adsl.subject(7, not_treated_reason="pending"),
        make_adsl.subject(8, not_treated_reason="withdrawal", collected=False),
        make_adsl.subject(9, infused=False, infused_conforming=False, enrolled=False, collected=False),
    ]
    flow = disposition.estimate(make_adsl.table(rows)).flow
    assert [(node.name, node.n) for node in flow] == [
        ("consented", 9),
        ("enrolled", 8),
        ("collected", 7),
        ("lymphodepleted", 6),
        ("infused", 5),
    ]
    for node, following in itertools.pairwise(flow):
        assert node.n == sum(node.left.values()) + node.pending + following.n
    assert dict(flow[0].left) == {"not_enrolled": 1}
    assert (flow[2].pending, dict(flow[3].left)) == (1, {"death": 1})


def test_missing_reason_is_an_error_that_names_the_subject(make_adsl):
    rows = [make_adsl.subject(1), make_adsl.subject(2, infused=False, infused_conforming=False)]
    with pytest.raises(UserError) as caught:
        disposition.estimate(make_adsl.table(rows))
    assert [(item.id, item.where) for item in caught.value.faults] == [("ANL-002", "adsl S002")]


@pytest.mark.parametrize("given", [{"enrolled": False}, {"infused": False}])
def test_contradicting_flags_are_an_error(make_adsl, given):
    with pytest.raises(UserError) as caught:
        disposition.estimate(make_adsl.table([make_adsl.subject(1, **given)]))
    assert caught.value.faults[0].id == "ANL-001"


def test_reason_beside_an_infusion_is_an_error(make_adsl):
    row = make_adsl.subject(1) | {"not_treated_reason": "death"}
    with pytest.raises(UserError, match="ANL-001"):
        disposition.estimate(make_adsl.table([row]))


def test_out_of_specification_counts_as_treated(make_adsl):
    rows = [make_adsl.subject(1), make_adsl.subject(2, infused_conforming=False)]
    found = disposition.estimate(make_adsl.table(rows))
    assert (found.infused, found.conforming, found.out_of_specification) == (2, 1, 1)
    assert found.not_treated.value == 0


def test_lymphodepleted_without_infusion_is_listed(make_adsl):
    rows = [make_adsl.subject(1), make_adsl.subject(2, not_treated_reason="death", lymphodepleted=True)]
    assert disposition.estimate(make_adsl.table(rows)).lymphodepleted_not_infused == ("S002",)


def test_replaced_subject_stays_enrolled(make_adsl):
    rows = [make_adsl.subject(1, not_treated_reason="progression"), make_adsl.subject(2, replaces="S001")]
    found = disposition.estimate(make_adsl.table(rows))
    assert (found.enrolled, found.replaced) == (2, ("S001",))


def test_empty_trial(make_adsl):
    found = disposition.estimate(make_adsl(0))
    assert isinstance(found.not_treated, NotEstimable)
    assert found.bounds is None
