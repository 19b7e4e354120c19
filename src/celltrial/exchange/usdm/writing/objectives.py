"""Objectives with their endpoints, estimands, and the populations they are estimated on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model.objectives import (
    AnalysisPopulation,
    Endpoint,
    Estimand,
    IntercurrentEvent,
    Objective,
)
from celltrial.exchange.usdm.terminology_data import ENDPOINT_LEVELS, OBJECTIVE_LEVELS
from celltrial.exchange.usdm.writing.about import NOT_STATED
from celltrial.protocol import Protocol
from celltrial.protocol.model.efficacy import Endpoint as PlannedEndpoint

_RANKS: Final = {
    "primary": "primary",
    "key_secondary": "secondary",
    "secondary": "secondary",
    "exploratory": "exploratory",
}


_NO_EVENT: Final = "The protocol names no intercurrent event of this estimand"


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked and how it is estimated."""

    objectives: tuple[Objective, ...]
    estimands: tuple[Estimand, ...]
    populations: tuple[AnalysisPopulation, ...]


def write_objectives(protocol: Protocol, interventions: Sequence[str], mint: Mint) -> Questions:
    """Return objectives, estimands and analysis populations of a protocol.

    interventions: ids of what the estimands are about. Endpoints are under the first objective of their rank;
    where the protocol names none, under one whose text says so.
    """
    planned = protocol.efficacy.endpoints if protocol.efficacy is not None else ()
    written = [(one, _endpoint(one, mint)) for one in planned]
    objectives: list[Objective] = []
    answered: set[str] = set()
    for aim in protocol.trial.objectives:
        here = () if aim.rank in answered else tuple(two for one, two in written if _RANKS[one.rank] == aim.rank)
        answered.add(aim.rank)
        level = mint.code(OBJECTIVE_LEVELS[aim.rank])
        objectives.append(mint(Objective, name=aim.id, text=aim.text.said("en"), level=level, endpoints=here))
    for rank, term in OBJECTIVE_LEVELS.items():
        here = tuple(two for one, two in written if _RANKS[one.rank] == rank)
        if rank not in answered and here:
            text, level = f"{rank} objective {NOT_STATED}", mint.code(term)
            objectives.append(mint(Objective, name=f"{rank} {NOT_STATED}", text=text, level=level, endpoints=here))
    populations: dict[str, AnalysisPopulation] = {}
    estimands = []
    for one, two in written:
        if one.estimand is not None:
            name = one.estimand.population
            if name not in populations:
                populations[name] = mint(AnalysisPopulation, name=name, text=name.replace("_", " "))
            estimands.append(_estimand(one, two, populations[name], interventions, mint))
    return Questions(tuple(objectives), tuple(estimands), tuple(populations.values()))


def _endpoint(one: PlannedEndpoint, mint: Mint) -> Endpoint:
    return mint(
        Endpoint, name=one.id, text=one.text.said("en"), purpose=one.kind, level=mint.code(ENDPOINT_LEVELS[one.rank])
    )


def _estimand(
    one: PlannedEndpoint, endpoint: Endpoint, population: AnalysisPopulation, interventions: Sequence[str], mint: Mint
) -> Estimand:
    assert one.estimand is not None
    events = [
        mint(
            IntercurrentEvent,
            name=f"{item.event} ({one.id})",
            label=item.event.replace("_", " "),
            text=item.event.replace("_", " "),
            strategy=item.strategy,
        )
        for item in one.estimand.intercurrent_events
    ]
    if not events:  # the standard requires one
        events = [mint(IntercurrentEvent, name=f"{NOT_STATED} ({one.id})", text=_NO_EVENT, strategy=NOT_STATED)]
    return mint(
        Estimand,
        name=one.id,
        population_summary=one.estimand.summary,
        analysis_population_id=population.id,
        intervention_ids=tuple(interventions),
        variable_of_interest_id=endpoint.id,
        intercurrent_events=tuple(events),
    )
