"""Suspension gate: nothing that adds risk goes on while a scope is suspended or the trial is halted."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.scope.state import HaltState, SuspensionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import Condition, fail
from celltrial.conduct.vocabulary import BatchStatus, ScopeKind
from celltrial.core.dates import Instant
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Identifier,
    Protected,
    Sayable,
    Value,
    as_value,
    as_written,
    message,
)


def _applies(suspension: SuspensionState, level: int | None, arm: str) -> bool:
    """Tell whether a suspension covers this level or arm; a suspended level closes every higher one too."""
    if suspension.scope is ScopeKind.LEVEL:
        return level is None or level >= int(suspension.target)
    if suspension.scope is ScopeKind.ARM:
        return arm == suspension.target
    return True


def open_suspensions(
    state: TrialState, level: int | None, site: str, at: Instant, arm: str = ""
) -> Iterator[SuspensionState]:
    """Yield the suspensions that close this level, arm and site at a moment.

    After a resume only sites that accepted are open, and nothing that is said to have happened before it.
    """
    for suspension in state.suspensions.values():
        if not _applies(suspension, level, arm):
            continue
        if not suspension.is_open(site, at):
            yield suspension


def open_halts(state: TrialState, at: Instant | None = None) -> Iterator[HaltState]:
    """Yield the halts in force: now, or those not lifted by a moment."""
    for halt in state.halts.values():
        lifted_late = at is not None and halt.lifted_at is not None and halt.lifted_at.utc > at.utc
        if not halt.lifted or lifted_late:
            yield halt


def _suspended(suspension: SuspensionState, site: str = "") -> Condition:
    waits = suspension.is_lifted and "" not in suspension.opened and site not in suspension.sites
    lifted = message("resumed_later") if suspension.is_lifted else as_value(suspension.status)
    said: dict[str, Sayable] = {
        "scope": _scope(suspension),
        "status": message("site_has_not_accepted") if waits else lifted,
        "cause": Identifier(suspension.cause),
        "since": suspension.since,
    }
    crossing = suspension.crossing
    if crossing is None:
        found = message("suspended", **said)
    else:
        found = message(
            "suspended_by_rule",
            **said,
            events=crossing.events,
            evaluable=crossing.evaluable,
            boundary=crossing.boundary,
        )
    return fail(
        Code.SUSPENDED,
        message("no_suspension"),
        found,
        f"suspension/{suspension.suspension}",
        "2.1.2.4-c",
        "stopping.rules",
    )


def _scope(suspension: SuspensionState) -> Value:
    """Return what is suspended; the name of an arm is closed to blinded readers."""
    match suspension.scope:
        case ScopeKind.LEVEL:
            return message("level", level=int(suspension.target))
        case ScopeKind.ARM:
            return message("arm_named", arm=Protected("arm", Identifier(suspension.target)))
        case _:
            return as_value(suspension.scope)


def _halted(halt: HaltState) -> Condition:
    if halt.batch:
        found = message("halted", cause=halt.cause, batch=Identifier(halt.batch), since=halt.since)
    else:
        found = message("halted_for_cause", cause=halt.cause, since=halt.since)
    return fail(Code.HALTED, message("no_product_quality_halt"), found, f"halt/{halt.halt}", "2.1.3-m", "stopping.halt")


def check_not_halted(act: Act) -> Conditions:
    """Yield every product-quality halt in force at the act."""
    return (_halted(halt) for halt in open_halts(act.state, act.at))


def check_open(act: Act, level: int | None) -> Conditions:
    """Yield every suspension and halt in force for this subject's site and level; both kinds must clear."""
    for suspension in open_suspensions(act.state, level, act.site.site, act.at, act.subject.arm):
        yield _suspended(suspension, act.site.site)
    for halt in open_halts(act.state, act.at):
        yield _halted(halt)


def check_level_not_suspended(state: TrialState, level: int) -> Conditions:
    """Yield every suspension and halt that closes a level everywhere."""
    for suspension in state.suspensions.values():
        if not suspension.is_lifted and _applies(suspension, level, ""):
            yield _suspended(suspension)
    for halt in open_halts(state):
        yield _halted(halt)


def check_open_or_in_flight(act: Act, batch_id: str) -> Conditions:
    """Yield what closes an infusion, unless a signed exception under the protocol's in-flight rule covers it.

    The exception holds only for a subject already lymphodepleted, never for an implicated batch, and never where
    the protocol has no such rule.
    """
    subject, site = act.subject, act.site.site
    closed: list[tuple[SuspensionState | HaltState, Condition]] = [
        *(
            (item, _suspended(item, site))
            for item in open_suspensions(act.state, subject.level, site, act.at, subject.arm)
        ),
        *((item, _halted(item)) for item in open_halts(act.state, act.at)),
    ]
    for item, condition in closed:
        covered = subject.subject in item.exceptions and subject.is_lymphodepleted
        if not covered:
            yield condition
            if subject.is_lymphodepleted:
                yield _no_exception(act)
        elif _is_implicated(act.state, batch_id):
            yield condition
            yield fail(
                Code.IN_FLIGHT_RULE,
                message("batch_not_implicated"),
                as_written(batch_id),
                act.about,
                "2.1.2.4-c",
                "stopping.in_flight",
            )


def _no_exception(act: Act) -> Condition:
    stopping = act.protocol.stopping
    rule = stopping.in_flight if stopping is not None else None
    field = "stopping.in_flight"
    if rule is None:
        return fail(
            Code.PROTOCOL_SILENT,
            message("rule_for_subjects_in_flight"),
            NOT_STATED,
            act.about,
            "2.1.2.4-c",
            field,
        )
    needed = (
        message("signed_in_flight_exception")
        if rule.lymphodepleted_may_be_infused
        else message("no_infusion_in_flight")
    )
    return fail(Code.IN_FLIGHT_RULE, needed, ABSENT, act.about, "2.1.2.4-c", field)


def _is_implicated(state: TrialState, batch_id: str) -> bool:
    batch = state.batches.get(batch_id)
    named = any(halt.batch == batch_id for halt in state.halts.values() if not halt.ruled_out)
    return named or batch is None or batch.recalled or batch.status is BatchStatus.QUARANTINED
