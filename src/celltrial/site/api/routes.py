"""The routes of the API. A program logs in as a person and acts in that person's session; nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.core import signing as sealing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.security import HttpBearer
from pydantic import Field

from celltrial import __version__
from celltrial.app.acting import moment_of
from celltrial.app.logging_in import Ticket
from celltrial.app.persons import AskedAct, who_acts
from celltrial.app.signing import waiting
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.facts.log_in.events import Ending
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.errors import ConflictError, UserError, WorldError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.description import CommandForm, describe, forms
from celltrial.forms.reading import read
from celltrial.forms.schema import json_schema
from celltrial.locale.form_words import command_title
from celltrial.locale.sentences import answer_data
from celltrial.locale.wording import field_text, in_words
from celltrial.site.api import plain
from celltrial.site.api.problems import problem
from celltrial.site.house import the_house
from celltrial.site.routing import is_background, language_of, visit_in_trial
from celltrial.site.tickets import packed, unpacked
from celltrial.site.visit import TrialVisit, Visit

#: So many records at once, at most.
MOST: Final = 500
#: The ticket for the next request, in every answer to one that carried a ticket.
NEXT: Final = "Celltrial-Ticket"


class Session(HttpBearer):
    """A ticket of the person's own session, as `POST session` gives it and every answer renews it."""

    def authenticate(self, request: HttpRequest, token: str) -> Visit | None:
        """Return who asks; None where the session is over or never was."""
        try:
            ticket = unpacked(token)
        except sealing.BadSignature:
            return None
        seen = the_house().door.seen(ticket, touch=not is_background(request))
        if isinstance(seen, Ending):
            return None
        request.celltrial_ticket = seen[0]
        return Visit(request, the_house(), language_of(request), *seen)


class LogIn(Schema):
    """What a person proves."""

    account: str
    passphrase: str
    code: str = ""


class Asked(Schema):
    """An act. The fields are those of the command; `occurred` is ISO 8601, now unless given."""

    fields: dict[str, Any] = Field(default_factory=dict)
    occurred: str = ""
    reason: str = ""


class OneOfMany(Asked):
    """An act among several; `key` is what `Idempotency-Key` is for a single act."""

    command: str
    key: str = ""


class Many(Schema):
    """Acts that are carried out one after another, each by itself."""

    acts: list[OneOfMany] = Field(min_length=1, max_length=500)


class Signed(Schema):
    """A signature over the hash of what was read, with the components proved anew."""

    sha256: str
    passphrase: str = ""
    code: str = ""


api = NinjaAPI(
    title="celltrial",
    version=__version__,
    docs_url=None,
    auth=Session(),
    urls_namespace="api",
    openapi_url="openapi.json",
)


@api.post("session", auth=None, summary="Log in; the ticket opens the person's own session", operation_id="log_in")
def log_in(request: HttpRequest, body: LogIn) -> HttpResponse:
    """Open a session; every attempt is on record, and an address that tries too often waits."""
    house, language = the_house(), language_of(request)
    wait = house.throttle.wait_of(str(request.META.get("REMOTE_ADDR", "")))
    if wait:
        response = problem(429, language)
        response["Retry-After"] = str(wait)
        return response
    ticket = house.door.enter(body.account, body.passphrase, body.code)
    if isinstance(ticket, Refused):
        return problem(401, language, conditions=ticket.conditions)
    idle, longest = house.door.ends(ticket)
    return JsonResponse({"ticket": packed(ticket), "idle_end": _iso(idle), "end": _iso(longest)}, status=201)


@api.delete("session", summary="Log out", operation_id="log_out")
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    ticket: Ticket = request.celltrial_ticket
    the_house().door.leave(ticket)
    del request.celltrial_ticket
    return HttpResponse(status=204)


@api.get("trials", summary="Trials in which the person holds a role", operation_id="trials")
def trials(request: HttpRequest) -> HttpResponse:
    """List trials; others are not named."""
    found = []
    for name in the_house().trials.names():
        try:
            found.append(plain.trial_data(_trial(request, name).state))
        except Http404:
            continue
    return _json({"trials": found})


@api.post("trials", summary="Register a trial", operation_id="register")
def register(request: HttpRequest, body: Asked) -> HttpResponse:
    """Register a new trial; whoever does is its first sponsor's officer."""
    visit, item = request.auth, describe(RegisterTrial)
    command = read(item, body.fields, zone="UTC")
    check_values(command, item.name)
    acting = who_acts(EMPTY, command, person=visit.person)
    assert acting is not None
    answer = visit.house.trials.register(command.trial, command, acting, "UTC", _key(request))
    if isinstance(answer, Refused):
        return problem(422, visit.language, conditions=answer.conditions)
    return _json(answer_data(answer, visit.language), 201)


@api.get("trials/{trial}", summary="The status of a trial", operation_id="trial")
def trial(request: HttpRequest, trial: str) -> HttpResponse:
    """Return version, sites, suspensions and halts."""
    visit = _trial(request, trial)
    return _json(
        {**plain.trial_data(visit.state), "acting_as": {"role": visit.actor.role.value, "site": visit.actor.site}}
    )


@api.get("trials/{trial}/worklist", summary="What is due, and from whom", operation_id="worklist")
def worklist(request: HttpRequest, trial: str) -> HttpResponse:
    """Return everything due that the reader may know of."""
    visit = _trial(request, trial)
    return _json(
        {"due": [plain.work_data(item, visit.language) for item in visit.held.worklist(visit.actor, visit.moment)]}
    )


@api.get("trials/{trial}/subjects", summary="Subjects", operation_id="subjects")
def subjects(request: HttpRequest, trial: str) -> HttpResponse:
    """Return the subjects that the reader may read."""
    return _json({"subjects": [plain.subject_data(item) for item in _trial(request, trial).state.subjects.values()]})


@api.get("trials/{trial}/subjects/{subject}", summary="One subject", operation_id="subject")
def subject(request: HttpRequest, trial: str, subject: str) -> HttpResponse:
    """Return one subject; another site's is none."""
    known = _trial(request, trial).state.subjects.get(subject)
    if known is None:
        raise Http404
    return _json(plain.subject_data(known))


@api.get("trials/{trial}/records", summary="Records in order, by pages", operation_id="records")
def records(request: HttpRequest, trial: str, after: int = 0, limit: int = 100, about: str = "") -> HttpResponse:
    """Return records above a position, at most `limit`; `next` says where to go on, null at the end.

    about: a stream such as `subject/P1`; every stream unless given.
    """
    visit = _trial(request, trial)
    count = min(max(limit, 1), MOST)
    streams = (about,) if about else ()
    found = visit.held.records(visit.actor, after=max(after, 0), streams=streams, most=count + 1)
    page = found[:count]
    more = page[-1].position if len(found) > count else None
    return _json(
        {
            "records": [plain.record_data(event, visit.language) for event in page],
            "next": more,
            "position": visit.state.position,
        }
    )


@api.get("trials/{trial}/signatures", summary="Acts that wait for signatures", operation_id="signatures")
def signatures(request: HttpRequest, trial: str) -> HttpResponse:
    """Return what waits, with what is signed."""
    visit = _trial(request, trial)
    return _json({"waiting": [plain.waiting_data(item) for item in waiting(visit.state, visit.moment, visit.actor)]})


@api.post("trials/{trial}/signatures/{signing}", summary="Sign", operation_id="sign")
def sign(request: HttpRequest, trial: str, signing: str, body: Signed) -> HttpResponse:
    """Sign an act that waits; the components are proved anew, and a wrong one counts as a failed log-in."""
    visit = _trial(request, trial)
    if signing not in visit.state.pending:
        raise Http404
    assert visit.ticket is not None
    proved = visit.house.prove_anew(visit.ticket, body.passphrase, body.code)
    if isinstance(proved, Refused):
        return problem(422, visit.language, conditions=proved.conditions)
    acting = replace(visit.acting, log_in=proved)
    answer = visit.held.submit(GiveSignature(signing, body.sha256), acting, visit.moment, request_id=_key(request))
    return _answer(visit, answer)


@api.post("trials/{trial}/acts", summary="Many acts, each by itself", operation_id="acts")
def acts(request: HttpRequest, trial: str, body: Many) -> HttpResponse:
    """Carry out acts one after another; the answer holds a result for each, with the status that it would have had alone.

    One that is refused or cannot be read keeps no other from being carried out. Send a list again with the same keys and
    nothing is carried out twice.
    """
    visit = _trial(request, trial)
    made = [_one_of(visit, one) for one in body.acts]
    answers = iter(visit.held.submit_many([one for one in made if isinstance(one, AskedAct)], visit.acting))
    results = [_result(visit, next(answers) if isinstance(one, AskedAct) else one) for one in made]
    return _json({"results": results, "position": visit.held.state().position})


def _one_of(visit: TrialVisit, one: OneOfMany) -> AskedAct | UserError | None:
    """Return an act as it is asked for, or what cannot be read; None where there is no such act."""
    from celltrial.site.act.view import is_elsewhere

    form = next((item for item in forms() if item.name == one.command and not is_elsewhere(item.name)), None)
    if form is None:
        return None
    key = one.key or str(uuid4())
    try:
        command = read(form, one.fields, zone=visit.zone)
        check_values(command, form.name)
        at = moment_of(one.occurred, visit.zone) if one.occurred else visit.first_moment(key, visit.zone)
    except UserError as error:
        return error
    return AskedAct(command, at, one.reason, key)


def _result(visit: TrialVisit, answer: Ruling | UserError | ConflictError | None) -> dict[str, Any]:
    """Return what a single act would have been answered: its status and its body."""
    language = visit.language
    if answer is None:
        response = problem(404, language)
    elif isinstance(answer, UserError):
        response = problem(422, language, faults=answer.faults)
    elif isinstance(answer, ConflictError):
        response = problem(409, language, faults=(answer.fault,))
    else:
        response = _answer(visit, answer)
    return {"status": response.status_code, **_body(response)}


@api.get("forms/{command}", summary="What a command asks, as JSON Schema", operation_id="form")
def form(request: HttpRequest, command: str) -> HttpResponse:
    """Return the schema of the fields of a command in the language asked for."""
    found = next((item for item in forms() if item.name == command), None)
    if found is None:
        raise Http404
    return _json(_schema(found, language_of(request)))


def _act(command: CommandForm, *, preview: bool) -> Callable[..., HttpResponse]:
    def asked(request: HttpRequest, trial: str, body: Asked) -> HttpResponse:
        visit = _trial(request, trial)
        zone = visit.zone
        made = read(command, body.fields, zone=zone)
        check_values(made, command.name)
        at = moment_of(body.occurred, zone) if body.occurred else visit.first_moment(_key(request), zone)
        if preview:
            return _answer(visit, visit.held.preview(made, visit.acting, at, body.reason))
        return _answer(visit, visit.submit(made, at, body.reason, _key(request)))

    return asked


def _register() -> None:
    """Make a route for every act; a scanned identity is judged by an act on record only, so it has no preview."""
    from celltrial.site.act.view import is_elsewhere, is_scanned

    for item in forms():
        if is_elsewhere(item.name):
            continue
        for preview in (False, True):
            if preview and is_scanned(item):
                continue
            api.post(
                f"trials/{{trial}}/{'previews' if preview else 'acts'}/{item.name}",
                summary=command_title(item, "en"),
                operation_id=f"{'preview' if preview else 'act'}_{item.name}",
                openapi_extra={"x-fields": _schema(item, "en"), "parameters": [_KEY_PARAMETER]},
            )(_act(item, preview=preview))


_KEY_PARAMETER: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string"},
    "description": "The same key is carried out once; its answer is that of the first time.",
}


def _schema(item: CommandForm, language: Any) -> dict[str, Any]:
    return json_schema(
        item,
        lambda field: (
            in_words(field.label, language),
            field_text(f"{field.owner}.{field.name}", language, "form.help.field"),
        ),
        command_title(item, language),
    )


def _key(request: HttpRequest) -> str:
    return str(request.headers.get("Idempotency-Key", "")) or str(uuid4())


def _trial(request: HttpRequest, trial: str) -> TrialVisit:
    visit: Visit = request.auth
    assert visit.person is not None
    return visit_in_trial(visit, visit.person, trial)


def _answer(visit: TrialVisit, answer: Ruling) -> HttpResponse:
    """Return what was recorded, what waits for signatures, or every condition that failed."""
    if isinstance(answer, Refused):
        return problem(422, visit.language, conditions=answer.conditions)
    data = answer_data(answer, visit.language)
    return _json(data, 202 if data["waiting"] else 200)


def _json(data: Any, status: int = 200) -> HttpResponse:
    return JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False})


def _iso(at: datetime) -> str:
    return at.isoformat()


@api.exception_handler(UserError)
def _user_error(request: HttpRequest, error: UserError) -> HttpResponse:
    return problem(422, language_of(request), faults=error.faults)


@api.exception_handler(ConflictError)
def _conflict(request: HttpRequest, error: ConflictError) -> HttpResponse:
    return problem(409, language_of(request), faults=(error.fault,))


@api.exception_handler(WorldError)
def _world_error(request: HttpRequest, error: WorldError) -> HttpResponse:
    return problem(503, language_of(request), faults=(error.fault,))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
    return problem(404, language_of(request))


def _unauthorised(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ARG001
    return problem(401, language_of(request))


def _unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    response = problem(422, language_of(request))
    if hasattr(error, "errors"):
        return _json({**_body(response), "places": [[*map(str, item["loc"])] for item in error.errors]}, 422)
    return response


def _body(response: HttpResponse) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(response.content)
    return found


def renewed(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the ticket for the next request with every answer to one that carried a ticket."""

    def with_ticket(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        ticket = getattr(request, "celltrial_ticket", None)
        if ticket is not None:
            response[NEXT] = packed(ticket)
        return response

    return with_ticket


def _handlers() -> None:
    from ninja.errors import AuthenticationError, HttpError, ValidationError

    api.add_exception_handler(AuthenticationError, _unauthorised)
    api.add_exception_handler(ValidationError, _unreadable)
    api.add_exception_handler(HttpError, _unreadable)


_handlers()
_register()
