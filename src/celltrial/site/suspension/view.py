"""A suspension as a checklist: each thing that a resume needs with who gives it, what it follows, and what is on record of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.http import Http404, HttpResponse

from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.document.naming import PREFIX
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.scope.suspension import ORDER, SIGNERS, accepted, check_resume, needed_items
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.scope.state import SuspensionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Condition
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import ResumeItem, ScopeStatus
from celltrial.core.values import Value, all_of
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Acts on the whole of a suspension, in their order.
_WHOLE: Final = ("OpenEvaluation", "ResumeScope", "TerminateScope")
_OVER: Final = frozenset({ScopeStatus.RESUMED, ScopeStatus.TERMINATED})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a resume needs: any of `items` serves.

    how:     "missing" where a resume would be refused for it now, "there" where it is on record.
    signers: the roles that all sign it, by item; None where its own act was signed.   after: what it rests on.
    acts:    address and item of what records it, for the reader's role.
    """

    items: tuple[ResumeItem, ...]
    how: str
    found: tuple[ResumeItemRecorded, ...]
    signers: tuple[tuple[ResumeItem, Value | None], ...]
    after: tuple[ResumeItem, ...]
    acts: tuple[tuple[str, ResumeItem], ...]


def suspension(visit: TrialVisit, name: str) -> HttpResponse:
    """Show one suspension."""
    state = visit.held.redacted(visit.actor)
    found = state.suspensions.get(name)
    if found is None:
        raise Http404
    over = found.status in _OVER
    refused = () if over else tuple(_own(visit, item) for item in check_resume(state, found))
    sites = {item.site: item for item in accepted(state, found)}
    return page(
        visit, "suspension/page.html", one=found, over=over, lines=_lines(visit, state, found, refused),
        others=[item for item in refused if item.code != Code.RESUME_ITEM_MISSING], refused=refused,
        sites=[(item.site, sites.get(item.site), item.site in found.sites) for item in state.sites.values() if item.is_open and _of_reader(visit, item.site)],
        versions=[item for item in state.versions if item.since.utc >= found.since.utc], version=state.version,
        papers=[item for item in visit.state.documents.values() if item.about == f"suspension/{name}"], prefix=PREFIX,
        flying=in_flight(visit.state, visit.moment), acts=() if over else _acts(visit, name),
        exception="SignInFlightException" if visit.actor.role in ROLES[COMMANDS["SignInFlightException"]] and not over else "",
    )  # fmt: skip


def _of_reader(visit: TrialVisit, site: str) -> bool:
    return visit.actor.site in {None, site}


def _lines(visit: TrialVisit, state: TrialState, found: SuspensionState, refused: tuple[Condition, ...]) -> list[Line]:
    stopping = state.protocol.stopping if state.protocol is not None else None
    missing = {item.field for item in refused if item.code == Code.RESUME_ITEM_MISSING}
    lines = []
    for field, items in needed_items(stopping.resume) if stopping is not None else []:
        lines.append(
            Line(
                items,
                "missing" if f"stopping.resume.{field}" in missing else "there",
                tuple(item for item in found.items if item.item in items and _may_be_seen(visit, item)),
                tuple((item, all_of(*SIGNERS[item]) if SIGNERS[item] else None) for item in items),
                tuple(dict.fromkeys(earlier for item in items for earlier in ORDER.get(item, ()))),
                tuple(_act(visit, found, item) for item in items if _may(visit, item)),
            )
        )
    return lines


def _command(item: ResumeItem) -> str:
    return "SignEvaluation" if item is ResumeItem.EVALUATION else "RecordResumeItem"


def _may(visit: TrialVisit, item: ResumeItem) -> bool:
    return visit.actor.role in ROLES[COMMANDS[_command(item)]]


def _act(visit: TrialVisit, found: SuspensionState, item: ResumeItem) -> tuple[str, ResumeItem]:
    fields = {"f.suspension": found.suspension}
    if item is not ResumeItem.EVALUATION:
        fields |= {"f.item": item.value}
    if item is ResumeItem.SITE_ACCEPTANCE and visit.actor.site is not None:
        fields |= {"f.site": visit.actor.site}
    if item is ResumeItem.AMENDMENT:
        fields |= {"f.reference": visit.state.version}
    return visit.path(f"do/{_command(item)}/", **fields), item


def _acts(visit: TrialVisit, name: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (visit.path(f"do/{command}/", **{"f.suspension": name}), command_title(describe(COMMANDS[command]), visit.language), command)
        for command in _WHOLE
        if visit.actor.role in ROLES[COMMANDS[command]]
    )  # fmt: skip


def _may_be_seen(visit: TrialVisit, item: ResumeItemRecorded) -> bool:
    return (not item.site or _of_reader(visit, item.site)) and (
        not item.subject or item.subject in visit.state.subjects
    )


def _own(visit: TrialVisit, item: Condition) -> Condition:
    """Return a condition that names no subject of another site."""
    return item if may_read(visit.held.state(), visit.actor, item.about) else replace(item, about="trial")


ROUTES: Final = (Route("t/<str:trial>/suspensions/<str:name>/", suspension, of_subjects=True),)
