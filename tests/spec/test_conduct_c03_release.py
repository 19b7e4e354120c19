"""C3: what a release states is held against the protocol and the records of the batch, not taken as it is typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.batch.commands import DeclareOutOfSpecification, RecordQualityTest, ReleaseBatch
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured


def codes(decision):
    return [(item.code, item.input) for item in decision.conditions] if isinstance(decision, Refused) else []


@pytest.fixture
def tested(journey):
    """A batch of 1e9 cells whose tests passed, under a shelf life of 180 days."""
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    return trip


def release(trip, *, days=180, cells="1e9", **more):
    expires = Instant(trip.now + timedelta(days=days), "Asia/Shanghai")
    signed = (signature("quality_assurance", trip.moment),)
    return ReleaseBatch("B1", Decimal(cells), trip.state.protocol.dose.basis, expires, signed, **more)


@pytest.mark.parametrize(
    ("days", "cells", "more", "expected"),
    [
        (180, "1e9", {}, []),
        (181, "1e9", {}, [(Code.VALUE_NOT_USABLE, "expires")]),
        (36500, "1e9", {}, [(Code.VALUE_NOT_USABLE, "expires")]),
        (180, "1.001e9", {}, [(Code.VALUE_NOT_USABLE, "cells")]),
        (180, "1e13", {}, [(Code.VALUE_NOT_USABLE, "cells")]),
        (
            180,
            "1e9",
            {"viability": Decimal("0.92"), "positivity": Decimal(45), "vector_copy_number": Decimal("2.1")},
            [],
        ),
        (180, "1e9", {"viability": Decimal(101)}, [(Code.VALUE_NOT_USABLE, "viability")]),
        (180, "1e9", {"positivity": Decimal(-1)}, [(Code.VALUE_NOT_USABLE, "positivity")]),
        (180, "1e9", {"vector_copy_number": Decimal("Infinity")}, [(Code.VALUE_NOT_USABLE, "vector_copy_number")]),
    ],
)
def test_expiry_cells_and_shares_are_those_that_can_be(tested, days, cells, more, expected):
    """2.1.3-g: `unexpired` is said of a batch at two gates, and rests on what was typed at its release."""
    assert codes(tested.ask(release(tested, days=days, cells=cells, **more))) == expected


@pytest.mark.parametrize(
    ("days", "cells", "field"), [(181, "1e9", "expires"), (90, "2e9", "cells"), (90, "0", "cells")]
)
def test_so_are_those_of_a_batch_out_of_specification(tested, days, cells, field):
    basis, expires = tested.state.protocol.dose.basis, Instant(tested.now + timedelta(days=days), "Asia/Shanghai")
    declared = DeclareOutOfSpecification("B1", ("viability",), Decimal(cells), basis, expires)
    assert codes(tested.ask(declared)) == [(Code.VALUE_NOT_USABLE, field)]


def test_a_failed_test_is_not_done_again_without_a_word(tested):
    """Testing until it passes: the second result needs a reason, and the deviation stands beside the release for good."""
    failed = RecordQualityTest("B1", "viability", Measured.read("55"), "%", low=Decimal(70))
    tested.do(failed)
    assert (Code.TEST_FAILED, "") in codes(tested.ask(release(tested)))
    again = replace(failed, value=Measured.read("91"))
    assert codes(tested.ask(again)) == [(Code.REASON_MISSING, "reason")]
    done = tested.do(again, reason="first aliquot thawed twice, OOS report 7")
    [deviation] = [item.fact for item in done.drafts if isinstance(item.fact, DeviationRecorded)]
    assert (deviation.code, deviation.about) == (Code.DEVIATION_RETEST, "batch/B1")
    assert "OOS report 7" in str(deviation.detail)
    assert isinstance(tested.ask(release(tested)), Accepted)


def test_nor_under_another_name_of_the_same_test(tested):
    tested.do(RecordQualityTest("B1", "viability", Measured.read("55"), "%", low=Decimal(70)))
    assert codes(tested.ask(RecordQualityTest("B1", "Viability", None, "", passed=True))) == [
        (Code.REASON_MISSING, "reason")
    ]
    tested.do(RecordQualityTest("B1", "Viability", None, "", passed=True), reason="repeated")
    assert Code.TEST_FAILED in {code for code, _ in codes(tested.ask(release(tested)))}
