"""Subjects, calendar times and duration of a survival trial with exponential arms.

Subjects enter uniformly over [0, A], have exponential event times (hazard L in control, L HR in treated) and
exponential dropout, and the last analysis is planned for A + follow-up. Events come from `log_rank_events` times the inflation
of the group-sequential design; subjects = events / mean probability of an event by the last analysis; the earlier analyses
fall where the expected number of events reaches their share. Not rounded, so that other programs can be compared.
A subject entered s ago has had the event with probability L/(L+E) (1 - exp(-(L+E) s)), averaged over entry.
Checked against rpact 3.3.4 `getSampleSizeSurvival` (11 cases within 1e-6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.lazy_scipy import optimize
from celltrial.designs.policy import Message
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.log_rank_events import LogRank, critical_hazard_ratio, log_rank_events
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import demand, positive, that


@dataclass(frozen=True, slots=True)
class SurvivalPlan:
    """What the protocol must state to size a survival trial.

    hazard_ratio: treated over control; control_hazard: events per unit of time, > 0.
    accrual, follow_up: length of accrual (> 0) and from its end to the last analysis (>= 0), same unit.
    design: looks and errors. ratio: treated per control.
    dropout_hazard_treated, dropout_hazard_control: losses per unit of time, >= 0.
    """

    hazard_ratio: float
    control_hazard: float
    accrual: float
    follow_up: float
    design: GroupSequential
    ratio: float = 1.0
    dropout_hazard_treated: float = 0.0
    dropout_hazard_control: float = 0.0

    def __post_init__(self) -> None:
        demand(
            positive("DSG-304", hazard_ratio=self.hazard_ratio),
            that(self.hazard_ratio < 1, "DSG-304", expected="hazard_ratio < 1", found=f"{self.hazard_ratio}"),
            positive("DSG-305", control_hazard=self.control_hazard, accrual=self.accrual),
            positive(
                "DSG-305",
                zero=True,
                follow_up=self.follow_up,
                dropout_hazard_treated=self.dropout_hazard_treated,
                dropout_hazard_control=self.dropout_hazard_control,
            ),
            positive("DSG-306", ratio=self.ratio),
        )


@dataclass(frozen=True, slots=True)
class SurvivalSize:
    """Sizes and times; none rounded.

    events_fixed, subjects_fixed: of the design with one look.
    events: at each look; subjects: all; times: calendar time of each look from the first entry.
    expected_events, expected_duration: under the planned effect.
    critical_hazard_ratio: observed ratio that crosses the efficacy bound, at each look.
    """

    events_fixed: float
    subjects_fixed: float
    events: tuple[float, ...]
    subjects: float
    times: tuple[float, ...]
    expected_events: float
    expected_duration: float
    critical_hazard_ratio: tuple[float, ...]


def event_share(hazard: float, dropout: float, accrual: float, time: float) -> float:
    """Return the expected share of all subjects to be entered who have had the event by calendar time `time`.

    hazard > 0; dropout >= 0; uniform entry over [0, accrual].

    >>> round(event_share(0.1, 0.0, 12.0, 24.0), 4)
    0.8246
    """
    demand(
        positive("DSG-305", hazard=hazard, accrual=accrual), positive("DSG-305", zero=True, dropout=dropout, time=time)
    )
    total = hazard + dropout
    oldest, newest = time, max(0.0, time - accrual)
    mass = (oldest - newest) - (math.exp(-total * newest) - math.exp(-total * oldest)) / total
    return hazard / total * mass / accrual


def survival_size(params: SurvivalPlan) -> SurvivalSize:
    """Return events, subjects, analysis times and expected duration.

    >>> from celltrial.designs.randomised.group_sequential import GroupSequential
    >>> plan = SurvivalPlan(0.6, 0.1155, 18, 12, GroupSequential((1 / 3, 2 / 3, 1.0)))
    >>> size = survival_size(plan)
    >>> round(size.events[-1], 2), round(size.times[-1], 6)
    (121.86, 30)
    """
    p, looks = params, params.design
    design = boundaries(looks)
    fixed = LogRank(p.hazard_ratio, looks.alpha, 1 - looks.beta, looks.sided, p.ratio)
    events_fixed = log_rank_events(fixed).exact
    end = p.accrual + p.follow_up

    def share(time: float) -> float:
        treated = event_share(p.hazard_ratio * p.control_hazard, p.dropout_hazard_treated, p.accrual, time)
        control = event_share(p.control_hazard, p.dropout_hazard_control, p.accrual, time)
        return (p.ratio * treated + control) / (1 + p.ratio)

    last = share(end)
    events = tuple(t * events_fixed * design.inflation for t in looks.information)
    times = tuple(
        float(optimize.brentq(lambda x, t=t: share(x) - t * last, 0.0, end, xtol=1e-12)) for t in looks.information[:-1]
    )
    times = (*times, end)
    course = design.under_alternative
    stops = [s + f for s, f in zip(course.success, course.futility, strict=True)]
    stops[-1] = 1 - math.fsum(stops[:-1])
    return SurvivalSize(
        events_fixed=events_fixed,
        subjects_fixed=events_fixed / last,
        events=events,
        subjects=events[-1] / last,
        times=times,
        expected_events=events[-1] * course.information,
        expected_duration=math.fsum(s * t for s, t in zip(stops, times, strict=True)),
        critical_hazard_ratio=tuple(
            critical_hazard_ratio(z, d, ratio=p.ratio) for z, d in zip(design.upper, events, strict=True)
        ),
    )


def describe(params: SurvivalPlan, result: SurvivalSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.survival",
        {
            "hazard_ratio": params.hazard_ratio,
            "events": whole_up(result.events[-1]),
            "subjects": whole_up(result.subjects),
            "duration": result.times[-1],
            "expected_duration": result.expected_duration,
        },
    )
