"""Adverse events: the list with clocks, a report that is never lost and graded while typed, one page for each event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.drafting import REPORT, draft_of, drafts_of
from celltrial.app.gating import site_moment
from celltrial.app.grading import grade_on_record, grade_signs, kinds, next_event, scale_of, scales
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.safety.events import ExpeditedReportDue
from celltrial.conduct.facts.safety.state import AdverseEvent, ExpeditedReport
from celltrial.conduct.ruling import Accepted, Condition, Refused
from celltrial.conduct.views.sign_lists import signs_for
from celltrial.conduct.vocabulary import GradeSource, Relatedness
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.events.typed import Typed, listed, typed_in, typed_of
from celltrial.site.form.rows import Problems, Row, form_groups, known_values
from celltrial.site.records import shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Fields of the report in the order in which they are asked here.
_FIELDS: Final = (
    "subject", "term", "category", "onset", "onset_precision", "seriousness", "aware", "relatedness", "expected", "grade",
    "scale", "quality_cause",
)  # fmt: skip
#: What may be done with an event that is on record.
_ACTS: Final = (
    "RecordSigns", "GradeAdverseEvent", "ReassessAdverseEvent", "RecodeAdverseEvent", "ResolveAdverseEvent",
    "ConfirmDoseLimitingToxicity", "RuleOutDoseLimitingToxicity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clocked:
    """An event with the reports that are due of it; `late` are those not sent whose day has passed."""

    event: AdverseEvent
    reports: tuple[ExpeditedReport, ...]
    waiting: tuple[ExpeditedReport, ...]

    @property
    def first_due(self) -> tuple[bool, Any]:
        """The order of gravity: what waits to be sent soonest, then what is serious, then the latest."""
        due = min((item.due.utc for item in self.waiting), default=None)
        return due is None, due or -self.event.onset.toordinal()


def events(visit: TrialVisit) -> HttpResponse:
    """List drafts that wait, and every event of one's own subjects, those with a running clock first."""
    known = [
        _clocked(visit, item) for subject in visit.state.subjects.values() for item in subject.adverse_events.values()
    ]
    running = sorted((item for item in known if item.waiting), key=lambda item: item.first_due)
    others = sorted((item for item in known if not item.waiting), key=lambda item: item.event.onset, reverse=True)
    drafts = drafts_of(visit.state, visit.actor)
    may = {name for name in (REPORT, "WithdrawAdverseEventDraft") if visit.actor.role in ROLES[COMMANDS[name]]}
    return page(
        visit, "events/list.html", rows=[*running, *others], drafts=drafts, may=may, moment=visit.moment,
        sources=tuple(GradeSource), subject=visit.asked("subject"),
    )  # fmt: skip


def report(visit: TrialVisit) -> HttpResponse:
    """Show the form of a report; report, or keep as a draft what cannot be reported yet."""
    if visit.actor.role not in ROLES[COMMANDS["DraftAdverseEvent"]]:
        raise Http404
    if not visit.is_post and not visit.is_taken_up:
        return _form(visit, _first(visit))
    typed = typed_of(visit, _zone(visit, visit.given("f.subject")))
    if visit.given("show") or visit.is_taken_up:
        return _form(visit, typed)
    if visit.given("draft"):
        return _keep(visit, typed, typed.faults)
    if typed.command is None:
        return _keep(visit, typed, typed.faults)
    moment = visit.first_moment(typed.request, _zone(visit, typed.words.get("subject", "")))
    answer = visit.submit(typed.command, moment, request_id=typed.request)
    if isinstance(answer, Refused):
        return _keep(visit, typed, answer.conditions)
    return HttpResponseRedirect(visit.path(f"events/{typed.command.fact.event}/"))


def check(visit: TrialVisit) -> HttpResponse:
    """Say what grade the signs make and what a report would bring with it now; nothing is written."""
    if not visit.is_post:
        raise Http404
    typed = typed_of(visit, _zone(visit, visit.given("f.subject")))
    return page(visit, "events/check.html", **_live(visit, typed))


def signs(visit: TrialVisit) -> HttpResponse:
    """Return the signs that the chosen kind and scale are graded from."""
    if not visit.is_post:
        raise Http404
    typed = typed_of(visit, _zone(visit, visit.given("f.subject")))
    return page(visit, "events/signs.html", asked=_asked(typed))


def event(visit: TrialVisit, name: str) -> HttpResponse:
    """Show one event: every grade beside the others with what decided it, its signs, its clocks, its records."""
    found = next(
        (item.adverse_events[name] for item in visit.state.subjects.values() if name in item.adverse_events), None
    )
    if found is None:
        raise Http404
    at = site_moment(visit.state, found.subject, visit.moment)
    state = visit.held.redacted(visit.actor)
    records = [
        shown(item, visit.language)
        for item in visit.held.records(visit.actor, streams=(f"subject/{found.subject}",))
        if getattr(item.fact, "event", None) == name
    ]
    queries = [item for item in visit.state.queries.values() if item.about == f"adverse_event/{name}"]
    return page(
        visit, "events/page.html", row=_clocked(visit, found), event=found, at=at, records=records[::-1], queries=queries,
        graded=grade_on_record(state, found, visit.actor, at), sources=tuple(GradeSource), acts=_acts(visit, found),
        sends=visit.actor.role in ROLES[COMMANDS["SubmitExpeditedReport"]],
    )  # fmt: skip


def _clocked(visit: TrialVisit, event: AdverseEvent) -> Clocked:
    reports = tuple(item for item in visit.state.reports.values() if item.event == event.event)
    return Clocked(event, reports, tuple(item for item in reports if not item.submitted))


def _zone(visit: TrialVisit, subject: str) -> str:
    known = visit.state.subjects.get(subject)
    return visit.state.zone_of(known.site) if known is not None else visit.zone


def _first(visit: TrialVisit) -> Typed:
    """Return what the form holds when it is opened: a draft, or the subject and now."""
    drafts = {item.event: item for item in drafts_of(visit.state, visit.actor)}
    if visit.asked("draft") in drafts:
        return typed_in(drafts[visit.asked("draft")])
    subject = visit.asked("subject")
    now = Instant(visit.now, _zone(visit, subject))
    words = {
        "subject": subject, "aware": f"{now.local:%Y-%m-%dT%H:%M}", "relatedness": Relatedness.UNKNOWN.value,
        "category": visit.asked("category"), "onset": visit.asked("onset"), "term": visit.asked("category"),
    }  # fmt: skip
    signs = {
        key.removeprefix("sign."): (visit.asked(key), visit.asked(f"unit.{key.removeprefix('sign.')}"))
        for key in visit.request.GET
        if key.startswith("sign.")
    }
    return Typed(words, signs, visit.asked("request") or _new_request())


def _new_request() -> str:
    from uuid import uuid4

    return str(uuid4())


def _asked(typed: Typed) -> Any:
    words = typed.words
    return listed(signs_for(words.get("category", ""), words.get("term", ""), words.get("scale", "")), typed.signs)


def _form(
    visit: TrialVisit,
    typed: Typed,
    *,
    faults: tuple[Fault, ...] = (),
    conditions: tuple[Condition, ...] = (),
    kept: str = "",
    status: int = 200,
) -> HttpResponse:
    words = dict(typed.words)
    words["scale"] = words.get("scale") or scale_of(visit.state, words.get("category", ""))
    words["event"] = words.get("event") or next_event(visit.held.state(), words.get("subject", ""))
    typed = replace(typed, words=words)
    known = known_values(visit.state) | {
        "scale": tuple((item, "") for item in scales(visit.state)),
        "category": tuple((item, "") for item in kinds(visit.state)),
    }
    groups = form_groups(form_of(REPORT), visit.language, words, problems=Problems(faults, conditions), known=known)
    rows: dict[str, Row] = {row.name.removeprefix("f."): row for _, group in groups for row in group}
    return page(
        visit, "events/report.html", status=status, rows=[rows[name] for name in _FIELDS], typed=typed,
        faults=faults, conditions=conditions, kept=kept, asked=_asked(typed), **_live(visit, typed),
    )  # fmt: skip


def _keep(visit: TrialVisit, typed: Typed, wrong: Iterable[Fault | Condition]) -> HttpResponse:
    """Keep a report that cannot be made yet on the list of drafts, where anything was said; it has a clock from awareness."""
    wrong = tuple(wrong)
    faults = tuple(item for item in wrong if isinstance(item, Fault))
    conditions = tuple(item for item in wrong if isinstance(item, Condition))
    kept = ""
    if not typed.is_blank:
        zone = _zone(visit, typed.words.get("subject", ""))
        words = {
            **typed.words,
            "event": typed.words.get("event") or next_event(visit.held.state(), typed.words.get("subject", "")),
        }
        typed = replace(typed, words=words)
        text = json.dumps(typed.data, ensure_ascii=False)
        answer = visit.submit(draft_of(text, (), wrong, visit.moment, zone), visit.moment)
        if isinstance(answer, Refused):
            conditions = (*conditions, *answer.conditions)
        else:
            kept = words["event"]
    if visit.given("draft") and kept:
        return HttpResponseRedirect(visit.path("events/", kept=kept))
    return _form(visit, typed, faults=faults, conditions=conditions, kept=kept, status=422)


def _live(visit: TrialVisit, typed: Typed) -> dict[str, Any]:
    """Return the grade that the signs make, and what follows from a report as it stands in the form."""
    words, moment = typed.words, visit.moment
    subject = words.get("subject", "")
    graded = grade_signs(
        visit.held.redacted(visit.actor), subject if subject in visit.state.subjects else "", visit.actor, moment,
        category=words.get("category", ""), term=words.get("term", ""), scale=words.get("scale", ""), grade=typed.grade,
        onset=typed.onset or moment.local_date, findings=typed.findings,
    )  # fmt: skip
    ruling = None
    if typed.command is not None:
        ruling = visit.held.preview(typed.command, visit.acting, Instant(visit.now, _zone(visit, subject)))
    drafts = ruling.drafts if isinstance(ruling, Accepted) else ()
    facts = [item.fact for item in drafts]
    return {
        "graded": graded,
        "scale": words.get("scale", ""),
        "reported": typed.grade,
        "refused": ruling.conditions if isinstance(ruling, Refused) else (),
        "lacking": typed.faults,
        "follows": [NAMES[type(item)] for item in facts[1:]],
        "clocks": [item for item in facts if isinstance(item, ExpeditedReportDue)],
        "judged": ruling is not None,
        "at": moment,
    }


def _acts(visit: TrialVisit, event: AdverseEvent) -> list[tuple[str, str]]:
    known = {"f.subject": event.subject, "f.event": event.event}
    return [
        (visit.path(f"do/{name}/", **known), command_title(describe(COMMANDS[name]), visit.language))
        for name in _ACTS
        if visit.actor.role in ROLES[COMMANDS[name]]
    ]


ROUTES: Final = (
    Route("t/<str:trial>/events/", events, menu="site.events.title", of_subjects=True),
    Route("t/<str:trial>/events/new/", report, of_subjects=True),
    Route("t/<str:trial>/events/new/check/", check, of_subjects=True),
    Route("t/<str:trial>/events/new/signs/", signs, of_subjects=True),
    Route("t/<str:trial>/events/<str:name>/", event, of_subjects=True),
)
