"""The design sheet: one file, both languages, every block says how its numbers were found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.app import planning
from celltrial.app.comparing import compare_designs
from celltrial.app.design_sheet import audit_page, comparison_page, design_page, sheet_inputs
from celltrial.designs import DESIGNS
from celltrial.protocol import read_protocol

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "examples" / "bcma-car-t-escalation.yaml").read_text(encoding="utf-8")

STATED = """
confirmatory:
  comparator: none
  sample_size: {{method: {method}, params: {params}, infused: 59, enrolled: 84, probability_infused: 0.742}}
"""


def confirmatory(method, params):
    text = re.sub(r"(?ms)^escalation:\n.*?(?=^stopping:)", "", TEXT).split("\nprovenance:")[0]
    text = text.replace("    maximum_enrolled: 48\n", "    maximum_enrolled: 84\n")
    return read_protocol(text + STATED.format(method=method, params=params), "p.yaml")


def articles(page):
    return re.findall(r'(?s)<article class="output">.*?</article>', page)


@pytest.fixture(scope="module")
def pages():
    protocol = read_protocol(TEXT, "p.yaml")
    return {language: design_page(protocol, "p.yaml", language) for language in ("en", "zh")}


class TestDoseFinding:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_is_self_contained(self, pages, language):
        page = pages[language]
        assert "<script" not in page
        assert not re.search(r'(?:src|href)="(?!#)', page)
        assert not re.search(r"https?://(?!www\.w3\.org/)", page)

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_every_block_says_how_its_numbers_were_found(self, pages, language):
        found = articles(pages[language])
        assert len(found) == 8
        assert all('<p class="basis">' in one for one in found)

    def test_shows_the_numbers_of_the_engine(self, pages):
        inputs = sheet_inputs(read_protocol(TEXT, "p.yaml"), "p.yaml")
        table = articles(pages["en"])[1]
        for item in inputs.characteristics:
            for chosen in item.prob_select:
                assert f">{100 * chosen:.1f}<" in table
            assert f">{item.expected_total_n:.2f}<" in table

    def test_languages_do_not_mix(self, pages):
        assert not re.search(r"[\u4e00-\u9fff]", pages["en"].split("</style>")[1])
        assert pages["zh"].count("精确") >= 6

    def test_equal_inputs_give_equal_bytes(self, pages):
        assert design_page(read_protocol(TEXT, "p.yaml"), "p.yaml", "en") == pages["en"]

    def test_pathways_sum_to_one(self):
        inputs = sheet_inputs(read_protocol(TEXT, "p.yaml"), "p.yaml")
        assert inputs.pathways is not None
        assert sum(step.probability for step in inputs.pathways.steps) == pytest.approx(1, abs=1e-12)


OLD = "    kind: boin\n    params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}\n"


def with_design(kind):
    params = json.dumps(json.loads(json.dumps(dict(DESIGNS[kind].example))))
    assert OLD in TEXT
    return read_protocol(TEXT.replace(OLD, f"    kind: {kind}\n    params: {params}\n"), "p.yaml")


class TestEveryKindOfDesign:
    @pytest.mark.parametrize(
        ("kind", "language", "shown"),
        [("crm", "zh", "前两个队列的路径"), ("boin12", "en", "9 evaluable subjects"), ("boin12", "zh", "缓解例数")],
    )
    def test_its_decisions_are_drawn(self, kind, language, shown):
        page = design_page(with_design(kind), "p.yaml", language)
        assert shown in page
        assert all('<p class="basis">' in one for one in articles(page))

    def test_open_windows_are_simulated_and_said_so(self, monkeypatch):
        monkeypatch.setattr(planning, "CALENDAR_TRIALS", 20)
        page = design_page(with_design("rolling_six"), "p.yaml", "en")
        assert "Simulated in calendar time: 20 trials" in page
        assert "Mean days, first infusion" in page


class TestJudging:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_competing_designs_stand_on_one_page(self, language):
        protocol = read_protocol(TEXT, "p.yaml")
        rivals = compare_designs(protocol, ["boin", "crm", "3+3"], "p.yaml", trials=100, seed=1)
        page = comparison_page(protocol, rivals, language)
        figure, table = articles(page)
        assert figure.count("<svg") == 1
        assert "skeleton=[0.204, 0.3, 0.4018]" in table
        for one in rivals:
            for oc in one.characteristics:
                assert f">{oc.expected_total_dlt:.2f}<" in table
        assert bool(re.search(r"[\u4e00-\u9fff]", page.split("</style>")[1])) is (language == "zh")

    @pytest.mark.parametrize(("kind", "rows"), [("boin", 0), ("joint_table", 3)])
    def test_an_audit_shows_all_that_was_looked_for(self, kind, rows):
        protocol = read_protocol(TEXT, "p.yaml") if kind == "boin" else with_design(kind)
        (found,) = articles(audit_page(protocol, "p.yaml", "en"))
        assert found.count("<svg") == 1
        assert "recommends an eliminated dose" in found
        assert max(0, found.count("<tr>") - 1) == rows


class TestSampleSize:
    @pytest.mark.parametrize(
        ("method", "params", "figures"),
        [
            ("one_stage", "{null_rate: 0.2, alternative_rate: 0.4}", 2),
            ("a_hern", "{null_rate: 0.2, alternative_rate: 0.4}", 2),
            ("simon", "{null_rate: 0.2, alternative_rate: 0.4}", 2),
            ("fleming", "{null_rate: 0.2, alternative_rate: 0.4, stage_sizes: [15, 10]}", 2),
            ("predictive_probability", "{null_rate: 0.2, alternative_rate: 0.4, n_min: 30, n_max: 36}", 2),
            ("rates", "{treated_rate: 0.4, control_rate: 0.2, design: {information: [0.5, 1]}}", 1),
            ("group_sequential", "{information: [0.5, 1]}", 1),
            ("log_rank", "{hazard_ratio: 0.65}", 0),
        ],
    )
    def test_draws_what_the_design_has(self, method, params, figures):
        for language in ("en", "zh"):
            page = design_page(confirmatory(method, params), "p.yaml", language)
            size = page.split('<section id="size">')[1]
            assert size.count("<svg") == figures
            assert all('<p class="basis">' in one for one in articles(page))

    def test_stated_beside_computed(self):
        params = "{null_rate: 0.2, alternative_rate: 0.4}"
        page = design_page(confirmatory("one_stage", params), "p.yaml", "en")
        table = page.split('<section id="size">')[1].split("</table>")[0]
        cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", table)
        assert cells[4:8] == ["infused, smallest size", "59", "56", ""]
        assert cells[-4:-1] == ["Enrolled, with assurance", "", "89"]
