"""An adverse event that cannot be reported yet, kept with what was typed: it is not lost for its format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from celltrial.app.acting import read_command, settings_of
from celltrial.conduct.acts.safety.commands import DraftAdverseEvent
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.safety.events import AdverseEventDrafted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Condition
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.json_text import read_json
from celltrial.core.reading.text import MOST_BYTES, forbidden_in

#: The command of which a draft may be kept.
REPORT: Final = "ReportAdverseEvent"


def as_draft(text: str, settings: Iterable[str], zone: str | None) -> tuple[Any, tuple[Fault, ...]]:
    """Return a report as it is read; where it cannot be read, its draft as of now and every fault."""
    settings = [*settings]
    try:
        return read_command(REPORT, text, settings, zone_name=zone), ()
    except UserError as error:
        faults = (*error.faults,)
        return draft_of(text, settings, faults, Instant(datetime.now(UTC)), zone), faults


def draft_of(
    text: str, settings: Iterable[str], wrong: Iterable[Fault | Condition], moment: Instant, zone: str | None = None
) -> DraftAdverseEvent:
    """Return the draft of a report that cannot be read, or that is refused.

    wrong:  what is wrong with it; the fields that it names are missing in the draft.
    moment: when the draft is made; the event counts as known since then where the report does not say since when.
    """
    typed: Any = text
    try:
        found = read_json(text or "{}", REPORT, most_characters=MOST_BYTES)
        typed = {**found, **settings_of(REPORT, settings)} if isinstance(found, dict) else found
    except UserError:
        typed = {"text": text, "set": [*settings]}
    given = typed if isinstance(typed, dict) else {}
    given = given["fact"] if isinstance(given.get("fact"), dict) else given
    kept = json.dumps(typed, ensure_ascii=False)
    kept = json.dumps(typed) if forbidden_in(kept) else kept
    known = f"draft-{hashlib.sha256(kept.encode()).hexdigest()[:8]}"
    missing = tuple(dict.fromkeys(filter(None, map(_field, wrong))))
    return DraftAdverseEvent(
        AdverseEventDrafted(
            _name(given.get("subject")), _name(given.get("event")) or known, kept, missing, _aware(given, moment, zone)
        )
    )


def waiting_drafts(ledger: str, trial: str | None, reader: Actor | None) -> tuple[str, tuple[AdverseEventDrafted, ...]]:
    """Return the trial that is meant and its drafts, those known longest first.

    reader: a person of one site sees those of its subjects, and those whose subject nobody knows.
    """
    from celltrial.app.reading_once import state_for

    name, _, state = state_for(ledger, trial, reader)
    return name, drafts_of(state, reader)


def drafts_of(state: TrialState, reader: Actor | None) -> tuple[AdverseEventDrafted, ...]:
    """Return the drafts of a trial that a reader may see, those known longest first; see `waiting_drafts`."""
    place = reader.site if reader is not None else None
    mine = [
        one
        for one in state.event_drafts.values()
        if place is None or one.subject not in state.subjects or state.subjects[one.subject].site == place
    ]
    return tuple(sorted(mine, key=lambda one: (one.aware.utc, one.event)))


def _field(item: Fault | Condition) -> str:
    if isinstance(item, Condition):
        return item.input.partition(".")[2]
    return item.where.partition(".")[2]


def _name(given: Any) -> str:
    return given if isinstance(given, str) and not forbidden_in(given, name=True) and "/" not in given else ""


def _aware(given: dict[str, Any], moment: Instant, zone: str | None) -> Instant:
    """Return since when it is known; never later than the draft itself."""
    try:
        known = Instant(parse_instant(str(given.get("aware")), zone), moment.zone)
    except UserError:
        return moment
    return known if known.utc <= moment.utc else moment
