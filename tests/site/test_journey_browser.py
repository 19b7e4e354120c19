"""A whole trial at the site, by its persons at browser windows of their own; what it takes of them is counted.

The figures are in `docs/validation/journey.toml`: what was counted, beside the goal. A run that takes more fails.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from first_in_human_rehearsed import PEOPLE

from celltrial.conduct.acts.subject.commands import StartLymphodepletion
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.signing.events import SignatureGiven
from celltrial.conduct.vocabulary import ExitReason, Persons, ScopeStatus
from celltrial.core.dates import Instant
from installing import installed
from sites import TRIAL
from walked_site import CHAPTERS, opening, walked
from windows import MARKS, serving, started

FIGURES = Path(__file__).resolve().parents[2] / "docs" / "validation" / "journey.toml"
pytestmark = MARKS


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def installation(cheap, tmp_path_factory):
    return installed(tmp_path_factory.mktemp("walkers"), *((name, row[0]) for name, row in PEOPLE.items()))


def hold(what, language, sent, typed):
    """Hold what was counted against what is on file; `CELLTRIAL_JOURNEY` names a file into which it is written instead."""
    if os.environ.get("CELLTRIAL_JOURNEY"):
        with Path(os.environ["CELLTRIAL_JOURNEY"]).open("a", encoding="utf-8") as file:
            file.write(f"{what} {language}: {sent} submissions, {typed} keystrokes\n")
        return
    known = tomllib.loads(FIGURES.read_text(encoding="utf-8"))[what]
    assert sent <= known["submissions"]
    assert typed <= known["keystrokes"]


@pytest.mark.timeout(900)
def test_one_subject_from_screening_to_infusion_is_refused_where_the_gate_is_closed_and_counted(
    chromium, installation, tmp_path
):
    with walked(tmp_path / "site", installation, chromium, serving, "zh") as trip:
        opening(trip)
        desks = trip.desks
        before = desks.sent, desks.typed
        trip.enrol("P1")
        trip.collect("P1", "B1")
        trip.make("B1")
        counted = desks.sent - before[0], desks.typed - before[1]
        infusion = Instant(trip.now + timedelta(days=5), "Asia/Shanghai")
        codes = trip.refused(StartLymphodepletion("P1", "B1", infusion))
        assert "CND-070" in codes, "the batch is not released"
        assert trip.state.subjects["P1"].lymphodepletion is None
        before = desks.sent, desks.typed
        trip.release("B1")
        trip.deliver("B1")
        trip.deplete("P1", "B1")
        trip.infuse("P1", "B1")
        counted = counted[0] + desks.sent - before[0], counted[1] + desks.typed - before[1]
        assert trip.state.subjects["P1"].infusions
        assert trip.state.persons is Persons.REHEARSED
        complaints = {
            told
            for window in desks.windows.values()
            for told in window.complaints
            if not re.search(r"status of 422|\[DOM\]", told)
        }
        assert complaints == set()
        hold("subject", "zh", *counted)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_whole_trial_is_walked_by_its_persons_in_their_windows(chromium, installation, tmp_path, language):
    """Judged by a fold of the ledger, and by the grants and sessions of the persons who signed."""
    with walked(tmp_path / "site", installation, chromium, serving, language) as trip:
        for chapter in CHAPTERS:
            chapter(trip)
        state, desks = trip.state, trip.desks
        enrolled = [item for item in state.subjects.values() if item.enrolled is not None]
        infused = {item.subject for item in enrolled if item.infusions}
        assert (len(enrolled), len(infused), state.recommended_level) == (12, 10, 1)
        assert state.subjects["P4"].exit_reason is ExitReason.MANUFACTURING_FAILURE
        assert {item.status for item in state.suspensions.values()} == {ScopeStatus.RESUMED}
        assert state.version == "2.0"
        with desks.served[0].house.trials.get(TRIAL).session() as session:
            events = list(session.events())
        assert fold(events) == state
        assert {item.actor.id for item in events} <= set(PEOPLE)
        signed = {(item.actor.id, item.fact.session) for item in events if isinstance(item.fact, SignatureGiven)}
        assert len({account for account, _ in signed}) >= 6
        assert len({session for _, session in signed}) == len(signed), "nobody signs in the session of another"
        hold("trial", language, desks.sent, desks.typed)
