"""Persons who use the site through Django's client; real log-ins, a real trial, no browser."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django.http import Http404

from celltrial.app.doorkeeping import Door
from celltrial.app.holding import Trials
from celltrial.conduct.envelope import Actor, LogIn, Role
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import Clock
from celltrial.site.house import House, open_house
from celltrial.site.settings import configure

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
TRIAL = "CT-BCMA-01"
#: Account to printed name, role and site; the lead administers accounts and is the sponsor's officer.
PEOPLE = {
    "lead": ("Lead Office", "sponsor", None),
    "monitor": ("Monitor Office", "medical_monitor", None),
    "pi.s1": ("Ward One", "investigator", "S1"),
    "sc.s1": ("Desk One", "coordinator", "S1"),
    "nurse.s1": ("Night One", "nurse", "S1"),
    "cells": ("Bench Office", "cell_processing", None),
    "quality": ("Quality Office", "quality_assurance", None),
    "pi.s2": ("Ward Two", "investigator", "S2"),
    "reader": ("Reading Room", "independent_reviewer", None),
    "stranger": ("Nobody Here", None, None),
}
configure("a key of tests alone", hosts=["testserver", "127.0.0.1"], secure=False)


class Person:
    """A person with a browser of their own."""

    def __init__(self, site, account):
        from django.test import Client

        self.site, self.account = site, account
        self.browser = Client(enforce_csrf_checks=True)

    def log_in(self, language="en"):
        self.get(f"/language/{language}/")
        answer = self.post(
            "/log-in/", account=self.account, passphrase=self.site.passphrase, code=self.site.code(self.account)
        )
        assert answer.status_code == 302, text(answer)
        return self

    def get(self, path, **headers):
        return self.browser.get(path, headers=headers)

    def post(self, path, page=None, **fields):
        """Send a form as a browser does: with the token of a page that holds one."""
        shown = self.get(page or path).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
        return self.browser.post(path, {"csrfmiddlewaretoken": token[1] if token else "", **fields})

    def act(self, command, *, occurred="", reason="", trial=TRIAL, **fields):
        """Fill in the page of a command and send it; a field of a record is `findings__1__value`."""
        path = f"/t/{trial}/do/{command}/"
        shown = self.get(path)
        assert shown.status_code == 200, path
        request = re.search(r'name="request" value="([^"]+)"', shown.content.decode())[1]
        named = {f"f.{name.replace('__', '.')}": value for name, value in fields.items()}
        return self.post(path, request=request, occurred=occurred, reason=reason, **named)

    def sign_only(self, trial=TRIAL):
        """Sign the one act that waits for this person."""
        shown = self.get(f"/t/{trial}/signing/").content.decode()
        keys = sorted(set(re.findall(rf"/t/{trial}/signing/(\w+)/", shown)))
        assert len(keys) == 1, keys
        path = f"/t/{trial}/signing/{keys[0]}/"
        digest = re.search(r'name="sha256" value="(\w+)"', self.get(path).content.decode())[1]
        return self.post(
            path, do="sign", request=f"sign-{keys[0]}-{self.account}", sha256=digest,
            passphrase=self.site.passphrase, code=self.site.code(self.account),
        )  # fmt: skip


class Site:
    """A site of its own folder, with persons who can log in."""

    def __init__(self, folder, keys, passphrase, ago=timedelta(0), ledger=None):
        self._ago, self._now = ago, lambda: datetime.now(UTC) - self._ago
        self.folder, self.passphrase, self._keys, self._used = folder, passphrase, keys, {}
        self.ledger = ledger or folder / "trial.db"
        self.house = House(
            Trials(str(self.ledger)), Door(str(folder / "accounts.db"), None, clock=Clock("test", self._now))
        )
        open_house(self.house)

    def code(self, account):
        """Return a one-time code that was not taken yet: of this step or of the next; "" once both are."""
        step = max(step_of(self._now()), self._used.get(account, 0) + 1)
        if step > step_of(self._now()) + 1:
            return ""
        self._used[account] = step
        return code_at(self._keys[account], step)

    def person(self, account, language="en"):
        return Person(self, account).log_in(language)

    def later(self, lapse):
        """Let time pass at the door."""
        self._ago -= lapse

    def actor(self, account):
        """Return a person in the role of the table above."""
        name, role, at_site = PEOPLE[account]
        return Actor(account, Role(role), at_site, name)

    def close(self):
        self.house.trials.close()
        self.house.door.close()
        self.house.unsent.close()


def text(answer):
    """Return what a page says, without its marks."""
    bare = re.sub(r"<(script|style|title)[^>]*>.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def today():
    """Return the day at the sites of the trial."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def consented(person, subject="P1"):
    """Take a woman of full age into screening, with her consents of today."""
    screened = person.act(
        "ScreenSubject", subject=subject, site="S1", identity=f"W-{subject}", sex="F", born="1970-01-01"
    )
    assert screened.status_code == 302, text(screened)[:400]
    for kind in ("main", "follow_up"):
        answer = person.act("SignConsent", subject=subject, kind=kind, version="1.0", signed_on=today().isoformat())
        assert answer.status_code == 302, text(answer)[:400]


def enter(account, language="en"):
    """Look around a demonstration as one of its persons, in a browser of their own."""
    from django.test import Client

    browser = Client()
    browser.get(f"/language/{language}/")
    browser.get("/log-in/")
    assert browser.post("/look-around/", {"account": account}).status_code == 302
    return browser


class Played:
    """A trial played in memory, in place of one that is held open: what its pages are given."""

    trial = "played"

    def __init__(self, trip):
        self.trip = trip

    def state(self):
        return self.trip.state

    def redacted(self, actor):
        return self.trip.state

    def state_for(self, actor):
        from celltrial.conduct.acts.account.reach import state_for

        return state_for(self.trip.state, actor)

    def records(self, actor, *, after=0, before=None, streams=(), most=None):
        found = [item for item in self.trip.events if item.position > after and (not streams or item.stream in streams)]
        return tuple(found[:most])

    def worklist(self, actor, at):
        from celltrial.conduct.views.worklist import worklist

        return worklist(self.trip.state, at)

    @contextmanager
    def session(self):
        trip = self.trip
        yield SimpleNamespace(events=lambda: iter(trip.events), state=trip.state, carried_out=lambda _: ())

    def now(self):
        return self.trip.now

    def preview(self, command, acting, at, reason=""):
        return self.trip.fork().ask(command, at=at)


def played_page(trip, view, role, *, at_site=None, language="en", **parts):
    """Return a page of a trial played in memory, as a person in a role is given it; `query` is what stands after `?`."""
    from django.test import RequestFactory

    from celltrial.app.persons import Acting
    from celltrial.conduct.facts.account.state import Grant
    from celltrial.site.visit import TrialVisit

    held, actor = Played(trip), Actor("somebody", Role(role), at_site, "Some Body")
    request = RequestFactory().get("/t/played/", parts.pop("query", {}))
    visit = TrialVisit(
        request, None, language, None, None, held, Acting(actor), (Grant(actor.role, at_site),), held.state_for(actor), held.now()
    )  # fmt: skip
    return view(visit, **parts)


def settled(folder, persons, ago=timedelta(0)):
    shutil.copytree(persons.accounts.parent, folder, dirs_exist_ok=True)
    if not (folder / "trial.db").exists():
        with open_ledger(folder / "trial.db", create=True):
            pass
    return Site(folder, persons.keys, persons.PASSPHRASE, ago)


def pages_read(where, reader, language="en", commands=("RecordDeath", "CorrectFact", "RecordKinetics")):
    """Return address and bytes of every page of a trial as a reader in a role is given it, whoever let them in.

    Every route of the site is asked for, with every subject, act and record that the whole trial holds.
    """
    from django.test import RequestFactory

    from celltrial.app.persons import Acting
    from celltrial.conduct.facts.account.state import Grant
    from celltrial.site.pages import ROUTES
    from celltrial.site.visit import TrialVisit

    trials = Trials(where)
    held = trials.get(trials.names()[0])
    whole = held.state()
    with held.session() as session:
        causes = sorted({event.cause for event in session.events() if event.cause})[:5]
    every = {
        "<str:name>": {
            "do/": list(commands),
            "subjects/": [*whole.subjects],
            "gate/": [*whole.subjects],
            "screening/": [*whole.subjects],
            "daily/": [*whole.subjects],
            "visits/": [*whole.subjects],
            "suspensions/": [*whole.suspensions],
            "bedside/": [*whole.subjects],
            "batches/": [*whole.batches],
            "documents/": [*whole.documents],
            "events/": [event for item in whole.subjects.values() for event in item.adverse_events],
        },
        "<str:signing>": {"signing/": [*whole.pending]},
        "<str:request_id>": {"acts/": causes},
        "<str:number>": {"protocol/versions/": [item.version for item in whole.versions] + ["1", "2"]},
    }
    person = LogIn(reader.id, reader.printed_name, "", "s", (), held.now())
    found = {}
    for route in ROUTES:
        if route.needs != "trial":
            continue
        path = route.path.removeprefix("t/<str:trial>/")
        for values in parameters(path, every):
            request = RequestFactory().get(f"/t/{held.trial}/{path}")
            visit = TrialVisit(
                request, House(trials, None), language, None, person, held, Acting(reader), (Grant(reader.role, reader.site),),
                held.state_for(reader), held.now(),
            )  # fmt: skip
            try:
                found[path, *values.values()] = route.view(visit, **values).content.decode()
            except Http404:
                found[path, *values.values()] = ""
    trials.close()
    return found


def parameters(path, every):
    """Yield the values of an address that has at most one part left open; an unknown part is a defect of the table above."""
    parts = list(re.findall(r"<str:\w+>", path))
    if not parts:
        yield {}
        return
    [part] = parts
    [values] = [items for start, items in every[part].items() if path.startswith(start)]
    for value in values:
        yield {part[5:-1]: value}
