"""What a correction changes in the state: a visible table of record kinds and fields.

A correction of a field that no gate asks about is remembered and changes no
state; the analysis tables read it from the ledger. A correction never takes back
what an earlier value had caused: a suspension stays until it is evaluated. A
corrected day is as little in the future, and as little out of order, as a first
entry may be. That the old value is the one on record, and that the corrected event
has the field, is asked where the ledger is at hand (`check_target`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.facts.trial.corrections import CORRECTABLE, stated_batch
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.observed import check_observed
from celltrial.conduct.ruling import fail
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.values import Identifier, as_written, at_least, at_most, message, one_of

#: Parts after the kind of a lesion's record at a visit; a further one names an independent reader.
LESION_OF_VISIT: Final = 3

IDENTIFIERS: Final = frozenset(
    {"subject", "identity", "batch", "event", "lesion", "sample", "cohort", "account", "query", "trial", "cut"}
)
"""Fields that say whose record it is: nobody corrects them, because that would give a record to another."""


def check_correction(state: TrialState, record: str, field: str, new: str, *, position: int, at: Instant) -> Conditions:
    """Yield a correction that names no known record, or a value that the field cannot hold.

    position: of the corrected event. at: the moment of the correction; what it corrects lies before.
    """
    if field.rpartition(".")[2] in IDENTIFIERS:
        yield fail(Code.VALUE_NOT_USABLE, message("field_that_is_no_identifier"), as_written(field), record)
    yield from _check_read(state, record, position)
    kind, _, key = record.partition("/")
    corrector = CORRECTABLE.get((kind, field))
    if corrector is None:
        return
    if kind == "death" and key in state.subjects and state.subjects[key].died_on is None:
        yield fail(Code.NOT_KNOWN, message("record_of_kind", kind=Identifier(kind)), as_written(key), record)
        return
    try:
        after = corrector(state, key, new, position)
    except (KeyError, IndexError):
        yield fail(Code.NOT_KNOWN, message("record_of_kind", kind=Identifier(kind)), as_written(key), record)
    except (ValueError, ArithmeticError, UserError):
        yield fail(Code.VALUE_NOT_USABLE, message("value_for", field=Identifier(field)), as_written(new), record)
    else:
        yield from _check_order(after, kind, key, record, at)
        if kind == "evidence" and after.plan is not None:
            subject, _, concept = key.partition("/")
            fact = after.subjects[subject].evidence[concept]
            said = {"value": fact.value, "unit": fact.unit, field: new}
            yield from check_observed(after.plan, concept, said["value"], said["unit"], record, in_range=False)


def _check_read(state: TrialState, record: str, position: int) -> Conditions:
    """Yield the correction of an independent read by somebody else: its reader reads again, until it is locked (2.3.1-f)."""
    is_reading = record.startswith("lesion/") and record.count("/") > LESION_OF_VISIT
    if is_reading or any(position in item.read_at for item in state.subjects.values()):
        yield fail(Code.READER_NOT_INDEPENDENT, message("readers_own_read"), message("correction"), record, "2.3.1-f")


def check_corrector(state: TrialState, role: Role, record: str, position: int) -> Conditions:
    """Yield a role that may not correct this: what a batch was released with is quality assurance's, and nothing else is."""
    released = stated_batch(state, position) is not None
    if released and role is not Role.QUALITY_ASSURANCE:
        yield fail(Code.ROLE_NOT_ALLOWED, Role.QUALITY_ASSURANCE, role, record)
    if not released and role is Role.QUALITY_ASSURANCE:
        yield fail(Code.ROLE_NOT_ALLOWED, message("what_a_batch_was_released_with"), role, record)


def check_target(correction: FactCorrected, names: Iterable[str], *, can_hold: bool, is_current: bool) -> Conditions:
    """Yield why the event that a correction names cannot be corrected so.

    names:    those of the event's record; one of them is the correction's, or the correction's begins with it.
    can_hold: the event has the field, and it can hold the new value; is_current: the old value is the one on record.
    """
    about, whole = correction.record, [name for name in names if "#" not in name]
    if not any(about == name or about.startswith(f"{name}/") for name in whole):
        yield fail(Code.NOT_KNOWN, one_of(*map(Identifier, whole)), as_written(about), f"record/{correction.position}")
    elif not can_hold:
        yield fail(
            Code.VALUE_NOT_USABLE,
            message("value_for", field=Identifier(correction.field)),
            as_written(correction.new),
            about,
        )
    elif not is_current:
        yield fail(Code.OLD_VALUE_DIFFERS, message("value_on_record"), as_written(correction.old), about)


def _check_order(after: TrialState, kind: str, key: str, record: str, at: Instant) -> Conditions:
    """Yield a moment that would lie in the future, or before or after what it cannot, once corrected."""
    if kind == "record":
        yield from _check_last_days(after, record, at)
        return
    if kind == "adverse_event":
        subject = after.subjects[after.subject_of_event(key)]
        days = [subject.adverse_events[key].onset]
    else:
        subject = after.subjects[key.partition("/")[0]]
        days = [day for day in ({"death": subject.died_on, "subject": subject.born}.get(kind),) if day is not None]
    if kind == "evidence":
        days = [subject.evidence[key.partition("/")[2]].on]
    today = Instant(at.utc, after.zone_of(subject.site)).local_date
    yield from (fail(Code.TIME_IN_FUTURE, at_most(today), day, record) for day in days if day > today)
    if kind in {"infusion", "death"}:
        yield from _check_infusions(subject, record, at)


def _check_last_days(after: TrialState, record: str, at: Instant) -> Conditions:
    """Yield a lymphodepletion that would end in the future."""
    for subject in after.subjects.values():
        course, today = subject.lymphodepletion, Instant(at.utc, after.zone_of(subject.site)).local_date
        if course is not None and course.ended_on is not None and course.ended_on > today:
            yield fail(Code.TIME_IN_FUTURE, at_most(today), course.ended_on, record)


def _check_infusions(subject: SubjectState, record: str, at: Instant) -> Conditions:
    """Yield infusions before enrolment, out of their order, in the future or after death."""
    known = [subject.enrolled, *(item.at for item in subject.infusions)]
    moments = [item for item in known if item is not None]
    for before, moment in pairwise(moments):
        if moment.utc < before.utc:
            yield fail(Code.ORDER_WRONG, at_least(before), moment, record)
    for item in subject.infusions[-1:]:
        if item.at.utc > at.utc:
            yield fail(Code.TIME_IN_FUTURE, at_most(at), item.at, record)
        if subject.died_on is not None and subject.died_on < item.at.local_date:
            yield fail(Code.ORDER_WRONG, at_least(item.at.local_date), subject.died_on, record)
