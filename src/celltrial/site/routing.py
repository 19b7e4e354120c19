"""How a page is reached, and who may reach it: every route is guarded here, the strictest way unless it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from celltrial.app.holding import Held
from celltrial.app.persons import Identity, held_roles, who_acts
from celltrial.conduct.acts.account.reach import reads_subjects
from celltrial.conduct.envelope import LogIn
from celltrial.conduct.facts.account.state import Grant
from celltrial.conduct.facts.log_in.events import Ending
from celltrial.core.errors import ConflictError, UserError, WorldError
from celltrial.locale import Language
from celltrial.site.house import House, the_house
from celltrial.site.rendering import page
from celltrial.site.tickets import read_ticket, remove_ticket, write_ticket
from celltrial.site.visit import TrialVisit, Visit

View = Callable[..., HttpResponse]
#: Cookies of choices: they say what a person prefers, and prove nothing.
LANGUAGE_COOKIE, ROLE_COOKIE = "celltrial_language", "celltrial_role"
#: In an address: the form holds what was typed there before and not sent.
TAKE = "take"
#: The same choice of a program.
ROLE_HEADER = "Celltrial-Role"
#: Sent by a page or program that looks by itself whether anything changed: nobody is there, so a session runs out meanwhile.
BACKGROUND_HEADER: Final = "Celltrial-Background"


class Needs(StrEnum):
    """What a visitor needs to see a page."""

    NOTHING = "nothing"
    PERSON = "person"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    path:  as Django writes it, such as `t/<str:trial>/today/`.
    needs: who may come; a page of a trial is given a `TrialVisit`, any other a `Visit`.
    menu:  key of the text under which the menu of a trial shows it; "" where it does not.
    of_subjects: whether it shows what sites recorded of subjects; an independent reader has no such page.
    """

    path: str
    view: View
    needs: Needs = Needs.TRIAL
    menu: str = ""
    of_subjects: bool = False

    @property
    def name(self) -> str:
        """The name of the route: folder and function of its view."""
        return f"{self.view.__module__.split('.')[-2]}.{self.view.__name__}"


def guarded(route: Route) -> View:
    """Return the view of a route behind its guard."""

    @wraps(route.view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponse:
        house = the_house()
        visit, over = _visit(request, house)
        try:
            response = _answered(route, visit, parts, over)
        except UserError as error:
            response = page(visit, "frame/faults.html", faults=error.faults, status=422)
        except ConflictError as error:
            response = page(visit, "frame/faults.html", faults=(error.fault,), status=409)
        except WorldError as error:
            response = page(visit, "frame/faults.html", faults=(error.fault,), status=503)
        _forget_sent(visit, request, response)
        if over and "Set-Cookie" not in response.headers and not response.cookies:
            remove_ticket(response, secure=house.secure)
        elif visit.ticket is not None and not response.cookies and not is_background(request):
            write_ticket(response, visit.ticket, secure=house.secure)
        return response

    answer.route = route  # type: ignore[attr-defined]  # what the menu is made from
    return answer


def form_address(path: str, query: str) -> str:
    """Return the address under which what is typed in a form is kept: that of its page, however it was opened."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != TAKE]
    return path + (f"?{urlencode(kept)}" if kept else "")


def _own_address(request: HttpRequest) -> str:
    return form_address(request.path, request.META.get("QUERY_STRING", ""))


def _forget_sent(visit: Visit, request: HttpRequest, response: HttpResponse) -> None:
    """Forget what was kept of a form once it was sent and carried out."""
    trial = request.path.partition("/t/")[2].partition("/")[0]
    if visit.is_post and visit.person is not None and trial and isinstance(response, HttpResponseRedirect):
        visit.house.unsent.forget(unquote(trial), visit.person.account, _own_address(request))


def _take(visit: TrialVisit) -> None:
    """Give a page the words that were typed in it and not sent, where its reader asks for them."""
    assert visit.person is not None
    kept = visit.house.unsent.of(visit.held.trial, visit.person.account, _own_address(visit.request))
    if kept is not None:
        words = QueryDict(mutable=True)
        for name, values in kept.words.items():
            words.setlist(name, list(values))
        visit.request.POST = words


def _answered(route: Route, visit: Visit, parts: dict[str, str], over: Ending | None) -> HttpResponse:
    if route.needs is Needs.NOTHING:
        return route.view(visit, **parts)
    if visit.person is None:
        wanted = {"next": visit.request.get_full_path()} if not visit.is_post else {}
        query = urlencode({**wanted, **({"over": over.value} if over else {})})
        if (
            "HX-Request" in visit.request.headers
        ):  # a part of a page that is still open: its reader is told where they stand
            back = urlsplit(visit.request.headers.get("HX-Current-URL", ""))
            return page(visit, "unsent/over.html", back=form_address(back.path, back.query), status=401)
        return HttpResponseRedirect("/log-in/" + (f"?{query}" if query else ""))
    if route.needs is Needs.PERSON:
        return route.view(visit, **parts)
    in_trial = visit_in_trial(visit, visit.person, parts.pop("trial"))
    if route.of_subjects and not reads_subjects(in_trial.actor.role):
        raise Http404
    if not visit.is_post and visit.asked(TAKE):
        _take(in_trial)
    return route.view(in_trial, **parts)


def _visit(request: HttpRequest, house: House) -> tuple[Visit, Ending | None]:
    """Return who asks; and why their session is over, where it is."""
    language, ticket = language_of(request), read_ticket(request, secure=house.secure)
    if ticket is None:
        return Visit(request, house, language), None
    seen = house.door.seen(ticket, touch=not is_background(request))
    if isinstance(seen, Ending):
        return Visit(request, house, language), seen
    return Visit(request, house, language, *seen), None


def is_background(request: HttpRequest) -> bool:
    """Tell whether a page or a program asked by itself, and no person did something: an idle session ends all the same."""
    return BACKGROUND_HEADER in request.headers


def language_of(request: HttpRequest) -> Language:
    """Return the language that a person chose, else the first that the browser asks for and the site speaks."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE)
    if chosen in {"en", "zh"}:
        return "zh" if chosen == "zh" else "en"
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.partition(";")[0].strip().casefold()
        if tag[:2] in {"en", "zh"}:
            return "zh" if tag[:2] == "zh" else "en"
    return "en"


def visit_in_trial(visit: Visit, person: LogIn, trial: str) -> TrialVisit:
    """Return the visit of a person who holds a role in a trial; for anybody else there is no such page."""
    try:
        held = visit.house.trials.get(trial)
    except UserError as error:
        if {item.id for item in error.faults} == {"APP-021"}:
            raise Http404 from None
        raise
    choices = held_roles(held.state(), person.account)
    if not choices:
        raise Http404
    grant = _chosen(visit.request, choices)
    acting = who_acts(held.state(), None, Identity(grant.role, site=grant.site), person=person)
    assert acting is not None
    state = held.state_for(acting.actor)
    return TrialVisit(
        visit.request, visit.house, visit.language, visit.ticket, person, held, acting, choices, state, _now(held)
    )


def _now(held: Held) -> Any:
    return held.now()


def _chosen(request: HttpRequest, choices: tuple[Grant, ...]) -> Grant:
    """Return the role that a person chose among those held, else the first."""
    asked = request.headers.get(ROLE_HEADER) or request.COOKIES.get(ROLE_COOKIE, "")
    return next((item for item in choices if role_key(item) == asked), choices[0])


def role_key(grant: Grant) -> str:
    """Return how a cookie names a role at a site."""
    return f"{grant.role.value}@{grant.site or ''}"
