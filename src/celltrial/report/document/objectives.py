"""Section 3: objectives, endpoints and estimands; the same table is in the synopsis."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.report.content.values import Code, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import inline, say
from celltrial.report.document.stating import local, shown


def objective_table(protocol: Protocol, ranks: tuple[str, ...]) -> Iterator[Block]:
    """Yield objectives beside the endpoints of the same rank; key secondary endpoints are with the secondary."""
    rows = []
    for rank in ranks:
        objectives = tuple(local(item.text) for item in protocol.trial.objectives if item.rank == rank)
        endpoints = tuple(local(item.text) for item in of_rank(protocol, rank))
        if objectives or endpoints:
            rows.append(GridRow((Text(f"report.code.plan.rank.{rank}"), _lines(objectives), _lines(endpoints))))
    if rows:
        heads = (Text("field.Objective.rank"), Text("document.head.objectives"), Text("document.head.endpoints"))
        shown_ranks = (*ranks, *(f"key_{rank}" for rank in ranks))
        aims = tuple(
            f"trial.objectives.{index}.{name}"
            for index, item in enumerate(protocol.trial.objectives)
            if item.rank in ranks
            for name in ("rank", "text")
        )
        yield Grid(heads, tuple(rows), fields=(*aims, *endpoint_places(protocol, shown_ranks, "rank", "text")))


def endpoint_places(protocol: Protocol, ranks: tuple[str, ...], *names: str) -> tuple[str, ...]:
    """Return the paths of these fields of the endpoints of these ranks."""
    found = protocol.efficacy.endpoints if protocol.efficacy else ()
    return tuple(
        f"efficacy.endpoints.{index}.{name}" for index, item in enumerate(found) if item.rank in ranks for name in names
    )


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
    asked = [(index, item) for index, item in enumerate(protocol.trial.objectives) if item.rank == rank]
    if asked:
        said = tuple(say("objective", id=Recorded(item.id), text=inline(item.text)) for _, item in asked)
        fields = tuple(f"trial.objectives.{index}.{name}" for index, _ in asked for name in ("id", "rank", "text"))
        yield Bullets(said, fields)
    found = of_rank(protocol, rank)
    if found:
        yield _estimands(protocol, found, (rank, f"key_{rank}"))


def _estimands(protocol: Protocol, found: tuple[Endpoint, ...], ranks: tuple[str, ...]) -> Grid:
    """Return the five attributes of each estimand: population, treatment, variable, intercurrent events, summary."""
    rows = tuple(
        GridRow(
            (
                say("endpoint_named", id=Recorded(item.id), rank=Code("plan.rank", item.rank)),
                _variable(item),
                _of(item, "population"),
                _treatment(protocol, item),
                handled(item),
                _of(item, "summary"),
            )
        )
        for item in found
    )
    heads = (
        Text("field.Endpoint.id"),
        Text("document.head.variable"),
        Text("field.Estimand.population"),
        Text("document.head.treatment"),
        Text("field.Estimand.intercurrent_events"),
        Text("field.Estimand.summary"),
    )
    places = endpoint_places(protocol, ranks, "id", "rank", "kind", "text", "origin", "estimand")
    return Grid(heads, rows, Text("document.caption.estimands"), (*places, "product.name"))


def _variable(item: Endpoint) -> Value:
    stated = item.estimand.variable if item.estimand is not None else None
    lines: list[Value] = [local(item.text)]
    if stated is not None:
        lines.append(local(stated))
    kind = Code("plan.kind", item.kind)
    if item.origin is None:
        lines.append(say("endpoint_kind", kind=kind))
    else:
        lines.append(say("endpoint_kind_from", kind=kind, origin=shown(item.origin, item, "origin")))
    return Lines(tuple(lines))


def _treatment(protocol: Protocol, item: Endpoint) -> Value:
    stated = item.estimand.treatment if item.estimand is not None else None
    return local(stated or protocol.product.name)


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
