"""Infusions over all sites: the own site's by name, another's as a moment that is taken; the earliest moment open, and taking it.

Two sites may press for the same moment: conduct decides, and whoever comes second sees why and which moment is open next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.acting import moment_of
from celltrial.app.booking import Bookable, bookable, booking
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.ruling import Condition, Refused
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.site.gate.view import own_conditions
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Infusions so many days back are shown too: a distance may be counted from them.
_BACK: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Taken:
    """A moment that is taken; subject and site are "" where they are another site's."""

    at: Instant
    subject: str
    site: str
    level: int
    infused: bool


def calendar(visit: TrialVisit) -> HttpResponse:
    """Show what is taken, and take a moment."""
    if not visit.is_post:
        return _shown(visit)
    name = visit.given("subject")
    if name not in visit.state.subjects:
        raise Http404
    state = visit.held.redacted(visit.actor)
    zone = state.zone_of(state.subjects[name].site)
    one = bookable(state, name, visit.moment)
    if one is None:  # booked meanwhile, or by this very form before its answer was lost
        return HttpResponseRedirect(visit.path("calendar/"))
    try:
        infusion = moment_of(visit.given("infusion").strip(), zone)
    except UserError as error:
        return _shown(visit, name, faults=tuple(error.faults), status=422)
    at = visit.first_moment(visit.given("request"), zone)
    answer = visit.submit(booking(state, one, infusion), at, request_id=visit.given("request"))
    if isinstance(answer, Refused):
        return _shown(visit, name, conditions=own_conditions(visit, name, answer.conditions), status=422)
    return HttpResponseRedirect(visit.path("calendar/"))


def _shown(
    visit: TrialVisit,
    asked: str = "",
    *,
    conditions: tuple[Condition, ...] = (),
    faults: tuple[Fault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    state = visit.held.redacted(visit.actor)
    waiting = [bookable(state, name, visit.moment) for name in visit.state.subjects]
    ready = [item for item in waiting if item is not None]
    ready.sort(key=lambda item: (item.earliest.utc, item.subject.subject))
    return page(
        visit, "calendar/page.html", days=_days(visit), ready=[(item, _may(visit, item), str(uuid4())) for item in ready],
        asked=asked, typed=visit.given("infusion"), conditions=conditions, faults=faults, status=status,
    )  # fmt: skip


def _may(visit: TrialVisit, item: Bookable) -> bool:
    return visit.actor.role in ROLES[item.command]


def _days(visit: TrialVisit) -> list[tuple[date, list[Taken]]]:
    """Return what is taken by day on the reader's clock, from four weeks back on."""
    own, found = visit.state.subjects, dict[date, list[Taken]]()
    slots = sorted(visit.held.state().slots, key=lambda item: item.infusion.utc)
    for item in slots:
        if item.infusion.utc < visit.now - _BACK:
            continue
        at = Instant(item.infusion.utc, visit.zone)
        mine = item.subject in own
        taken = Taken(
            at, item.subject if mine else "", item.site if mine else "", item.level if mine else 0, item.infused
        )
        found.setdefault(at.local_date, []).append(taken)
    return list(found.items())


ROUTES: Final = (Route("t/<str:trial>/calendar/", calendar, menu="site.calendar.title", of_subjects=True),)
