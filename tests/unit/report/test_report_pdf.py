"""The study report as PDF: the printed page of its HTML, the format taken from the name of the file."""

from __future__ import annotations

import pytest

from celltrial.app import reporting
from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.render import html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_the_file_says_the_format(trial, protocol, meta, monkeypatch, language):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    monkeypatch.setattr(html, "_draw", lambda *_: "<svg></svg>")
    report = build_report({name: trial[name] for name in ("adsl", "adae", "dose_levels")}, protocol, meta)
    made = reporting._rendered(report, language, ".pdf")
    assert made.startswith(b"%PDF-")
    assert made == reporting._rendered(report, language, ".pdf")
    assert reporting._rendered(report, language, ".html").startswith(b"<!doctype html>")
