"""The course of the disease in a randomised trial: from randomisation, in every arm, whether or not cells are ever given.

Progression has a constant hazard, that of the control until the cells are given and that of the cells after them: an effect
that comes as late as the cells do, which is what bends the curves of real trials of this kind. Each subject draws one
exponential number, the hazard that it survives; the arms spend it at their own rates. Death follows progression, as far
after it as in the other virtual trials.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Final

from celltrial.simulation.twin import analysing, assessing, reading
from celltrial.simulation.twin.leaving import die
from celltrial.simulation.twin.scenarios import primary_endpoint
from celltrial.simulation.twin.world import Virtual, World, alive, on_calendar

#: Days from the begin of treatment until a response can be seen.
_TO_RESPONSE: Final = 20
_MONTH: Final = 30.4375
_FALLBACK: Final = 365.0


def rates(world: World) -> tuple[float, float]:
    """Return the hazard of progression per day in the control, and after the cells.

    Control: `assumptions.control_median_progression_free_survival`, else the `control_hazard` per month of the sample size,
    else that of the cells without their stated benefit. Cells: what the scenario supposes of the ratio, from the infusion
    on; else the hazard that makes the assumed median from randomisation, given that the cells come after the expected wait.
    """
    stated, plan = world.assumptions, world.protocol.confirmatory
    assumed = stated.median_progression_free_survival
    median = assumed.days if assumed is not None else _FALLBACK
    size = plan.sample_size.params if plan is not None and plan.sample_size is not None else {}
    primary = primary_endpoint(world.protocol)
    benefit = primary.analysis.alternative if primary is not None and primary.analysis is not None else None
    if stated.control_median_progression_free_survival is not None:
        control = math.log(2) / stated.control_median_progression_free_survival.days
    elif "control_hazard" in size:
        control = float(size["control_hazard"]) / _MONTH
    else:
        control = math.log(2) / median / (benefit or 1.0)
    ratio = world.scenario.hazard_ratio
    return control, after_wait(control, median, _wait(world)) if ratio is None else control * ratio


def after_wait(control: float, median: float, wait: float) -> float:
    """Return the hazard per day after a wait at the control's hazard by which half are free of progression at the median.

    Where half have progressed before the cells come, or the median lies within the wait, no hazard makes it: then that of
    an exponential time with this median.

    >>> after = after_wait(0.004, 219.0, 60.0)
    >>> round(math.exp(-0.004 * 60 - after * (219 - 60)), 6)
    0.5
    """
    left = math.log(2) - control * wait
    return left / (median - wait) if left > 0 and median > wait else math.log(2) / median


def _wait(world: World) -> float:
    """Return the expected days from randomisation to the cells."""
    expected, making = world.protocol.treatment.vein_to_vein_expected, world.protocol.manufacturing
    if expected is not None:
        return expected.days
    return making.turnaround.days if making is not None else 0.0


def begin(world: World, subject: Virtual) -> None:
    """Enter the assessments of a subject that was just randomised, and its progression at the rate of the control."""
    reading.assign(world, subject)
    subject.begins = world.today(subject.site)
    efficacy = world.protocol.efficacy
    for visit in efficacy.visits if efficacy is not None else ():
        on_calendar(world, subject, subject.begins, visit.day, partial(_visit, name=visit.name), hour=9)
    subject.endures = subject.truth.endures
    _expect(world, subject, rates(world)[0])


def give_cells(world: World, subject: Virtual) -> None:
    """Let the cells act from today: what is left to endure is spent at their rate."""
    if subject.progressed or subject.begins is None:
        return
    control, cells = rates(world)
    today = world.today(subject.site)
    subject.endures = max(subject.endures - control * (today - subject.begins).days, 0.0)
    subject.treated_on = today
    _expect(world, subject, cells)


def _expect(world: World, subject: Virtual, rate: float) -> None:
    """Enter progression and death; what was entered before under another rate falls."""
    subject.expectation += 1
    today, days = world.today(subject.site), max(1.0, subject.endures / rate)
    number = subject.expectation
    on_calendar(world, subject, today, days, partial(_progress, number=number), hour=14)
    dies = days + subject.truth.survival_after_progression_days
    on_calendar(world, subject, today, dies, partial(_die, number=number), hour=20)


def _progress(world: World, subject: Virtual, *, number: int) -> None:
    if number == subject.expectation and not subject.withdrawn:
        assessing.progress(world, subject)
        analysing.watch_events(world)


def _die(world: World, subject: Virtual, *, number: int) -> None:
    if number == subject.expectation and not subject.withdrawn and alive(world, subject):
        die(world, subject)
        analysing.watch_events(world)


def responds(world: World, subject: Virtual) -> bool:
    """Tell whether the subject's treatment makes the disease respond; the control at the assumed rate, or never."""
    control = world.assumptions.control_response_rate or 0.0
    if not subject.with_cells:
        return subject.truth.response_draw < control
    if world.scenario.hazard_ratio == 1:
        return subject.truth.response_draw < control
    return subject.truth.response_draw < world.scenario.responding(subject.level, world.assumptions.response_rate)


def _visit(world: World, subject: Virtual, *, name: str) -> None:
    """Record a planned assessment: response once the treatment had time, else what was there before."""
    if subject.withdrawn or subject.progressed or not alive(world, subject):
        return
    since = (world.today(subject.site) - subject.treated_on).days if subject.treated_on is not None else -1
    seen = since >= _TO_RESPONSE and responds(world, subject)
    assessing.record(world, subject, name, assessing.depth(world, subject) if seen else assessing.stable(world))
