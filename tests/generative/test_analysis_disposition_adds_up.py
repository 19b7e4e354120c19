"""Any consistent set of subjects has a disposition that adds up; any inconsistent one is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.analysis import disposition
from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable
from celltrial.datasets.schema import ADSL, NOT_TREATED_REASONS

FLAGS = [column.name for column in ADSL.columns if column.required and column.name != "usubjid"]
STEPS = ("consented", "enrolled", "collected", "lymphodepleted", "infused")
SUBJECT = st.tuples(st.integers(0, 5), st.sampled_from(NOT_TREATED_REASONS), st.booleans())


def table(subjects):
    rows = []
    for number, (steps, reason, conforming) in enumerate(subjects):
        row = dict.fromkeys(FLAGS, False) | {"usubjid": f"S{number}"}
        row |= {step: index < steps for index, step in enumerate(STEPS)}
        row["infused_conforming"] = row["infused"] and conforming
        row["not_treated_reason"] = reason if row["enrolled"] and not row["infused"] else None
        rows.append(row)
    return ADSL.conform({column.name: [row.get(column.name) for row in rows] for column in ADSL.columns})


@settings(max_examples=80, deadline=None)
@given(st.lists(SUBJECT, max_size=30))
def test_it_adds_up(subjects):
    adsl = table(subjects)
    found = disposition.estimate(adsl)
    assert found.enrolled == found.infused + sum(found.reasons.values()) + found.pending
    assert found.infused == found.conforming + found.out_of_specification
    assert [node.n for node in found.flow] == sorted((node.n for node in found.flow), reverse=True)
    for node, following in pairwise(found.flow):
        assert node.n == sum(node.left.values()) + node.pending + following.n
    if isinstance(found.not_treated, NotEstimable):
        assert found.enrolled == found.pending
    else:
        rate = found.not_treated
        assert rate.interval.low <= rate.value <= rate.interval.high
        assert found.bounds.low <= rate.value <= found.bounds.high


@settings(max_examples=40, deadline=None)
@given(st.lists(SUBJECT, min_size=1, max_size=10), st.data())
def test_one_contradiction_is_found_and_named(subjects, data):
    adsl = table([*subjects, (5, "other", True)])
    broken = data.draw(st.sampled_from(["not enrolled", "reason", "conforming only"]))
    rows = adsl.to_dicts()
    last = next(row for row in rows if row["usubjid"] == f"S{len(subjects)}")
    if broken == "not enrolled":
        last["enrolled"] = False
    elif broken == "reason":
        last["not_treated_reason"] = "death"
    else:
        last["infused"] = False
    odd = ADSL.conform({name: [row[name] for row in rows] for name in adsl.columns})
    with pytest.raises(UserError) as caught:
        disposition.estimate(odd)
    assert {item.where for item in caught.value.faults} == {f"adsl S{len(subjects)}"}
