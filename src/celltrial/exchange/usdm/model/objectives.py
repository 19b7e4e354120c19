"""What is asked and how it is measured: objectives, endpoints, estimands, analysis populations."""

from __future__ import annotations

from typing import Literal

from celltrial.exchange.usdm.model.base import Code, CommentAnnotation, Described

__all__ = ["AnalysisPopulation", "Endpoint", "Estimand", "IntercurrentEvent", "Objective"]


class Endpoint(Described):
    """An endpoint."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    purpose: str
    level: Code
    instance_type: Literal["Endpoint"] = "Endpoint"


class Objective(Described):
    """An objective and the endpoints that answer it."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    level: Code
    endpoints: tuple[Endpoint, ...] = ()
    instance_type: Literal["Objective"] = "Objective"


class AnalysisPopulation(Described):
    """The subjects on whom something is analysed."""

    text: str
    subset_of_ids: tuple[str, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["AnalysisPopulation"] = "AnalysisPopulation"


class IntercurrentEvent(Described):
    """An event that changes what an endpoint means, and the strategy for it."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    strategy: str
    instance_type: Literal["IntercurrentEvent"] = "IntercurrentEvent"


class Estimand(Described):
    """What exactly is estimated (ICH E9(R1))."""

    population_summary: str
    analysis_population_id: str
    intervention_ids: tuple[str, ...]
    variable_of_interest_id: str
    intercurrent_events: tuple[IntercurrentEvent, ...]
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Estimand"] = "Estimand"
