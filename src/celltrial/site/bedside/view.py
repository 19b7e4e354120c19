"""The bedside: one infusion as one flow, one question and one main button a step.

Where it has come to is read from the ledger each time. A submission carries the identifier made when its form was drawn, and
whose it is: sent again because the network failed it is answered as the first time, and nobody else's session carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.bedside import Bedside, Step, act_at, asks_redose, bedside, conditions_of
from celltrial.app.persons import Acting, held_roles
from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.commands import COMMANDS as KINDS
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.acts.signing.deciders import needed_by
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.batch.events import IdentityMismatchFound
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.signing.events import SignatureRequested
from celltrial.conduct.facts.signing.state import PendingAct, fits
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.gates.act import Act
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.bedside.steps import COMMANDS, is_scanned, moment_of, observed, rows, typed
from celltrial.site.form.rows import NO_PROBLEMS, Problems
from celltrial.site.gate.view import own_conditions
from celltrial.site.log_in.view import address_of
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.signing.view import content_rows, may_sign, waiting_acts
from celltrial.site.visit import TrialVisit


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a submission came to, where the page shows the form again."""

    words: dict[str, str]
    faults: tuple[Fault, ...] = ()
    conditions: tuple[Condition, ...] = ()
    alarm: tuple[IdentityMismatchFound, AlertRaised] | None = None
    stranger: str = ""
    signer: str = ""


_NOTHING: Final = _Answer({})


def bedsides(visit: TrialVisit) -> HttpResponse:
    """List the subjects of the reader who are at the bedside, the one whose product runs out first on top."""
    state = visit.held.redacted(visit.actor)
    found = [bedside(state, name, visit.moment) for name in visit.state.subjects]
    here = [item for item in found if item is not None]
    here.sort(
        key=lambda item: (item.step is Step.OBSERVE, item.batch.expires is None, _expiry(item), item.subject.subject)
    )
    return page(visit, "bedside/list.html", beds=here)


def _expiry(item: Bedside) -> float:
    return item.batch.expires.utc.timestamp() if item.batch.expires is not None else 0.0


def flow(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the next step for one subject, or carry it out."""
    here = _here(visit, name)
    if here is None:
        return page(visit, "bedside/early.html", subject=visit.state.subjects[name])
    if not visit.is_post:
        return _shown(visit, here, _NOTHING)
    step = _step(visit)
    if visit.given("as") != _person(visit):
        return _shown(visit, here, _Answer({}, stranger=visit.given("as").partition(" ")[0]), status=409)
    moment = moment_of(visit, here)
    came = typed(visit, here, step, moment)
    if came.command is None:
        return _shown(visit, here, _Answer(dict(came.words), faults=came.faults), step=step, status=422)
    answer = visit.submit(came.command, moment, request_id=visit.given("request"))
    if isinstance(answer, Refused):
        told = _Answer(dict(came.words), conditions=answer.conditions, alarm=_alarm(answer))
        return _shown(visit, here, told, step=step, status=422)
    return HttpResponseRedirect(visit.path(f"bedside/{name}/"))


def check(visit: TrialVisit, name: str) -> HttpResponse:
    """Say what would be decided now of a step; a scanned code is not judged here, only everything else."""
    here = _here(visit, name)
    if here is None or not visit.is_post:
        raise Http404
    step = _step(visit)
    moment = moment_of(visit, here)
    came = typed(visit, here, step, moment, scans=False)
    answer = None
    if came.command is not None:
        answer = visit.held.preview(came.command, visit.acting, moment)
    conditions = answer.conditions if isinstance(answer, Refused) else ()
    drafts = answer.drafts if isinstance(answer, Accepted) else ()
    return page(
        visit, "act/check.html", faults=came.faults, conditions=own_conditions(visit, name, conditions), at=visit.now,
        accepted=isinstance(answer, Accepted), follows=[NAMES[type(item.fact)] for item in drafts],
        waiting=[item.fact for item in drafts if isinstance(item.fact, SignatureRequested)],
        later=tuple(item for item in conditions if needed_by((item,))),
    )  # fmt: skip


def sign(visit: TrialVisit, name: str) -> HttpResponse:
    """Let the second person sign at this device: in a session of their own that begins and ends with the signature."""
    here = _here(visit, name)
    if here is None or not visit.is_post:
        raise Http404
    path = visit.path(f"bedside/{name}/")
    signing, account = visit.given("signing"), visit.given("account").strip()
    waiting = here.waiting
    if waiting is None or waiting.asked.signing != signing:  # signed meanwhile, here or on another device
        return HttpResponseRedirect(path)
    if wait := visit.house.throttle.wait_of(address_of(visit)):
        response = _shown(visit, here, _Answer({}, signer=account), wait=wait, status=429)
        response["Retry-After"] = str(wait)
        return response
    answer = _signed(visit, here, waiting, account)
    if isinstance(answer, Refused):
        told = _Answer({}, conditions=answer.conditions, alarm=_alarm(answer), signer=account)
        return _shown(visit, here, told, status=422)
    return HttpResponseRedirect(path)


def _signed(visit: TrialVisit, here: Bedside, waiting: PendingAct, account: str) -> Ruling:
    """Let whoever proves to own an account sign, in a role that is asked for: at the subject's site where one is held there."""
    with visit.house.second_person(account, visit.given("passphrase"), visit.given("code").strip()) as person:
        if isinstance(person, Refused):
            return person
        fitting = [
            grant
            for grant in held_roles(visit.held.state(), person.account)
            if any(fits(one, one.part, grant.role) for one in waiting.open)
        ]
        at_site = [grant for grant in fitting if grant.site == here.subject.site]
        grant = next(iter([*at_site, *fitting]), None)  # without one conduct says what is lacking
        role, site = (grant.role, grant.site) if grant is not None else (Role.NURSE, here.subject.site)
        acting = Acting(Actor(person.account, role, site, person.printed_name), person)
        signed = GiveSignature(waiting.asked.signing, visit.given("sha256"))
        return visit.held.submit(signed, acting, visit.moment, request_id=visit.given("request"))


def _here(visit: TrialVisit, name: str) -> Bedside | None:
    """Return where the infusion of a subject of the reader has come to; another's is no page."""
    if name not in visit.state.subjects or not may_read(visit.state, visit.actor, f"subject/{name}"):
        raise Http404
    return bedside(visit.held.redacted(visit.actor), name, visit.moment)


def _step(visit: TrialVisit) -> Step:
    if visit.given("step") not in COMMANDS:
        raise Http404
    return Step(visit.given("step"))


def _person(visit: TrialVisit) -> str:
    """Return whose a form is: what waited for the network is sent by that person only."""
    return f"{visit.actor.id} {visit.actor.role.value} {visit.actor.site or '-'}"


def _alarm(answer: Refused) -> tuple[IdentityMismatchFound, AlertRaised] | None:
    """Return what was scanned instead, and the alert of it, where a refusal left them on record."""
    facts = [draft.fact for draft in answer.drafts]
    found = next((item for item in facts if isinstance(item, IdentityMismatchFound)), None)
    alert = next((item for item in facts if isinstance(item, AlertRaised)), None)
    return (found, alert) if found is not None and alert is not None else None


def _shown(
    visit: TrialVisit, here: Bedside, answer: _Answer, *, step: Step | None = None, wait: int = 0, status: int = 200
) -> HttpResponse:
    """Show the step that is due; the one that was just refused, where the flow has not gone past it meanwhile."""
    name, waiting = here.subject.subject, here.waiting
    shown = step if step is not None and waiting is None and here.step is not Step.OBSERVE else here.step
    problems = Problems(answer.faults, answer.conditions) if not answer.alarm else NO_PROBLEMS
    kind = KINDS.get(COMMANDS.get(shown, ""))
    form = describe(kind) if kind is not None else None
    act = act_at(visit.held.redacted(visit.actor), name, here.at)
    own = replace(here, unmet=own_conditions(visit, name, here.unmet))
    return page(
        visit, "bedside/page.html", status=status, bed=own, step=shown, steps=_steps(here, act), answer=answer, wait=wait,
        rows=rows(visit, here, shown, answer.words, problems) if form is not None else (),
        observed=observed(visit, here) if shown is Step.CHECK else (),
        title=command_title(form, visit.language) if form is not None else "",
        may=form is not None and visit.actor.role in form.roles, roles=form.roles if form is not None else (),
        scanned=form is not None and is_scanned(shown), request_id=str(uuid4()), person=_person(visit),
        content=_content(visit, waiting), signable=waiting is not None and may_sign(visit, waiting),
        infusion=act.protocol.treatment.infusion, left=_seconds_left(here), conditions=own_conditions(visit, name, _to_put_right(answer.conditions)),
        people=sorted(visit.house.demo.keys) if visit.house.demo is not None else (),
    )  # fmt: skip


def _to_put_right(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return conditions without the second person's signature, which nobody is asked for before everything else is met."""
    left = tuple(item for item in conditions if not needed_by((item,)))
    return left or conditions


def _steps(here: Bedside, act: Act) -> list[tuple[Step, str, Instant | None]]:
    """Return each step of this infusion, whether it is done, is due or lies ahead, and when it was done."""
    permit, given = here.permit, here.given
    done = {
        Step.CHECK: here.checked,
        Step.THAW: here.batch.thawed,
        Step.PERMIT: permit.since if permit is not None else None,
        Step.INFUSE: given.at if given is not None else None,
    }
    order = [step for step in Step if not (step is Step.CHECK and not (conditions_of(act) or asks_redose(act)))]
    order = [step for step in order if not (step is Step.THAW and not here.batch.needs_thaw)]
    place = order.index(here.step)
    return [
        (step, "now" if number == place else "done" if number < place else "ahead", done.get(step))
        for number, step in enumerate(order)
    ]


def _seconds_left(here: Bedside) -> int | None:
    """Return how many seconds a thawed product may still be given; None where nothing is thawed or all is given."""
    if here.given is not None or here.batch.thawed is None or here.batch.expires is None:
        return None
    return int((here.batch.expires.utc - here.at.utc).total_seconds())


def _content(visit: TrialVisit, act: PendingAct | None) -> list[tuple[int, str, str]]:
    """Return what waits for its second person, in words; nothing where this reader may not read it."""
    if act is None:
        return []
    waits = next(item for item in waiting_acts(visit) if item.act.asked.signing == act.asked.signing)
    return [] if waits.is_closed else [*content_rows(act.asked.command, waits.content["fields"], visit.language)]


ROUTES: Final = (
    Route("t/<str:trial>/bedside/", bedsides, menu="site.bedside.menu", of_subjects=True),
    Route("t/<str:trial>/bedside/<str:name>/", flow, of_subjects=True),
    Route("t/<str:trial>/bedside/<str:name>/check/", check, of_subjects=True),
    Route("t/<str:trial>/bedside/<str:name>/sign/", sign, of_subjects=True),
)
