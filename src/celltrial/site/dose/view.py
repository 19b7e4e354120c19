"""The dose meeting: counts by level, what the design says and how well it does, the recommendation, and who has signed."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.dose_meeting import changed_since, characteristics_of, dose_meeting
from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.cohort.commands import RecommendDose, SignDoseDecision
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.envelope import TRIAL
from celltrial.conduct.facts.cohort.events import DoseDecisionSigned
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.vocabulary import DoseMove, Signature
from celltrial.core.errors import Fault, UserError
from celltrial.forms.reading import Word, read
from celltrial.site.records import Shown, shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

_ASK, _DECIDE = "recommend", "decide"


def dose(visit: TrialVisit) -> HttpResponse:
    """Show the meeting to whoever may see arms; ask for a recommendation, or ask for the signatures of a decision."""
    if is_blinded(visit.state, visit.actor):
        return page(visit, "dose/closed.html")
    if not visit.is_post:
        return _shown(visit)
    request = visit.given("request") or str(uuid4())
    try:
        command = _command(visit)
    except UserError as error:
        return _shown(visit, faults=tuple(error.faults), status=422)
    answer = visit.submit(command, visit.first_moment(request, visit.zone), visit.given("reason"), request)
    if isinstance(answer, Refused):
        return _shown(visit, refused=answer.conditions, status=422)
    if visit.given("do") == _ASK:
        return HttpResponseRedirect(visit.path("dose/"))
    return HttpResponseRedirect(visit.path(f"acts/{request}/"))


def _command(visit: TrialVisit) -> RecommendDose | SignDoseDecision:
    """Return what is asked for; identifiers are made here, the rest is read as the command's form reads it."""
    state = visit.held.state()
    if visit.given("do") == _ASK:
        return RecommendDose(_free("R", state.recommendations))
    asked = {item.decision for item in state.decisions}
    made: SignDoseDecision = read(
        form_of("SignDoseDecision"),
        {
            "decision": _free("D", asked), "recommendation": visit.given("recommendation"), "move": Word(visit.given("move")),
            "next_level": Word(visit.given("next_level"))
        },
    )  # fmt: skip
    return made


def _free(start: str, taken: Any) -> str:
    number = len(taken) + 1
    while f"{start}-{number}" in taken:
        number += 1
    return f"{start}-{number}"


def _shown(
    visit: TrialVisit,
    *,
    refused: tuple[Condition, ...] = (),
    faults: tuple[Fault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    state = visit.held.redacted(visit.actor)
    meeting = dose_meeting(state, visit.moment)
    version = state.in_force
    exact = None
    if version is not None and state.protocol is not None:
        exact = characteristics_of(version.sha256, state.protocol)
    may = {
        name
        for name in ("RecommendDose", "SignDoseDecision", "OpenCohort", "DeclareRecommendedDose")
        if visit.actor.role in ROLES[COMMANDS[name]]
    }
    pending = [
        item
        for item in visit.state.pending.values()
        if item.asked.command in {"SignDoseDecision", "DeclareRecommendedDose"}
    ]
    return page(
        visit, "dose/page.html", status=status, meeting=meeting, exact=exact, may=may, pending=pending, refused=refused,
        faults=faults, changed=_changed(visit, meeting.last.position) if meeting.last and meeting.stale else (),
        decisions=state.decisions, moves=tuple(DoseMove), request=str(uuid4()),
        signed=_signed(visit), scenarios=_scenarios(visit),
        own=set(visit.state.subjects), next_cohort=_free("C", state.cohorts), recommended=state.recommended_level,
    )  # fmt: skip


def _signed(visit: TrialVisit) -> dict[str, tuple[Signature, ...]]:
    """Return the signatures under each decision, as they are on record."""
    found = (item.fact for item in visit.held.records(visit.actor, streams=(TRIAL,)))
    return {fact.decision: fact.signatures for fact in found if isinstance(fact, DoseDecisionSigned)}


def _scenarios(visit: TrialVisit) -> dict[str, str]:
    """Return what each scenario of the protocol is called in the reader's language."""
    protocol = visit.state.protocol
    if protocol is None or protocol.escalation is None:
        return {}
    return {item.id: item.name.said(visit.language) for item in protocol.escalation.scenarios}


def _changed(visit: TrialVisit, position: int) -> list[Shown]:
    """Return what changed the counts or the protocol since a recommendation, as its reader may see it."""
    with visit.held.session() as session:
        found = set(changed_since(session.events(), position))
    events = visit.held.records(visit.actor, after=position)
    return [shown(item, visit.language) for item in events if item.position in found]


ROUTES: Final = (Route("t/<str:trial>/dose/", dose, menu="site.dose.title", of_subjects=True),)
