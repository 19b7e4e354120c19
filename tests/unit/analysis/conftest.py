"""Builders of small analysis tables."""

from __future__ import annotations

from datetime import date

import pytest

from celltrial.datasets.schema import ADRS, ADSL

FLAGS = [column.name for column in ADSL.columns if column.required and column.name != "usubjid"]


def subject(number, **given):
    """One row of adsl: enrolled, collected, infused and conforming unless told otherwise."""
    row = dict.fromkeys(FLAGS, False) | {"usubjid": f"S{number:03d}", "consented": True, "enrolled": True}
    row |= {"collected": True, "infused": True, "infused_conforming": True, "safety": True}
    if "not_treated_reason" in given:
        row |= {"infused": False, "infused_conforming": False, "safety": False}
    return row | given


def table(rows):
    names = [column.name for column in ADSL.columns]
    return ADSL.conform({name: [row.get(name) for row in rows] for name in names})


@pytest.fixture
def make_adsl():
    """Return a table of `treated` infused subjects and one more for each reason."""

    def make(treated, reasons=(), **given):
        rows = [subject(i, **given) for i in range(1, treated + 1)]
        rows += [subject(treated + i, not_treated_reason=reason) for i, reason in enumerate(reasons, start=1)]
        return table(rows)

    make.subject, make.table = subject, table
    return make


@pytest.fixture
def make_adrs():
    """Return a table of responses from (subject, day, category, source) tuples."""

    def make(*rows):
        return ADRS.conform(
            {
                "usubjid": [row[0] for row in rows],
                "seq": list(range(1, len(rows) + 1)),
                "visit": [f"day {row[1]}" for row in rows],
                "adt": [date(2025, 1, 1)] * len(rows),
                "day": [row[1] for row in rows],
                "response": [row[2] for row in rows],
                "criteria": ["IMWG 2016"] * len(rows),
                "source": [row[3] if len(row) > 3 else "investigator" for row in rows],
            }
        )

    return make
