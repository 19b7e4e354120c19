"""What a correction must meet before it is decided on: the event that it names, as it is in the ledger."""

from __future__ import annotations

from itertools import islice

from celltrial.conduct.acts.access import site_of
from celltrial.conduct.acts.account.blinding import closed_names
from celltrial.conduct.acts.document.naming import subject_of_record
from celltrial.conduct.acts.safety.commands import AnswerQuery, OpenQuery
from celltrial.conduct.acts.trial.commands import CorrectFact, VerifyValue
from celltrial.conduct.acts.trial.corrections import check_target
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.ruling import Condition, fail
from celltrial.core.values import Identifier, as_written, message, one_of
from celltrial.datasets.corrections import OCCURRED, fits
from celltrial.ledger.audit import payload_items
from celltrial.ledger.journal import Journal
from celltrial.ledger.record_names import record_names


def mismatched(
    journal: Journal, trial: str, command: CorrectFact | VerifyValue, state: TrialState, actor: Actor, *, blinded: bool
) -> tuple[Condition, ...]:
    """Return why a correction, or a verification of a value, does not fit the event it names; nothing where there is no such event, which `decide` says.

    blinded: whether who corrects may not know what is closed; whether a guess is right would tell.
    """
    before = command.position - 1
    records = journal.ledger.read(trial, after=before) if before >= 0 else ()
    for record in islice(records, 1):
        known = journal.events(trial, after=record.position, streams=("trial",))
        earlier = [event for event in known if isinstance(event.fact, FactCorrected)]
        old, new = (command.old, command.new) if isinstance(command, CorrectFact) else (command.value, command.value)
        fact = FactCorrected(record.position, command.record, command.field, old, new)
        event = journal.codec.event(record)
        site = site_of(state, event.fact)
        if actor.site is not None and site is not None and site != actor.site:
            return (fail(Code.ACTOR_OF_OTHER_SITE, as_written(site), as_written(actor.site), command.record),)
        if blinded and command.field in closed_names(type(event.fact), record.payload, actor.role):
            return (
                fail(
                    Code.CLOSED_DATA,
                    message("open_field"),
                    as_written(command.field),
                    command.record,
                    "2.3.2-j",
                    "trial.blinding",
                ),
            )
        can_hold, is_current = fits(fact, event, earlier)
        return tuple(check_target(fact, record_names(record), can_hold=can_hold, is_current=is_current))
    return ()


def mismatched_query(
    journal: Journal, trial: str, command: OpenQuery | AnswerQuery, state: TrialState, actor: Actor, *, blinded: bool
) -> tuple[Condition, ...]:
    """Return why the value that a query is about, or the correction that an answer names, is not on that record.

    blinded: whether who asks may not know what is closed.
    """
    position = command.fact.position if isinstance(command, OpenQuery) else command.fact.correction
    record = next(islice(journal.ledger.read(trial, after=position - 1), 1), None) if position is not None else None
    if position is None or record is None:
        return ()
    event = journal.codec.event(record)
    if isinstance(command, AnswerQuery):
        asked = state.queries[command.fact.query].fact
        same = isinstance(event.fact, FactCorrected) and (
            asked.position is None or event.fact.position == asked.position
        )
        if not same:
            needed = message("correction_of_the_value_asked_about")
            about = f"query/{command.fact.query}"
            return (fail(Code.NOT_KNOWN, needed, position, about, input="fact.correction"),)
        return ()
    fact = command.fact
    names = {*record_names(record), event.stream}
    whose, about = subject_of_record(state, event.stream), subject_of_record(state, fact.about)
    if fact.about not in names and (not whose or whose != about):
        listed = one_of(*(Identifier(name) for name in sorted(names)))
        return (fail(Code.NOT_KNOWN, listed, as_written(fact.about), fact.about, input="fact.about"),)
    if fact.field != OCCURRED and fact.field not in dict(payload_items(record.payload)):
        needed = message("field_of_the_record")
        return (fail(Code.NOT_KNOWN, needed, as_written(fact.field), fact.about, input="fact.field"),)
    if blinded and fact.field in closed_names(type(event.fact), record.payload, actor.role):
        where = (fact.about, "2.3.2-j", "trial.blinding")
        return (fail(Code.CLOSED_DATA, message("open_field"), as_written(fact.field), *where, input="fact.field"),)
    return ()
