"""From a clause to where it acts."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import celltrial
from celltrial.guideline.checks import CHECKS
from celltrial.guideline.register import Strength, packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.traces import check_words, place_words, trace_of, untraced
from celltrial.guideline.traces_data import ACTS
from celltrial.guideline.verdict import Status
from celltrial.locale import catalogue

ROOT = Path(__file__).resolve().parents[3]


def test_no_should_or_consider_clause_is_without_behaviour(register):
    assert [clause.id for clause in untraced(register) if clause.strength in {Strength.SHOULD, Strength.CONSIDER}] == []


def test_every_should_clause_leads_from_its_fields_to_a_test_that_names_it(register):
    """AC-X4.2: no should clause is without executable behaviour and a test; lists of verdicts do not count as one."""
    page = runpy.run_path(str(ROOT / "docs" / "guideline_page.py"))
    lists = {"spec/test_examples_verdicts.py", "unit/guideline/test_guideline_register.py"}
    for clause in register.clauses.values():
        if clause.strength not in {Strength.SHOULD, Strength.CONSIDER}:
            continue
        trace = trace_of(clause)
        assert trace.checks or trace.acts, clause.id
        assert bool(trace.checks) is bool(page["fields_of"](clause.id)), clause.id
        named = re.compile(rf"(?<![\w.]){re.escape(clause.id)}(?![\w])")
        tests = {name for name in page["tests_of"](clause.id, ()) if name not in lists}
        assert tests, clause.id
        assert all(named.search((ROOT / "tests" / name).read_text(encoding="utf-8")) for name in tests)


@pytest.mark.parametrize("clause", packaged_register().clauses)
def test_every_clause_acts_or_says_why_it_does_not_apply(clause, register, clean, edited):
    """AC-X4.1: pick any clause: where it acted, or why it is not applicable."""
    found = review(edited(clean("escalation")), register)
    verdict, trace = found.verdict(clause), trace_of(register.clause(clause))
    if verdict.status is Status.NOT_APPLICABLE:
        assert verdict.applicability.because
    else:
        assert trace.checks or trace.acts or verdict.clause.strength is Strength.MAY


def test_what_is_not_traced_is_known(register):
    assert {clause.id for clause in untraced(register)} == {
        "2.2.2.3-e", "2.2.5-h", "2.3.2-c",
    }  # fmt: skip


@pytest.mark.parametrize("module", sorted({module for modules in ACTS.values() for module in modules}))
def test_every_place_exists(module):
    assert (Path(celltrial.__file__).parent / f"{module.replace('.', '/')}.py").is_file()


def test_traced_clauses_are_clauses_of_the_register(register):
    assert set(ACTS) <= set(register.clauses)


def test_trace_names_check_and_gate(register):
    trace = trace_of(register.clause("2.2.4-a"))
    assert trace.checks == ("exploratory.check_staggering", "told.check_told_intervals")
    assert trace.acts == ("conduct.gates.stagger",)


def test_every_check_and_every_part_has_words_in_both_languages_and_no_word_is_left_over():
    """A reader of the review sees what was looked at, never the name of a function."""
    register = packaged_register()
    used = set()
    for clause in register.clauses.values():
        trace = trace_of(clause)
        used |= {*check_words(trace), *place_words(trace)}
    listed = set(catalogue("guideline_traces"))
    assert used <= listed
    assert {key for key in listed if key.startswith("gdl.place.")} <= used
    names = {f"{check.__module__.rsplit('.', 1)[-1]}.{check.__name__}" for found in CHECKS.values() for check in found}
    assert {key for key in listed if key.startswith("gdl.check.")} == {
        f"gdl.check.{name.replace('check_', '', 1)}" for name in names
    }
