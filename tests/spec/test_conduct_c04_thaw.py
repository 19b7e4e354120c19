"""C4: a product kept frozen is thawed, on record and witnessed, before it is given (2.1.3-g)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from rehearsal import signature, with_fields

from celltrial.conduct.acts.batch.commands import LiftQuarantine, QuarantineBatch, ThawBatch
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.trial.commands import AmendProtocol
from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT
from celltrial.protocol import canonical_json


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def ready_to_thaw(journey, preservation="cryopreserved"):
    trip = journey({"manufacturing.preservation": preservation})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    return trip


def thaw(trip, batch="B1", *, hours=2, at=None):
    """Thaw a batch to be given within so many hours."""
    owner = trip.state.batches[batch].subject
    use_by = Instant((at or trip.moment).utc + timedelta(hours=hours))
    return trip.ask(ThawBatch(batch, f"ID-{owner}", batch, use_by, trip.witness("investigator")), at=at)


def given(trip, at=None):
    """Ask for the infusion as it is, with no thaw of its own."""
    return trip.ask(trip.infusion("P1", "B1", thawed=False), at=at)


def test_a_product_kept_frozen_is_not_infused_without_a_recorded_thaw(journey):
    trip = ready_to_thaw(journey)
    refused = given(trip)
    assert codes(refused) == [Code.THAW_MISSING]
    assert (refused.conditions[0].found, refused.conditions[0].field) == (ABSENT, "manufacturing.preservation")
    assert isinstance(thaw(trip), Accepted)
    assert isinstance(given(trip), Accepted)


@pytest.mark.parametrize(("preservation", "wanted"), [("fresh", []), (None, [Code.THAW_MISSING])])
def test_a_fresh_product_needs_no_thaw_and_one_of_unknown_keeping_does(journey, preservation, wanted):
    assert codes(given(ready_to_thaw(journey, preservation))) == wanted


def test_the_thaw_of_another_batch_does_not_count(journey):
    trip = ready_to_thaw(journey)
    trip.enrol("P2")
    trip.collect("P2", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.deliver("B2")
    assert isinstance(thaw(trip, "B2"), Accepted)
    assert Code.THAW_MISSING in codes(given(trip))


def test_a_thaw_after_the_infusion_does_not_count_for_it(journey):
    trip = ready_to_thaw(journey)
    before = trip.moment
    trip.wait(hours=1)
    thaw(trip)
    assert set(codes(given(trip, at=before))) == {Code.BATCH_STATE, Code.THAW_MISSING}


def test_thawed_cells_are_given_by_the_hour_they_must_be_used(journey):
    trip = ready_to_thaw(journey)
    assert codes(thaw(trip, hours=0)) == [Code.VALUE_NOT_USABLE]
    assert codes(thaw(trip, hours=-1)) == [Code.VALUE_NOT_USABLE]
    thaw(trip, hours=2)
    trip.wait(hours=2)
    assert codes(given(trip)) == [Code.BATCH_EXPIRED]


def test_a_thawed_batch_in_quarantine_is_not_given_until_it_is_lifted_and_stays_thawed(journey):
    trip = ready_to_thaw(journey)
    thaw(trip)
    trip.do(QuarantineBatch("B1", "alarm"))
    assert Code.BATCH_STATE in codes(given(trip))
    trip.do(LiftQuarantine("B1", "evidence", (signature("quality_assurance", trip.moment),)))
    assert isinstance(given(trip), Accepted)


def test_an_amendment_to_a_fresh_product_does_not_thaw_what_was_released_frozen(journey):
    trip = ready_to_thaw(journey)
    changed = with_fields(trip.state.protocol, {"identification.version": "2.0", "manufacturing.preservation": "fresh"})
    document = canonical_json(changed)
    digest = hashlib.sha256(document.encode()).hexdigest()
    trip.do(AmendProtocol("2.0", document, digest, False, (signature("sponsor", trip.moment),)), reason="process")
    trip.do(AcceptVersion("S1", "2.0"))
    assert Code.THAW_MISSING in codes(given(trip))
