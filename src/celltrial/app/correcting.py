"""What a correction must meet before it is decided on: the event that it names, as it is in the ledger."""

from __future__ import annotations

from itertools import islice

from celltrial.conduct.acts.access import site_of
from celltrial.conduct.acts.account.blinding import closed_names
from celltrial.conduct.acts.trial.commands import CorrectFact, VerifyValue
from celltrial.conduct.acts.trial.corrections import check_target
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.ruling import Condition, fail
from celltrial.core.values import as_written, message
from celltrial.datasets.corrections import fits
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
