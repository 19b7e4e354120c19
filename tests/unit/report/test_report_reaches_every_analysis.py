"""No analysis is dead: the report command calls every one of them, on a trial that has what it needs."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import celltrial
from celltrial.analysis import ANALYSES
from celltrial.datasets import TrialData, derive
from celltrial.datasets.trial_data import DataCut
from celltrial.guideline import traces_data
from celltrial.report import build_report

from .test_report_randomised import META, TIL, events

SOURCES = Path(celltrial.__file__).parent


def imported(path: Path) -> set[str]:
    """Return the modules of ours that a file names in an import, at its head or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.startswith("celltrial")}


def file_of(module: str) -> Path | None:
    base = SOURCES.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def reached(start: str) -> set[str]:
    """Return every module of ours that is imported, directly or not, from a module."""
    found, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        path = file_of(module)
        if module not in found and path is not None:
            found.add(module)
            waiting += imported(path)
    return found


@pytest.fixture(scope="module")
def walked():
    return reached("celltrial.cli.report")


@pytest.mark.parametrize("path", sorted((SOURCES / "analysis").glob("*.py")), ids=lambda path: path.stem)
def test_every_module_of_analysis_is_on_the_way_from_the_report_command(walked, path):
    assert path.stem == "__init__" or f"celltrial.analysis.{path.stem}" in walked


def test_every_analysis_that_a_clause_cites_is_on_that_way(walked):
    text = Path(traces_data.__file__).read_text(encoding="utf-8")
    cited = {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("analysis.")
    }
    assert len(cited) > 10
    assert {name for name in cited if f"celltrial.{name}" not in walked} == set()


def test_the_report_calls_every_estimator(monkeypatch, trial, protocol, meta):
    """Each `estimate` is counted while the reports of a dose-finding and of a randomised trial are built."""
    called = set()
    for name, module in ANALYSES.items():
        loaded = importlib.import_module(module)

        def counted(*args, _name=name, _real=loaded.estimate, **given):
            called.add(_name)
            return _real(*args, **given)

        monkeypatch.setattr(loaded, "estimate", counted)
    build_report(TrialData("T", DataCut(), **trial), protocol, meta)
    from celltrial.protocol import read_protocol

    til = read_protocol(TIL.read_text(encoding="utf-8"), TIL.name)
    build_report(derive(events(60), til), til, META)
    assert set(ANALYSES) - called == set()
