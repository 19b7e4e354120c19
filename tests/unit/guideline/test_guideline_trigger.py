"""Triggers: a small language in three-valued logic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.core.truth import Truth
from celltrial.guideline.trigger import VOCABULARY, applicability, check_trigger, names_of

NAMES = ("gene_modified", "malignancy", "paediatric")


@pytest.mark.parametrize(
    ("trigger", "facts", "truth"),
    [
        ("always", {}, Truth.TRUE),
        ("gene_modified", {"gene_modified": True}, Truth.TRUE),
        ("gene_modified", {}, Truth.UNKNOWN),
        ("not gene_modified", {"gene_modified": True}, Truth.FALSE),
        ("phase == 'exploratory'", {"phase": "exploratory"}, Truth.TRUE),
        ("phase != 'exploratory'", {"phase": "exploratory"}, Truth.FALSE),
        ("phase == 'exploratory'", {}, Truth.UNKNOWN),
        ("product_type in ['CAR-T', 'TCR-T']", {"product_type": "NK"}, Truth.FALSE),
        ("product_type not in ['CAR-T', 'TCR-T']", {"product_type": "NK"}, Truth.TRUE),
        ("paediatric and not adult_data", {"paediatric": False}, Truth.FALSE),
        ("paediatric and not adult_data", {"adult_data": False}, Truth.UNKNOWN),
        ("paediatric or gene_modified", {"gene_modified": True}, Truth.TRUE),
        ("design == 'SAT' or blinding == 'open'", {"design": "RCT"}, Truth.UNKNOWN),
    ],
)
def test_truth(trigger, facts, truth):
    assert applicability(trigger, facts).truth is truth


def test_unknown_applies_and_names_what_is_not_known():
    found = applicability("exogenous_gene and vector_integration == 'integrating'", {"exogenous_gene": True})
    assert (found.applies, found.unknown) == (True, ("vector_integration",))


def test_only_the_facts_that_decided_are_named():
    facts = {"exogenous_gene": False, "vector_integration": "none"}
    found = applicability("exogenous_gene and vector_integration == 'integrating'", facts)
    assert not found.applies
    assert found.because == facts
    assert applicability("exogenous_gene and vector_integration == 'none'", facts).because == {"exogenous_gene": False}
    assert applicability("always", facts).because == {}


def test_names_in_order_of_appearance():
    assert names_of("phase == 'confirmatory' and (design == 'SAT' or blinding == 'open')") == (
        "phase",
        "design",
        "blinding",
    )


@pytest.mark.parametrize(
    "trigger",
    [
        "",
        "gene_modified and",
        "unknown_fact",
        "__import__('os')",
        "phase == 3",
        "phase < 'x'",
        "'x' == phase",
        "phase == design",
        "phase in 'exploratory'",
        "phase in [design]",
        "gene_modified + malignancy",
        "always == 'x'",
        "lambda: 1",
        "phase == 'a' == 'b'",
        "not " * 600 + "fih",
        "(" * 230 + "fih" + ")" * 230,
        "\x00",
    ],
)
def test_anything_else_is_refused(trigger):
    with pytest.raises(UserError) as caught:
        check_trigger(trigger, where="clause 9")
    assert [(item.id, item.where) for item in caught.value.faults] == [("GDL-004", "clause 9")]


def expressions():
    leaves = st.sampled_from(NAMES)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda text: f"not ({text})"),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        ),
        max_leaves=8,
    )


@given(expression=expressions(), known=st.fixed_dictionaries({name: st.booleans() for name in NAMES}))
def test_known_facts_agree_with_python(expression, known):
    expected = eval(expression, {"__builtins__": {}}, dict(known))
    assert applicability(expression, known).truth is Truth.of(expected)


@given(
    expression=expressions(),
    facts=st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in NAMES}),
)
def test_a_decided_trigger_stays_when_more_becomes_known(expression, facts):
    found = applicability(expression, facts)
    for fill in (True, False):
        filled = {name: fill if value is None else value for name, value in facts.items()}
        if found.truth is not Truth.UNKNOWN:
            assert applicability(expression, filled).truth is found.truth


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        check_trigger(text)
    except UserError as error:
        assert error.faults[0].id == "GDL-004"


@pytest.mark.shared
def test_vocabulary_of_the_requirements(shared):
    text = (shared / "guideline" / "requirements.md").read_text(encoding="utf-8")
    start = text.index("**Trigger vocabulary**")
    paragraph = text[start : text.index("Unknown evaluates", start)]
    assert all(name in paragraph for name in VOCABULARY)
