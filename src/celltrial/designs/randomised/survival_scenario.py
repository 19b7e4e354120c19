"""What befalls the subjects of a randomised cell-therapy trial, from randomisation on.

The clock starts at randomisation, because that is where the comparison starts; the treatment comes later or never.
Control: hazard from randomisation. Treated arm: `waiting` hazard until infusion, `treated` hazard counted from the infusion; a
subject whose product fails, who has the event or who drops out first is never infused and stays in the arm (intention to
treat). Vein-to-vein time is log-normal around its median (spread 0: fixed). A delayed effect is a treated hazard that starts at
the control's rate and falls later; crossing hazards start above it.
Subjects enter evenly over accrual and alternate between arms as the ratio says; times are exchangeable, so this has the
law of a blocked randomisation. Latent uniforms [replicate, subject, channel] come from outside: event, dropout, delay, failure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.randomised.piecewise_hazard import PiecewiseHazard
from celltrial.designs.sizing.ranges import between, demand, positive, that, whole

Array = NDArray[np.float64]
#: Latent uniforms per subject.
CHANNELS = ("event", "dropout", "delay", "failure")


@dataclass(frozen=True, slots=True)
class VeinToVein:
    """From randomisation to infusion.

    median: time to infusion, >= 0; spread: standard deviation of its logarithm, >= 0.
    never_infused: probability that no product can be given, whatever the subject's course, in [0, 1).
    """

    median: float = 0.0
    spread: float = 0.0
    never_infused: float = 0.0

    def __post_init__(self) -> None:
        rate = self.never_infused
        demand(
            positive("DSG-305", zero=True, median=self.median, spread=self.spread),
            that(0 <= rate < 1, "DSG-305", expected="0 <= never_infused < 1", found=f"never_infused={rate}"),
        )


@dataclass(frozen=True, slots=True)
class SurvivalScenario:
    """A true state of affairs.

    subjects: all arms together, 10 to 5,000; accrual: length over which they enter, > 0.
    control, treated: hazards (time from randomisation; time from infusion).
    waiting: hazard of the treated arm until infusion; None: the control's.
    vein_to_vein: delay and failure; ratio: treated per control, whole; dropout_hazard: losses per unit of time, >= 0.
    """

    subjects: int
    accrual: float
    control: PiecewiseHazard
    treated: PiecewiseHazard
    waiting: PiecewiseHazard | None = None
    vein_to_vein: VeinToVein = VeinToVein()
    ratio: int = 1
    dropout_hazard: float = 0.0

    def __post_init__(self) -> None:
        demand(
            whole("DSG-308", 10, 5_000, subjects=self.subjects),
            positive("DSG-305", accrual=self.accrual),
            positive("DSG-305", zero=True, dropout_hazard=self.dropout_hazard),
            whole("DSG-306", 1, 10, ratio=self.ratio),
        )

    @property
    def entry(self) -> Array:
        """Calendar time of each entry, shape (subjects,)."""
        return np.asarray(np.arange(1, self.subjects + 1) * (self.accrual / self.subjects))

    @property
    def in_treated(self) -> NDArray[np.bool_]:
        """Who is in the treated arm, shape (subjects,)."""
        return np.asarray(np.arange(self.subjects) % (self.ratio + 1) < self.ratio)


@dataclass(frozen=True, slots=True)
class SubjectTimes:
    """Times from randomisation, each of shape (replicates, subjects).

    event, dropout: inf where it never comes; infusion: inf for control and for the never infused.
    """

    event: Array
    dropout: Array
    infusion: Array


def subject_times(scenario: SurvivalScenario, uniforms: Array) -> SubjectTimes:
    """Return what befalls each virtual subject.

    uniforms: shape (replicates, subjects, 4), each in [0, 1).

    >>> from celltrial.designs.randomised.piecewise_hazard import constant_hazard
    >>> s = SurvivalScenario(10, 5.0, constant_hazard(median=6), constant_hazard(median=12))
    >>> subject_times(s, np.full((1, 10, 4), 0.5)).event[0, :2].round(6).tolist()
    [12.0, 6.0]
    """
    shape = (scenario.subjects, len(CHANNELS))
    demand(
        that(
            uniforms.ndim == 3 and uniforms.shape[1:] == shape,
            "DSG-307",
            expected=message("uniforms_of_shape", subjects=shape[0], columns=shape[1]),
            found=f"shape={uniforms.shape}",
        )
    )
    low, high = float(uniforms.min(initial=0.0)), float(uniforms.max(initial=0.0))
    demand(between("DSG-307", 0, 1, closed=True, smallest=low, largest=high))
    draw = -np.log1p(-np.minimum(uniforms[..., 0], 1 - 2**-53))
    arm = scenario.in_treated
    event = np.empty(draw.shape)
    event[:, ~arm] = scenario.control.inverse(draw[:, ~arm])
    event[:, arm], given = _treated_arm(scenario, draw[:, arm], uniforms[:, arm])
    if scenario.dropout_hazard > 0:
        dropout = -np.log1p(-np.minimum(uniforms[..., 1], 1 - 2**-53)) / scenario.dropout_hazard
    else:
        dropout = np.full(draw.shape, np.inf)
    infusion = np.full(draw.shape, np.inf)
    infusion[:, arm] = np.where(given <= dropout[:, arm], given, np.inf)
    return SubjectTimes(event, dropout, infusion)


def _treated_arm(scenario: SurvivalScenario, draw: Array, uniforms: Array) -> tuple[Array, Array]:
    """Return event times and infusion times (inf where the event or a failure comes first)."""
    lag, waiting = scenario.vein_to_vein, scenario.waiting or scenario.control
    if lag.spread > 0:
        delay = lag.median * np.exp(lag.spread * special.ndtri(np.clip(uniforms[..., 2], 1e-12, 1 - 1e-12)))
    else:
        delay = np.full(draw.shape, lag.median)
    waited = waiting.cumulative(delay)
    infused = (draw > waited) & (uniforms[..., 3] >= lag.never_infused)
    after = delay + scenario.treated.inverse(np.where(infused, draw - waited, 0.0))
    return np.where(infused, after, waiting.inverse(draw)), np.where(infused, delay, np.inf)
