"""C6: grades derived, reported and adjudicated stand side by side; clocks start at awareness."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rehearsal import signature

from celltrial.conduct.acts.cohort.commands import ConfirmDoseLimitingToxicity
from celltrial.conduct.acts.safety.commands import (
    AnswerQuery,
    CloseQuery,
    GradeAdverseEvent,
    ReassessAdverseEvent,
    RecodeAdverseEvent,
    ReopenQuery,
    ReportAdverseEvent,
    ResolveAdverseEvent,
    SubmitExpeditedReport,
)
from celltrial.conduct.acts.subject.commands import RecordDeath
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.safety.events import (
    AdverseEventGraded,
    AdverseEventReassessed,
    AdverseEventRecoded,
    AdverseEventReported,
    AdverseEventResolved,
    ExpeditedReportDue,
    ExpeditedReportSubmitted,
    QueryAnswered,
    QueryClosed,
    QueryOpened,
    QueryReopened,
)
from celltrial.conduct.facts.safety.state import counted
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import Finding, GradeSource, Outcome, Relatedness, Seriousness
from celltrial.core.dates import Instant

COLD = (Finding("oxygen_device", "nasal_cannula"), Finding("oxygen_flow", "4", "L/min"))
HOT = Finding("temperature", "39.1", "degC")


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def report(
    trip, key="AE-1", *, grade=None, findings=(), seriousness=(), expected=True, aware=None, category="CRS", onset=None
):
    fact = AdverseEventReported(
        "P1", key, category, "", category, grade, "ASTCT-2019", onset or trip.local("P1").local_date, Precision.DAY, seriousness,
        Relatedness.PROBABLE, expected, aware or trip.moment, None, findings,
    )  # fmt: skip
    return ReportAdverseEvent(fact)


@pytest.fixture
def treated(journey):
    trip = journey({"stopping.rules": []})
    trip.treat("P1", "B1")
    return trip


@pytest.mark.parametrize(
    ("findings", "grade"),
    [
        ((HOT, Finding("hypotension", "yes"), Finding("vasopressors", "norepinephrine"), *COLD), 3),
        ((HOT, Finding("hypotension", "no"), Finding("vasopressors", "none"), *COLD), 2),
        ((HOT, Finding("hypotension", "yes"), Finding("vasopressors", "norepinephrine, phenylephrine"), *COLD), 4),
        ((HOT, Finding("hypotension", "yes"), Finding("vasopressors", "norepinephrine, vasopressin"), *COLD), 3),
    ],
)
def test_the_grade_is_derived_from_raw_signs_beside_the_reported_one(treated, findings, grade):
    """AC-C6.1: the first four sets of signs."""
    done = treated.do(report(treated, grade=grade, findings=findings))
    derived = facts(done, AdverseEventGraded)[0]
    assert (derived.source, derived.grade, derived.at_least) == (GradeSource.DERIVED, grade, False)
    assert derived.rule == "crs_astct_2019/1"
    grades = treated.state.subjects["P1"].adverse_events["AE-1"].grades
    assert set(grades) == {GradeSource.REPORTED, GradeSource.DERIVED}
    assert not facts(done, QueryOpened)


def test_fever_that_went_with_tocilizumab_leaves_the_pressor_to_decide(treated):
    """AC-C6.1: afebrile after tocilizumab, still on one pressor."""
    signs = (
        Finding("temperature", "36.8", "degC"), Finding("fever_masked", "yes"), Finding("episode_open", "yes"),
        Finding("hypotension", "yes"), Finding("vasopressors", "norepinephrine"), Finding("oxygen_device", "room_air"),
    )  # fmt: skip
    done = treated.do(report(treated, grade=3, findings=signs))
    assert facts(done, AdverseEventGraded)[0].grade == 3


def test_missing_signs_make_the_grade_at_least(treated):
    done = treated.do(report(treated, grade=2, findings=(HOT, Finding("hypotension", "yes"))))
    derived = facts(done, AdverseEventGraded)[0]
    assert derived.at_least
    assert derived.grade == 2


def test_a_difference_opens_a_query_that_is_answered_and_closed(treated):
    signs = (HOT, Finding("hypotension", "no"), Finding("vasopressors", "none"), *COLD)
    done = treated.do(report(treated, grade=1, findings=signs))
    query = facts(done, QueryOpened)[0]
    assert str(query.detail) == "reported_and_derived(reported=1, derived=2)"
    assert codes(treated.ask(CloseQuery(QueryClosed(query.query)))) == [Code.NOT_KNOWN]
    treated.do(AnswerQuery(QueryAnswered(query.query, "oxygen was for comfort")))
    treated.do(CloseQuery(QueryClosed(query.query)))
    assert treated.state.queries[query.query].status == "closed"
    assert codes(treated.ask(ReopenQuery(QueryReopened(query.query)))) == [Code.REASON_MISSING]
    treated.do(ReopenQuery(QueryReopened(query.query)), reason="the answer names another day")
    assert treated.state.queries[query.query].status == "open"


def test_an_adjudicated_grade_counts_and_removes_none(treated):
    treated.do(report(treated, grade=4))
    treated.do(
        GradeAdverseEvent(AdverseEventGraded("P1", "AE-1", GradeSource.ADJUDICATED, 2, "ASTCT-2019")),
        role=Role.MEDICAL_MONITOR,
        reason="adjudicated on the source",
    )
    event = treated.state.subjects["P1"].adverse_events["AE-1"]
    assert event.counted_grade == 2
    assert event.grades[GradeSource.REPORTED].grade == 4


@pytest.mark.parametrize(
    ("reported", "derived", "at_least", "expected"),
    [
        (None, None, False, 5),
        (None, 2, True, 5),
        (None, 2, False, 2),
        (1, 2, True, 2),
        (3, 2, False, 3),
        (2, None, False, 2),
    ],
)
def test_what_is_not_settled_counts_at_its_worst(reported, derived, at_least, expected):
    grades = [AdverseEventGraded("P", "A", GradeSource.REPORTED, reported, "x")]
    if derived is not None:
        grades.append(AdverseEventGraded("P", "A", GradeSource.DERIVED, derived, "x", at_least))
    assert counted(grades) == expected


def test_a_fatal_event_calls_the_monitor_and_its_clock_starts_at_awareness(treated):
    """AC-C6.4: alert in the same transaction; the clock starts at awareness."""
    treated.wait(days=3)
    aware = Instant(treated.now - timedelta(days=3))
    began = treated.local("P1").local_date - timedelta(days=3)
    done = treated.do(
        report(treated, grade=5, seriousness=(Seriousness.DEATH,), expected=False, aware=aware, onset=began)
    )
    assert [item.code for item in facts(done, AlertRaised)] == [Code.ALERT_FATAL]
    due = facts(done, ExpeditedReportDue)[0]
    assert (due.rule, due.started, due.due.utc - aware.utc) == ("susar_fatal", aware, timedelta(days=7))
    treated.do(SubmitExpeditedReport(ExpeditedReportSubmitted("AE-1", "susar_fatal", "CN-1")))
    again = treated.ask(SubmitExpeditedReport(ExpeditedReportSubmitted("AE-1", "susar_fatal", "CN-2")))
    assert codes(again) == [Code.NOT_KNOWN]


@pytest.mark.parametrize("way", ["resolved", "graded", "reassessed"])
def test_an_event_that_turns_fatal_later_calls_the_monitor_and_starts_the_short_clock(treated, way):
    """AC-C6.4: whichever record says that it was fatal, at once, with the clock from awareness."""
    aware = Instant(treated.now - timedelta(hours=5))
    first = treated.do(
        report(treated, grade=3, seriousness=(Seriousness.HOSPITALISATION,), expected=False, aware=aware)
    )
    assert not facts(first, AlertRaised)
    treated.wait(days=1)
    today = treated.local("P1").local_date
    commands = {
        "resolved": ResolveAdverseEvent(AdverseEventResolved("P1", "AE-1", today, Outcome.FATAL)),
        "graded": GradeAdverseEvent(AdverseEventGraded("P1", "AE-1", GradeSource.REPORTED, 5, "ASTCT-2019")),
        "reassessed": ReassessAdverseEvent(
            AdverseEventReassessed("P1", "AE-1", Relatedness.PROBABLE, (Seriousness.DEATH,), expected=False)
        ),
    }
    done = treated.do(commands[way], reason="died this morning")
    alert, due = facts(done, AlertRaised)[0], facts(done, ExpeditedReportDue)[0]
    assert (alert.code, alert.for_role) == (Code.ALERT_FATAL, Role.MEDICAL_MONITOR)
    assert (due.rule, due.started, due.due.utc - aware.utc) == ("susar_fatal", aware, timedelta(days=7))


def test_a_fatal_event_is_serious_whether_or_not_somebody_ticked_it(treated):
    done = treated.do(report(treated, grade=5, seriousness=(), expected=False))
    assert [item.rule for item in facts(done, ExpeditedReportDue)] == ["susar_fatal"]


def test_a_death_without_an_event_calls_the_monitor_and_one_with_a_fatal_event_does_not_call_twice(treated):
    """AC-C6.4."""
    done = treated.do(RecordDeath("P1", treated.local("P1").local_date))
    assert [(item.code, item.for_role) for item in facts(done, AlertRaised)] == [
        (Code.ALERT_FATAL, Role.MEDICAL_MONITOR)
    ]
    treated.treat("P2", "B2")
    day = treated.local("P2").local_date
    fact = AdverseEventReported(
        "P2", "AE-2", "CRS", "", "CRS", 5, "ASTCT-2019", day, Precision.DAY, (), Relatedness.PROBABLE, True,
        treated.moment,
    )  # fmt: skip
    treated.do(ReportAdverseEvent(fact))
    assert not facts(treated.do(RecordDeath("P2", day)), AlertRaised)


def test_other_unexpected_serious_reactions_have_fifteen_days_and_expected_ones_none(treated):
    done = treated.do(report(treated, "AE-1", grade=3, seriousness=(Seriousness.HOSPITALISATION,), expected=None))
    due = facts(done, ExpeditedReportDue)[0]
    assert (due.rule, due.due.utc - due.started.utc) == ("susar_other", timedelta(days=15))
    assert not facts(
        treated.do(report(treated, "AE-2", grade=3, seriousness=(Seriousness.HOSPITALISATION,))), ExpeditedReportDue
    )
    assert not facts(treated.do(report(treated, "AE-3", grade=3, expected=False)), ExpeditedReportDue)


def test_another_value_in_place_of_an_earlier_one_has_its_reason(treated):
    """Integrity: old value, new value and why."""
    treated.do(report(treated, grade=3))
    regraded = AdverseEventGraded("P1", "AE-1", GradeSource.REPORTED, 2, "ASTCT-2019")
    reassessed = AdverseEventReassessed("P1", "AE-1", Relatedness.UNRELATED, (), expected=False)
    recoded = AdverseEventRecoded("P1", "AE-1", "10000001", "infection")
    for command in (GradeAdverseEvent(regraded), ReassessAdverseEvent(reassessed), RecodeAdverseEvent(recoded)):
        assert codes(treated.ask(command)) == [Code.REASON_MISSING]
        treated.do(command, reason="source checked")
        assert treated.events[-1].reason == "source checked"


def test_an_event_that_becomes_grave_gets_the_shorter_clock_too(treated):
    treated.do(report(treated, grade=3, seriousness=(Seriousness.HOSPITALISATION,), expected=False))
    graver = AdverseEventReassessed(
        "P1", "AE-1", Relatedness.PROBABLE, (Seriousness.HOSPITALISATION, Seriousness.LIFE_THREATENING), expected=False
    )
    done = treated.do(ReassessAdverseEvent(graver), reason="life-threatening since noon")
    assert [item.rule for item in facts(done, ExpeditedReportDue)] == ["susar_fatal"]


def test_bad_reports_are_refused_with_everything_that_is_wrong(treated):
    fact = AdverseEventReported(
        "P1", "", " ", "", "", 7, "", treated.local("P1").local_date + timedelta(days=1), Precision.DAY, (),
        Relatedness.UNKNOWN, None, Instant(treated.now + timedelta(hours=1)),
    )  # fmt: skip
    refused = treated.ask(ReportAdverseEvent(fact))
    assert codes(refused) == [*[Code.VALUE_NOT_USABLE] * 4, *[Code.TIME_IN_FUTURE] * 2]


def test_an_event_id_is_never_reused(treated):
    treated.do(report(treated, grade=1))
    assert codes(treated.ask(report(treated, grade=2))) == [Code.ID_TAKEN]


@pytest.mark.parametrize(
    ("findings", "grade"),
    [
        ((Finding("ice_score", "3"), Finding("seizure", "clinical_resolved_rapidly"), Finding("arousal", "alert")), 3),
        ((Finding("ice_score", "0"), Finding("arousal", "alert"), Finding("seizure", "none")), 3),
        ((Finding("ice_score", "0"), Finding("cannot_perform", "yes"), Finding("arousal", "unarousable")), 4),
    ],
)
def test_neurotoxicity_is_derived_by_its_own_scale(treated, findings, grade):
    """AC-C6.2: ICE 3 with a seizure resolving rapidly; ICE 0 awake; ICE 0 unarousable."""
    known = (Finding("age", "60", "y"), Finding("deep_focal_weakness", "no"), Finding("pressure_signs", "none"))
    done = treated.do(report(treated, grade=grade, findings=(*findings, *known), category="ICANS"))
    derived = facts(done, AdverseEventGraded)[0]
    assert (derived.grade, derived.rule) == (grade, "icans_astct_2019/3")


def test_haemorrhage_alone_is_no_neurotoxicity(treated):
    """AC-C6.2: intracranial haemorrhage alone."""
    known = (
        Finding("age", "60", "y"), Finding("ice_score", "10"), Finding("arousal", "alert"), Finding("seizure", "none"),
        Finding("deep_focal_weakness", "no"), Finding("pressure_signs", "none"),
        Finding("other_findings", "intracranial haemorrhage"),
    )  # fmt: skip
    assert (
        facts(treated.do(report(treated, grade=1, findings=known, category="ICANS")), AdverseEventGraded)[0].grade == 0
    )


def test_an_event_that_meets_a_dlt_rule_is_put_on_the_monitors_list_until_adjudicated(treated):
    done = treated.do(report(treated, grade=4))
    assert [(item.kind, item.owner) for item in facts(done, TaskOpened)] == [
        (Code.TASK_ADJUDICATE_DLT, "medical_monitor")
    ]
    assert not facts(treated.do(report(treated, "AE-2", grade=1)), TaskOpened)
    treated.do(ConfirmDoseLimitingToxicity("P1", "AE-1", (signature("medical_monitor", treated.moment),)))
    assert "dlt/AE-1" not in treated.state.tasks


def test_findings_that_cannot_be_read_open_a_query_and_derive_nothing(treated):
    done = treated.do(report(treated, grade=2, findings=(Finding("oxygen_device", "a straw"),)))
    assert not facts(done, AdverseEventGraded)
    assert str(facts(done, QueryOpened)[0].detail) == "findings_not_usable"
