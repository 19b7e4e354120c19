"""Field case 1: an age that a source states is an age, and a date that an import needed for order is no date.

What an import invents to put facts on a calendar (the anchor, the moments of screening, enrolment and onset) is nowhere
shown as a date, and nothing is computed from it at another day.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from celltrial.app.data_sets import make_data_sets
from celltrial.app.importing import import_cohort
from celltrial.app.reporting import make_report
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut
from celltrial.exchange.cohort import read_mapping
from celltrial.report import render_html

LEIPZIG = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "leipzig-myeloma.yaml"

MAPPING = """
schema_version: 1
trial: TOY-1
title: {en: A made-up cohort, zh: 虚构队列}
citation: made for this test
kind_of_data: simulated
anchor: ANCHOR
site: {id: S1, country: DE, zone: Europe/Berlin}
subjects:
  file: people.csv
  subject: id
  age: age
  age_at: AGE_AT
  days_from_collection: wait
  adverse_events:
    crs: {term: Cytokine release syndrome, category: crs, scale: ASTCT-2019, onset_day: 1}
  response_criteria: IMWG-2016
  death: {flag: dead, day: os}
  last_contact: os
"""
PEOPLE = """id,age,wait,crs,dead,os
A,64,35,2,0,200
B,0,0,0,1,150
C,17.9,,3,0,90
D,,400,,0,30
"""


def cohort(folder: Path, anchor: str = "2000-01-01", age_at: str = "infusion", people: str = PEOPLE) -> Path:
    """Import the cohort and return its ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.csv").write_text(people, encoding="utf-8")
    (folder / "map.yaml").write_text(MAPPING.replace("ANCHOR", anchor).replace("AGE_AT", age_at), encoding="utf-8")
    import_cohort(folder / "map.yaml", folder, folder / "c.db", Silent())
    return folder / "c.db"


def tables(ledger: Path) -> dict[str, pl.DataFrame]:
    """Return the data sets of a ledger as anybody would read them."""
    made = make_data_sets(str(ledger), trial_of(ledger), DataCut(), None)
    return {
        name.removesuffix(".csv"): pl.read_csv(content, infer_schema_length=None)
        for name, content in made.files.items()
        if name.endswith(".csv")
    }


def trial_of(ledger: Path) -> str:
    return "LEIPZIG-MM-CART" if ledger.name == "leipzig.db" else "TOY-1"


@pytest.mark.parametrize("anchor", ["2000-01-01", "2024-02-29", "2023-12-31", "1999-07-15"])
def test_the_age_of_the_source_does_not_depend_on_the_stand_in_day(tmp_path, anchor):
    adsl = tables(cohort(tmp_path, anchor))["adsl"]
    assert adsl["age"].to_list() == [64, 0, 17, None]
    assert adsl["age_at"].to_list() == ["infusion", "infusion", "infusion", None]


@pytest.mark.parametrize("step", ["collection", "not_stated", "consent"])
def test_an_age_keeps_the_step_at_which_it_holds(tmp_path, step):
    adsl = tables(cohort(tmp_path, age_at=step))["adsl"]
    assert adsl["age"].to_list()[0] == 64
    assert adsl["age_at"].to_list()[0] == step


def test_an_unknown_step_is_refused_at_its_line():
    text = MAPPING.replace("ANCHOR", "2000-01-01").replace("AGE_AT", "birthday")
    with pytest.raises(UserError) as caught:
        read_mapping(text, "m.yaml")
    assert [item.where.split(":")[:2] for item in caught.value.faults] == [["m.yaml", "13"]]


@pytest.mark.parametrize("anchor", ["2000-01-01", "2017-03-05"])
def test_no_table_and_no_page_holds_a_date_that_the_source_does_not(tmp_path, anchor):
    ledger = cohort(tmp_path, anchor)
    found = tables(ledger)
    year = anchor[:4]
    for name, table in found.items():
        assert not any(column.endswith(("_date", "dt")) for column in table.columns), name
        assert f"{year}-" not in table.write_csv(), name
    for language in ("en", "zh"):
        page = render_html(make_report(str(ledger), "TOY-1", DataCut()), language)
        assert f"{year}-" not in page
        assert f"{int(year) - 1}-" not in page
    assert found["adsl"].filter(pl.col("usubjid") == "B")["death_day"].to_list() == [150]
    assert found["adsl"]["infused_day"].to_list() == [0, 0, 0, 0]


def test_what_the_source_does_not_date_is_not_recorded_and_counts_nothing(tmp_path):
    found = tables(cohort(tmp_path))
    assert found["adsl"]["enrolled_day"].null_count() == 4
    assert found["adsl"]["consented"].to_list() == [False] * 4
    assert found["adae"]["start_day"].null_count() == found["adae"].height == 2
    assert found["adae"]["onset_day"].null_count() == 2
    assert found["adae"]["outcome"].to_list() == ["unknown"] * 2
    assert found["adae"]["related"].to_list() == ["unknown"] * 2
    assert found["adae"]["serious"].null_count() == 2
    assert set(found["adtte"]["origin"]) == {"collection", "infusion"}


def test_the_tables_are_the_same_whatever_day_stands_in(tmp_path):
    one, other = (tables(cohort(tmp_path / day, day)) for day in ("2000-01-01", "2013-08-30"))
    assert {name: table.write_csv() for name, table in one.items()} == {
        name: table.write_csv() for name, table in other.items()
    }


def test_the_last_day_of_the_data_is_not_the_day_of_the_import(tmp_path):
    page = render_html(make_report(str(cohort(tmp_path)), "TOY-1", DataCut()), "en")
    assert "day 200 from infusion" in page
    assert date.today().isoformat() not in page


def test_the_leipzig_cohort_has_the_ages_of_its_source(shared, tmp_path):
    ledger = tmp_path / "leipzig.db"
    import_cohort(LEIPZIG, shared / "data", ledger, Silent())
    source = pl.read_csv(shared / "data" / "cart_clinical_leipzig_mm.csv", infer_schema_length=None)
    adsl = tables(ledger)["adsl"]
    assert dict(adsl.select("usubjid", "age").iter_rows()) == {
        name: int(age) for name, age in source.select("patient_id", "age_cart").iter_rows()
    }
    assert adsl["age"].median() == 64
    page = render_html(make_report(str(ledger), "LEIPZIG-MM-CART", DataCut()), "en")
    assert "64 (31 to 75)" in page
    assert "2000-01-01" not in page
