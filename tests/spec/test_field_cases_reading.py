"""Field cases 10, 11, 26, 27 and 28: what comes in is bounded, decoded and looked through; what goes out runs nowhere."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from celltrial.app.data_sets import make_data_sets
from celltrial.app.files import read_source, read_text
from celltrial.app.importing import import_cohort
from celltrial.app.reporting import make_report
from celltrial.app.session import codec, open_session
from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.conduct.facts.assessment.events import KineticsSampled
from celltrial.conduct.vocabulary import Assay
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.core.progress import Silent
from celltrial.core.reading.text import MOST_BYTES, Encoding, decode
from celltrial.core.values import message
from celltrial.datasets import DataCut
from celltrial.ledger import Context, Entry
from celltrial.ledger.opening import open_ledger
from celltrial.protocol.templates import template_text
from celltrial.report import render_html

MAPPING = """
schema_version: 1
trial: READ-1
title: {en: A made-up cohort, zh: 虚构队列}
citation: made for this test
kind_of_data: simulated
anchor: 2000-01-01
site: {id: S1, country: CN, zone: Asia/Shanghai}
subjects:
  file: people.csv
  subject: 编号
  age: 年龄
  age_at: infusion
  days_from_collection: 等待
  sex: 性别
  sex_codes: {男: M, 女: F}
  evidence:
    备注: {concept: remark}
    铁蛋白: {concept: ferritin, unit: ug/L}
  response_criteria: IMWG-2016
  last_contact: 末次
kinetics:
  file: cells.csv
  subject: 编号
  day: 天
  method: 方法
  unit: 单位
  value: 值
  methods:
    qPCR: {assay: qPCR, analyte: transgene, unit: copies/ug, source_unit: copies/ug, lloq: 50}
laboratory:
  file: labs.csv
  subject: 编号
  test: 项目
  day: 天
  value: 值
  units: {CRP: mg/L}
"""
TABLES = {
    "people.csv": "编号,年龄,等待,性别,备注,铁蛋白,末次\n甲01,64,35,男,无特殊,300,200\n甲02,51,40,女,既往感染,>40000,150\n",
    "cells.csv": "编号,天,方法,单位,值\n甲01,7,qPCR,copies/ug,5000\n甲02,14,qPCR,copies/ug,20\n",
    "labs.csv": "编号,项目,天,值\n甲01,CRP,3,12.5\n甲02,CRP,3,<0.5\n",
}


def cohort(folder, *, mapping=MAPPING, encode="utf-8", chosen=None, **changed):
    """Write the tables and import them; returns the summary."""
    folder.mkdir(exist_ok=True)
    (folder / "map.yaml").write_text(mapping, encoding="utf-8")
    for name, text in TABLES.items():
        (folder / name).write_bytes(changed.get(name.removesuffix(".csv"), text).encode(encode))
    return import_cohort(folder / "map.yaml", folder, folder / "c.db", Silent(), encoding=chosen)


def refused(folder, **how):
    with pytest.raises(UserError) as caught:
        cohort(folder, **how)
    assert not (folder / "c.db").exists()
    return [
        (item.id, item.where, item.params.get("expected"), item.params.get("found")) for item in caught.value.faults
    ]


def sets(folder):
    made = make_data_sets(str(folder / "c.db"), "READ-1", DataCut(), None)
    return {
        name: list(csv.DictReader(io.StringIO(content.decode())))
        for name, content in made.files.items()
        if name.endswith(".csv")
    }


@pytest.fixture
def celltrial(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["celltrial", *map(str, arguments)])
        code = run(application())
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


class TestBounds:
    """Case 10."""

    @pytest.mark.parametrize(
        "value", ["-5", "1e309", "1E400", "99999999999999999999", "-0.001", "nan", "inf", "１e309", "1_000", "0x10"]
    )
    def test_a_concentration_is_named_with_its_place_and_range(self, tmp_path, value):
        text = TABLES["cells.csv"].replace("5000", value)
        [(name, where, expected, found)] = refused(tmp_path, cells=text)
        assert (name, where) == ("EXC-004", "cells.csv:2:5")
        assert expected
        assert str(found).lower().replace("１", "1").startswith(value[:3].replace("１", "1").lower())

    @pytest.mark.parametrize("cell", ["5000 copies/mL", "<50 cells/uL", "5000 %"])
    def test_a_unit_in_a_cell_is_the_unit_of_its_method(self, tmp_path, cell):
        [(name, where, expected, found)] = refused(tmp_path, cells=TABLES["cells.csv"].replace("5000", cell))
        assert (name, where, expected, found) == ("EXC-010", "cells.csv:2:5", "copies/ug", cell.split()[1])
        same = TABLES["cells.csv"].replace("5000", "5000 copies/µg")
        cohort(tmp_path / "same", cells=same)
        assert [row["value"] for row in sets(tmp_path / "same")["adpc.csv"]] == ["5000.0", ""]

    @pytest.mark.parametrize("day", ["1e18", "36526", "-36526", "1e309"])
    def test_a_day_outside_a_hundred_years(self, tmp_path, day):
        [(name, where, expected, _)] = refused(
            tmp_path, labs=TABLES["labs.csv"].replace("CRP,3,12.5", f"CRP,{day},12.5")
        )
        assert (name, where) == ("EXC-004", "labs.csv:2:3")
        assert "36525" in str(expected) or "10000000000" in str(expected)

    @pytest.mark.parametrize(("column", "old", "new", "place"), [
        ("年龄", "64", "151", "people.csv:2:2"), ("年龄", "64", "-1", "people.csv:2:2"), ("等待", "35", "-3", "people.csv:2:3"),
        ("末次", "200", "1e9", "people.csv:2:7"), ("铁蛋白", "300", "-300", "people.csv:2:6"), ("铁蛋白", "300", "many", "people.csv:2:6"),
    ])  # fmt: skip
    def test_every_column_has_its_range(self, tmp_path, column, old, new, place):
        assert column in TABLES["people.csv"]
        [(name, where, _, _)] = refused(tmp_path, people=TABLES["people.csv"].replace(old, new, 1))
        assert (name[:3], where) in {("EXC", place), ("COR", place)}

    @pytest.mark.parametrize("cell", ["plenty", "12.5.1", "阳性很多", "40000 furlong", "5 kg", "-3", "\\ud800"])
    def test_evidence_that_is_no_value_of_its_concept_is_said_in_both_languages(self, tmp_path, celltrial, cell):
        """What is no number has a message like every other fault: it was a traceback in place of one."""
        refused(tmp_path, people=TABLES["people.csv"].replace(">40000", cell))
        for language in ("en", "zh"):
            words = (
                "import",
                tmp_path / "map.yaml",
                "--data",
                tmp_path,
                "--ledger",
                tmp_path / "c.db",
                "--lang",
                language,
            )
            code, _, err = celltrial(*words)
            assert (code, err.count("\n"), "people.csv:3:6" in err, cell.split()[-1] in err) == (2, 1, True, True)

    def test_one_bad_value_in_each_of_many_rows_names_each(self, tmp_path):
        rows = "".join(f"甲01,{day},qPCR,copies/ug,{-day}\n" for day in range(1, 40))
        found = refused(tmp_path, cells="编号,天,方法,单位,值\n" + rows)
        assert [item[1] for item in found] == [f"cells.csv:{line}:5" for line in range(2, 41)]

    @pytest.mark.parametrize(("old", "new", "line"), [
        ("anchor: 2000-01-01", "anchor: 0001-01-01", 7), ("anchor: 2000-01-01", "anchor: 9999-12-31", 7),
        ("anchor: 2000-01-01", "anchor: 2201-01-01", 7), ("lloq: 50", "lloq: 1e300", 30), ("lloq: 50", "lloq: -1", 30),
        ("anchor: 2000-01-01", "anchor: 1899-12-31", 7),
    ])  # fmt: skip
    def test_dates_and_numbers_of_a_mapping_have_ranges_too(self, tmp_path, old, new, line):
        assert old in MAPPING
        [(name, where, expected, _)] = refused(tmp_path, mapping=MAPPING.replace(old, new))
        assert name in {"EXC-001", "PRT-008"}
        assert where.split(":")[-2] == str(line)
        assert expected

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "2201-01-01"])
    def test_a_date_of_a_protocol_lies_in_the_years_of_trials(self, tmp_path, celltrial, day):
        path = tmp_path / "p.yaml"
        path.write_text(
            template_text("car-t-escalation").replace("version_date: 2025-01-06", f"version_date: {day}"),
            encoding="utf-8",
        )
        code, _, err = celltrial("review", path)
        assert (code, "1900" in err, "p.yaml:" in err) == (2, True, True)

    @pytest.mark.parametrize(("fields", "fault"), [
        ({"subject": "A", "site": "S1", "identity": "I", "born": "0001-01-01"}, "COR-057"),
        ({"subject": "A", "site": "S1", "identity": "I", "born": "9999-12-31"}, "COR-057"),
        ({"subject": "A\u202e1", "site": "S1", "identity": "I"}, "COR-052"),
        ({"subject": "A\x1b[31m", "site": "S1", "identity": "I"}, "COR-052"),
        ({"subject": "A\n1", "site": "S1", "identity": "I"}, "COR-052"),
        ({"subject": "A\u200b1", "site": "S1", "identity": "I"}, "COR-052"),
    ])  # fmt: skip
    def test_fields_of_a_command_are_held_to_the_same(self, tmp_path, celltrial, fields, fault):
        who = ("--trial", "T-1", "--as", "coordinator", "--account", "c", "--site", "S1", "--create")
        code, _, err = celltrial("act", tmp_path / "t.db", "ScreenSubject", *who, "--fields", json.dumps(fields))
        assert (code, err.split(":")[0]) == (2, fault)

    @pytest.mark.parametrize("text", ['{"a": 1e309}', '{"a": NaN}', '{"a": -Infinity}', '{"a": ' + "9" * 5000 + "}", '{"a": 1, "a": 2}',
                                      '{"a": "\\ud800"}', "[" * 100_000, '{"a":' * 70 + "1" + "}" * 70, "{", "[]", "1", '"x"'])  # fmt: skip
    def test_json_is_bounded(self, tmp_path, celltrial, text):
        path = tmp_path / "f.json"
        path.write_text(text, encoding="utf-8")
        who = ("--trial", "T-1", "--as", "coordinator", "--account", "c", "--create", "--fields", f"@{path}")
        code, _, err = celltrial("act", tmp_path / "t.db", "ScreenSubject", *who)
        assert code == 2
        assert err[:3] in {"COR", "APP"}

    @pytest.mark.parametrize("value", ["-5", "-0.1"])
    def test_one_bad_value_of_an_old_ledger_is_named_and_blocks_nobody_else(self, tmp_path, value):
        """A ledger kept before values were bounded may hold one; the report names its subject and gives the others."""
        cohort(
            tmp_path,
            cells=TABLES["cells.csv"] + "".join(f"甲02,{day},qPCR,copies/ug,{900 - day}\n" for day in (3, 7, 10, 28)),
        )
        where = str(tmp_path / "c.db")
        with open_session(where, "READ-1") as session:
            moment = session.state.subjects["甲01"].infusions[0].at
            sample = KineticsSampled(
                "甲01",
                "S-9",
                Assay.QPCR,
                "transgene",
                "blood",
                Measured(value, Decimal(value)),
                "copies/ug",
                False,
                None,
            )
            event = Entry("subject/甲01", *codec().encode(sample), moment, Precision.DAY)
            position = session.state.position
        with open_ledger(where) as ledger:
            ledger.append("READ-1", position, [event], Context(Actor("old", Role.DATA_MANAGER)))
        for language, words in (("en", "negative or beyond anything measured"), ("zh", "为负值或超出可测范围")):
            page = render_html(make_report(where, "READ-1", DataCut()), language)
            row = next(part for part in page.split("<tr") if "甲01" in part and words in part)
            assert "甲02" not in row
        assert "甲02" in page


class TestEncodings:
    """Case 11."""

    @pytest.mark.parametrize("encoding", ["gb18030", "gbk", "gb2312", "utf-16", "utf-8-sig"])
    def test_a_table_from_a_spreadsheet_is_recognised_and_said(self, tmp_path, encoding):
        summary = cohort(tmp_path, encode=encoding)
        assert summary.subjects == 2
        said = {(item.id, item.where): item.params["found"] for item in summary.notes}
        wanted = (
            {}
            if encoding == "utf-8-sig"
            else {("APP-007", name): encoding.replace("gbk", "gb18030").replace("gb2312", "gb18030") for name in TABLES}
        )
        assert said == wanted

    def test_the_choice_of_a_person_goes_before_recognition(self, tmp_path):
        assert cohort(tmp_path, encode="gb18030", chosen=Encoding.GB18030).subjects == 2
        [*faults] = refused(tmp_path / "other", encode="gb18030", chosen=Encoding.UTF_8)
        assert {item[0] for item in faults} == {"COR-051"}

    @pytest.mark.parametrize("text", ["Müller,José,Ångström", "naïve café", "Größe;Übergröße", "œuvre – coût"])
    def test_a_western_code_page_is_not_taken_for_chinese(self, text):
        with pytest.raises(UserError) as caught:
            decode(text.encode("cp1252"), "t.csv")
        assert caught.value.faults[0].id == "COR-051"
        assert "gb18030" in str(caught.value.faults[0].params["expected"])

    @pytest.mark.parametrize(
        "data",
        [
            b"\x00\x01\x02\xff",
            bytes(range(256)),
            b"\xff\xfe\x00",
            b"\xfe\xff\xd8\x00",
            random.Random(1).randbytes(64) + b"\xff",
        ],
        ids=["zeros", "every byte", "half a character", "half a pair", "noise"],
    )
    def test_what_is_no_text_is_refused(self, data):
        try:
            found = decode(data, "t.csv")
        except UserError as error:
            assert error.faults[0].id == "COR-051"
        else:
            assert found.encoding is not None

    def test_the_hash_is_that_of_the_file(self, tmp_path):
        path = tmp_path / "t.csv"
        path.write_bytes("编号\r\n甲".encode("gb18030"))
        found = read_source(path)
        assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert found.text == "编号\n甲"

    def test_full_width_digits_are_read_and_said(self, tmp_path):
        people = TABLES["people.csv"].replace("64,35,男", "６４,３５,男")
        summary = cohort(
            tmp_path, people=people, cells=TABLES["cells.csv"].replace("5000", "５０００．５").replace("甲02", "甲０２")
        )
        assert [(item.id, item.where, item.params["found"]) for item in summary.notes] == [
            ("EXC-012", "people.csv", 2),
            ("EXC-012", "cells.csv", 2),
        ]
        tables = sets(tmp_path)
        assert [row["age"] for row in tables["adsl.csv"]] == ["64", "51"]
        assert {row["value"] for row in tables["adpc.csv"]} == {"5000.5", ""}

    def test_a_protocol_in_another_encoding_is_read_and_said(self, tmp_path, celltrial):
        path = tmp_path / "p.yaml"
        path.write_bytes(template_text("car-t-escalation").encode("gb18030"))
        code, _, err = celltrial("review", path)
        assert (code, "APP-007" in err, "gb18030" in err) == (0, True, True)

    def test_below_and_above_a_limit_keep_their_text(self, tmp_path):
        cohort(tmp_path)
        assert [row["note"] for row in sets(tmp_path)["adlb.csv"]] == ["", "<0.5"]


class TestFilesThatAreNone:
    @pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/urandom", "/", "/proc/self/mem"])
    def test_devices_and_folders_are_not_read(self, path):
        if not Path(path).exists():
            pytest.skip(f"{path} is not on this machine")
        begun = time.monotonic()
        with pytest.raises(UserError) as caught:
            read_text(Path(path))
        assert caught.value.faults[0].id in {"APP-006", "APP-002"}
        assert time.monotonic() - begun < 1

    def test_a_pipe_does_not_hang(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UserError) as caught:
            read_text(tmp_path / "pipe")
        assert caught.value.faults[0].params["found"] == message("file_pipe")

    def test_a_file_that_grows_too_large_is_read_no_further(self, tmp_path):
        path = tmp_path / "large.yaml"
        with path.open("wb") as stream:
            stream.truncate(50 * 1024**3)  # sparse: 50 GiB that take no room
        with pytest.raises(UserError) as caught:
            read_text(path)
        assert caught.value.faults[0].id == "COR-050"
        assert caught.value.faults[0].params["expected"] == MOST_BYTES

    def test_it_is_said_in_both_languages(self, celltrial):
        assert "(a device)" in celltrial("review", "/dev/zero")[2]
        assert "（设备）" in celltrial("review", "/dev/zero", "--lang", "zh")[2]

    def test_every_command_that_reads_says_it_in_one_line(self, tmp_path, celltrial):
        os.mkfifo(tmp_path / "pipe")
        for words in (("review", "/dev/zero"), ("design", tmp_path), ("usdm", "import", tmp_path / "pipe"), ("document", "/dev/null"),
                      ("import", tmp_path / "pipe", "--data", tmp_path, "--ledger", tmp_path / "c.db"),
                      ("act", tmp_path / "t.db", "ScreenSubject", "--trial", "T", "--as", "sponsor", "--account", "a", "--fields", "@/dev/zero"),
                      ("design", "table", "diff", "/dev/zero", "/dev/zero")):  # fmt: skip
            code, _, err = celltrial(*words)
            assert (code, len(err.splitlines())) == (2, 1), words


class TestNorwegian:
    """Case 26."""

    @pytest.mark.parametrize(
        ("word", "kept"), [("yes", True), ("no", False), ("on", True), ("off", False), ("true", True), ("False", False)]
    )
    def test_yes_and_no_are_read_as_they_are_meant(self, word, kept):
        from celltrial.protocol import read_protocol

        text = template_text("car-t-escalation")
        assert "first_in_human: true" in text
        assert (
            read_protocol(text.replace("first_in_human: true", f"first_in_human: {word}"), "p").trial.first_in_human
            is kept
        )

    def test_the_directive_of_yaml_1_1_is_refused(self, tmp_path, celltrial):
        path = tmp_path / "p.yaml"
        text = template_text("car-t-escalation").replace("first_in_human: true", "first_in_human: yes")
        path.write_text(f"%YAML 1.1\n---\n{text}", encoding="utf-8")
        code, _, err = celltrial("review", path)
        assert (code, err.count("\n"), "p.yaml:1:1" in err) == (2, 1, True)


class TestMuch:
    """Case 27."""

    @pytest.mark.parametrize("lines", [
        [f"unknown_{number}: 1" for number in range(60_000)],
        ["population:", *(f"  unknown_{number}: 1" for number in range(60_000))],
        ["risks:", *(f"  - {{id: R{number}, x: 1}}" for number in range(60_000))],
        [f"- {number}" for number in range(60_000)],
        [f"a{number}: {{b: 1, c: 2}}" for number in range(1_900)],
        ["x: " + "y" * 3_000_000],
        ["unknown: 1"] * 60_000,
        *([f"a{n}: {{{', '.join(f'k{m}: 1' for m in range(40))}}}" for n in range(1_900)],),
    ], ids=["top", "inside", "list", "sequence", "many", "long", "twice", "wide"])  # fmt: skip
    def test_a_file_without_end_gives_one_clear_message_within_a_second(self, tmp_path, celltrial, lines):
        path = tmp_path / "p.yaml"
        path.write_text(template_text("car-t-escalation") + "\n".join(lines), encoding="utf-8")
        celltrial("review", tmp_path / "none.yaml")  # what is imported once is not counted
        begun = time.process_time()
        code, _, err = celltrial("review", path)
        assert time.process_time() - begun < 1.5
        assert code == 2
        assert len(err.splitlines()) <= 301

    def test_sixty_thousand_names_are_one_line(self, tmp_path, celltrial):
        path = tmp_path / "p.yaml"
        path.write_text("\n".join(f"unknown_{number}: 1" for number in range(60_000)), encoding="utf-8")
        code, _, err = celltrial("review", path)
        assert (code, err.count("\n"), err[:7]) == (2, 1, "COR-053")


class TestGoingOut:
    """Case 28."""

    @pytest.mark.parametrize(
        "text", ["=cmd|'/c calc'!A1", '=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", " =1+1", "-5"]
    )
    def test_a_formula_is_text_in_every_table(self, tmp_path, text):
        cell = '"' + text.replace('"', '""') + '"'
        people = TABLES["people.csv"].replace("无特殊", cell)
        cohort(
            tmp_path,
            people=people.replace("甲01", cell),
            cells=TABLES["cells.csv"].replace("甲01", cell),
            labs=TABLES["labs.csv"].replace("甲01", cell),
        )
        shown = "'" + text.strip().replace("＝", "=")
        tables = sets(tmp_path)
        assert shown in {row["usubjid"] for row in tables["adsl.csv"]}
        for name, rows in tables.items():
            for row in rows:
                for column, value in row.items():
                    number = value.lstrip("-").replace(".", "", 1).isdigit() and column != "usubjid"
                    assert number or value.lstrip()[:1] not in {"=", "+", "-", "@", "\t", "＝"}, (name, column, value)

    def test_numbers_below_zero_stay_numbers(self, tmp_path):
        cohort(tmp_path)
        assert {row["collected_day"] for row in sets(tmp_path)["adsl.csv"]} == {"-35", "-40"}

    @pytest.mark.parametrize("character", ["\x1b", "\u202e", "\x07", "\u2067", "\x9b"])
    def test_characters_that_cannot_be_seen_are_refused_at_the_table(self, tmp_path, character):
        [(name, where, _, found)] = refused(tmp_path, people=TABLES["people.csv"].replace("甲01", f"甲{character}01"))
        assert (name, where, found) == ("COR-052", "people.csv:2:2", f"U+{ord(character):04X}")

    def test_and_in_the_words_of_a_command(self, tmp_path, celltrial):
        code, _, err = celltrial("status", tmp_path / "t.db", "--trial", "T\u202e1")
        assert (code, err.split(":")[0], "U+202E" in err) == (2, "COR-052", True)
