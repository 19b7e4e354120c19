"""Figures: every one draws in both languages, text stays text, numbers at risk are under their ticks."""

from __future__ import annotations

import re

import pytest

from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.content.output import Figure
from celltrial.report.figures import DRAWINGS, draw
from celltrial.report.render.words import Words


@pytest.fixture(scope="module")
def figures(trial, protocol, meta):
    report = build_report(trial, protocol, meta)
    return {o.spec.name: o.page.body for o in report.outputs if isinstance(o.page.body, Figure)}


@pytest.fixture(scope="module")
def drawn(figures):
    return {
        (name, language): draw(figure, Words(language), prefix=name.replace("_", ""))
        for name, figure in figures.items()
        for language in LANGUAGES
    }


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def test_every_drawing_is_used(figures):
    assert {figure.drawing for figure in figures.values()} == set(DRAWINGS)


def test_svg_is_whole_and_its_text_is_text(drawn):
    for key, svg in drawn.items():
        assert svg.startswith("<svg"), key
        assert svg.endswith("</svg>"), key
        assert len(texts(svg)) > 8, key
        assert not re.search(r"NaN|undefined|Infinity|null", svg), key


def test_chinese_figures_name_chinese_fonts_and_words(drawn):
    for (name, language), svg in drawn.items():
        assert re.match(r'<svg font-family="[^"]*Noto Sans CJK SC[^"]*PingFang SC[^"]*"', svg)
        assert svg.count("font-family") == 1
        assert "aria-label" not in svg
        has_chinese = any(re.search(r"[\u4e00-\u9fff]", text) for text in texts(svg))
        assert has_chinese == (language == "zh"), name


def test_ids_are_prefixed_and_from_zero(drawn):
    for (name, language), svg in drawn.items():
        prefix = name.replace("_", "")
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert ids == [f"{prefix}-{i}" for i in range(len(ids))], (name, language)
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


def test_drawing_twice_gives_the_same_bytes(figures, drawn):
    assert draw(figures["pfs"], Words("en"), prefix="pfs") == drawn["pfs", "en"]


def test_numbers_at_risk_stand_under_their_ticks(figures, drawn):
    svg = drawn["os", "en"]
    lines, ticks = figures["os"].data["lines"], figures["os"].data["ticks"]
    placed = [(float(x), int(n)) for x, n in re.findall(r"<text[^>]*translate\(([\d.]+),[^>]*>(\d+)</text>", svg)]
    axis, risk = placed[: len(ticks)], placed[len(ticks) :]
    assert [label for _, label in axis] == ticks
    assert [n for _, n in risk] == [cell["n"] for line in lines for cell in line["at_risk"]]
    for line in range(len(lines)):
        under = risk[line * len(ticks) : (line + 1) * len(ticks)]
        assert all(abs(x - tick) < 1 for (x, _), (tick, _) in zip(under, axis, strict=True))


def test_at_risk_starts_with_everybody_and_never_rises(figures):
    for line in figures["os"].data["lines"]:
        counts = [cell["n"] for cell in line["at_risk"]]
        assert counts[0] == line["n"]
        assert counts == sorted(counts, reverse=True)


def test_samples_below_the_limit_are_at_half_of_it(figures):
    panel = figures["kinetics_figure"].data["panels"][0]
    below = {point["value"] for point in panel["points"] if point["below"]}
    assert below == {25.0}
    assert min(point["value"] for point in panel["points"] if not point["below"]) >= panel["lloq"]


def test_failed_runs_and_exits_are_marked_on_the_swimlane(figures):
    marks = figures["swimlane"].data["marks"]
    assert [mark["subject"] for mark in marks if mark["kind"] == "failed_run"] == ["S-05", "S-05", "S-08"]
    assert {mark["subject"] for mark in marks if mark["kind"] == "not_treated"} == {"S-05", "S-09"}


def test_swimmer_puts_the_longest_on_top(figures):
    months = [lane["months"] for lane in figures["swimmer"].data["lanes"]]
    assert months == sorted(months, reverse=True)


def test_dose_path_marks_toxicity(figures):
    points = figures["dose_path"].data["points"]
    assert [point["order"] for point in points] == list(range(1, 10))
    assert {point["subject"] for point in points if point["standing"] == "dlt"} == {"S-03", "S-08"}
    assert {point["subject"] for point in points if point["standing"] == "not_evaluable"} == {"S-11"}
