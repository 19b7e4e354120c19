"""Forms that were typed and not sent: kept while somebody types, listed for the person who typed them alone."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect

from celltrial.site.rendering import page
from celltrial.site.routing import Route, form_address
from celltrial.site.visit import TrialVisit

#: What is never kept: it proves who somebody is, or that a form came from this site.
_NEVER: Final = frozenset({"csrfmiddlewaretoken", "passphrase", "code", "identity", "label", "f.identity", "f.label"})
#: Names of inputs, and lengths of an address, beyond which nothing is kept.
_MOST_NAMES: Final = 2000
_LONGEST: Final = 2000


def unsent(visit: TrialVisit) -> HttpResponse:
    """List what this person typed in this trial and has not sent."""
    if visit.person is None:
        raise Http404
    forms = visit.house.unsent.all(visit.held.trial, visit.person.account)
    return page(visit, "unsent/page.html", forms=forms)


def keep(visit: TrialVisit) -> HttpResponse:
    """Keep what stands in the form of the page that asks; say until when it is kept."""
    parts = urlsplit(visit.request.headers.get("HX-Current-URL", ""))
    address = form_address(parts.path, parts.query)
    if not visit.is_post or visit.person is None or not address.startswith(visit.path()) or len(address) > _LONGEST:
        raise Http404
    words = {name: values for name, values in visit.request.POST.lists() if name not in _NEVER}
    kept = len(words) <= _MOST_NAMES and visit.house.unsent.keep(
        visit.held.trial, visit.person.account, address, words, visit.now
    )
    return page(visit, "unsent/kept.html", kept=kept, status=200 if kept else 413)


def drop(visit: TrialVisit) -> HttpResponse:
    """Throw away what was typed."""
    if not visit.is_post or visit.person is None:
        raise Http404
    visit.house.unsent.forget(visit.held.trial, visit.person.account, visit.given("address"))
    return HttpResponseRedirect(visit.path("unsent/"))


ROUTES: Final = (
    Route("t/<str:trial>/unsent/", unsent),
    Route("t/<str:trial>/unsent/keep/", keep),
    Route("t/<str:trial>/unsent/drop/", drop),
)
