"""What a participant was assigned is what may be given; a cohort that the protocol names takes in only whom it names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rehearsal import Journey, with_fields

from celltrial.conduct.acts.assessment.commands import RecordProgression
from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.cohort.commands import CloseCohort, ExpandCohort, OpenCohort
from celltrial.conduct.acts.subject.commands import DiscontinueSubject, EnrolSubject, RandomiseSubject, RecordEvidence
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.assessment.events import DiseaseProgressed
from celltrial.conduct.gates.act import found_act
from celltrial.conduct.gates.assignment import check_assignment
from celltrial.conduct.gates.enrolment import takes_place
from celltrial.conduct.ruling import Accepted
from celltrial.conduct.vocabulary import AssessmentSource, CohortKind, ExitReason
from celltrial.core.values import ABSENT, Identifier, Protected
from celltrial.protocol import read_protocol

SINGLE_ARM = Path(__file__).resolve().parents[2] / "examples" / "cd19-car-t-single-arm.yaml"
ARMS = [
    {"id": "CELLS", "kind": "experimental", "name": {"en": "Cells", "zh": "细胞"}},
    {"id": "DRUG", "kind": "active", "name": {"en": "Drug", "zh": "药物"}},
    {
        "id": "CROSS",
        "kind": "active",
        "name": {"en": "Drug, then cells", "zh": "先药物后细胞"},
        "crossover_to": "CELLS",
        "crossover_when": {"en": "Progression", "zh": "疾病进展"},
    },
]
PLAN = {
    "comparator": "active",
    "randomisation": {"method": "permuted_blocks", "ratio": [1, 1, 1], "point": "before_collection"},
}


@pytest.fixture
def trip(journey):
    made = journey({"confirmatory": PLAN, "arms": ARMS})
    made.enrol("P1")
    return made


def found(answer):
    return [(item.code, item.found, item.field) for item in getattr(answer, "conditions", ())]


def test_nothing_is_collected_before_randomisation_where_it_comes_first(trip):
    trip.do(PlanBatch("B1", "P1"))
    refused = trip.ask(trip.collection("P1", "B1"))
    assert (Code.NOT_RANDOMISED, ABSENT, "confirmatory.randomisation.point") in found(refused)
    trip.do(RandomiseSubject("P1", "CELLS", "", "R1"))
    assert isinstance(trip.ask(trip.collection("P1", "B1")), Accepted)


def test_cells_are_refused_to_an_arm_without_them_and_the_arm_is_closed_to_the_blinded(trip):
    trip.do(RandomiseSubject("P1", "DRUG", "", "R1"))
    trip.do(PlanBatch("B1", "P1"))
    closed = (Code.ARM_WITHOUT_CELLS, Protected("arm", Identifier("DRUG")), "arms.1")
    act = found_act(trip.state, "P1", trip.local("P1"))
    assert closed in [(item.code, item.found, item.field) for item in check_assignment(act, "treatment")]
    assert [item[0] for item in found(trip.ask(trip.collection("P1", "B1")))] == [Code.ARM_WITHOUT_CELLS]
    progressed(trip, "P1")
    assert Code.ARM_WITHOUT_CELLS in [code for code, _, _ in found(trip.ask(trip.collection("P1", "B1")))]


def progressed(trip, name):
    on = trip.local(name).local_date
    trip.do(RecordProgression(DiseaseProgressed(name, on, "IMWG-2016", AssessmentSource.INVESTIGATOR)))


def test_an_arm_that_crosses_over_gets_cells_from_progression_on(trip):
    trip.do(RandomiseSubject("P1", "CROSS", "", "R1"))
    trip.do(PlanBatch("B1", "P1"))
    assert [code for code, _, _ in found(trip.ask(trip.collection("P1", "B1")))] == [Code.ARM_WITHOUT_CELLS]
    progressed(trip, "P1")
    assert isinstance(trip.ask(trip.collection("P1", "B1")), Accepted)


def test_an_arm_is_one_that_the_protocol_names_and_comes_from_randomisation(trip):
    assert [code for code, _, _ in found(trip.ask(RandomiseSubject("P1", "OTHER", "", "R1")))] == [
        Code.VALUE_NOT_USABLE
    ]
    trip.screen("P2")
    assert [code for code, _, _ in found(trip.ask(EnrolSubject("P2", "C1", "CELLS")))] == [Code.NOT_RANDOMISED]


def test_whoever_was_assigned_to_an_arm_is_not_replaced(trip):
    trip.do(RandomiseSubject("P1", "CELLS", "", "R1"))
    trip.do(DiscontinueSubject("P1", ExitReason.WITHDRAWAL))
    assert takes_place(trip.state, "P1")


COHORTS = [
    {
        "id": "FIT",
        "kind": "other",
        "name": {"en": "Fit", "zh": "体能良好"},
        "maximum": 4,
        "criteria": [
            {
                "id": "K-1", "kind": "inclusion", "concept": "ferritin", "operator": "<=", "value": 500, "unit": "ng/mL",
                "assessment": "Serum", "source": "laboratory", "text": {"en": "Ferritin", "zh": "铁蛋白"},
            }
        ],
    }
]  # fmt: skip


@pytest.fixture
def basket():
    """A trial that finds no dose and names a cohort."""
    protocol = read_protocol(SINGLE_ARM.read_text(encoding="utf-8"), SINGLE_ARM.name)
    trip = Journey(datetime(2025, 3, 5, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(with_fields(protocol, {"cohorts": COHORTS}))
    return trip


def test_a_cohort_is_one_that_the_protocol_names_and_no_larger(basket):
    assert found(basket.ask(OpenCohort("OTHER", 1, 2, CohortKind.CONFIRMATORY))) == [
        (Code.VALUE_NOT_USABLE, Identifier("OTHER"), "cohorts")
    ]
    [(code, _, field)] = found(basket.ask(OpenCohort("FIT", 1, 5, CohortKind.CONFIRMATORY)))
    assert (code, field) == (Code.VALUE_NOT_USABLE, "cohorts.0.maximum")
    basket.do(OpenCohort("FIT", 1, 3, CohortKind.CONFIRMATORY))
    assert [field for _, _, field in found(basket.ask(ExpandCohort("FIT", 5)))] == ["cohorts.0.maximum"]
    assert isinstance(basket.ask(ExpandCohort("FIT", 4)), Accepted)
    assert isinstance(basket.ask(CloseCohort("FIT", "full")), Accepted)


def test_only_whom_a_cohort_names_is_enrolled_into_it(basket):
    basket.do(OpenCohort("FIT", 1, 3, CohortKind.CONFIRMATORY))
    basket.screen("P1")
    assert [(code, field) for code, _, field in found(basket.ask(EnrolSubject("P1", "FIT")))] == [
        (Code.CRITERION_UNKNOWN, "cohorts.0.criteria.0")
    ]
    today = basket.local("P1").local_date
    basket.do(RecordEvidence("P1", "ferritin", "900", "ng/mL", today, "laboratory"))
    assert [code for code, _, _ in found(basket.ask(EnrolSubject("P1", "FIT")))] == [Code.CRITERION_NOT_MET]
    basket.do(RecordEvidence("P1", "ferritin", "300", "ng/mL", today, "laboratory"))
    assert isinstance(basket.ask(EnrolSubject("P1", "FIT")), Accepted)
