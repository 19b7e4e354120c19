"""Records and states as plain data, for programs."""

from __future__ import annotations

from typing import Any

from celltrial.app.signing import Waiting
from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.views.worklist import WorkItem
from celltrial.core.dates import Instant
from celltrial.core.shapes import shape_of, writer
from celltrial.core.values import Term
from celltrial.locale import Language, translate
from celltrial.locale.records import due_key, type_title
from celltrial.locale.wording import in_words, stream_title


def record_data(event: Event[Any], language: Language) -> dict[str, Any]:
    """Return one record with every field of its fact, and its title and stream in words."""
    kind: Any = type(event.fact)
    return {
        "position": event.position,
        "stream": event.stream,
        "type": NAMES[type(event.fact)],
        "text": {
            "title": type_title(NAMES[type(event.fact)], language),
            "stream": stream_title(event.stream, language),
        },
        "fact": writer(shape_of(kind))(event.fact),
        "occurred": moment(event.occurred),
        "precision": event.precision.value,
        "recorded": event.recorded.isoformat(),
        "actor": {
            "account": event.actor.id,
            "name": event.actor.printed_name,
            "role": event.actor.role.value,
            "site": event.actor.site,
        },
        "reason": event.reason,
        "protocol_version": event.protocol_version,
    }


def trial_data(state: TrialState) -> dict[str, Any]:
    """Return the status of a trial; nothing of single subjects."""
    return {
        "trial": state.trial,
        "position": state.position,
        "version": state.version,
        "persons": state.persons.value,
        "sites": [{"site": item.site, "zone": item.zone, "open": item.is_open} for item in state.sites.values()],
        "suspensions": [
            {"suspension": item.suspension, "scope": item.scope.value, "status": item.status.value}
            for item in state.suspensions.values()
        ],
        "halts": [
            {"halt": item.halt, "cause": item.cause.value, "lifted": item.lifted} for item in state.halts.values()
        ],
    }


def subject_data(item: SubjectState) -> dict[str, Any]:
    """Return the status of a subject."""
    return {
        "subject": item.subject,
        "site": item.site,
        "stage": item.stage.value,
        "level": item.level,
        "cohort": item.cohort or None,
        "batches": [*item.batches],
        "infusions": [{"batch": one.batch, "at": moment(one.at)} for one in item.infusions],
        "adverse_events": [*item.adverse_events],
        "died_on": None if item.died_on is None else item.died_on.isoformat(),
    }


def work_data(item: WorkItem, language: Language) -> dict[str, Any]:
    """Return one thing due, with its words."""
    text = {
        "kind": translate(f"conduct.due.{item.kind.value}", language),
        "key": due_key(item, language),
        "about": stream_title(item.about, language),
        "owner": in_words(Term("role", item.owner), language),
    }
    due = None if item.due is None else item.due.isoformat()
    return {
        "kind": item.kind.value,
        "key": item.key,
        "about": item.about,
        "owner": str(item.owner),
        "due": due,
        "text": text,
    }


def waiting_data(item: Waiting) -> dict[str, Any]:
    """Return an act that waits for signatures, with what is signed as far as the reader may read it."""
    asked = item.act.asked
    return {
        "signing": asked.signing,
        "command": asked.command,
        "about": asked.about,
        "sha256": asked.sha256,
        "content": item.content,
        "missing": [{"part": one.part.value, "roles": [*one.roles]} for one in item.act.open],
        "expires": moment(asked.expires),
        "over": item.is_over,
    }


def moment(at: Instant) -> dict[str, str]:
    """Return a moment with the zone of its clock."""
    return {"utc": at.utc.isoformat(), "zone": at.zone}
