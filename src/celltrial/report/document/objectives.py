"""Section 3: objectives, endpoints and estimands; the same table stands in the synopsis."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.report.content.values import Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import items, local, shown


def objective_table(protocol: Protocol, ranks: tuple[str, ...]) -> Iterator[Block]:
    """Yield objectives beside the endpoints of the same rank; key secondary endpoints stand with the secondary."""
    rows = []
    for rank in ranks:
        objectives = tuple(local(item.text) for item in protocol.trial.objectives if item.rank == rank)
        endpoints = tuple(local(item.text) for item in of_rank(protocol, rank))
        if objectives or endpoints:
            rows.append(GridRow((Text(f"report.code.plan.rank.{rank}"), _lines(objectives), _lines(endpoints))))
    if rows:
        heads = (Text("field.Objective.rank"), Text("document.head.objectives"), Text("document.head.endpoints"))
        yield Grid(heads, tuple(rows), fields=("trial.objectives", "efficacy.endpoints"))


def _lines(values: tuple[Value, ...]) -> Value:
    return Lines(values) if values else Text("document.no_value")


def of_rank(protocol: Protocol, rank: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of a rank; key secondary ones are secondary."""
    if protocol.efficacy is None:
        return ()
    ranks = {rank, f"key_{rank}"}
    return tuple(item for item in protocol.efficacy.endpoints if item.rank in ranks)


def primary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the primary objectives with their estimands."""
    yield from _of_rank(inputs.protocol, "primary")


def secondary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the secondary objectives with their estimands."""
    yield from _of_rank(inputs.protocol, "secondary")


def exploratory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the exploratory objectives with their estimands."""
    yield from _of_rank(inputs.protocol, "exploratory")


def _of_rank(protocol: Protocol, rank: str) -> Iterator[Block]:
    asked = tuple(item for item in protocol.trial.objectives if item.rank == rank)
    yield from items(asked, "trial.objectives", "id", "text")
    found = of_rank(protocol, rank)
    yield from items(found, "efficacy.endpoints", skip=("estimand",), caption=Text("document.head.endpoints"))
    if found:
        yield _estimands(protocol, found)


def _estimands(protocol: Protocol, found: tuple[Endpoint, ...]) -> Grid:
    """Return the five attributes of each estimand: population, treatment, variable, intercurrent events, summary."""
    rows = tuple(
        GridRow((Recorded(item.id), _of(item, "population"), *_compared(protocol, item), *_rest(item)))
        for item in found
    )
    names = ("population", "intercurrent_events", "summary")
    population, events, summary = (Text(f"field.Estimand.{name}") for name in names)
    heads = (Text("field.Endpoint.id"), population, Text("document.head.treatment"), Text("document.head.variable"))
    caption = Text("document.caption.estimands")
    return Grid((*heads, events, summary), rows, caption, ("efficacy.endpoints", "product.name"))


def _compared(protocol: Protocol, item: Endpoint) -> tuple[Value, Value]:
    """Return treatment and variable: those of the estimand, else the product and the endpoint itself."""
    stated = item.estimand
    treatment = stated.treatment if stated is not None else None
    variable = stated.variable if stated is not None else None
    return local(treatment or protocol.product.name), local(variable or item.text)


def _rest(item: Endpoint) -> tuple[Value, Value]:
    return handled(item), _of(item, "summary")


def _of(item: Endpoint, name: str) -> Value:
    if item.estimand is None:
        return Text("document.no_value")
    return shown(getattr(item.estimand, name), item.estimand, name)


def handled(item: Endpoint) -> Value:
    """Return the intercurrent events of an endpoint with their strategies, for a cell."""
    if item.estimand is None or not item.estimand.intercurrent_events:
        return Text("document.no_value")
    return Lines(
        tuple(
            Text(
                "document.pair", {"name": shown(one.event, one, "event"), "value": shown(one.strategy, one, "strategy")}
            )
            for one in item.estimand.intercurrent_events
        )
    )
