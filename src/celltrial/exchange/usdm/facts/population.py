"""Facts of the population and the eligibility criteria."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.exchange.usdm.facts.fact import Fact, Item, about
from celltrial.exchange.usdm.facts.source import Source, each, once, word_of
from celltrial.exchange.usdm.model.base import Quantity
from celltrial.exchange.usdm.naming import criterion_ids
from celltrial.exchange.usdm.terminology_data import AGE_YEARS, CRITERION_CATEGORIES, SEXES


def read_population(source: Source) -> Iterator[Fact]:
    """Yield the facts of `population`."""
    if source.design is None:
        return
    design, here = source.design
    population, at = design.population, f"{here}/population"
    healthy = population.includes_healthy_subjects
    yield Fact(("trial", "healthy_volunteers"), healthy, f"{at}/includesHealthySubjects")
    if isinstance(population.planned_enrollment_number, Quantity):
        path = ("confirmatory", "sample_size", "enrolled")
        planned = population.planned_enrollment_number.value
        yield Fact(path, planned, f"{at}/plannedEnrollmentNumber/value", derived=True)
    if population.planned_sex:
        sexes = tuple(sorted(word_of(one, SEXES) or "" for one in population.planned_sex))
        yield Fact(("population", "criteria", about("planned sex")), sexes, f"{at}/plannedSex", derived=True)
    if population.planned_age is not None:
        ends = (("min", population.planned_age.min_value), ("max", population.planned_age.max_value))
        for end, quantity in ends:
            unit = quantity.unit.standard_code.code if quantity.unit is not None else ""
            value = f"{quantity.value:g} {'y' if unit == AGE_YEARS.code else unit or 'without unit'}"
            pointer = f"{at}/plannedAge/{end}Value/value"
            yield Fact(("population", "criteria", about(f"planned age {end}")), value, pointer, derived=True)
    levels = tuple(one.name for one in once(population.cohorts))
    if levels:
        yield Fact(("dose", "levels", about("cohorts")), levels, f"{at}/cohorts", derived=True)
    items = {
        one.id: pair for pair in each(source.version.eligibility_criterion_items, _items(source)) for one in pair[:1]
    }
    criteria = list(each(design.eligibility_criteria, f"{here}/eligibilityCriteria"))
    kinds = [word_of(criterion.category, CRITERION_CATEGORIES) or "" for criterion, _ in criteria]
    names = criterion_ids([(kind, criterion.identifier) for kind, (criterion, _) in zip(kinds, criteria, strict=True)])
    for name, (criterion, place) in zip(names, criteria, strict=True):
        one = ("population", "criteria", Item("id", name))
        if name != criterion.identifier:
            source.note("EXC-145", f"{place}/identifier", found=criterion.identifier, said=name)
        yield from source.coded((*one, "kind"), criterion.category, CRITERION_CATEGORIES, f"{place}/category")
        if criterion.criterion_item_id in items:
            item, item_place = items[criterion.criterion_item_id]
            text = source.text(item.text, f"{item_place}/text", item.dictionary_id)
            yield Fact((*one, "text", "en"), text, f"{item_place}/text")


def _items(source: Source) -> str:
    return f"{source.pointer}/eligibilityCriterionItems"
