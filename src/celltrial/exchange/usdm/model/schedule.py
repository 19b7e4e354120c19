"""What happens when: activities, encounters, timings and timelines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.exchange.usdm.model.base import Code, CommentAnnotation, Described, Duration, Instance

__all__ = [
    "Activity",
    "ConditionAssignment",
    "Encounter",
    "Procedure",
    "ScheduleTimeline",
    "ScheduleTimelineExit",
    "ScheduledActivityInstance",
    "ScheduledDecisionInstance",
    "Timing",
    "TransitionRule",
]


class TransitionRule(Described):
    """When something begins or ends."""

    text: str
    instance_type: Literal["TransitionRule"] = "TransitionRule"


class Procedure(Described):
    """A procedure of an activity."""

    procedure_type: str
    code: Code
    study_intervention_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Procedure"] = "Procedure"


class Activity(Described):
    """Something that is done or observed."""

    previous_id: str | None = None
    next_id: str | None = None
    child_ids: tuple[str, ...] = ()
    defined_procedures: tuple[Procedure, ...] = ()
    biomedical_concept_ids: tuple[str, ...] = ()
    bc_category_ids: tuple[str, ...] = ()
    bc_surrogate_ids: tuple[str, ...] = ()
    timeline_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Activity"] = "Activity"


class Encounter(Described):
    """A contact between subject and site."""

    type: Code
    previous_id: str | None = None
    next_id: str | None = None
    scheduled_at_id: str | None = None
    environmental_settings: tuple[Code, ...] = ()
    contact_modes: tuple[Code, ...] = ()
    transition_start_rule: TransitionRule | None = None
    transition_end_rule: TransitionRule | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Encounter"] = "Encounter"


class Timing(Described):
    """When an instance happens, as an ISO 8601 duration from another one, with its window."""

    type: Code
    value: str
    value_label: str
    relative_to_from: Code
    relative_from_scheduled_instance_id: str
    relative_to_scheduled_instance_id: str | None = None
    window_lower: str | None = None
    window_upper: str | None = None
    window_label: str | None = None
    instance_type: Literal["Timing"] = "Timing"


class ScheduledActivityInstance(Described):
    """Activities at one point of the timeline."""

    default_condition_id: str | None = None
    epoch_id: str | None = None
    timeline_id: str | None = None
    timeline_exit_id: str | None = None
    activity_ids: tuple[str, ...] = ()
    encounter_id: str | None = None
    instance_type: Literal["ScheduledActivityInstance"] = "ScheduledActivityInstance"


class ConditionAssignment(Instance):
    """Where the timeline goes on under a condition."""

    condition: str
    condition_target_id: str
    instance_type: Literal["ConditionAssignment"] = "ConditionAssignment"


class ScheduledDecisionInstance(Described):
    """A fork of the timeline."""

    default_condition_id: str | None = None
    epoch_id: str | None = None
    condition_assignments: tuple[ConditionAssignment, ...]
    instance_type: Literal["ScheduledDecisionInstance"] = "ScheduledDecisionInstance"


class ScheduleTimelineExit(Instance):
    """Where a timeline ends."""

    instance_type: Literal["ScheduleTimelineExit"] = "ScheduleTimelineExit"


ScheduledInstance = Annotated[
    ScheduledActivityInstance | ScheduledDecisionInstance, Field(discriminator="instance_type")
]


class ScheduleTimeline(Described):
    """A schedule: its instances, and how they lie in time."""

    main_timeline: bool
    entry_condition: str
    entry_id: str
    exits: tuple[ScheduleTimelineExit, ...] = ()
    timings: tuple[Timing, ...] = ()
    instances: tuple[ScheduledInstance, ...] = ()
    planned_duration: Duration | None = None
    instance_type: Literal["ScheduleTimeline"] = "ScheduleTimeline"
