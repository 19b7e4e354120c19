"""The signs that people are asked for are those that each engine reads: engines read signs that keep a list of what was asked."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest

from celltrial.conduct.views.engines import ENGINES, LABORATORY, Case, engine_for
from celltrial.conduct.views.sign_lists import LABORATORY_SIGNS, SIGNS, signs_for
from celltrial.conduct.views.signs import Signs
from celltrial.core.errors import UserError


class Listening(Signs):
    """Signs of which nothing is known, and what was asked of them."""

    def __init__(self):
        super().__init__(())
        self.asked = []

    def _found(self, concept):
        self.asked.append(concept)

    def counts(self, concept, unit, start):
        self.asked.append(concept)
        return super().counts(concept, unit, start)


def asked(category, term, scale):
    found = set()
    for onset in (date(2026, 1, 3), date(2026, 3, 3)):
        signs = Listening()
        case = Case(category, term, scale, None, onset, date(2026, 1, 1), signs)
        with contextlib.suppress(UserError, ValueError):
            engine_for(case)(case)
        found |= set(signs.asked)
    return found


@pytest.mark.parametrize("key", [*ENGINES], ids=str)
def test_every_engine_is_asked_for_exactly_what_it_reads(key):
    assert [*SIGNS] == [*ENGINES]
    category, scale = key
    listed = [item.concept for item in signs_for(category, "", scale)]
    assert len(listed) == len(set(listed))
    assert set(listed) == asked(category, "", scale)


@pytest.mark.parametrize("scale", [*LABORATORY])
def test_a_laboratory_term_is_asked_for_what_its_grading_reads(scale):
    assert signs_for("", "Anemia", scale) == LABORATORY_SIGNS
    assert {item.concept for item in LABORATORY_SIGNS} == asked("", "Anemia", scale)
    assert signs_for("infection", "Pneumonia", scale) == ()
