"""Screening as one form: a row for each criterion in force, judged by conduct while somebody types, recorded all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import localcontext
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.gating import site_moment
from celltrial.app.screening import Line, Screening, open_cohorts, screen
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.subject.commands import ConfirmEligibility, EnrolSubject, RecordEvidence
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.vocabulary import Answer, ExitReason
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.quantities import Quantity, observation
from celltrial.core.reading.bounds import check_values
from celltrial.forms.reading import read
from celltrial.locale.wording import in_words
from celltrial.site.form.words import data_of
from celltrial.site.meanwhile import SEEN, meanwhile
from celltrial.site.records import Shown, shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: What a row asks for; the day and the source appear once for all rows, and a row may say another day.
_FIELDS: Final = ("value", "unit", "on", "assessor")
_CONFIRM, _ENROL = "confirm", "enrol"
#: Digits of a converted value that are shown; it is judged exactly.
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What came from the form.

    words:   by the criterion and the field, as typed.
    results: by concept, what can be read.   faults: by concept, what cannot.
    """

    words: dict[str, dict[str, str]]
    on: str
    source: str
    cohort: str
    request: str
    results: dict[str, RecordEvidence] = field(default_factory=dict)
    faults: dict[str, tuple[Fault, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as the page shows it; it asks for a value where no row before it asks for the same concept.

    input: choice of words, or text.   owner: identifier of the row that asks for its concept.
    """

    line: Line
    owner: str
    light: str
    input: str
    units: tuple[str, ...]
    typed: Mapping[str, str]
    refused: tuple[Condition, ...]
    faults: tuple[Fault, ...]

    @property
    def id(self) -> str:
        """The criterion."""
        return self.line.criterion.id

    @property
    def converted(self) -> str:
        """The value in the unit of its criterion, to a few digits; "" where it was read in that unit."""
        found = self.line.converted
        if found is None:
            return ""
        with localcontext() as context:
            context.prec = _DIGITS
            near = +found.value
        return ("" if near == found.value else "≈ ") + str(Quantity(near, found.unit, found.relation))

    @property
    def is_asked(self) -> bool:
        """Whether a value may be typed here."""
        return self.owner == self.id and not self.line.is_computed


def screening(visit: TrialVisit, name: str) -> HttpResponse:
    """Show every criterion with what is on record, or record what was typed and do what was asked for."""
    subject = _known(visit, name)
    at = site_moment(visit.state, name, visit.moment)
    if visit.is_taken_up:
        return _shown(visit, subject, _sheet(visit, name, at), at)
    if not visit.is_post:
        empty = _Sheet({}, at.local_date.isoformat(), "", "", str(uuid4()))
        return _shown(visit, subject, empty, at)
    sheet = _sheet(visit, name, at)
    changed = meanwhile(visit, (f"subject/{name}",))
    if changed or sheet.faults:
        return _shown(visit, subject, sheet, at, changed=changed, status=409 if changed else 422)
    moment = visit.first_moment(sheet.request, at.zone)
    refused = visit.held.submit_together([*sheet.results.values()], visit.acting, moment, sheet.request)
    if any(refused):
        return _shown(visit, subject, sheet, at, status=422)
    return _act(visit, name, sheet, moment)


def check(visit: TrialVisit, name: str) -> HttpResponse:
    """Judge what is in the form; nothing is written. The answer holds the light of every row, and what is lacking."""
    subject = _known(visit, name)
    if not visit.is_post:
        raise Http404
    at = site_moment(visit.state, name, visit.moment)
    return page(visit, "screening/lights.html", **_context(visit, subject, _sheet(visit, name, at), at))


def _act(visit: TrialVisit, name: str, sheet: _Sheet, moment: Instant) -> HttpResponse:
    """Confirm or enrol after the results are on record, where that was asked for."""
    done = visit.given("do")
    command: ConfirmEligibility | EnrolSubject | None = None
    if done == _CONFIRM:
        command = ConfirmEligibility(name)
    elif done == _ENROL:
        command = EnrolSubject(name, sheet.cohort)
    saved = {"saved": sheet.request} if sheet.results else {}
    if command is None:
        return HttpResponseRedirect(visit.path(f"screening/{name}/", **saved))
    request = f"{sheet.request}/{done}"
    answer = visit.submit(command, visit.first_moment(request, moment.zone), request_id=request)
    if isinstance(answer, Refused):
        after = replace(sheet, words={}, results={}, request=str(uuid4()))
        at = site_moment(visit.state, name, visit.moment)
        return _shown(visit, _known(visit, name), after, at, refused=answer.conditions, saved=sheet.request, status=422)
    return HttpResponseRedirect(visit.path(f"screening/{name}/", **saved, done=request))


def _known(visit: TrialVisit, name: str) -> SubjectState:
    held = visit.held.state_for(visit.actor)
    if name not in held.subjects or held.protocol is None:
        raise Http404
    return held.subjects[name]


def _sheet(visit: TrialVisit, name: str, at: Instant) -> _Sheet:
    """Read the form: each row that holds a value becomes a result, or faults of that row."""
    criteria = visit.state.protocol.population.criteria if visit.state.protocol is not None else ()
    typed = {item.id: {part: visit.given(f"{part}.{item.id}").strip() for part in _FIELDS} for item in criteria}
    sheet = _Sheet(
        typed, visit.given("on").strip(), visit.given("source").strip(), visit.given("cohort"), visit.given("request") or str(uuid4())
    )  # fmt: skip
    form = form_of("RecordEvidence")
    with visit.held.session() as session:
        found = screen(session, name, visit.acting, at)
    for line in found.lines if isinstance(found, Screening) else ():
        words = typed[line.criterion.id]
        if not words["value"] or line.is_computed:
            continue
        whole = {
            "subject": name, "concept": line.concept, "value": words["value"], "unit": words["unit"],
            "on": words["on"] or sheet.on, "source": sheet.source, "assessor": words["assessor"],
        }  # fmt: skip
        try:
            result = read(form, data_of(form, whole), zone=at.zone)
            check_values(result, form.name)
        except UserError as error:
            sheet.faults[line.concept] = tuple(error.faults)
        else:
            sheet.results[line.concept] = result
    return sheet


def _context(visit: TrialVisit, subject: SubjectState, sheet: _Sheet, at: Instant) -> dict[str, Any]:
    with visit.held.session() as session:
        found = screen(session, subject.subject, visit.acting, at, sheet.results, sheet.cohort)
    if not isinstance(found, Screening):
        raise Http404
    owners: dict[str, str] = {}
    for line in found.lines:
        owners.setdefault(line.concept, line.criterion.id)
    return {
        "subject": subject,
        "found": found,
        "rows": [_row(line, owners[line.concept], found, sheet) for line in found.lines],
        "sheet": sheet,
        "at": at,
    }


def _row(line: Line, owner: str, found: Screening, sheet: _Sheet) -> _Row:
    refused, faults = found.refused.get(line.concept, ()), sheet.faults.get(line.concept, ())
    known = observation(line.concept)
    symbols = known.symbols if known is not None else ()
    criterion = line.criterion
    words = isinstance(criterion.value, bool)
    units = tuple(dict.fromkeys(item for item in (criterion.unit, *symbols) if item))
    light = "refused" if refused or faults else line.truth.value
    return _Row(
        line, owner, light, "choice" if words else "text", units, sheet.words.get(criterion.id, {}), refused, faults
    )


def _shown(
    visit: TrialVisit,
    subject: SubjectState,
    sheet: _Sheet,
    at: Instant,
    *,
    changed: tuple[Shown, ...] = (),
    refused: tuple[Condition, ...] = (),
    saved: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _context(visit, subject, sheet, at)
    state = visit.held.state_for(visit.actor)
    return page(
        visit, "screening/page.html", status=status, **context, changed=changed, refused=refused,
        seen=(SEEN, state.position), records=_left(visit, saved or visit.asked("saved"), visit.asked("done")),
        cohorts=[state.cohorts[item] for item in open_cohorts(state)], answers=tuple(Answer),
        may={name for name in ("RecordEvidence", "ConfirmEligibility", "EnrolSubject", "DiscontinueSubject") if visit.actor.role in ROLES[COMMANDS[name]]},
        failure="" if sheet.results else _failure(visit, subject, context["found"]),
    )  # fmt: skip


def _left(visit: TrialVisit, *requests: str) -> list[Shown]:
    """Return what acts of this page left on record, as their reader may see it: read from the ledger, not remembered."""
    found = []
    for request in filter(None, requests):
        with visit.held.session() as session:
            positions = {event.position for event in session.carried_out(request)}
        if positions:
            events = visit.held.records(visit.actor, after=min(positions) - 1, most=len(positions))
            found += [shown(event, visit.language) for event in events if event.position in positions]
    return found


def _failure(visit: TrialVisit, subject: SubjectState, found: Screening) -> str:
    """Return the address that ends screening, with the criteria that failed on record; "" where none did."""
    if not found.failed or subject.exit_reason is not None:
        return ""
    reasons = "; ".join(
        f"{line.criterion.id}: {in_words(line.condition.found, visit.language)}" for line in found.failed if line.condition
    )  # fmt: skip
    return visit.path(
        "do/DiscontinueSubject/",
        **{"f.subject": subject.subject, "f.reason": ExitReason.ELIGIBILITY_LOST.value, "f.detail": reasons},
    )


ROUTES: Final = (
    Route("t/<str:trial>/screening/<str:name>/", screening, of_subjects=True),
    Route("t/<str:trial>/screening/<str:name>/check/", check, of_subjects=True),
)
