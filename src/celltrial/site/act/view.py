"""A plain page for every command, made from its description; a live check is the decision without the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of, moment_of
from celltrial.app.drafting import REPORT, draft_of
from celltrial.conduct.acts.account.reach import may_read_event
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.signing.deciders import needed_by
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.signing.events import SignatureRequested
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.description import CommandForm, Group, forms
from celltrial.forms.reading import read
from celltrial.locale.form_words import command_help, command_title
from celltrial.site.form.rows import Problems, form_groups, known_values
from celltrial.site.form.words import PREFIX, data_of, words_of
from celltrial.site.meanwhile import SEEN, meanwhile
from celltrial.site.records import Shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Fields that name what a record is about: what somebody else recorded of it since the form was shown is shown first.
_STREAMS: Final = ("subject", "batch", "cohort")
#: Commands that have a page of their own: to sign needs the components proved anew, and the content read.
_ELSEWHERE: Final = frozenset({"GiveSignature", "DeclineSignature", "WithdrawSignature", "RegisterTrial"})


@dataclass(frozen=True, slots=True)
class _Typed:
    """What came from a form, and the command that it makes; None where something cannot be read."""

    words: dict[str, str]
    reason: str
    occurred: str
    request: str
    command: Any
    moment: Instant | None
    faults: tuple[Fault, ...]


def every_act(visit: TrialVisit) -> HttpResponse:
    """List every command that the role may give, by area; the others apart."""
    shown = [form for form in forms() if form.name not in _ELSEWHERE]
    own = [form for form in shown if visit.actor.role in form.roles]
    areas: dict[str, list[tuple[str, str, str]]] = {}
    for form in own:
        row = (form.name, command_title(form, visit.language), command_help(form, visit.language))
        areas.setdefault(form.area, []).append(row)
    return page(visit, "act/list.html", areas=areas)


def act(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the form of a command, or carry out what was filled in."""
    form = _form(name)
    if visit.is_taken_up:
        return _shown(visit, form, _typed(visit, form))
    if not visit.is_post:
        words = {key.removeprefix(PREFIX): visit.asked(key) for key in visit.request.GET}
        known = {item.name for item in form.fields}
        words = {key: value for key, value in words.items() if key.split(".")[0] in known}
        return _shown(visit, form, _Typed(words, "", "", str(uuid4()), None, None, ()))
    typed = _typed(visit, form)
    if visit.given("more"):
        return _shown(visit, form, typed, more=visit.given("more"))
    if visit.given("draft") and name == REPORT:
        return _keep_draft(visit, form, typed)
    if typed.command is None or typed.moment is None:
        return _shown(visit, form, typed, faults=typed.faults, status=422)
    changed = meanwhile(visit, [f"{name}/{typed.words[name]}" for name in _STREAMS if typed.words.get(name)])
    if changed:
        return _shown(visit, form, typed, changed=changed, status=409)
    answer = visit.submit(typed.command, typed.moment, typed.reason, typed.request)
    if isinstance(answer, Refused):
        return _shown(visit, form, typed, answer=answer, status=422)
    return HttpResponseRedirect(visit.path(f"acts/{typed.request}/"))


def check(visit: TrialVisit, name: str) -> HttpResponse:
    """Say what would be decided now of what is in the form; nothing is written."""
    form = _form(name)
    typed = _typed(visit, form)
    if is_scanned(form) or not visit.is_post:
        raise Http404
    answer: Ruling | None = None
    if typed.command is not None and typed.moment is not None:
        answer = visit.held.preview(typed.command, visit.acting, typed.moment, typed.reason)
    return page(visit, "act/check.html", **_answer(form, visit, typed.faults, answer), at=visit.held.now())


def done(visit: TrialVisit, request_id: str) -> HttpResponse:
    """Show what an act left on record: read from the ledger, not remembered."""
    with visit.held.session() as session:
        events = session.carried_out(request_id)
    events = tuple(item for item in events if may_read_event(visit.held.state(), visit.actor, item))
    if not events:
        raise Http404
    waiting = [item.fact for item in events if isinstance(item.fact, SignatureRequested)]
    rows = [(item.position, NAMES[type(item.fact)], item.stream, item.occurred) for item in events]
    return page(visit, "act/done.html", rows=rows, waiting=waiting, pending=visit.state.pending)


def is_scanned(form: CommandForm) -> bool:
    """Tell whether an identity is scanned: it is judged by an act on record only, or codes could be tried out."""
    return any(item.group is Group.SCANNED for item in form.fields)


def is_elsewhere(name: str) -> bool:
    """Tell whether a command has a page and a route of its own."""
    return name in _ELSEWHERE


def _form(name: str) -> CommandForm:
    if name not in COMMANDS or name in _ELSEWHERE:
        raise Http404
    return form_of(name)


def _typed(visit: TrialVisit, form: CommandForm) -> _Typed:
    """Read a form: every fault at once, of the fields and of the moment."""
    words = words_of(form, visit.request.POST)
    faults: list[Fault] = []
    command, moment, zone = None, None, _zone(visit, words)
    try:
        command = read(form, data_of(form, words), zone=zone)
        check_values(command, form.name)
    except UserError as error:
        command = None
        faults += error.faults
    occurred = visit.given("occurred").strip()
    try:
        moment = moment_of(occurred, zone) if occurred else visit.first_moment(visit.given("request"), zone)
    except UserError as error:
        faults += error.faults
    return _Typed(
        words, visit.given("reason"), occurred, visit.given("request") or str(uuid4()), command, moment, tuple(faults)
    )


def _zone(visit: TrialVisit, words: dict[str, str]) -> str:
    """Return the zone of the site that a form is about, else the reader's."""
    subject = visit.state.subjects.get(words.get("subject", ""))
    site = subject.site if subject is not None else words.get("site", "")
    return visit.state.zone_of(site) if site in visit.state.sites else visit.zone


def _keep_draft(visit: TrialVisit, form: CommandForm, typed: _Typed) -> HttpResponse:
    """Keep an adverse event that cannot be reported yet, with what was typed and what it lacks."""
    wrong: tuple[Fault | Condition, ...] = typed.faults
    moment = typed.moment or visit.moment
    if typed.command is not None:
        answer = visit.held.preview(typed.command, visit.acting, moment, typed.reason)
        wrong = answer.conditions if isinstance(answer, Refused) else ()
    text = json.dumps(data_of(form, typed.words), ensure_ascii=False)
    draft = draft_of(text, (), wrong, visit.moment, _zone(visit, typed.words))
    kept = visit.submit(draft, visit.moment, typed.reason, typed.request)
    if isinstance(kept, Refused):
        return _shown(visit, form, typed, answer=kept, status=422)
    return HttpResponseRedirect(visit.path(f"acts/{typed.request}/"))


def _answer(form: CommandForm, visit: TrialVisit, faults: tuple[Fault, ...], answer: Ruling | None) -> dict[str, Any]:
    """Return what a page shows of an answer: what fails, else what follows; values stay closed."""
    conditions = answer.conditions if isinstance(answer, Refused) else ()
    follows = [NAMES[type(item.fact)] for item in answer.drafts] if isinstance(answer, Accepted) else []
    waiting = [item.fact for item in answer.drafts if isinstance(item.fact, SignatureRequested)] if answer else []
    return {
        "form": form,
        "faults": faults,
        "conditions": conditions,
        "later": tuple(item for item in conditions if needed_by((item,))),
        "follows": follows,
        "waiting": waiting,
        "accepted": isinstance(answer, Accepted),
        "allowed_role": visit.actor.role in form.roles,
    }


def _shown(
    visit: TrialVisit,
    form: CommandForm,
    typed: _Typed,
    *,
    faults: tuple[Fault, ...] = (),
    answer: Refused | None = None,
    changed: tuple[Shown, ...] = (),
    more: str = "",
    status: int = 200,
) -> HttpResponse:
    conditions = answer.conditions if answer is not None else ()
    rows = {}
    if more:
        numbers = [int(key[len(more) + 1 :].split(".")[0]) for key in typed.words if key.startswith(f"{more}.")]
        rows = {more: max(numbers, default=0) + 1}
    groups = form_groups(
        form,
        visit.language,
        typed.words,
        more=rows,
        problems=Problems(faults, conditions),
        known=known_values(visit.state),
    )
    zone = _zone(visit, typed.words)
    others = [item for item in visit.choices if item.role in form.roles]
    context = {
        **_answer(form, visit, faults, answer),
        "groups": groups,
        "typed": typed,
        "zone": zone,
        "title": command_title(form, visit.language),
        "about": command_help(form, visit.language),
        "scanned": is_scanned(form),
        "may_draft": form.name == REPORT,
        "others": others,
        "changed": changed,
        "seen": (SEEN, visit.state.position),
        "now": Instant(visit.now.astimezone(UTC), zone),
    }
    return page(visit, "act/page.html", status=status, **context)


ROUTES: Final = (
    Route("t/<str:trial>/do/", every_act, menu="site.act.menu"),
    Route("t/<str:trial>/do/<str:name>/", act),
    Route("t/<str:trial>/do/<str:name>/check/", check),
    Route("t/<str:trial>/acts/<str:request_id>/", done),
)
