"""The treatment as courses of administrations, with what holds them, what goes with them, arms and cohorts.

A protocol with one infusion states none of this: `celltrial.protocol.regimen` reads it as one course of one
administration, and every reader works on that.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from celltrial.protocol.model.base import Descriptive, DurationField, Given, LocalText, Section
from celltrial.protocol.model.population import Criterion

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Route = Literal[
    "intravenous",
    "intratumoral",
    "intraperitoneal",
    "intrapleural",
    "intrathecal",
    "intraventricular",
    "intracavitary",
    "hepatic_artery",
    "intradermal",
    "subcutaneous",
    "other",
]
DrugUnit = Literal["mg/m2", "mg/kg", "mg", "g/m2", "ug/kg", "IU", "IU/kg", "IU/m2"]
"""Units of a drug beside the cells, in UCUM but for IU, which UCUM writes [IU]."""
Share = Annotated[
    Decimal,
    BeforeValidator(lambda value: Decimal(str(value)) if isinstance(value, float) else value),
    Field(gt=0, le=1),
]


class Component(Section):
    """A part of the product with bags of its own, such as CD8 and CD4 cells given one after the other."""

    id: Name
    name: LocalText


class Administration(Section):
    """Cells given once.

    day:         days after day 0 of the course, which is the day of its first administration.
    early, late: by how many days it may come before and after that day.
    share:       part of the dose of the level, where the level is the dose of the course.
    component:   the part of the product that is given; None is the whole product.
    within:      longest time since the administration before it, where hours matter.
    route:       None is the route of `treatment.infusion`.
    """

    id: Name
    day: int = Field(default=0, ge=0)
    early: int = Field(default=0, ge=0)
    late: int = Field(default=0, ge=0)
    share: Share | None = None
    component: Name | None = None
    within: DurationField | None = None
    route: Route | None = None


class HoldRule(Section):
    """When a later administration of a course waits, or does not come at all.

    before:      id of an administration, or `next`: each that is not the first of its course.
    term:        an AESI term, or `any`; grade_at_least holds on the named scale; an event without a grade on it holds too.
    until_grade: it waits until every such event is over or graded at most so; None: the course is not continued.
    latest_day:  the last day of the course to which an administration may be put off; None: its own `late`.
    """

    before: str = "next"
    term: str = "any"
    scale: str = "CTCAE-5.0"
    grade_at_least: int = Field(ge=1, le=5)
    related_only: bool = False
    until_grade: int | None = Field(default=None, ge=0, le=4)
    latest_day: int | None = Field(default=None, ge=0)


class Course(Section):
    """Administrations that belong together, with one lymphodepletion before them.

    instead_of: the course in whose place this one comes where `when` holds; the first that fits is given.
    when:       what must be known and met for this course to be the one.
    at_most:    how often the course may be given.
    every:      shortest time from day 0 of one time to day 0 of the next, and from the course before it.
    latest:     longest such time.
    level_is:   the dose of the level is that of the whole course, divided by `share`, or of each administration.
    lymphodepletion: whether it comes before this course; None: it does where the protocol states a regimen.
    criteria:   what must be met, like eligibility, before the course begins; for the second and later courses.
    """

    id: Name
    instead_of: Name | None = None
    when: tuple[Criterion, ...] = ()
    at_most: int = Field(default=1, ge=1, le=60)
    every: DurationField | None = None
    latest: DurationField | None = None
    level_is: Literal["course", "administration"] = "course"
    lymphodepletion: bool | None = None
    criteria: tuple[Criterion, ...] = ()
    administrations: tuple[Administration, ...] = Field(min_length=1)
    hold: tuple[HoldRule, ...] = ()


class DrugDose(Section):
    """A drug beside the cells: before them, with them, after them, or in their place in a control arm.

    days:      days on which it is given, counted from the administration of cells (or from the start of the arm).
    after:     time from the end of the administration to the first dose, where hours matter; then every `every`.
    at_most:   most doses after one administration (or in the arm).
    each:      whether it goes with every administration or once with each course.
    each_dose_if: what must be met before every single dose.
    """

    drug: Given
    role: Literal["cytokine", "antibody", "premedication", "growth_factor", "chemotherapy", "comparator", "other"]
    investigational: Annotated[bool, Descriptive()] = False
    dose: float = Field(gt=0)
    unit: DrugUnit
    days: tuple[int, ...] = ()
    after: DurationField | None = None
    every: DurationField | None = None
    at_most: int | None = Field(default=None, ge=1)
    each: Literal["course", "administration"] = "course"
    each_dose_if: tuple[Criterion, ...] = ()
    until: LocalText | None = None


class Arm(Section):
    """What a randomised participant gets.

    crossover_to: the arm a participant may change to; crossover_when: on what.
    choice: whether one of the drugs is chosen, or all are given.
    """

    id: Name
    kind: Literal["experimental", "active", "placebo", "best_supportive_care", "none"]
    name: LocalText
    drugs: tuple[DrugDose, ...] = ()
    choice: Literal["all", "one"] = "all"
    crossover_to: Name | None = None
    crossover_when: LocalText | None = None


class Cohort(Section):
    """Participants who are distinguished: a disease of a basket, an age group, a kind of donor.

    criteria: what makes a participant one of this cohort, beside the criteria of the trial.
    maximum:  the most enrolled in it.
    """

    id: Name
    kind: Literal["disease", "age", "donor", "regimen", "other"]
    name: LocalText
    criteria: tuple[Criterion, ...] = ()
    maximum: int | None = Field(default=None, ge=1)
