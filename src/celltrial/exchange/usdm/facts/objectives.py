"""Facts of objectives, endpoints and estimands."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.exchange.usdm.codes_data import ENDPOINT_LEVELS, OBJECTIVE_LEVELS
from celltrial.exchange.usdm.facts.fact import Fact, Item
from celltrial.exchange.usdm.facts.source import Source, coded, each
from celltrial.exchange.usdm.model.objectives import Endpoint
from celltrial.exchange.usdm.writing.about import NOT_STATED

__all__ = ["read_objectives"]


def read_objectives(source: Source) -> Iterator[Fact]:
    """Yield the facts of `trial.objectives` and `efficacy.endpoints`."""
    if source.design is None:
        return
    design, here = source.design
    endpoints: dict[str, str] = {}
    for objective, at in each(design.objectives, f"{here}/objectives"):
        if not objective.name.endswith(NOT_STATED):
            path = ("trial", "objectives", Item("id", objective.name))
            yield coded((*path, "rank"), objective.level, OBJECTIVE_LEVELS, f"{at}/level")
            yield Fact((*path, "text", "en"), objective.text, f"{at}/text")
        for endpoint, place in each(objective.endpoints, f"{at}/endpoints"):
            endpoints[endpoint.id] = endpoint.name
            yield from _endpoint(endpoint, place)
    populations = {one.id: one.name for one in design.analysis_populations}
    for estimand, at in each(design.estimands, f"{here}/estimands"):
        name = endpoints.get(estimand.variable_of_interest_id, estimand.name)
        about = ("efficacy", "endpoints", Item("id", name), "estimand")
        population = populations.get(estimand.analysis_population_id, estimand.analysis_population_id)
        yield Fact((*about, "population"), population, f"{at}/analysisPopulationId")
        yield Fact((*about, "summary"), estimand.population_summary, f"{at}/populationSummary")
        for event, place in each(estimand.intercurrent_events, f"{at}/intercurrentEvents"):
            where = (*about, "intercurrent_events", Item("event", event.name), "strategy")
            yield Fact(where, event.strategy, f"{place}/strategy")


def _endpoint(endpoint: Endpoint, place: str) -> Iterator[Fact]:
    path = ("efficacy", "endpoints", Item("id", endpoint.name))
    yield Fact((*path, "text", "en"), endpoint.text, f"{place}/text")
    yield Fact((*path, "kind"), endpoint.purpose, f"{place}/purpose")
    # A key secondary endpoint has the level of a secondary one.
    levels = {name: ENDPOINT_LEVELS[name] for name in ("primary", "secondary", "exploratory")}
    yield coded((*path, "rank"), endpoint.level, levels, f"{place}/level")
