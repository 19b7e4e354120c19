"""Facts of the product, its doses and the lymphodepletion."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.exchange.usdm.facts.about import name_of
from celltrial.exchange.usdm.facts.fact import Fact, Item, about
from celltrial.exchange.usdm.facts.source import Source, each, word_of
from celltrial.exchange.usdm.model.interventions import AdministrableProduct, Administration, StudyIntervention
from celltrial.exchange.usdm.terminology_data import INTERVENTION_ROLES, ROUTES


def read_interventions(source: Source) -> Iterator[Fact]:
    """Yield the facts of `product.name`, `dose.levels`, `treatment.infusion.route` and the lymphodepletion drugs."""
    version, here = source.version, source.pointer
    products, only = _products(source)
    for product, at in products:
        name = source.text(name_of(product), f"{at}/name")
        yield Fact(("product", "name", "en"), name, f"{at}/name", derived=not only)
        if isinstance(product, AdministrableProduct) and product.description:
            yield Fact(("product", "mechanism", "en"), product.description, f"{at}/description", derived=True)
    for one, at in each(version.study_interventions, f"{here}/studyInterventions"):
        role = source.word(one.role, INTERVENTION_ROLES, f"{at}/role")
        if role == "experimental":
            yield from _cells(source, one, at)
        elif role == "required":
            yield from _drug(one, at)
        else:
            yield Fact(
                ("confirmatory", "comparator", about("given")), (one.name, role or ""), f"{at}/role", derived=True
            )


def _products(source: Source) -> tuple[list[tuple[AdministrableProduct | StudyIntervention, str]], bool]:
    """Return the first product that is studied, and whether it is the only one.

    It is what the experimental intervention gives; without products that intervention itself.
    """
    version, here = source.version, source.pointer
    places = each(version.study_interventions, f"{here}/studyInterventions")
    studied = [pair for pair in places if word_of(pair[0].role, INTERVENTION_ROLES) == "experimental"]
    given = {dose.administrable_product_id for one, _ in studied for dose in one.administrations}
    products = list(each(version.administrable_products, f"{here}/administrableProducts"))
    chosen = [pair for pair in products if pair[0].id in given] or products
    if chosen:
        return list(chosen[:1]), len(chosen) == 1
    return list(studied[:1]), len(studied) == 1


def _cells(source: Source, one: StudyIntervention, at: str) -> Iterator[Fact]:
    for dose, place in each(one.administrations, f"{at}/administrations"):
        path = ("dose", "levels", Item("label", dose.name))
        if dose.dose is not None:
            value = f"{dose.dose.value:.12g} {_unit(dose)}"
            yield Fact((*path, "cells"), value, f"{place}/dose/value", derived=True)
        if dose.route is not None:
            yield from source.coded(("treatment", "infusion", "route"), dose.route, ROUTES, f"{place}/route")
        if dose.description:
            yield Fact(("dose", "basis", about(dose.name)), dose.description, f"{place}/description", derived=True)
        if dose.duration.text:
            yield Fact(("dose", "repeat", about(dose.name)), dose.duration.text, f"{place}/duration/text", derived=True)


def _drug(one: StudyIntervention, at: str) -> Iterator[Fact]:
    for dose, place in each(one.administrations, f"{at}/administrations"):
        path = ("treatment", "lymphodepletion", "drugs", Item("drug", one.name))
        if dose.dose is not None:
            value = f"{dose.dose.value:.12g} {_unit(dose)}"
            yield Fact((*path, "dose"), value, f"{place}/dose/value", derived=True)
        if dose.duration.text:
            yield Fact((*path, "days"), dose.duration.text, f"{place}/duration/text", derived=True)


def _unit(dose: Administration) -> str:
    if dose.dose is None or dose.dose.unit is None:
        return "without unit"
    return dose.dose.unit.standard_code.code
