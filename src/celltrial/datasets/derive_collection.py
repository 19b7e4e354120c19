"""From records, protocol and mapping to what was collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.clinical.response_categories import is_progression
from celltrial.clinical.response_course import tells_depth
from celltrial.conduct.facts.follow_up.events import ContactAttempted
from celltrial.conduct.facts.subject.events import HistoricalRecordTaken
from celltrial.conduct.facts.trial.events import HistoricalSourceRegistered, TrialRegistered
from celltrial.conduct.vocabulary import Origin
from celltrial.datasets.collection import Collected, Domain, adverse_event, kinetics_by
from celltrial.datasets.event_log import EventLog
from celltrial.protocol import Protocol


def derive_collection(log: EventLog, protocol: Protocol | None, tables: Mapping[str, pl.DataFrame]) -> Collected:
    """Return what a trial collected, from its records, its protocol and what its imports declared."""
    found = frozenset(_found(tables)) | ({Domain.SURVIVAL} if log.of(ContactAttempted) else set())
    origin = next((fact.origin for fact in log.facts(TrialRegistered)), Origin.PROSPECTIVE)
    if origin is not Origin.RETROSPECTIVE:
        return Collected(scheduled(protocol), found)
    stated = [fact.collected for fact in log.facts(HistoricalSourceRegistered) if fact.collected is not None]
    declared = frozenset(name for names in stated for name in names) if stated else None
    missing: dict[str, set[str]] = {}
    for record in log.facts(HistoricalRecordTaken):
        for name in record.not_recorded:
            missing.setdefault(name, set()).add(record.subject)
    held = {name: frozenset(subjects) for name, subjects in missing.items()}
    return Collected(declared, found, MappingProxyType(held))


def scheduled(protocol: Protocol | None) -> frozenset[str]:
    """Return what a trial under this protocol collects: all but what the protocol has no place for."""
    left_out: set[str] = set()
    if protocol is not None:
        if protocol.efficacy is None:
            left_out |= {Domain.RESPONSE, Domain.PROGRESSION}
        if protocol.pharmacology is None or not protocol.pharmacology.measurements:
            left_out.add(Domain.KINETICS)
        if protocol.treatment.lymphodepletion is None:
            left_out.add(Domain.LYMPHODEPLETION)
    return frozenset(Domain) - left_out


#: Column of `adsl` that shows that something was collected.
_COLUMNS: Final[Mapping[str, Domain]] = MappingProxyType(
    {
        "age": Domain.AGE,
        "weight_kg": Domain.WEIGHT,
        "dose_delivered_cells": Domain.DOSE,
        "collected_date": Domain.CELL_COLLECTION,
        "lymphodepleted_date": Domain.LYMPHODEPLETION,
        "death_date": Domain.DEATHS,
        "new_therapy_date": Domain.NEW_THERAPY,
        "discontinued_date": Domain.WITHDRAWALS,
    }
)
_TABLES: Final[Mapping[str, Domain]] = MappingProxyType({"adlb": Domain.LABORATORY, "adcm": Domain.MEDICATION})


def _found(tables: Mapping[str, pl.DataFrame]) -> Iterable[str]:
    adsl = tables["adsl"]
    yield from (domain for column, domain in _COLUMNS.items() if adsl[column].null_count() < adsl.height)
    if adsl.filter(pl.col("sex") != "U").height:
        yield Domain.SEX
    if adsl["dlt"].any():
        yield Domain.DLT
    yield from (domain for name, domain in _TABLES.items() if tables[name].height)
    reads = list(tables["adrs"].select("response", "criteria").iter_rows())
    if any(is_progression(seen) for seen, _ in reads):
        yield Domain.PROGRESSION
    if any(tells_depth(seen, criteria or "") and not is_progression(seen) for seen, criteria in reads):
        yield Domain.RESPONSE
    if tables["admanu"]["started_date"].drop_nulls().len():
        yield Domain.MANUFACTURE
    if tables["adae"]["serious"].drop_nulls().any():
        yield Domain.SERIOUSNESS
    yield from (adverse_event(each) for each in tables["adae"]["category"].drop_nulls().unique())
    yield from (kinetics_by(each) for each in tables["adpc"]["assay"].drop_nulls().unique())
