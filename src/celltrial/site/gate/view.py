"""The gate before lymphodepletion and before the infusion: what is fulfilled, what is not, and when the rest opens.

The sections are those that conduct asks; the act asks them again when it is sent, and nobody can override one here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from django.http import Http404, HttpResponse

from celltrial.app.acting import moment_of
from celltrial.app.gating import next_gate, site_moment
from celltrial.conduct.acts.account.reach import may_read
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.ruling import Condition
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.forms.description import describe
from celltrial.locale import translate
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: Acts on the way to lymphodepletion, whose fields the page fills in; an infusion is taken at the bedside.
_DEPLETION: Final = ("PlanLymphodepletion", "PermitLymphodepletion", "StartLymphodepletion")


def gate(visit: TrialVisit, name: str) -> HttpResponse:
    """Show the next gate of one's own subject, judged now, for the moment asked for, booked, or earliest."""
    if name not in visit.state.subjects:
        raise Http404
    state = visit.held.redacted(visit.actor)
    asked, faults = _asked(visit, site_moment(state, name, visit.moment).zone)
    found = next_gate(state, name, visit.moment, asked)
    known = state.subjects[name]
    if found is None:
        return page(visit, "gate/early.html", subject=known)
    parts = [replace(part, conditions=own_conditions(visit, name, part.conditions)) for part in found.parts]
    bedside = [(visit.path(f"bedside/{quote(name, safe='')}/"), translate("site.bedside.menu", visit.language))]
    acts = _acts(visit, _DEPLETION, name, found.batch.batch, found.infusion) if found.is_depletion else bedside
    return page(
        visit, "gate/page.html", subject=known, gate=found, parts=parts, faults=faults, acts=acts,
        typed=visit.asked("infusion"), refused=sum(len(part.conditions) for part in parts), status=422 if faults else 200,
    )  # fmt: skip


def _asked(visit: TrialVisit, zone: str) -> tuple[Instant | None, tuple[Fault, ...]]:
    """Return the moment that was asked for, and what is wrong with it."""
    words = visit.asked("infusion").strip()
    if not words:
        return None, ()
    try:
        return moment_of(words, zone), ()
    except UserError as error:
        return None, tuple(error.faults)


def own_conditions(visit: TrialVisit, subject: str, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
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


ROUTES: Final = (Route("t/<str:trial>/gate/<str:name>/", gate, of_subjects=True),)
