"""From paediatric to adult care: a child who grows up in follow-up is handed over once, by name, with a summary (3.1-n).

The protocol states the age (`follow_up.paediatric.adult_care_age`, 18 where it states none). The move is due on that
birthday and cannot be recorded before it; from the age of majority on it also needs the subject's own consent, as every
procedure does (`gates.consent.check_majority`). Who had that age at the last infusion owes nothing.
"""

from __future__ import annotations

from datetime import date

from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import check_text
from celltrial.conduct.follow_up.events import CareTransitioned
from celltrial.conduct.gates.act import Act, Conditions, fail
from celltrial.conduct.gates.consent import MAJORITY_YEARS, check_majority
from celltrial.conduct.subject.state import SubjectState
from celltrial.core.dates import add_years
from celltrial.protocol import Protocol

__all__ = ["adult_care_day", "check_transition"]

_FIELD = "follow_up.paediatric.adult_care_age"


def adult_care_day(protocol: Protocol | None, subject: SubjectState) -> date | None:
    """Return the birthday from which a subject belongs in adult care; None where that is not owed, or age not known."""
    known = subject.follow_up
    if known is None or subject.born is None:
        return None
    plan = protocol.follow_up if protocol is not None else None
    child = plan.paediatric if plan is not None else None
    day = add_years(subject.born, MAJORITY_YEARS if child is None else child.adult_care_age)
    return day if known.starts < day else None


def check_transition(act: Act, fact: CareTransitioned) -> Conditions:
    """Yield why a move to adult care cannot be recorded."""
    known, day = act.subject.follow_up, adult_care_day(act.protocol, act.subject)
    if act.subject.born is None:
        yield fail(Code.NOT_KNOWN, "date of birth", "none", act.about, "3.1-n")
    elif day is None:
        yield fail(
            Code.ORDER_WRONG, "a child at the last infusion", f"born {act.subject.born}", act.about, "3.1-n", _FIELD
        )
    elif fact.on < day:
        yield fail(Code.ORDER_WRONG, f"from {day} on", fact.on, act.about, "3.1-n", _FIELD)
    if fact.on > act.today:
        yield fail(Code.TIME_IN_FUTURE, f"by {act.today}", fact.on, act.about)
    if known is not None and known.adult_care is not None:
        yield fail(Code.ALREADY_DONE, "in paediatric care", f"in adult care since {known.adult_care.on}", act.about)
    if known is not None and known.completed_on is not None:
        yield fail(Code.SUBJECT_LEFT, "in follow-up", f"ended on {known.completed_on}", act.about)
    yield from check_text(fact.clinic, "the clinic that takes over", act.about)
    yield from check_text(fact.summary, "a summary handed over", act.about)
    yield from check_majority(act)
