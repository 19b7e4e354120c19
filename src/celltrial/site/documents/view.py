"""Documents: the list a person may read, one more from a file, and the bytes of one as an attachment, on record first."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import content_disposition_header

from celltrial.app.documents import (
    MOST_BYTES,
    Kept,
    ReadDocument,
    content_of,
    documents_folder,
    filing,
    found,
    put_on_record,
    read_document,
)
from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.conduct.acts.account.commands import RecordCopy
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.document.commands import FileDocument
from celltrial.conduct.acts.document.naming import PREFIX, subject_of_record
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from celltrial.conduct.facts.document.state import DocumentState
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.vocabulary import DocumentKind
from celltrial.core.errors import Fault, UserError, fault
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

_FIELDS: Final = ("kind", "about", "on", "document", "pages")


def documents(visit: TrialVisit) -> HttpResponse:
    """List the documents that this person may read, of everything or of one record; file the one that was sent."""
    if not visit.is_post:
        return _shown(visit, visit.asked("about"))
    if visit.actor.role not in ROLES[FileDocument]:
        raise Http404
    typed = {name: visit.given(name).strip() for name in _FIELDS}
    faults, made, command = _read(visit, typed)
    if command is None or made is None:
        return _shown(visit, typed["about"], typed=typed, faults=faults, status=422)
    request = visit.given("request") or str(uuid4())
    at = visit.first_moment(request, visit.zone)
    with visit.held.session() as session:
        folder = documents_folder(visit.house.trials.where)
        answer = put_on_record(session, visit.acting, at, command, made, folder, request)
    if isinstance(answer, Refused):
        return _shown(visit, typed["about"], typed=typed, conditions=answer.conditions, status=422)
    return HttpResponseRedirect(visit.path("documents/", about=typed["about"]) + "#list")


def content(visit: TrialVisit, name: str) -> HttpResponse:
    """Hand out the bytes of a document as an attachment; that they were handed out is on record first."""
    known = visit.state.documents.get(name)
    if known is None or not visit.is_post or known.filed.sha256 == HIDDEN:
        raise Http404
    filed = known.filed
    sent = content_of(documents_folder(visit.house.trials.where), filed)
    subject = subject_of_record(visit.state, known.about)
    copy = CopyMade(
        CopyKind.DOCUMENT, known.about, visit.state.position, filed.sha256,
        arms_shown=filed.closed and not subject, arms_of=(subject,) if filed.closed and subject else (),
    )  # fmt: skip
    answer = visit.submit(RecordCopy(copy), visit.moment)
    if isinstance(answer, Refused):
        return _shown(visit, known.about, conditions=answer.conditions, status=422)
    response = HttpResponse(sent, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filed.name)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _read(
    visit: TrialVisit, typed: dict[str, str]
) -> tuple[tuple[Fault, ...], ReadDocument | None, FileDocument | None]:
    """Return what was sent and the command that files it; every fault at once."""
    faults: list[Fault] = []
    made = None
    sent: Any = visit.request.FILES.get("file")
    if sent is None:  # also a file above what is taken, which was not kept
        faults.append(fault("APP-410", "file", found=0, expected=MOST_BYTES))
    else:
        try:
            made = read_document(sent.read(), sent.name or "")
        except UserError as error:
            faults += error.faults
    if typed["kind"] not in set(DocumentKind):
        faults.append(fault("APP-414", typed["kind"] or "-", expected=", ".join(DocumentKind)))
    on, pages = _day(typed["on"]), typed["pages"]
    if on is None:
        faults.append(fault("APP-417", "on", found=typed["on"]))
    if pages and not (pages.isascii() and pages.isdigit()):
        faults.append(fault("APP-418", "pages", found=pages))
    if faults or made is None:
        return tuple(faults), made, None
    command = filing(
        made, typed["document"], DocumentKind(typed["kind"]), typed["about"], on, pages=int(pages) if pages else None,
        kept=not visit.given("hash_only"), closed=bool(visit.given("closed")),
    )  # fmt: skip
    return (), made, command


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_shown(visit: TrialVisit, item: DocumentState, about: str) -> bool:
    """Tell whether a document belongs to a list: of a subject also what is about its batches and events."""
    kind, _, key = about.partition("/")
    return not about or item.about == about or (kind == "subject" and subject_of_record(visit.state, item.about) == key)


def _shown(
    visit: TrialVisit,
    about: str,
    *,
    typed: dict[str, str] | None = None,
    faults: tuple[Fault, ...] = (),
    conditions: tuple[Condition, ...] = (),
    status: int = 200,
) -> HttpResponse:
    folder = documents_folder(visit.house.trials.where)
    rows = []
    for item in visit.state.documents.values():
        if _is_shown(visit, item, about):
            closed = item.filed.sha256 == HIDDEN
            place = "closed" if closed else found(folder, item.filed.sha256) if item.filed.kept else Kept.ELSEWHERE
            rows.append((item, str(place)))
    return page(
        visit, "documents/page.html", rows=rows[::-1], about=about, abouts=_abouts(visit), prefix=PREFIX, kinds=list(DocumentKind),
        typed=typed or {**dict.fromkeys(_FIELDS, ""), "about": about}, faults=faults, conditions=conditions,
        may_file=visit.actor.role in ROLES[FileDocument], most=MOST_BYTES // 1024 // 1024, request=str(uuid4()),
        may_withdraw=visit.actor.role in ROLES[COMMANDS["WithdrawDocument"]], today=visit.moment.local_date, status=status,
    )  # fmt: skip


def _abouts(visit: TrialVisit) -> list[str]:
    """Return what a document may be about, of what this person may read."""
    state, site = visit.state, visit.actor.site
    sites = [item for item in state.sites if site in {None, item}]
    events = [event for subject in state.subjects.values() for event in subject.adverse_events]
    return [
        *(f"subject/{item}" for item in state.subjects),
        *(f"batch/{item}" for item in state.batches),
        *(f"adverse_event/{item}" for item in events),
        *(f"site/{item}" for item in sites),
        *(f"suspension/{item}" for item in state.suspensions),
        "trial",
    ]


ROUTES: Final = (
    Route("t/<str:trial>/documents/", documents, menu="site.documents.title", of_subjects=True),
    Route("t/<str:trial>/documents/<str:name>/content/", content, of_subjects=True),
)
