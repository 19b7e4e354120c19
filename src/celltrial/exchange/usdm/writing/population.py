"""The population: indication, planned age, cohorts by dose, eligibility criteria."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.exchange.usdm.minting import Mint, linked
from celltrial.exchange.usdm.model.base import CommentAnnotation, Range
from celltrial.exchange.usdm.model.population import (
    EligibilityCriterion,
    EligibilityCriterionItem,
    Indication,
    StudyCohort,
    StudyDesignPopulation,
)
from celltrial.exchange.usdm.terminology_data import AGE_YEARS, CRITERION_CATEGORIES, SEXES
from celltrial.protocol import Protocol
from celltrial.protocol.model.population import Criterion

_RARITY = "The protocol does not record whether the disease is rare."
_SEX = "The criteria of the protocol do not ask for a sex: both are planned."


@dataclass(frozen=True, slots=True)
class Eligible:
    """Who may take part."""

    indication: Indication
    population: StudyDesignPopulation
    criteria: tuple[EligibilityCriterion, ...]
    items: tuple[EligibilityCriterionItem, ...]


def write_population(protocol: Protocol, mint: Mint) -> Eligible:
    """Return indication, population and criteria of a protocol."""
    items = tuple(
        mint(EligibilityCriterionItem, name=one.id, text=one.text.said("en")) for one in protocol.population.criteria
    )
    criteria = tuple(
        mint(
            EligibilityCriterion,
            name=one.id,
            category=mint.code(CRITERION_CATEGORIES[one.kind]),
            identifier=one.id,
            criterion_item_id=item.id,
        )
        for one, item in zip(protocol.population.criteria, items, strict=True)
    )
    indication = mint(
        Indication,
        name="indication",
        label=protocol.trial.indication.said("en"),
        description=protocol.trial.indication.said("en"),
        is_rare_disease=False,
        notes=(mint(CommentAnnotation, text=_RARITY),),
    )
    size = protocol.confirmatory.sample_size if protocol.confirmatory is not None else None
    population = mint(
        StudyDesignPopulation,
        name="population",
        includes_healthy_subjects=protocol.trial.healthy_volunteers,
        planned_enrollment_number=mint.quantity(size.enrolled) if size is not None else None,
        criterion_ids=tuple(one.id for one in criteria),
        planned_sex=tuple(mint.code(SEXES[name]) for name in ("female", "male")),
        planned_age=_planned_age(protocol, mint),
        notes=(mint(CommentAnnotation, text=_SEX),),
        cohorts=_cohorts(protocol, mint),
    )
    return Eligible(indication, population, linked(criteria), items)


def _cohorts(protocol: Protocol, mint: Mint) -> tuple[StudyCohort, ...]:
    """Return one cohort for each dose level of an escalation; other designs have none."""
    if protocol.trial.design != "dose_escalation":
        return ()
    return tuple(
        mint(
            StudyCohort,
            name=level.label,
            label=f"Dose level {level.label}",
            includes_healthy_subjects=protocol.trial.healthy_volunteers,
        )
        for level in protocol.dose.levels
    )


def age_bounds(criteria: tuple[Criterion, ...]) -> tuple[float | None, float | None]:
    """Return the lowest and the highest age in years that the criteria allow, both included; None where there is none.

    A strict bound (`> 18`) has no closed form and counts as none.
    """
    low: list[float] = []
    high: list[float] = []
    for one in criteria:
        if one.concept != "age" or isinstance(one.value, bool | str | tuple):
            continue
        included = one.kind == "inclusion"
        if one.operator == (">=" if included else "<"):
            low.append(one.value)
        elif one.operator == ("<=" if included else ">"):
            high.append(one.value)
    return max(low, default=None), min(high, default=None)


def _planned_age(protocol: Protocol, mint: Mint) -> Range | None:
    """Return the planned age; USDM's range has two ends, so that one bound alone is in its criterion only."""
    low, high = age_bounds(protocol.population.criteria)
    if low is None or high is None:
        return None
    ends = {
        name: mint.quantity(value, mint.alias(AGE_YEARS)) for name, value in (("min_value", low), ("max_value", high))
    }
    return mint(Range, **ends, is_approximate=False)
