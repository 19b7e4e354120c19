"""Accounts of the installation, for administrators: open, reset, lock, unlock, close; each act proved anew and on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from django.http import Http404, HttpResponse

from celltrial.app.accounts import listed
from celltrial.app.logging_in import AccountBook, Administering, Administrator
from celltrial.conduct.acts.log_in import rules
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.site.rendering import page
from celltrial.site.routing import Needs, Route
from celltrial.site.visit import Visit

#: What an administrator does to another's account, by the value of the choice.
ACTS: Final[Mapping[str, Administering]] = MappingProxyType(
    {
        "lock": rules.lock_account,
        "unlock": rules.unlock_account,
        "close": rules.close_account,
        "make_administrator": rules.make_administrator,
        "end_administrator": rules.end_administrator,
    }
)


def accounts(visit: Visit) -> HttpResponse:
    """List every account there ever was, and carry out one act on one; for anybody but administrators there is no such page."""
    person = visit.house.door.known(visit.person.account) if visit.person is not None else None
    if person is None or not person.administers:
        raise Http404
    if not visit.is_post:
        return _shown(visit)
    answer = visit.house.door.administer(lambda book: _carried_out(visit, book))
    if isinstance(answer, Refused):
        return _shown(visit, answer, status=422)
    return _shown(visit, issued=answer if isinstance(answer, str) else "", done=isinstance(answer, Accepted))


def _carried_out(visit: Visit, book: AccountBook) -> str | Ruling:
    """Return a passphrase for once where one was issued, else the decision."""
    assert visit.ticket is not None
    by = Administrator(visit.ticket, visit.given("passphrase"), visit.given("code").strip())
    account, reason, act = visit.given("account").strip(), visit.given("reason"), visit.given("do")
    if act == "open":
        name, signs = visit.given("name").strip(), bool(visit.given("signs"))
        return book.open_account(account, name, signs=signs, by=by, reason=reason)
    if act == "reset":
        return book.reset_password(account, by=by, reason=reason)
    if act not in ACTS:
        raise Http404
    return book.administer(ACTS[act], account, by=by, reason=reason)


def _shown(
    visit: Visit, refused: Refused | None = None, *, issued: str = "", done: bool = False, status: int = 200
) -> HttpResponse:
    rows = visit.house.door.administer(lambda book: listed(book, datetime.now(UTC), {}))
    return page(
        visit, "accounts/page.html", rows=rows, acts=("reset", *ACTS), issued=issued, done=done, status=status,
        refused=refused.conditions if refused is not None else (), account=visit.given("account"),
    )  # fmt: skip


ROUTES: Final = (Route("accounts/", accounts, Needs.PERSON),)
