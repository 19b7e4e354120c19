"""Section 5: the population, the criteria with their computable parts, contraception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from celltrial.protocol.model.population import Criterion
from celltrial.report.content.values import Recorded, Text
from celltrial.report.document.blocks import Block, Grid, GridRow, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import computable, facts, local, shown


def description(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who is studied and why."""
    skip = ("benefit_risk", "criteria", "consents", "contraception_required", "pregnancy_test_window")
    yield from facts(inputs.protocol.population, "population", skip=skip)


def inclusion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the inclusion criteria."""
    yield from criteria_table(_of_kind(inputs, "inclusion"), "population.criteria")


def exclusion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the exclusion criteria."""
    yield from criteria_table(_of_kind(inputs, "exclusion"), "population.criteria")


def _of_kind(inputs: DocumentInputs, kind: str) -> list[Criterion]:
    return [item for item in inputs.protocol.population.criteria if item.kind == kind]


def criteria_table(found: Iterable[Criterion], path: str, *, kinds: bool = False) -> Iterator[Block]:
    """Yield criteria: the text beside what is computed, how old the evidence may be, and how it is found.

    kinds: whether the list holds criteria of both kinds, so that each says which it is.
    """
    rows = tuple(
        GridRow(
            (
                Recorded(item.id),
                *((shown(item.kind, item, "kind"),) if kinds else ()),
                local(item.text),
                computable(item),
                shown(item.window, item, "window"),
                shown(item.assessment, item, "assessment"),
                shown(item.source, item, "source")
                if item.assessor is None
                else Text(
                    "document.by_assessor",
                    {"source": shown(item.source, item, "source"), "who": shown(item.assessor, item, "assessor")},
                ),
                shown(item.recheck_before, item, "recheck_before"),
            )
        )
        for item in found
    )
    if rows:
        names = (
            "id",
            *(("kind",) if kinds else ()),
            "text",
            "computable",
            "window",
            "assessment",
            "source",
            "recheck_before",
        )
        heads = tuple(
            Text("document.head.computable") if name == "computable" else Text(f"field.Criterion.{name}")
            for name in names
        )
        yield Grid(heads, rows, fields=(path,))


def contraception(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how long contraception is asked for."""
    yield from facts(inputs.protocol.population, "population", "contraception_required")


def screen_failure(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield which criteria are checked again and when: a participant who fails one of them does not go on."""
    again = [item for item in inputs.protocol.population.criteria if item.recheck_before]
    if again:
        yield Paragraph(Text("document.recheck"), ("population.criteria",))
        yield from criteria_table(again, "population.criteria", kinds=True)
