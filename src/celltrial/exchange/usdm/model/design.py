"""The design of a study: arms, epochs, elements and what hangs on them."""

from __future__ import annotations

from typing import Literal

from celltrial.exchange.usdm.model.base import AliasCode, Code, CommentAnnotation, Described, Instance
from celltrial.exchange.usdm.model.concepts import BiospecimenRetention
from celltrial.exchange.usdm.model.objectives import AnalysisPopulation, Estimand, Objective
from celltrial.exchange.usdm.model.population import EligibilityCriterion, Indication, StudyDesignPopulation
from celltrial.exchange.usdm.model.schedule import Activity, Encounter, ScheduleTimeline, TransitionRule

__all__ = [
    "InterventionalStudyDesign",
    "ObservationalStudyDesign",
    "StudyArm",
    "StudyCell",
    "StudyDesign",
    "StudyElement",
    "StudyEpoch",
]


class StudyArm(Described):
    """An arm."""

    type: Code
    data_origin_description: str
    data_origin_type: Code
    population_ids: tuple[str, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyArm"] = "StudyArm"


class StudyEpoch(Described):
    """A period of the study."""

    type: Code
    previous_id: str | None = None
    next_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyEpoch"] = "StudyEpoch"


class StudyElement(Described):
    """A building block of arms, with what is given in it."""

    transition_start_rule: TransitionRule | None = None
    transition_end_rule: TransitionRule | None = None
    study_intervention_ids: tuple[str, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyElement"] = "StudyElement"


class StudyCell(Instance):
    """The elements of an arm in an epoch."""

    arm_id: str
    epoch_id: str
    element_ids: tuple[str, ...]
    instance_type: Literal["StudyCell"] = "StudyCell"


class StudyDesign(Described):
    """What every design has."""

    study_type: Code | None = None
    study_phase: AliasCode | None = None
    therapeutic_areas: tuple[Code, ...] = ()
    characteristics: tuple[Code, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    activities: tuple[Activity, ...] = ()
    arms: tuple[StudyArm, ...]
    study_cells: tuple[StudyCell, ...]
    rationale: str
    epochs: tuple[StudyEpoch, ...]
    elements: tuple[StudyElement, ...] = ()
    estimands: tuple[Estimand, ...] = ()
    indications: tuple[Indication, ...] = ()
    study_intervention_ids: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = ()
    population: StudyDesignPopulation
    schedule_timelines: tuple[ScheduleTimeline, ...] = ()
    biospecimen_retentions: tuple[BiospecimenRetention, ...] = ()
    document_version_ids: tuple[str, ...] = ()
    eligibility_criteria: tuple[EligibilityCriterion, ...]
    analysis_populations: tuple[AnalysisPopulation, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    sub_types: tuple[Code, ...] = ()
    model: Code


class InterventionalStudyDesign(StudyDesign):
    """The design of a trial."""

    intent_types: tuple[Code, ...] = ()
    blinding_schema: AliasCode | None = None
    instance_type: Literal["InterventionalStudyDesign"] = "InterventionalStudyDesign"


class ObservationalStudyDesign(StudyDesign):
    """The design of an observational study."""

    time_perspective: Code
    sampling_method: Code | None = None
    instance_type: Literal["ObservationalStudyDesign"] = "ObservationalStudyDesign"
