"""An assessment that only saw no progression neither keeps nor loses a response."""

from __future__ import annotations

from datetime import date

import pytest

from celltrial.analysis import sustained_response
from celltrial.core.dates import Window
from celltrial.datasets.schema import ADRS, ADSL


def tables(criteria: str):
    flags = {name: [True] for name in ("consented", "enrolled", "collected", "infused", "infused_conforming", "safety")}
    flags |= {name: [False] for name in ("lymphodepleted", "dlt_evaluable", "efficacy_evaluable", "dlt", "died")}
    start = date(2025, 1, 1)
    adsl = ADSL.conform(
        {"usubjid": ["A"], "infused_date": [start], "enrolled_date": [start]} | flags
        | {column.name: [None] for column in ADSL.columns if column.name not in {"usubjid", "infused_date", "enrolled_date", *flags}}
    )  # fmt: skip
    visits = [("Month 1", 30, "CR"), ("Month 3", 90, "CR"), ("Last contact", 100, "NON-CR/NON-PD")]
    rows = {
        "usubjid": ["A"] * 3, "seq": [1, 2, 3], "visit": [v for v, _, _ in visits], "adt": [start] * 3,
        "day": [d for _, d, _ in visits], "response": [c for _, _, c in visits], "criteria": [criteria] * 3,
        "source": ["investigator"] * 3,
    }  # fmt: skip
    return ADRS.conform(rows), adsl


@pytest.mark.parametrize(("criteria", "kept"), [("IMWG-2016", 1.0), ("RECIST 1.1", 0.0)])
def test_no_progression_seen_is_not_a_lost_response_outside_recist(criteria, kept):
    adrs, adsl = tables(criteria)
    result = sustained_response.estimate(adrs, adsl, window=Window(76, 104), source="investigator")
    assert result.infused.value == kept
