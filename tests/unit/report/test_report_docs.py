"""The reference page names every output, in both languages."""

from __future__ import annotations

from pathlib import Path

from celltrial.locale import translate
from celltrial.report.content import OUTPUTS
from celltrial.report.figures import DRAWINGS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "report.md").read_text(encoding="utf-8")


def test_every_output_is_on_the_page():
    rows = [
        f"| {spec.number} | {spec.kind} | {translate(spec.title.key, 'en')} | {translate(spec.title.key, 'zh')} "
        f"| `celltrial.{spec.source}` |"
        for spec in OUTPUTS
    ]
    assert [row for row in rows if row not in PAGE] == []


def test_every_drawing_is_on_the_page():
    assert [name for name in DRAWINGS if f"| {name.replace('_', ' ')} |" not in PAGE] == []


def test_sources_are_modules_or_tables():
    from importlib import import_module

    from celltrial.datasets import DATASETS

    for spec in OUTPUTS:
        room, _, name = spec.source.partition(".")
        assert name in DATASETS or import_module(f"celltrial.{room}.{name}")
