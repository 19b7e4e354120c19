"""What planning assumes of the world: attrition, times, toxicity, response. Never read by a gate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from celltrial.protocol.model.base import DurationField, Grown, GrownSection, Probability


class Assumptions(GrownSection):
    """Planning assumptions for operating characteristics and the virtual trial."""

    collection_success: Probability = 0.97
    manufacturing_success: Probability = 0.92
    median_time_to_ineligibility: DurationField | None = None
    pre_infusion_success: Probability = 0.97
    enrolment_per_month: float = Field(default=2.0, gt=0)
    sites: int = Field(default=2, ge=1, le=100)
    target_infused: int = Field(default=20, ge=1)
    dlt_onset_median: DurationField | None = None
    crs_any_grade: Probability = 0.75
    crs_grade_3_or_more: Probability = 0.06
    neurotoxicity_any_grade: Probability = 0.3
    response_rate: Probability = 0.75
    median_progression_free_survival: DurationField | None = None
    median_overall_survival: DurationField | None = None
    peak_expansion_day: float = Field(default=11, gt=0)
    peak_expansion_copies_per_ug: float = Field(default=5e4, gt=0)
    terminal_half_life: DurationField | None = None
    lost_to_follow_up_per_year: Annotated[Probability | None, Grown()] = None
    new_malignancy_per_year: Annotated[Probability | None, Grown()] = None
    control_response_rate: Annotated[Probability | None, Grown()] = None
    control_median_progression_free_survival: Annotated[DurationField | None, Grown()] = None
