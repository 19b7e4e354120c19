"""What is in the place of a number that nobody collected: a word, never a zero."""

from __future__ import annotations

from celltrial.datasets.collection import Domain, State
from celltrial.report.content.output import Cell, Nothing, OutputSpec, Page
from celltrial.report.content.values import Code, Joined, Text, Value
from celltrial.report.inputs import Inputs

_CELLS = {State.NOT_COLLECTED: "report.absent.not_collected", State.NOT_KNOWN: "report.absent.collection_not_known"}
_PAGES = {
    State.NOT_COLLECTED: "report.absent.domain_not_collected",
    State.NOT_KNOWN: "report.absent.domain_collection_not_known",
}


def unless_collected(inputs: Inputs, *names: str) -> Cell | None:
    """Return the cell that says that none of the names was collected; None where one was."""
    state = inputs.collected.state(*names)
    return None if state == State.COLLECTED else Cell(Text(_CELLS[state]))


def unless_medicated(inputs: Inputs) -> Cell | None:
    """Return the cell that says that no medication is on record of anybody, of which no 0 of one drug can be told; else None."""
    absent = unless_collected(inputs, Domain.MEDICATION)
    if absent is None and "concomitant" not in inputs.tables["adcm"]["category"].to_list():
        return Cell(Text("report.absent.none_recorded"))
    return absent


def absent_page(inputs: Inputs, spec: OutputSpec) -> Page | None:
    """Return the page of an output whose domain was not collected; None where it was, or where nobody was infused.

    An output needs every group of names in `needs`, and of each group any one.
    """
    n = inputs.size("infused")
    if not n:
        return None
    for group in spec.needs:
        parts = [
            f"{name}/{part}" for name in group if name in set(Domain) for part in inputs.collected.parts(Domain(name))
        ]
        state = inputs.collected.state(*group, *parts)
        if state != State.COLLECTED:
            words = Text(_PAGES[state], {"domain": _named(group[0])})
            return Page(Nothing(words), "infused", n)
    return None


def page_of(inputs: Inputs, spec: OutputSpec) -> Page:
    """Return the page of an output, or the one that says that its domain was not collected."""
    return absent_page(inputs, spec) or spec.build(inputs)


def kinds_collected(inputs: Inputs) -> Joined | None:
    """Return the categories of adverse events that were collected; None where all were."""
    if inputs.collected.has(Domain.ADVERSE_EVENTS):
        return None
    return Joined(tuple(Code("category", part) for part in inputs.collected.parts(Domain.ADVERSE_EVENTS)))


def _named(name: str) -> Value:
    _, _, part = name.partition("/")
    return Code("category", part) if part else Code("domain", name)
