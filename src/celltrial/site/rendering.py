"""Pages from templates: texts by the catalogues in the reader's language, moments in a zone that is always shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import get_resolver
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from celltrial.app.unsent import Kept
from celltrial.conduct.acts.account.reach import reads_subjects
from celltrial.conduct.vocabulary import Persons
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault
from celltrial.core.values import Term, one_of
from celltrial.locale import TAGS, Language, has, translate
from celltrial.locale.records import RecordWords, due_key
from celltrial.locale.sentences import fact_title
from celltrial.locale.wording import fault_text, in_words, protocol_word, stream_title
from celltrial.site.visit import TrialVisit, Visit

FOLDER: Final = Path(__file__).parent
#: What the site sends with its pages: name in an address to file and type.
ASSETS: Final = {
    "style.css": ("frame/style.css", "text/css; charset=utf-8"),
    "site.js": ("frame/site.js", "text/javascript; charset=utf-8"),
    "bedside.js": ("bedside/bedside.js", "text/javascript; charset=utf-8"),
    "htmx.min.js": ("assets/htmx/htmx.min.js", "text/javascript; charset=utf-8"),
}


@cache
def environment() -> Environment:
    """Return the templates of every page."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset_address, Persons=Persons)
    made.filters["marked"] = marked
    return made


@cache
def asset_address(name: str) -> str:
    """Return the address of an asset, which changes with its content."""
    content = (FOLDER / ASSETS[name][0]).read_bytes()
    return f"/assets/{hashlib.sha256(content).hexdigest()[:12]}/{name}"


def words(language: Language) -> dict[str, Any]:
    """Return what a template says things with, in one language."""
    said: Callable[..., str] = partial(_said, language)
    return {
        "t": said,
        "say": lambda value: in_words(value, language),
        "named": lambda text: protocol_word(text, language),
        "words": RecordWords(language),
        "due_key": lambda item: due_key(item, language),
        "stream": lambda about: stream_title(about, language),
        "fact": lambda name: fact_title(name, language),
        "fault": lambda item: _fault(item, language),
        "say_roles": lambda roles: _roles(roles, language),
        "has": has,
        "when": moment_text,
        "lang": TAGS[language],
        "language": language,
    }


def _said(language: Language, key: str, **params: object) -> str:
    if "about" in params:  # the stream that a condition is about
        params["about"] = stream_title(str(params["about"]), language)
    return translate(key, language, **params)


def _fault(item: Fault, language: Language) -> str:
    return fault_text(item, language)


def _roles(roles: Iterable[str], language: Language) -> str:
    named = [Term("role", str(item)) for item in roles]
    return in_words(one_of(*named), language) if named else ""


def moment_text(at: Instant | datetime | date | None, zone: str = "") -> str:
    """Return a moment on a clock, with the zone of that clock; a day as it is.

    >>> from datetime import UTC
    >>> moment_text(datetime(2026, 3, 1, 1, 30, tzinfo=UTC), "Asia/Shanghai")
    '2026-03-01 09:30 Asia/Shanghai'
    """
    if at is None:
        return "–"
    if isinstance(at, datetime):
        at = Instant(at, zone or "UTC")
    if isinstance(at, Instant):
        shown = Instant(at.utc, zone or at.zone)
        return f"{shown.local:%Y-%m-%d %H:%M} {shown.zone}"
    return at.isoformat()


def marked(text: str) -> Markup:
    """Return a text in which words between backticks are code.

    >>> marked("such as `a<b`")
    Markup('such as <code>a&lt;b</code>')
    """
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def page(visit: Visit, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page, or a part of one, in the reader's language."""
    frame: dict[str, Any] = {
        **words(visit.language),
        "visit": visit,
        "here": visit.request.get_full_path(),
        "csrf": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(get_token(visit.request)),
        "in_trial": isinstance(visit, TrialVisit),
        "menu": menu(independent=not reads_subjects(visit.actor.role)) if isinstance(visit, TrialVisit) else (),
    }
    frame["unsent"] = _unsent(visit)
    return HttpResponse(environment().get_template(template).render({**frame, **context}), status=status)


def _unsent(visit: Visit) -> Kept | None:
    """Return what this person typed on this page and did not send, where it is opened anew."""
    if not isinstance(visit, TrialVisit) or visit.person is None or visit.is_post or visit.is_taken_up:
        return None
    return visit.house.unsent.of(visit.held.trial, visit.person.account, visit.request.get_full_path())


@cache
def menu(*, independent: bool = False) -> tuple[tuple[str, str], ...]:
    """Return address and text of each entry of the menu of a trial; for an independent reader, without pages of subjects."""
    routes = [getattr(getattr(item, "callback", None), "route", None) for item in get_resolver().url_patterns]
    return tuple(
        (route.path.removeprefix("t/<str:trial>/"), route.menu)
        for route in routes
        if route is not None and route.menu and not (independent and route.of_subjects)
    )
