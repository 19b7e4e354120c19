"""Queries at a value: what a value is now and how a correction names it, and an answer that corrects it in one step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from celltrial.app.persons import Acting, act_in
from celltrial.app.session import TrialSession
from celltrial.conduct.acts.account.blinding import closed_names, is_blinded, may_know
from celltrial.conduct.acts.account.reach import may_read_event
from celltrial.conduct.acts.safety.commands import AnswerQuery
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.envelope import Actor, Request
from celltrial.conduct.facts.safety.events import QueryAnswered
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.datasets.corrections import OCCURRED
from celltrial.ledger.audit import payload_items
from celltrial.ledger.item_audit import ItemAudit
from celltrial.ledger.record_names import record_names


@dataclass(frozen=True, slots=True)
class ValueAt:
    """A value of a record as it is now.

    record: by which a correction names it.   stream: of the record.   kind: stored name of the fact.
    """

    position: int
    record: str
    field: str
    value: str
    stream: str
    kind: str


def value_at(session: TrialSession, actor: Actor, position: int, field: str) -> ValueAt | None:
    """Return a value as a person may read it, corrections applied; None where there is none, or none for this person."""
    if not 0 < position <= session.state.position or field == OCCURRED:
        return None
    record = next(islice(session.ledger.read(session.trial, after=position - 1), 1))
    [event] = islice(session.events(after=position - 1), 1)
    payload = dict(payload_items(record.payload))
    if field not in payload or not may_read_event(session.state, actor, event):
        return None
    subject = str(getattr(event.fact, "subject", ""))
    closed = closed_names(type(event.fact), record.payload, actor.role) if is_blinded(session.state, actor) else ()
    if field.partition(".")[0] in closed and not (field == "arm" and may_know(session.state, actor, subject)):
        return None
    value = payload[field]
    if not isinstance(value, str):  # worked out by the program, not typed
        return None
    for later in session.events(after=position, streams=("trial",)):
        if isinstance(later.fact, FactCorrected) and (later.fact.position, later.fact.field) == (position, field):
            value = str(later.fact.new)
    names = [name for name in record_names(record) if "#" not in name]
    return ValueAt(position, names[0], field, value, event.stream, record.type)


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """Where the value of an item is on record: its position, and the name by which a correction finds it."""

    position: int
    record: str


def places_of(session: TrialSession, audit: ItemAudit) -> dict[tuple[str, str], ItemPlace]:
    """Return for each item of a subject, by record and field, where its value is on record; a moment has no place of its own.

    A correction only puts a record right, so the place is that of the last fact that gave the item a value.
    """
    names: dict[int, str] = {}
    places = {}
    for one in audit.items:
        if one.field == OCCURRED:
            continue
        at = next(change.position for change in reversed(one.changes) if not change.corrects)
        if at not in names:
            record = next(islice(session.ledger.read(session.trial, after=at - 1), 1))
            names[at] = next(name for name in record_names(record) if "#" not in name)
        places[one.record, one.field] = ItemPlace(at, names[at])
    return places


def answer_with_correction(
    session: TrialSession, acting: Acting, at: Instant, query: str, answer: str, value: ValueAt, new: str, reason: str,
    request_id: str,
) -> Ruling:  # fmt: skip
    """Correct the value that a query asks about and answer the query with that correction, in one step of one person.

    answer: "" for the old and the new value.

    Nothing is corrected where the query could not be answered. Both are carried out once under the same identifier: if the
    program ends between them, the same request goes on with the answer.
    """
    done = session.carried_out(f"{request_id}.correction")
    if not done:
        wanted = Request(AnswerQuery(QueryAnswered(query, answer or "-")), acting.actor, at, log_in=acting.log_in)
        tried = session.preview(wanted)
        if isinstance(tried, Refused):
            return tried
        correction = CorrectFact(value.position, value.record, value.field, value.value, new)
        made = act_in(session, correction, acting, at, reason, f"{request_id}.correction")
        if isinstance(made, Refused):
            return made
        done = session.carried_out(f"{request_id}.correction")
    [(position, corrected)] = [(event.position, event.fact) for event in done if isinstance(event.fact, FactCorrected)]
    said = QueryAnswered(query, answer or f"{corrected.old} → {corrected.new}", position)
    return act_in(session, AnswerQuery(said), acting, done[0].occurred, "", f"{request_id}.answer")
