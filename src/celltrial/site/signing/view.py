"""The signing inbox: what waits for a person, read in words, signed with the components proved anew, or declined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.app.signing import Waiting, waiting
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.signing.commands import DeclineSignature, GiveSignature, WithdrawSignature
from celltrial.conduct.facts.signing.state import PendingAct, fits
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import Term
from celltrial.forms.description import Field, Kind, describe
from celltrial.locale import Language
from celltrial.locale.form_words import command_title
from celltrial.locale.wording import in_words
from celltrial.site.rendering import moment_text, page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit


def inbox(visit: TrialVisit) -> HttpResponse:
    """List what this person may sign now, what they wait for, and what else waits."""
    items = waiting_acts(visit)
    mine = [item for item in items if may_sign(visit, item.act)]
    asked = [item for item in items if item not in mine and item.act.initiator.id == visit.actor.id]
    others = [item for item in items if item not in mine and item not in asked]
    return page(visit, "signing/list.html", mine=mine, asked=asked, others=others, title_of=_titles(visit.language))


def one(visit: TrialVisit, signing: str) -> HttpResponse:
    """Show one act that waits; sign it, decline it, or take it back."""
    item = next((item for item in waiting_acts(visit) if item.act.asked.signing == signing), None)
    if item is None:
        raise Http404
    if not visit.is_post:
        return _shown(visit, item)
    answer = _answer(visit, signing)
    if isinstance(answer, Refused):
        return _shown(visit, item, answer, status=422)
    return HttpResponseRedirect(visit.path("signing/", done=visit.given("do")))


def may_sign(visit: TrialVisit, act: PendingAct) -> bool:
    """Tell whether a signature of this person, in the role acted in, is still missing and can be given now."""
    who = visit.actor
    signed = any(signature.account == who.id for _, signature in act.given)
    return not signed and not act.is_over(visit.moment) and any(fits(item, item.part, who.role) for item in act.open)


def count_mine(visit: TrialVisit) -> int:
    """Return how many acts wait for this person."""
    return sum(may_sign(visit, act) for act in visit.state.pending.values())


def waiting_acts(visit: TrialVisit) -> tuple[Waiting, ...]:
    """Return every act that waits, as this person may read it."""
    return waiting(visit.state, visit.moment, visit.actor)


def _answer(visit: TrialVisit, signing: str) -> Ruling:
    """Carry out what was asked for; to sign, the components are proved anew, over the hash of what was read."""
    wanted, why, ticket = visit.given("do"), visit.given("why"), visit.ticket
    if wanted == "decline":
        return visit.submit(DeclineSignature(signing, why), visit.moment, request_id=visit.given("request"))
    if wanted == "withdraw":
        return visit.submit(WithdrawSignature(signing, why), visit.moment, request_id=visit.given("request"))
    assert ticket is not None
    proved = visit.house.prove_anew(ticket, visit.given("passphrase"), visit.given("code").strip())
    if isinstance(proved, Refused):
        return proved
    signed = GiveSignature(signing, visit.given("sha256"))
    return visit.held.submit(
        signed, replace(visit.acting, log_in=proved), visit.moment, request_id=visit.given("request")
    )


def _shown(visit: TrialVisit, item: Waiting, refused: Refused | None = None, *, status: int = 200) -> HttpResponse:
    act = item.act
    content = item.content
    rows = [] if item.is_closed else [*content_rows(act.asked.command, content["fields"], visit.language)]
    return page(
        visit, "signing/page.html", status=status, item=item, act=act, content=content, rows=rows, request_id=str(uuid4()),
        refused=refused.conditions if refused is not None else (), title=command_title(describe(COMMANDS[act.asked.command]), visit.language),
        signable=may_sign(visit, act), own=act.initiator.id == visit.actor.id,
    )  # fmt: skip


def content_rows(command: str, fields: dict[str, Any], language: Language) -> Iterator[tuple[int, str, str]]:
    """Yield depth, label and value of every field of what is signed, in words; empty ones too, because they are signed as empty."""
    form = describe(COMMANDS[command])
    given = fields["fact"] if form.carries is not None else fields
    yield from _rows(form.fields, given, language, 0)


def _rows(fields: tuple[Field, ...], given: Any, language: Language, depth: int) -> Iterator[tuple[int, str, str]]:
    for item in fields:
        value = given.get(item.name)
        label = in_words(item.label, language)
        if item.kind is Kind.RECORD and value:
            yield depth, label, ""
            for one_of in value if item.repeated else [value]:
                yield from _rows(item.fields, one_of, language, depth + 1)
        elif item.repeated and value:
            yield depth, label, ", ".join(_single(item, part, language) for part in value)
        else:
            yield depth, label, "" if value in (None, [], ()) else _single(item, value, language)


def _single(item: Field, value: Any, language: Language) -> str:
    if item.code_list:
        return in_words(Term(item.code_list, str(value)), language)
    if isinstance(value, dict) and set(value) == {"utc", "zone"}:
        return moment_text(Instant(parse_instant(value["utc"], value["zone"]), value["zone"]))
    return str(value)


def _titles(language: Language) -> Any:
    return lambda act: command_title(describe(COMMANDS[act.asked.command]), language)


ROUTES: Final = (
    Route("t/<str:trial>/signing/", inbox, menu="site.signing.menu"),
    Route("t/<str:trial>/signing/<str:signing>/", one),
)
