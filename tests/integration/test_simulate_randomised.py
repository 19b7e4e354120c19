"""A randomised virtual trial, driven through the commands of conduct, with looks at the comparison that the report prints."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.reporting import data_cut, make_report
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven, PrimaryAnalysisStarted
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.subject.events import CellsInfused, LeukapheresisPerformed, SubjectRandomised
from celltrial.conduct.facts.trial.events import DataCutTaken, MonitoringReportIssued
from celltrial.core.progress import Silent
from celltrial.ledger import Journal, open_ledger
from celltrial.simulation.twin.disease import after_wait
from celltrial.simulation.twin.scenarios import scenarios_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROTOCOL = open_protocol(EXAMPLES / "til-melanoma-randomised.yaml")


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """Ledger, summary, events and state of the whole trial."""
    ledger = tmp_path_factory.mktemp("randomised") / "trial.db"
    done = simulate_into(ledger, PROTOCOL, seed=1, scenario=None, years=5.5, progress=Silent())
    with open_ledger(ledger) as kept:
        events = list(Journal(kept, codec()).events(PROTOCOL.identification.id))
    return ledger, done, events, fold(events)


def of(events, kind):
    return [event for event in events if isinstance(event.fact, kind)]


def test_arms_are_balanced_within_every_stratum(trial):
    """Blocks of two or four of 1 : 1: arms of a stratum never differ by more than two."""
    _, done, events, _ = trial
    drawn = of(events, SubjectRandomised)
    assert len(drawn) == done.randomised == done.enrolled == PROTOCOL.confirmatory.sample_size.enrolled
    strata = defaultdict(Counter)
    for event in drawn:
        strata[event.fact.stratum][event.fact.arm] += 1
    assert len(strata) > 4
    assert all(abs(arms["TIL"] - arms["IPI"]) <= 2 for arms in strata.values())
    assert [event.fact.number for event in drawn] == [f"R{n:04d}" for n in range(1, len(drawn) + 1)]


def test_each_arm_gets_what_it_was_assigned(trial):
    _, _, events, _ = trial
    arms = {event.fact.subject: event.fact.arm for event in of(events, SubjectRandomised)}
    treated = {event.fact.subject for kind in (LeukapheresisPerformed, CellsInfused) for event in of(events, kind)}
    assert {arms[name] for name in treated} == {"TIL"}
    drugs = of(events, ConcomitantMedicationGiven)
    assert {event.fact.medication for event in drugs if arms[event.fact.subject] == "IPI"} == {"ipilimumab"}
    lengths = {(event.fact.ended - event.fact.started).days for event in drugs if event.fact.medication == "ipilimumab"}
    assert max(lengths) == 63, "four doses, three weeks apart"
    assert min(lengths) < 63, "progression ends it"


def test_looks_are_held_at_their_events_on_cuts_and_as_the_report_prints_them(trial):
    ledger, done, events, _ = trial
    plan = PROTOCOL.confirmatory.primary_analysis
    assert [held.look for held in done.looks] == [1, 2]
    assert done.looks[0].seen >= math.ceil(plan.looks[0] * plan.events)
    assert done.looks[1].seen >= plan.events or done.looks[1].verdict == "efficacy"
    cuts = of(events, DataCutTaken)
    assert [event.fact.cut for event in of(events, MonitoringReportIssued)] == ["look-1", "primary"]
    assert [event.fact.cut for event in cuts] == ["look-1", "primary"]
    [analysis] = of(events, PrimaryAnalysisStarted)
    assert analysis.fact.cut == "primary"
    for held, cut in zip(done.looks, cuts, strict=True):
        report = make_report(str(ledger), None, data_cut(cut.recorded.isoformat(), None))
        [output] = [item for item in report.outputs if item.spec.name == "primary_comparison"]
        cells = {row.head.key.removeprefix("report.row.primary_"): row.cells[0].value for row in output.page.body.rows}
        assert cells["z"].value == pytest.approx(held.value)
        assert cells["bound"].value == pytest.approx(held.bound)
        assert cells["spent"].value <= plan.alpha + 1e-9


def test_both_arms_are_read_and_followed_from_randomisation(trial):
    _, _, events, state = trial
    arms = {event.fact.subject: event.fact.arm for event in of(events, SubjectRandomised)}
    seen = Counter(arms[name] for name, person in state.subjects.items() if person.reads)
    assert min(seen["TIL"], seen["IPI"]) > 60
    assert all(name in arms for name, person in state.subjects.items() if person.progressed_on is not None)


def test_it_is_reported_in_both_languages(celltrial, trial, tmp_path):
    ledger = trial[0]
    for language, said in (("en", "Ipilimumab"), ("zh", "伊匹木单抗")):
        page = tmp_path / f"{language}.html"
        assert celltrial("report", ledger, "-o", page, "--lang", language)[0] == 0
        assert said in page.read_text(encoding="utf-8") or "IPI" in page.read_text(encoding="utf-8")


def test_the_scenarios_are_ratios_of_hazards_and_an_effect_comes_with_the_cells():
    assert [(item.id, item.hazard_ratio) for item in scenarios_of(PROTOCOL)] == [
        ("expected", None),
        ("alternative", 0.6),
        ("null", 1.0),
    ]
    after = after_wait(0.01, 200.0, 40.0)
    assert math.exp(-0.01 * 40 - after * 160) == pytest.approx(0.5)
    assert after_wait(0.05, 200.0, 40.0) == pytest.approx(math.log(2) / 200)
