"""What every request must pass first: trial, origin, person, role, site, time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.commands import GATED, HISTORICAL, WITHOUT_PROTOCOL
from celltrial.conduct.acts.roles import ROLES, may_see_arm
from celltrial.conduct.acts.subject.commands import (
    PerformLeukapheresis,
    RecordHistorical,
    RecordInfusion,
    StartLymphodepletion,
)
from celltrial.conduct.acts.subject.despite import happened_anyway
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request
from celltrial.conduct.facts.account.state import arm_access
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.permit import permit_at
from celltrial.conduct.ruling import fail
from celltrial.conduct.views.granted import check_granted, check_own_signatures, check_signers
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.core.values import ABSENT, Duration, as_written, at_most, message, one_of

#: Command that records an act to what permits it.
PERMITTED: Final = {
    PerformLeukapheresis: Permitted.COLLECTION,
    StartLymphodepletion: Permitted.LYMPHODEPLETION,
    RecordInfusion: Permitted.INFUSION,
}
#: A gated act may be entered this long after it happened; later it can no longer be judged as of then.
LATEST_ENTRY: Final = timedelta(hours=24)


def asks_log_in(state: TrialState, command: Any) -> bool:
    """Tell whether a command is taken of a logged-in person only: in a real trial, and in a rehearsal that one began."""
    return is_real(state, command) or bool(state.installation)


def is_real(state: TrialState, command: Any) -> bool:
    """Tell whether a trial is no rehearsal, or the one that a command registers will be none."""
    if state.trial:
        return state.persons is not Persons.REHEARSED
    rehearsed = getattr(command, "rehearsal", False) or getattr(command, "origin", None) is not Origin.PROSPECTIVE
    return isinstance(command, RegisterTrial) and not rehearsed


def check_person(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield an actor who is not the logged-in person, or whose log-in is another installation's than the trial's."""
    log_in, actor = request.log_in, request.actor
    about = f"account/{actor.id}"
    if log_in is None:
        if asks_log_in(state, request.command):
            yield fail(Code.PERSON_NOT_PROVED, message("log_in"), message("typed_identity"), about)
        return
    if (log_in.account, log_in.printed_name) != (actor.id, actor.printed_name):
        yield fail(Code.PERSON_NOT_PROVED, as_written(log_in.account), as_written(actor.id), about)
    first = not state.trial or isinstance(request.command, GrantAccess)
    if not (first or state.accounts) and asks_log_in(state, request.command):
        yield fail(Code.ACCESS_NOT_GRANTED, actor.role, ABSENT, about)
    if state.installation and log_in.installation != state.installation:
        yield fail(
            Code.PERSON_NOT_PROVED, message("log_in_to_the_trials_installation"), message("another_installation"), about
        )


def _record_of(state: TrialState, target: Any) -> str:
    """Return the record or stream that a command names, or that its query, task, alert or document is about; "" where none."""
    known = (
        state.queries.get(getattr(target, "query", "")),
        state.tasks.get(getattr(target, "task", "")),
        state.alerts.get(getattr(target, "alert", "")),
        state.documents.get(getattr(target, "document", "")),
    )
    about = next((item.about for item in known if item is not None), "")
    return about or getattr(target, "record", "") or getattr(target, "about", "")


def site_of_record(state: TrialState, record: str) -> str | None:
    """Return the site that a record or stream belongs to; None where to none, or where it is not known."""
    kind, _, key = record.partition("/")
    if kind == "site":
        return key
    name = key.partition("/")[0]
    batch = state.batches.get(name) if kind == "batch" else None
    subject_id = batch.subject if batch is not None else name
    if kind == "adverse_event":
        subject_id = state.subject_of_event(key)
    subject = state.subjects.get(subject_id)
    return None if subject is None else subject.site


def site_of(state: TrialState, command: Any) -> str | None:
    """Return the site that a command is about, by its subject, its batch or the record it names; None where by none."""
    target = getattr(command, "fact", command)
    waiting = state.pending.get(getattr(target, "signing", ""))
    if waiting is not None:
        return site_of_record(state, waiting.asked.about)
    batch = state.batches.get(getattr(target, "batch", ""))
    subject_id = getattr(target, "subject", None) or (batch.subject if batch is not None else None)
    subject = state.subjects.get(subject_id or "")
    if subject is not None:
        return subject.site
    return getattr(target, "site", None) or site_of_record(state, _record_of(state, target))


def check_access(state: TrialState, request: Request[Any], now: datetime, *, proved: bool = False) -> Conditions:
    """Yield why a request is not even looked at: no trial, wrong origin, wrong role, another site's person, wrong time.

    proved: its persons were proved when each of them signed; grants are asked for again all the same.
    """
    kind = type(request.command)
    if not state.trial and kind is not RegisterTrial:
        yield fail(Code.TRIAL_NOT_REGISTERED, message("registered_trial"), ABSENT, "trial")
    yield from _check_origin(state, kind)
    actor = request.actor
    if actor.role not in ROLES[kind]:
        needed = one_of(*sorted(ROLES[kind]))
        yield fail(Code.ROLE_NOT_ALLOWED, needed, actor.role, kind.__name__)
    site = site_of(state, request.command)
    if actor.site is not None and site is not None and actor.site != site:
        yield fail(Code.ACTOR_OF_OTHER_SITE, as_written(site), as_written(actor.site), kind.__name__)
    if not proved:
        yield from check_person(state, request)
        yield from check_own_signatures(state, request, now)
    yield from check_granted(state, actor)
    yield from check_signers(state, request)
    yield from _check_closed(state, request)
    if state.trial and not state.versions and kind not in WITHOUT_PROTOCOL and state.origin is not Origin.RETROSPECTIVE:
        yield fail(Code.NO_PROTOCOL, message("approved_protocol"), ABSENT, "trial")
    if request.occurred.utc > now:
        yield fail(Code.TIME_IN_FUTURE, at_most(now), request.occurred, kind.__name__)
    elif kind in GATED and not _may_be_told_late(state, request) and now - request.occurred.utc > LATEST_ENTRY:
        needed = message("within_of_act", time=Duration(LATEST_ENTRY // timedelta(hours=1), "h"))
        yield fail(Code.RECORDED_TOO_LATE, needed, request.occurred, kind.__name__)


def _may_be_told_late(state: TrialState, request: Request[Any]) -> bool:
    """Tell whether an act is judged by its permit, or told with deviation and signatures, however late it is entered."""
    command = request.command
    act = PERMITTED.get(type(command))
    return happened_anyway(command) or (
        act is not None and permit_at(state, act, command, request.occurred) is not None
    )


def _check_closed(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield a request that carries closed data in the hand of a person who may not know it."""
    command, protocol = request.command, state.protocol
    closed = getattr(command, "arm", "") or getattr(command, "closed", False) or getattr(command, "field", "") == "arm"
    if (
        closed
        and protocol is not None
        and not may_see_arm(protocol, request.actor.role, arm_access(state.accounts, request.actor))
    ):
        yield fail(
            Code.CLOSED_DATA,
            message("role_that_may_see_arms"),
            request.actor.role,
            type(command).__name__,
            "2.3.2-j",
            "trial.blinding",
        )


def _check_origin(state: TrialState, kind: type[Any]) -> Conditions:
    retrospective = state.origin is Origin.RETROSPECTIVE
    if kind is RecordHistorical and not retrospective and state.trial:
        yield fail(Code.ORIGIN_WRONG, Origin.RETROSPECTIVE, state.origin or ABSENT, kind.__name__)
    elif retrospective and kind not in HISTORICAL:
        yield fail(Code.ORIGIN_WRONG, Origin.PROSPECTIVE, Origin.RETROSPECTIVE, kind.__name__)
