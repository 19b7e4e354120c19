"""The rule of conduct: `decide(state, request, now=...) -> Accepted | Refused`, one visible table.

An accepted request carries its own facts and everything that follows from
them in the same transaction (`monitors.MONITORS`): a suspension is on record
before anything else can happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.access import check_access, site_of
from celltrial.conduct.acts.account.blinding import without_closed_values
from celltrial.conduct.acts.account.deciders import DECIDERS as ACCOUNT
from celltrial.conduct.acts.account.duties import check_duties
from celltrial.conduct.acts.assessment.deciders import DECIDERS as ASSESSMENT
from celltrial.conduct.acts.batch.deciders import DECIDERS as BATCH
from celltrial.conduct.acts.checks import Decider
from celltrial.conduct.acts.cohort.deciders import DECIDERS as COHORT
from celltrial.conduct.acts.document.deciders import DECIDERS as DOCUMENT
from celltrial.conduct.acts.document.naming import check_documents
from celltrial.conduct.acts.follow_up.deciders import DECIDERS as FOLLOW_UP
from celltrial.conduct.acts.permit.deciders import DECIDERS as PERMIT
from celltrial.conduct.acts.references import check_references
from celltrial.conduct.acts.safety.deciders import DECIDERS as SAFETY
from celltrial.conduct.acts.scope.deciders import DECIDERS as SCOPE
from celltrial.conduct.acts.signing.commands import DeclineSignature, GiveSignature, WithdrawSignature
from celltrial.conduct.acts.signing.deciders import ask_for_signatures, decline, give, withdraw
from celltrial.conduct.acts.site.deciders import DECIDERS as SITE
from celltrial.conduct.acts.subject.deciders import DECIDERS as SUBJECT
from celltrial.conduct.acts.trial.deciders import DECIDERS as TRIAL
from celltrial.conduct.acts.tumour.deciders import DECIDERS as TUMOUR
from celltrial.conduct.envelope import Draft, Event, Precision, Request
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.monitors import MONITORS
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.core.dates import Instant

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        **TRIAL,
        **ACCOUNT,
        **PERMIT,
        **DOCUMENT,
        DeclineSignature: decline,
        WithdrawSignature: withdraw,
        **SITE,
        **SUBJECT,
        **BATCH,
        **COHORT,
        **SCOPE,
        **SAFETY,
        **ASSESSMENT,
        **TUMOUR,
        **FOLLOW_UP,
    }
)  # fmt: skip
"""Command type to decider; holds every type of `commands.COMMANDS` but `GiveSignature`, which judges another act again."""


def decide(state: TrialState, request: Request[Any], *, now: datetime) -> Ruling:
    """Return the facts that a request brings, or every condition that it fails.

    state:   the fold of all events of the trial.
    request: the command, who gives it, when the act happens; in whatever zone that was written, what happens to a
             subject or at a site is remembered in the site's own.
    now:     the server's time, UTC.
    """
    request = _in_site_time(state, request)
    failed = tuple(check_access(state, request, now))
    if failed:
        return Refused(failed)
    if isinstance(request.command, GiveSignature):
        return give(state, request, now, _judge_signed)
    answer = _judge(state, request, now)
    waiting = ask_for_signatures(state, request, answer, now) if isinstance(answer, Refused) else None
    return waiting or answer


def _judge_signed(state: TrialState, request: Request[Any], now: datetime) -> Ruling:
    """Decide an act whose persons were proved when each of them signed."""
    failed = tuple(check_access(state, request, now, proved=True))
    return Refused(failed) if failed else _judge(state, request, now)


def _judge(state: TrialState, request: Request[Any], now: datetime) -> Ruling:
    unknown = tuple(check_references(state, request.command))
    answer = Refused(unknown) if unknown else DECIDERS[type(request.command)](state, request, now)
    segregated = (*check_duties(state, request), *check_documents(state, request))
    if segregated:
        others, drafts = (answer.conditions, answer.drafts) if isinstance(answer, Refused) else ((), ())
        return Refused(without_closed_values(state, request, (*others, *segregated)), drafts)
    if isinstance(answer, Refused):
        return Refused(without_closed_values(state, request, answer.conditions), answer.drafts)
    return Accepted(_with_consequences(state, answer.drafts, request, now))


def _in_site_time(state: TrialState, request: Request[Any]) -> Request[Any]:
    """Return the request with its moment on the site's clock, so that its day is the site's; a bare day stays as written."""
    site = state.sites.get(site_of(state, request.command) or "")
    exact = request.precision in {Precision.SECOND, Precision.MINUTE}
    if site is None or not exact or request.occurred.zone == site.zone:
        return request
    return replace(request, occurred=Instant(request.occurred.utc, site.zone))


def project(state: TrialState, draft: Draft[Any], request: Request[Any], now: datetime) -> TrialState:
    """Return the state as it will be once a draft is recorded."""
    event = Event(
        trial=state.trial,
        position=state.position + 1,
        stream=draft.stream,
        version=0,
        fact=draft.fact,
        occurred=draft.occurred,
        precision=draft.precision,
        recorded=now,
        actor=draft.actor or request.actor,
        reason=request.reason if draft.reason is None else draft.reason,
        cause=request.id,
        protocol_version=state.version,
    )
    return evolve(state, event)


def _with_consequences(
    state: TrialState, drafts: tuple[Draft[Any], ...], request: Request[Any], now: datetime
) -> tuple[Draft[Any], ...]:
    """Return the drafts followed by what the monitors make of each, in order, until nothing more follows."""
    if not any(type(draft.fact) in MONITORS for draft in drafts):
        return drafts
    every = list(drafts)
    for draft in drafts:
        state = project(state, draft, request, now)
    watched = 0
    while watched < len(every):
        fact = every[watched].fact
        watched += 1
        for monitor in MONITORS.get(type(fact), ()):
            for stream, follows in tuple(monitor(state, fact, request.occurred)):
                draft = Draft(stream, follows, request.occurred, request.precision)
                every.append(draft)
                state = project(state, draft, request, now)
    return tuple(every)
