"""C6: a grade is derived wherever raw signs permit, on the scale on which the event was reported and on no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from celltrial.clinical import SCALES
from celltrial.conduct.acts.safety.commands import (
    AnswerQuery,
    CloseQuery,
    GradeAdverseEvent,
    RecordSigns,
    ReportAdverseEvent,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.safety.events import (
    AdverseEventGraded,
    AdverseEventReported,
    QueryAnswered,
    QueryClosed,
    QueryOpened,
    SignsRecorded,
)
from celltrial.conduct.facts.safety.grades import grade_on
from celltrial.conduct.ruling import Refused
from celltrial.conduct.views.engines import ENGINES
from celltrial.conduct.views.stopping import on_record
from celltrial.conduct.vocabulary import Finding, GradeSource, Relatedness
from celltrial.core.values import Term

PRESSOR = (
    Finding("temperature", "39.1", "degC"), Finding("symptoms", "yes"), Finding("hypotension", "yes"),
    Finding("vasopressors", "norepinephrine"), Finding("high_dose_vasopressor", "no"),
    Finding("oxygen_device", "room_air"), Finding("organ_toxicity_grade", "1"), Finding("transaminase_grade", "1"),
    Finding("life_threatening", "no"),
)  # fmt: skip
CONFUSED = (
    Finding("cartox_score", "5"), Finding("obtunded", "no"), Finding("raised_pressure", "no"),
    Finding("cerebral_oedema", "no"), Finding("seizure", "none"), Finding("motor_weakness", "no"),
)  # fmt: skip


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def report(trip, category, scale, grade, findings, *, key="AE-1", term="", name="P1", day=0):
    onset = trip.state.subjects[name].infusions[0].at.local_date + timedelta(days=day)
    return ReportAdverseEvent(
        AdverseEventReported(
            name, key, term or category, "", category, grade, scale, onset, Precision.DAY, (),
            Relatedness.PROBABLE, True, trip.moment, None, tuple(findings),
        )
    )  # fmt: skip


def derived(decision):
    return [(item.grade, item.at_least, item.rule) for item in facts(decision, AdverseEventGraded)]


@pytest.fixture
def treated(journey):
    trip = journey({"stopping.rules": []})
    trip.treat("P1", "B1")
    trip.wait(days=40)
    return trip


@pytest.mark.parametrize(
    ("category", "scale", "findings", "expected"),
    [
        ("CRS", "ASTCT-2019", PRESSOR, (3, False, "crs_astct_2019/1")),
        ("CRS", "Lee 2014", PRESSOR, (2, False, "crs_lee_2014/1")),
        ("crs", "CTCAE 5.0", PRESSOR, (3, False, "crs_ctcae_5/1")),
        ("CRES", "CARTOX-2018", CONFUSED, (2, False, "cres_cartox_2018/3")),
        ("ICANS", "CARTOX-2018", CONFUSED, (2, False, "cres_cartox_2018/3")),
    ],
)
def test_ac_c6_3_each_scale_has_its_own_engine_and_none_is_compared_with_another(
    treated, category, scale, findings, expected
):
    done = treated.do(report(treated, category, scale, expected[0], findings))
    assert derived(done) == [expected]
    assert not facts(done, QueryOpened)
    event = treated.state.subjects["P1"].adverse_events["AE-1"]
    assert {item.scale for item in event.grades.values()} == {scale}
    assert grade_on(event, "MAGIC") is None


def test_a_scale_without_an_engine_derives_nothing(treated):
    assert derived(treated.do(report(treated, "CRS", "Penn", 3, PRESSOR))) == []


def test_a_laboratory_event_is_graded_from_its_value_and_limits(treated):
    value = Finding("value", "0.45", "1e9/L")
    done = treated.do(report(treated, "", "CTCAE-5.0", 3, [value], term="Neutrophil count decreased"))
    assert derived(done) == [(4, False, "ctcae_5_lab/3")]
    assert str(facts(done, QueryOpened)[0].detail) == "reported_and_derived(reported=3, derived=4)"
    same = report(treated, "", "CTCAE-6.0", 3, [value], key="AE-2", term="Neutrophil count decreased")
    assert derived(treated.do(same)) == [(3, False, "ctcae_6_lab/4")]


def test_a_laboratory_value_without_its_limit_asks_for_it(treated):
    value = Finding("value", "1.6", "1e9/L")
    done = treated.do(report(treated, "", "CTCAE-5.0", None, [value], term="neutrophil count decreased"))
    assert [(grade, open_) for grade, open_, _ in derived(done)] == [(None, True)]
    assert facts(done, QueryOpened)[0].detail == Term("query", "lab_limit_missing")


def counts(trip, concept, unit, values):
    first = trip.state.subjects["P1"].infusions[0].at.local_date
    return [Finding(concept, str(value), unit, first + timedelta(days=day)) for day, value in values]


def test_icaht_is_derived_from_daily_counts_after_the_infusion(treated):
    low = [(day, 0.4 if 5 <= day < 12 else 2.0) for day in range(31)]
    early = counts(treated, "absolute_neutrophil_count", "1e9/L", low)
    assert derived(treated.do(report(treated, "ICAHT", "ICAHT-2023", 2, early, day=5))) == [
        (2, False, "icaht_early_2023/3")
    ]
    late = counts(treated, "absolute_neutrophil_count", "/uL", [(33, 450), (38, 900)])
    done = treated.do(report(treated, "ICAHT", "ICAHT-2023", 3, late, key="AE-2", day=33))
    assert derived(done) == [(3, False, "icaht_late_2023/1")]
    platelets = counts(treated, "platelet_count", "1e9/L", [(day, 15 if day < 3 else 60) for day in range(31)])
    done = treated.do(report(treated, "T-ICAHT", "T-ICAHT", 3, platelets, key="AE-3"))
    assert derived(done) == [(3, False, "t_icaht_early/1")]


def test_an_iec_hs_grade_below_its_treatment_opens_a_query(treated):
    done = treated.do(report(treated, "IEC-HS", "IEC-HS-2023", 3, [Finding("dialysis", "yes")]))
    assert [item[0] for item in derived(done)] == [4]
    assert "iec_hs_grade_below_treatment" in str(facts(done, QueryOpened)[0].detail)


def test_signs_that_come_in_later_settle_a_grade_that_was_at_least(treated):
    hot = Finding("temperature", "39.1", "degC")
    first = treated.do(report(treated, "CRS", "ASTCT-2019", 2, [hot, Finding("hypotension", "yes")]))
    graded = facts(first, AdverseEventGraded)[0]
    assert (graded.grade, graded.at_least, graded.at_most) == (2, True, 4)
    more = (Finding("vasopressors", "norepinephrine"), Finding("oxygen_device", "room_air"))
    done = treated.do(RecordSigns(SignsRecorded("P1", "AE-1", more)))
    assert derived(done) == [(3, False, "crs_astct_2019/1")]
    assert facts(done, AdverseEventGraded)[0].at_most is None
    query = facts(done, QueryOpened)[0].query
    assert not facts(treated.do(RecordSigns(SignsRecorded("P1", "AE-1", more))), QueryOpened)
    treated.do(AnswerQuery(QueryAnswered(query, "stopped at once")))
    treated.do(CloseQuery(QueryClosed(query)))
    again = treated.do(RecordSigns(SignsRecorded("P1", "AE-1", more)))
    assert [item.query for item in facts(again, QueryOpened)] == [f"{query}/2"]
    assert isinstance(treated.ask(RecordSigns(SignsRecorded("P1", "AE-1", ()))), Refused)


@pytest.mark.parametrize(("grade_at_least", "qualifies"), [(3, 1), (4, 1), (5, 0)])
def test_an_unknown_grade_counts_at_the_worst_that_its_signs_leave_open(journey, grade_at_least, qualifies):
    """P7: unknown grade counts at the worst consistent grade until resolved."""
    event = {"terms": ["CRS"], "grade_at_least": grade_at_least, "scale": "ASTCT-2019", "window": "90 d"}
    trip = journey({"stopping.rules.0.event": event})
    trip.treat("P1", "B1")
    trip.wait(days=1)
    trip.do(report(trip, "CRS", "ASTCT-2019", None, [Finding("temperature", "39.1"), Finding("hypotension", "yes")]))
    assert trip.state.subjects["P1"].adverse_events["AE-1"].counted_grade == 4
    assert on_record(trip.state, "S-1", "") == qualifies
    settled = (Finding("vasopressors", "none"), Finding("oxygen_device", "room_air"))
    trip.do(RecordSigns(SignsRecorded("P1", "AE-1", settled)))
    assert trip.state.subjects["P1"].adverse_events["AE-1"].counted_grade == 2
    assert on_record(trip.state, "S-1", "") == 0


def test_nobody_enters_a_derived_grade_and_the_site_does_not_adjudicate(treated):
    treated.do(report(treated, "CRS", "ASTCT-2019", 2, ()))
    for source, role, code in (
        (GradeSource.DERIVED, Role.MEDICAL_MONITOR, Code.VALUE_NOT_USABLE),
        (GradeSource.ADJUDICATED, Role.INVESTIGATOR, Code.ROLE_NOT_ALLOWED),
    ):
        entered = GradeAdverseEvent(AdverseEventGraded("P1", "AE-1", source, 1, "ASTCT-2019"))
        refused = treated.ask(entered, role=role, reason="read again")
        assert [item.code for item in refused.conditions] == [code]


def test_every_toxicity_scale_has_its_row_but_for_those_that_grade_no_event():
    """A screen, a diagnostic score, a baseline risk score and a growth chart grade no adverse event."""
    no_event = {"iec_hs_screen_2023", "hscore_2014", "car_hematotox_2021", "who_growth"}
    laboratory = {"ctcae_5_lab", "ctcae_6_lab"}
    of_time = {"icaht_early_2023", "icaht_late_2023", "t_icaht_early", "t_icaht_late"}
    rows = len(set(ENGINES.values()))
    assert rows == len(set(SCALES) - no_event - laboratory - of_time) + 2
