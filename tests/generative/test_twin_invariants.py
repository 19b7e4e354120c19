"""Whole virtual trials held against what must never happen, whatever the seed or the scenario."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from rehearsal import with_fields

from celltrial.app.session import SimulatedClock, TrialSession, codec
from celltrial.app.snapshots import pack, unpack
from celltrial.conduct.facts.batch.events import BatchReceived, BatchReleased
from celltrial.conduct.facts.cohort.events import CohortOpened, DoseDecisionSigned, DoseRecommended
from celltrial.conduct.facts.evolve import evolve, fold
from celltrial.conduct.facts.follow_up.events import FollowUpScheduled, FollowUpVisitRecorded
from celltrial.conduct.facts.scope.events import ScopeSuspended
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.facts.subject.events import CellsInfused, LymphodepletionStarted, SubjectEnrolled
from celltrial.conduct.vocabulary import CohortKind, Origin
from celltrial.ledger import Journal, MemoryLedger, verify
from celltrial.protocol import Protocol, read_protocol
from celltrial.simulation.twin import simulate_trial

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
PROTOCOL = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
#: A stopping rule that few severe events cross, so that a trial of a toxic product is suspended in its midst.
STRICT = with_fields(PROTOCOL, {"stopping.rules.0.params": {**PROTOCOL.stopping.rules[0].params, "threshold": 0.05}})
CASES = [(1, "expected"), (2, "mtd-middle"), (3, "toxic")]
LONG = [(seed, name) for seed in range(10, 22) for name in ("expected", "mtd-middle", "mtd-top", "toxic")]


def virtual_trial(seed: int, scenario: str, years: float = 2.5, protocol: Protocol = PROTOCOL):
    clock = SimulatedClock()
    ledger = MemoryLedger(clock=clock.port)
    session = TrialSession(ledger, protocol.identification.id, clock.now, clock.set)
    summary = simulate_trial(protocol, session, seed=seed, scenario=scenario, years=years)
    return ledger, session, summary, list(Journal(ledger, codec()).events(PROTOCOL.identification.id))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1]}-{case[0]}")
def trial(request):
    return virtual_trial(*request.param)


def check_lymphodepletion(events):
    released: dict[str, object] = {}
    expires: dict[str, object] = {}
    received: set[str] = set()
    for event in events:
        fact = event.fact
        if isinstance(fact, BatchReleased):
            released[fact.batch], expires[fact.batch] = fact.subject, fact.expires
        elif isinstance(fact, BatchReceived):
            received.add(fact.batch)
        elif isinstance(fact, LymphodepletionStarted):
            assert released.get(fact.batch) == fact.subject
            assert fact.batch in received
            assert expires[fact.batch].utc > fact.infusion.utc


def check_infusions(events):
    plan = PROTOCOL.escalation.staggering
    by_level = defaultdict(list)
    used = set()
    depleted = {}
    expansion, member = set(), {}
    for event in events:
        fact = event.fact
        if isinstance(fact, LymphodepletionStarted):
            depleted[fact.subject] = fact.batch
        if isinstance(fact, CohortOpened) and fact.kind is not CohortKind.ESCALATION:
            expansion.add(fact.cohort)
        if isinstance(fact, SubjectEnrolled):
            member[fact.subject] = fact.cohort
        if isinstance(fact, CellsInfused):
            assert depleted[fact.subject] == fact.batch
            assert fact.batch not in used
            used.add(fact.batch)
            if member[fact.subject] in expansion:
                continue
            before = by_level[fact.level_assigned]
            if before:
                gap = plan.after_first_of_level if len(before) == 1 else plan.between_later
                assert event.occurred.utc - before[-1] >= timedelta(days=gap.days)
            before.append(event.occurred.utc)


def check_suspension(events):
    suspended = False
    for event in events:
        if isinstance(event.fact, ScopeSuspended):
            suspended = True
        assert not (suspended and isinstance(event.fact, SubjectEnrolled | LymphodepletionStarted | CellsInfused))


def check_all(ledger, session, events):
    check_lymphodepletion(events)
    check_infusions(events)
    check_suspension(events)
    infused = {event.fact.subject for event in events if isinstance(event.fact, CellsInfused)}
    scheduled = {event.fact.subject for event in events if isinstance(event.fact, FollowUpScheduled)}
    assert infused == scheduled
    state = EMPTY
    for event in events:
        state = evolve(state, event)
    live = session.state
    assert replace(state, versions=()) == replace(live, versions=())
    assert [one.sha256 for one in state.versions] == [one.sha256 for one in live.versions]
    assert verify(ledger, PROTOCOL.identification.id).holds


def test_a_state_read_from_a_snapshot_goes_on_as_the_full_fold_does(trial):
    _, session, _, events = trial
    whole = fold(events)
    assert whole == session.state
    choose = Random(len(events))
    for cut in sorted({0, 1, len(events), *(choose.randrange(len(events)) for _ in range(12))}):
        assert fold(events[cut:], unpack(pack(fold(events[:cut])))) == whole


def test_nothing_that_must_never_happen_happens(trial):
    ledger, session, summary, events = trial
    check_all(ledger, session, events)
    assert summary.infused == sum(isinstance(event.fact, CellsInfused) for event in events)
    assert session.state.origin is Origin.SIMULATED


@pytest.mark.long
@pytest.mark.parametrize(("seed", "scenario"), LONG)
def test_nothing_that_must_never_happen_happens_over_many_trials(seed, scenario):
    protocol = STRICT if scenario == "toxic" else PROTOCOL
    ledger, session, summary, events = virtual_trial(seed, scenario, years=4.0, protocol=protocol)
    assert summary.infused >= 3
    check_all(ledger, session, events)


def test_a_suspended_trial_only_observes():
    """Subjects wait for their cells when the rule is crossed: nobody is treated any more, the treated are still seen."""
    ledger, session, _, events = virtual_trial(1, "toxic", protocol=STRICT)
    check_all(ledger, session, events)
    facts = [event.fact for event in events]
    at = next(index for index, fact in enumerate(facts) if isinstance(fact, ScopeSuspended))
    enrolled, infused = (sum(isinstance(fact, kind) for fact in facts[:at]) for kind in (SubjectEnrolled, CellsInfused))
    assert enrolled > infused >= 3
    assert sum(isinstance(fact, FollowUpVisitRecorded) for fact in facts[at:]) >= infused


def test_the_committee_follows_the_engine_and_opens_what_it_signed(trial):
    _, _, _, events = trial
    recommended = {e.fact.recommendation: e.fact for e in events if isinstance(e.fact, DoseRecommended)}
    signed = [e.fact for e in events if isinstance(e.fact, DoseDecisionSigned)]
    assert signed
    for decision in signed:
        assert decision.next_level == recommended[decision.recommendation].next_level
        assert not decision.deviates
    opened = [e.fact.level for e in events if isinstance(e.fact, CohortOpened) and e.fact.kind is CohortKind.ESCALATION]
    assert opened[0] == PROTOCOL.dose.start_level
    assert all(later - earlier <= 1 for earlier, later in pairwise(opened))


def test_the_same_seed_repeats_the_trial_event_by_event(trial):
    ledger, _, summary, _ = trial
    again, _, _, _ = virtual_trial(summary.seed, summary.scenario)
    name = PROTOCOL.identification.id
    assert again.head(name) == ledger.head(name)


def test_every_refusal_is_a_value_with_conditions(trial):
    _, _, summary, _ = trial
    assert summary.requests > 500
    assert all(code.startswith("CND-") and count > 0 for code, count in summary.refusals.items())


def test_the_virtual_trial_knows_no_ledger():
    folder = ROOT / "src" / "celltrial" / "simulation" / "twin"
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "celltrial.ledger" not in text
        assert "celltrial.app" not in text


def test_a_virtual_trial_looks_at_the_sentinel_as_the_protocol_says():
    watched = [{"concept": "body_temperature", "days": [1, 7, 14]}, {"concept": "ferritin", "days": [28]}]
    protocol = with_fields(PROTOCOL, {"escalation.staggering.sentinel_assessments": watched})
    _, session, _, events = virtual_trial(1, "expected", years=1.0, protocol=protocol)
    treated = [item for item in session.state.subjects.values() if item.infusions]
    assert len(treated) >= 3
    assert all(
        len(item.observed) == 4 or item.died_on or item.infused_at.utc > events[-1].occurred.utc - timedelta(days=29)
        for item in treated
    )


@pytest.mark.parametrize(("name", "seed"), [("cd19-car-nk-escalation", 3), pytest.param("mage-a4-tcr-t-escalation", 3, marks=pytest.mark.long)])  # fmt: skip
def test_a_grade_that_meets_a_rule_by_itself_is_adjudicated_before_its_window_ends(name, seed):
    """Who has a DLT is drawn apart from the grades of other events; one of them may look like a DLT and is none."""
    path = ROOT / "examples" / f"{name}.yaml"
    protocol = read_protocol(path.read_text(encoding="utf-8"), path.name)
    clock = SimulatedClock()
    ledger = MemoryLedger(clock=clock.port)
    session = TrialSession(ledger, protocol.identification.id, clock.now, clock.set)
    simulate_trial(protocol, session, seed=seed, years=3.0)
    ended = [item.dlt_window for item in session.state.subjects.values() if item.dlt_window is not None]
    assert any(window.evaluable for window in ended)
    assert any(item.not_dlts for item in session.state.subjects.values())
