"""The audit trail with filters, and the verification of the ledger: what was found, and what was not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse

from celltrial.app.verifying import verify_ledger
from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.events import NAMES
from celltrial.core.progress import Silent
from celltrial.site.records import shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Records on one page, and records that are looked through at once.
_PAGE: Final = 50
_WINDOW: Final = 500


def trail(visit: TrialVisit) -> HttpResponse:
    """Show the records that a person may read, the newest first; filters are in the address."""
    filters = {name: visit.asked(name).strip() for name in ("about", "fact", "account")}
    before = visit.asked("before")
    last = int(before) if before.isdigit() else visit.state.position + 1
    found, first = _back(visit, last, filters)
    rows = [shown(event, visit.language) for event in reversed(found[-_PAGE:])]
    further = rows[-1].event.position if len(found) > _PAGE else first
    older = visit.path("audit/", **{**filters, "before": str(further)}) if further > 1 else ""
    kinds = sorted({name.partition("/")[0] for name in NAMES.values()})
    return page(
        visit, "audit/page.html", rows=rows, kinds=kinds, filters=filters, older=older, first=further if rows else first,
        last=last - 1,
    )  # fmt: skip


def _back(visit: TrialVisit, last: int, filters: Mapping[str, str]) -> tuple[list[Event[Any]], int]:
    """Return the records below a position that fit, searched backwards until a page is full, and down to which position."""
    about, kind, account = filters["about"], filters["fact"], filters["account"]
    found: list[Event[Any]] = []
    first = last
    while first > 1 and len(found) <= _PAGE:
        low = 1 if about else max(first - _WINDOW, 1)  # a stream is read at once
        window = visit.held.records(visit.actor, after=low - 1, before=first, streams=(about,) if about else ())
        fitting = [
            event
            for event in window
            if (not kind or NAMES[type(event.fact)].partition("/")[0] == kind)
            and (not account or event.actor.id == account)
        ]
        found, first = [*fitting, *found], low
    return found, first


def verify(visit: TrialVisit) -> HttpResponse:
    """Verify the chain of this trial and hold it against the receipts that are at hand."""
    if not visit.is_post:
        return page(visit, "audit/verify.html", check=None)
    check = verify_ledger(visit.house.trials.where, visit.held.trial, Silent())
    return page(visit, "audit/verify.html", check=check)


ROUTES: Final = (
    Route("t/<str:trial>/audit/", trail, menu="site.audit.title"),
    Route("t/<str:trial>/audit/verify/", verify),
)
