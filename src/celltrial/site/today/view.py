"""Today: what is due from the person's role, oldest and gravest first, what waits for their signature, and what changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect

from celltrial.app.drafting import REPORT
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.views.worklist import Due, WorkItem
from celltrial.forms.description import describe
from celltrial.locale import translate
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.signing.view import count_mine
from celltrial.site.tickets import set_cookie
from celltrial.site.visit import TrialVisit

#: What does away with each kind of thing that is due, and the field that names it; the first that the role may give.
ACTS: Final[dict[Due, tuple[tuple[str, str], ...]]] = {
    Due.TASK: (("CloseTask", "task"),),
    Due.ALERT: (("AcknowledgeAlert", "alert"),),
    Due.DLT_WINDOW: (("CompleteDltWindow", "subject"),),
    Due.DLT_ADJUDICATION: (("ConfirmDoseLimitingToxicity", "event"), ("RuleOutDoseLimitingToxicity", "event")),
    Due.EXPEDITED_REPORT: (("SubmitExpeditedReport", "report"),),
    Due.ADVERSE_EVENT_DRAFT: (("ReportAdverseEvent", "event"), ("WithdrawAdverseEventDraft", "event")),
    Due.QUERY: (("AnswerQuery", "query"), ("CloseQuery", "query"), ("ReopenQuery", "query")),
    Due.BATCH_EXPIRY: (("ExpireBatch", "batch"),),
    Due.FOLLOW_UP_VISIT: (
        ("RecordFollowUpVisit", "visit"),
        ("RecordMissedVisit", "visit"),
        ("RecordContactAttempt", "visit"),
    ),
    Due.FOLLOW_UP_TEST: (("RecordLateSafetyTest", ""),),
    Due.FOLLOW_UP_ANSWER: (("CorrectFact", ""),),
    Due.SUSPENSION: (
        ("OpenEvaluation", "suspension"),
        ("SignEvaluation", "suspension"),
        ("RecordResumeItem", "suspension"),
    ),
    Due.SITE_ACCEPTANCE: (("AcceptVersion", "site"), ("RecordResumeItem", "suspension")),
    Due.HALT: (("ImplementCorrectiveAction", "halt"), ("LiftHalt", "halt")),
    Due.QUARANTINE: (("LiftQuarantine", "batch"), ("RejectBatch", "batch"), ("DestroyBatch", "batch")),
    Due.COMPARABILITY: (("ConcludeComparability", "change"),),
    Due.DOSE_DECISION: (("SignDoseDecision", "recommendation"), ("RecommendDose", "")),
    Due.INFUSION: (("RecordInfusion", "batch"), ("DecideLymphodepletionRepeat", "")),
    Due.READ: (("LockRead", ""),),
    Due.ADJUDICATION: (("AssignReader", ""), ("LockRead", "")),
    Due.MAJORITY_CONSENT: (("SignConsent", "subject"),),
    Due.EVIDENCE_REVIEW: (("RecordEvidenceReview", ""),),
    Due.ADULT_CARE: (("TransitionToAdultCare", "subject"),),
    Due.FOLLOW_UP_EXTENSION: (("ExtendFollowUp", "subject"),),
    Due.SENTINEL: (("RecordEvidence", ""),),
    Due.RECEIPT: (("ReceiveBatch", "batch"),),
}
#: Kinds that a person's life or the trial's going on hangs on: first among what is due on the same day.
_GRAVE: Final = frozenset(
    {
        Due.ALERT,
        Due.EXPEDITED_REPORT,
        Due.ADVERSE_EVENT_DRAFT,
        Due.SUSPENSION,
        Due.HALT,
        Due.INFUSION,
        Due.DLT_ADJUDICATION,
    }
)
_SEEN: Final = "celltrial_seen"
#: So many changes are listed; the audit trail holds every one.
_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing due with the acts that do away with it: address and title."""

    item: WorkItem
    overdue: int
    acts: tuple[tuple[str, str], ...]


def today(visit: TrialVisit) -> HttpResponse:
    """Show what is due from this role now."""
    day = visit.moment.local_date
    items = [
        item
        for item in visit.held.worklist(visit.actor, visit.moment)
        if item.owner == visit.actor.role and item.kind is not Due.SIGNATURE
    ]
    items.sort(
        key=lambda item: (item.due is None and item.kind not in _GRAVE, item.due or day, item.kind not in _GRAVE)
    )
    due = [DueItem(item, item.days_overdue(day), _acts(visit, item)) for item in items]
    groups = {
        "overdue": [item for item in due if item.overdue],
        "today": [item for item in due if not item.overdue and (item.item.due is None or item.item.due <= day)],
        "later": [item for item in due if item.item.due is not None and item.item.due > day],
    }
    seen = _seen(visit)
    changes, more = _changes(visit, seen)
    return page(
        visit, "today/page.html", groups=groups, count=len(due), signatures=count_mine(visit), changes=changes, more=more,
        seen=seen, day=day, unsent_forms=_unsent(visit),
    )  # fmt: skip


def _unsent(visit: TrialVisit) -> int:
    """Return how many forms this person typed in and did not send."""
    if visit.person is None:
        return 0
    return len(visit.house.unsent.all(visit.held.trial, visit.person.account))


def mark_seen(visit: TrialVisit) -> HttpResponse:
    """Remember up to which record this person has seen the changes of this trial."""
    response = HttpResponseRedirect(visit.path("today/"))
    if visit.is_post:
        position = visit.given("position")
        known = f"{visit.held.trial}:{position if position.isdigit() else visit.state.position}"
        set_cookie(response, _SEEN, known, secure=visit.house.secure, max_age=31_536_000)
    return response


def _seen(visit: TrialVisit) -> int:
    """Return the last record that this person marked as seen; 0 where none is known."""
    trial, _, position = visit.request.COOKIES.get(_SEEN, "").rpartition(":")
    return int(position) if trial == visit.held.trial and position.isdigit() else 0


def _changes(visit: TrialVisit, seen: int) -> tuple[list[tuple[int, str, str, str]], bool]:
    """Return what was recorded since, the newest first, and whether there is more than is shown."""
    after = max(seen, visit.state.position - 4 * _MOST)
    found = [
        (item.position, NAMES[type(item.fact)], item.stream, item.actor.printed_name or item.actor.id)
        for item in reversed(visit.held.records(visit.actor, after=after))
    ]
    return found[:_MOST], len(found) > _MOST or after > seen


def _pages(visit: TrialVisit, item: WorkItem, kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the page on which something due is done away with, where there is one of its own."""
    if item.kind is Due.INFUSION and kind == "subject":
        yield visit.path(f"bedside/{quote(name, safe='')}/"), translate("site.bedside.menu", visit.language)
    if kind == "batch":
        yield visit.path(f"batches/{quote(name, safe='')}/"), name


def _acts(visit: TrialVisit, item: WorkItem) -> tuple[tuple[str, str], ...]:
    kind, _, name = item.about.partition("/")
    found = [*_pages(visit, item, kind, name)]
    for command, field in ACTS.get(item.kind, ()):
        if visit.actor.role not in ROLES[COMMANDS[command]]:
            continue
        form = describe(COMMANDS[command])
        fields = {one.name for one in form.fields}
        values = {f"f.{kind}": name} if kind in fields and name else {}
        values |= {f"f.{field}": item.key} if field in fields and field != kind else {}
        address = visit.path(f"do/{command}/", **values)
        if item.kind is Due.ADVERSE_EVENT_DRAFT and command == REPORT:
            address = visit.path("events/new/", draft=item.key)
        found.append((address, command_title(form, visit.language)))
    return tuple(found)


ROUTES: Final = (
    Route("t/<str:trial>/today/", today, menu="site.today.title"),
    Route("t/<str:trial>/today/seen/", mark_seen),
)
