"""A randomised trial from its facts to the page: arms from randomisation, and the boundary that the protocol spends."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.conduct.envelope import Actor, Event, Precision, Role
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.subject import events as journey
from celltrial.conduct.facts.trial import events as trial_facts
from celltrial.conduct.vocabulary import AssessmentSource, ConsentKind, Origin, Persons, Sex
from celltrial.core.dates import Instant
from celltrial.datasets import derive
from celltrial.datasets.analysis_plan import PrimaryComparison, plan_from_protocol
from celltrial.locale import LANGUAGES
from celltrial.protocol import read_protocol
from celltrial.report import ReportMeta, build_report
from celltrial.report.content.output import Figure, Nothing
from celltrial.report.figures import draw
from celltrial.report.render.words import Words

from .test_report_golden import body

TIL = Path(__file__).resolve().parents[3] / "examples" / "til-melanoma-randomised.yaml"
ACTOR = Actor("a1", Role.INVESTIGATOR, "01")
START = date(2025, 1, 1)
META = ReportMeta("CT-TIL-01", origin="simulated", last_date=date(2027, 1, 1))


@pytest.fixture(scope="module")
def protocol():
    return read_protocol(TIL.read_text(encoding="utf-8"), TIL.name)


def facts(subjects, arm_of=lambda i: ("cells", "control")[i % 2]):
    """Yield (day, fact): everybody enrolled and randomised; progression and death after their arm's own time."""
    rng = random.Random(5)
    yield 0, trial_facts.TrialRegistered("CT-TIL-01", "TIL", "sponsor", Origin.SIMULATED, Persons.NOT_PROVED, "")
    for i in range(subjects):
        name, day = f"T-{i:03d}", i
        yield (
            day,
            journey.SubjectScreened(name, "01", "id", Sex.FEMALE if i % 3 else Sex.MALE, date(1950 + i % 40, 6, 1)),
        )
        yield day, journey.ConsentSigned(name, ConsentKind.MAIN, "1.0", START + timedelta(days=day))
        yield day + 3, journey.SubjectEnrolled(name, "01", 1, "c1")
        yield day + 5, journey.SubjectRandomised(name, arm_of(i), ("BRAF", "wild type")[i // 2 % 2], str(i))
        lasted = int(rng.expovariate(1 / (300 if i % 2 == 0 else 120))) + 1
        seen = day + 5 + lasted
        if lasted < 400:
            on = START + timedelta(days=seen)
            yield seen, assessment.DiseaseProgressed(name, on, "RECIST 1.1", AssessmentSource.INDEPENDENT_READER)
        else:
            on = START + timedelta(days=day + 405)
            yield (
                day + 405,
                assessment.ResponseAssessed(
                    name, "RECIST 1.1", "V", "SD", AssessmentSource.INDEPENDENT_READER, on, "reader"
                ),
            )


def events(subjects, **given):
    found = []
    for position, (day, fact) in enumerate(sorted(facts(subjects, **given), key=lambda pair: pair[0]), start=1):
        moment = datetime(2025, 1, 1, 2, tzinfo=UTC) + timedelta(days=day)
        stamp = Instant(moment, "Europe/Amsterdam")
        found.append(Event("CT-TIL-01", position, "s", position, fact, stamp, Precision.SECOND, moment, ACTOR))
    return found


def told(report, number, language="en"):
    words = Words(language)
    page = report.output(number).page
    lead = [words.text(page.lead)] if page.lead else []
    return "\n".join([*lead, *body(page.body, words)])


def test_the_plan_comes_from_the_protocol(protocol):
    assert plan_from_protocol(protocol).primary == PrimaryComparison("PFS", looks=(0.7, 1.0), events=163)
    assert plan_from_protocol(protocol).subgroups == ("sex", "age", "stratum")


def test_arms_are_followed_from_randomisation(protocol):
    data = derive(events(40), protocol)
    rows = data.adtte.filter(origin="randomisation", paramcd="PFS", reader="irc")
    assert rows.height == 40
    assert data.adsl["randomised_date"].null_count() == 0
    assert set(data.adsl["stratum"]) == {"BRAF", "wild type"}
    [first] = rows.filter(usubjid="T-000").iter_rows(named=True)
    assert (first["adt"] - date(2025, 1, 6)).days == first["aval"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trial_before_its_first_look_concludes_nothing(protocol, language):
    shown = told(build_report(derive(events(60), protocol), protocol, META), "14.2.8", language)
    assert {"en": "No look is due yet; nothing is concluded.", "zh": "尚未到分析时点，不作结论。"}[language] in shown


def test_a_trial_at_its_look_is_held_against_the_bound(protocol):
    report = build_report(derive(events(170), protocol), protocol, META)
    shown = told(report, "14.2.8")
    assert "Log-rank test within strata" in shown
    assert "look 1 of 2" in shown
    assert "163 events" in shown
    tests = told(report, "14.2.10").split("\n")
    [primary] = [line for line in tests if line.endswith("the primary question, as the plan says")]
    assert primary.startswith("Log-rank test within strata")
    assert "drawn by lot" not in told(report, "14.2.9")


def test_the_forest_of_a_randomised_trial_names_both_arms(protocol):
    report = build_report(derive(events(170), protocol), protocol, META)
    found = report.output("14.2.14").page.body
    assert isinstance(found, Figure)
    svg = draw(found, Words("en"), prefix="f")
    assert "cells better" in svg
    assert "stratum: BRAF" in svg


def test_a_blinded_reader_sees_no_comparison_of_arms(protocol):
    data = derive(events(60, arm_of=lambda _: HIDDEN), protocol)
    report = build_report(data, protocol, META)
    assert isinstance(report.output("14.2.8").page.body, Nothing)
    assert HIDDEN not in told(report, "14.2.9")
