"""The command line as a person meets it: whole runs, both languages, bad input, exit codes."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from celltrial.protocol.templates import template_names, template_text

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
MAPPING = ROOT / "examples" / "mappings" / "leipzig-myeloma.yaml"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A finished virtual trial in a ledger."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.simulating import simulate_into
    from celltrial.core.progress import Silent

    ledger = tmp_path_factory.mktemp("trial") / "trial.db"
    simulate_into(ledger, open_protocol(EXAMPLE), seed=1, scenario=None, years=2.0, progress=Silent())
    return ledger


def only_message(err: str) -> str:
    lines = err.strip().splitlines()
    assert "Traceback" not in err
    return lines[0]


class TestTemplates:
    def test_every_template_is_listed_reads_and_cannot_be_approved_untouched(self, celltrial, tmp_path):
        for language in ("en", "zh"):
            code, out, _ = celltrial("new", "--list", "--lang", language)
            assert code == 0
            assert [line.split()[0] for line in out.splitlines()] == template_names()
        for name in template_names():
            path = tmp_path / f"{name}.yaml"
            assert celltrial("new", path, "--template", name)[0] == 0
            code, out, faults = celltrial("review", path, "--strict", "--json")
            assert (code, faults) == (1, "")
            empty = [
                item["clause"]
                for item in json.loads(out)["verdicts"]
                if any(one["code"] == "text_says_nothing" for one in item["findings"])
            ]
            assert len(empty) >= 10
            assert {"2.1.1-a", "2.1.2.2-b"} <= set(empty)

    def test_a_study_file_says_that_it_holds_published_facts(self, celltrial, tmp_path):
        out = celltrial("new", tmp_path / "a.yaml", "--template", "tcr-t-escalation")[1]
        assert "published facts" in out
        assert "published facts" not in celltrial("new", tmp_path / "b.yaml")[1]
        assert "已发表" in celltrial("new", tmp_path / "c.yaml", "--template", "cik-randomised", "--lang", "zh")[1]


class TestWholeRuns:
    def test_new_review_design(self, celltrial, tmp_path):
        path = tmp_path / "p.yaml"
        assert celltrial("new", path)[0] == 0
        assert path.read_text(encoding="utf-8") == template_text("car-t-escalation")
        code, out, _ = celltrial("review", path, "--strict")
        assert code == 1
        assert "carried out" in out
        assert "To be written" in out
        code, out, _ = celltrial("design", path)
        assert code == 0
        assert "Exact:" in out

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_review_and_design_in_both_languages(self, celltrial, language):
        for command in ("review", "design"):
            code, out, err = celltrial(command, EXAMPLE, "--lang", language)
            assert (code, err) == (0, "")
            assert bool(re.search(r"[\u4e00-\u9fff]", out)) is (language == "zh")

    def test_json_is_json_and_does_not_depend_on_the_language_in_its_codes(self, celltrial):
        english = json.loads(celltrial("review", EXAMPLE, "--json")[1])
        chinese = json.loads(celltrial("review", EXAMPLE, "--json", "--lang", "zh")[1])
        assert english["counts"] == chinese["counts"]
        assert sum(english["counts"].values()) == 140
        assert [item["clause"] for item in english["verdicts"]] == [item["clause"] for item in chinese["verdicts"]]
        design = json.loads(celltrial("design", EXAMPLE, "--json")[1])
        for item in design["operating_characteristics"]:
            assert sum(item["prob_select"]) + item["prob_none"] == pytest.approx(1, abs=1e-12)

    def test_simulate_verify_report(self, celltrial, simulated, tmp_path):
        code, out, _ = celltrial("verify", simulated)
        assert code == 0
        assert "consistent in itself" in out
        assert "Not anchored" in out
        for language, tag in (("en", "en"), ("zh", "zh-Hans")):
            page = tmp_path / f"{language}.html"
            assert celltrial("report", simulated, "--out", page, "--lang", language)[0] == 0
            text = page.read_text(encoding="utf-8")
            assert f'<html lang="{tag}"' in text
            assert "<svg" in text
            assert not re.search(r'(?:src|href)="https?://', text)

    def test_the_same_seed_gives_the_same_trial_and_another_seed_another(self, simulated, tmp_path, celltrial):
        again, other = tmp_path / "again.db", tmp_path / "other.db"
        assert celltrial("simulate", EXAMPLE, "--seed", 1, "--ledger", again, "--years", 2)[0] == 0
        assert celltrial("simulate", EXAMPLE, "--seed", 2, "--ledger", other, "--years", 2)[0] == 0
        heads = [celltrial("verify", path, "--json")[1] for path in (simulated, again, other)]
        first, second, third = (json.loads(item)[0]["head"] for item in heads)
        assert first == second != third

    def test_designs_compare_audit_and_paths(self, celltrial):
        code, out, _ = celltrial("design", "compare", EXAMPLE, "--designs", "boin,crm,3+3", "--json")
        assert code == 0
        rivals = json.loads(out)
        assert [one["design"] for one in rivals] == ["boin", "crm", "3+3"]
        assert all(oc["exact"] for one in rivals for oc in one["characteristics"])
        assert rivals[1]["params"]["target_dlt_rate"] == 0.30
        assert celltrial("design", "audit", EXAMPLE)[0] == 0
        code, out, _ = celltrial("design", "paths", EXAMPLE, "--counts", "0/3", "--scenario", "expected", "--json")
        assert code == 0
        assert sum(row["probability"] for row in json.loads(out)) == pytest.approx(1)
        code, out, _ = celltrial("design", "compare", EXAMPLE, "--lang", "zh")
        assert code == 0
        assert "精确" in out

    @pytest.mark.parametrize(
        ("arguments", "fault"),
        [
            (("compare", EXAMPLE, "--designs", "boin,guess"), "DSG-009"),
            (("paths", EXAMPLE, "--counts", "3"), "APP-060"),
            (("paths", EXAMPLE, "--counts", "4/3"), "DSG-001"),
            (("paths", EXAMPLE, "--scenario", "sunny"), "SIM-201"),
        ],
    )
    def test_bad_words_about_designs(self, celltrial, arguments, fault):
        code, _, err = celltrial("design", *arguments)
        assert code == 2
        assert only_message(err).startswith(fault)

    def test_help_lists_every_command(self, celltrial):
        code, out, _ = celltrial("--help")
        assert code == 0
        for name in ("new", "review", "design", "simulate", "import", "verify", "report", "demo", "doctor"):
            assert name in out

    def test_doctor_finds_no_error_here(self, celltrial):
        code, out, _ = celltrial("doctor")
        assert code == 0
        assert "APP-101" in out


class TestBadInput:
    """One clear message each: where, what was found, what would be right; exit 2; nothing written; no trace."""

    def test_a_misspelt_field(self, celltrial, tmp_path):
        path = tmp_path / "p.yaml"
        text = template_text("car-t-escalation").replace("malignancy:", "malignency:")
        path.write_text(text, encoding="utf-8")
        code, out, err = celltrial("simulate", path, "--ledger", tmp_path / "t.db")
        assert code == 2
        assert out == ""
        line = next(number for number, row in enumerate(text.splitlines(), 1) if "malignency" in row)
        assert f"{path}:{line}:3" in err
        assert "malignency" in err
        assert "malignancy" in err
        assert not (tmp_path / "t.db").exists()
        only_message(err)

    def test_a_unit_mismatch_in_chinese(self, celltrial, tmp_path):
        path = tmp_path / "p.yaml"
        path.write_text(template_text("car-t-escalation").replace("unit: mg/dL", "unit: g/L", 1), encoding="utf-8")
        code, _, err = celltrial("review", path, "--lang", "zh")
        assert code == 2
        assert len(err.strip().splitlines()) == 1
        assert "g/L" in err
        assert "应为" in err

    @pytest.mark.parametrize("command", ["review", "design", "simulate"])
    def test_a_missing_file(self, celltrial, tmp_path, command):
        code, _, err = celltrial(command, tmp_path / "none.yaml")
        assert code == 2
        assert only_message(err).startswith("APP-001")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", [b"", b"not a ledger at all", b"SQLite format 3\0" + b"\xff" * 4096])
    def test_a_corrupt_ledger(self, celltrial, tmp_path, content):
        path = tmp_path / "trial.db"
        path.write_bytes(content)
        for command in ("verify", "report"):
            code, _, err = celltrial(command, path)
            assert code == 2, err
            assert only_message(err).startswith("LDG-0")
            assert str(path) in err
        assert path.read_bytes() == content
        assert not (ROOT / "report.html").exists()

    def test_a_byte_changed_behind_the_ledgers_back(self, celltrial, simulated, tmp_path):
        path = tmp_path / "changed.db"
        path.write_bytes(simulated.read_bytes())
        data = bytearray(path.read_bytes())
        spot = data.rfind(b"Cytokine release syndrome")
        position = re.findall(rb'"position":(\d+)', data[:spot])[-1].decode()
        data[spot] = ord("K")
        path.write_bytes(bytes(data))
        code, out, _ = celltrial("verify", path)
        assert code == 1
        assert f"record {position} does not hold" in out

    def test_an_unknown_column(self, celltrial, tmp_path):
        for name, header in (
            ("cart_clinical_leipzig_mm.csv", "patient_id,sexx"),
            ("cart_kinetics_leipzig_mm.csv", "patient_id"),
            ("cart_labs_leipzig_mm.csv", "patient_id"),
        ):
            (tmp_path / name).write_text(header + "\n", encoding="utf-8")
        code, _, err = celltrial("import", MAPPING, "--data", tmp_path, "--ledger", tmp_path / "c.db")
        assert code == 2
        assert any(
            "cart_clinical_leipzig_mm.csv:1" in line and "`sex`" in line and "sexx" in line for line in err.splitlines()
        )
        assert not (tmp_path / "c.db").exists()

    def test_an_import_without_its_files(self, celltrial, tmp_path):
        code, _, err = celltrial("import", MAPPING, "--data", tmp_path, "--ledger", tmp_path / "c.db")
        assert code == 2
        assert err.count("APP-001") == 3
        assert not (tmp_path / "c.db").exists()

    def test_an_existing_ledger_or_report_is_kept(self, celltrial, simulated, tmp_path):
        before = simulated.read_bytes()
        code, _, err = celltrial("simulate", EXAMPLE, "--ledger", simulated)
        assert code == 2
        assert only_message(err).startswith("APP-004")
        assert simulated.read_bytes() == before
        page = tmp_path / "r.html"
        page.write_text("mine", encoding="utf-8")
        assert celltrial("report", simulated, "--out", page)[0] == 2
        assert page.read_text(encoding="utf-8") == "mine"

    def test_each_output_as_a_file_of_its_own_with_its_hash(self, celltrial, simulated, tmp_path):
        folder = tmp_path / "tables"
        code, _, err = celltrial("report", simulated, "--out", folder, "--each", "rtf")
        assert code == 0, err
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
        assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        assert {"14.1.1.rtf", "14.3.1.rtf", "16.2.1.rtf"} <= set(files)
        assert all(content.startswith(b"{\\rtf1") for content in files.values())
        code, _, err = celltrial("report", simulated, "--out", folder, "--each", "rtf")
        assert code == 2
        assert only_message(err).startswith("APP-004")

    @pytest.mark.parametrize(
        ("arguments", "fault"),
        [
            (("simulate", EXAMPLE, "--scenario", "sunny"), "SIM-201"),
            (("review", EXAMPLE, "--register", "cde-1999"), "APP-030"),
            (("new", "x.yaml", "--template", "none"), "PRT-030"),
            (("verify", "nothing.db"), "LDG-001"),
        ],
    )
    def test_names_that_do_not_exist(self, celltrial, tmp_path, monkeypatch, arguments, fault):
        monkeypatch.chdir(tmp_path)
        code, _, err = celltrial(*arguments)
        assert code == 2
        assert only_message(err).startswith(fault)
        assert list(tmp_path.iterdir()) == []

    def test_two_data_cuts_at_once_and_a_cut_without_offset(self, celltrial, simulated, tmp_path):
        out = tmp_path / "r.html"
        cut = "2026-01-01T00:00:00+00:00"
        assert celltrial("report", simulated, "--out", out, "--as-known", cut, "--as-occurred", cut)[0] == 2
        assert celltrial("report", simulated, "--out", out, "--as-known", "2026-01-01")[0] == 2
        assert not out.exists()

    def test_an_option_that_does_not_exist(self, celltrial):
        code, _, err = celltrial("review", EXAMPLE, "--jsn")
        assert code == 2
        assert "--jsn" in err

    def test_a_defect_of_ours_shows_its_trace_and_exits_70(self, celltrial, monkeypatch):
        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("celltrial.app.planning.open_protocol", broken)
        code, _, err = celltrial("review", EXAMPLE)
        assert code == 70
        assert "Traceback" in err
        assert "defect" in err


@pytest.mark.shared
class TestRealCohort:
    def test_the_leipzig_cohort_becomes_a_report(self, celltrial, shared, tmp_path):
        ledger, page = tmp_path / "c.db", tmp_path / "c.html"
        code, out, _ = celltrial("import", MAPPING, "--data", shared / "data", "--ledger", ledger)
        assert code == 0
        assert "52 subjects" in out
        assert celltrial("verify", ledger)[0] == 0
        assert celltrial("report", ledger, "--out", page)[0] == 0
        text = page.read_text(encoding="utf-8")
        assert "retrospective" in text
        assert "Fandrei" in text
        # 39 of 52 had cytokine release syndrome, on days that nobody published: that is no rate of zero
        first = text.rpartition('id="o-14-3-11"')[2].partition("</table>")[0]
        assert first.count("onset of some events not recorded") >= 4
        assert "0.00" not in first.partition("grade 3 or higher")[0]
        assert "still wait for treatment" not in text

    def test_a_wrong_cell_names_file_row_and_column_and_nothing_is_written(self, celltrial, shared, tmp_path):
        for source in (shared / "data").glob("cart_*_leipzig_mm.csv"):
            (tmp_path / source.name).write_bytes(source.read_bytes())
        table = tmp_path / "cart_clinical_leipzig_mm.csv"
        rows = table.read_text(encoding="utf-8").splitlines()
        rows[5] = rows[5].replace(",w,", ",x,").replace(",m,", ",x,")
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
        code, _, err = celltrial("import", MAPPING, "--data", tmp_path, "--ledger", tmp_path / "c.db")
        assert code == 2
        assert "cart_clinical_leipzig_mm.csv:6" in err
        assert "`sex`" in err
        assert not (tmp_path / "c.db").exists()


def test_the_installed_command_answers_and_starts_without_the_heavy_libraries():
    code = (
        "import sys; from celltrial.cli import application; application();"
        "heavy = {'numpy', 'polars', 'scipy', 'numba', 'altair', 'pydantic', 'ruamel'} & set(sys.modules);"
        "sys.exit(1 if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_is_said_alone(celltrial):
    from celltrial import __version__

    assert celltrial("--version") == (0, f"celltrial {__version__}\n", "")


def test_a_demonstration_runs_in_an_empty_folder(celltrial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = celltrial("demo", "--out", "o")
    assert status == 0
    assert "report-en.html" in out
    assert sorted(path.name for path in (tmp_path / "o").iterdir() if path.suffix == ".html") == [
        "report-en.html",
        "report-zh.html",
    ]
