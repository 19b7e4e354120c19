"""The plan of the analyses: each of its fields changes the report, and no reader or visit stands in for another."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from celltrial.conduct.vocabulary import MissingVisit
from celltrial.datasets import TrialData
from celltrial.datasets.analysis_plan import AnalysisPlan, Contrast, PrimaryComparison, plan_from_protocol
from celltrial.datasets.kinetic_rules import KineticsRules
from celltrial.datasets.trial_data import DataCut
from celltrial.locale import LANGUAGES
from celltrial.protocol.model import Duration
from celltrial.report import build_report
from celltrial.report.content import comparisons, kinetics, primary_comparison
from celltrial.report.content.output import Nothing
from celltrial.report.inputs import Inputs
from celltrial.report.render.words import Words

from .test_report_golden import body, outline

CHANGES = {
    "reader": "irc",
    "confirm_days": None,
    "stable_from_days": 100,
    "landmark_day": 170,
    "landmark_window": 1,
    "missing_landmark": MissingVisit.LEFT_OUT,
    "compare": (Contrast("site"),),
    "strata": ("sex",),
    "subgroups": ("site",),
    "subgroup_age": 55,
    "weights": (1.0, 0.0),
    "horizon_days": 60.0,
    "incidence_days": (7,),
    "survival_days": (91,),
    "assay_fold": 9.0,
    "kinetics": KineticsRules(end_day=14.0),
    "primary": PrimaryComparison("OS", "process_version", events=8),
}
#: Each choice of the primary comparison, changed one by one.
PRIMARY = PrimaryComparison("PFS", "process_version", stratified=False, looks=(0.5, 1.0), events=4)
PRIMARY_CHANGES = {
    "endpoint": "OS",
    "factor": "sex",
    "test": "restricted_mean",
    "stratified": True,
    "alpha": 0.05,
    "looks": (0.25, 0.5, 1.0),
    "spending": "pocock",
    "spending_gamma": -4.0,
    "events": 12,
}


def told(trial, protocol, meta, plan, language="en"):
    data = TrialData("T", DataCut(), plan=plan, **trial)
    return "\n".join(outline(build_report(data, protocol, meta), Words(language)))


def page(report, number, language="en"):
    words = Words(language)
    return "\n".join(
        [*body(report.output(number).page.body, words), *map(words.text, report.output(number).page.notes)]
    )


def test_every_choice_is_tried():
    assert {item.name for item in fields(AnalysisPlan)} - {"stated"} == set(CHANGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHANGES)
def test_each_field_of_the_plan_changes_the_report(trial, protocol, meta, name, language):
    plan = plan_from_protocol(protocol)
    changed = replace(plan, **{name: CHANGES[name]})
    assert told(trial, protocol, meta, plan, language) != told(trial, protocol, meta, changed, language)


def test_every_choice_of_the_primary_comparison_is_tried():
    assert {item.name for item in fields(PrimaryComparison)} == set(PRIMARY_CHANGES)


@pytest.mark.parametrize("name", PRIMARY_CHANGES)
def test_each_choice_of_the_primary_comparison_changes_the_report(trial, protocol, meta, name):
    compare = (Contrast("process_version"), Contrast("sex"))
    first = PRIMARY if name != "spending_gamma" else replace(PRIMARY, spending="hwang_shih_decani", spending_gamma=1.0)
    plan = replace(plan_from_protocol(protocol), compare=compare, strata=("site",), primary=first)
    changed = replace(plan, primary=replace(first, **{name: PRIMARY_CHANGES[name]}))
    shown = [page_of(trial, protocol, meta, each) for each in (plan, changed)]
    assert shown[0] != shown[1]


def page_of(trial, protocol, meta, plan):
    """Return the pages of the comparisons alone, built without the rest of the report."""
    inputs = Inputs(trial, protocol, meta, plan)
    built = [primary_comparison.build(inputs), comparisons.build_tests(inputs)]
    words = Words("en")
    return "\n".join(
        line for each in built for line in [*body(each.body, words), *([words.text(each.lead)] if each.lead else [])]
    )


#: Each rule of kinetics, changed one by one, on samples on which it matters.
KINETIC_CHANGES = {
    "trapezoid": "linear",
    "end_rule": "extrapolate",
    "baseline": "observed",
    "half_life_rule": "best_fit",
    "end_day": 14.0,
    "tolerance": 8.0,
    "peak_window": (1.0, 2.0),
    "peak_samples": 9,
    "below_limit": "half_lloq",
    "most_extrapolated": 0.0,
}


def test_every_rule_of_kinetics_is_tried():
    assert {item.name for item in fields(KineticsRules)} == set(KINETIC_CHANGES)


@pytest.mark.parametrize("name", KINETIC_CHANGES)
def test_each_rule_of_kinetics_changes_the_report(trial, protocol, meta, name):
    """Samples on day 0 are left out, so that the rule for the beginning matters too."""
    tables = {**trial, "adpc": trial["adpc"].filter(pl.col("day") > 0)}
    words, shown = Words("en"), []
    for rules in (KineticsRules(), replace(KineticsRules(), **{name: KINETIC_CHANGES[name]})):
        page = kinetics.build(Inputs(tables, protocol, meta, replace(plan_from_protocol(protocol), kinetics=rules)))
        shown.append("\n".join([*body(page.body, words), *map(words.text, page.notes)]))
    assert shown[0] != shown[1]


def efficacy_of(protocol, **changes):
    return protocol.model_copy(update={"efficacy": protocol.efficacy.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("criteria", "required", "interval", "stable", "expected"),
    [
        ("IMWG 2016", True, None, None, (0, 0)),
        ("RECIST 1.1", True, None, None, (28, 42)),
        ("Lugano 2014", False, None, None, (None, 0)),
        ("RECIST 1.1", False, "6 wk", "8 wk", (None, 56)),
        ("Lugano 2014", True, "6 wk", "8 wk", (42, 56)),
    ],
)
def test_confirmation_and_stable_disease_come_from_the_protocol(
    protocol, criteria, required, interval, stable, expected
):
    changed = efficacy_of(
        protocol,
        criteria=criteria,
        confirmation_required=required,
        confirmation_interval=interval and Duration.parse(interval),
        minimum_stable_disease=stable and Duration.parse(stable),
    )
    plan = plan_from_protocol(changed)
    assert (plan.confirm_days, plan.stable_from_days) == expected
    assert ("stable_from_days" in plan.stated) == (stable is not None)


def central(protocol):
    return efficacy_of(
        protocol, independent_review=protocol.efficacy.independent_review.model_copy(update={"role": "primary"})
    )


@pytest.mark.parametrize(
    ("language", "unread"), [("en", "no assessment by this reader is recorded"), ("zh", "未记录该评估者的评估")]
)
def test_a_reader_of_record_who_read_nothing_is_not_replaced_by_the_investigator(
    trial, protocol, meta, language, unread
):
    tables = {**trial, "adrs": trial["adrs"].filter(pl.col("source") == "investigator")}
    report = build_report(tables, central(protocol), meta)
    shown = page(report, "14.2.1", language)
    first, rest = shown.split("\n", 2)[1:]
    assert Words(language).text(report.output("14.2.1").page.body.rows[0].head) == first
    assert unread in rest.split("\n")[0]
    assert unread in page(report, "14.2.4", language)
    headlines = {item.label.key: Words(language).show(item.cell.value).line for item in report.headlines}
    assert headlines["report.headline.response"] == unread
    assert "0.0%" not in headlines.values()


def test_progression_free_survival_and_duration_follow_the_reader_of_record(trial, protocol, meta):
    """The committee saw every progression a month later; both are shown, its own first where it is primary."""
    own = trial["adtte"].with_columns(reader=pl.when(pl.col("paramcd") == "PFS").then(pl.lit("investigator")))
    theirs = own.filter(pl.col("paramcd") == "PFS").with_columns(aval=pl.col("aval") + 30, reader=pl.lit("irc"))
    tables = {**trial, "adtte": pl.concat([own, theirs])}
    first = build_report(tables, protocol, meta)
    other = build_report(tables, central(protocol), meta)

    def blocks(report):
        shown = page(report, "14.2.4")
        parts = shown.split("Progression-free survival. ")[1:]
        return [part.split("\nOverall")[0].rstrip().split("\n", 1) for part in parts]

    (head, own_rows), (second, their_rows) = blocks(first)
    assert (head, second) == (
        "Reader of record: investigator",
        "Sensitivity analysis: independent review committee",
    )
    assert own_rows != their_rows
    assert [rows for _, rows in blocks(other)] == [their_rows, own_rows]
    figures = [report.output("14.2.5").page.body.data["lines"][0]["steps"][-1]["months"] for report in (first, other)]
    assert figures[1] - figures[0] == pytest.approx(30 / 30.4375)


@pytest.mark.parametrize(("language", "words"), [("en", "not yet due"), ("zh", "尚未到期")])
def test_month_3_counts_only_whom_it_is_due_for(trial, protocol, meta, language, words):
    """At a cut 60 days after the first infusion nobody's visit is due: no rate of 0 % is printed."""
    early = replace(meta, cut_at=datetime(2025, 5, 1, tzinfo=UTC), last_date=date(2025, 5, 1))
    keep = trial["adrs"].filter(pl.col("day") <= 40)
    tables = {**trial, "adrs": keep, "adsl": trial["adsl"].with_columns(death_date=None, died=False)}
    report = build_report(tables, protocol, early)
    rows = {row.head.key: row for row in report.output("14.2.1").page.body.rows if hasattr(row.head, "key")}
    sustained = Words(language).show(rows["report.row.sustained_response"].cells[0].value).line
    assert "0.0%" not in sustained
    assert words in page(report, "14.2.1", language)
    assert words in page(report, "14.2.2", language)


def test_no_response_domain_is_no_zero(trial, protocol, meta):
    report = build_report({**trial, "adrs": trial["adrs"].clear()}, protocol, meta)
    assert isinstance(report.output("14.2.1").page.body, Nothing)
