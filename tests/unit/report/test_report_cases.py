"""Trials with little or odd data: a reason is where a number would have to be made up."""

from __future__ import annotations

import re

import polars as pl
import pytest

from celltrial.core.errors import UserError
from celltrial.locale import LANGUAGES
from celltrial.report import ReportMeta, Source, build_report, render_html
from celltrial.report.content.output import Figure, Nothing, Table
from celltrial.report.content.values import Measure, Rate
from celltrial.report.figures import draw
from celltrial.report.render import html
from celltrial.report.render.words import Words

WORDS = Words("en")


@pytest.fixture(autouse=True)
def _plain_figures(monkeypatch):
    """Leave the drawing of figures to the tests of figures: it is most of the time of a page."""
    monkeypatch.setattr(html, "_draw", lambda *_: "<svg></svg>")


def drawn(report, number):
    return draw(report.output(number).page.body, WORDS, prefix="f")


def kinds(report):
    return {output.spec.name: type(output.page.body) for output in report.outputs}


def reason(report, number):
    body = report.output(number).page.body
    assert isinstance(body, Nothing), body
    return WORDS.text(body.reason)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_trial_has_a_report(protocol, language):
    report = build_report({}, protocol, ReportMeta("T0"))
    assert reason(report, "14.1.2") == "Nobody has been enrolled yet."
    assert reason(report, "14.3.4") == "Nobody has been infused yet."
    page = render_html(report, language)
    assert "<svg" not in page
    assert "None" not in page
    assert "nan" not in page.lower().replace("finance", "")


def test_without_a_protocol_there_is_no_stopping_rule():
    assert reason(build_report({}, None, ReportMeta("T0")), "14.6.2") == "No stopping rule is stated for these data."


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_subject(trial, protocol, meta, language):
    one = {
        name: table.filter(pl.col("usubjid") == "S-01") if "usubjid" in table.columns else table
        for name, table in trial.items()
    }
    report = build_report(one, protocol, meta)
    assert kinds(report)["pfs"] is Figure
    page = render_html(report, language)
    assert page.count("<svg") == sum(kind is Figure for kind in kinds(report).values())


@pytest.mark.parametrize("number", ["14.1.3", "14.2.3", "14.2.5", "14.4.2", "14.3.3"])
def test_one_subject_can_be_drawn(trial, protocol, meta, number):
    one = {
        name: table.filter(pl.col("usubjid") == "S-01") if "usubjid" in table.columns else table
        for name, table in trial.items()
    }
    svg = drawn(build_report(one, protocol, meta), number)
    assert not re.search(r"NaN|undefined", svg)


def test_one_subject_has_no_median_line(trial, protocol, meta):
    one = {"adsl": trial["adsl"].head(1), "adpc": trial["adpc"].filter(pl.col("usubjid") == "S-01")}
    figure = build_report(one, protocol, meta).output("14.4.2").page.body
    assert all(panel["median"] == [] for panel in figure.data["panels"])


def test_nobody_responds(trial, protocol, meta):
    none = trial | {"adrs": trial["adrs"].with_columns(response=pl.lit("PD"))}
    report = build_report(none, protocol, meta)
    best = report.output("14.2.1").page.body.rows[1].cells[0]
    assert WORDS.show(best.value).line == "0.0% 0/9; 95% CI 0.0 to 33.6"
    assert kinds(report)["swimmer"] is Figure


def test_nobody_was_assessed(trial, protocol, meta):
    report = build_report(trial | {"adrs": trial["adrs"].clear()}, protocol, meta)
    assert reason(report, "14.2.1") == "No response assessment is recorded."
    assert reason(report, "14.2.7") == "Only one reader assessed response."
    assert all("esponse" not in WORDS.text(item.label) for item in report.headlines)


def test_everybody_censored(trial, protocol, meta):
    report = build_report(trial | {"adtte": trial["adtte"].with_columns(cnsr=pl.lit(1, pl.Int32))}, protocol, meta)
    row = report.output("14.2.4").page.body.rows[1]
    assert WORDS.show(row.cells[1].value).main == "0"
    assert WORDS.show(row.cells[2].value).main == "not reached"
    assert "NaN" not in drawn(report, "14.2.5")


def test_everybody_died_at_once(trial, protocol, meta):
    died = trial["adtte"].with_columns(cnsr=pl.lit(0, pl.Int32), aval=pl.lit(0.0))
    assert "NaN" not in drawn(build_report(trial | {"adtte": died}, protocol, meta), "14.2.6")


def test_no_enrolment_origin_refuses_survival_from_infusion(trial, protocol, meta):
    late = trial["adtte"].filter(pl.col("origin") == "infusion")
    report = build_report(trial | {"adtte": late}, protocol, meta)
    assert isinstance(report.output("14.2.5").page.body, Nothing)
    cells = report.output("14.2.4").page.body.rows[1].cells
    assert "must stand beside it" in WORDS.show(cells[2].value).main


def test_a_missing_assay_is_simply_not_there(trial, protocol, meta):
    flow = trial["adpc"].filter(pl.col("assay") == "flow")
    report = build_report(trial | {"adpc": flow}, protocol, meta)
    groups = [WORDS.show(row.head).line for row in report.output("14.4.1").page.body.rows if row.style == "group"]
    assert groups == ["Flow cytometry: CAR-T cells (cells/uL)"]
    assert len(report.output("14.4.2").page.body.data["panels"]) == 1


def test_two_units_of_one_assay_are_two_analyses(trial, protocol, meta):
    mixed = trial["adpc"].with_columns(
        unit=pl.when((pl.col("assay") == "flow") & (pl.col("usubjid") == "S-01")).then(pl.lit("%")).otherwise("unit")
    )
    report = build_report(trial | {"adpc": mixed}, protocol, meta)
    assert len(report.output("14.4.2").page.body.data["panels"]) == 3


def test_never_quantifiable(trial, protocol, meta):
    none = trial["adpc"].with_columns(value=pl.lit(None, pl.Float64), below_lloq=pl.lit(value=True))
    report = build_report(trial | {"adpc": none}, protocol, meta)
    row = report.output("14.4.1").page.body.rows[1]
    assert WORDS.show(row.cells[1].value).main == "not estimable in any subject"
    assert WORDS.show(row.cells[3].value).main == "never above the limit of quantification: 9"
    assert isinstance(report.output("14.4.2").page.body, Nothing)


def test_the_day_stands_where_the_hour_is_not_known(trial, protocol, meta):
    days = trial | {"adpc": trial["adpc"].with_columns(time_days=pl.lit(None, pl.Float64))}
    with_hours, without = (build_report(tables, protocol, meta).output("14.4.1") for tables in (trial, days))
    assert [row.cells[1] for row in with_hours.page.body.rows] == [row.cells[1] for row in without.page.body.rows]


def test_no_value_is_zero_where_nothing_is_estimable(trial, protocol, meta):
    """A result that could not be estimated shows letters, and no digit stands for it."""
    report = build_report(trial, protocol, meta)
    for output in report.outputs:
        body = output.page.body
        for row in body.rows if isinstance(body, Table) else ():
            for cell in row.cells:
                if isinstance(cell.value, Rate | Measure) and not hasattr(cell.value.result, "value"):
                    assert WORDS.show(cell.value).main[0].isalpha()


def treated(subjects, frame):
    people = subjects(((5, True, None),))
    reads = [
        {"usubjid": who, "seq": 1, "visit": "M1", "day": 30, "response": "PR", "source": "investigator"}
        for who in people["usubjid"]
    ]
    return {"adsl": people, "adrs": frame("adrs", reads)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_records_of_treated_people_only(subjects, frame, language):
    meta = ReportMeta(
        "R1",
        "retrospective",
        title={"en": "A cohort", "zh": "一个队列"},
        sources=(Source("people.csv", "0" * 64, "Someone 2024"),),
    )
    report = build_report(treated(subjects, frame), None, meta)
    assert reason(report, "14.1.2").startswith("The imported records hold treated people only")
    assert reason(report, "14.3.1").startswith("These data hold no dose escalation")
    assert reason(report, "14.6.1").startswith("The imported records do not tell")
    row = report.output("14.2.1").page.body.rows[0]
    assert WORDS.show(row.cells[1].value).main == "not known: the records hold treated people only"
    labels = [WORDS.text(item.label) for item in report.headlines]
    assert labels[:2] == ["Treated people imported", "Infused"]
    assert not any("nrolled" in label for label in labels)
    assert "people.csv · Someone 2024 · SHA-256 000" in render_html(report, language)


def test_the_same_people_in_a_prospective_trial_have_a_not_treated_rate(subjects, frame):
    report = build_report(treated(subjects, frame), None, ReportMeta("P1"))
    assert isinstance(report.output("14.1.2").page.body, Table)


def test_central_review_comes_first_where_it_is_primary(trial, protocol, meta):
    review = protocol.efficacy.independent_review.model_copy(update={"role": "primary"})
    efficacy = protocol.efficacy.model_copy(update={"independent_review": review})
    report = build_report(trial, protocol.model_copy(update={"efficacy": efficacy}), meta)
    first = report.output("14.2.1").page.body.rows[0]
    assert WORDS.show(first.head).line == "Reader of record: independent review committee"


def test_a_table_that_does_not_fit_is_refused():
    with pytest.raises(UserError) as caught:
        build_report({"adsl": pl.DataFrame({"subject": ["S-1"]})}, None, ReportMeta("T"))
    assert {fault.id for fault in caught.value.faults} == {"DAT-001"}


def test_a_table_that_contradicts_itself_is_refused(subjects):
    odd = subjects(((1, True, None),)).with_columns(enrolled=False)
    with pytest.raises(UserError) as caught:
        build_report({"adsl": odd}, None, ReportMeta("T"))
    assert {fault.id for fault in caught.value.faults} == {"ANL-001"}


def test_an_unknown_kind_of_data_is_refused():
    with pytest.raises(UserError) as caught:
        ReportMeta("T", "invented")
    assert [fault.id for fault in caught.value.faults] == ["REP-001"]


def test_an_unknown_output_number(protocol):
    with pytest.raises(KeyError):
        build_report({}, protocol, ReportMeta("T")).output("99.9.9")
