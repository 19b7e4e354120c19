"""The other tables, each from a few events."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from celltrial.analysis import dlt, kinetics, time_to_event
from celltrial.clinical.response_course import CourseRule
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import (
    ConcomitantMedicationGiven,
    DiseaseProgressed,
    KineticsSampled,
    LaboratoryMeasured,
    NewTherapyStarted,
)
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.scope import events as scope
from celltrial.conduct.facts.subject.events import (
    BridgingTherapyGiven,
    LeukapheresisPerformed,
    LymphodepletionAdministered,
)
from celltrial.conduct.vocabulary import (
    Assay,
    AssessmentSource,
    BatchStatus,
    DoseMove,
    GradeSource,
    LevelCount,
    Outcome,
    QualityCause,
    Relatedness,
    ScopeKind,
    Seriousness,
)
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured
from celltrial.core.values import ABSENT, Identifier
from celltrial.datasets.adtte import derive_adtte
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.milestones import milestones
from celltrial.datasets.trial_data import DataCut

DOCTOR = AssessmentSource.INVESTIGATOR


def times(data, endpoint, origin="enrolment", reader=None):
    """Return the rows of the reader of record, or of another reader."""
    rows = data.adtte.filter(paramcd=endpoint, origin=origin)
    if endpoint != "OS":
        rows = rows.filter(reader=reader or data.plan.reader)
    return [(row["aval"], row["cnsr"], row["evntdesc"]) for row in rows.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("onset", "phase"),
    [(1, "screening"), (5, "collection"), (32, "collection"), (33, "lymphodepletion"), (37, "lymphodepletion"),
     (38, "infusion"), (128, "infusion"), (129, "late")],
)  # fmt: skip
def test_phase_of_an_event(book, onset, phase):
    """AC-A7.2: what begins during lymphodepletion is not product-emergent."""
    book.treat("S1")
    book.event("S1", "AE1", onset)
    row = book.tables().adae.row(0, named=True)
    assert (row["phase"], row["onset_day"]) == (phase, onset - 38)


def test_grades_of_several_sources(book):
    book.treat("S1")
    book.event("S1", "AE1", 40, grade=2)
    book.add(safety.AdverseEventGraded("S1", "AE1", GradeSource.DERIVED, 3, "ASTCT 2019"), 41)
    assert book.tables().adae["grade"][0] == 3
    book.add(safety.AdverseEventGraded("S1", "AE1", GradeSource.ADJUDICATED, 1, "ASTCT 2019"), 50)
    assert book.tables().adae["grade"][0] == 1


def test_reassessed_recoded_and_resolved(book, day):
    book.treat("S1")
    book.event("S1", "AE1", 40, category="")
    row = book.tables().adae.row(0, named=True)
    assert (row["category"], row["related"], row["serious"], row["outcome"]) == ("other", "related", False, "ongoing")
    book.add(safety.AdverseEventReassessed("S1", "AE1", Relatedness.UNLIKELY, (Seriousness.HOSPITALISATION,), None), 41)
    book.add(safety.AdverseEventRecoded("S1", "AE1", "10052015", "crs"), 42)
    book.add(safety.AdverseEventResolved("S1", "AE1", day(45), Outcome.RECOVERED), 45)
    row = book.tables().adae.row(0, named=True)
    assert (row["category"], row["related"], row["serious"], row["outcome"]) == ("crs", "not_related", True, "resolved")
    assert (row["onset_day"], row["resolved_day"], row["end_date"]) == (2, 7, day(45))


def test_overall_survival(book):
    book.treat("S1")
    book.die("S1", 103)
    book.treat("S2")
    book.assess("S2", 66, "SD")
    data = book.tables()
    assert times(data, "OS") == [(100, 0, "death"), (63, 1, "last_alive")]
    assert times(data, "OS", "collection")[0] == (98, 0, "death")
    assert times(data, "OS", "infusion") == [(65, 0, "death"), (28, 1, "last_alive")]
    assert time_to_event.estimate(data.adtte, endpoint="OS", origin="infusion").beside.curve.n == 2


def test_never_infused_subject_has_times_from_enrolment_only(book):
    book.enrol("S1")
    book.die("S1", 23)
    data = book.tables()
    assert times(data, "OS") == [(20, 0, "death")]
    assert times(data, "OS", "infusion") == []


def test_who_left_before_infusion_and_was_not_seen_again_has_no_survival_follow_up(book):
    book.enrol("S1")
    book.leave("S1", 23, "withdrawal")
    book.enrol("S2")
    book.leave("S2", 23, "manufacturing_failure")
    book.assess("S2", 60, "SD")  # seen alive later
    book.treat("S3")
    found = {row["usubjid"]: (row["aval"], row["evntdesc"]) for row in book.tables().adtte.filter(
        paramcd="OS", origin="enrolment").iter_rows(named=True)}  # fmt: skip
    assert found["S1"] == (20, "left_before_infusion")
    assert found["S2"] == (57, "last_alive")
    assert found["S3"][1] == "last_alive"


def test_duration_counts_from_a_response_that_is_confirmed_where_the_plan_asks_for_it(book):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    book.assess("S1", 76, "SD")
    book.assess("S1", 98, "PR")
    book.assess("S1", 150, "PR")
    data = book.tables()
    assert times(data, "DOR", "response") == [(84, 1, "last_assessment")]
    adtte = derive_adtte(data.adrs, milestones(cut_events(book.events, DataCut())), rule=CourseRule(28, 0))
    assert adtte.filter(paramcd="DOR")["aval"].to_list() == [52.0]  # from day 98, confirmed on day 150


def test_progression_free_survival(book, day):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    assert times(book.tables(), "PFS", "infusion") == [(28, 1, "last_assessment")]
    book.assess("S1", 98, "NE")
    assert times(book.tables(), "PFS", "infusion") == [(28, 1, "last_assessment")]
    book.add(DiseaseProgressed("S1", day(138), "IMWG 2016", DOCTOR), 138)
    data = book.tables()
    assert times(data, "PFS", "infusion") == [(100, 0, "progression")]
    assert times(data, "DOR", "response") == [(72, 0, "progression")]
    book.die("S1", 150)
    assert times(book.tables(), "PFS", "infusion") == [(100, 0, "progression")]


def test_progression_by_others_does_not_count(book, day):
    book.treat("S1")
    book.add(DiseaseProgressed("S1", day(138), "IMWG 2016", AssessmentSource.INDEPENDENT_READER), 138)
    assert times(book.tables(), "PFS", "infusion") == [(0, 1, "origin_only")]
    assert times(book.tables(), "PFS", "infusion", "irc") == [(100, 0, "progression")]  # the sensitivity analysis
    assert times(book.tables(response_source="irc"), "PFS", "infusion") == [(100, 0, "progression")]


def test_new_therapy_censors_at_the_assessment_before_it(book, day):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    book.add(NewTherapyStarted("S1", "x", "systemic", day(80)), 80)
    book.assess("S1", 98, "PD")
    data = book.tables()
    assert times(data, "PFS", "infusion") == [(28, 1, "last_assessment")]
    assert times(data, "DOR", "response") == [(0, 1, "last_assessment")]


def test_leaving_for_progression_before_infusion_is_a_progression(book):
    book.enrol("S1")
    book.leave("S1", 23, "progression")
    assert times(book.tables(), "PFS") == [(20, 0, "progression")]


def test_no_response_has_no_duration(book):
    book.treat("S1")
    book.assess("S1", 66, "SD")
    book.assess("S1", 98, "PD")
    book.assess("S1", 120, "CR")
    assert times(book.tables(), "DOR", "response") == []


def test_committee_reads(book):
    book.treat("S1")
    book.assess("S1", 66, "PR", visit="M1")
    for reader, category in (("r1", "PR"), ("r2", "CR")):
        book.assess("S1", 66, category, "independent_reader", reader, visit="M1")
    for reader in ("r1", "r2"):
        book.assess("S1", 98, "CR", "independent_reader", reader, visit="M2")
    adrs = book.tables().adrs
    assert [
        (row[3], row[5])
        for row in adrs.filter(source="irc").select("usubjid", "seq", "adt", "visit", "day", "response").iter_rows()
    ] == [("M2", "CR")]
    book.assess("S1", 66, "PR", "adjudicated", "r3", visit="M1")
    adrs = book.tables().adrs.filter(source="irc")
    assert adrs.select("visit", "response").rows() == [("M1", "PR"), ("M2", "CR")]


def test_progression_becomes_one_row(book, day):
    book.treat("S1")
    book.assess("S1", 98, "PD")
    book.add(DiseaseProgressed("S1", day(98), "IMWG 2016", DOCTOR), 98)
    book.add(DiseaseProgressed("S1", day(120), "IMWG 2016", DOCTOR), 120)
    adrs = book.tables().adrs
    assert adrs.select("day", "response", "visit").rows() == [(60, "PD", "day 98"), (82, "PD", "progression")]


def test_kinetics_samples(book):
    book.treat("S1", hour=2)
    book.sample("S1", 39, 500, hour=14)
    book.sample("S1", 45, None, below=True)
    book.sample("S1", 52, None, raw="drug interference")
    book.sample("S1", 59, 70, precision=Precision.DAY, assay=Assay.DDPCR, hour=9)
    rows = book.tables().adpc.rows(named=True)
    assert [(row["day"], row["time_days"], row["value"], row["below_lloq"], row["note"]) for row in rows] == [
        (1, 1.5, 500, False, None),
        (7, 7.0, None, True, None),
        (14, 14.0, None, False, "drug interference"),
        (21, 21.0, 70, False, None),
    ]
    assert [row["assay"] for row in rows] == ["qpcr"] * 3 + ["ddpcr"]
    assert kinetics.estimate(book.tables().adpc, assay="qpcr").subjects[0].cmax.value == 500


def test_laboratory(book):
    book.treat("S1")
    book.add(LaboratoryMeasured("S1", "ferritin", Measured.read("812.5"), "ug/L"), 45)
    book.add(LaboratoryMeasured("S1", "ferritin", None, "ug/L", raw="haemolysed"), 46)
    rows = book.tables().adlb.rows(named=True)
    assert [(row["paramcd"], row["day"], row["value"], row["note"]) for row in rows] == [
        ("ferritin", 7, 812.5, None),
        ("ferritin", 8, None, "haemolysed"),
    ]


def test_manufacturing_runs(book):
    book.enrol("S1")
    first = book.collect("S1", 5)
    book.add(batch.ManufactureFailed(first, "S1", 1, "expansion", "low_expansion", None), 15)
    second = book.collect("S1", 20, attempt=2)
    expires = Instant(datetime(2026, 1, 1, tzinfo=UTC))
    book.add(
        batch.BatchOutOfSpecification(
            second, ("viability",), Decimal(10**8), DoseBasis.TARGET_POSITIVE_VIABLE, expires
        ),
        41,
    )
    rows = book.tables().admanu.rows(named=True)
    assert [(row["attempt"], row["outcome"], row["failed"], row["failure_cause"], row["days"]) for row in rows] == [
        (1, "failed", True, "low_expansion", 9),
        (2, "out_of_specification", False, None, 20),
    ]
    book.infuse("S1", second, 50, conforming=False)
    row = book.tables().admanu.row(1, named=True)
    assert (row["outcome"], row["out_of_specification"], row["failed"]) == ("infused", True, False)


def test_a_rejected_batch_failed_for_the_cause_of_its_rejection(book):
    book.enrol("S1")
    bag = book.collect("S1", 5)
    book.add(batch.BatchRejected(bag, "S1", "sterility", None, ()), 30)
    row = book.tables().admanu.row(0, named=True)
    assert (row["outcome"], row["failed"], row["failure_cause"]) == ("rejected", True, "sterility")


def test_batch_that_expired_unused_failed(book):
    book.enrol("S1")
    bag = book.collect("S1", 5)
    book.release("S1", bag, 30)
    book.add(batch.BatchExpired(bag), 200)
    row = book.tables().admanu.row(0, named=True)
    assert (row["outcome"], row["failed"], row["failure_cause"]) == ("expired", True, "expired")


def test_swimlane(book):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    lanes = book.tables().adlt.select("stage", "start_day", "end_day", "ongoing").rows()
    assert lanes == [
        ("screening", -3, 0, False),
        ("collection", 0, 2, False),
        ("manufacture", 2, 27, False),
        ("waiting", 27, 30, False),
        ("lymphodepletion", 30, 35, False),
        ("follow_up", 35, 63, False),
    ]


def test_swimlane_of_a_second_run_and_of_a_subject_who_waits(book):
    book.enrol("S1")
    first = book.collect("S1", 5)
    book.add(batch.ManufactureFailed(first, "S1", 1, "expansion", "low_expansion", None), 15)
    book.collect("S1", 20, attempt=2)
    book.enrol("S2", 30)
    lanes = book.tables().adlt.filter(usubjid="S1").select("stage", "start_day", "end_day", "ongoing").rows()
    assert lanes[2:] == [("manufacture", 2, 12, False), ("manufacture", 18, 30, True)]
    assert book.tables().adlt.filter(usubjid="S2")["stage"].to_list() == ["screening", "collection"]


def test_swimlane_ends_with_death(book):
    book.enrol("S1")
    book.collect("S1", 5)
    book.die("S1", 20)
    last = book.tables().adlt.row(-1, named=True)
    assert (last["stage"], last["end_day"], last["ongoing"]) == ("manufacture", 17, False)


def recommend(book, number, move, level, following, day):
    counts = (LevelCount(level, 3, 3, 0, 0),)
    fact = cohort.DoseRecommended(
        recommendation=f"R{number}", design="boin", move=move, level=level, next_level=following, size=3,
        reason="", counts=counts, protocol_sha256="",
    )  # fmt: skip
    book.add(fact, day)
    book.add(cohort.DoseDecisionSigned(f"D{number}", f"R{number}", move, following, False, ()), day + 1)


def test_dose_decisions(book):
    book.treat("S1")
    recommend(book, 1, DoseMove.ESCALATE, 1, 2, 70)
    recommend(book, 2, DoseMove.SELECT, 2, None, 140)
    book.add(cohort.RecommendedDoseDeclared(2, ()), 150)
    data = book.tables()
    rows = data.dose_decisions.select(
        "seq", "level", "n_evaluable", "n_dlt", "decision", "next_level", "recommended_level"
    )
    assert rows.rows() == [
        (1, 1, 3, 0, "escalate", 2, None),
        (2, 2, 3, 0, "select", None, None),
        (3, 2, None, None, "declare", None, 2),
    ]
    assert dlt.estimate(data.adsl, data.dose_levels, data.dose_decisions).recommended == 2
    book.add(cohort.RecommendedDoseReopened(2, Identifier("late event")), 200)
    data = book.tables()
    assert dlt.estimate(data.adsl, data.dose_levels, data.dose_decisions).recommended.reason == "no_decision"


def test_suspensions(book, day):
    book.add(scope.ScopeSuspended("X1", ScopeKind.LEVEL, "2", "rule-1"), 10)
    book.add(scope.TrialHalted("H1", QualityCause.RELEASE, "B1", "AE1"), 20)
    book.add(scope.ScopeResumed("X1", ("01",)), 30)
    book.add(scope.ScopeSuspended("X2", ScopeKind.TRIAL, "", "by_hand"), 40)
    book.add(scope.ScopeTerminated("X2", "unacceptable"), 50)
    rows = book.tables().suspensions.select("seq", "start_date", "end_date", "rule", "scope", "outcome").rows()
    assert rows == [
        (1, day(10), day(30), "rule-1", "level/2", "resumed"),
        (2, day(20), None, "quality/release", "trial", "suspended"),
        (3, day(40), day(50), "by_hand", "trial", "terminated"),
    ]


def test_therapies_beside_the_product(book, day):
    book.treat("S1")
    book.add(NewTherapyStarted("S1", "transplant", "transplant", day(98)), 98)
    book.add(ConcomitantMedicationGiven("S1", "tocilizumab", "crs", Decimal(8), "mg/kg", day(41), day(41)), 41)
    book.add(BridgingTherapyGiven("S1", "bendamustine", day(10), day(12)), 10)
    rows = book.tables().adcm.select("seq", "treatment", "category", "indication", "dose", "start_day").rows()
    assert rows == [
        (1, "bendamustine", "bridging", None, None, -28),
        (2, "tocilizumab", "concomitant", "crs", 8, 3),
        (3, "transplant", "anticancer", "transplant", None, 60),
    ]


def test_quarantine_lifted_returns_to_the_state_before(book):
    book.enrol("S1")
    bag = book.collect("S1", 5)
    book.release("S1", bag, 30)
    book.add(batch.BatchQuarantined(bag, "excursion", ABSENT, ABSENT), 31)
    assert book.tables().admanu["outcome"][0] == "quarantined"
    book.add(batch.QuarantineLifted(bag, BatchStatus.RELEASED, "stability data", ()), 33)
    row = book.tables().admanu.row(0, named=True)
    assert (row["outcome"], row["failed"], row["finished_date"] is not None) == ("released", False, True)
    book.add(batch.BatchQuarantined(bag, "excursion", ABSENT, ABSENT), 34)
    book.add(batch.QuarantineLifted(bag, BatchStatus.OOS, "retest", ()), 36)
    assert book.tables().admanu["outcome"][0] == "out_of_specification"


def test_sample_of_a_subject_never_infused_has_no_day(book):
    book.enrol("S1")
    book.sample("S1", 3, 10)
    row = book.tables().adpc.row(0, named=True)
    assert (row["day"], row["time_days"], row["value"]) == (None, None, 10)


def test_signs_of_life(book, day):
    """Each of these shows the subject alive; an unanswered call does not."""
    book.treat("S1")
    book.add(follow_up.ContactAttempted("S1", "telephone", reached=False), 300)
    assert book.subject("S1")["last_alive_date"] == day(38)
    book.add(follow_up.ContactAttempted("S1", "telephone", reached=True), 310)
    assert book.subject("S1")["last_alive_date"] == day(310)
    book.add(follow_up.FollowUpVisitRecorded("S1", "M12", day(320), ()), 321)
    assert book.subject("S1")["last_alive_date"] == day(320)
    book.add(follow_up.FollowUpCompleted("S1", day(400), "end"), 401)
    assert book.subject("S1")["last_alive_date"] == day(400)


def test_lymphodepletion_known_from_its_doses_alone(book, day):
    book.enrol("S1")
    book.add(LymphodepletionAdministered("S1", "fludarabine", Decimal(30), "mg/m2", day(34)), 34)
    book.add(LymphodepletionAdministered("S1", "fludarabine", Decimal(30), "mg/m2", day(33)), 33)
    assert book.subject("S1")["lymphodepleted_date"] == day(33)


def test_swimlane_without_collection_or_runs(book):
    book.enrol("S1")
    book.infuse("S1", "B1", 38)
    assert book.tables().adlt["stage"].to_list() == ["screening", "follow_up"]
    book.enrol("S2")
    book.add(LeukapheresisPerformed("S2", "01", "B2", "id", "op"), 5)
    assert book.tables().adlt.filter(usubjid="S2")["stage"].to_list() == ["screening", "collection", "waiting"]


@pytest.mark.parametrize(
    ("test", "written", "unit", "value", "standard", "note"),
    [
        ("creatinine", "1", "mg/dL", 88.4, "umol/L", None),
        ("肌酐", "88.4", "μmol/L", 88.4, "umol/L", None),
        ("ANC", "450", "/µL", 0.45, "10^9/L", None),
        ("ANC", "0.45", "×10⁹/L", 0.45, "10^9/L", None),
        ("ALT", "40", "IU/L", 40, "U/L", None),
        ("ALT", "3", "xULN", 3, "xULN", None),
        ("ferritin", ">40000", "ng/mL", None, "ug/L", ">40000"),
        ("ferritin", "＜0.5", "ug/L", None, "ug/L", "＜0.5"),
        ("ferritin", "haemolysed", "ug/L", None, "ug/L", "haemolysed"),
        ("a test of one site", "7", "mg/dl", 7, "mg/dL", None),
        ("a test of one site", "7", "furlong", 7, "furlong", None),
    ],
)
def test_laboratory_values_stand_in_the_standard_unit_with_what_was_reported(
    book, test, written, unit, value, standard, note
):
    book.treat("S1")
    book.add(LaboratoryMeasured("S1", test, Measured.read(written), unit), 45)
    (row,) = book.tables().adlb.iter_rows(named=True)
    assert (row["unit"], row["note"], row["reported"], row["reported_unit"]) == (standard, note, written, unit)
    assert row["value"] == (None if value is None else pytest.approx(value, rel=1e-4))


@pytest.mark.parametrize(
    ("written", "unit", "value", "below", "limit"),
    [
        ("5000", "copies/ug", 5000, False, 50),
        ("5000", "copies/μg DNA", 5000, False, 50),
        ("5", "copies/ng", 5000, False, 50_000),
        ("<60", "copies/ug", None, True, 60),
        ("< 0.06", "copies/ng", None, True, 60),
        (">1000000", "copies/ug", None, False, 50),
    ],
)
def test_kinetics_stand_in_one_unit_however_it_was_written(book, written, unit, value, below, limit):
    book.treat("S1")
    fact = KineticsSampled(
        "S1", "k1", Assay.QPCR, "transgene", "blood", Measured.read(written), unit, False, Decimal(50), 7, written
    )
    book.add(fact, 47)
    (row,) = book.tables().adpc.iter_rows(named=True)
    assert (row["value"], row["unit"], row["below_lloq"], row["lloq"]) == (value, "copies/ug", below, limit)
    assert row["note"] == (written if written.startswith(">") else None)
    assert row["above_limit"] is written.startswith(">")


def test_no_peak_is_claimed_where_a_sample_lies_above_the_limit(book):
    book.treat("S1")
    for day, written in ((7, "5000"), (10, ">1000000"), (14, "4000")):
        fact = KineticsSampled(
            "S1", f"k{day}", Assay.QPCR, "transgene", "blood", Measured.read(written), "copies/ug", False, None, day
        )
        book.add(fact, 38 + day)
    (found,) = kinetics.estimate(book.tables().adpc, assay="qpcr").subjects
    assert [getattr(found, name).reason for name in ("cmax", "tmax", "auc", "half_life", "tlast")] == [
        "above_limit"
    ] * 5
