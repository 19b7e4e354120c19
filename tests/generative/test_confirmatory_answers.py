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


def answers(key, examples, *, derandomize):
    """Return how many of the changed examples were answered; one that is refused always would prove nothing."""
    row, answered = ROWS[key], 0

    @settings(max_examples=examples, deadline=None, database=None, derandomize=derandomize)
    @given(st.data())
    def check(data):
        nonlocal answered
        plain = shaken(data.draw, plain_from_params(row.example))
        try:
            params = params_from_plain(row.params, plain)
            result = row.function(params) if row.exact else row.function(params, root_seed=1)
        except UserError as refused:
            assert all(item.id.startswith("DSG-") for item in refused.faults)
            return
        answered += 1
        message = row.describe(params, result)
        for language in LANGUAGES:
            assert "nan" not in translate(message.id, language, **message.params)

    check()
    return answered


@pytest.mark.parametrize("key", KEYS)
def test_an_answer_or_a_refusal(key):
    assert answers(key, 8, derandomize=True) >= 1


@pytest.mark.long
@pytest.mark.parametrize("key", KEYS)
def test_an_answer_or_a_refusal_at_length(key):
    assert answers(key, 600, derandomize=False) >= 60
