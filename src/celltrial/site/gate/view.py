"""The gate before lymphodepletion and before the infusion: what is fulfilled, what is not, and when the rest opens.

The sections are those that conduct asks; the act asks them again when it is sent, and nobody can override one here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.http import Http404, HttpResponse

from celltrial.app.acting import moment_of
from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.decision import Condition
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, GateSection
from celltrial.conduct.gates.infusion import infusion_sections, planned_route
from celltrial.conduct.gates.lymphodepletion import lymphodepletion_sections
from celltrial.conduct.gates.stagger import earliest_infusion
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.forms.description import describe
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Acts on the way, whose fields the page fills in.
_DEPLETION: Final = ("PlanLymphodepletion", "PermitLymphodepletion", "StartLymphodepletion")
_INFUSION: Final = ("RecordPreInfusionCheck", "PermitInfusion", "ThawBatch", "RecordInfusion")
_NOT_YET: Final = frozenset({Stage.SCREENING, Stage.ELIGIBLE, Stage.ENROLLED})


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the gate with what it would refuse now.

    is_asked: False where it cannot be judged from here: who operates is not named yet, or how many cells there are is not known.
    """

    section: GateSection
    conditions: tuple[Condition, ...]
    is_asked: bool = True


def gate(visit: TrialVisit, subject: str) -> HttpResponse:
    """Show the next gate of one's own subject, judged now, for the moment asked for, booked, or earliest."""
    state = visit.held.veiled(visit.actor)
    if subject not in visit.state.subjects or state.plan is None:
        raise Http404
    known, plan = state.subjects[subject], state.plan
    act = Act(state, known, state.site_of(known.site), plan, Instant(visit.now, state.zone_of(known.site)))
    course = known.lymphodepletion
    batch = state.batches.get(course.batch if course is not None else (known.batches[-1] if known.batches else ""))
    if batch is None or known.stage in _NOT_YET:
        return page(visit, "gate/early.html", subject=known)
    slot = next((item for item in state.slots if item.subject == subject and not item.infused), None)
    booked = slot.infusion if slot is not None else None
    asked, faults = _asked(visit, act.at.zone)
    earliest = _earliest(act)
    infusion = asked or booked or earliest
    is_depletion = plan.protocol.treatment.lymphodepletion is not None and known.stage in {Stage.COLLECTED, Stage.READY}
    if is_depletion:
        sections = lymphodepletion_sections(act, batch, infusion)
        unknown = {GateSection.CELLS} if batch.cells is None else set()
    else:
        sections = infusion_sections(act, batch, "", planned_route(act))
        unknown = {GateSection.OPERATOR}
    parts = [
        Part(section, (), is_asked=False) if section in unknown else Part(section, _own(visit, subject, found))
        for section, found in sections
    ]
    acts = _acts(visit, _DEPLETION if is_depletion else _INFUSION, subject, batch.batch, infusion)
    return page(
        visit, "gate/page.html", subject=known, batch=batch, parts=parts, is_depletion=is_depletion, infusion=infusion,
        booked=booked, earliest=earliest, at=act.at, faults=faults, acts=acts, typed=visit.asked("infusion"),
        refused=sum(len(part.conditions) for part in parts), status=422 if faults else 200,
    )  # fmt: skip


def _earliest(act: Act) -> Instant:
    """Return the earliest infusion that the days of the drugs and the distances to others allow."""
    regimen = act.protocol.treatment.lymphodepletion
    first = min((day for drug in regimen.drugs for day in drug.days), default=0) if regimen is not None else 0
    return earliest_infusion(act, Instant(act.at.utc + timedelta(days=-first), act.at.zone))


def _asked(visit: TrialVisit, zone: str) -> tuple[Instant | None, tuple[Fault, ...]]:
    """Return the moment that was asked for, and what is wrong with it."""
    words = visit.asked("infusion").strip()
    if not words:
        return None, ()
    try:
        return moment_of(words, zone), ()
    except UserError as error:
        return None, tuple(error.faults)


def _own(visit: TrialVisit, subject: str, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return conditions that name no subject of another site."""
    whole, own = visit.held.state(), f"subject/{subject}"
    return tuple(item if may_read(whole, visit.actor, item.about) else replace(item, about=own) for item in conditions)


def _acts(
    visit: TrialVisit, names: Iterable[str], subject: str, batch: str, infusion: Instant
) -> list[tuple[str, str]]:
    known = {"subject": subject, "batch": batch, "infusion": f"{infusion.local:%Y-%m-%dT%H:%M}"}
    found = []
    for name in names:
        kind = COMMANDS.get(name)
        if kind is None or visit.actor.role not in ROLES[kind]:
            continue
        form = describe(kind)
        fields = {item.name for item in form.fields}
        words = {f"f.{field}": value for field, value in known.items() if field in fields}
        found.append((visit.path(f"do/{name}/", **words), command_title(form, visit.language)))
    return found


ROUTES: Final = (Route("t/<str:trial>/gate/<str:subject>/", gate),)
