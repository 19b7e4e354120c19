"""The examples in the docstrings of the clinical room hold, and every engine has one."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import celltrial.clinical
from celltrial.clinical import CRITERIA, FOLLOW_UP, SCALES

NAMES = sorted(path.stem for path in Path(celltrial.clinical.__file__).parent.glob("*.py") if path.stem != "__init__")
#: Engines whose example would need tables or another derivation first.
WITHOUT = {"who_growth", "lyric_2016"}


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_hold(name):
    found = doctest.testmod(import_module(f"celltrial.clinical.{name}"))
    assert found.failed == 0


@pytest.mark.parametrize("key", sorted({*SCALES, *CRITERIA, *FOLLOW_UP} - WITHOUT))
def test_every_engine_has_an_example(key):
    engine = {**SCALES, **CRITERIA, **FOLLOW_UP}[key]
    assert ">>>" in engine.derive.__doc__
