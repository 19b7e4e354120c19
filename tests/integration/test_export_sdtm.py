"""`celltrial export sdtm`: the facts of a trial in the tables of SDTM, counted apart from the makers, on record, blinded where it must be."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from datetime import date

import pytest

from celltrial.app.file_formats import FileFormat
from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.reading_once import read_whole
from celltrial.app.simulating import simulate_into
from celltrial.app.submitting import make_submission, write_submission
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.account.events import CopyMade
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut

MANAGER = Actor("dm", Role.DATA_MANAGER, None, "Data manager")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory, request):
    """A virtual trial that has gone on for two years."""
    where = tmp_path_factory.mktemp("sdtm") / "trial.db"
    example = request.config.rootpath / "examples" / "bcma-car-t-escalation.yaml"
    simulate_into(where, open_protocol(example), seed=1, scenario=None, years=2, progress=Silent())
    return str(where)


@pytest.fixture(scope="module")
def whole(ledger):
    return read_whole(ledger, None)


@pytest.fixture(scope="module")
def tables(whole):
    """The rows of every table, read from the CSV files."""
    made = make_submission(whole, DataCut(), MANAGER, FileFormat.CSV, "en")
    return {
        name.removesuffix(".csv").upper(): list(csv.DictReader(content.decode().splitlines()))
        for name, content in made.files.items()
        if name.endswith(".csv")
    }


def count(whole, name):
    return sum(type(event.fact).__name__ == name for event in whole.events)


def test_every_table_has_a_row_for_each_fact(whole, tables):
    """Counted from the events by name, apart from the makers of the rows."""
    assert len(tables["AE"]) == count(whole, "AdverseEventReported")
    assert len(tables["DM"]) == count(whole, "SubjectScreened")
    assert len(tables["EX"]) == count(whole, "CellsInfused") + count(whole, "LymphodepletionAdministered")
    assert len(tables["EC"]) == count(whole, "CellsInfused")
    assert len(tables["PR"]) == count(whole, "LeukapheresisPerformed")
    assert len(tables["PC"]) == count(whole, "KineticsSampled")
    milestones = ("ConsentSigned", "EligibilityConfirmed", "SubjectEnrolled")
    ends = ("SubjectDiscontinued", "SubjectDied", "SubjectLostToFollowUp")
    assert len(tables["DS"]) == sum(count(whole, name) for name in (*milestones, *ends))
    assert len(tables["SV"]) == count(whole, "FollowUpVisitRecorded") + count(whole, "FollowUpVisitMissed")
    assert len(tables["DD"]) == count(whole, "SubjectDied")
    assert sum(row["RSTESTCD"] == "OVRLRESP" for row in tables["RS"]) == count(whole, "ResponseAssessed")


def test_a_study_day_has_no_zero_and_is_one_on_the_day_of_infusion(whole, tables):
    infused = {}
    for event in whole.events:
        if type(event.fact).__name__ == "CellsInfused":
            infused.setdefault(event.fact.subject, event.occurred.local_date)
    held = 0
    for name, rows in tables.items():
        for row in rows:
            for column, value in row.items():
                day = row.get(f"{column[:-3]}DY")
                if not column.endswith("DTC") or not value or day is None or name == "DM":
                    continue
                start = infused.get(row["USUBJID"])
                apart = None if start is None else (date.fromisoformat(value[:10]) - start).days
                wanted = "" if apart is None else str(apart + (apart >= 0))
                assert day == wanted, (name, row)
                assert day != "0"
                held += 1
    assert held > 1000


def test_somebody_who_was_never_infused_keeps_the_planned_arm_and_has_the_reason(whole, tables):
    infused = {event.fact.subject for event in whole.events if type(event.fact).__name__ == "CellsInfused"}
    enrolled = {event.fact.subject for event in whole.events if type(event.fact).__name__ == "SubjectEnrolled"}
    depleted = {event.fact.subject for event in whole.events if type(event.fact).__name__ == "LymphodepletionStarted"}
    left = {event.fact.subject for event in whole.events if type(event.fact).__name__ == "SubjectDiscontinued"}
    assert enrolled - infused, "the trial has subjects who were enrolled and not infused"
    for row in tables["DM"]:
        who = row["SUBJID"]
        if who in infused:
            assert row["ARMCD"]
            assert row["ACTARMCD"]
            assert row["RFSTDTC"]
            assert not row["ARMNRS"]
        elif who in enrolled:
            reason = "UNPLANNED TREATMENT" if who in depleted else "ASSIGNED, NOT TREATED"
            assert (row["ARMNRS"], row["ACTARMCD"], row["RFSTDTC"], row["RFENDTC"]) == (reason, "", "", "")
            assert bool(row["ACTARMUD"]) is (who in depleted)
        else:
            assert row["ARMNRS"] == ("SCREEN FAILURE" if who in left else "NOT ASSIGNED")
            assert row["ARMCD"] == ""


def test_an_event_that_nobody_coded_is_not_passed_off_as_coded(tables):
    assert {row["AEDECOD"] for row in tables["AE"]} == {""}
    assert {row["FAOBJ"] for row in tables["FA"]} <= {row["AETERM"] for row in tables["AE"]}


def test_kinetics_below_the_limit_have_no_number(whole, tables):
    below = sum(type(e.fact).__name__ == "KineticsSampled" and e.fact.is_below for e in whole.events)
    empty = [row for row in tables["PC"] if row["PCSTRESN"] == ""]
    assert len(empty) == below > 0
    assert all(row["PCSTRESC"].startswith("<") for row in empty)


def test_the_genealogy_leads_from_every_infusion_to_its_material(tables):
    parents = {(row["USUBJID"], row["REFID"]): row["PARENT"] for row in tables["RELSPEC"]}
    levels = {(row["USUBJID"], row["REFID"]): row["LEVEL"] for row in tables["RELSPEC"]}
    cells = [row for row in tables["EX"] if row["EXCAT"] == "CELLS"]
    assert cells
    for row in cells:
        batch = (row["USUBJID"], row["EXLOT"])
        material = (row["USUBJID"], parents[batch])
        assert (levels[batch], levels[material]) == ("2", "1")
    given = {row["EXLOT"] for row in cells}
    assert {row["REFID"] for row in tables["RELSPEC"] if row["LEVEL"] == "2"} - given, "batches never given are there"


def test_every_form_holds_the_same_rows(whole):
    made = {form: make_submission(whole, DataCut(), MANAGER, form, "en") for form in FileFormat}
    assert len({tuple(item.tables.items()) for item in made.values()}) == 1
    said = json.loads(made[FileFormat.DATASET_JSON].files["ae.json"])
    rows = list(csv.reader(made[FileFormat.CSV].files["ae.csv"].decode().splitlines()))
    assert [column["name"] for column in said["columns"]] == rows[0]
    assert [["" if value is None else str(value) for value in row] for row in said["rows"]] == rows[1:]


def test_the_guide_says_that_no_rule_of_core_was_run_and_what_was_left_out(whole):
    for language, sentence in (("en", "No rule of CDISC CORE was run"), ("zh", "未运行 CDISC CORE 的任何规则")):
        guide = (
            make_submission(whole, DataCut(), MANAGER, FileFormat.CSV, language).files["reviewers-guide.md"].decode()
        )
        assert sentence in guide
        evidence = Counter(e.fact.concept for e in whole.events if type(e.fact).__name__ == "EvidenceRecorded")
        assert f"| {evidence['prior_lines']} |" in guide
        assert "DV" in guide


def test_the_command_writes_files_that_anybody_can_check_and_puts_it_on_record(celltrial, ledger, tmp_path):
    words = ("--as", "data_manager", "--account", "dm", "--format", "dataset-json")
    code, out, err = celltrial("export", "sdtm", ledger, "--out", tmp_path / "a", *words)
    assert (code, err) == (0, "")
    sums = (tmp_path / "a" / "SHA256SUMS").read_bytes()
    assert hashlib.sha256(sums).hexdigest() in out
    for line in sums.decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "a" / name).read_bytes()).hexdigest() == digest
    copy = read_whole(ledger, None).events[-1].fact
    assert isinstance(copy, CopyMade)
    assert (copy.kind, copy.sha256) == ("data_sets", hashlib.sha256(sums).hexdigest())
    code, _, err = celltrial("export", "sdtm", ledger, "--out", tmp_path / "a", *words)
    assert (code, err[:7]) == (2, "APP-004")


def test_a_cut_leaves_out_what_came_later(whole, ledger):
    at = whole.events[len(whole.events) // 2].recorded
    early = make_submission(whole, DataCut(at=at), MANAGER, FileFormat.CSV, "en")
    late = make_submission(whole, DataCut(), MANAGER, FileFormat.CSV, "en")
    known = sum(type(e.fact).__name__ == "AdverseEventReported" and e.recorded <= at for e in whole.events)
    assert early.tables.get("AE", 0) == known < late.tables["AE"]


@pytest.mark.shared
def test_records_without_dates_keep_days_and_get_no_dates(shared, request, tmp_path):
    mapping = request.config.rootpath / "examples" / "mappings" / "leipzig-myeloma.yaml"
    import_cohort(mapping, shared / "data", tmp_path / "c.db", Silent())
    made = make_submission(read_whole(str(tmp_path / "c.db"), None), DataCut(), None, FileFormat.XPT, "zh")
    assert "方案" in made.files["reviewers-guide.md"].decode()
    assert "没有日期" in made.files["reviewers-guide.md"].decode()
    written = make_submission(read_whole(str(tmp_path / "c.db"), None), DataCut(), None, FileFormat.CSV, "en").files
    for name in ("ae.csv", "ex.csv", "lb.csv", "pc.csv"):
        rows = list(csv.DictReader(written[name].decode().splitlines()))
        dates = [column for column in rows[0] if column.endswith("DTC")]
        assert not any(row[column] for row in rows for column in dates), name
    pressed = list(csv.DictReader(written["ex.csv"].decode().splitlines()))
    assert {row["EXSTDY"] for row in pressed} == {"1"}
    assert "ta.csv" not in written


def test_what_a_transport_file_cannot_hold_is_told_before_anything_is_written(celltrial, tmp_path, request):
    text = (
        "schema_version: 1\ntrial: C-1\ntitle: {en: A cohort, zh: 队列}\ncitation: made for this test\nkind_of_data: simulated\n"
        "anchor: 2000-01-01\nsite: {id: S1, country: DE, zone: Europe/Berlin}\nsubjects:\n  file: p.csv\n  subject: id\n"
        "  days_from_collection: wait\n  adverse_events:\n    fever: {term: 发热, category: other, scale: CTCAE-5.0, onset_day: 1}\n"
        "  response_criteria: IMWG-2016\n  last_contact: os\n"
    )
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "p.csv").write_text("id,wait,fever,os\nA,35,2,200\n", encoding="utf-8")
    import_cohort(tmp_path / "m.yaml", tmp_path, tmp_path / "c.db", Silent())
    code, _, err = celltrial("export", "sdtm", tmp_path / "c.db", "--out", tmp_path / "x")
    assert (code, err[:7]) == (2, "EXC-170")
    assert "AE.AETERM" in err
    assert "dataset-json" in err
    assert not (tmp_path / "x").exists()
    assert celltrial("export", "sdtm", tmp_path / "c.db", "--out", tmp_path / "x", "--format", "dataset-json")[0] == 0


def test_a_cut_in_the_future_is_refused_and_nothing_is_written(ledger, tmp_path):
    with pytest.raises(UserError) as caught:
        write_submission(ledger, tmp_path / "x", FileFormat.CSV, "en", as_known="2099-01-01T00:00:00Z", reader=MANAGER)
    assert caught.value.faults[0].id == "APP-250"
    assert not (tmp_path / "x").exists()
