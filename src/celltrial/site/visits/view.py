"""One page for a follow-up visit: every item answered yes, no or unknown, tests and growth with it, recorded as one act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.gating import site_moment
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.ruling import Condition
from celltrial.conduct.views.contacts import state_of
from celltrial.conduct.views.growth import MEASURED, z_scores
from celltrial.conduct.views.late_samples import kind_of
from celltrial.conduct.vocabulary import Answer, PlannedVisit
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.description import describe
from celltrial.forms.reading import read
from celltrial.locale.form_words import command_title
from celltrial.site.form.words import data_of
from celltrial.site.meanwhile import SEEN, meanwhile
from celltrial.site.records import Shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: What else may be recorded where a visit did not take place, or of a late event.
_OTHERS: Final = (
    "RecordMissedVisit", "RecordContactAttempt", "DeclareLostToFollowUp", "RecordLateSafetyTest", "ReportAdverseEvent",
    "TransferSubject", "TransitionToAdultCare", "CompleteFollowUp",
)  # fmt: skip
#: Size of a chart in its own units, and the z-scores between which it draws.
_WIDTH, _HEIGHT = 600, 240
_LOW, _HIGH = -4, 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of z-scores: each day with its score and the place of its point in the chart."""

    name: str
    points: tuple[tuple[date, Any, float, float], ...]

    @property
    def line(self) -> str:
        """The points as an SVG path takes them."""
        return " ".join(f"{x:.1f},{y:.1f}" for _, _, x, y in self.points)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What came from the form: what can be read, and what cannot."""

    words: dict[str, str]
    request: str
    commands: tuple[Any, ...] = ()
    faults: tuple[Fault, ...] = ()


def visit_page(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the visit that is asked for, or the next one to do; record it with its tests and growth, all or nothing."""
    state = visit.held.state_for(visit.actor)
    subject = state.subjects.get(name)
    if subject is None:
        raise Http404
    at = site_moment(state, name, visit.moment)
    if subject.follow_up is None:
        return page(visit, "visits/none.html", subject=subject)
    planned = _planned(visit, subject, subject.follow_up, at.local_date)
    sheet = _sheet(visit, subject, planned, at)
    if not visit.is_post:
        return _shown(visit, subject, subject.follow_up, planned, sheet, at)
    changed = meanwhile(visit, (f"subject/{name}",))
    if changed or sheet.faults or not sheet.commands:
        return _shown(
            visit,
            subject,
            subject.follow_up,
            planned,
            sheet,
            at,
            changed=changed,
            faults=sheet.faults,
            status=409 if changed else 422,
        )
    moment = visit.first_moment(sheet.request, at.zone)
    answers = visit.held.submit_together(sheet.commands, visit.acting, moment, sheet.request)
    refused = tuple(item for conditions in answers for item in conditions)
    if refused:
        return _shown(visit, subject, subject.follow_up, planned, sheet, at, refused=refused, status=422)
    return HttpResponseRedirect(visit.path(f"acts/{sheet.request}/"))


def _planned(visit: TrialVisit, subject: SubjectState, plan: FollowUpState, today: date) -> PlannedVisit | None:
    wanted = visit.given("visit") or visit.asked("visit")
    if wanted:
        return next((item for item in plan.visits if item.visit == wanted), None)
    left = [item for item in plan.visits if item.visit not in {*plan.done, *plan.missed}]
    open_now = [item for item in left if state_of(subject, item, today).value in {"overdue", "in_window"}]
    return next(iter(open_now or left), None)


def _sheet(visit: TrialVisit, subject: SubjectState, planned: PlannedVisit | None, at: Instant) -> _Sheet:
    """Read the form: a visit where an item is answered, a test where it has a result, a measure where it has a value."""
    words = {key: visit.given(key).strip() for key in visit.request.POST}
    sheet, faults, commands = words.get("request") or str(uuid4()), list[Fault](), list[Any]()
    if planned is None:
        return _Sheet(words, sheet)
    on = words.get("on", "")
    wanted: list[tuple[str, dict[str, str]]] = []
    items = {
        f"items.{number}.{part}": words.get(f"{part}.{number}", "")
        for number in range(1, len(planned.items) + 1)
        for part in ("answer", "detail")
    }
    names = {f"items.{number}.item": item for number, item in enumerate(planned.items, start=1)}
    if words.get("took_place") or any(items.values()):
        wanted.append(
            ("RecordFollowUpVisit", {"subject": subject.subject, "visit": planned.visit, "on": on, **names, **items})
        )
    for number, test in enumerate(planned.tests, start=1):
        if words.get(f"test.{number}"):
            wanted.append(
                (
                    "RecordLateSafetyTest",
                    {
                        "subject": subject.subject,
                        "test": kind_of(test),
                        "on": on,
                        "answer": words[f"test.{number}"],
                        "share": words.get(f"share.{number}", ""),
                    },
                )
            )
    for measure, (unit, _, _) in MEASURED.items():
        if words.get(measure):
            wanted.append(
                (
                    "RecordGrowth",
                    {"subject": subject.subject, "measure": measure, "value": words[measure], "unit": unit, "on": on},
                )
            )
    for command, given in wanted:
        form = form_of(command)
        try:
            made = read(form, data_of(form, given), zone=at.zone)
            check_values(made, form.name)
        except UserError as error:
            faults += error.faults
        else:
            commands.append(made)
    return _Sheet(words, sheet, tuple(commands), tuple(faults))


def _shown(
    visit: TrialVisit,
    subject: SubjectState,
    plan: FollowUpState,
    planned: PlannedVisit | None,
    sheet: _Sheet,
    at: Instant,
    *,
    changed: tuple[Shown, ...] = (),
    refused: tuple[Condition, ...] = (),
    faults: tuple[Fault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    today = at.local_date
    others = [
        (
            visit.path(f"do/{name}/", **{"f.subject": subject.subject, "f.visit": planned.visit if planned else ""}),
            command_title(describe(COMMANDS[name]), visit.language),
        )
        for name in _OTHERS
        if visit.actor.role in ROLES[COMMANDS[name]]
    ]
    return page(
        visit, "visits/page.html", status=status, subject=subject, plan=plan, planned=planned, sheet=sheet, at=at,
        changed=changed, refused=refused, faults=faults, answers=tuple(Answer), others=others,
        seen=(SEEN, visit.held.state_for(visit.actor).position), may=visit.actor.role in ROLES[COMMANDS["RecordFollowUpVisit"]],
        visits=[(item, state_of(subject, item, today)) for item in plan.visits], curves=_curves(plan),
        open_answers=[*plan.open_answers], nothing=visit.is_post and not sheet.commands and not faults and not changed,
        measures={name: unit for name, (unit, _, _) in MEASURED.items()}, size=(_WIDTH, _HEIGHT), lines=[(z, _y(z)) for z in range(_LOW, _HIGH + 1, 2)],
    )  # fmt: skip


def _y(z: float) -> float:
    bounded = min(max(float(z), _LOW), _HIGH)
    return _HEIGHT * (_HIGH - bounded) / (_HIGH - _LOW)


def _curves(plan: FollowUpState) -> list[Curve]:
    """Return the curves of growth, each over the time between its first and its last measure."""
    found: dict[str, list[tuple[date, Any]]] = {}
    for fact in plan.growth:
        for name, z in z_scores(fact):
            found.setdefault(name, []).append((fact.on, z))
    days = [day for points in found.values() for day, _ in points]
    first, length = (
        min(days, default=plan.starts),
        max((max(days, default=plan.starts) - min(days, default=plan.starts)).days, 1),
    )
    return [
        Curve(name, tuple((day, z, _WIDTH * (day - first).days / length, _y(z)) for day, z in sorted(points, key=lambda item: item[0])))
        for name, points in found.items()
    ]  # fmt: skip


ROUTES: Final = (Route("t/<str:trial>/visits/<str:name>/", visit_page, of_subjects=True),)
