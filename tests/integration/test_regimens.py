"""Published regimens as protocols: each reads, is reviewed, printed in both languages, simulated, reported.

Cheap on purpose: one in-process run each; the virtual trials are of half a year.
"""

from __future__ import annotations

import contextlib
import io
import sys
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.conduct.facts.evolve import fold
from celltrial.core.progress import Silent
from celltrial.ledger import Journal, open_ledger
from celltrial.protocol.regimen import regimen_of

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "regimens"
REGIMENS = sorted(FOLDER.glob("*.yaml"))


def cli(*arguments):
    """Run the command line; return its exit code and what it said."""
    kept, sys.argv, said = sys.argv, ["celltrial", *map(str, arguments)], io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(application())
    finally:
        sys.argv = kept
    return code, said.getvalue()


def test_there_are_twelve_and_more():
    assert len(REGIMENS) >= 12


@pytest.mark.parametrize("path", REGIMENS, ids=lambda path: path.stem)
def test_a_regimen_is_reviewed_and_printed(path, tmp_path):
    code, said = cli("review", path)
    assert code in {0, 1}, said
    assert "Traceback" not in said
    for language in ("en", "zh"):
        page = tmp_path / f"{language}.html"
        assert cli("document", path, "-o", page, "--lang", language)[0] == 0
        assert page.stat().st_size > 10_000


@pytest.mark.parametrize("path", REGIMENS, ids=lambda path: path.stem)
def test_a_virtual_trial_gives_a_regimen_as_it_is_planned_and_it_is_reported(path, tmp_path):
    """Each round gives the administrations of one of its courses in order; later rounds come, after their interval."""
    ledger, protocol = tmp_path / "t.db", open_protocol(path)
    done = simulate_into(ledger, protocol, seed=1, scenario=None, years=0.8, progress=Silent())
    assert done.infused >= 2
    with open_ledger(ledger) as kept:
        events = list(Journal(kept, codec()).events(protocol.identification.id))
    state, rounds = fold(events), regimen_of(protocol).rounds
    furthest, chosen = 0, set()
    for person in state.subjects.values():
        given = [(item.round, item.course, item.administration) for item in person.done]
        for number, steps in groupby(given, key=lambda item: item[0]):
            courses = {one.id: one for one in rounds[number - 1].courses}
            names = [(course, administration) for _, course, administration in steps]
            planned = [one.id for one in courses[names[0][0]].administrations]
            assert [administration for _, administration in names] == planned[: len(names)]
            furthest, chosen = max(furthest, number), chosen | {names[0][0]}
    assert furthest >= min(len(rounds), 2)
    assert chosen >= {one.id for one in rounds[0].courses}, "each course of the first round is somebody's"
    if protocol.arms:
        kinds = {item.id: item.kind for item in protocol.arms}
        assert {kinds[one.arm] for one in state.subjects.values() if one.infusions} == {"experimental"}
        assert {one.arm for one in state.subjects.values() if one.arm} == set(kinds)
    if protocol.cohorts:
        assert {one.cohort for one in state.subjects.values() if one.cohort} == {item.id for item in protocol.cohorts}
    for language in ("en", "zh"):
        assert cli("report", ledger, "-o", tmp_path / f"{language}.html", "--lang", language)[0] == 0


def test_a_product_that_lasts_days_is_made_for_each_dose_and_given_on_the_day_of_its_release(tmp_path):
    """The vaccine of the examples: three doses two weeks apart, eighteen hours from release."""
    protocol = open_protocol(FOLDER.parent / "dc-vaccine-randomised.yaml")
    ledger = tmp_path / "t.db"
    simulate_into(ledger, protocol, seed=1, scenario=None, years=0.3, progress=Silent())
    with open_ledger(ledger) as kept:
        state = fold(Journal(kept, codec()).events(protocol.identification.id))
    treated = [person.infusions for person in state.subjects.values() if len(person.infusions) == 3]
    assert treated
    for infusions in treated:
        assert len({item.batch for item in infusions}) == 3
        gaps = [(b.at.utc - a.at.utc).days for a, b in pairwise(infusions)]
        assert all(14 <= gap <= 28 for gap in gaps)
