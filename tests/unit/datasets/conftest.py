"""A small book in which a test writes what happened, and from which the tables are derived."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.conduct.envelope import Actor, Event, Precision, Role
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.subject import events as journey
from celltrial.conduct.facts.trial import events as trial
from celltrial.conduct.vocabulary import (
    Assay,
    AssessmentSource,
    ConsentKind,
    ExitReason,
    Origin,
    Persons,
    Relatedness,
    Sex,
)
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured
from celltrial.datasets import derive

START = date(2025, 1, 1)
ACTOR = Actor("a1", Role.INVESTIGATOR, "01")


def on(day):
    """The date `day` days after the start."""
    return START + timedelta(days=day)


class Book:
    """Facts in order; every method takes the day on which it happened."""

    zone = "Asia/Shanghai"

    def __init__(self):
        self.events = []
        self.add(trial.TrialRegistered("T1", "A trial", "sponsor", Origin.SIMULATED, Persons.NOT_PROVED, ""), 0)

    def add(self, fact, day, *, hour=2, known=None, precision=Precision.SECOND):
        moment = datetime(2025, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)
        recorded = moment if known is None else datetime(2025, 1, 1, 20, tzinfo=UTC) + timedelta(days=known)
        position = len(self.events) + 1
        self.events.append(
            Event("T1", position, "s", position, fact, Instant(moment, self.zone), precision, recorded, ACTOR)
        )
        return position

    def enrol(self, name, day=0, level=1, **given):
        self.add(journey.SubjectScreened(name, "01", "id", Sex.FEMALE, given.get("born", date(1960, 6, 1))), day)
        self.add(journey.ConsentSigned(name, ConsentKind.MAIN, "1.0", on(day)), day)
        self.add(journey.SubjectEnrolled(name, "01", level, "c1"), day + 3)

    def collect(self, name, day, attempt=1):
        bag = f"{name}-B{attempt}"
        self.add(batch.BatchPlanned(bag, name, "id", attempt), day)
        self.add(journey.LeukapheresisPerformed(name, "01", bag, "id", "op"), day)
        self.add(batch.BatchCollected(bag, name, Instant(datetime(2025, 1, 1, tzinfo=UTC), self.zone)), day)
        self.add(batch.ManufactureStarted(bag, name, attempt, "P1", "run", ()), day + 1)
        return bag

    def release(self, name, bag, day):
        expires = Instant(datetime(2026, 1, 1, tzinfo=UTC), self.zone)
        self.add(
            batch.BatchReleased(
                bag, name, Decimal(10**8), DoseBasis.TARGET_POSITIVE_VIABLE, None, None, None, expires, ()
            ),
            day,
        )

    def deplete(self, name, bag, day):
        moment = Instant(datetime(2025, 1, 1, tzinfo=UTC), self.zone)
        self.add(journey.LymphodepletionStarted(name, bag, moment), day)

    def infuse(
        self, name, bag, day, *, conforming=True, level=1, delivered=1, hour=2, per_kg=False, weight=Decimal(70)
    ):
        self.add(
            journey.CellsInfused(
                name, "01", bag, 1, level, delivered, Decimal(10**8), DoseBasis.TARGET_POSITIVE_VIABLE, per_kg,
                weight, conforming, "op", "iv",
            ),
            day, hour=hour,
        )  # fmt: skip
        self.add(batch.BatchInfused(bag, name), day, hour=hour)

    def treat(self, name, day=0, level=1, **given):
        """Enrol, collect on day + 5, release on + 30, deplete on + 33, infuse on + 38."""
        self.enrol(name, day, level)
        bag = self.collect(name, day + 5)
        self.release(name, bag, day + 30)
        self.deplete(name, bag, day + 33)
        self.infuse(name, bag, day + 38, level=level, **given)

    def leave(self, name, day, reason, **given):
        self.add(journey.SubjectDiscontinued(name, ExitReason(reason), "", ""), day, **given)

    def die(self, name, day, **given):
        self.add(journey.SubjectDied(name, on(day), "disease"), day, **given)

    def window(self, name, day, *, evaluable=True, dlt=False):
        self.add(cohort.DltWindowCompleted(name, 1, evaluable, dlt, ""), day)

    def assess(self, name, day, category, source="investigator", reader="", visit=None, **given):
        fact = assessment.ResponseAssessed(
            name, "IMWG 2016", visit or f"day {day}", category, AssessmentSource(source), on(day), reader
        )
        self.add(fact, day, **given)

    def event(self, name, event, day, **given):
        fact = safety.AdverseEventReported(
            name, event, given.get("term", "fever"), "", given.get("category", "crs"), given.get("grade", 1),
            given.get("scale", "ASTCT 2019"), on(day), Precision.DAY, (), Relatedness.PROBABLE, None,
            Instant(datetime(2025, 1, 1, tzinfo=UTC), self.zone),
        )  # fmt: skip
        self.add(fact, day)

    def sample(self, name, day, value, *, hour=2, below=False, raw="", precision=Precision.SECOND, assay=Assay.QPCR):
        number = None if value is None else Measured.read(value)
        fact = assessment.KineticsSampled(
            name, f"k{day}", assay, "transgene", "blood", number, "copies/ug", below, Decimal(50), day, raw
        )
        self.add(fact, day, hour=hour, precision=precision)

    def tables(self, cut=None, **given):
        return derive(self.events, None, cut, **given)

    def subject(self, name, cut=None):
        """The row of adsl as a dictionary."""
        (row,) = [row for row in self.tables(cut).adsl.iter_rows(named=True) if row["usubjid"] == name]
        return row


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def day():
    return on
