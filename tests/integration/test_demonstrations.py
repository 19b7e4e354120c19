"""Demonstrations from one command: what they must contain, line by line of the requirements, and the same bytes twice.

D1, the first-in-human trial, is played by persons (`test_first_in_human_rehearsed`). Of D3 no PSUR is made: there is none yet.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from celltrial.app.demonstrations import CONFIRMATORY, FOLLOW_UP, protocol_of, show
from celltrial.app.planning import open_protocol
from celltrial.app.reviewing import review_protocol
from celltrial.app.session import SimulatedClock, TrialSession, codec
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted
from celltrial.conduct.facts.batch.events import ManufactureStarted
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.follow_up.events import (
    CareTransitioned,
    ContactAttempted,
    FollowUpLengthened,
    GrowthMeasured,
    LateSafetyTested,
    SubjectLostToFollowUp,
)
from celltrial.conduct.facts.trial.events import (
    ComparabilityConcluded,
    ManufacturingChangeRecorded,
    TaskClosed,
    TaskOpened,
)
from celltrial.core.progress import Silent
from celltrial.datasets import derive
from celltrial.designs.sizing.enrolment import EnrolmentNeed, enrolment_size
from celltrial.guideline.records import carried_out
from celltrial.guideline.register import Strength
from celltrial.guideline.verdict import Status
from celltrial.ledger import Journal, MemoryLedger, open_ledger
from celltrial.simulation.twin import simulate_trial

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def played(item, folder):
    shown = show(item, folder, Silent())
    with open_ledger(shown.ledger) as kept:
        events = list(Journal(kept, codec()).events(protocol_of(item).identification.id))
        head = kept.head(protocol_of(item).identification.id)
    return shown, events, fold(events), head


@pytest.fixture(scope="module")
def confirmatory(tmp_path_factory):
    return played(CONFIRMATORY, tmp_path_factory.mktemp("d2"))


@pytest.fixture(scope="module")
def follow_up(tmp_path_factory):
    return played(FOLLOW_UP, tmp_path_factory.mktemp("d3"))


def of(events, kind):
    return [event for event in events if isinstance(event.fact, kind)]


def same_bytes(item, first, tmp_path):
    again = played(item, tmp_path)
    assert again[3] == first[3], "the chain ends in the same hash"
    for one, other in zip(first[0].reports, again[0].reports, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_d2_is_sized_and_enrolled_as_stated(confirmatory):
    shown, _, state, _ = confirmatory
    assert (shown.summary.infused, CONFIRMATORY.fields["confirmatory.sample_size"]["enrolled"]) == (56, 72)
    assert enrolment_size(EnrolmentNeed(56, 0.85, 0.95)).with_assurance == 72
    assert 56 < shown.summary.enrolled <= 80
    not_treated = [one for one in state.subjects.values() if one.enrolled and not one.infusions]
    assert not_treated
    assert all(one.exit_reason is not None or one.died_on is not None for one in not_treated)


def test_d2_finding_on_the_dose_fires_once_and_is_mended(confirmatory):
    shown = confirmatory[0]
    assert shown.fired == (("2.2.1.1-g", "dose_outside_tested_range"),)
    assert shown.left == ()


def test_d2_is_read_centrally_and_analysed_at_its_bound(confirmatory):
    shown, events, state, _ = confirmatory
    [held] = shown.summary.looks
    assert (held.seen, held.bound) == (56, 18)
    [analysis] = of(events, PrimaryAnalysisStarted)
    assert state.cuts.keys() == {analysis.fact.cut}
    with open_ledger(shown.ledger) as kept:
        data = derive(Journal(kept, codec()).events(state.trial))
    assert set(data.adrs["source"].to_list()) == {"investigator", "irc"}
    assert data.adrs.filter(source="irc", visit="Day 90").height > 20


def test_d2_uses_a_changed_process_once_it_was_concluded_to_be_comparable(confirmatory):
    _, events, _, _ = confirmatory
    [change], [concluded] = of(events, ManufacturingChangeRecorded), of(events, ComparabilityConcluded)
    versions = [(event.position, event.fact.process_version) for event in of(events, ManufactureStarted)]
    assert {version for _, version in versions} == {"P2", "P3"}
    assert all(position > concluded.position for position, version in versions if version == "P3")
    assert change.position < concluded.position


def test_d2_comes_out_the_same_to_the_byte(confirmatory, tmp_path):
    same_bytes(CONFIRMATORY, confirmatory, tmp_path)


def test_d3_follows_34_for_fifteen_years_with_loss(follow_up):
    shown, events, state, _ = follow_up
    assert shown.summary.infused == 34
    lost = {event.fact.subject for event in of(events, SubjectLostToFollowUp)}
    assert lost
    tried = [event.fact.subject for event in of(events, ContactAttempted)]
    assert all(tried.count(name) >= protocol_of(FOLLOW_UP).follow_up.contact_attempts_before_lost for name in lost)
    followed = [one for one in state.subjects.values() if one.follow_up is not None and one.died_on is None]
    stayed = [one for one in followed if one.follow_up.lost_on is None]
    assert stayed
    assert all((one.follow_up.last_contact - one.follow_up.starts).days >= 15 * 365 for one in stayed)


def test_d3_works_up_a_new_malignancy_with_the_transgene(follow_up):
    _, events, _, _ = follow_up
    opened = {event.fact.task for event in of(events, TaskOpened) if event.fact.task.startswith("work_up")}
    assert opened
    assert opened <= {event.fact.task for event in of(events, TaskClosed)}
    assert any(event.fact.test == "transgene_in_tumour" for event in of(events, LateSafetyTested))


def test_d3_follows_children_into_adult_care(follow_up):
    _, events, state, _ = follow_up
    grown = {event.fact.subject for event in of(events, GrowthMeasured)}
    assert len(grown) > 5
    moved = [event.fact for event in of(events, CareTransitioned)]
    assert moved
    for fact in moved:
        assert (fact.on - state.subjects[fact.subject].born).days >= 18 * 365


def test_d3_meets_another_version_of_the_guideline(follow_up):
    [changed] = of(follow_up[1], FollowUpLengthened)
    assert changed.fact.register == "sample-2021"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_d3_comes_out_the_same_to_the_byte(follow_up, tmp_path):
    same_bytes(FOLLOW_UP, follow_up, tmp_path)


def test_a_demonstration_is_one_command(celltrial, tmp_path, monkeypatch):
    """Cut short: what the whole of it holds is tried above."""
    short = {"confirmatory": replace(CONFIRMATORY, years=0.1)}
    monkeypatch.setattr("celltrial.app.demonstrations.DEMONSTRATIONS", short)
    code, out, err = celltrial("demo", "--kind", "confirmatory", "--out", tmp_path / "out")
    assert code == 0, err
    assert "2.2.1.1-g" in out
    assert "no dose level was recommended and no primary analysis was looked at" in " ".join(out.split()), "cut short"
    assert "Recommended dose level" not in out
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"confirmatory.db", "confirmatory-en.html", "confirmatory-zh.html"} <= written


def test_a_demonstration_with_a_protocol_of_its_own_takes_no_other(celltrial, tmp_path):
    other = EXAMPLES / "bcma-car-t-escalation.yaml"
    code, _, err = celltrial("demo", "--kind", "confirmatory", "--protocol", other, "--out", tmp_path / "out")
    assert code == 2
    assert err.startswith("APP-290")
    assert not (tmp_path / "out").exists()


#: Clauses of strength *should* that no demonstration shows, and why: each needs a plan or an act that none of them has.
NOT_SHOWN = {
    "2.1.1.3-a": "children before the review of the adults: the follow-up example has no signed one",
    "2.1.1.3-b": "children without adult data",
    "2.1.2.1-c": "a treatment that is paused for the trial",
    "2.1.2.1-d": "a treatment that is paused for the trial",
    "2.2.2.2-e": "an analysis of transduction that no record counts",
    "2.2.2.3-d": "a disease other than cancer",
    "2.2.5-f": "several targets",
    "2.2.5-g": "cells that secrete, or lack a gene",
    "2.3.1-a": "a reason for one arm that a person signed",
    "2.3.1-c": "a null rate above the pooled evidence, which the stated size of the example is not",
    "2.3.2-e": "an endpoint that is not validated",
    "2.3.2-k": "an analysis of late events that no record counts",
    "3.1-f": "no foreign gene",
    "3.1-g": "a gene that does not integrate",
}


def shown_clauses(protocol, events):
    """Return the clauses of strength *should* of a trial, and those of them that its plan meets or its records carry out."""
    counts = carried_out(events)
    should = [one for one in review_protocol(protocol).verdicts if one.clause.strength is Strength.SHOULD]
    met = {one.clause.id for one in should if one.status is Status.MET or counts.get(one.clause.id, 0)}
    return {one.clause.id for one in should}, met


def test_every_clause_that_should_be_followed_is_shown_or_named(confirmatory, follow_up):
    """Section 9: each clause of strength *should* appears in the trace of one of D1 to D3, or stands above with the reason."""
    first = open_protocol(EXAMPLES / "bcma-car-t-escalation.yaml")
    clock = SimulatedClock()
    ledger = MemoryLedger(clock=clock.port)
    session = TrialSession(ledger, first.identification.id, clock.now, clock.set)
    simulate_trial(first, session, seed=1, years=4.0)
    every, met = shown_clauses(first, list(session.events()))
    for item, played_trial in ((CONFIRMATORY, confirmatory), (FOLLOW_UP, follow_up)):
        met |= shown_clauses(protocol_of(item), played_trial[1])[1]
    assert every - met == set(NOT_SHOWN)
    assert len(met) >= 61
