"""Queries: open, answered, closed, opened again; each at a record or at one value of it; nothing closes one by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.querying import ValueAt, answer_with_correction, value_at
from celltrial.conduct.acts.access import site_of_record
from celltrial.conduct.acts.document.naming import subject_of_record
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import AnswerQuery, CloseQuery, OpenQuery, ReopenQuery
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.safety.events import QueryAnswered, QueryClosed, QueryOpened, QueryReopened
from celltrial.conduct.facts.safety.state import Query
from celltrial.conduct.ruling import Condition, Refused, Ruling
from celltrial.core.values import Identifier
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

STATUSES: Final = ("open", "answered", "closed")
#: What is shown where nothing is chosen: what somebody still has to do something about.
_PENDING: Final = ("open", "answered")


@dataclass(frozen=True, slots=True)
class Listed:
    """A query in the list: the site and subject that it is about, and its whole days since it was asked."""

    query: Query
    site: str
    subject: str
    days: int


def queries(visit: TrialVisit) -> HttpResponse:
    """List queries; the filters stand in the address, so that a list can be kept and sent."""
    status, site, about = visit.asked("status"), visit.asked("site"), visit.asked("about")
    wanted = (status,) if status in STATUSES else STATUSES if status == "all" else _PENDING
    rows = [_listed(visit, item) for item in visit.state.queries.values()]
    shown = [
        item
        for item in rows
        if item.query.status in wanted
        and (not site or item.site == site)
        and (not about or about in {item.query.about, item.subject, item.query.query})
    ]
    shown.sort(key=lambda item: (item.query.opened.utc, item.query.query))
    counts = {name: sum(item.query.status == name for item in rows) for name in STATUSES}
    return page(
        visit, "queries/list.html", rows=shown, counts=counts, chosen=status, site=site, about=about,
        statuses=STATUSES, sites=sorted({item.site for item in rows if item.site}), may_ask=_may(visit, OpenQuery),
    )  # fmt: skip


def new(visit: TrialVisit) -> HttpResponse:
    """Ask about a value, or about a whole record."""
    given = visit.given if visit.is_post else visit.asked
    about, field = given("about").strip(), given("field").strip()
    position = int(given("position")) if given("position").isdecimal() else None
    value = _value(visit, position, field) if position is not None else None
    if position is not None and value is None:
        raise Http404
    if value is not None and not about:
        about = value.stream
    shown: dict[str, Any] = {
        "about": about,
        "field": field,
        "position": position,
        "value": value,
        "mine": _may(visit, OpenQuery),
    }
    if not visit.is_post:
        return page(visit, "queries/new.html", **shown, question="", conditions=(), request=str(uuid4()))
    name = _free_name(visit) if not visit.given("query") else visit.given("query")
    fact = QueryOpened(name, about, Code.QUERY_ASKED, Identifier(visit.given("question").strip()), position, field)
    request = visit.given("request") or str(uuid4())
    at = visit.first_moment(request, visit.zone)
    with visit.held.session() as session:
        before = session.carried_out(request)
    if before:
        return HttpResponseRedirect(visit.path("queries/one/", query=before[0].fact.query))
    answer = visit.submit(OpenQuery(fact), at, request_id=request)
    if isinstance(answer, Refused):
        asked = {"question": visit.given("question"), "conditions": answer.conditions, "request": request}
        return page(visit, "queries/new.html", status=422, **shown, **asked)
    return HttpResponseRedirect(visit.path("queries/one/", query=name))


def query(visit: TrialVisit) -> HttpResponse:
    """Show one query with every step, or take the next one; the address names it behind `?`, for a name may hold a slash."""
    name = visit.asked("query")
    known = visit.state.queries.get(name)
    if known is None:
        raise Http404
    value = None
    if known.fact.position is not None:
        value = _value(visit, known.fact.position, known.fact.field)
    if not visit.is_post:
        return _shown(visit, known, value)
    answer = _next_step(visit, known, value)
    if isinstance(answer, Refused):
        return _shown(visit, known, value, conditions=answer.conditions, status=422)
    return HttpResponseRedirect(visit.path("queries/one/", query=name))


def _next_step(visit: TrialVisit, known: Query, value: ValueAt | None) -> Ruling:
    name, request, text = known.query, visit.given("request") or str(uuid4()), visit.given("text").strip()
    at, do = visit.first_moment(request, visit.zone), visit.given("do")
    if do == "correct" and value is not None:
        with visit.held.session() as session:
            new_value, reason = visit.given("new").strip(), visit.given("reason").strip()
            return answer_with_correction(session, visit.acting, at, name, text, value, new_value, reason, request)
    commands: dict[str, Any] = {
        "answer": AnswerQuery(QueryAnswered(name, text)),
        "close": CloseQuery(QueryClosed(name)),
        "reopen": ReopenQuery(QueryReopened(name)),
    }
    if do not in commands:
        raise Http404
    return visit.submit(commands[do], at, text if do != "answer" else "", request)


def _shown(
    visit: TrialVisit,
    known: Query,
    value: ValueAt | None,
    *,
    conditions: tuple[Condition, ...] = (),
    status: int = 200,
) -> HttpResponse:
    may = {
        "answer": known.status == "open" and _may(visit, AnswerQuery),
        "correct": known.status == "open"
        and value is not None
        and _may(visit, AnswerQuery)
        and _may(visit, CorrectFact),
        "close": known.status == "answered" and _may(visit, CloseQuery),
        "reopen": known.status != "open" and _may(visit, ReopenQuery),
    }
    typed = {name: visit.given(name) if conditions else "" for name in ("text", "new", "reason", "do")}
    return page(
        visit, "queries/query.html", row=_listed(visit, known), value=value, may=may, typed=typed, conditions=conditions,
        request=str(uuid4()), status=status,
    )  # fmt: skip


def _listed(visit: TrialVisit, item: Query) -> Listed:
    site = site_of_record(visit.state, item.about) or ""
    days = (visit.now - item.opened.utc).days
    return Listed(item, site, subject_of_record(visit.state, item.about), days)


def _may(visit: TrialVisit, command: type[Any]) -> bool:
    return visit.actor.role in ROLES[command]


def _value(visit: TrialVisit, position: int, field: str) -> ValueAt | None:
    with visit.held.session() as session:
        return value_at(session, visit.actor, position, field)


def _free_name(visit: TrialVisit) -> str:
    """Return the next name of a query that nobody has; of the whole trial, so that no other site's is taken."""
    taken = visit.held.state().queries
    number = len(taken) + 1
    while f"Q-{number}" in taken:
        number += 1
    return f"Q-{number}"


ROUTES: Final = (
    Route("t/<str:trial>/queries/", queries, menu="site.queries.title", of_subjects=True),
    Route("t/<str:trial>/queries/new/", new, of_subjects=True),
    Route("t/<str:trial>/queries/one/", query, of_subjects=True),
)
