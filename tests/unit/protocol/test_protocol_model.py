"""The protocol model: frozen, strict, with units in its values."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from celltrial.core.doses import DoseBasis
from celltrial.designs import Counts
from celltrial.protocol import read_protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.policies import boundary_of, dose_policy
from celltrial.protocol.templates import template_text


@pytest.fixture(scope="module")
def protocol():
    return read_protocol(template_text("car-t-escalation"), "p.yaml")


def test_a_protocol_cannot_be_changed_in_place(protocol):
    with pytest.raises(ValidationError):
        protocol.dose.start_level = 2


@pytest.mark.parametrize(
    ("text", "days"), [("28 d", 28), ("2 weeks", 14), ("24 hours", 1), ("1 y", 365.25), ("30 min", 30 / 1440)]
)
def test_durations_keep_their_unit(text, days):
    assert Duration.parse(text).days == pytest.approx(days)


def test_durations_of_different_units_are_not_equal():
    assert Duration.parse("28 d") != Duration.parse("4 wk")


@pytest.mark.parametrize("text", ["28", "d", "28 mg", "-3 d", "1e3 d", "", "28 d d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="unit_of_time"):
        Duration.parse(text)


def test_a_level_is_a_dose_with_basis_and_kind(protocol):
    dose = protocol.dose.level(2)
    assert dose.cells == Decimal("3.0e6")
    assert dose.basis is DoseBasis.TARGET_POSITIVE_VIABLE
    assert dose.per_kg


def test_the_policy_and_the_boundary_come_from_the_protocol(protocol):
    policy = dose_policy(protocol)
    assert policy.n_doses == 3
    assert policy.decide(Counts((3, 0, 0), (0, 0, 0), 0)).next_dose == 1
    rule = boundary_of(protocol.stopping.rules[0])
    assert rule.is_crossed(7, 12)
    assert not rule.is_crossed(6, 12)
