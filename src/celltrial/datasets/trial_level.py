"""Facts of the whole trial as tables: dose levels, dose decisions, suspensions."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from celltrial.conduct.facts.cohort.events import (
    DoseDecisionSigned,
    DoseRecommended,
    RecommendedDoseDeclared,
    RecommendedDoseReopened,
)
from celltrial.conduct.facts.scope.events import HaltLifted, ScopeResumed, ScopeSuspended, ScopeTerminated, TrialHalted
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.schema import DOSE_DECISIONS, DOSE_LEVELS, SUSPENSIONS
from celltrial.datasets.spec import DatasetSpec
from celltrial.protocol import Protocol

_RECOMMENDED: Final[tuple[tuple[type[Any], str], ...]] = (
    (RecommendedDoseDeclared, "declare"),
    (RecommendedDoseReopened, "reopen"),
)


def derive_dose_levels(protocol: Protocol | None) -> pl.DataFrame:
    """Return the dose levels of the protocol, lowest first; empty without one."""
    if protocol is None:
        return DOSE_LEVELS.empty()
    dose = protocol.dose
    rows = [
        {
            "level": number,
            "label": level.label,
            "cells": float(level.most),
            "per_kg": dose.per_kg,
            "basis": dose.basis.value,
        }
        for number, level in enumerate(dose.levels, start=1)
    ]
    return _table(DOSE_LEVELS, rows)


def derive_dose_decisions(log: EventLog) -> pl.DataFrame:
    """Return the signed decisions with the counts that the recommendation behind them had seen."""
    recommended = {fact.recommendation: fact for fact in log.facts(DoseRecommended)}
    found: list[tuple[int, dict[str, Any]]] = []
    for event in log.of(DoseDecisionSigned):
        fact = event.fact
        basis = recommended.get(fact.recommendation)
        counts = next((item for item in basis.counts if item.level == basis.level), None) if basis else None
        row = {
            "date": event.occurred.local_date,
            "level": basis.level if basis else None,
            "n_evaluable": counts.evaluable if counts else None,
            "n_dlt": counts.dlt if counts else None,
            "decision": fact.move.value,
            "deviates": fact.deviates,
            "next_level": fact.next_level,
        }
        found.append((event.position, row))
    for kind, decision in _RECOMMENDED:
        for said in log.of(kind):
            level = said.fact.level
            row = {"date": said.occurred.local_date, "level": level, "decision": decision}
            found.append((said.position, row | {"recommended_level": level if decision == "declare" else None}))
    found.sort(key=lambda item: item[0])
    return _table(DOSE_DECISIONS, [row | {"seq": number} for number, (_, row) in enumerate(found, start=1)])


def derive_suspensions(log: EventLog) -> pl.DataFrame:
    """Return every suspension and quality halt, with how it is at the data cut."""
    found: dict[str, dict[str, Any]] = {}
    for event in log.of(ScopeSuspended):
        fact = event.fact
        scope = f"{fact.scope.value}/{fact.target}" if fact.target else fact.scope.value
        found[f"suspension/{fact.suspension}"] = {
            "at": event.position,
            "start_date": event.occurred.local_date,
            "rule": fact.cause,
            "scope": scope,
            "outcome": "suspended",
            "reason": event.reason or None,
        }
    for halted in log.of(TrialHalted):
        found[f"halt/{halted.fact.halt}"] = {
            "at": halted.position,
            "start_date": halted.occurred.local_date,
            "rule": f"quality/{halted.fact.cause.value}",
            "scope": "trial",
            "outcome": "suspended",
            "reason": halted.reason or None,
        }
    ends: list[tuple[str, Any, str]] = [
        *((f"suspension/{item.fact.suspension}", item, "resumed") for item in log.of(ScopeResumed)),
        *((f"halt/{item.fact.halt}", item, "resumed") for item in log.of(HaltLifted)),
        *((f"suspension/{item.fact.suspension}", item, "terminated") for item in log.of(ScopeTerminated)),
    ]
    for key, item, outcome in ends:
        if key in found:
            found[key] |= {"end_date": item.occurred.local_date, "outcome": outcome}
    rows = sorted(found.values(), key=lambda row: row["at"])
    return _table(SUSPENSIONS, [row | {"seq": number} for number, row in enumerate(rows, start=1)])


def _table(spec: DatasetSpec, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return spec.conform({column.name: [row.get(column.name) for row in rows] for column in spec.columns})
