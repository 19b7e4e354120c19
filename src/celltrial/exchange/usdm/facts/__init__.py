"""What a USDM document says in its own classes about the fields of a protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from celltrial.exchange.usdm.facts.about import read_about
from celltrial.exchange.usdm.facts.design import read_design
from celltrial.exchange.usdm.facts.fact import Fact, Item, shown_path
from celltrial.exchange.usdm.facts.interventions import read_interventions
from celltrial.exchange.usdm.facts.objectives import read_objectives
from celltrial.exchange.usdm.facts.population import read_population
from celltrial.exchange.usdm.facts.schedule import read_schedule
from celltrial.exchange.usdm.facts.source import Source
from celltrial.exchange.usdm.model.study import Study

__all__ = ["READERS", "Fact", "Item", "Source", "facts_of", "read_facts", "shown_path"]

#: One reader for each area; the mapping table of the how-to page is made from what they read.
READERS: Final[tuple[Callable[[Source], Iterator[Fact]], ...]] = (
    read_about,
    read_design,
    read_population,
    read_objectives,
    read_interventions,
    read_schedule,
)


def read_facts(study: Study, version: int = 0) -> tuple[Fact, ...]:
    """Return the facts of one version of a study."""
    return facts_of(Source(study, version))


def facts_of(source: Source) -> tuple[Fact, ...]:
    """Return the facts of a source; of two facts with one path the first counts, and an empty text is none."""
    found: dict[str, Fact] = {}
    for reader in READERS:
        for fact in reader(source):
            if fact.value != "":
                found.setdefault(fact.key, fact)
    return tuple(found.values())
