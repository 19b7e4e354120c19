"""A rehearsal that stands in a ledger, brought by typed identities to a moment from which logged-in persons go on at the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from celltrial.app.planning import open_protocol
from celltrial.app.rehearsing import trial_session
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.batch.commands import CompleteManufacture, RecordQualityTest, StartManufacture
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.rehearsal import Journey
from celltrial.conduct.vocabulary import Lot, Origin
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.ledger.opening import open_ledger
from sites import EXAMPLE, PEOPLE, TRIAL


class Kept(Journey):
    """A journey whose every step goes into a ledger through an open session."""

    def __init__(self, start, zone, where):
        super().__init__(start, zone)
        register = RegisterTrial(TRIAL, "Escalation", "Sponsor", Origin.PROSPECTIVE, rehearsal=True)
        with open_ledger(where, create=True):
            pass
        self._context = trial_session(where, TRIAL, create=True, command=register, now=None, at=self.moment)
        self.session = self._context.__enter__()

    def ask(self, command, **options):
        if isinstance(command, RegisterTrial):
            command = replace(command, trial=TRIAL, origin=Origin.PROSPECTIVE, rehearsal=True)
        request = self.request(command, **options)
        self.session.set_time(self.now)
        answer = self.session.submit(request)
        self.events = [*self.session.events()]
        self.state = self.session.state
        return answer

    def close(self):
        self._context.__exit__(None, None, None)


def noon():
    """Return a zone in which it is about noon now: a day of the bedside does not end in the midst of a test."""
    east = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def rehearse(where, until, protocol=None):
    """Make a rehearsal in a ledger; `until(trip)` brings it to where a test begins. Its last act lies before now."""
    zone = noon()
    trip = Kept(datetime.now(UTC) - timedelta(days=60), zone, where)
    trip.open_trial(protocol or open_protocol(EXAMPLE), {"S1": zone, "S2": zone})
    until(trip)
    for account, (name, role, at_site) in sorted(PEOPLE.items(), key=lambda item: item[1][1] != "sponsor"):
        if role is not None:
            trip.do(
                GrantAccess(account, name, Role(role), at_site), role=Role.SPONSOR, actor=_lead(), reason="works here"
            )
    trip.close()


def _lead():
    return Actor("lead", Role.SPONSOR, None, PEOPLE["lead"][0])


def to_bedside(trip, name="P1", batch="B1"):
    """Bring a subject to the morning of the infusion, which is now: prepared, depleted, booked for a minute ago."""
    trip.prepare(name, batch)
    now = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    trip.deplete(name, batch, Instant(now, trip.zone))
    trip.refresh(name)
    trip.watch_sentinels()


def to_bench(trip):
    """Bring B1 to its site S1, and B2 of S2 to quality control with one test passed, one failed, one open and the others missing.

    The account of quality assurance completed B2 itself, in the role of cell processing.
    """
    trip.prepare("P1", "B1")
    trip.enrol("P2", at_site="S2")
    trip.collect("P2", "B2")
    trip.receive_material("B2")
    trip.do(StartManufacture("B2", "P1", "run-7", (Lot("vector", "V-31"),)))
    trip.wait(days=9)
    itself = Actor("quality", Role.CELL_PROCESSING, None, PEOPLE["quality"][0])
    trip.do(CompleteManufacture("B2", Decimal("8e8")), role=Role.CELL_PROCESSING, actor=itself)
    for name, value, passed in (
        ("viability", "92", None),
        ("sterility", "positive", False),
        ("identity", "confirmed", None),
    ):
        limits = (Decimal(70), None) if name == "viability" else (None, None)
        unit = "%" if name == "viability" else ""
        trip.do(RecordQualityTest("B2", name, Measured.read(value), unit, *limits, passed))


def to_slots(trip):
    """Bring one subject of each site to where an infusion is booked next: collected, made, received, evidence of today."""
    trip.prepare("P1", "B1")
    trip.prepare("P2", "B2", at_site="S2")
    trip.now = datetime.now(UTC) - timedelta(minutes=2)
    for name in ("P1", "P2"):
        trip.refresh(name)
