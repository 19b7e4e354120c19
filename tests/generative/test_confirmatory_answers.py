"""Near every example: an answer that describes itself in both languages, or a refusal by id; never another error or warning."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.designs.randomised import RANDOMISED_DESIGNS
from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.sizing import SIZINGS
from celltrial.designs.sizing.plain_form import params_from_plain, plain_from_params
from celltrial.locale import LANGUAGES, translate

ROWS = {**SIZINGS, **SINGLE_ARM_DESIGNS, **RANDOMISED_DESIGNS}
#: Those left out search over many designs; their parts are fuzzed on their own.
KEYS = sorted(key for key, row in ROWS.items() if not row.allocates and key not in {"bop2", "survival_by_simulation"})
CAPS = {"n_max": 100, "trials": 100, "subjects": 400}


def shaken(draw, value, name=""):
    if isinstance(value, dict):
        return {key: shaken(draw, item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [shaken(draw, item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if name == "trials":
        return 100
    if draw(st.booleans()):
        return min(value, CAPS.get(name, value))
    factor = draw(st.sampled_from([0.001, 0.1, 0.5, 0.8, 0.95, 1.05, 1.2, 1.5, 2.0, 10.0]))
    changed = max(1, math.floor(value * factor)) if isinstance(value, int) else value * factor
    return min(changed, CAPS.get(name, changed))


def check(data):
    key = data.draw(st.sampled_from(KEYS))
    row = ROWS[key]
    plain = shaken(data.draw, plain_from_params(row.example))
    try:
        params = params_from_plain(row.params, plain)
        result = row.function(params) if row.exact else row.function(params, root_seed=1)
    except UserError as refused:
        assert all(item.id.startswith("DSG-") for item in refused.faults)
        return
    message = row.describe(params, result)
    for language in LANGUAGES:
        assert "nan" not in translate(message.id, language, **message.params)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_an_answer_or_a_refusal(data):
    check(data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None)
@given(st.data())
def test_an_answer_or_a_refusal_at_length(data):
    check(data)
