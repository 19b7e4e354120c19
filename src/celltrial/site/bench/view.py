"""Batches: the list with what is next and whose; one batch with path, genealogy, tests, custody and its one next act; its label."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import segno
from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.bench import (
    OVER,
    ReleaseTest,
    breaks,
    next_acts,
    relatives,
    release_conditions,
    release_tests,
    roles_of,
)
from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.account.commands import RecordCopy
from celltrial.conduct.acts.batch.commands import RecordQualityTest
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.envelope import Role, batch_stream
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.views.worklist import WorkItem
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.description import describe
from celltrial.forms.reading import read
from celltrial.locale.form_words import command_title
from celltrial.site.form.rows import form_groups, known_values
from celltrial.site.form.words import data_of
from celltrial.site.gate.view import own_conditions
from celltrial.site.records import shown
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Who handles bags, and so prints their labels; a wristband's code is nobody else's to see.
_LABELS: Final = frozenset(
    {Role.CELL_PROCESSING, Role.QUALITY_ASSURANCE, Role.INVESTIGATOR, Role.COORDINATOR, Role.NURSE}
)
_AT_BEDSIDE: Final = frozenset({BatchStatus.RECEIVED, BatchStatus.THAWED})
#: Tests of it may be recorded then, each field of them typed in its row.
_TESTED: Final = frozenset({BatchStatus.IN_PROCESS, BatchStatus.QC, BatchStatus.QUARANTINED})
_TYPED: Final = ("value", "unit", "low", "high", "passed")
#: Further acts that quality assurance or the bench may need at any time.
_ASIDE: Final = ("RecordQualityTest", "QuarantineBatch", "RecallBatch", "ExpireBatch", "HandOverBatch")


@dataclass(frozen=True, slots=True)
class Line:
    """One batch of the list: its status since when, its age from collection, what is next, whose, and what is due of it."""

    batch: BatchState
    site: str
    since: Instant | None
    days: int | None
    act: str
    roles: tuple[Role, ...]
    due: tuple[WorkItem, ...]

    @property
    def at_bedside(self) -> bool:
        """Whether it waits at the site to be given."""
        return self.batch.status in _AT_BEDSIDE


def batches(visit: TrialVisit) -> HttpResponse:
    """List the batches of which something may still come; with `all`, every one."""
    every = visit.asked("all") == "1"
    known = [item for item in visit.state.batches.values() if every or item.status not in OVER]
    due = visit.held.worklist(visit.actor, visit.moment)
    moments = _moments(visit, [batch_stream(item.batch) for item in known])
    lines = [_line(visit, item, moments, due) for item in known]
    lines.sort(
        key=lambda line: (
            visit.actor.role not in line.roles,
            line.batch.status in OVER,
            -(line.days or 0),
            line.batch.batch,
        )
    )
    left_out = len(visit.state.batches) - len(known)
    return page(
        visit,
        "bench/list.html",
        lines=lines,
        titles={line.act: _title(visit, line.act) for line in lines if line.act},
        left_out=left_out,
        every=every,
        day=visit.moment.local_date,
    )


def _moments(visit: TrialVisit, streams: list[str]) -> dict[str, list[tuple[str, Instant]]]:
    """Return the kinds and moments of what is on record of each batch, in order."""
    found: dict[str, list[tuple[str, Instant]]] = {}
    for event in visit.held.records(visit.actor, streams=streams) if streams else ():
        found.setdefault(event.stream, []).append((type(event.fact).__name__, event.occurred))
    return found


def _line(
    visit: TrialVisit, batch: BatchState, moments: dict[str, list[tuple[str, Instant]]], due: tuple[WorkItem, ...]
) -> Line:
    state, about = visit.state, batch_stream(batch.batch)
    kinds = moments.get(about, [])
    collected = next((at for kind, at in kinds if kind == "BatchCollected"), None)
    zone = state.zone_of(state.subjects[batch.subject].site)
    days = (visit.moment.utc.date() - collected.utc.date()).days if collected is not None else None
    last = next((at for kind, at in reversed(kinds) if kind not in _NO_STEP), None)
    acts = next_acts(state, batch)
    return Line(
        batch, state.subjects[batch.subject].site, Instant(last.utc, zone) if last is not None else None, days,
        acts[0] if acts else "", roles_of(acts[0]) if acts else (), tuple(item for item in due if item.about == about),
    )  # fmt: skip


#: What is on record of a batch without its status having changed.
_NO_STEP: Final = frozenset(
    {"QualityTested", "CustodyHandedOver", "IdentityConfirmed", "IdentityMismatchFound", "BatchRecalled"}
)


def batch(visit: TrialVisit, name: str) -> HttpResponse:
    """Show one batch with its next act for this person; another site's is no page."""
    return _batch(visit, _known(visit, name))


def tests(visit: TrialVisit, name: str) -> HttpResponse:
    """Record every test that was typed, all of them or none; one that was left empty stays as it is."""
    known = _known(visit, name)
    if not visit.is_post:
        raise Http404
    form, results, faults = describe(RecordQualityTest), dict[str, RecordQualityTest](), list[Fault]()
    for number, row in enumerate(release_tests(visit.state, known), start=1):
        words = {field: visit.given(f"{number}.{field}").strip() for field in _TYPED}
        if not any(words.values()):
            continue
        try:
            results[row.name] = read(
                form, data_of(form, {"batch": name, "attribute": row.name, **words}), where=row.name
            )
            check_values(results[row.name], row.name)
        except UserError as error:
            faults += error.faults
    if faults or not results:
        return _batch(visit, known, faults=tuple(faults), status=422)
    moment = visit.first_moment(visit.given("request"), visit.zone)
    refused = visit.held.submit_together([*results.values()], visit.acting, moment, visit.given("request"))
    conditions = tuple(dict.fromkeys(item for found in refused for item in found))
    if conditions:
        return _batch(visit, known, conditions=conditions, status=422)
    return HttpResponseRedirect(visit.path(f"batches/{quote(name, safe='')}/"))


def _batch(
    visit: TrialVisit,
    known: BatchState,
    *,
    faults: tuple[Fault, ...] = (),
    conditions: tuple[Condition, ...] = (),
    status: int = 200,
) -> HttpResponse:
    name = known.batch
    records = [shown(event, visit.language) for event in visit.held.records(visit.actor, streams=(batch_stream(name),))]
    acts = next_acts(visit.state, known)
    mine = next((act for act in acts if act != "RecordQualityTest" and visit.actor.role in ROLES[COMMANDS[act]]), "")
    may_release = visit.actor.role in ROLES[COMMANDS["ReleaseBatch"]]
    release = known.status is BatchStatus.QC
    asked = release_conditions(visit.held, visit.acting, known, visit.moment) if release and may_release else ()
    manufacturing = visit.state.protocol.manufacturing if visit.state.protocol is not None else None
    return page(
        visit, "bench/page.html", status=status, faults=faults, conditions=own_conditions(visit, known.subject, conditions),
        may_test=known.status in _TESTED and visit.actor.role in ROLES[RecordQualityTest], typed=visit.given, batch=known, site=visit.state.subjects[known.subject].site, records=records,
        zone=visit.state.zone_of(visit.state.subjects[known.subject].site), tests=release_tests(visit.state, known),
        closed=is_blinded(visit.state, visit.actor), custody=breaks(visit.state, known),
        relatives=relatives(visit.state, known), plan=manufacturing, acts=[(act, _title(visit, act), roles_of(act)) for act in acts],
        mine=mine, form=_form(visit, known, mine) if mine else (), title=_title(visit, mine) if mine else "",
        others=_others(visit, known, acts, mine), release=release, may_release=may_release, request_id=str(uuid4()),
        unmet=own_conditions(visit, known.subject, asked), may_print=visit.actor.role in _LABELS,
        at_bedside=known.status in _AT_BEDSIDE,
    )  # fmt: skip


def _known(visit: TrialVisit, name: str) -> BatchState:
    known = visit.state.batches.get(name)
    if known is None:
        raise Http404
    return known


def _title(visit: TrialVisit, command: str) -> str:
    return command_title(describe(COMMANDS[command]), visit.language)


def _values(visit: TrialVisit, known: BatchState, command: str) -> dict[str, str]:
    """Return what of a command is known before anybody types: the batch, its subject, where it goes, what is missing."""
    subject = visit.state.subjects[known.subject]
    missing: ReleaseTest | None = next(
        (row for row in release_tests(visit.state, known) if row.mark == "missing"), None
    )
    plan = visit.state.protocol.manufacturing if visit.state.protocol is not None else None
    holder = known.custody[-1].to_holder if known.custody else ""
    found = {
        "batch": known.batch, "subject": known.subject, "to_site": subject.site, "site": subject.site,
        "attribute": missing.name if missing is not None else "", "from_holder": holder,
        "process_version": plan.process_version if plan is not None and command == "StartManufacture" else "",
        "basis": visit.state.protocol.dose.basis.value if visit.state.protocol is not None else "",
    }  # fmt: skip
    fields = {item.name for item in describe(COMMANDS[command]).fields}
    return {field: value for field, value in found.items() if value and field in fields}


def _form(visit: TrialVisit, known: BatchState, command: str) -> Any:
    form = describe(COMMANDS[command])
    return form_groups(form, visit.language, _values(visit, known, command), known=known_values(visit.state))


def _others(visit: TrialVisit, known: BatchState, acts: tuple[str, ...], mine: str) -> list[tuple[str, str]]:
    """Return address and title of further acts of this person on the batch."""
    names = [name for name in dict.fromkeys((*acts, *_ASIDE)) if name != mine]
    return [
        (visit.path(f"do/{name}/", **{f"f.{key}": value for key, value in _values(visit, known, name).items()}), _title(visit, name))
        for name in names
        if visit.actor.role in ROLES[COMMANDS[name]] and known.status not in {BatchStatus.INFUSED, BatchStatus.DESTROYED}
    ]  # fmt: skip


def label(visit: TrialVisit, name: str) -> HttpResponse:
    """Print the label of a bag: each print is on record before its codes are shown."""
    known = _known(visit, name)
    if visit.actor.role not in _LABELS:
        raise Http404
    if not visit.is_post:
        return page(visit, "bench/label.html", batch=known, codes=(), refused=(), request_id=str(uuid4()))
    codes = (("subject", known.identity), ("bag", known.batch))
    printed = hashlib.sha256("\n".join(code for _, code in codes).encode()).hexdigest()
    made = CopyMade(CopyKind.PRINT, batch_stream(name), visit.state.position, printed, arms_shown=False)
    answer = visit.submit(RecordCopy(made), visit.moment, request_id=visit.given("request"))
    if isinstance(answer, Refused):
        return page(
            visit,
            "bench/label.html",
            batch=known,
            codes=(),
            refused=answer.conditions,
            request_id=str(uuid4()),
            status=422,
        )
    pictures = [
        (what, code, segno.make(code, micro=False, error="q").svg_data_uri(scale=6, border=4)) for what, code in codes
    ]
    return page(visit, "bench/label.html", batch=known, codes=pictures, refused=(), request_id="")


ROUTES: Final = (
    Route("t/<str:trial>/batches/", batches, menu="site.bench.menu", of_subjects=True),
    Route("t/<str:trial>/batches/<str:name>/", batch, of_subjects=True),
    Route("t/<str:trial>/batches/<str:name>/tests/", tests, of_subjects=True),
    Route("t/<str:trial>/batches/<str:name>/label/", label, of_subjects=True),
)
