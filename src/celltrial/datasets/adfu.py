"""ADFU: every planned contact of long-term follow-up, where it stood on the last day of the data, and what was told.

The schedules, visits, losses and returns of the log are folded by the same rules as a running trial's; states and answers
are those of `conduct.views.contacts`. A protocol that states no class for its questions leaves the answers `NE`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import polars as pl

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import change_subject
from celltrial.conduct.facts.follow_up.evolve import EVOLVERS
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.events import (
    CellsInfused,
    ConsentSigned,
    ConsentWithdrawn,
    SubjectDied,
    SubjectScreened,
)
from celltrial.conduct.facts.subject.state import Infusion, SubjectState
from celltrial.conduct.plan import follow_up_consents
from celltrial.conduct.views.contacts import Contact, contacts_of
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.schema import ADFU
from celltrial.protocol import Protocol


def derive_adfu(log: EventLog, protocol: Protocol | None, today: date | None) -> pl.DataFrame:
    """Return ADFU as of a day, numbered within the subject by due day."""
    state = TrialState()
    for event in log.events:
        state = _standing(state, event, protocol)
    plan = protocol.follow_up if protocol is not None else None
    rows: list[dict[str, Any]] = []
    for subject in state.subjects.values():
        if today is None:
            break
        found = sorted(contacts_of(plan, subject, today), key=lambda item: (item.visit.due, item.visit.visit))
        known = subject.follow_up
        for seq, contact in enumerate(found, start=1):
            days = (
                [on for (visit, _), (on, _) in known.answers.items() if visit == contact.visit.visit] if known else []
            )
            rows.append(_row(contact, seq, min(days, default=None)))
    return ADFU.conform({column.name: [row[column.name] for row in rows] for column in ADFU.columns})


def _row(contact: Contact, seq: int, on: date | None) -> dict[str, Any]:
    ticks = contact.found.inputs if contact.found is not None else {}
    told = {
        tick: "; ".join(name for name, found in ticks.items() if found == tick) or None for tick in ("yes", "unknown")
    }
    return {
        "usubjid": contact.subject,
        "seq": seq,
        "visit": contact.visit.visit,
        "due_date": contact.visit.due,
        "opens_date": contact.visit.opens,
        "closes_date": contact.visit.closes,
        "state": contact.state.value,
        "contact_date": on,
        "answers": contact.found.label if contact.found is not None else None,
        "events": told["yes"],
        "unknown": told["unknown"],
    }


def _standing(state: TrialState, event: Event[Any], protocol: Protocol | None) -> TrialState:
    """Return what is known of follow-up after one more event; of all else only what follow-up asks for."""
    fact = event.fact
    if isinstance(fact, SubjectScreened):
        subjects = {
            **state.subjects,
            fact.subject: SubjectState(fact.subject, fact.site, fact.identity, born=fact.born),
        }
        return state.changed(subjects=MappingProxyType(subjects))
    if getattr(fact, "subject", None) not in state.subjects:
        return state
    subject = state.subjects[fact.subject]
    if isinstance(fact, CellsInfused):
        given = Infusion(
            fact.number, fact.batch, event.occurred, fact.level_assigned, fact.level_delivered, fact.delivered_cells,
            fact.conforming, event.position,
        )  # fmt: skip
        return change_subject(state, fact.subject, infusions=(*subject.infusions, given))
    if isinstance(fact, SubjectDied):
        return change_subject(state, fact.subject, died_on=fact.died_on)
    if isinstance(fact, ConsentSigned | ConsentWithdrawn):
        known = subject.follow_up
        if known is None or protocol is None or fact.kind not in follow_up_consents(protocol):
            return state
        until = event.occurred.local_date if isinstance(fact, ConsentWithdrawn) else None
        return change_subject(state, fact.subject, follow_up=replace(known, withdrawn_on=until))
    evolver = EVOLVERS.get(type(fact))
    return evolver(state, event) if evolver is not None else state
