"""Sizing: how many subjects to see, to enrol, to treat."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.sizing import enrolment, event_detection, rate_exclusion, safety_set
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["SIZINGS", "ConfirmatoryDesign"]

SIZINGS: Final[Mapping[str, ConfirmatoryDesign]] = MappingProxyType(
    {
        "event_detection": ConfirmatoryDesign(
            params=event_detection.EventDetection,
            function=event_detection.subjects_to_see,
            describe=event_detection.describe,
            references=("AC-P8.5",),
            example=event_detection.EventDetection(0.01),
        ),
        "rate_exclusion": ConfirmatoryDesign(
            params=rate_exclusion.RateExclusion,
            function=rate_exclusion.subjects_to_exclude,
            describe=rate_exclusion.describe,
            references=("doi:10.1001/jama.1983.03330370053031",),
            example=rate_exclusion.RateExclusion(0.10),
        ),
        "enrolment": ConfirmatoryDesign(
            params=enrolment.EnrolmentNeed,
            function=enrolment.enrolment_size,
            describe=enrolment.describe,
            references=("AC-P3.2",),
            example=enrolment.EnrolmentNeed(49, 0.742),
        ),
        "safety_set": ConfirmatoryDesign(
            params=safety_set.SafetySet,
            function=safety_set.safety_set_reach,
            describe=safety_set.describe,
            references=("AC-P8.5", "AC-F5.1"),
            example=safety_set.SafetySet({"v2": 100, "v1": 40}, frozenset({"v2"})),
        ),
    }
)
