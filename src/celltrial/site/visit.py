"""Who asks for a page, in which language, and as whom in which trial: what every view is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

from celltrial.app.holding import Held
from celltrial.app.logging_in import Ticket
from celltrial.app.persons import Acting
from celltrial.conduct.envelope import Actor, LogIn
from celltrial.conduct.facts.account.state import Grant
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Ruling
from celltrial.core.dates import Instant
from celltrial.locale import Language
from celltrial.site.house import House


@dataclass(frozen=True, slots=True)
class Visit:
    """One request.

    ticket, person: None where nobody is logged in.
    """

    request: HttpRequest
    house: House
    language: Language
    ticket: Ticket | None = None
    person: LogIn | None = None

    @property
    def is_post(self) -> bool:
        """Whether something is to be done."""
        return bool(self.request.method == "POST")

    @property
    def is_taken_up(self) -> bool:
        """Whether the page is asked for with words that were typed before and not sent; they count as given."""
        return not self.is_post and bool(self.request.POST)

    def given(self, name: str) -> str:
        """Return what was typed into a field; "" where nothing was."""
        return str(self.request.POST.get(name, ""))

    def asked(self, name: str) -> str:
        """Return a part of the address after `?`; "" where it is not there."""
        return str(self.request.GET.get(name, ""))


@dataclass(frozen=True, slots=True)
class TrialVisit(Visit):
    """One request of a person in a trial.

    acting: the person in the chosen role; choices: every role that the person holds.
    state:  the trial as this person may read it.
    """

    held: Held = None  # type: ignore[assignment]
    acting: Acting = None  # type: ignore[assignment]
    choices: tuple[Grant, ...] = ()
    state: TrialState = None  # type: ignore[assignment]
    now: datetime = None  # type: ignore[assignment]

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.acting.actor

    @property
    def zone(self) -> str:
        """The zone of the reader's site; of all sites where they share one; else UTC."""
        if self.actor.site is not None:
            return self.state.zone_of(self.actor.site)
        zones = {site.zone for site in self.state.sites.values()}
        return zones.pop() if len(zones) == 1 else "UTC"

    @property
    def moment(self) -> Instant:
        """Now, in the reader's zone."""
        return Instant(self.now, self.zone)

    def path(self, rest: str = "", **query: str) -> str:
        """Return the address of a page of this trial."""
        from django.utils.http import urlencode

        asked = f"?{urlencode(query)}" if query else ""
        return f"/t/{quote(self.held.trial, safe='')}/{rest}{asked}"

    def first_moment(self, request_id: str, zone: str) -> Instant:
        """Return the present moment; of an act that is sent again because its answer was lost, the moment of the first time."""
        with self.held.session() as session:
            before = session.carried_out(request_id)
            return before[0].occurred if before else Instant(session.now(), zone)

    def submit(self, command: Any, at: Instant, reason: str = "", request_id: str = "") -> Ruling:
        """Ask conduct for an act of this person."""
        return self.held.submit(command, self.acting, at, reason, request_id)
