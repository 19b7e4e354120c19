"""ICANS by ASTCT 2019: the vectors of the rule table, AC-C6.2, the edges."""

from __future__ import annotations

import pytest

from celltrial.clinical.derivation import Attribution
from celltrial.clinical.icans_astct import Arousal, IcansFindings, PressureSign, Seizure, derive_icans_grade
from celltrial.clinical.ice import CognitionItems, cartox_10, ice_score
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError

CALM = {
    "age_years": 60,
    "ice": 10,
    "arousal": Arousal.ALERT,
    "seizure": Seizure.NONE,
    "deep_focal_weakness": False,
    "pressure_signs": (),
}
CHILD = CALM | {"age_years": 7, "ice": None, "capd": 0}


def grade(base=CALM, **changes):
    return derive_icans_grade(IcansFindings(**(base | changes)))


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        (CALM, {}, 0),
        (CALM, {"ice": 3, "seizure": Seizure.CLINICAL_RESOLVED_RAPIDLY}, 3),
        (CALM, {"ice": 0}, 3),
        (CALM, {"ice": 0, "arousal": Arousal.UNAROUSABLE}, 4),
        (CALM, {"ice": None, "cannot_perform": True, "arousal": Arousal.UNAROUSABLE}, 4),
        (CALM, {"pressure_signs": {PressureSign.FOCAL_OEDEMA}}, 3),
        (CALM, {"ice": 8, "pressure_signs": {PressureSign.PAPILLOEDEMA}}, 4),
        (CHILD, {"capd": 8, "arousal": Arousal.WAKES_TO_VOICE}, 2),
        (CHILD, {"capd": 9}, 3),
        (CHILD, {"capd": 8, "arousal": Arousal.WAKES_SPONTANEOUSLY}, 1),
        (CHILD, {"capd": None, "cannot_perform": True}, 4),
        (CHILD, {}, 0),
        (CALM, {"ice": 9}, 1),
        (CALM, {"ice": 7}, 1),
        (CALM, {"ice": 6}, 2),
        (CALM, {"ice": 3}, 2),
        (CALM, {"ice": 2}, 3),
        (CALM, {"arousal": Arousal.WAKES_TO_TOUCH}, 3),
        (CALM, {"seizure": Seizure.NON_CONVULSIVE_RESOLVED_WITH_TREATMENT}, 3),
        (CALM, {"seizure": Seizure.PROLONGED}, 4),
        (CALM, {"seizure": Seizure.REPETITIVE_WITHOUT_RECOVERY}, 4),
        (CALM, {"seizure": Seizure.CLINICAL_RESOLVED_RAPIDLY, "seizure_minutes": 5}, 3),
        (CALM, {"seizure": Seizure.CLINICAL_RESOLVED_RAPIDLY, "seizure_minutes": "5.1"}, 4),
        (CALM, {"deep_focal_weakness": True}, 4),
        (CALM, {"death_due_to_icans": True}, 5),
        *[(CALM, {"pressure_signs": {sign}}, 4) for sign in PressureSign if sign is not PressureSign.FOCAL_OEDEMA],
    ],
)
def test_grade(base, changes, expected):
    found = grade(base, **changes)
    assert found.grade == expected
    assert not found.incomplete


def test_intracranial_haemorrhage_alone_is_not_icans():
    found = grade(other_findings=("intracranial haemorrhage",))
    assert found.grade == 0
    assert Caveat.CTCAE_ONLY_FINDINGS in found.caveats


def test_under_sedation_arousal_is_not_evaluable():
    found = grade(sedated=True, arousal=Arousal.WAKES_TO_TOUCH, ice=8)
    assert not found.domain("arousal").is_evaluable
    assert found.label == ">=1"
    assert Query.ICANS_TESTED_UNDER_SEDATION in found.queries


def test_sedation_as_a_cause_makes_the_domain_ne_and_another_cause_excludes_it():
    midazolam = Attribution("arousal", "sedation", "midazolam until 04:00", "pi-01")
    stroke = Attribution("motor", "stroke", "MRI", "pi-01")
    assert not grade(attributions=(midazolam,), arousal=Arousal.UNAROUSABLE).domain("arousal").is_evaluable
    assert grade(attributions=(stroke,), deep_focal_weakness=True).label == "0"


def test_the_instrument_is_recorded():
    assert grade().caveats == (Caveat.INSTRUMENT_ICE,)
    assert grade(CHILD).caveats == (Caveat.INSTRUMENT_CAPD,)
    assert grade(age_years=12).caveats == (Caveat.INSTRUMENT_ICE,)
    assert grade(age_years=12, ice=None, capd=9).caveats == (Caveat.INSTRUMENT_CAPD,)
    assert grade(age_years=30, developmental_delay=True, ice=None, capd=9).grade == 3


def test_ice_in_a_child_is_not_counted_and_is_queried():
    found = grade(age_years=7, ice=2)
    assert found.label == "NE"
    assert Query.ICANS_INSTRUMENT_MISMATCH in found.queries


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"ice": None}, "NE"),
        ({"ice": 0, "arousal": None}, ">=3"),
        ({"seizure": None, "ice": 5}, ">=2"),
        ({"deep_focal_weakness": None, "pressure_signs": {PressureSign.PAPILLOEDEMA}}, "4"),
    ],
)
def test_missing_input_is_never_zero(changes, label):
    assert grade(**changes).label == label


def test_nothing_known_is_ne():
    found = derive_icans_grade(IcansFindings())
    assert (found.label, found.grade) == ("NE", None)
    assert Query.ICANS_AGE_MISSING in found.queries


def test_score_and_arousal_that_disagree_are_queried():
    assert Query.ICANS_ICE_AND_AROUSAL_DISAGREE in grade(ice=7, arousal=Arousal.UNAROUSABLE).queries
    assert Query.ICANS_ICE_AND_AROUSAL_DISAGREE in grade(ice=None, cannot_perform=True).queries
    assert grade(ice=0, arousal=Arousal.UNAROUSABLE, cannot_perform=True).queries == ()


@pytest.mark.parametrize("changes", [{"ice": 11}, {"ice": -1}, {"capd": 33}, {"age_years": 131}])
def test_scores_outside_their_instrument_are_refused(changes):
    with pytest.raises(UserError) as caught:
        grade(**changes)
    assert caught.value.faults[0].id == "CLN-002"


def test_ice_and_cartox_totals_come_from_their_items():
    items = CognitionItems(
        year=True, month=True, city=False, hospital=True, named_objects=2, sentence=True, counts_back=True,
        command=True, head_of_state=False,
    )  # fmt: skip
    assert (ice_score(items), cartox_10(items)) == (8, 7)
    assert ice_score(CognitionItems(year=True)) is None
    with pytest.raises(UserError):
        CognitionItems(named_objects=4)


@pytest.mark.parametrize("cause", ["sedation", "stroke"])
@pytest.mark.parametrize("base", [CALM, CHILD])
def test_who_is_unarousable_for_another_reason_is_not_grade_4_for_it(base, cause):
    """Midazolam, or a stroke: ICE 0 is grade 3 at least, and a test that could not be done says nothing."""
    said = (Attribution("arousal", cause, "given for ventilation", "investigator"),)
    unable = grade(
        base | {"ice": None, "capd": None}, cannot_perform=True, arousal=Arousal.UNAROUSABLE, attributions=said
    )
    assert (unable.label, unable.domain("cognition").low) == ("NE", None)
    if base is CALM:
        tested = grade(ice=0, arousal=Arousal.UNAROUSABLE, attributions=said)
        assert tested.label == ">=3"
    both = grade(base | {"ice": None, "capd": None}, cannot_perform=True, arousal=Arousal.UNAROUSABLE)
    assert both.label == "4"
