"""The audit trail with filters, and the verification of the ledger: what was found, and what was not looked at."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse

from celltrial.app.verifying import verify_ledger
from celltrial.conduct.facts.events import NAMES
from celltrial.core.progress import Silent
from celltrial.site.records import shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Records on one page.
_PAGE: Final = 50


def trail(visit: TrialVisit) -> HttpResponse:
    """Show the records that a person may read, the newest first; filters stand in the address."""
    about, kind, account = (visit.asked(name).strip() for name in ("about", "fact", "account"))
    before = visit.asked("before")
    streams = (about,) if about and not about.endswith("*") else ()
    last = int(before) if before.isdigit() else visit.state.position + 1
    found = [
        event
        for event in visit.held.records(visit.actor, streams=streams)
        if event.position < last
        and (not kind or NAMES[type(event.fact)].partition("/")[0] == kind)
        and (not account or event.actor.id == account)
    ]
    rows = [shown(event, visit.language) for event in reversed(found[-_PAGE:])]
    kinds = sorted({name.partition("/")[0] for name in NAMES.values()})
    filters = {"about": about, "fact": kind, "account": account}
    older = visit.path("audit/", **{**filters, "before": str(rows[-1].event.position)}) if len(found) > _PAGE else ""
    return page(visit, "audit/page.html", rows=rows, kinds=kinds, filters=filters, older=older, count=len(found))


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
