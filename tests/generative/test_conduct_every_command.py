"""Every command of conduct on every kind of trial: accepted or refused with conditions, never a defect (field case 2).

The fields are of the right types and name what exists in the trial, so that a command gets past the first look.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.app.session import codec
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Request
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from generative.command_fields import NOW, SCALARS, names_in, sample

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> dict[str, TrialState]:
    """The state of one trial of every kind; the imported one with and without a protocol."""
    from rehearsal import Journey

    from celltrial.app.importing import import_cohort
    from celltrial.app.planning import open_protocol
    from celltrial.app.simulating import simulate_into
    from celltrial.core.progress import Silent

    folder = tmp_path_factory.mktemp("every")
    (folder / "people.csv").write_text("id,age,os\nA,64,200\n", encoding="utf-8")
    (folder / "map.yaml").write_text(
        "schema_version: 1\ntrial: C-1\ntitle: {en: A, zh: 甲}\ncitation: made\nkind_of_data: simulated\n"
        "anchor: 2000-01-01\nsite: {id: S1, country: DE, zone: Europe/Berlin}\n"
        "subjects: {file: people.csv, subject: id, age: age, response_criteria: IMWG-2016, last_contact: os}\n",
        encoding="utf-8",
    )
    import_cohort(folder / "map.yaml", folder, folder / "i.db", Silent())
    plan = open_protocol(EXAMPLES / "bcma-car-t-escalation.yaml")
    simulate_into(folder / "s.db", plan, seed=1, scenario=None, years=0.7, progress=Silent())
    found = {"nothing": EMPTY}
    for name in ("i", "s"):
        with open_ledger(str(folder / f"{name}.db")) as ledger:
            [trial] = ledger.trials()
            found[name] = fold(Journal(ledger, codec()).events(trial))
    found["i with a protocol"] = found["i"].changed(versions=found["s"].versions)
    for name, file in (("single arm", "cd19-car-t-single-arm"), ("randomised", "til-melanoma-randomised")):
        trip = Journey(datetime(2026, 1, 5, 2, tzinfo=UTC), "Asia/Shanghai")
        trip.open_trial(open_protocol(EXAMPLES / f"{file}.yaml"))
        found[name] = trip.state
    return found


@pytest.mark.parametrize("kind", ["nothing", "i", "i with a protocol", "s", "single arm", "randomised"])
def test_every_command_is_answered(states, kind):
    state = states[kind]
    known = names_in(state)
    answers = {}
    for name, command in COMMANDS.items():
        fields = sample(command, name, known)
        for site in {None, known.get("site")}:
            actor = Actor("a", min(ROLES[command]), site, "A")
            answer = decide(state, Request(fields, actor, SCALARS[Instant], reason="why"), now=NOW)
            assert isinstance(answer, Accepted | Refused), name
            assert isinstance(answer, Accepted) or answer.conditions, name
            answers[name] = type(answer)
    assert set(answers) == set(COMMANDS)
