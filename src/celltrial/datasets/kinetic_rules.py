"""The named rules of cellular kinetics: a plan states them, an analysis follows them, a report prints them beside the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trapezoid = Literal["linear", "linear_up_log_down", "linear_log"]
EndRule = Literal["interpolate", "truncate", "extrapolate"]
Baseline = Literal["observed", "zero"]
HalfLifeRule = Literal["last_points", "best_fit"]
BelowLimit = Literal["censored", "zero", "half_lloq"]


@dataclass(frozen=True, slots=True)
class KineticsRules:
    """The named rules of an analysis.

    end_day:      end of the area, infusion days.
    tolerance:    visit window of the last sample, days.
    peak_window:  days in which the peak is expected; `peak_samples` are needed there, or Cmax is a
                  lower bound.
    below_limit:  what becomes of values below the limit of quantification (see `analysis.profile`).
    most_extrapolated: an area to infinity of which a greater share lies beyond the last sample carries a caveat.
    """

    trapezoid: Trapezoid = "linear_up_log_down"
    end_rule: EndRule = "interpolate"
    baseline: Baseline = "zero"
    half_life_rule: HalfLifeRule = "last_points"
    end_day: float = 28.0
    tolerance: float = 0.0
    peak_window: tuple[float, float] = (7.0, 14.0)
    peak_samples: int = 2
    below_limit: BelowLimit = "censored"
    most_extrapolated: float = 0.2
