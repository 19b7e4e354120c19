"""From paediatric to adult care: a child who grows up in follow-up is handed over once, by name, with a summary (3.1-n).

The protocol states the age (`follow_up.paediatric.adult_care_age`, 18 where it states none). The move is due on that
birthday and cannot be recorded before it; from the age of majority on it also needs the subject's own consent, as every
procedure does (`gates.consent.check_majority`). Who had that age at the last infusion has nothing due.
"""

from __future__ import annotations

from datetime import date

from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.consent import MAJORITY_YEARS
from celltrial.core.dates import add_years
from celltrial.protocol import Protocol


def adult_care_day(protocol: Protocol | None, subject: SubjectState) -> date | None:
    """Return the birthday from which a subject belongs in adult care; None where that is not due, or age not known."""
    known = subject.follow_up
    if known is None or subject.born is None:
        return None
    plan = protocol.follow_up if protocol is not None else None
    child = plan.paediatric if plan is not None else None
    day = add_years(subject.born, MAJORITY_YEARS if child is None else child.adult_care_age)
    return day if known.starts < day else None
