"""Search in a trial: one box on every page; what it finds is what its reader may open."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from django.http import HttpResponse

from celltrial.app.finding import Kind, find
from celltrial.conduct.acts.account.reach import reads_subjects
from celltrial.site.act.view import is_elsewhere
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Where each kind is shown: the page of one of them, or the page that holds them all.
_PAGES: Final = {
    Kind.SUBJECT: "subjects/{}/",
    Kind.EVENT: "events/{}/",
    Kind.BATCH: "batches/{}/",
    Kind.COHORT: "dose/",
    Kind.SUSPENSION: "suspensions/{}/",
    Kind.QUERY: "do/AnswerQuery/?f.query={}",
    Kind.COMMAND: "do/{}/",
}


def search(visit: TrialVisit) -> HttpResponse:
    """Show what contains every word."""
    words = visit.asked("q").strip()[:200]
    found = find(visit.state, words, visit.language, visit.actor.role, subjects=reads_subjects(visit.actor.role))
    rows = {
        kind: [(visit.path() + _PAGES[kind].format(quote(item.key, safe="")), item) for item in items if kind is not Kind.COMMAND or not is_elsewhere(item.key)]
        for kind, items in found.items()
    }  # fmt: skip
    return page(visit, "search/page.html", words=words, rows={kind: items for kind, items in rows.items() if items})


ROUTES: Final = (Route("t/<str:trial>/search/", search),)
