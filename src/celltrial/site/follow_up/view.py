"""The follow-up calendar: every planned visit of the treated, its status, whose it is, and who is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.http import HttpResponse

from celltrial.clinical.annual_contact import ContactState
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.views.contacts import state_of
from celltrial.conduct.views.readiness import retention
from celltrial.conduct.vocabulary import PlannedVisit
from celltrial.core.dates import Instant
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Visits that open within so many days are shown ahead.
AHEAD: Final = 90
_TO_DO: Final = (ContactState.OVERDUE, ContactState.IN_WINDOW)
#: What records a visit or why there was none.
_ACTS: Final = ("RecordFollowUpVisit", "RecordMissedVisit", "RecordContactAttempt")


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned visit of a subject on a day; `late` is whole days past its window."""

    subject: str
    site: str
    visit: PlannedVisit
    state: ContactState
    late: int


def follow_up(visit: TrialVisit) -> HttpResponse:
    """Show what is overdue, in its window and soon due; who is lost; and each subject's schedule in brief."""
    planned = [item for subject in visit.state.subjects.values() for item in _planned(visit, subject)]
    soon = visit.moment.local_date + timedelta(days=AHEAD)
    groups = {
        state: sorted(
            (item for item in planned if item.state is state and (state in _TO_DO or item.visit.opens <= soon)),
            key=lambda item: (item.visit.closes, item.subject),
        )
        for state in (*_TO_DO, ContactState.DUE)
    }
    followed = [item for item in visit.state.subjects.values() if item.follow_up is not None]
    unscheduled = [item.subject for item in visit.state.subjects.values() if item.infusions and item.follow_up is None]
    may = [name for name in _ACTS if visit.actor.role in ROLES[COMMANDS[name]]]
    titles = {name: command_title(describe(COMMANDS[name]), visit.language) for name in may}
    return page(
        visit, "follow_up/page.html", groups=groups, followed=followed, unscheduled=unscheduled, titles=titles, ahead=AHEAD,
        counts=_counts(planned), kept=retention(visit.state, visit.moment.local_date),
    )  # fmt: skip


def _planned(visit: TrialVisit, subject: SubjectState) -> list[Planned]:
    if subject.follow_up is None:
        return []
    today = Instant(visit.now, visit.state.zone_of(subject.site)).local_date
    return [
        Planned(subject.subject, subject.site, item, state_of(subject, item, today), _late(item, today))
        for item in subject.follow_up.visits
    ]


def _late(planned: PlannedVisit, today: date) -> int:
    return max((today - planned.closes).days, 0)


def _counts(planned: list[Planned]) -> dict[str, dict[ContactState, int]]:
    found: dict[str, dict[ContactState, int]] = {}
    for item in planned:
        row = found.setdefault(item.subject, {})
        row[item.state] = row.get(item.state, 0) + 1
    return found


ROUTES: Final = (Route("t/<str:trial>/follow-up/", follow_up, menu="site.follow_up.title", of_subjects=True),)
