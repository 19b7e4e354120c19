"""One vocabulary of units at every door: whatever a laboratory prints is read, converted and judged the same everywhere."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from rehearsal import Journey, with_fields

from celltrial.analysis import consequences
from celltrial.app.acting import read_command
from celltrial.clinical.ctcae_lab import LabFindings, derive_lab_grade
from celltrial.conduct.acts.assessment.commands import RecordKinetics, RecordLaboratory
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import KineticsSampled, LaboratoryMeasured
from celltrial.conduct.facts.follow_up.events import GrowthMeasured
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.gates.eligibility import judge
from celltrial.conduct.ruling import Accepted
from celltrial.conduct.views.growth import in_its_unit
from celltrial.conduct.vocabulary import Assay, Finding, Relatedness
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity
from celltrial.core.truth import Truth
from celltrial.ledger.codec import Codec
from celltrial.protocol.model.population import Criterion

#: Spellings of a neutrophil count with the number that is 0.45 x 10^9/L in each.
NEUTROPHILS = {
    "10^9/L": "0.45",
    "10*9/L": "0.45",
    "x10^9/L": "0.45",
    "×10⁹/L": "0.45",
    "G/L": "0.45",
    "1e9/L": "0.45",
    "10^3/uL": "0.45",
    "K/µL": "0.45",
    "K/mm3": "0.45",
    "/µL": "450",
    "/μL": "450",
    "/mm³": "450",
    "cells/uL": "450",
    "个/μL": "450",
    "10^6/L": "450",
    "万/μL": "0.045",
    "１０＾９／Ｌ": "0.45",
}
PLATELETS = {unit: str(Decimal(number) * 40) for unit, number in NEUTROPHILS.items()}
TODAY = date(2025, 3, 1)
DOORS = pytest.mark.parametrize(("unit", "number"), NEUTROPHILS.items())


def criterion(unit, value):
    return Criterion.model_validate(
        {
            "id": "I-01", "kind": "inclusion", "concept": "absolute_neutrophil_count", "operator": ">=", "value": value,
            "unit": unit, "assessment": "x", "source": "laboratory", "text": {"en": "x", "zh": "x"},
        }
    )  # fmt: skip


@DOORS
@pytest.mark.parametrize("name", ["absolute_neutrophil_count", "ANC", "中性粒细胞"])
def test_criterion_and_evidence(unit, number, name):
    evidence = EvidenceRecorded("P1", name, number, unit, TODAY, "chart")
    for limit, truth in (("0.45", Truth.TRUE), ("0.4500001", Truth.FALSE)):
        assert judge(criterion("10^9/L", float(limit)), evidence, TODAY, "f", "c").truth is truth
    itself = judge(criterion(unit, float(number)), evidence, TODAY, "f", "c")
    assert itself.truth is Truth.TRUE


@DOORS
def test_laboratory_grades(unit, number):
    for term, value, grade in (("neutrophils_low", number, 4), ("platelets_low", PLATELETS[unit], 4)):
        assert derive_lab_grade(term, LabFindings(Quantity.of(value, unit))).grade == grade
    limits = LabFindings(Quantity.of(str(Decimal(number) * 4), unit), lln=Quantity.of(2, "10^9/L"))
    assert derive_lab_grade("neutrophils_low", limits).grade == 1


@pytest.mark.parametrize(
    ("term", "value", "unit", "grade", "label"),
    [
        ("neutrophils_low", "<0.5", "10^9/L", 4, "4"),
        ("neutrophils_low", "<0.1", "K/µL", 4, "4"),
        ("neutrophils_low", "<1", "10^9/L", 3, ">=3"),
        ("neutrophils_low", ">1.2", "10^9/L", None, "NE"),
        ("lymphocytes_high", ">20", "10^9/L", 3, "3"),
        ("lymphocytes_high", ">10", "10^9/L", 2, ">=2"),
        ("creatinine_high", "<50", "µmol/L", 0, "0"),
    ],
)
def test_a_laboratory_value_beyond_a_limit_is_graded_as_far_as_it_is_known(term, value, unit, grade, label):
    known = {"uln": Quantity.of(100, "umol/L"), "baseline": Quantity.of(60, "umol/L")} if "creat" in term else {}
    found = derive_lab_grade(term, LabFindings(Quantity.of(value, unit), **known))
    assert (found.grade, found.label) == (grade, label)
    assert any(str(item.found) in value and item.relation == value[0] for item in found.trace)


@pytest.fixture(scope="module")
def treated(escalation_protocol):
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(with_fields(escalation_protocol, {"stopping.rules": []}), None)
    trip.treat("P1", "B1")
    trip.wait(days=40)
    return trip


def graded(trip, category, scale, findings, key):
    onset = trip.state.subjects["P1"].infusions[0].at.local_date + timedelta(days=5)
    fact = AdverseEventReported(
        "P1", key, category, "", category, None, scale, onset, Precision.DAY, (), Relatedness.PROBABLE, True,
        trip.moment, None, tuple(findings),
    )  # fmt: skip
    decision = trip.ask(ReportAdverseEvent(fact))
    return [
        (item.fact.grade, item.fact.at_least) for item in decision.drafts if isinstance(item.fact, AdverseEventGraded)
    ]


def course(trip, concept, unit, low, high):
    first = trip.state.subjects["P1"].infusions[0].at.local_date
    return [Finding(concept, low if 5 <= d < 12 else high, unit, first + timedelta(days=d)) for d in range(31)]


@DOORS
@pytest.mark.parametrize("name", ["absolute_neutrophil_count", "neutrophils"])
def test_grades_of_haematotoxicity(treated, unit, number, name):
    counts = course(treated, name, unit, number, str(Decimal(number) * 4))
    assert graded(treated, "ICAHT", "ICAHT-2023", counts, f"AE-{name}-{unit}") == [(2, False)]


@DOORS
def test_grades_of_platelet_toxicity(treated, unit, number):
    counts = course(treated, "platelet_count", unit, str(Decimal(PLATELETS[unit])), str(Decimal(PLATELETS[unit]) * 8))
    assert graded(treated, "T-ICAHT", "T-ICAHT", counts, f"AE-platelets-{unit}")[0][0] == 3


@pytest.mark.parametrize(
    ("low", "expected"), [("<0.1", (3, False)), ("<0.5", (2, True)), ("＜0.05", (3, False)), ("≤0.1", (3, False))]
)
def test_a_count_below_a_limit_is_graded_as_far_as_it_is_known(treated, low, expected):
    counts = course(treated, "absolute_neutrophil_count", "10^9/L", low, "1.8")
    assert graded(treated, "ICAHT", "ICAHT-2023", counts, f"AE-{low}") == [expected]


@pytest.mark.parametrize("unit", ["mg/dL", "furlong", "", "MG/L"])
def test_a_count_in_a_unit_of_something_else_derives_no_grade(treated, unit):
    counts = course(treated, "absolute_neutrophil_count", unit, "0.45", "1.8")
    assert graded(treated, "ICAHT", "ICAHT-2023", counts, f"AE-{unit}") == []


@DOORS
@pytest.mark.parametrize("test", ["ANC", "neutrophils", "absolute_neutrophil_count", "中性粒细胞"])
def test_recovery_of_counts(unit, number, test):
    labs = pl.DataFrame(
        {
            "usubjid": ["P1"] * 3, "seq": [1, 2, 3], "paramcd": [test] * 3, "unit": [unit] * 3,
            "adt": [TODAY + timedelta(days=d) for d in (1, 5, 9)],
            "value": [float(Decimal(number) * n) for n in (1, Decimal("0.5"), 2)],
        }
    )  # fmt: skip
    found = consequences._recovery(labs, TODAY, consequences.NEUTROPHILS)
    assert found.value == 9


@pytest.mark.parametrize(
    ("unit", "number"), [("cm", "110"), ("厘米", "110"), ("m", "1.1"), ("mm", "1100"), ("ｃｍ", "110")]
)
def test_heights(unit, number):
    assert in_its_unit(GrowthMeasured("P1", "height", Decimal(number), TODAY, unit)) == 110
    assert in_its_unit(GrowthMeasured("P1", "height", Decimal(number), TODAY, "kg")) is None


CODEC = Codec({"assessment.laboratory_measured/1": LaboratoryMeasured})
STORED = {"subject": "P1", "test": "ferritin", "unit": "ug/L", "low": None, "high": None, "raw": ""}


@pytest.mark.parametrize("value", ["812.5", "1E+3", "<0.5", ">40000", "＜ 0.5 ng/mL", "阴性", None])
def test_a_stored_value_is_read_as_it_was_written_by_old_and_new_ledgers(value):
    """Before a value could lie beyond a limit it was a decimal, stored as its text."""
    fact = CODEC.decode("assessment.laboratory_measured/1", {**STORED, "value": value})
    assert fact.value == (None if value is None else Measured.read(value))
    name, stored = CODEC.encode(fact)[:2]
    assert (name, stored["value"]) == ("assessment.laboratory_measured/1", value)


@pytest.mark.parametrize(
    ("test", "value", "unit", "code"),
    [
        ("ferritin", ">40000", "ug/L", None),
        ("ferritin", "> 40000 ng/mL", "", None),
        ("铁蛋白", "＜0.5", "µg/L", None),
        ("ferritin", "812.5", "pmol/L", Code.UNIT_MISMATCH),
        ("ferritin", "812.5", "furlong", Code.UNIT_MISMATCH),
        ("ferritin", "plenty", "ug/L", Code.VALUE_NOT_USABLE),
        ("ferritin", "-5", "ug/L", Code.VALUE_NOT_USABLE),
        ("creatinine", "106", "mg/dL", Code.VALUE_NOT_USABLE),
        ("creatinine", "106", "µmol/L", None),
    ],
)
def test_laboratory_values_as_they_are_entered(treated, test, value, unit, code):
    decision = treated.ask(RecordLaboratory(LaboratoryMeasured("P1", test, Measured.read(value), unit)))
    assert isinstance(decision, Accepted) is (code is None)
    if code is not None:
        assert [item.code for item in decision.conditions] == [code]


@pytest.mark.parametrize(
    ("value", "unit", "lloq", "code"),
    [
        ("<60", "copies/μg DNA", None, None),
        (">1000000", "copies/ug", None, None),
        ("5000", "拷贝/μg DNA", "50", None),
        ("-1", "copies/ug", None, Code.VALUE_NOT_USABLE),
        ("5000", "furlong", None, Code.UNIT_MISMATCH),
        ("60 cells/uL", "copies/ug", None, Code.UNIT_MISMATCH),
    ],
)
def test_kinetics_as_they_are_entered(treated, value, unit, lloq, code):
    limit = None if lloq is None else Decimal(lloq)
    fact = KineticsSampled("P1", "k7", Assay.QPCR, "transgene", "blood", Measured.read(value), unit, False, limit, 7)
    decision = treated.ask(RecordKinetics(fact))
    assert isinstance(decision, Accepted) is (code is None)
    if code is not None:
        assert [item.code for item in decision.conditions] == [code]


@pytest.mark.parametrize(("given", "stored"), [(812.5, "812.5"), (7, "7"), ("<0.5", "<0.5"), ("0.50", "0.50")])
def test_a_value_is_taken_from_fields_as_a_number_or_as_text(given, stored):
    command = read_command("RecordLaboratory", json.dumps({"fact": {**STORED, "value": given}}))
    assert command.fact.value.text == stored
