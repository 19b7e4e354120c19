"""Every code that a result can carry has its text in both languages, and the table of analyses holds."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from celltrial.analysis import ANALYSES
from celltrial.analysis.assay_agreement import DISCORDANCE_CAUSES
from celltrial.analysis.comparability import Conclusion
from celltrial.analysis.feasibility import STEPS, Verdict
from celltrial.analysis.sustained_response import Status
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.datasets.schema import NOT_TREATED_REASONS
from celltrial.locale import LANGUAGES, catalogue

CODES = [
    *(f"analysis.caveat.{code}" for code in Caveat),
    *(f"analysis.method.{code}" for code in Method),
    *(f"analysis.population.{code}" for code in Population),
    *(f"analysis.reason.{code}" for code in Reason),
    *(f"analysis.feasibility.{code}" for code in Verdict),
    *(f"analysis.step.{code}" for code in STEPS),
    *(f"analysis.landmark.{code}" for code in Status),
    *(f"analysis.comparability.{code}" for code in Conclusion),
    *(f"analysis.discordance.{code}" for code in DISCORDANCE_CAUSES),
    *(f"analysis.not_treated.{code}" for code in (*NOT_TREATED_REASONS, "not_enrolled")),
]
SOURCES = Path(__file__).resolve().parents[3] / "src" / "celltrial"


@pytest.mark.parametrize("key", CODES)
def test_code_has_its_text(key):
    assert all(catalogue("analysis")[key][language] for language in LANGUAGES)


def test_no_text_without_a_code():
    texts = {key for key in catalogue("analysis") if key.startswith("analysis.")}
    assert texts == set(CODES)


@pytest.mark.parametrize(("room", "prefix"), [("analysis", "ANL"), ("datasets", "DAT")])
def test_fault_ids_in_code_equal_those_in_the_catalogue(room, prefix):
    used = set()
    for source in (SOURCES / room).glob("*.py"):
        used |= set(re.findall(rf'"({prefix}-\d{{3}})"', source.read_text(encoding="utf-8")))
    assert used == {key for key in catalogue(room) if key.startswith(prefix)}


@pytest.mark.parametrize("name", ANALYSES)
def test_every_listed_analysis_has_an_estimator(name):
    assert callable(importlib.import_module(ANALYSES[name]).estimate)


def test_every_estimator_is_listed():
    modules = {f"celltrial.analysis.{path.stem}" for path in (SOURCES / "analysis").glob("*.py")}
    with_estimator = {name for name in modules if hasattr(importlib.import_module(name), "estimate")}
    assert with_estimator - {"celltrial.analysis.__init__"} == set(ANALYSES.values())
