"""Parameters as plain data: back and forth for every design, and every fault with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.designs.randomised import RANDOMISED_DESIGNS
from celltrial.designs.randomised.group_sequential import FixedFutility, Futility, GroupSequential, WangTsiatis
from celltrial.designs.randomised.spending import Spending
from celltrial.designs.randomised.survival_scenario import SurvivalScenario
from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.single_arm.bop2 import Bop2
from celltrial.designs.single_arm.null_rate import NullEvidence
from celltrial.designs.sizing import SIZINGS
from celltrial.designs.sizing.enrolment import EnrolmentNeed, InfusedHistory
from celltrial.designs.sizing.plain_form import params_from_plain, plain_from_params

ROWS = {**SIZINGS, **SINGLE_ARM_DESIGNS, **RANDOMISED_DESIGNS}


@pytest.mark.parametrize("key", sorted(ROWS))
def test_every_example_survives_a_file(key):
    row = ROWS[key]
    text = json.dumps(plain_from_params(row.example))
    assert params_from_plain(row.params, json.loads(text)) == row.example


@pytest.mark.parametrize(
    "params",
    [
        GroupSequential((0.5, 1.0), efficacy=WangTsiatis(0.25), futility=FixedFutility((0.0,), binding=True)),
        GroupSequential((0.5, 1.0), futility=Futility(Spending("hwang_shih_decani", -2.0), under_null=True)),
        EnrolmentNeed(10, InfusedHistory(8, 10)),
    ],
)
def test_the_kind_that_fits_is_taken(params):
    assert params_from_plain(type(params), json.loads(json.dumps(plain_from_params(params)))) == params


def faults(cls, values):
    with pytest.raises(UserError) as caught:
        params_from_plain(cls, values, where="design")
    return [(item.id, item.where) for item in caught.value.faults]


HAZARD = {"starts": [0], "rates": [0.1]}


@pytest.mark.parametrize(
    ("cls", "values", "expected"),
    [
        (EnrolmentNeed, {"infused_needed": 5}, [("DSG-008", "design")]),
        (EnrolmentNeed, {"infused_needed": 5, "infused_rate": 0.5, "x": 1}, [("DSG-007", "design")]),
        (
            EnrolmentNeed,
            {"infused_needed": 2.5, "infused_rate": "half"},
            [("DSG-405", "design.infused_needed"), ("DSG-405", "design.infused_rate")],
        ),
        (EnrolmentNeed, {"infused_needed": True, "infused_rate": 0.5}, [("DSG-405", "design.infused_needed")]),
        (EnrolmentNeed, [], [("DSG-405", "design")]),
        (EnrolmentNeed, {"infused_needed": 0, "infused_rate": 0.5}, [("DSG-402", "design")]),
        (
            EnrolmentNeed,
            {"infused_needed": 5, "infused_rate": {"infused": 4, "enrolled": 3}},
            [("DSG-402", "design.infused_rate")],
        ),
        (GroupSequential, {"information": 1}, [("DSG-405", "design.information")]),
        (GroupSequential, {"information": [1], "efficacy": {"kind": "linear"}}, [("DSG-405", "design.efficacy.kind")]),
        (GroupSequential, {"information": [1], "efficacy": {"what": 1}}, [("DSG-405", "design.efficacy")]),
        (
            NullEvidence,
            {"studies": [{"label": 1, "responders": 1, "subjects": 2}]},
            [("DSG-405", "design.studies[0].label")],
        ),
        (NullEvidence, {"studies": [], "method": "reml"}, [("DSG-405", "design.method")]),
        (
            Bop2,
            {"looks": [10], "efficacy": {"null_rate": 0.2, "cut_off": 0.9}},
            [("DSG-405", "design.efficacy.cut_off")],
        ),
        (
            SurvivalScenario,
            {"subjects": 50, "accrual": 1, "control": HAZARD, "treated": {"starts": [0], "rates": [-1]}},
            [("DSG-305", "design.treated")],
        ),
        (
            SurvivalScenario,
            {"subjects": 50, "accrual": 1, "control": HAZARD, "treated": {"starts": [0, "1"], "rates": [1]}},
            [("DSG-405", "design.treated.starts[1]")],
        ),
    ],
)
def test_every_fault_has_its_place(cls, values, expected):
    assert faults(cls, values) == expected


leaf = st.one_of(st.none(), st.booleans(), st.integers(-5, 50), st.floats(), st.text(max_size=3))
tree = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(ROWS)), st.data())
def test_torn_data_are_refused_by_id_and_never_otherwise(key, data):
    row = ROWS[key]
    plain = plain_from_params(row.example)
    for _ in range(data.draw(st.integers(1, 2))):
        inside = plain
        while isinstance(inside, dict) and inside:
            name = data.draw(st.sampled_from(sorted(inside)))
            if isinstance(inside[name], dict) and data.draw(st.booleans()):
                inside = inside[name]
                continue
            inside[name] = data.draw(tree)
            break
    try:
        read = params_from_plain(row.params, plain)
    except UserError as refused:
        assert all(item.id.startswith(("DSG-", "COR-")) for item in refused.faults)
    else:
        assert isinstance(read, row.params)
