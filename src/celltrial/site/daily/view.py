"""A day at the bedside as a grid: a column for each assessment, graded while somebody types, recorded as one act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.daily import KINDS, DayOfKind, day_of, ice_of, signs_of_day
from celltrial.app.gating import site_moment
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.ruling import Condition
from celltrial.conduct.views.sign_lists import AskedSign
from celltrial.conduct.vocabulary import Finding
from celltrial.core.dates import Instant, whole_years
from celltrial.core.errors import UserError
from celltrial.site.meanwhile import SEEN, meanwhile
from celltrial.site.records import Shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Assessments of a day that one form takes.
COLUMNS: Final = (1, 2, 3)
#: Items of the ICE test in the order in which they are asked; all but the named objects are yes or no.
ICE: Final = ("year", "month", "city", "hospital", "named_objects", "sentence", "counts_back", "command")
_SCORE, _AGE = "ice_score", "age"


@dataclass(frozen=True, slots=True)
class _Grid:
    """What came from the form: words by the name of the input, and each assessment's findings by the syndrome."""

    words: dict[str, str]
    day: date
    request: str
    assessments: dict[str, list[tuple[Finding, ...]]]


def daily(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the grid of a day, or record it."""
    subject, at = _known(visit, name)
    grid = _grid(visit, subject, at)
    if not visit.is_post:
        return _shown(visit, subject, at, grid)
    changed = meanwhile(visit, (f"subject/{name}",))
    if changed:
        return _shown(visit, subject, at, grid, changed=changed, status=409)
    commands = signs_of_day(_days(visit, subject, at, grid), grid.assessments)
    if not commands:
        return _shown(visit, subject, at, grid, nothing=True, status=422)
    moment = visit.first_moment(grid.request, at.zone)
    answers = visit.held.submit_together(commands, visit.acting, moment, grid.request)
    refused = tuple(item for conditions in answers for item in conditions)
    if refused:
        return _shown(visit, subject, at, grid, refused=refused, status=422)
    return HttpResponseRedirect(visit.path(f"daily/{name}/", day=grid.day.isoformat(), saved=grid.request))


def check(visit: TrialVisit, name: str) -> HttpResponse:
    """Grade what stands in the grid; nothing is written."""
    if not visit.is_post:
        raise Http404
    subject, at = _known(visit, name)
    grid = _grid(visit, subject, at)
    return page(
        visit, "daily/grades.html", kinds=_days(visit, subject, at, grid), subject=subject, columns=COLUMNS, grid=grid
    )


def _known(visit: TrialVisit, name: str) -> tuple[SubjectState, Instant]:
    state = visit.held.state_for(visit.actor)
    if name not in state.subjects:
        raise Http404
    return state.subjects[name], site_moment(state, name, visit.moment)


def _days(visit: TrialVisit, subject: SubjectState, at: Instant, grid: _Grid) -> list[DayOfKind]:
    state = visit.held.redacted(visit.actor)
    return [day_of(state, subject, visit.actor, at, kind, grid.assessments[kind]) for kind in KINDS]


def _grid(visit: TrialVisit, subject: SubjectState, at: Instant) -> _Grid:
    words = {key: ", ".join(filter(None, visit.request.POST.getlist(key))) for key in visit.request.POST}
    try:
        day = date.fromisoformat(visit.given("day") or visit.asked("day"))
    except ValueError:
        day = at.local_date
    found = {}
    for item in [day_of(visit.state, subject, visit.actor, at, kind, ()) for kind in KINDS]:
        found[item.kind] = [_findings(item.kind, item.asked, words, number, day, subject) for number in COLUMNS]
    return _Grid(words, day, visit.given("request") or str(uuid4()), found)


def _findings(
    kind: str, asked: tuple[AskedSign, ...], words: dict[str, str], number: int, day: date, subject: SubjectState
) -> tuple[Finding, ...]:
    """Return the findings of one assessment; the age, and a score of which every item was asked, are added to what was typed."""
    found = []
    for item in asked:
        word = words.get(f"{kind}.{item.concept}.{number}", "").strip()
        if not word and item.concept == _SCORE:
            word = _score(words, number)
        if word:
            found.append(Finding(item.concept, word, item.unit, day))
    wanted = {item.concept for item in asked} - {item.concept for item in found}
    if found and subject.born is not None and _AGE in wanted:
        found.append(Finding(_AGE, str(whole_years(subject.born, day)), "a", day))
    return tuple(found)


def _score(words: dict[str, str], number: int) -> str:
    answers = {item: words.get(f"ice.{item}.{number}", "") for item in ICE}
    try:
        score = ice_of(answers)
    except UserError:
        return ""
    return "" if score is None else str(score)


def _shown(
    visit: TrialVisit,
    subject: SubjectState,
    at: Instant,
    grid: _Grid,
    *,
    changed: tuple[Shown, ...] = (),
    refused: tuple[Condition, ...] = (),
    nothing: bool = False,
    status: int = 200,
) -> HttpResponse:
    kinds = _days(visit, subject, at, grid)
    saved: tuple[Any, ...] = ()
    if visit.asked("saved"):
        with visit.held.session() as session:
            saved = session.carried_out(visit.asked("saved"))
    context: dict[str, Any] = {
        "kinds": kinds, "subject": subject, "at": at, "grid": grid, "columns": COLUMNS, "ice": ICE, "changed": changed,
        "refused": refused, "nothing": nothing, "seen": (SEEN, visit.held.state_for(visit.actor).position),
        "may": visit.actor.role in ROLES[COMMANDS["RecordSigns"]], "saved": len(saved),
    }  # fmt: skip
    return page(visit, "daily/page.html", status=status, **context)


ROUTES: Final = (
    Route("t/<str:trial>/daily/<str:name>/", daily, of_subjects=True),
    Route("t/<str:trial>/daily/<str:name>/check/", check, of_subjects=True),
)
