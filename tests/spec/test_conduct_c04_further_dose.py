"""A further dose: never beyond the number of the protocol, never before its interval is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.subject.commands import RecordPreInfusionCheck, StartLymphodepletion
from celltrial.conduct.codes import Code
from celltrial.conduct.rehearsal.evidence import fitting_findings
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Finding
from celltrial.core.dates import Instant


def once_treated(journey, repeat):
    """Return a trial with one subject infused once and past the window, and the moment of that infusion."""
    trip = journey({"dose.repeat": repeat})
    trip.prepare("P1", "B1")
    first = trip.deplete("P1", "B1")
    trip.infuse("P1", "B1")
    trip.complete_window("P1")
    return trip, first


@pytest.mark.parametrize(("days", "opens"), [(89, False), (90, True)])
def test_a_second_dose_waits_for_the_interval(journey, days, opens):
    """AC-P4.4, clause 2.2.2.3-f: two doses 90 days apart; day 89 is refused, day 90 is not."""
    trip, first = once_treated(journey, {"doses": 2, "interval": "90 d"})
    trip.collect_again("P1", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.deliver("B2")
    infusion = Instant(first.utc + timedelta(days=days), first.zone)
    trip.now = max(trip.now, infusion.utc - timedelta(days=5))
    trip.renew("P1")
    trip.watch_sentinels()
    answer = trip.ask(StartLymphodepletion("P1", "B2", infusion))
    if opens:
        assert isinstance(answer, Accepted)
    else:
        assert isinstance(answer, Refused)
        assert [(item.code, item.clause, item.field) for item in answer.conditions] == [
            (Code.ORDER_WRONG, "2.2.2.3-f", "dose.repeat.interval")
        ]


def test_a_dose_beyond_the_number_of_the_protocol_is_refused_before_it_is_made(journey):
    """AC-P4.4: one dose is planned; no second product is made for the subject."""
    trip, _ = once_treated(journey, {"doses": 1})
    answer = trip.ask(PlanBatch("B2", "P1"))
    assert isinstance(answer, Refused)
    assert [item.code for item in answer.conditions] == [Code.DOSES_EXHAUSTED]


@pytest.mark.parametrize(
    ("said", "code"),
    [(None, Code.CHECK_MISSING), ("no", Code.CRITERION_NOT_MET), ("unknown", Code.CRITERION_NOT_MET), ("yes", None)],
)
def test_a_further_dose_waits_until_the_criteria_of_the_protocol_are_met_on_the_day(journey, said, code):
    """AC-P4.4, clause 2.2.2.3-f: the bedside check of the day says whether the criteria for a further dose hold."""
    criteria = {"en": "Earlier toxicity resolved to grade 1.", "zh": "既往毒性恢复至1级。"}
    trip, first = once_treated(journey, {"doses": 2, "interval": "90 d", "redose_criteria": criteria})
    trip.collect_again("P1", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.deliver("B2")
    infusion = Instant(first.utc + timedelta(days=90), first.zone)
    trip.now = max(trip.now, infusion.utc - timedelta(days=5))
    trip.deplete("P1", "B2", infusion)
    trip.refresh("P1")
    trip.watch_sentinels()
    today = trip.local("P1").local_date
    check = fitting_findings(trip.state.protocol.treatment.infusion.conditions, today)
    answer = () if said is None else (Finding("redose_criteria", said, on=today),)
    trip.do(RecordPreInfusionCheck("P1", (*check, *answer)))
    found = trip.ask(trip.infusion("P1", "B2"))
    if code is None:
        assert isinstance(found, Accepted)
    else:
        assert [(item.code, item.clause, item.field) for item in found.conditions] == [
            (code, "2.2.2.3-f", "dose.repeat.redose_criteria")
        ]


def test_a_first_dose_asks_for_no_criteria_of_a_further_one(journey):
    criteria = {"en": "Earlier toxicity resolved to grade 1.", "zh": "既往毒性恢复至1级。"}
    trip, _ = once_treated(journey, {"doses": 2, "interval": "90 d", "redose_criteria": criteria})
    assert len(trip.state.subjects["P1"].infusions) == 1
