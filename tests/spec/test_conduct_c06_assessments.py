"""C6: what the site enters reaches the engine: units, other causes, the end of follow-up; and an event keeps its worst grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from celltrial.conduct.acts.assessment.commands import RecordNewTherapy, RecordProgression
from celltrial.conduct.acts.safety.commands import RecordSigns, ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import RecordDeath
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import DiseaseProgressed, NewTherapyStarted
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported, QueryOpened, SignsRecorded
from celltrial.conduct.vocabulary import AssessmentSource, Finding, GradeSource, Relatedness

AWAKE = (
    Finding("ice_score", "10"), Finding("arousal", "alert"), Finding("seizure", "none"),
    Finding("deep_focal_weakness", "no"), Finding("pressure_signs", "none"),
)  # fmt: skip
CRES = (
    Finding("cartox_score", "10"), Finding("obtunded", "no"), Finding("raised_pressure", "yes"),
    Finding("cerebral_oedema", "no"), Finding("seizure", "none"), Finding("motor_weakness", "no"),
    Finding("papilloedema_stage", "0"),
)  # fmt: skip


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


@pytest.fixture
def treated(journey):
    trip = journey({"stopping.rules": []})
    trip.treat("P1", "B1")
    trip.wait(days=90)
    return trip


def day(trip, number):
    return trip.state.subjects["P1"].infusions[0].at.local_date + timedelta(days=number)


def report(trip, category, scale, findings, *, grade=None, on=2, term=""):
    return trip.do(
        ReportAdverseEvent(
            AdverseEventReported(
                "P1", "AE-1", term or category, "", category, grade, scale, day(trip, on), Precision.DAY, (),
                Relatedness.PROBABLE, True, trip.moment, None, tuple(findings),
            )
        )
    )  # fmt: skip


def label(decision):
    [graded] = facts(decision, AdverseEventGraded)
    return f"{'>=' if graded.at_least else ''}{graded.grade}"


def crs(temperature, pressors, device="room_air", *more, on=None):
    said = [("temperature", temperature, "degC"), ("hypotension", "no" if pressors == "none" else "yes", "")]
    said += [("vasopressors", pressors, ""), ("oxygen_device", device, "")]
    return (*(Finding(name, value, unit, on) for name, value, unit in said), *more)


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding("temperature", "100.4", "degF"), "1"),
        (Finding("temperature", "100.3", "degF"), "0"),
        (Finding("temperature", "38.0"), "1"),
    ],
)
def test_a_temperature_is_read_in_its_own_unit(treated, finding, expected):
    signs = (*crs("36", "none")[1:], finding)
    assert label(report(treated, "CRS", "ASTCT-2019", signs)) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"), [("25", "mmHg", "4"), ("25", "cmH2O", "3"), ("28", "cmH2O", "4")]
)
def test_an_opening_pressure_in_centimetres_of_water_is_none_in_millimetres_of_mercury(treated, value, unit, expected):
    """20 mmHg are 27.2 cmH2O."""
    signs = (*CRES, Finding("opening_pressure", value, unit))
    assert label(report(treated, "CRES", "CARTOX-2018", signs)) == expected


@pytest.mark.parametrize(("value", "unit", "uses_capd"), [("18", "mo", True), ("18", "a", False), ("143", "mo", True)])
def test_an_age_in_months_is_not_one_in_years(treated, value, unit, uses_capd):
    done = report(treated, "ICANS", "ASTCT-2019", (*AWAKE, Finding("age", value, unit)))
    [graded] = facts(done, AdverseEventGraded)
    assert (graded.grade is None) is uses_capd


@pytest.mark.parametrize(
    "finding",
    [Finding("temperature", "39", "mmHg"), Finding("temperature", "39", "K"), Finding("oxygen_flow", "4", "%")],
)
def test_a_unit_that_does_not_measure_it_derives_nothing_and_is_asked_back(treated, finding):
    signs = (*crs("39", "none", "nasal_cannula", Finding("oxygen_flow", "4", "L/min")), finding)
    done = report(treated, "CRS", "ASTCT-2019", signs)
    assert not facts(done, AdverseEventGraded)
    assert str(facts(done, QueryOpened)[0].detail) == "findings_not_usable"


# --- what the rules file asks of the site ----------------------------------------------------------------------------


def test_ventilation_for_airway_protection_only_is_not_grade_4(treated):
    signs = crs("38.5", "none", "mechanical_ventilation", Finding("airway_protection_only", "yes"))
    assert label(report(treated, "CRS", "ASTCT-2019", signs)) == "1"


@pytest.mark.parametrize(
    ("on", "considered", "asked"), [(14, "", False), (15, "", True), (15, "sepsis ruled out", False)]
)
def test_an_onset_after_day_14_asks_for_the_other_causes_that_were_considered(treated, on, considered, asked):
    more = (Finding("late_cause_considered", considered),) if considered else ()
    done = report(treated, "CRS", "ASTCT-2019", crs("38.5", "none", "room_air", *more), on=on)
    assert any("crs_late_onset" in str(item.detail) for item in facts(done, QueryOpened)) is asked


def test_a_child_with_developmental_delay_is_not_tested_by_ice(treated):
    signs = (*AWAKE, Finding("age", "15", "a"), Finding("developmental_delay", "yes"), Finding("capd_score", "9"))
    assert label(report(treated, "ICANS", "ASTCT-2019", signs)) == "3"


def test_a_cause_in_chinese_is_read_with_its_own_punctuation(treated):
    said = Finding("attributed", "hypotension＝感染：血培养阳性；hypoxia=肺炎：影像学证实")
    signs = crs("38.5", "norepinephrine", "face_mask", said)
    assert label(report(treated, "CRS", "ASTCT-2019", signs)) == "1"


def test_a_finding_with_another_cause_does_not_count(treated):
    signs = crs(
        "38.5", "norepinephrine", "room_air", Finding("attributed", "hypotension=infection: blood culture positive")
    )
    assert label(report(treated, "CRS", "ASTCT-2019", signs)) == "1"


def test_sedation_leaves_arousal_open(treated):
    sleeping = [item for item in AWAKE if item.concept not in {"ice_score", "arousal"}]
    said = Finding("attributed", "arousal=sedation: midazolam; motor=stroke: seen on MRI")
    signs = (*sleeping, Finding("age", "50", "a"), Finding("arousal", "unarousable"), Finding("ice_score", "3"), said)
    assert label(report(treated, "ICANS", "ASTCT-2019", signs)) == ">=2"


@pytest.mark.parametrize(
    "said", ["hypotention=infection: x", "hypotension=infection", "hypotension: infection", "arousal=a: b"]
)
def test_another_cause_names_a_finding_of_the_scale_a_cause_and_a_reason(treated, said):
    done = report(treated, "CRS", "ASTCT-2019", crs("38.5", "norepinephrine", "room_air", Finding("attributed", said)))
    assert not facts(done, AdverseEventGraded)
    assert str(facts(done, QueryOpened)[0].detail) == "findings_not_usable"


def test_a_life_threatening_anaemia_is_grade_4_and_its_number_alone_a_minimum(treated):
    signs = (Finding("value", "70", "g/L"), Finding("lower_limit", "130", "g/L"))
    done = report(treated, "", "CTCAE-5.0", signs, grade=4, term="Anemia")
    assert label(done) == ">=3"
    assert not any("reported" in str(item.detail) for item in facts(done, QueryOpened)), (
        "4 is no lower than the minimum"
    )
    more = SignsRecorded("P1", "AE-1", (Finding("life_threatening", "yes"),))
    assert label(treated.do(RecordSigns(more))) == "4"


def test_the_laboratory_screen_stands_behind_an_iec_hs_event(treated):
    no = ("haemophagocytosis", "cytopenia_new_or_worse", "ferritin_rising_rapidly")
    labs = [
        ("ferritin", "500", "ug/L"),
        ("ferritin_upper_limit", "300", "ng/mL"),
        ("ferritin_at_infusion", "400", "ng/mL"),
    ]
    labs += [
        (f"{enzyme}{part}", value, "U/L")
        for enzyme in ("alt", "ast")
        for part, value in (("", "40"), ("_upper_limit", "50"))
    ]
    labs += [("fibrinogen", "2.5", "g/L"), ("fibrinogen_lower_limit", "200", "mg/dL")]
    signs = [Finding(name, value, unit) for name, value, unit in labs] + [Finding(name, "no") for name in no]
    done = report(treated, "IEC-HS", "IEC-HS-2023", signs, grade=2)
    assert "iec_hs_criteria_not_met" in str(facts(done, QueryOpened)[0].detail)


def test_a_grade_that_nobody_entered_is_not_said_to_be_too_low(treated):
    done = report(treated, "IEC-HS", "IEC-HS-2023", [Finding("dialysis", "yes")])
    assert label(done) == ">=4"
    assert not facts(done, QueryOpened)


# --- the end of the counts -------------------------------------------------------------------------------------------


def neutrophils(trip, values):
    return [Finding("absolute_neutrophil_count", str(value), "/uL", day(trip, number)) for number, value in values]


def test_neutrophils_low_from_day_2_to_death_on_day_16_are_grade_4(journey):
    """A vector of the rules: nadir from day 2 to death on day 16."""
    trip = journey({"stopping.rules": []})
    trip.treat("P1", "B1")
    trip.wait(days=20)
    low = neutrophils(trip, [(number, 2000 if number < 2 else 400) for number in range(17)])
    assert label(report(trip, "ICAHT", "ICAHT-2023", low)) == ">=3"
    trip.do(RecordDeath("P1", day(trip, 16)))
    again = SignsRecorded("P1", "AE-1", tuple(neutrophils(trip, [(16, 400)])))
    assert label(trip.do(RecordSigns(again))) == "4"


@pytest.mark.parametrize(
    ("progressed", "therapy", "expected"),
    [(None, None, "4"), (50, None, "2"), (None, 50, "2"), (60, 45, "0"), (-10, None, "4")],
)
def test_late_neutropenia_is_not_counted_past_progression_or_new_therapy(treated, progressed, therapy, expected):
    if progressed is not None:
        fact = DiseaseProgressed("P1", day(treated, progressed), "RECIST 1.1", AssessmentSource.INVESTIGATOR)
        treated.do(RecordProgression(fact))
    if therapy is not None:
        treated.do(RecordNewTherapy(NewTherapyStarted("P1", "bendamustine", "systemic", day(treated, therapy))))
    signs = neutrophils(treated, [(35, 2000), (40, 2000), (46, 900), (48, 950), (70, 90), (75, 95)])
    assert label(report(treated, "ICAHT", "ICAHT-2023", signs, on=46)) == expected


# --- the worst of an episode -----------------------------------------------------------------------------------------


def grade_of(trip):
    return trip.state.subjects["P1"].adverse_events["AE-1"].grades[GradeSource.DERIVED]


def later(trip, findings):
    return trip.do(RecordSigns(SignsRecorded("P1", "AE-1", tuple(findings))))


def recovered(on):
    return crs(
        "36.8",
        "none",
        "room_air",
        Finding("episode_open", "yes", "", on),
        Finding("fever_masked", "yes", "", on),
        on=on,
    )


def test_recovery_does_not_lower_the_grade_of_the_event(treated):
    """Rules 0.4: an episode has its worst grade, also where the site has entered none."""
    report(treated, "CRS", "ASTCT-2019", crs("39", "norepinephrine", on=day(treated, 2)))
    assert grade_of(treated).grade == 3
    assert not facts(later(treated, recovered(day(treated, 5))), AdverseEventGraded)
    known = treated.state.subjects["P1"].adverse_events["AE-1"]
    assert (grade_of(treated).grade, known.counted_grade) == (3, 3)
    worse = later(treated, crs("39", "norepinephrine, epinephrine", on=day(treated, 7)))
    assert label(worse) == "4"


def test_a_grade_by_an_earlier_version_of_the_rule_is_kept_too(treated):
    report(treated, "CRS", "ASTCT-2019", crs("39", "norepinephrine", on=day(treated, 2)))
    older = replace(grade_of(treated), rule="crs_astct_2019/0")
    treated.state = evolve(treated.state, treated.event(older))
    assert label(later(treated, recovered(day(treated, 5)))) == "3"


def test_an_earlier_day_entered_late_does_not_lower_it_either(treated):
    report(treated, "CRS", "ASTCT-2019", crs("39", "norepinephrine", on=day(treated, 4)))
    assert not facts(later(treated, crs("38.5", "none", on=day(treated, 2))), AdverseEventGraded)
    assert grade_of(treated).grade == 3


def test_signs_of_the_same_day_put_it_right(treated):
    report(treated, "CRS", "ASTCT-2019", crs("39", "norepinephrine", on=day(treated, 2)))
    assert label(later(treated, crs("39", "none", on=day(treated, 2)))) == "1"


def test_what_another_day_leaves_open_opens_the_grade_of_the_event(treated):
    report(treated, "CRS", "ASTCT-2019", crs("39", "norepinephrine", on=day(treated, 2)))
    unknown = (Finding("vasopressors", "unknown", "", day(treated, 3)),)
    assert label(later(treated, unknown)) == ">=3"
    assert (grade_of(treated).at_most, grade_of(treated).deciding) == (4, "hypotension")
