"""The ticket of a person in a cookie: signed with the site's key, so that nobody sets back when it was last seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.http import HttpRequest, HttpResponse

from celltrial.app.doorkeeping import BOUND
from celltrial.app.logging_in import Ticket

_SALT: Final = "celltrial.site.ticket"


def cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie: one that only this host can have set, where TLS is used."""
    return "__Host-celltrial" if secure else "celltrial"


def read_ticket(request: HttpRequest, *, secure: bool) -> Ticket | None:
    """Return the ticket of a request; None where there is none of this site's."""
    try:
        return unpacked(request.COOKIES.get(cookie_name(secure=secure), ""))
    except signing.BadSignature:
        return None


def unpacked(text: str) -> Ticket:
    """Return the ticket of a text; django.core.signing.BadSignature where it is none of this site's."""
    plain: dict[str, str] = signing.loads(text, salt=_SALT)
    seen = datetime.fromisoformat(plain["seen"])
    return Ticket(plain["session"], plain["account"], plain["name"], seen, BOUND, plain["seal"])


def packed(ticket: Ticket) -> str:
    """Return a ticket as the text that its person carries."""
    plain = {
        "session": ticket.session,
        "account": ticket.account,
        "name": ticket.printed_name,
        "seen": ticket.last_seen.isoformat(),
        "seal": ticket.seal,
    }
    text: str = signing.dumps(plain, salt=_SALT)
    return text


def write_ticket(response: HttpResponse, ticket: Ticket, *, secure: bool) -> None:
    """Give a person the ticket for the next request; it ends with the browser."""
    set_cookie(response, cookie_name(secure=secure), packed(ticket), secure=secure)


def remove_ticket(response: HttpResponse, *, secure: bool) -> None:
    """Take the ticket away."""
    response.delete_cookie(cookie_name(secure=secure), path="/", samesite="Lax")


def set_cookie(response: HttpResponse, name: str, value: str, *, secure: bool, **more: Any) -> None:
    """Set a cookie that no script reads and that goes to this site only."""
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="Lax", **more)
