"""Facts of objectives, endpoints and estimands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

from celltrial.exchange.usdm.facts.about import name_of
from celltrial.exchange.usdm.facts.fact import Fact, Item, Step, about
from celltrial.exchange.usdm.facts.source import Source, each
from celltrial.exchange.usdm.model.design import StudyDesign
from celltrial.exchange.usdm.model.objectives import Endpoint, Estimand, IntercurrentEvent
from celltrial.exchange.usdm.naming import distinct
from celltrial.exchange.usdm.terminology_data import ENDPOINT_LEVELS, OBJECTIVE_LEVELS
from celltrial.exchange.usdm.writing.about import NOT_STATED
from celltrial.protocol.model import efficacy


def _allowed(model: Any, name: str) -> tuple[str, ...]:
    """Return the values that a field of a protocol knows."""
    return tuple(str(one) for one in get_args(model.model_fields[name].annotation))


KINDS: Final = _allowed(efficacy.Endpoint, "kind")
POPULATIONS: Final = _allowed(efficacy.Estimand, "population")
EVENTS: Final = _allowed(efficacy.IntercurrentEvent, "event")
STRATEGIES: Final = _allowed(efficacy.IntercurrentEvent, "strategy")
# A key secondary endpoint has the level of a secondary one.
_LEVELS: Final = {name: ENDPOINT_LEVELS[name] for name in ("primary", "secondary", "exploratory")}


def read_objectives(source: Source) -> Iterator[Fact]:
    """Yield the facts of `trial.objectives` and `efficacy.endpoints`."""
    if source.design is None:
        return
    design, here = source.design
    objectives = list(each(design.objectives, f"{here}/objectives"))
    endpoints = {
        endpoint.id: (endpoint, place)
        for objective, at in objectives
        for endpoint, place in each(objective.endpoints, f"{at}/endpoints")
    }
    names = dict(zip(endpoints, distinct([one.name for one, _ in endpoints.values()]), strict=True))
    for name, (objective, at) in zip(distinct([one.name for one, _ in objectives]), objectives, strict=True):
        if not objective.name.endswith(NOT_STATED):
            path = ("trial", "objectives", Item("id", name))
            yield from source.coded((*path, "rank"), objective.level, OBJECTIVE_LEVELS, f"{at}/level")
            yield Fact(
                (*path, "text", "en"), source.text(objective.text, f"{at}/text", objective.dictionary_id), f"{at}/text"
            )
    for key, (endpoint, place) in endpoints.items():
        yield from _endpoint(source, names[key], endpoint, place)
    for estimand, at in each(design.estimands, f"{here}/estimands"):
        yield from _estimand(source, design, names.get(estimand.variable_of_interest_id, estimand.name), estimand, at)


def _estimand(source: Source, design: StudyDesign, name: str, estimand: Estimand, at: str) -> Iterator[Fact]:
    path = ("efficacy", "endpoints", Item("id", name), "estimand")
    for one in design.analysis_populations:
        if one.id == estimand.analysis_population_id:
            said = (name_of(one), one.text, one.description)
            fact = source.chosen((*path, "population"), POPULATIONS, f"{at}/analysisPopulationId", *said)
            if fact is not None:
                yield fact
    yield Fact(
        (*path, "summary"),
        source.text(estimand.population_summary, f"{at}/populationSummary"),
        f"{at}/populationSummary",
    )
    for event, place in each(estimand.intercurrent_events, f"{at}/intercurrentEvents"):
        if event.strategy != NOT_STATED:
            yield from _event(source, path, event, place)


def _event(source: Source, path: tuple[Step, ...], event: IntercurrentEvent, place: str) -> Iterator[Fact]:
    """Yield the strategy for an event that a protocol knows; of another one only that it is there."""
    found = source.chosen(
        (*path, "intercurrent_events", about("event")), EVENTS, place, name_of(event), event.text, event.description
    )
    if found is None:
        yield Fact((*path, "intercurrent_events", about(event.name)), event.strategy, f"{place}/strategy", derived=True)
        return
    where = (*path, "intercurrent_events", Item("event", str(found.value)), "strategy")
    fact = source.chosen(where, STRATEGIES, f"{place}/strategy", event.strategy)
    yield fact or Fact(where, event.strategy, f"{place}/strategy", derived=True)


def _endpoint(source: Source, name: str, endpoint: Endpoint, place: str) -> Iterator[Fact]:
    path = ("efficacy", "endpoints", Item("id", name))
    yield Fact(
        (*path, "text", "en"), source.text(endpoint.text, f"{place}/text", endpoint.dictionary_id), f"{place}/text"
    )
    kind = source.chosen((*path, "kind"), KINDS, f"{place}/purpose", endpoint.purpose)
    if kind is not None:
        yield kind
    yield from source.coded((*path, "rank"), endpoint.level, _LEVELS, f"{place}/level")
