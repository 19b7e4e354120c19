"""Who may take part: the population, its cohorts and the eligibility criteria."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.exchange.usdm.model.base import Amount, Code, CommentAnnotation, Described, Range

__all__ = [
    "Characteristic",
    "EligibilityCriterion",
    "EligibilityCriterionItem",
    "Indication",
    "StudyCohort",
    "StudyDesignPopulation",
]


class Indication(Described):
    """The disease or condition."""

    codes: tuple[Code, ...] = ()
    is_rare_disease: bool
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Indication"] = "Indication"


class Characteristic(Described):
    """What marks the subjects of a cohort."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Characteristic"] = "Characteristic"


class PopulationDefinition(Described):
    """What a population and a cohort share."""

    includes_healthy_subjects: bool
    planned_enrollment_number: Amount | None = None
    planned_completion_number: Amount | None = None
    planned_sex: Annotated[tuple[Code, ...], Field(max_length=2)] = ()
    criterion_ids: tuple[str, ...] = ()
    planned_age: Range | None = None
    notes: tuple[CommentAnnotation, ...] = ()


class StudyCohort(PopulationDefinition):
    """A part of the population."""

    characteristics: tuple[Characteristic, ...] = ()
    indication_ids: tuple[str, ...] = ()
    instance_type: Literal["StudyCohort"] = "StudyCohort"


class StudyDesignPopulation(PopulationDefinition):
    """The population of a design."""

    cohorts: tuple[StudyCohort, ...] = ()
    instance_type: Literal["StudyDesignPopulation"] = "StudyDesignPopulation"


class EligibilityCriterionItem(Described):
    """The wording of a criterion."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["EligibilityCriterionItem"] = "EligibilityCriterionItem"


class EligibilityCriterion(Described):
    """A criterion of a design: inclusion or exclusion, its number, and the item with its wording."""

    category: Code
    identifier: str
    criterion_item_id: str
    next_id: str | None = None
    previous_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["EligibilityCriterion"] = "EligibilityCriterion"
