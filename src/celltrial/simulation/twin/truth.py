"""What is true of one virtual subject, drawn before anything is seen.

Every subject has its own named stream and draws one block of uniforms, one per
channel, so the same subject meets any design and a change to one channel
moves no other. The order of `Channel` is part of the format.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from statistics import NormalDist
from typing import Final

from celltrial.core.random_streams import stream
from celltrial.protocol.model.assumptions import Assumptions

_NORMAL = NormalDist()
#: Cells that a manufacture usually yields, where the dose does not ask for more.
USUAL_CELLS: Final = 2e9


class Channel(IntEnum):
    """One source of luck each."""

    AGE = 0
    SEX = 1
    WEIGHT = 2
    SCREENING = 3
    COLLECTION = 4
    MAKING_FIRST = 5
    MAKING_SECOND = 6
    WAITING = 7
    WAITING_KIND = 8
    PRE_INFUSION = 9
    DLT = 10
    DLT_KIND = 11
    DLT_DAY = 12
    CRS = 13
    CRS_DAY = 14
    ICANS = 15
    INFECTION = 16
    CYTOPENIA = 17
    RESPONSE = 18
    DEPTH = 19
    PROGRESSION = 20
    SURVIVAL = 21
    PEAK = 22
    PEAK_DAY = 23
    HALF_LIFE = 24
    COPY_NUMBER = 25
    CELLS = 26
    TURNAROUND = 27
    DAY_OF_WEEK = 28
    FATAL = 29


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Expansion and decline of the transgene in blood: exponential growth, then two-phase decline.

    The shape is that of Stein et al. (2019), doi:10.1002/psp4.12388. peak in copies/ug, times in days.
    """

    peak: float
    peak_day: float
    half_life_early: float
    half_life_late: float
    copy_number: float

    def copies(self, day: float) -> float:
        """Return the true copies/ug on a day after infusion.

        >>> k = Kinetics(8e4, 10.0, 4.0, 60.0, 2.0)
        >>> round(k.copies(10.0)), k.copies(0.0) < k.copies(5.0) < k.copies(10.0) > k.copies(20.0)
        (80000, True)
        """
        if day <= self.peak_day:
            return 1.0 + (self.peak - 1.0) * math.exp(-math.log(self.peak) * (self.peak_day - day) / self.peak_day)
        late = 0.02
        since = day - self.peak_day
        early = (1 - late) * 0.5 ** (since / self.half_life_early)
        return float(self.peak * (early + late * 0.5 ** (since / self.half_life_late)))

    def cells_per_ul(self, day: float, *, leucocytes_per_ul: float = 3000.0) -> float:
        """Return CAR-positive cells per microlitre: 6.6 pg DNA per cell is 151,515 genomes/ug."""
        return self.copies(day) / (151_515 * self.copy_number) * leucocytes_per_ul


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that will happen to a subject if the way is open.

    dlt_draw, response_draw: compared with the true rate at the dose that is given.
    lost_after_days:         days of waiting after collection until the subject can no longer be treated.
    progression_days:        from infusion, if the subject responds and if not.
    endures:                 cumulative hazard of progression that it survives, in a randomised trial.
    """

    age: int
    female: bool
    weight_kg: float
    screening_fails: bool
    collection_works: bool
    making_works: tuple[bool, bool]
    turnaround_extra_days: int
    lost_after_days: float
    lost_to: str
    pre_infusion_ok: bool
    dlt_draw: float
    dlt_is_neurologic: bool
    dlt_day: int
    crs_grade: int
    crs_day: int
    icans_grade: int
    infection: bool
    cytopenia_grade: int
    response_draw: float
    depth_draw: float
    progression_days_response: float
    progression_days_none: float
    endures: float
    survival_after_progression_days: float
    dies_of_treatment: bool
    total_cells: float
    kinetics: Kinetics


def _days(months_or_more: object, fallback: float) -> float:
    days = getattr(months_or_more, "days", None)
    return float(days) if days is not None else fallback


def _normal(u: float, mean: float, sd: float, low: float, high: float) -> float:
    return min(high, max(low, mean + sd * _NORMAL.inv_cdf(min(max(u, 1e-12), 1 - 1e-12))))


def _waiting(u: float, median_days: float) -> float:
    return -float(median_days) * math.log2(max(u, 1e-12))


def _crs(u: float, plan: Assumptions) -> int:
    if u >= plan.crs_any_grade:
        return 0
    if u < plan.crs_grade_3_or_more:
        return 3
    return 2 if u < plan.crs_grade_3_or_more + (plan.crs_any_grade - plan.crs_grade_3_or_more) / 3 else 1


def draw_truth(seed: int, number: int, plan: Assumptions, usual_cells: float = USUAL_CELLS) -> Truth:
    """Return the truth of virtual subject `number` under a root seed; usual_cells: what a manufacture usually yields, or more."""
    u = stream(seed, "twin", "subject", number).random(len(Channel))
    at: Mapping[Channel, float] = {channel: float(u[channel]) for channel in Channel}
    progression = _days(plan.median_progression_free_survival, 365.0)
    survival = _days(plan.median_overall_survival, 900.0)
    kind = at[Channel.WAITING_KIND]
    return Truth(
        age=round(_normal(at[Channel.AGE], 61, 8, 35, 75)),
        female=at[Channel.SEX] < 0.45,
        weight_kg=round(_normal(at[Channel.WEIGHT], 64, 10, 40, 110), 1),
        screening_fails=at[Channel.SCREENING] < 0.12,
        collection_works=at[Channel.COLLECTION] < plan.collection_success,
        making_works=(
            at[Channel.MAKING_FIRST] < plan.manufacturing_success,
            at[Channel.MAKING_SECOND] < plan.manufacturing_success,
        ),
        turnaround_extra_days=int(at[Channel.TURNAROUND] * 8),
        lost_after_days=_waiting(at[Channel.WAITING], _days(plan.median_time_to_ineligibility, 126.0)),
        lost_to="progression" if kind < 0.7 else "death" if kind < 0.85 else "withdrawal",
        pre_infusion_ok=at[Channel.PRE_INFUSION] < plan.pre_infusion_success,
        dlt_draw=at[Channel.DLT],
        dlt_is_neurologic=at[Channel.DLT_KIND] < 0.35,
        dlt_day=1 + min(26, int(_waiting(at[Channel.DLT_DAY], _days(plan.dlt_onset_median, 6.0)))),
        crs_grade=_crs(at[Channel.CRS], plan),
        crs_day=1 + int(at[Channel.CRS_DAY] * 9),
        icans_grade=0 if at[Channel.ICANS] >= plan.neurotoxicity_any_grade else 1 + (at[Channel.CRS_DAY] < 0.3),
        infection=at[Channel.INFECTION] < 0.3,
        cytopenia_grade=4 if at[Channel.CYTOPENIA] < 0.5 else 3,
        response_draw=at[Channel.RESPONSE],
        depth_draw=at[Channel.DEPTH],
        progression_days_response=40 + _waiting(at[Channel.PROGRESSION], max(progression - 40, 30.0)),
        progression_days_none=25 + _waiting(at[Channel.PROGRESSION], 25.0),
        endures=-math.log(max(at[Channel.PROGRESSION], 1e-12)),
        survival_after_progression_days=20 + _waiting(at[Channel.SURVIVAL], max(survival - progression, 60.0)),
        dies_of_treatment=at[Channel.FATAL] < 0.01,
        total_cells=usual_cells * 10 ** _normal(at[Channel.CELLS], 0.25, 0.3, -0.9, 1.0),
        kinetics=_kinetics(at, plan),
    )


def _kinetics(at: Mapping[Channel, float], plan: Assumptions) -> Kinetics:
    return Kinetics(
        peak=plan.peak_expansion_copies_per_ug * 10 ** _normal(at[Channel.PEAK], 0, 0.35, -1.2, 1.0),
        peak_day=_normal(at[Channel.PEAK_DAY], plan.peak_expansion_day, 2.0, 6.0, 17.0),
        half_life_early=_normal(at[Channel.HALF_LIFE], 4.5, 1.2, 2.0, 9.0),
        half_life_late=_days(plan.terminal_half_life, 20.0) * 10 ** _normal(at[Channel.HALF_LIFE], 0.3, 0.2, -0.2, 0.9),
        copy_number=_normal(at[Channel.COPY_NUMBER], 2.2, 0.6, 0.8, 4.5),
    )
