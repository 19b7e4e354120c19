"""Sizing: how many subjects to see, to enrol, to treat."""

from celltrial.designs.sizing.enrolment import EnrolmentNeed, enrolment_size
from celltrial.designs.sizing.event_detection import EventDetection, subjects_to_see
from celltrial.designs.sizing.rate_exclusion import RateExclusion, subjects_to_exclude
from celltrial.designs.sizing.safety_set import SafetySet, safety_set_reach
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["SIZINGS"]

SIZINGS = {
    "event_detection": ConfirmatoryDesign(EventDetection, subjects_to_see, ("AC-P8.5",)),
    "rate_exclusion": ConfirmatoryDesign(RateExclusion, subjects_to_exclude, ("hanley1983",)),
    "enrolment": ConfirmatoryDesign(EnrolmentNeed, enrolment_size, ("AC-P3.2",)),
    "safety_set": ConfirmatoryDesign(SafetySet, safety_set_reach, ("AC-P8.5", "AC-F5.1")),
}
