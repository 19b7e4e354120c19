"""A single-arm virtual trial, driven through the commands of conduct to its primary analysis and reported."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.conduct.facts.assessment.events import (
    PrimaryAnalysisStarted,
    ReaderAssigned,
    ReadLocked,
    ResponseAssessed,
)
from celltrial.conduct.facts.cohort.events import CohortOpened
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.trial.events import DataCutTaken
from celltrial.conduct.vocabulary import AssessmentSource, CohortKind
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.ledger import Journal, open_ledger
from celltrial.simulation.twin.scenarios import scenario_of, scenarios_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROTOCOL = open_protocol(EXAMPLES / "cd19-car-t-single-arm.yaml")


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """Ledger, summary, events and state of the whole trial."""
    ledger = tmp_path_factory.mktemp("single_arm") / "trial.db"
    done = simulate_into(ledger, PROTOCOL, seed=1, scenario=None, years=3.0, progress=Silent())
    with open_ledger(ledger) as kept:
        events = list(Journal(kept, codec()).events(PROTOCOL.identification.id))
    return ledger, done, events, fold(events)


def of(events, kind):
    return [event for event in events if isinstance(event.fact, kind)]


def test_as_many_are_infused_as_the_size_says_in_one_confirmatory_cohort(trial):
    _, done, events, _ = trial
    [opened] = of(events, CohortOpened)
    assert (opened.fact.kind, opened.fact.size, done.infused) == (CohortKind.CONFIRMATORY, 68, 68)
    assert 68 < done.enrolled <= PROTOCOL.manufacturing.failure_plan.maximum_enrolled
    assert done.screened > done.enrolled


def test_every_visit_is_read_by_each_reader_on_their_own_and_differences_are_adjudicated(trial):
    _, _, events, state = trial
    site, central = Counter(), Counter()
    [analysis] = of(events, PrimaryAnalysisStarted)
    for event in of(events, ResponseAssessed):
        fact = event.fact
        if event.position > analysis.position:
            continue
        if fact.source is AssessmentSource.INVESTIGATOR:
            site[fact.subject, fact.visit] += 1
        elif fact.source is AssessmentSource.INDEPENDENT_READER:
            central[fact.subject, fact.visit] += 1
            assert event.actor.id == fact.reader
    assert set(site) == {key for key, count in central.items() if count == 2}
    assert {item.fact.slot for item in of(events, ReaderAssigned)} == {"reader_1", "reader_2", "adjudicator"}
    assert any(item.fact.source is AssessmentSource.ADJUDICATED for item in of(events, ResponseAssessed))
    assert not any(person.needs_adjudication for person in state.subjects.values())


def test_the_primary_analysis_begins_on_a_cut_of_the_chain_when_every_read_is_locked(trial):
    _, _, events, state = trial
    [cut], [analysis] = of(events, DataCutTaken), of(events, PrimaryAnalysisStarted)
    assert analysis.fact.cut == cut.fact.cut
    assert cut.fact.position == cut.position - 1
    locked = {event.fact.subject for event in of(events, ReadLocked)}
    infused = {name for name, person in state.subjects.items() if person.infusions}
    assert infused == locked | set(analysis.fact.unreadable)
    last = max(person.infusions[0].at.utc for person in state.subjects.values() if person.infusions)
    assert (analysis.occurred.utc - last).days >= 90 + PROTOCOL.efficacy.sustained_response_window


def test_it_is_reported_in_both_languages(celltrial, trial, tmp_path):
    ledger, done, _, _ = trial
    for language, said in (("en", "68/68"), ("zh", "68/68")):
        page = tmp_path / f"{language}.html"
        assert celltrial("report", ledger, "-o", page, "--lang", language)[0] == 0
        text = page.read_text(encoding="utf-8")
        assert f"/{done.infused}" in text, said


def test_the_hypotheses_of_the_primary_endpoint_are_its_scenarios():
    assert [item.id for item in scenarios_of(PROTOCOL)] == ["expected", "alternative", "null"]
    assert [scenario_of(PROTOCOL, name).responding(1, 0.82) for name in ("expected", "alternative", "null")] == [
        0.82,
        0.5,
        0.3,
    ]
    with pytest.raises(UserError) as unknown:
        scenario_of(PROTOCOL, "sunny")
    assert [item.id for item in unknown.value.faults] == ["SIM-201"]
