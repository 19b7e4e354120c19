"""`celltrial export adam`: the files are the tables of the report, cell for cell, and each row names what it rests on.

The files are read back into the analysis tables by their own names, and the report is made of those: it must be the report of the
ledger, in every table and figure.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pyreadstat
import pytest

from celltrial.app.file_formats import FileFormat
from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.reading_once import read_whole
from celltrial.app.reporting import report_of, stand_in_date
from celltrial.app.simulating import simulate_into
from celltrial.app.submitting import make_submission
from celltrial.conduct.envelope import Actor, Role
from celltrial.core.progress import Silent
from celltrial.datasets import DATASETS, DataCut, derive
from celltrial.datasets.derive import protocol_in_force
from celltrial.datasets.event_log import cut_events
from celltrial.exchange.adam import adam_standard
from celltrial.exchange.adam.tables import day_name
from celltrial.report import build_report, render_html

MANAGER = Actor("dm", Role.DATA_MANAGER, None, "Data manager")
SETS = [name for name in adam_standard().tables if name != "ADPP"]


@pytest.fixture(scope="module", params=["virtual", pytest.param("leipzig", marks=pytest.mark.shared)])
def whole(request, tmp_path_factory):
    where = tmp_path_factory.mktemp("adam") / "trial.db"
    if request.param == "virtual":
        example = request.config.rootpath / "examples" / "bcma-car-t-escalation.yaml"
        simulate_into(where, open_protocol(example), seed=1, scenario=None, years=2, progress=Silent())
    else:
        data = request.getfixturevalue("shared") / "data"
        import_cohort(request.config.rootpath / "examples" / "mappings" / "leipzig-myeloma.yaml", data, where, Silent())
    return read_whole(str(where), None)


@pytest.fixture(scope="module")
def files(whole):
    return make_submission(whole, DataCut(), MANAGER, FileFormat.DATASET_JSON, "en", "adam").files


def rows_of(files, name):
    if f"{name.lower()}.json" not in files:
        return []
    said = json.loads(files[f"{name.lower()}.json"])
    columns = [column["name"] for column in said["columns"]]
    return [dict(zip(columns, row, strict=True)) for row in said["rows"]]


def read_back(files, name, anchor):
    """The analysis table that a file holds, by the specification's own map of names."""
    spec = DATASETS[name.lower()]
    sources = {item.source: item for item in adam_standard().tables[name].variables if item.source}
    made = {column.name: [] for column in spec.columns}
    for row in rows_of(files, name):
        for column in spec.columns:
            item = sources[column.name]
            value = row.get(item.name)
            if column.dtype == pl.Boolean:
                value = {"Y": True, "N": False}.get(value)
            elif column.dtype == pl.Date:
                value = date.fromisoformat(value) if value else None
                day = row.get(day_name(item.name))
                if anchor is not None and day is not None:
                    value = anchor + timedelta(days=day - 1 if day > 0 else day)
            made[column.name].append(None if value == "" else value)
    return spec.conform(pl.DataFrame(made, schema=spec.schema))


def test_every_column_of_every_analysis_table_has_a_variable():
    for name in SETS:
        sources = [item.source for item in adam_standard().tables[name].variables if item.source]
        assert sorted(sources) == sorted(DATASETS[name.lower()].schema), name


@pytest.mark.parametrize("name", SETS)
def test_a_file_holds_its_analysis_table_cell_for_cell(whole, files, name):
    data = derive(whole.events)
    table = data.tables()[name.lower()]
    found = read_back(files, name, stand_in_date(whole.events))
    assert found.equals(table), name


def test_the_report_made_of_the_files_is_the_report_of_the_ledger(whole, files):
    plan = protocol_in_force(cut_events(whole.events, DataCut()))
    data = derive(whole.events, plan, DataCut())
    anchor = stand_in_date(whole.events)
    again = replace(data, **{name.lower(): read_back(files, name, anchor) for name in SETS})
    report = report_of(whole, DataCut())
    made = build_report(again, plan, report.meta)
    assert render_html(made, "en") == render_html(report, "en")
    fewer = replace(again, adae=again.adae.head(again.adae.height - 1))
    assert render_html(build_report(fewer, plan, report.meta), "en") != render_html(report, "en"), "a lost row shows"


def test_every_row_of_kinetics_and_laboratory_names_the_record_it_rests_on(whole, files):
    sdtm = make_submission(whole, DataCut(), MANAGER, FileFormat.CSV, "en", "sdtm").files
    for name, domain in (("ADPC", "PC"), ("ADLB", "LB"), ("ADEX", "EX"), ("ADRS", "RS")):
        rows = rows_of(files, name)
        if not rows:
            continue
        source = {
            (row["USUBJID"], row[f"{domain}SEQ"]): row
            for row in csv.DictReader(sdtm[f"{domain.lower()}.csv"].decode().splitlines())
        }
        held = 0
        for row in rows:
            if row["SRCSEQ"] is None:
                continue
            rests_on = source[row["USUBJID"], str(row["SRCSEQ"])]
            held += 1
            if name in {"ADPC", "ADLB"} and row["AVAL"] is not None:
                assert math.isclose(float(rests_on[f"{domain}STRESN"]), row["AVAL"], rel_tol=1e-11)
            if name == "ADEX":
                assert rests_on["EXLOT"] == row["EXLOT"]
            if name == "ADRS" and rests_on["RSTESTCD"] == "OVRLRESP":
                assert (rests_on["RSSTRESC"], rests_on["VISIT"]) == (row["AVALC"], row["AVISIT"])
        single = [row for row in rows if row.get("PARCAT2") != "irc"]  # two readers who agree are two records
        assert held >= len(single), name


def test_a_parameter_of_time_has_one_code_for_each_endpoint_origin_and_reader(files):
    rows = rows_of(files, "ADTTE")
    kinds = {(row["PARCAT1"], row["PARCAT2"], row["PARCAT3"]) for row in rows}
    codes = {row["PARAMCD"] for row in rows}
    assert len(codes) == len(kinds) == len({row["PARAM"] for row in rows}) > 2
    assert all(len(code) <= 8 for code in codes)


def test_parameters_of_kinetics_are_those_of_the_report(whole, files):
    from celltrial.analysis import kinetics

    data = derive(whole.events)
    infused = data.adsl.filter("infused")["usubjid"].to_list()
    samples = data.adpc.filter(pl.col("usubjid").is_in(infused)).with_columns(
        pl.col("time_days").fill_null(pl.col("day").cast(pl.Float64))
    )
    rows = [row for row in rows_of(files, "ADPP") if row["PARAMCD"] == "CMAX"]
    for assay in samples["assay"].unique().sort().to_list():
        result = kinetics.estimate(samples.filter(assay=assay), assay=assay, rules=data.plan.kinetics)
        mine = {row["SUBJID"]: row["AVAL"] for row in rows if row["PCMETHOD"] == assay}
        assert mine == {one.usubjid: getattr(one.cmax, "value", None) for one in result.subjects}


def test_a_transport_file_holds_dates_as_dates_and_the_same_numbers(whole, files, tmp_path):
    made = make_submission(whole, DataCut(), MANAGER, FileFormat.XPT, "en", "adam").files
    (tmp_path / "adsl.xpt").write_bytes(made["adsl.xpt"])
    frame, _ = pyreadstat.read_xport(tmp_path / "adsl.xpt", output_format="polars")
    rows = rows_of(files, "ADSL")
    if stand_in_date(whole.events) is None:
        wanted = [None if row["TRTSDT"] is None else date.fromisoformat(row["TRTSDT"]) for row in rows]
        assert frame["TRTSDT"].cast(pl.Date).to_list() == wanted
    assert [int(age) for age in frame["AGE"].drop_nulls()] == [row["AGE"] for row in rows if row["AGE"] is not None]


def test_define_xml_of_adam_fits_the_schema(files, tmp_path):
    from pathlib import Path

    import odmlib
    import xmlschema

    (tmp_path / "define.xml").write_bytes(files["define.xml"])
    schema = next(Path(odmlib.__file__).parent.rglob("define2-1-0.xsd"))
    assert [e.reason for e in xmlschema.XMLSchema(str(schema)).iter_errors(str(tmp_path / "define.xml"))] == []
