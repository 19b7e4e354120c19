"""C1: a site acts only with the people and resources that the protocol asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.site.commands import ActivateSite, CountResource, IssueInstruction, QualifyOperator
from celltrial.conduct.acts.subject.commands import PlanLymphodepletion
from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Resource
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import Count, Identifier, Term, at_least, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def test_an_operator_trained_for_another_procedure_is_refused_by_name(journey):
    """AC-C1.1: trained for IV, attempts intratumoral delivery."""
    trip = journey({"treatment.infusion.route": "intratumoral", "sites.operators.0.procedure": "intratumoral_infusion"})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(QualifyOperator("S1", "dr-iv", "intravenous_infusion", "1"))
    trip.check("P1")
    refused = trip.ask(replace(trip.infusion("P1", "B1"), operator="dr-iv"))
    assert codes(refused) == [Code.OPERATOR_NOT_QUALIFIED]
    lacking = refused.conditions[0]
    assert (lacking.needed, lacking.found) == (
        Term("procedure", "intratumoral_infusion"),
        message("of", what=Identifier("dr-iv"), value=Term("procedure", "intravenous_infusion")),
    )
    assert lacking.clause == "2.1.2.3-b"
    assert isinstance(trip.ask(trip.infusion("P1", "B1")), Accepted)


@pytest.mark.parametrize("procedure", ["leukapheresis", "blood_collection", "marrow_aspiration", "tumour_resection"])
def test_who_collects_is_trained_for_the_way_of_collecting_that_the_protocol_names(journey, procedure):
    trip = journey({"sites.operators.1.procedure": procedure})
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    trip.do(QualifyOperator("S1", "dr-iv", "intravenous_infusion", "1"))
    asked = trip.collection("P1", "B1")
    refused = trip.ask(replace(asked, operator="dr-iv"))
    assert codes(refused) == [Code.OPERATOR_NOT_QUALIFIED]
    assert (refused.conditions[0].needed, refused.conditions[0].field) == (
        Term("procedure", procedure),
        "sites.operators.1",
    )
    assert isinstance(trip.ask(asked), Accepted)


def test_local_delivery_without_stated_training_is_refused(journey):
    trip = journey({"treatment.infusion.route": "intratumoral"})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    silent = [item for item in trip.infuse("P1", "B1").conditions if item.code is Code.PROTOCOL_SILENT]
    assert [item.field for item in silent] == ["sites.operators"]


def test_a_qualification_ends_with_the_last_minute_on_the_site_clock(journey):
    """AC-C1.1: expires 2025-06-30 23:59 site time; refused at 2025-07-01 00:00."""
    until = Instant(parse_instant("2025-06-30T23:59:00+08:00"), "Asia/Shanghai")
    for moment, expected in (
        ("2025-06-30T23:59:00+08:00", []),
        ("2025-07-01T00:00:00+08:00", [Code.QUALIFICATION_EXPIRED]),
    ):
        trip = journey(start=datetime(2025, 5, 1, 2, tzinfo=UTC))
        trip.prepare("P1", "B1")
        infusion = Instant(parse_instant(moment), "Asia/Shanghai")
        trip.do(QualifyOperator("S1", "operator-S1", "intravenous_infusion", "1", until, 3))
        trip.deplete("P1", "B1", infusion)
        assert codes(trip.infuse("P1", "B1")) == expected


@pytest.mark.parametrize(("supervised", "opens"), [(None, False), (2, False), (3, True)])
def test_an_operator_needs_as_many_supervised_procedures_as_the_protocol_states(journey, supervised, opens):
    """Clause 2.1.2.3-b: three supervised infusions are asked for; an uncounted number is not three."""
    trip = journey({"sites.operators.0.minimum_supervised": 3})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(QualifyOperator("S1", "operator-S1", "intravenous_infusion", "1", None, supervised))
    refused = trip.infuse("P1", "B1")
    assert codes(refused) == ([] if opens else [Code.SUPERVISED_TOO_FEW])
    if not opens:
        assert refused.conditions[0].field == "sites.operators.0.minimum_supervised"
        assert refused.conditions[0].needed == message(
            "of", what=Term("procedure", "intravenous_infusion"), value=at_least(Count(3, "supervised"))
        )


def test_training_for_an_older_instruction_does_not_count(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(IssueInstruction("intravenous_infusion", "2"))
    assert codes(trip.infuse("P1", "B1")) == [Code.INSTRUCTION_OUTDATED]


def test_one_dose_of_tocilizumab_where_two_are_asked_refuses_the_booking(journey):
    """AC-C1.2: two doses asked for, one in stock."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.refresh("P1")
    infusion = trip.next_infusion("P1")
    trip.do(CountResource("S1", "tocilizumab", 1))
    refused = trip.ask(PlanLymphodepletion("P1", "B1", trip.local("P1").local_date, infusion))
    assert codes(refused) == [Code.RESOURCE_SHORT]
    assert refused.conditions[0].needed == message("of", what=Term("resource", "tocilizumab"), value=at_least(2))
    assert refused.conditions[0].found == Count(1)
    trip.do(CountResource("S1", "tocilizumab", 2))
    assert isinstance(trip.ask(PlanLymphodepletion("P1", "B1", trip.local("P1").local_date, infusion)), Accepted)


def test_a_site_is_activated_only_with_every_resource_that_activation_asks_for(journey):
    trip = journey()
    refused = trip.ask(ActivateSite("S9", "Nine", "CN", "Asia/Shanghai", (Resource("tocilizumab", 1),)))
    assert {item.needed for item in refused.conditions} == {
        message("of", what=Term("resource", "tocilizumab"), value=at_least(2)),
        message("of", what=Term("resource", "intensive care"), value=at_least(1)),
        message("of", what=Term("resource", "neurology"), value=at_least(1)),
        message("of", what=Term("resource", "leukapheresis"), value=at_least(1)),
    }


def test_a_zone_that_does_not_exist_is_refused(journey):
    refused = journey().ask(ActivateSite("S9", "Nine", "CN", "Mars/Olympus"))
    assert Code.VALUE_NOT_USABLE in codes(refused)
