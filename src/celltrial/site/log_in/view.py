"""Log in and out, the first passphrase, the second factor, the language: what needs no trial."""

from __future__ import annotations

from typing import Final

import segno
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Refused
from celltrial.site.rendering import page
from celltrial.site.routing import LANGUAGE_COOKIE, ROLE_COOKIE, Needs, Route
from celltrial.site.tickets import remove_ticket, set_cookie, write_ticket
from celltrial.site.visit import Visit

_YEAR: Final = 31_536_000


def log_in(visit: Visit) -> HttpResponse:
    """Log in with passphrase and one-time code; every attempt is on record."""
    if not visit.is_post:
        return page(visit, "log_in/page.html", refused=(), account="", wait=0)
    account = visit.given("account").strip()
    if wait := visit.house.throttle.wait_of(address_of(visit)):
        response = page(visit, "log_in/page.html", refused=(), account=account, wait=wait, status=429)
        response["Retry-After"] = str(wait)
        return response
    ticket = visit.house.door.enter(account, visit.given("passphrase"), visit.given("code").strip())
    if isinstance(ticket, Refused):
        codes = {item.code for item in ticket.conditions}
        if Code.CREDENTIAL_INITIAL in codes:
            return page(visit, "log_in/passphrase.html", refused=(), account=account)
        if Code.SECOND_FACTOR_MISSING in codes:
            return page(visit, "log_in/factor.html", refused=(), account=account, address="", picture="")
        return page(visit, "log_in/page.html", refused=ticket.conditions, account=account, wait=0, status=422)
    response = HttpResponseRedirect(_safe(visit, visit.asked("next")))
    write_ticket(response, ticket, secure=visit.house.secure)
    return response


def look_around(visit: Visit) -> HttpResponse:
    """Enter a demonstration as one of its persons."""
    demo = visit.house.demo
    if demo is None or not visit.is_post or visit.given("account") not in demo.keys:
        raise Http404
    account = visit.given("account")
    with demo.proof(account) as proof:
        ticket = visit.house.door.enter(account, *proof)
    if isinstance(ticket, Refused):
        return page(visit, "log_in/page.html", refused=ticket.conditions, account="", wait=0, status=422)
    response = HttpResponseRedirect("/")
    write_ticket(response, ticket, secure=visit.house.secure)
    return response


def passphrase(visit: Visit) -> HttpResponse:
    """Set one's own passphrase in place of one that another person knows, or of one's own before it."""
    account = visit.given("account").strip() or (visit.person.account if visit.person is not None else "")
    if not visit.is_post:
        return page(visit, "log_in/passphrase.html", refused=(), account=account)
    if visit.house.throttle.wait_of(address_of(visit)):
        return page(visit, "log_in/page.html", refused=(), account=account, wait=1, status=429)
    new = visit.given("new")
    if new != visit.given("again"):
        return page(visit, "log_in/passphrase.html", refused=(), account=account, differ=True, status=422)
    answer = visit.house.door.set_password(account, new, visit.given("passphrase"))
    if isinstance(answer, Refused):
        return page(visit, "log_in/passphrase.html", refused=answer.conditions, account=account, status=422)
    return HttpResponseRedirect("/log-in/")


def factor(visit: Visit) -> HttpResponse:
    """Enrol an authenticator of one-time codes; its key is shown this once."""
    account = visit.given("account").strip() or (visit.person.account if visit.person is not None else "")
    if not visit.is_post:
        return page(visit, "log_in/factor.html", refused=(), account=account, address="", picture="")
    if visit.house.throttle.wait_of(address_of(visit)):
        return page(visit, "log_in/page.html", refused=(), account=account, wait=1, status=429)
    answer = visit.house.door.set_second_factor(account, visit.given("passphrase"), visit.given("code").strip())
    if isinstance(answer, Refused):
        return page(
            visit, "log_in/factor.html", refused=answer.conditions, account=account, address="", picture="", status=422
        )
    picture = segno.make(answer).svg_data_uri(scale=5, border=4)
    return page(visit, "log_in/factor.html", refused=(), account=account, address=answer, picture=picture)


def log_out(visit: Visit) -> HttpResponse:
    """End the session."""
    response = HttpResponseRedirect("/log-in/")
    if visit.is_post and visit.ticket is not None:
        visit.house.door.leave(visit.ticket)
        remove_ticket(response, secure=visit.house.secure)
    return response


def language(visit: Visit, language: str) -> HttpResponse:
    """Choose the language."""
    response = HttpResponseRedirect(_safe(visit, visit.asked("next")))
    set_cookie(response, LANGUAGE_COOKIE, "zh" if language == "zh" else "en", secure=visit.house.secure, max_age=_YEAR)
    return response


def role(visit: Visit) -> HttpResponse:
    """Choose in which of one's roles to act."""
    response = HttpResponseRedirect(_safe(visit, visit.given("next")))
    if visit.is_post:
        set_cookie(response, ROLE_COOKIE, visit.given("role"), secure=visit.house.secure)
    return response


def address_of(visit: Visit) -> str:
    """Return the address of the browser: behind a proxy, the one that the proxy itself saw."""
    seen = visit.request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if visit.house.secure else ""
    return seen or str(visit.request.META.get("REMOTE_ADDR", ""))


def _safe(visit: Visit, wanted: str) -> str:
    """Return where to go on: an address of this site, else its first page."""
    host = visit.request.get_host()
    return wanted if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={host}) else "/"


ROUTES: Final = (
    Route("log-in/", log_in, Needs.NOTHING),
    Route("look-around/", look_around, Needs.NOTHING),
    Route("passphrase/", passphrase, Needs.NOTHING),
    Route("second-factor/", factor, Needs.NOTHING),
    Route("log-out/", log_out, Needs.NOTHING),
    Route("language/<str:language>/", language, Needs.NOTHING),
    Route("role/", role, Needs.PERSON),
)
