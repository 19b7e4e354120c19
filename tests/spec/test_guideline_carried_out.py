"""What is said to be carried out in the trial is reached by a command, and counted from records."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import celltrial
from celltrial.cli import commands
from celltrial.clinical import CRITERIA, FOLLOW_UP, SCALES
from celltrial.conduct.facts.events import EVENTS
from celltrial.guideline.records import RECORDS, carried_out
from celltrial.guideline.register import packaged_register
from celltrial.guideline.traces_data import ACTS
from celltrial.guideline.verdict import Kind
from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, reviewed

ROOT = Path(celltrial.__file__).parent


def imported(module: str) -> set[str]:
    """Return the modules of celltrial that one imports anywhere in it, in a function too, but not for types alone."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    path = path if path.is_file() else ROOT / module.replace(".", "/") / "__init__.py"
    if not path.is_file():
        return set()
    tree, found = ast.parse(path.read_text(encoding="utf-8")), set()
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and id(node) not in typing_only
            and (node.module or "").startswith("celltrial.")
        ):
            name = str(node.module).removeprefix("celltrial.")
            found |= {name, *(f"{name}.{item.name}" for item in node.names)}
    return found


def places(table: object) -> Iterator[str]:
    """Yield every place of a table of commands, `module:name`, however deep."""
    if isinstance(table, str):
        if re.fullmatch(r"\w+:\w+", table):
            yield table
    elif isinstance(table, Mapping):
        for item in table.values():
            yield from places(item)
    elif isinstance(table, tuple):
        for item in table:
            yield from places(item)


def reached() -> set[str]:
    """Return every module that a command of the command line reaches; engines of grading are imported from their table."""
    tables = (commands.COMMANDS, commands.GROUPS, commands.SUBGROUPS, commands.PLAIN_GROUPS)
    waiting = [f"cli.{place.partition(':')[0]}" for table in tables for place in places(table)]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += imported(module)
            if module in {"clinical.CRITERIA", "clinical.SCALES", "clinical.FOLLOW_UP"}:
                table = {"CRITERIA": CRITERIA, "SCALES": SCALES, "FOLLOW_UP": FOLLOW_UP}[module.partition(".")[2]]
                waiting += [f"clinical.{item.module}" for item in table.values()]
    return seen


def test_every_place_where_a_clause_acts_is_reached_by_a_command():
    known = reached()
    assert {module for modules in ACTS.values() for module in modules} - known == set()
    assert "conduct.nothing" not in known


@pytest.mark.parametrize("name", [BCMA, NK, CD19, CIK, DC, TCR, TIL])
def test_what_is_left_to_the_conduct_names_where_it_acts(name):
    review = reviewed(name)
    assert review.of_kind(Kind.IN_CONDUCT)
    assert all(ACTS[verdict.clause.id] for verdict in review.of_kind(Kind.IN_CONDUCT))


def test_records_are_of_clauses_and_facts_that_there_are():
    assert set(RECORDS) <= set(packaged_register().clauses)
    assert {kind for kinds in RECORDS.values() for kind in kinds} <= set(EVENTS.values())


def test_a_whole_trial_is_counted_as_a_plain_loop_counts_it(running_events):
    counted = carried_out(running_events)
    names = Counter(type(event.fact).__name__ for event in running_events)
    assert counted["3.1-a"] == names["FollowUpScheduled"] > 0
    assert counted["2.1.2.3-d"] == names["CellsInfused"] == 1
    assert counted["2.1.2.4-c"] == names["ScopeSuspended"] == 1
    assert counted["2.1.2.4-e"] == 0, "the trial was suspended and never resumed: nobody says it was"
    assert set(counted) == set(RECORDS)


@pytest.fixture
def running_events():
    from celltrial.conduct.acts.scope.commands import SuspendScope
    from celltrial.conduct.vocabulary import ScopeKind
    from celltrial.guideline.experiments import opened
    from spec.guideline_edits import edited

    trial = opened(edited(BCMA))
    trial.go_to("treated")
    trial.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    return trial.events
