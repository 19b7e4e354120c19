"""Safety: how far each stopping rule is from its boundary, what is suspended or halted and what reopens it, who is in flight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.http import HttpResponse

from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.scope.suspension import check_resume, needed_items
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.scope.state import SuspensionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Condition
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.views.stopping import RuleMeter, rule_meters
from celltrial.conduct.vocabulary import ResumeItem, ScopeStatus
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: True event rates at which the probability of crossing is shown.
RATES: Final = (0.05, 0.10, 0.20, 0.30, 0.50)


@dataclass(frozen=True, slots=True)
class Meter:
    """A rule's meter, with the probability of crossing by the planned size at each of `RATES`; None where none can be told."""

    meter: RuleMeter
    chances: tuple[float | None, ...]

    @property
    def is_told(self) -> bool:
        """Whether there is a probability to tell."""
        return any(chance is not None for chance in self.chances)


@dataclass(frozen=True, slots=True)
class Checklist:
    """A suspension with each thing that its resume needs and what is on record of it.

    lacking: what a resume would be refused for now; empty once it is lifted.
    sites:   those that have not accepted a resume that is lifted.
    acts:    address and title of each act that the reader's role may give.
    """

    suspension: SuspensionState
    items: tuple[tuple[tuple[ResumeItem, ...], tuple[ResumeItemRecorded, ...]], ...]
    lacking: tuple[Condition, ...]
    sites: tuple[str, ...]
    acts: tuple[tuple[str, str], ...]


def safety(visit: TrialVisit) -> HttpResponse:
    """Show the meters to whoever may see arms; suspensions, halts and subjects in flight to every role."""
    state = visit.held.redacted(visit.actor)
    closed = is_blinded(state, visit.actor)
    found = () if closed else rule_meters(state, visit.moment.local_date)
    meters = [Meter(item, tuple(item.crossing_by_plan(rate) for rate in RATES)) for item in found]
    open_first = sorted(state.suspensions.values(), key=lambda item: (item.is_lifted, item.since.utc))
    return page(
        visit, "safety/page.html", meters=meters, closed=closed, rates=RATES,
        checklists=[_checklist(visit, state, item) for item in open_first], halts=list(state.halts.values()),
        flying=in_flight(visit.state, visit.moment),
    )  # fmt: skip


def _checklist(visit: TrialVisit, state: TrialState, found: SuspensionState) -> Checklist:
    stopping = state.protocol.stopping if state.protocol is not None else None
    needed = needed_items(stopping.resume) if stopping is not None else []
    items = tuple(
        (wanted, tuple(item for item in found.items if item.item in wanted and _may_be_seen(visit, item)))
        for _, wanted in needed
    )
    over = found.status in {ScopeStatus.RESUMED, ScopeStatus.TERMINATED}
    lacking = () if over else tuple(_own(visit, item) for item in check_resume(state, found))
    names = [*_ACTS, *(["ResumeScope"] if not over else [])]
    acts = (
        ()
        if over
        else tuple(
            (
                visit.path(f"do/{name}/", **{"f.suspension": found.suspension}),
                command_title(describe(COMMANDS[name]), visit.language),
            )
            for name in names
            if visit.actor.role in ROLES[COMMANDS[name]]
        )
    )
    return Checklist(found, items, lacking, _waiting(state, found), acts)


_ACTS: Final = ("OpenEvaluation", "SignEvaluation", "RecordResumeItem", "SignInFlightException")


def _may_be_seen(visit: TrialVisit, item: ResumeItemRecorded) -> bool:
    own_site = visit.actor.site is None or item.site in {"", visit.actor.site}
    return own_site and (not item.subject or item.subject in visit.state.subjects)


def _own(visit: TrialVisit, item: Condition) -> Condition:
    """Return a condition that names no subject of another site."""
    return item if may_read(visit.held.state(), visit.actor, item.about) else replace(item, about="trial")


def _waiting(state: TrialState, found: SuspensionState) -> tuple[str, ...]:
    if not found.is_lifted or "" in found.opened:
        return ()
    return tuple(item.site for item in state.sites.values() if item.is_open and item.site not in found.sites)


ROUTES: Final = (Route("t/<str:trial>/safety/", safety, menu="site.safety.title", of_subjects=True),)
