"""What of a trial a person may read: the records of the own site, and what is about the trial as a whole.

A person without a site reads every site's; what is closed to a blinded role was taken out before (`blinding.Redaction`). An
independent reviewer reads no site's records at all, but the own reads: whoever knows the site's assessment, its adverse events or
the other reader's answer reads no longer independently (FDA, Clinical Trial Imaging Endpoint Process Standards, 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from celltrial.conduct.acts.access import site_of_record
from celltrial.conduct.envelope import Actor, Event, Role, subject_stream
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.views.worklist import WorkItem

#: Roles whose worth is that they do not know what the sites recorded.
_INDEPENDENT: Final = frozenset({Role.INDEPENDENT_REVIEWER})


def reads_subjects(role: Role) -> bool:
    """Tell whether a role reads records of subjects that are not its own acts."""
    return role not in _INDEPENDENT


def may_read_event(state: TrialState, actor: Actor, event: Event[Any]) -> bool:
    """Tell whether an actor may read one record: by what it is about; an independent reader, the own acts."""
    own = not reads_subjects(actor.role) and event.actor.id == actor.id
    return own or may_read(state, actor, event.stream)


def may_read_item(state: TrialState, actor: Actor, item: WorkItem) -> bool:
    """Tell whether an actor may know of something due; an independent reader, what is due of the own reads."""
    own = not reads_subjects(actor.role) and item.owner == actor.role and item.key == actor.id
    return own or may_read(state, actor, item.about)


def may_read(state: TrialState, actor: Actor, record: str) -> bool:
    """Tell whether an actor may read a record or stream: another site's is none of theirs, what is no site's is.

    record: `subject/P1`, `batch/B1`, `site/S1`, `adverse_event/AE-1`, `trial`, ...
    """
    if actor.site is None and reads_subjects(actor.role):
        return True
    site = site_of_record(state, record)
    if not reads_subjects(actor.role):
        return site is None or record.startswith("site/")
    return site in {None, actor.site}


def state_for(state: TrialState, actor: Actor) -> TrialState:
    """Return a trial as an actor may read it: without subjects, batches, events and open items of other sites.

    Slots of other sites stay as taken moments without their subject. Cohorts keep the number of their subjects and name
    those of the site; the others are "".
    """
    if actor.site is None and reads_subjects(actor.role):
        return state
    independent = not reads_subjects(actor.role)
    own = frozenset(name for name, item in state.subjects.items() if not independent and item.site == actor.site)
    batches = {name: item for name, item in state.batches.items() if item.subject in own}

    def kept(items: Mapping[str, Any]) -> dict[str, Any]:
        return {name: item for name, item in items.items() if may_read(state, actor, item.about)}

    return state.changed(
        subjects={name: item for name, item in state.subjects.items() if name in own},
        identities={key: name for key, name in state.identities.items() if name in own},
        batches=batches,
        cohorts={
            name: replace(item, subjects=tuple(one if one in own else "" for one in item.subjects))
            for name, item in state.cohorts.items()
        },
        slots=tuple(item if item.subject in own else replace(item, subject="") for item in state.slots),
        alerts=kept(state.alerts),
        tasks=kept(state.tasks),
        queries=kept(state.queries),
        event_drafts={
            name: item for name, item in state.event_drafts.items() if not item.subject or item.subject in own
        },
        reports={name: item for name, item in state.reports.items() if state.subject_of_event(item.event) in own},
        tumours={name: item for name, item in state.tumours.items() if name in own},
        permits={key: item for key, item in state.permits.items() if may_read(state, actor, subject_stream(key[1]))},
        pending={name: item for name, item in state.pending.items() if may_read(state, actor, item.asked.about)},
        documents=kept(state.documents),
    )
