"""C2: evidence that could never be judged is refused when it is entered, not days later at the gate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from celltrial.conduct.acts.assessment.commands import RecordLaboratory, RecordResponse
from celltrial.conduct.acts.follow_up.commands import RecordFollowUpVisit
from celltrial.conduct.acts.subject.commands import EnrolSubject, RecordEvidence, RecordPreInfusionCheck
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.assessment.events import LaboratoryMeasured, ResponseAssessed
from celltrial.conduct.facts.follow_up.events import FollowUpItem, FollowUpVisitRecorded
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Answer, AssessmentSource, Finding
from celltrial.core.measured import Measured
from celltrial.locale.wording import in_words


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def evidence(trip, concept, value, unit=""):
    return trip.ask(RecordEvidence("P1", concept, value, unit, trip.local("P1").local_date, "laboratory"))


@pytest.fixture
def screened(journey):
    trip = journey()
    trip.screen("P1")
    return trip


@pytest.mark.parametrize(
    ("concept", "value", "unit", "expected"),
    [
        ("serum_kreatinin_level", "80", "umol/L", Code.CONCEPT_NOT_KNOWN),
        ("other", "yes", "", Code.CONCEPT_NOT_KNOWN),  # a judgement is kept under its criterion
        ("I-99", "yes", "", Code.CONCEPT_NOT_KNOWN),
        ("serum_creatinine", "80", "", Code.UNIT_MISMATCH),
        ("serum_creatinine", "80", "10^9/L", Code.UNIT_MISMATCH),
        ("serum_creatinine", "80", "furlong", Code.UNIT_MISMATCH),
        ("serum_creatinine", "1 mg/dL", "umol/L", Code.UNIT_MISMATCH),
        ("ecog", "1", "kg", Code.UNIT_MISMATCH),
        ("serum_creatinine", "normal", "umol/L", Code.VALUE_NOT_USABLE),
        ("serum_creatinine", "-1", "umol/L", Code.VALUE_NOT_USABLE),
        ("serum_creatinine", "80000", "umol/L", Code.VALUE_NOT_USABLE),
        ("ecog", "good", "", Code.VALUE_NOT_USABLE),
        ("ecog", "", "", Code.VALUE_NOT_USABLE),
        ("active_infection", "3", "", Code.VALUE_NOT_USABLE),
        ("active_infection", "perhaps", "", Code.VALUE_NOT_USABLE),
    ],
)
def test_evidence_of_an_unknown_concept_unit_or_type_is_refused_at_entry(screened, concept, value, unit, expected):
    before = len(screened.events)
    refused = evidence(screened, concept, value, unit)
    assert codes(refused) == [expected]
    assert len(screened.events) == before
    assert refused.conditions[0].input in {"concept", "value", "unit"}
    for language in ("en", "zh"):
        assert in_words(refused.conditions[0].needed, language)


@pytest.mark.parametrize(
    ("concept", "value", "unit"),
    [
        ("serum_creatinine", "80", "umol/L"),
        ("serum_creatinine", "0.9", "mg/dl"),
        ("serum_creatinine", "<0.5 mg/dL", ""),
        ("肌酐", "80", "μmol/L"),
        ("serum_creatinine", "unknown", ""),
        ("active_infection", "No", ""),
        ("active_infection", "unknown", ""),
        ("haemoglobin", "9.1", "g/dL"),
        ("interleukin_6", "<1.5", "pg/mL"),  # of no criterion, but of the vocabulary
    ],
)
def test_what_can_be_judged_is_taken(screened, concept, value, unit):
    assert codes(evidence(screened, concept, value, unit)) == []


def test_a_name_near_to_a_known_one_is_offered(screened):
    refused = evidence(screened, "serum_creatinin", "80", "umol/L")
    assert "serum_creatinine" in in_words(refused.conditions[0].needed, "en")
    assert "serum_creatinine" in in_words(refused.conditions[0].needed, "zh")


def test_evidence_under_another_name_of_its_concept_counts_at_the_gate(screened):
    """A synonym was kept as written once, and the criterion stayed unknown for ever."""
    assert codes(evidence(screened, "Serum creatinine", "900", "umol/L")) == []
    refused = screened.ask(EnrolSubject("P1", "C1"))
    assert codes(refused) == [Code.CRITERION_NOT_MET]


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding("body_temperature", "36.6", "degF"), Code.VALUE_NOT_USABLE),
        (Finding("body_temperature", "36.6"), Code.UNIT_MISMATCH),
        (Finding("body_temperature", "warm", "degC"), Code.VALUE_NOT_USABLE),
        (Finding("mood", "good"), Code.CONCEPT_NOT_KNOWN),
    ],
)
def test_a_bedside_finding_is_asked_the_same_and_all_faults_come_at_once(journey, finding, expected):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    good = Finding("体温", "97.9", "degF", trip.local("P1").local_date)
    refused = trip.ask(RecordPreInfusionCheck("P1", (good, finding, finding)))
    assert codes(refused) == [expected, expected]
    assert [item.input.rpartition(".")[0] for item in refused.conditions] == ["findings.1", "findings.2"]
    saturation = Finding("oxygen_saturation", "97", "%", trip.local("P1").local_date)
    assert isinstance(trip.ask(RecordPreInfusionCheck("P1", (good, saturation))), Accepted)
    trip.refresh("P1")
    assert isinstance(trip.ask(trip.infusion("P1", "B1")), Accepted), "97.9 degrees Fahrenheit are 36.6 Celsius"


def test_a_bedside_finding_of_tomorrow_is_refused(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    tomorrow = trip.local("P1").local_date.replace(year=trip.now.year + 1)
    refused = trip.ask(RecordPreInfusionCheck("P1", (Finding("body_temperature", "36.6", "degC", tomorrow),)))
    assert codes(refused) == [Code.TIME_IN_FUTURE]


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (LaboratoryMeasured("P1", "ferritin", Measured.read(812), "ug/L"), []),
        (LaboratoryMeasured("P1", "铁蛋白", Measured.read(812), "ng/mL"), []),
        (LaboratoryMeasured("P1", "ferritin", None, "ug/L", raw="haemolysed"), []),
        (LaboratoryMeasured("P1", "ferritin", None, "ug/L"), [Code.VALUE_NOT_USABLE]),
        (LaboratoryMeasured("P1", "ferritin", Measured.read(812), "kg"), [Code.UNIT_MISMATCH]),
        (LaboratoryMeasured("P1", "ferritin", Measured.read(-1), "ug/L"), [Code.VALUE_NOT_USABLE]),
        (LaboratoryMeasured("P1", "ferritin", Measured.read("NaN"), "ug/L"), [Code.VALUE_NOT_USABLE]),
        (LaboratoryMeasured("P1", "ferrous", Measured.read(1), "ug/L"), [Code.CONCEPT_NOT_KNOWN]),
        (
            LaboratoryMeasured("P1", "ferritin", Measured.read(8), "ug/L", Decimal(9), Decimal(2)),
            [Code.VALUE_NOT_USABLE],
        ),
    ],
)
def test_a_laboratory_value_has_a_test_a_unit_and_a_number(screened, fact, expected):
    done = screened.ask(RecordLaboratory(fact))
    assert codes(done) == expected
    if not expected:
        assert [item.fact for item in done.drafts] == [replace(fact, test="ferritin")]


def test_an_answer_to_an_item_that_no_visit_asks_is_refused(journey):
    trip = journey()
    trip.treat("P1", "B1")
    visit = trip.state.subjects["P1"].follow_up.visits[0]
    trip.now = trip.now.replace(year=trip.now.year + 1)
    answers = tuple(FollowUpItem(item, Answer.NO) for item in visit.items)
    on = max(visit.opens, visit.due)
    stray = FollowUpVisitRecorded("P1", visit.visit, on, (*answers, FollowUpItem("weather", Answer.NO)))
    assert codes(trip.ask(RecordFollowUpVisit(stray))) == [Code.CONCEPT_NOT_KNOWN]
    assert isinstance(trip.ask(RecordFollowUpVisit(replace(stray, items=answers))), Accepted)


@pytest.mark.parametrize(("criteria", "further", "counts"), [("IMWG-2016", [], True), ("Lugano-2014", [], False), ("iRECIST", ["iRECIST"], True)])  # fmt: skip
def test_a_response_is_assessed_by_criteria_that_the_protocol_names(journey, criteria, further, counts):
    trip = journey({"efficacy.additional_criteria": further})
    trip.treat("P1", "B1")
    day = trip.local("P1").local_date
    fact = ResponseAssessed("P1", criteria, "Month 1", "PR", AssessmentSource.INVESTIGATOR, day)
    refused = trip.ask(RecordResponse(fact))
    assert codes(refused) == ([] if counts else [Code.VALUE_NOT_USABLE])
