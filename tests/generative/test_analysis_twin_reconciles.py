"""Whole virtual trials: whatever happened in them, the tables add up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import adverse_events, disposition, dlt, manufacturing, response, time_to_event
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.core.progress import Silent
from celltrial.core.results import Estimate
from celltrial.datasets import DATASETS, CutKind, DataCut, derive
from celltrial.ledger import Journal, open_ledger
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 31))]


@pytest.fixture(scope="module", params=SEEDS)
def events(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("twin") / "trial.db"
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    simulate_into(file, protocol, seed=request.param, scenario=None, years=2, progress=Silent())
    with open_ledger(str(file)) as ledger:
        return list(Journal(ledger, codec()).events(protocol.identification.id))


@pytest.fixture(scope="module")
def data(events):
    return derive(events)


def test_enrolled_are_infused_lost_or_waiting(data):
    found = disposition.estimate(data.adsl)
    assert found.infused + sum(found.reasons.values()) + found.pending == found.enrolled == data.adsl["enrolled"].sum()
    for node, following in zip(found.flow, found.flow[1:], strict=False):
        assert node.n == sum(node.left.values()) + node.pending + following.n


def test_counts_of_the_events_are_the_counts_of_the_tables(data, events):
    names = [type(event.fact).__name__ for event in events]
    assert data.adsl["infused"].sum() == len(
        {e.fact.subject for e in events if type(e.fact).__name__ == "CellsInfused"}
    )
    assert data.adpc.height == names.count("KineticsSampled")
    assert data.adae.height == names.count("AdverseEventReported")
    assert data.adsl["died"].sum() == names.count("SubjectDied")
    assert data.dose_decisions.filter(~pl.col("decision").is_in(["declare", "reopen"])).height == names.count(
        "DoseDecisionSigned"
    )


def test_subjects_of_every_table_are_in_adsl(data):
    known = set(data.adsl["usubjid"])
    for name, table in data.tables().items():
        if "usubjid" in table.columns:
            assert set(table["usubjid"]) <= known, name


def test_levels_add_up(data):
    table = dlt.estimate(data.adsl, data.dose_levels, data.dose_decisions)
    assert sum(row.treated for row in table.rows) == table.total.treated == data.adsl["infused"].sum()
    assert sum(row.dlt for row in table.rows) == table.total.dlt


def test_manufacture_and_phases(data):
    found = manufacturing.estimate(data.admanu, data.adsl)
    assert sum(found.causes.values()) == len(found.failed)
    phases = adverse_events.by_phase(data.adae, data.adsl)
    assert sum(row.events for row in phases) == data.adae.height


def test_times_are_possible(data):
    assert (data.adtte["aval"] >= 0).all()
    of_record = pl.col("reader").is_null() | (pl.col("reader") == data.plan.reader)
    both = data.adtte.filter(of_record & (pl.col("origin") == "enrolment"))
    both = both.pivot("paramcd", index="usubjid", values="aval")
    assert (both["PFS"] <= both["OS"]).all()
    assert both.height == data.adsl["enrolled"].sum()
    assert (data.adlt["end_day"] >= data.adlt["start_day"]).all()
    assert data.adsl.filter(pl.col("last_alive_date") > data.last_date).is_empty()
    survival = time_to_event.estimate(data.adtte, endpoint="OS", origin="enrolment")
    assert survival.curve.events == data.adsl.filter("enrolled")["died"].sum()


def test_best_response_covers_the_infused(data):
    found = response.estimate(data.adrs, data.adsl)
    assert sum(found.by_category.values()) == data.adsl["infused"].sum()
    assert isinstance(found.infused, Estimate)


def test_earlier_cut_holds_a_part_of_the_later_one(events, data):
    """Nothing that was known is unknown later; in both times every date lies before the cut."""
    middle = events[0].recorded + (events[-1].recorded - events[0].recorded) / 2
    for kind in CutKind:
        early = derive(events, None, DataCut(kind, middle))
        assert set(early.adsl["usubjid"]) <= set(data.adsl["usubjid"])
        assert early.adsl["infused"].sum() <= data.adsl["infused"].sum()
        assert early.adsl["died"].sum() <= data.adsl["died"].sum()
        assert early.last_date <= middle.date() + timedelta(days=1)
        disposition.estimate(early.adsl)


def test_a_torn_record_still_gives_tables(events):
    """A historical source lacks whole kinds of facts: whatever is left, every table has its schema and adds up."""
    chance = np.random.default_rng(20260101)
    kinds = sorted({type(event.fact).__name__ for event in events})
    for _ in range(12):
        gone = {kind for kind in kinds if chance.random() < 0.3}
        kept = [event for event in events if type(event.fact).__name__ not in gone and chance.random() > 0.1]
        torn = derive(kept)
        for name, table in torn.tables().items():
            assert table.schema == pl.Schema(DATASETS[name].schema)
        if not torn.adsl.filter(pl.col("infused") & ~pl.col("enrolled")).height:
            disposition.estimate(torn.adsl)
        assert (torn.adtte["aval"] >= 0).all()
