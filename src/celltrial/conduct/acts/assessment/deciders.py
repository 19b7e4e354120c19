"""Decisions about measurements and independent reads (C9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.assessment import commands
from celltrial.conduct.acts.checks import Decider, answer
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role, subject_stream
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted, ResponseAssessed
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Act, Conditions, act_of, check_alive
from celltrial.conduct.gates.observed import check_concept, check_observed, concept_of
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.core.quantities import check_value
from celltrial.core.terms import codes, resolve, same_term
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Identifier,
    Term,
    all_of,
    as_value,
    as_written,
    at_least,
    at_most,
    less_than,
    message,
    names,
    one_of,
)

_DAYS: Final = ("on", "started", "ended")
#: What only the independent committee may say.
_CENTRAL: Final = frozenset({AssessmentSource.INDEPENDENT_READER, AssessmentSource.ADJUDICATED})


def _check_days(act: Act, fact: Any) -> Conditions:
    """Yield a day of the fact that lies in the future."""
    for name in _DAYS:
        day = getattr(fact, name, None)
        if isinstance(day, date) and day > act.today:
            yield fail(Code.TIME_IN_FUTURE, at_most(act.today), day, act.about)
        elif isinstance(day, date):
            yield from check_alive(act, day)


def _record(state: TrialState, request: Request[Any], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    return answer(request, _check_days(act, fact), (act.about, fact))


def _laboratory(state: TrialState, request: Request[commands.RecordLaboratory], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    written = fact.raw if fact.value is None else str(fact.value)
    failed = [*check_alive(act, act.today), *check_concept(act.plan, fact.test, act.about, "fact.test")]
    if fact.value is not None and not failed:
        failed.extend(check_observed(act.plan, fact.test, written, fact.unit, act.about, "fact."))
    elif not written.strip():
        failed.append(
            fail(Code.VALUE_NOT_USABLE, message("value_or_unknown"), as_written(written), act.about, input="fact.value")
        )
    if fact.low is not None and fact.high is not None and fact.low > fact.high:
        failed.append(
            fail(Code.VALUE_NOT_USABLE, at_least(fact.low), as_value(fact.high), act.about, input="fact.high")
        )
    return answer(request, failed, (act.about, replace(fact, test=concept_of(act.plan, fact.test))))


def _kinetics(state: TrialState, request: Request[commands.RecordKinetics], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    failed = [*check_alive(act, act.today)]
    value = fact.value
    if value is not None and value.number is not None:
        if value.number < 0:
            failed.append(
                fail(Code.VALUE_NOT_USABLE, at_least(0), as_written(value.text), act.about, input="fact.value")
            )
        elif fact.below_lloq and value.is_exact and fact.lloq is not None and value.number >= fact.lloq:
            limit, found = less_than(fact.lloq), as_written(value.text)
            failed.append(fail(Code.VALUE_NOT_USABLE, limit, found, act.about, input="fact.value"))
    for wrong in check_value("", value.text if value is not None else "", fact.unit):
        found = as_written(str(wrong.params["found"]))
        failed.append(fail(Code.UNIT_MISMATCH, message("a_unit"), found, act.about, input="fact.unit"))
    if fact.value is None and not fact.below_lloq and not fact.raw:
        failed.append(
            fail(Code.VALUE_NOT_USABLE, message("value_below_the_limit_or_what_stood_there"), ABSENT, act.about)
        )
    return answer(request, failed, (act.about, fact))


def _response(state: TrialState, request: Request[commands.RecordResponse], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    failed = [*_check_days(act, fact), *_check_criteria(act, fact.criteria)]
    category = resolve(fact.category, "response")
    if category is None:
        known = one_of(*(Identifier(code) for code in codes("response")))
        failed.append(fail(Code.VALUE_NOT_USABLE, known, as_written(fact.category), act.about, input="fact.category"))
    if fact.source is AssessmentSource.DERIVED:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("response_that_somebody_assessed"),
                fact.source,
                act.about,
                input="fact.source",
            )
        )
    if fact.source in _CENTRAL:
        failed.extend(_check_own_read(act.subject, fact.reader, request, act.about))
        if request.actor.role is not Role.INDEPENDENT_REVIEWER:
            failed.append(fail(Code.ROLE_NOT_ALLOWED, Role.INDEPENDENT_REVIEWER, request.actor.role, act.about))
        failed.extend(_check_settles(act, fact))
    named = (item for item in _named_criteria(act) if same_term(fact.criteria, item, "response_criteria"))
    source = AssessmentSource.ADJUDICATED if _settles(act.subject, fact.reader) else fact.source
    kept = replace(fact, category=category or fact.category, criteria=next(named, fact.criteria), source=source)
    return answer(request, failed, (act.about, kept))


def _settles(subject: SubjectState, reader: str) -> bool:
    """Tell whether a reader is the adjudicator of a subject."""
    return any(item.is_adjudicator for item in subject.readers if item.reader == reader)


def _check_settles(act: Act, fact: ResponseAssessed) -> Conditions:
    """Yield a read called adjudicated that is not of the adjudicator: what one reader sees settles nothing (2.3.1-f)."""
    if fact.source is AssessmentSource.ADJUDICATED and not _settles(act.subject, fact.reader):
        needed, field = message("adjudicator_of_the_subject"), "efficacy.independent_review.adjudication"
        yield fail(Code.READER_NOT_INDEPENDENT, needed, as_written(fact.reader), act.about, "2.3.1-f", field)


def _named_criteria(act: Act) -> tuple[str, ...]:
    efficacy = act.protocol.efficacy
    return (efficacy.criteria, *efficacy.additional_criteria) if efficacy is not None else ()


def _check_criteria(act: Act, criteria: str) -> Conditions:
    """Yield response criteria that the protocol does not name, neither as its own nor as further ones."""
    efficacy, wanted = act.protocol.efficacy, _named_criteria(act)
    if efficacy is not None and not any(same_term(criteria, item, "response_criteria") for item in wanted):
        needed = one_of(*(Identifier(item) for item in wanted))
        field = "efficacy.additional_criteria" if efficacy.additional_criteria else "efficacy.criteria"
        yield fail(Code.VALUE_NOT_USABLE, needed, as_written(criteria), act.about, "", field, input="fact.criteria")


def check_reader(subject: SubjectState, reader: str, about: str) -> Conditions:
    """Yield a reader who is not assigned to a subject, or has locked the reads."""
    if reader not in {item.reader for item in subject.readers}:
        yield fail(
            Code.READER_NOT_INDEPENDENT,
            message("assigned_reader"),
            as_written(reader),
            about,
            "2.3.1-f",
            "efficacy.independent_review",
        )
    if reader in subject.locked_readers:
        yield fail(Code.ALREADY_DONE, message("reads_not_locked"), message("locked"), about, "2.3.1-f")


def _check_own_read(subject: SubjectState, reader: str, request: Request[Any], about: str) -> Conditions:
    """Yield a read that is not the reader's own, not sequestered, or not open any more.

    An adjudicator reads only after the others have locked, so that no read bends another (2.3.1-f).
    """
    yield from check_reader(subject, reader, about)
    if request.actor.id != reader:
        needed, field = message("readers_own_account"), "efficacy.independent_review"
        yield fail(Code.READER_NOT_INDEPENDENT, needed, as_written(request.actor.id), about, "2.3.1-f", field)
    adjudicates = _settles(subject, reader)
    waiting = [
        item.reader for item in subject.readers if not item.is_adjudicator and item.reader not in subject.locked_readers
    ]
    if adjudicates and (waiting or not subject.primary_reads_locked):
        found = names(waiting)
        yield fail(Code.ORDER_WRONG, message("after_every_other_reader_has_locked"), found, about, "2.3.1-f")


def _assign(state: TrialState, request: Request[commands.AssignReader], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    failed, field = [], "efficacy.independent_review"
    staff = {item.operator for site in state.sites.values() for item in site.qualifications}
    if fact.role != Role.INDEPENDENT_REVIEWER or fact.reader in staff:
        found = message(
            "site_staff_as" if fact.reader in staff else "as",
            account=Identifier(fact.reader),
            role=Term("role", fact.role),
        )
        failed.append(fail(Code.READER_NOT_INDEPENDENT, Role.INDEPENDENT_REVIEWER, found, act.about, "2.3.1-f", field))
    account = state.accounts.get(fact.reader)
    held = [grant.role for grant in account.grants if grant.role is not Role.INDEPENDENT_REVIEWER] if account else []
    if held:
        found = message("as", account=Identifier(fact.reader), role=all_of(*sorted(held)))
        failed.append(fail(Code.READER_NOT_INDEPENDENT, Role.INDEPENDENT_REVIEWER, found, act.about, "2.3.1-f", field))
    if fact.reader in {item.reader for item in act.subject.readers}:
        failed.append(
            fail(
                Code.READER_NOT_INDEPENDENT,
                message("another_reader_in_each_place"),
                as_written(fact.reader),
                act.about,
                "2.3.1-f",
                field,
                input="fact.reader",
            )
        )
    return answer(request, failed, (act.about, fact))


def _lock(state: TrialState, request: Request[commands.LockRead], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    failed = [*_check_own_read(act.subject, fact.reader, request, act.about)]
    if fact.reader not in {reader for reader, _, _ in act.subject.reads}:
        failed.append(fail(Code.READS_OPEN, message("read_to_lock"), ABSENT, act.about, "2.3.1-f"))
    return answer(request, failed, (act.about, fact))


def unread_subjects(state: TrialState, readers: int, unreadable: tuple[str, ...]) -> Iterator[str]:
    """Yield infused subjects with fewer locked reads than the protocol asks for, except those declared unreadable."""
    for subject in state.subjects.values():
        if subject.infusions and subject.subject not in unreadable and len(subject.primary_reads_locked) < readers:
            yield subject.subject


def _check_reads(state: TrialState, fact: PrimaryAnalysisStarted) -> Conditions:
    efficacy = state.protocol.efficacy if state.protocol is not None else None
    review = efficacy.independent_review if efficacy is not None else None
    field = "efficacy.independent_review"
    if review is None:
        if state.protocol is not None and state.protocol.trial.design == "SAT":
            yield fail(Code.PROTOCOL_SILENT, message("independent_review"), NOT_STATED, TRIAL, "2.3.1-f", field)
        return
    unread = sorted(unread_subjects(state, review.readers, fact.unreadable))
    if unread:
        yield fail(
            Code.READS_OPEN,
            message("reads_of_every_subject", reads=Count(review.readers, "locked_read")),
            names(unread),
            TRIAL,
            "2.3.1-f",
            field,
        )
    differing = sorted(
        item.subject
        for item in state.subjects.values()
        if item.needs_adjudication and item.subject not in fact.unreadable
    )
    if review.adjudication and differing:
        needed = message("adjudicated_read_where_readers_differ")
        yield fail(Code.READS_OPEN, needed, names(differing), TRIAL, "2.3.1-f", f"{field}.adjudication")
    if fact.unreadable and review.unreadable_rule is None:
        yield fail(
            Code.PROTOCOL_SILENT,
            message("rule_for_unreadable_subjects"),
            NOT_STATED,
            TRIAL,
            "2.3.1-f",
            f"{field}.unreadable_rule",
        )


def _analyse(state: TrialState, request: Request[commands.StartPrimaryAnalysis], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    failed = [*_check_reads(state, fact)]
    unknown = (name for name in fact.unreadable if name not in state.subjects)
    failed.extend(fail(Code.NOT_KNOWN, message("subject"), as_written(name), subject_stream(name)) for name in unknown)
    return answer(request, failed, (TRIAL, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.RecordResponse: _response,
        commands.RecordKinetics: _kinetics,
        commands.RecordLaboratory: _laboratory,
        commands.RecordProgression: _record,
        commands.RecordNewTherapy: _record,
        commands.RecordConcomitantMedication: _record,
        commands.AssignReader: _assign,
        commands.LockRead: _lock,
        commands.StartPrimaryAnalysis: _analyse,
    }
)
"""Command type to its decider."""
