"""Infused share, staggering and interim power: acceptance numbers, simulation, closed forms, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from celltrial.core.errors import UserError
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.interim_power import InterimLook, interim_power
from celltrial.designs.sizing.infused_share import InfusedShare, infused_share
from celltrial.designs.sizing.stagger import Stagger, stagger_calendar


class TestInfusedShare:
    def test_the_share_of_the_plan(self) -> None:
        """AC-P3.1: 74.2 %, and 100,000 simulated subjects agree within 0.4 point."""
        found = infused_share(InfusedShare(0.97, 0.92, 28.0, 126.0, 0.97))
        assert 100 * found.infused == pytest.approx(74.2, abs=0.05)
        rng = np.random.default_rng(31)
        steps = rng.random((100_000, 3)) < (0.97, 0.92, 0.97)
        waits = rng.exponential(126.0 / math.log(2), 100_000) > 28.0
        assert 100 * (steps.all(axis=1) & waits).mean() == pytest.approx(100 * found.infused, abs=0.4)

    @pytest.mark.parametrize(("weeks", "lost"), [(4, 26.5), (6, 37.0)])
    def test_what_waiting_loses(self, weeks: int, lost: float) -> None:
        """AC-P3.3: median 9 weeks to ineligibility."""
        found = infused_share(InfusedShare(1.0, 1.0, 7.0 * weeks, 63.0, 1.0))
        assert 100 * found.lost_waiting == pytest.approx(lost, abs=0.05)

    def test_steps_are_what_is_left(self) -> None:
        found = infused_share(InfusedShare(0.9, 0.8, 28.0, None, 0.5))
        assert (found.collected, found.made, found.still_eligible) == (0.9, pytest.approx(0.72), pytest.approx(0.72))
        assert (found.infused, found.lost_waiting) == (pytest.approx(0.36), 0.0)

    @pytest.mark.parametrize("bad", [{"collected": 1.2}, {"waiting_days": -1.0}, {"median_days_to_ineligibility": 0.0}])
    def test_bad_input(self, bad: dict[str, float]) -> None:
        values = {
            "collected": 1.0,
            "made": 1.0,
            "waiting_days": 1.0,
            "median_days_to_ineligibility": 9.0,
            "infused": 1.0,
        }
        with pytest.raises(UserError, match=next(iter(bad))):
            InfusedShare(**{**values, **bad})


class TestStagger:
    def test_the_calendar_of_the_plan(self) -> None:
        """AC-P6.1."""
        three = stagger_calendar(Stagger(3, 3, 28, 14, 28, 28))
        assert three.infusions == (0, 28, 42, 70, 98, 112, 140, 168, 182)
        assert (three.ends, three.ends_at_once) == (210, 84)
        assert stagger_calendar(Stagger(3, 6, 28, 14, 28, 28)).ends == 336
        assert three.unseen_after_first is None

    def test_the_risk_that_is_left(self) -> None:
        """A log-normal time to onset through median 6 and 95th percentile 12 days, by scipy."""
        found = stagger_calendar(Stagger(3, 3, 12, 7, 28, 28, onset_median=6.0, onset_p95=12.0))
        onset = stats.lognorm(s=math.log(2) / stats.norm.ppf(0.95), scale=6.0)
        assert found.unseen_after_first == pytest.approx(0.05, abs=1e-12)
        assert found.unseen_between_later == pytest.approx(onset.sf(7.0), abs=1e-12)
        assert found.unseen_between_levels == pytest.approx(onset.sf(28.0), abs=1e-12)
        at_once = stagger_calendar(Stagger(2, 2, 0, 0, 28, 28, onset_median=6.0, onset_p95=12.0))
        assert at_once.unseen_after_first == 1.0

    @pytest.mark.parametrize(
        ("bad", "rule"),
        [
            ({"levels": 0}, "levels"),
            ({"between_later": -1.0}, "between_later"),
            ({"window": 0.0}, "window"),
            ({"onset_median": 6.0}, "onset_median < onset_p95"),
            ({"onset_median": 6.0, "onset_p95": 5.0}, "onset_median < onset_p95"),
        ],
    )
    def test_bad_input(self, bad: dict[str, float], rule: str) -> None:
        values = {
            "levels": 3,
            "per_level": 3,
            "after_first_of_level": 28.0,
            "between_later": 14.0,
            "between_levels": 28.0,
        }
        with pytest.raises(UserError, match=rule):
            Stagger(**{**values, "window": 28.0, **bad})


class TestInterimPower:
    def test_one_look_left_is_the_closed_form(self) -> None:
        """Lan & Wittes (1988) and Spiegelhalter, Freedman & Blackburn (1986), no futility bound, flat prior."""
        params = GroupSequential((0.5, 1.0))
        from celltrial.designs.randomised.boundaries import boundaries

        design = boundaries(params)
        found = interim_power(InterimLook(params, 1, 1.3))
        t, c = 0.5, design.upper[-1]
        for drift, value in ((design.drift, found.planned), (1.3 / math.sqrt(t), found.observed)):
            closed = stats.norm.cdf((1.3 * math.sqrt(t) + drift * (1 - t) - c) / math.sqrt(1 - t))
            assert value == pytest.approx(closed, abs=1e-7)
        closed = stats.norm.cdf((1.3 - c * math.sqrt(t)) / math.sqrt(1 - t))
        assert found.predictive == pytest.approx(closed, abs=1e-7)

    def test_at_its_own_bound_the_power_is_the_least(self) -> None:
        params = GroupSequential((1 / 3, 2 / 3, 1.0))
        found = interim_power(InterimLook(params, 1, 0.0, least_power=0.3))
        assert found.futility_planned is not None
        assert found.futility_predictive is not None
        assert interim_power(InterimLook(params, 2, found.futility_planned[1])).planned == pytest.approx(0.3, abs=1e-6)
        again = interim_power(InterimLook(params, 2, found.futility_predictive[1]))
        assert again.predictive == pytest.approx(0.3, abs=1e-6)

    @pytest.mark.parametrize(
        "bad", [{"look": 2}, {"look": 0}, {"z": math.nan}, {"prior_share": -1.0}, {"least_power": 1.0}]
    )
    def test_bad_input(self, bad: dict[str, float]) -> None:
        with pytest.raises(UserError, match="DSG-309"):
            InterimLook(**{"design": GroupSequential((0.5, 1.0)), "look": 1, "z": 1.0, **bad})
