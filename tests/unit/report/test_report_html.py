"""The page: one file, one language, escaped, the same bytes every time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import polars as pl
import pytest

from celltrial.locale import LANGUAGES
from celltrial.report import ReportMeta, build_report, render_html
from celltrial.report.content.output import Nothing, Table


class Page(HTMLParser):
    """Texts outside style and svg, tags with their attributes, and tags left open."""

    void = frozenset({"meta", "br", "wbr", "link", "img", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if not {"style", "code"} & set(self.open) and data.strip():
            self.texts.append(data.strip())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def report(trial, protocol, meta):
    return build_report(trial, protocol, meta)


@pytest.fixture(scope="module")
def pages(report):
    return {language: render_html(report, language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def read(pages):
    return {language: Page(text) for language, text in pages.items()}


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-Hans")])
def test_the_language_is_declared(read, language, tag):
    assert read[language].all("html") == [{"lang": tag}]
    assert read[language].open == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_runs(pages, read, language):
    assert read[language].all("script") == read[language].all("link") == read[language].all("img") == []
    assert not re.search(r"@import|url\((?!#)", pages[language])
    addresses = set(re.findall(r"https?://[^\"'\s<]+", pages[language]))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not [name for _, attrs in read[language].tags for name in attrs if name.startswith("on")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_inputs_give_equal_bytes_in_any_row_order(trial, protocol, meta, pages, language):
    turned = {name: table.reverse() for name, table in trial.items()}
    assert render_html(build_report(turned, protocol, meta), language).encode() == pages[language].encode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_id_stands_once_and_every_link_leads_somewhere(pages, read, language):
    ids = [attrs["id"] for _, attrs in read[language].tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for attrs in read[language].all("a")}
    assert links <= {f"#{name}" for name in ids}
    assert set(re.findall(r"url\(#([^)\"]+)\)", pages[language])) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_number_cells_carry_population_and_n(read, report, language):
    told = [attrs for attrs in read[language].all("td") if "data-n" in attrs]
    assert all(attrs["data-population"] and attrs["data-n"].isdigit() for attrs in told)
    numbers = sum(
        cell.states_a_number
        for output in report.outputs
        if isinstance(output.page.body, Table)
        for row in output.page.body.rows
        if row.style != "group"
        for cell in row.cells
    )
    assert len(told) == numbers > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_is_blank(pages, language):
    assert not re.search(r"<td[^>]*>\s*</td>|<span class=\"main\">\s*</span>", pages[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_output_states_set_source_and_version(pages, report, language):
    articles = re.findall(r"<article id=\"(o-[\d-]+)\".*?</article>", pages[language], re.DOTALL)
    listed = re.findall(
        r"<div id=\"(o-[\d-]+)\" class=\"nothing\"><dt>.+?</dt><dd class=\"reason\">[^<]+", pages[language]
    )
    anchors = {f"o-{output.spec.number.replace('.', '-')}" for output in report.outputs}
    assert {*articles, *listed} == anchors
    absent = [output for output in report.outputs if isinstance(output.page.body, Nothing)]
    assert len(listed) == len(absent) > 0
    for article in re.findall(r"<article.*?</article>", pages[language], re.DOTALL):
        assert re.search(r'<p class="set">[^<]+n = \d+', article)
        assert re.search(
            r"celltrial\.(analysis|datasets|designs|guideline|protocol)\.[\w.]+ · celltrial \d+\.\d+", article
        )


def test_the_chinese_page_has_no_english_sentence(read):
    said = " ".join(read["zh"].texts)
    allowed = (
        "Kaplan-Meier",
        "Clopper-Pearson",
        "Cohen kappa",
        "IMWG-2016",
        "celltrial",
        "two severe events at one site",
    )
    for word in allowed:
        said = said.replace(word, "")
    assert re.findall(r"(?:\b[A-Za-z][a-z]+\b[ ,]+){2,}\b[a-z]+\b", said) == []
    assert said.count("无法估计") > 0


def test_the_english_page_has_no_chinese(pages):
    body = re.sub(r"<style>.*?</style>", "", pages["en"], flags=re.DOTALL)
    assert re.findall(r"[\u4e00-\u9fff]+", body) == []


HOSTILE = '<script>alert("x")</script>&amp;</td>'


def test_hostile_text_is_shown_not_obeyed(trial, protocol):
    bad = dict(trial)
    bad["adae"] = bad["adae"].with_columns(term=pl.lit(HOSTILE), scale=pl.lit(HOSTILE))
    bad["suspensions"] = bad["suspensions"].with_columns(
        reason=pl.lit(HOSTILE), rule=pl.lit(HOSTILE), scope=pl.lit(HOSTILE)
    )
    bad["admanu"] = bad["admanu"].with_columns(failure_cause=pl.lit(HOSTILE))
    bad["adsl"] = bad["adsl"].with_columns(siteid=pl.lit(HOSTILE), usubjid=pl.col("usubjid") + HOSTILE)
    for name in ("adae", "adrs", "adtte", "adpc", "admanu", "adlt"):
        bad[name] = bad[name].with_columns(usubjid=pl.col("usubjid") + HOSTILE)
    bad["adpc"] = bad["adpc"].with_columns(unit=pl.lit(HOSTILE), analyte=pl.lit(HOSTILE))
    bad["dose_levels"] = bad["dose_levels"].with_columns(label=pl.col("label") + HOSTILE)
    report = build_report(bad, protocol, ReportMeta(HOSTILE, head_hash=HOSTILE))
    page = render_html(report, "zh")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 20
    assert Page(page).all("script") == []


@pytest.mark.parametrize(
    ("verified", "tone", "said"),
    [(True, "good", "every event matches its hash"), (False, "bad", "BROKEN"), (None, "bad", "not checked")],
)
def test_the_head_says_whether_the_chain_holds(protocol, verified, tone, said):
    page = render_html(build_report({}, protocol, ReportMeta("T", verified=verified)), "en")
    assert re.search(rf'<dd class="{tone}">[^<]*{said}', page)


def test_the_head_says_what_the_data_are(protocol):
    meta = ReportMeta(
        "T", "simulated", 10, "f" * 64, cut_kind="as_occurred", cut_at=datetime(2026, 1, 2, tzinfo=UTC), seed=7
    )
    page = render_html(build_report({}, protocol, meta), "en")
    assert "2026-01-02 00:00 UTC (as occurred)" in page
    assert "Simulated: virtual subjects" in page
    assert "<dd>7</dd>" in page


def test_dates_are_iso(pages):
    assert "2025-06-03" in pages["en"]
    assert not re.search(r"\d{1,2}/\d{1,2}/\d{4}", pages["en"])
