"""What a mapped cohort collects, as a whole and of each subject: a mapping knows what it maps."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.conduct.vocabulary import StatedAnalysis
from celltrial.datasets.collection import Domain, adverse_event, kinetics_by
from celltrial.exchange.cohort.mapping import CohortMapping
from celltrial.exchange.cohort.table import Row


def collected(mapping: CohortMapping) -> tuple[str, ...]:
    """Return the names of what the sources of a mapping collect, sorted."""
    return tuple(sorted({*mapping.also_collected, *_mapped(mapping)}))


def _mapped(mapping: CohortMapping) -> Iterator[str]:
    table = mapping.subjects
    single = {
        Domain.AGE: table.age,
        Domain.SEX: table.sex,
        Domain.CELL_COLLECTION: table.days_from_collection,
        Domain.DEATHS: table.death,
        Domain.SURVIVAL: table.last_contact,
        Domain.PROGRESSION: table.progression,
        Domain.RESPONSE: table.responses,
        Domain.LABORATORY: mapping.laboratory,
    }
    yield from (domain for domain, mapped in single.items() if mapped)
    yield from (adverse_event(item.category) for item in table.adverse_events.values())
    if mapping.kinetics is not None:
        yield from (kinetics_by(item.assay) for item in mapping.kinetics.methods.values() if not item.ignore)


def not_recorded(mapping: CohortMapping, row: Row) -> tuple[str, ...]:
    """Return what the source collects and leaves blank for the subject of a row."""
    table = mapping.subjects
    columns: list[tuple[str, str]] = [
        (adverse_event(item.category), column) for column, item in table.adverse_events.items()
    ]
    columns += [(Domain.DEATHS, table.death.flag)] if table.death is not None else []
    columns += [(Domain.PROGRESSION, table.progression.flag)] if table.progression is not None else []
    columns += [(Domain.SURVIVAL, table.last_contact)] if table.last_contact is not None else []
    filled = {name for name, column in columns if row[column]}
    return tuple(sorted({name for name, _ in columns} - filled))


def stated_analysis(mapping: CohortMapping) -> StatedAnalysis | None:
    """Return the choices of analysis of a mapping as they are kept with the source."""
    item = mapping.analysis
    if item is None:
        return None
    return StatedAnalysis(
        item.reader,
        item.confirm_days,
        item.stable_from_days,
        item.landmark_day,
        item.landmark_window,
        item.missing_landmark,
    )
