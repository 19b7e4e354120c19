"""The vein-to-vein board: each subject's lane over real dates, lost attempts, what comes next, what blocks it and whose it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.http import HttpResponse

from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.envelope import subject_stream
from celltrial.core.dates import Instant
from celltrial.datasets.lanes import Lane, Step, vein_to_vein_lanes
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit


@dataclass(frozen=True, slots=True)
class Booked:
    """A booked infusion; subject and site are "" where they are another site's."""

    at: Instant
    subject: str
    site: str


def board(visit: TrialVisit) -> HttpResponse:
    """Show the lanes that go on, the most urgent first; with `all`, those that reached an end too; with `site`, of one site."""
    lanes = [_own(visit, lane) for lane in _lanes(visit) if lane.subject in visit.state.subjects]
    every, of_site = visit.asked("all") == "1", visit.asked("site")
    here = [lane for lane in lanes if not of_site or lane.site == of_site]
    shown = [lane for lane in here if every or lane.is_going]
    shown.sort(key=lambda lane: (not lane.is_going, _first_due(lane), lane.subject))
    sites = sorted({lane.site for lane in lanes})
    return page(
        visit, "board/page.html", lanes=shown, left_out=len(here) - len(shown), steps=list(Step), every=every,
        of_site=of_site, sites=sites, day=visit.moment.local_date, booked=_booked(visit),
    )  # fmt: skip


def _lanes(visit: TrialVisit) -> tuple[Lane, ...]:
    """Return the lanes of every site: a gate asks about all of them, whoever looks."""
    held = visit.held
    state, due = held.redacted(visit.actor), held.worklist(visit.actor, visit.moment)
    return vein_to_vein_lanes(held.step_dates(visit.actor), state, visit.moment, due)


def _own(visit: TrialVisit, lane: Lane) -> Lane:
    """Return a lane whose conditions name no subject of another site."""
    whole, own = visit.held.state(), subject_stream(lane.subject)
    blocked = (
        item if may_read(whole, visit.actor, item.about) else replace(item, about=own) for item in lane.blocked_by
    )
    return replace(lane, blocked_by=tuple(blocked))


def _first_due(lane: Lane) -> date:
    return min((item.due for item in lane.due if item.due is not None), default=date.max)


def _booked(visit: TrialVisit) -> list[Booked]:
    """Return the infusions booked at every site, since the distances between them bind all; another site's are moments alone."""
    own = visit.state.subjects
    ahead = [item for item in visit.held.state().slots if not item.infused and item.infusion.utc >= visit.now]
    ahead.sort(key=lambda item: item.infusion.utc)
    return [
        Booked(item.infusion, item.subject, item.site) if item.subject in own else Booked(item.infusion, "", "")
        for item in ahead
    ]


ROUTES: Final = (Route("t/<str:trial>/board/", board, menu="site.board.title", of_subjects=True),)
