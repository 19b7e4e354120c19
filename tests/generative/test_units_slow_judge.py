"""Conversions against a slow, obvious reading: every unit as a list of primes and base units, multiplied out by hand.

The judge knows no grammar: it builds a unit and its spelling together, from a table of prefixes and atoms of its own (SI
brochure, 9th edition, table 7; 1 mmHg = 133.322 Pa; U = umol/min), and carries the worth as a fraction beside the text.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity, convert, observations
from celltrial.core.units import as_decimal

PREFIX = {"": 0, "d": -1, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15}
NUMERATORS = {
    "g": ("d",),
    "mol": ("d", "f"),
}
VOLUMES = {"L": ("", "d", "m", "u", "µ", "μ"), "l": ("", "d", "m", "u")}
POWERS = ("10^{}", "10*{}", "×10^{}", "x10^{}", "10E{}", "1e{}", "10**{}", "x 10^{} ")


@st.composite
def concentrations(draw, kind):
    """A text with what it is worth, in grams, moles or cells per litre."""
    volume = draw(st.sampled_from(sorted(VOLUMES)))
    small = draw(st.sampled_from(VOLUMES[volume]))
    below = Fraction(10) ** PREFIX[small]
    if kind == "cells":
        power = draw(st.integers(1, 12))
        text = draw(st.sampled_from(POWERS)).format(power) + draw(st.sampled_from(("", " cells", "个")))
        return f"{text}/{small}{volume}", Fraction(10) ** power / below
    prefix = draw(st.sampled_from([name for name in PREFIX if name not in NUMERATORS[kind]]))
    return f"{prefix}{kind}/{small}{volume}", Fraction(10) ** PREFIX[prefix] / below


numbers = st.decimals(0, 10**6, places=6, allow_nan=False)


@pytest.mark.parametrize("kind", ["g", "mol", "cells"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_conversion_is_what_multiplying_out_says(kind, data):
    (source, worth), (target, other) = data.draw(concentrations(kind)), data.draw(concentrations(kind))
    number = data.draw(numbers)
    assert convert(Quantity.of(number, source), target) == as_decimal(Fraction(number) * worth / other)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_mass_meets_substance_by_the_molar_mass_and_by_nothing_else(data):
    molar = {"creatinine": "113.12", "glucose": "180.156", "bilirubin": "584.66", "BUN": "28.014", "钙": "40.078"}
    name = data.draw(st.sampled_from(sorted(molar)))
    (mass, grams), (substance, moles) = data.draw(concentrations("g")), data.draw(concentrations("mol"))
    number = data.draw(numbers)
    expected = Fraction(number) * grams / Fraction(molar[name]) / moles
    assert Quantity.of(number, mass).exactly(substance, name) == expected
    back = Quantity(number, substance).exactly(mass, name)
    assert back == Fraction(number) * moles * Fraction(molar[name]) / grams


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_there_and_back_is_the_same_number_for_every_observation(data):
    item = data.draw(st.sampled_from([one for one in observations() if len(one.units) > 1]))
    pairs = [(a, b) for a in item.units for b in item.units]
    source, target = data.draw(st.sampled_from(pairs))
    number = data.draw(numbers)
    try:
        there = Quantity.of(number, source).exactly(target, item.code)
    except UserError as error:
        assert [one.id for one in error.faults] == ["COR-032"]
        return
    two = Quantity.of(2, target).exactly(source, item.code)
    one = Quantity.of(1, target).exactly(source, item.code)
    assert one + (two - one) * (there - 1) == Fraction(number)
