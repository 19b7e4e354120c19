"""Terms are codes: a resource, a procedure, a release test, a response or an event means the same under any of its names."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from rehearsal import with_fields

from celltrial.clinical.response_categories import is_recist
from celltrial.conduct.acts.assessment.commands import RecordResponse
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.assessment.events import ResponseAssessed
from celltrial.conduct.facts.batch.events import QualityTested
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.gates.release import check_release_tests
from celltrial.conduct.gates.site import check_operator, check_resources
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.core.measured import Measured
from celltrial.core.values import Identifier
from celltrial.protocol.procedures import collection_procedures, unheeded_procedures


@pytest.mark.parametrize("held", ["tocilizumab_dose", "托珠单抗", "Tocilizumab", "TOCILIZUMAB dose"])
def test_a_resource_is_held_under_any_of_its_names(journey, held):
    trip = journey()
    site, protocol = trip.state.sites["S1"], trip.state.protocol
    asked = next(item for item in protocol.sites.resources if "tocilizumab" in item.name)
    stock = {name: number for name, number in site.resources.items() if name != asked.name}
    for number, expected in ((asked.minimum, []), (asked.minimum - 1, [Code.RESOURCE_SHORT])):
        with_stock = site_with(site, resources={**stock, held: number})
        need = asked.needed_for[0]
        assert [item.code for item in check_resources(protocol, with_stock, need, trip.moment)] == expected


def site_with(site: SiteState, **fields) -> SiteState:
    return replace(site, **fields)


@pytest.mark.parametrize("written", ["静脉输注", "Intravenous infusion", "intravenous_infusion", "静脉回输"])
def test_a_procedure_is_one_under_any_of_its_names(journey, written):
    trip = journey({"sites.operators.0.procedure": written})
    protocol, site = trip.state.protocol, trip.state.sites["S1"]
    held = tuple(item for item in site.qualifications if "infusion" not in item.procedure)
    found = check_operator(
        trip.state, protocol, site_with(site, qualifications=held), "dr-x", "intravenous_infusion", trip.moment
    )
    assert [item.code for item in found] == [Code.OPERATOR_NOT_QUALIFIED]
    assert written not in unheeded_procedures(protocol)


def test_a_way_of_collecting_is_asked_for_in_either_language(journey):
    trip = journey({"sites.operators.1.procedure": "白细胞单采"})
    assert collection_procedures(trip.state.protocol) == ("白细胞单采",)
    assert unheeded_procedures(with_fields(trip.state.protocol, {"sites.operators.1.procedure": "单采室"})) == (
        "单采室",
    )


@pytest.mark.parametrize("written", ["viability", "细胞活率", "Cell viability", "ＶＩＡＢＩＬＩＴＹ", "活率"])
def test_a_release_test_is_done_under_any_of_its_names(journey, written):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    batch = trip.state.batches["B1"]
    done = QualityTested("B1", written, Measured.read("90"), "%", Decimal(70), None, True)
    tested = replace(batch, tests={written: done})
    assert list(check_release_tests(("viability",), tested)) == []
    assert [item.code for item in check_release_tests(("sterility",), tested)] == [Code.TEST_MISSING]
    near = replace(batch, tests={"viability of the donor's goodwill": replace(done, attribute="no viability test")})
    assert [item.code for item in check_release_tests(("viability",), near)] == [Code.TEST_MISSING]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("PR", "PR"),
        ("部分缓解", "PR"),
        ("partial response", "PR"),
        ("scr", "sCR"),
        ("iCPD", "iCPD"),
        ("无法评估", "NE"),
    ],
)
def test_a_response_is_stored_as_the_code_of_its_criteria(journey, written, stored):
    trip = journey()
    trip.treat("P1", "B1")
    fact = ResponseAssessed(
        "P1", "IMWG 2016", "M1", written, AssessmentSource.INVESTIGATOR, trip.local("P1").local_date
    )
    done = trip.ask(RecordResponse(fact))
    assert isinstance(done, Accepted)
    kept = [item.fact for item in done.drafts if isinstance(item.fact, ResponseAssessed)]
    assert [(item.category, item.criteria) for item in kept] == [(stored, "IMWG-2016")]


@pytest.mark.parametrize("written", ["good", "PR?", "no complete response", "response", ""])
def test_words_that_are_no_response_are_refused_with_those_that_are(journey, written):
    trip = journey()
    trip.treat("P1", "B1")
    fact = ResponseAssessed(
        "P1", "IMWG-2016", "M1", written, AssessmentSource.INVESTIGATOR, trip.local("P1").local_date
    )
    refused = trip.ask(RecordResponse(fact))
    assert isinstance(refused, Refused)
    (condition,) = refused.conditions
    assert (condition.code, condition.input) == (Code.VALUE_NOT_USABLE, "fact.category")
    assert Identifier("VGPR") in condition.needed.options


def test_criteria_are_read_whole():
    assert [is_recist(name) for name in ("RECIST 1.1", "recist-1.1", "iRECIST", "实体瘤疗效评价标准1.1版")] == [
        True
    ] * 4
    assert [is_recist(name) for name in ("not RECIST", "IMWG 2016", "Lugano-2014", "")] == [False] * 4
