"""Subjects: the list, and one subject with what is due, events, every record, and the history of every value."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpResponse

from celltrial.app.auditing import audit_subject
from celltrial.app.querying import places_of
from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.document.naming import subject_of_record
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import OpenQuery
from celltrial.conduct.acts.trial.commands import CorrectFact, VerifyValue
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.core.errors import UserError
from celltrial.forms.description import forms
from celltrial.locale.form_words import command_title
from celltrial.site.records import shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit


def subjects(visit: TrialVisit) -> HttpResponse:
    """List the subjects that this person may read; filters are in the address."""
    stage, site = visit.asked("stage"), visit.asked("site")
    rows = [
        item
        for item in visit.state.subjects.values()
        if (not stage or item.stage == stage) and (not site or item.site == site)
    ]
    due: dict[str, int] = {}
    for item in visit.held.worklist(visit.actor, visit.moment):
        due[item.about] = due.get(item.about, 0) + 1
    return page(
        visit, "subjects/list.html", rows=rows, due=due, stages=sorted({item.stage for item in visit.state.subjects.values()}),
        sites=sorted({item.site for item in visit.state.subjects.values()}), stage=stage, at_site=site,
    )  # fmt: skip


def subject(visit: TrialVisit, name: str) -> HttpResponse:
    """Show one subject; another site's is none."""
    known = _known(visit, name)
    batches = [visit.state.batches[batch] for batch in known.batches if batch in visit.state.batches]
    streams = (f"subject/{name}", *(f"batch/{item.batch}" for item in batches))
    records = [shown(event, visit.language) for event in visit.held.records(visit.actor, streams=streams)]
    due = [
        item
        for item in visit.held.worklist(visit.actor, visit.moment)
        if _is_about(visit.state, item.about, name, known)
    ]
    acts = [
        (form.name, command_title(form, visit.language))
        for form in forms()
        if visit.actor.role in form.roles and any(field.name == "subject" for field in form.fields)
    ]
    return page(
        visit, "subjects/page.html", subject=known, batches=batches, records=records[::-1], due=due, acts=acts,
        zone=visit.state.zone_of(known.site), documents=_documents(visit, name),
    )  # fmt: skip


def _documents(visit: TrialVisit, name: str) -> int:
    """Return how many documents are on record about a subject, its batches and its events."""
    return sum(subject_of_record(visit.state, item.about) == name for item in visit.state.documents.values())


def history(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the history of every value of a subject: first entry, changes, corrections, queries, signatures."""
    _known(visit, name)
    item = visit.asked("item")
    try:
        answer = audit_subject(visit.house.trials.where, visit.held.trial, name, item=item, reader=visit.actor)
    except UserError as error:
        if {fault.id for fault in error.faults} == {"APP-081"}:
            raise Http404 from None
        raise
    audit = answer.audit
    with visit.held.session() as session:
        places = places_of(session, audit)
    may = {
        "ask": visit.actor.role in ROLES[OpenQuery],
        "verify": visit.actor.role in ROLES[VerifyValue],
        "correct": visit.actor.role in ROLES[CorrectFact],
    }
    return page(
        visit, "subjects/history.html", name=name, item=item, audit=audit, position=answer.position, may=may, places=places,
        notes={note.note: note for note in audit.notes},
        statuses={item.query: item.status for item in visit.state.queries.values()},
    )  # fmt: skip


def _known(visit: TrialVisit, name: str) -> SubjectState:
    known = visit.state.subjects.get(name)
    if known is None or not may_read(visit.state, visit.actor, f"subject/{name}"):
        raise Http404
    return known


def _is_about(state: TrialState, about: str, name: str, known: SubjectState) -> bool:
    kind, _, key = about.partition("/")
    if kind == "adverse_event":
        return state.subject_of_event(key) == name
    return (kind == "batch" and key in known.batches) or key.partition("/")[0] == name


ROUTES: Final = (
    Route("t/<str:trial>/subjects/", subjects, menu="site.subjects.title", of_subjects=True),
    Route("t/<str:trial>/subjects/<str:name>/", subject, of_subjects=True),
    Route("t/<str:trial>/subjects/<str:name>/history/", history, of_subjects=True),
)
