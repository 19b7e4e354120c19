"""Sizing: how many subjects to see, to enrol, to treat."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.sizing import enrolment, event_detection, infused_share, rate_exclusion, safety_set, stagger
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
        "infused_share": ConfirmatoryDesign(
            params=infused_share.InfusedShare,
            function=infused_share.infused_share,
            describe=infused_share.describe,
            references=("AC-P3.1", "AC-P3.3"),
            example=infused_share.InfusedShare(0.97, 0.92, 28.0, 126.0, 0.97),
        ),
        "stagger": ConfirmatoryDesign(
            params=stagger.Stagger,
            function=stagger.stagger_calendar,
            describe=stagger.describe,
            references=("AC-P6.1",),
            example=stagger.Stagger(3, 3, 28, 14, 28, 28, onset_median=6.0, onset_p95=12.0),
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
