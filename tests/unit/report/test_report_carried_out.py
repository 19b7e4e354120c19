"""The guideline page of a report says what was carried out from records, and nothing where no records were counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from celltrial.guideline.records import RECORDS
from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.render.words import Words
from unit.report.test_report_golden import outline


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_clause_that_applies_shows_how_many_records_hold_it(trial, protocol, meta, language):
    said = {"en": "Records that show it carried out: {}", "zh": "显示已落实的记录数：{}"}[language]
    counted = dict.fromkeys(RECORDS, 0) | {"2.1.2.4-c": 3, "3.1-a": 12, "3.1-m": 7}
    told = list(outline(build_report(trial, protocol, replace(meta, carried_out=counted)), Words(language)))
    rows = [line for line in told if said.partition("{")[0] in line]
    assert any(said.format(3) in line and "2.1.2.4-c" in line for line in rows)
    assert any(said.format(12) in line and "3.1-a" in line for line in rows)
    assert any(said.format(0) in line and "2.1.3-m" in line for line in rows), "nothing carried out is said as none"
    assert not any("3.1-m" in line for line in rows), "a clause that does not apply is not counted"
    silent = outline(build_report(trial, protocol, meta), Words(language))
    assert not any(said.partition("{")[0] in line for line in silent)
