"""From a clause to where it acts."""

from __future__ import annotations

from pathlib import Path

import pytest

import celltrial
from celltrial.guideline.register import Strength
from celltrial.guideline.traces import trace_of, untraced
from celltrial.guideline.traces_data import ACTS


def test_no_should_or_consider_clause_is_without_behaviour(register):
    assert [clause.id for clause in untraced(register) if clause.strength in {Strength.SHOULD, Strength.CONSIDER}] == []


def test_what_is_not_traced_is_known(register):
    assert {clause.id for clause in untraced(register)} == {
        "2.1.1.2-b", "2.2.2.1-b", "2.2.2.3-e", "2.2.3-a", "2.2.5-h", "2.3.2-c", "3.2-b", "3.2-c",
    }  # fmt: skip


@pytest.mark.parametrize("module", sorted({module for modules in ACTS.values() for module in modules}))
def test_every_place_exists(module):
    assert (Path(celltrial.__file__).parent / f"{module.replace('.', '/')}.py").is_file()


def test_traced_clauses_are_clauses_of_the_register(register):
    assert set(ACTS) <= set(register.clauses)


def test_trace_names_check_and_gate(register):
    trace = trace_of(register.clause("2.2.4-a"))
    assert trace.checks == ("exploratory.check_staggering",)
    assert trace.acts == ("conduct.gates.stagger",)
