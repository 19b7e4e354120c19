"""The first page: the trials in which a person holds a role, and the registration of a new one."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.persons import held_roles, who_acts
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.ruling import Accepted, Condition
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.reading import read
from celltrial.locale.form_words import command_help, command_title
from celltrial.site.form.rows import Problems, form_groups
from celltrial.site.form.words import data_of, words_of
from celltrial.site.rendering import page
from celltrial.site.routing import Needs, Route
from celltrial.site.visit import Visit


def home(visit: Visit) -> HttpResponse:
    """List the trials of a person; others are not named."""
    assert visit.person is not None
    trials = []
    for name in visit.house.trials.names():
        state = visit.house.trials.get(name).state()
        roles = held_roles(state, visit.person.account)
        if roles:
            trials.append((name, state, roles))
    known = visit.house.door.known(visit.person.account)
    return page(visit, "home/page.html", trials=trials, administers=known is not None and known.administers)


def register(visit: Visit) -> HttpResponse:
    """Register a new trial; whoever does is its first sponsor's officer."""
    assert visit.person is not None
    form = form_of("RegisterTrial")
    words = words_of(form, visit.request.POST)
    faults: tuple[Fault, ...] = ()
    conditions: tuple[Condition, ...] = ()
    if visit.is_post:
        try:
            command = read(form, data_of(form, words), zone="UTC")
            check_values(command, form.name)
            acting = who_acts(EMPTY, command, person=visit.person)
            assert acting is not None
            answer = visit.house.trials.register(command.trial, command, acting, "UTC", visit.given("request"))
            if isinstance(answer, Accepted):
                return HttpResponseRedirect(f"/t/{quote(command.trial, safe='')}/today/")
            conditions = answer.conditions
        except UserError as error:
            faults = tuple(error.faults)
    return page(
        visit, "home/register.html", title=command_title(form, visit.language), about=command_help(form, visit.language),
        groups=form_groups(form, visit.language, words, problems=Problems(faults, conditions)), faults=faults,
        conditions=conditions, later=(), request_id=visit.given("request") or str(uuid4()), status=422 if faults or conditions else 200,
    )  # fmt: skip


ROUTES: Final = (Route("", home, Needs.PERSON), Route("register/", register, Needs.PERSON))
