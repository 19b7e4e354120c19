"""C6: an adverse event whose onset is known less exactly than to the day counts wherever it may have begun.

`onset: 2025-03` is stored as the first of March with how exactly it is known. Taken for that day it would lie before an
infusion of the tenth: no stopping rule, no dose limit and no hold would see it. What each of these must say is worked out
here by hand from the days.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from celltrial.conduct.acts.assessment.commands import RecordKinetics, RecordLaboratory
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import RecordDeath, RecordEvidence, SignConsent
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import KineticsSampled, LaboratoryMeasured
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.safety.state import onset_between
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.ruling import Accepted
from celltrial.conduct.views.dlt import is_dlt_of
from celltrial.conduct.views.stopping import first_event
from celltrial.conduct.vocabulary import Assay, ConsentKind, Relatedness
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.datasets.derive import derive
from celltrial.protocol.model import Duration


def report(trip, onset, precision, *, aware=None):
    fact = AdverseEventReported(
        "P1", "AE-1", "CRS", "", "CRS", 4, "ASTCT-2019", onset, precision, (), Relatedness.PROBABLE, True, aware or trip.moment
    )  # fmt: skip
    return trip.do(ReportAdverseEvent(fact))


@pytest.fixture
def treated(journey):
    """One treated, 20 days ago, in the middle of a month; day 0 is returned beside the rehearsal."""
    trip = journey()
    trip.prepare("P1", "B1")
    today = trip.local("P1").local_date
    middle = date(today.year, today.month, 20) if today.day < 15 else date(today.year, today.month + 1, 20)
    trip.wait(days=(middle - today).days - 5)
    trip.refresh("P1")
    trip.deplete("P1", "B1")
    assert isinstance(trip.infuse("P1", "B1"), Accepted)
    day = trip.state.subjects["P1"].infused_at.local_date
    assert day.day > 15
    trip.wait(days=20)
    return trip, day


def seen(trip, day):
    """Return whether the DLT rules and a stopping rule's event see AE-1, and on which day the latter counts it."""
    protocol, subject = trip.state.plan.protocol, trip.state.subjects["P1"]
    event = protocol.stopping.rules[0].event.model_copy(update={"terms": ("CRS",), "window": Duration(28, "d")})
    counted = first_event(event, subject, day, day + timedelta(days=28))
    return is_dlt_of(
        protocol.escalation.dlt, subject.adverse_events["AE-1"], subject, trip.local("P1").local_date
    ), counted


@pytest.mark.parametrize("precision", [Precision.MONTH, Precision.YEAR, Precision.UNKNOWN])
def test_an_event_of_the_month_of_the_infusion_counts_from_day_0(treated, precision):
    trip, day = treated
    done = report(trip, day.replace(day=1), precision)
    assert Code.TASK_ADJUDICATE_DLT in {item.fact.kind for item in done.drafts if isinstance(item.fact, TaskOpened)}
    assert seen(trip, day) == (True, day)


def test_an_event_of_another_month_and_one_known_before_the_cells_do_not(treated):
    trip, day = treated
    before = Instant(trip.now - timedelta(days=24), "Asia/Shanghai")
    report(trip, day.replace(day=1), Precision.MONTH, aware=before)
    assert seen(trip, day) == (False, None)


def test_the_month_before_does_not(treated):
    trip, day = treated
    report(trip, (day.replace(day=1) - timedelta(days=1)).replace(day=1), Precision.MONTH)
    assert seen(trip, day) == (False, None)


def test_the_month_after_counts_from_its_first_day(treated):
    trip, day = treated
    first = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    report(trip, first, Precision.MONTH)
    assert seen(trip, day) == (True, first)


def test_a_corrected_onset_is_a_day_again_in_the_state_and_in_the_tables(treated):
    trip, day = treated
    done = report(trip, day.replace(day=1), Precision.MONTH)
    row = adae(trip)
    assert (row["phase"], row["start_date"], row["onset_day"]) == ("infusion", None, None)
    assert isinstance(done, Accepted)
    [position] = [one.position for one in trip.events if isinstance(one.fact, AdverseEventReported)]
    onset = day - timedelta(days=3)
    corrected = CorrectFact(position, "adverse_event/AE-1", "onset", day.replace(day=1).isoformat(), onset.isoformat())
    trip.do(corrected, reason="source checked")
    assert seen(trip, day) == (False, None)
    row = adae(trip)
    assert (row["phase"], row["start_date"], row["onset_day"]) == ("lymphodepletion", onset, -3)


def adae(trip):
    return derive(trip.events, trip.state.protocol).adae.row(0, named=True)


@pytest.mark.parametrize(
    ("onset", "precision", "low", "high"),
    [
        (date(2024, 2, 1), Precision.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        (date(2025, 12, 1), Precision.MONTH, date(2025, 12, 1), date(2025, 12, 31)),
        (date(2025, 1, 1), Precision.YEAR, date(2025, 1, 1), date(2025, 12, 31)),
        (date(2025, 3, 4), Precision.DAY, date(2025, 3, 4), date(2025, 3, 4)),
        (date(2025, 3, 4), Precision.UNKNOWN, date.min, date.max),
    ],
)
def test_the_days_that_an_onset_can_mean(onset, precision, low, high):
    assert onset_between(onset, precision) == (low, high)


@pytest.mark.parametrize(
    ("onset", "precision", "hours", "field"),
    [
        (0, Precision.DAY, 0, None),
        (0, Precision.DAY, -48, "fact.aware"),
        (-5, Precision.DAY, -48, None),
        (-5, Precision.DAY, -24 * 400, "fact.aware"),
        (-40, Precision.MONTH, -24 * 5, None),
        (-10, Precision.UNKNOWN, -24 * 30, None),
        (-365 * 60, Precision.DAY, 0, "fact.onset"),
    ],
)
def test_an_event_is_not_known_before_it_began_nor_older_than_its_subject(journey, onset, precision, hours, field):
    """Expedited clocks run from the moment of awareness: one before the event would make every report late."""
    trip = journey()
    trip.enrol("P1", born=date(1970, 5, 4))
    today = trip.local("P1").local_date
    day = today + timedelta(days=onset)
    day = day.replace(day=1) if precision is Precision.MONTH else day
    aware = Instant(trip.now + timedelta(hours=hours), "Asia/Shanghai")
    fact = AdverseEventReported(
        "P1", "AE-1", "Fever", "", "", 1, "CTCAE-5.0", day, precision, (), Relatedness.PROBABLE, True, aware
    )
    answer = trip.ask(ReportAdverseEvent(fact))
    assert [item.input for item in getattr(answer, "conditions", ())] == ([] if field is None else [field])


def test_nothing_is_sampled_observed_or_agreed_to_after_a_death(treated):
    trip, _ = treated
    died = trip.local("P1").local_date
    trip.do(RecordDeath("P1", died))
    trip.wait(days=2)
    today = trip.local("P1").local_date
    sample = KineticsSampled(
        "P1", "k7", Assay.QPCR, "transgene", "blood", Measured.read("500"), "copies/ug", False, None, 7
    )
    for command in (
        RecordLaboratory(LaboratoryMeasured("P1", "ferritin", Measured.read("500"), "ug/L")),
        RecordKinetics(sample),
        RecordEvidence("P1", "platelet_count", "90", "10^9/L", today, "laboratory"),
        SignConsent("P1", ConsentKind.MAIN, trip.state.protocol.population.consents.main_version, today),
    ):
        answer = trip.ask(command)
        assert [(item.code, str(item.needed)) for item in answer.conditions] == [
            (Code.ORDER_WRONG, f"at_most {died}")
        ], command
    before = Instant(trip.now - timedelta(days=3), "Asia/Shanghai")
    assert isinstance(trip.ask(RecordKinetics(sample), at=before), Accepted)  # taken before it, entered after it
