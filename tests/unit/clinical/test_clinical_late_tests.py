"""Late tests and yearly contact: persistence until two negatives, clonality, replication-competent virus, loss (F2)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from celltrial.clinical.annual_contact import (
    Attempt,
    ContactState,
    DelayedEvent,
    contact_state,
    derive_annual_contact,
    may_be_lost,
)
from celltrial.clinical.late_tests import CloneFindings, LateResult, derive_clonality, derive_persistence, derive_rcr
from celltrial.core.dates import add_months
from celltrial.core.errors import UserError

INFUSED, ENDS = date(2025, 3, 1), date(2040, 3, 1)


def sampled(*detected, months=6):
    return [LateResult(add_months(INFUSED, months * (i + 1)), found) for i, found in enumerate(detected)]


def persistence(results, **more):
    return derive_persistence(results, infused_on=INFUSED, ends_on=ENDS, **more)


@pytest.mark.parametrize(
    ("detected", "category", "due"),
    [
        ([], "DUE", date(2025, 9, 1)),
        ([True], "DUE", date(2026, 3, 1)),
        ([False], "DUE", date(2026, 3, 1)),
        ([True, False, False], "STOPPED", None),
        ([False, True, False], "DUE", date(2027, 3, 1)),
        ([False, None, False], "STOPPED", None),
        ([False, None], "DUE", date(2026, 3, 1)),
        ([False, False, True], "RETURNED", date(2027, 3, 1)),
        ([False, False, True, False], "DUE", date(2027, 9, 1)),
        ([False, False, True, False, False], "STOPPED", None),
        ([True] * 9, "DUE", date(2030, 3, 1)),
        ([True] * 10, "DUE", date(2031, 3, 1)),
    ],
)
def test_persistence_is_tested_every_6_months_for_5_years_then_yearly_until_two_negatives(detected, category, due):
    """AC-F2.2: negative, negative, then positive brings the tests back."""
    found = persistence(sampled(*detected))
    assert (found.category, found.parts.get("due")) == (category, None if due is None else str(due))
    assert found.as_record() == persistence(sampled(*detected)[::-1]).as_record()


def test_persistence_ends_with_follow_up_and_the_number_of_negatives_is_the_protocols():
    assert persistence([LateResult(date(2039, 9, 1), detected=True)]).parts["due"] == str(ENDS)
    assert persistence([LateResult(ENDS, detected=True)]).category == "ENDED"
    assert persistence(sampled(False, False), negatives_to_stop=3).category == "DUE"
    with pytest.raises(UserError) as caught:
        persistence([], negatives_to_stop=0)
    assert caught.value.faults[0].id == "CLN-007"


@pytest.mark.parametrize(
    ("shares", "category", "change"),
    [
        (("0.0099", None, None), "NONE", None),
        (("0.01", None, None), "INTEGRATION_SITES", None),
        (("0.01", "0.19", None), "NONE", None),
        (("0.01", "0.20", None), "PREDOMINANT_CLONE", "first"),
        ((None, "0.31", "0.12"), "PREDOMINANT_CLONE", "grew"),
        ((None, "0.31", "0.31"), "PREDOMINANT_CLONE", "did_not_grow"),
        ((None, "0.12", None), "NONE", None),
        ((None, None, "0.12"), "NE", None),
    ],
)
def test_clonality(shares, category, change):
    """AC-F2.3: a dominant clone that goes from 12 % to 31 % is repeated within 3 months."""
    found = derive_clonality(CloneFindings(date(2027, 1, 31), *shares))
    assert (found.category, found.parts.get("change")) == (category, change)
    if change:
        assert date.fromisoformat(found.parts["due"]) == date(2027, 4, 30)
    assert found.incomplete == (category in {"NE", "INTEGRATION_SITES"})


def test_what_is_predominant_is_a_parameter_and_shares_are_shares():
    half = CloneFindings(INFUSED, "0.5", "0.31")
    assert derive_clonality(half, predominant_from="0.5").category == "NONE"
    assert derive_clonality(half, predominant_from=Decimal("0.31")).category == "PREDOMINANT_CLONE"
    with pytest.raises(UserError) as caught:
        derive_clonality(CloneFindings(INFUSED, 5))
    assert caught.value.faults[0].id == "CLN-002"


def rcr(*detected, ends=ENDS):
    results = [LateResult(INFUSED + timedelta(i), found, archived=found is None) for i, found in enumerate(detected)]
    return derive_rcr(results, infused_on=INFUSED, ends_on=ends)


@pytest.mark.parametrize(
    ("detected", "category", "due"),
    [
        ([], "TEST", date(2025, 3, 1)),
        ([False], "TEST", date(2025, 6, 1)),
        ([False] * 2, "TEST", date(2025, 9, 1)),
        ([False] * 3, "TEST", date(2026, 3, 1)),
        ([False] * 4, "ARCHIVE", date(2027, 3, 1)),
        ([False] * 4 + [None], "ARCHIVE", date(2028, 3, 1)),
        ([False] * 4 + [None] * 13, "ARCHIVE", date(2040, 3, 1)),
        ([False] * 4 + [None] * 14, "ENDED", None),
        ([False, False, True], "EXPAND", None),
        ([False] * 4 + [None, True], "EXPAND", None),
    ],
)
def test_replication_competent_virus_at_0_3_6_12_months_then_yearly_and_kept_after_a_negative_year(
    detected, category, due
):
    found = rcr(*detected)
    assert (found.category, found.parts.get("due")) == (category, None if due is None else str(due))


def test_a_sample_that_could_not_be_judged_is_due_again():
    unjudged = [LateResult(INFUSED, detected=False), LateResult(date(2025, 6, 1), detected=None)]
    assert derive_rcr(unjudged, infused_on=INFUSED, ends_on=ENDS).parts["due"] == "2025-06-01"


def ticks(**changes):
    return dict.fromkeys(DelayedEvent, False) | {DelayedEvent(name): answer for name, answer in changes.items()}


def test_every_class_of_delayed_event_is_ticked_and_unknown_is_an_open_item():
    clear = derive_annual_contact(ticks())
    assert (clear.category, clear.incomplete) == ("CLEAR", False)
    unknown = derive_annual_contact(ticks(neurologic=None, pregnancy=None))
    assert (unknown.category, unknown.deciding, unknown.incomplete) == ("OPEN", ("neurologic", "pregnancy"), True)
    event = derive_annual_contact(ticks(new_malignancy=True, neurologic=None))
    assert (event.category, event.deciding, event.incomplete) == ("EVENT", ("new_malignancy",), True)
    partial = {DelayedEvent.NEW_MALIGNANCY: True}
    not_asked = derive_annual_contact(partial)
    assert (not_asked.category, len(not_asked.deciding)) == ("NE", 6)


def attempts(*reached):
    return [Attempt(date(2027, 3, 1) + timedelta(7 * i), answer) for i, answer in enumerate(reached)]


@pytest.mark.parametrize(
    ("reached", "lost"),
    [
        ([], False),
        ([False, False], False),
        ([False, False, False], True),
        ([False, False, True], False),
        ([False, False, True, False, False], False),
        ([False, False, True, False, False, False], True),
        ([False, False, False, True], False),
    ],
)
def test_three_documented_attempts_since_the_last_contact_before_lost(reached, lost):
    for order in permutations(attempts(*reached)) if len(reached) < 6 else [attempts(*reached)[::-1]]:
        assert may_be_lost(order) == lost
    assert not may_be_lost(attempts(*reached), needed=4)


OPENS, CLOSES = date(2027, 2, 1), date(2027, 4, 1)


@pytest.mark.parametrize(
    ("today", "known", "state"),
    [
        (OPENS - timedelta(1), {}, ContactState.DUE),
        (OPENS, {}, ContactState.IN_WINDOW),
        (CLOSES, {}, ContactState.IN_WINDOW),
        (CLOSES + timedelta(1), {}, ContactState.OVERDUE),
        (CLOSES + timedelta(1), {"missed": True}, ContactState.MISSED),
        (CLOSES + timedelta(1), {"contacted": True, "died_on": CLOSES}, ContactState.CONTACTED),
        (OPENS, {"died_on": OPENS}, ContactState.DEAD),
        (OPENS, {"withdrawn_on": OPENS}, ContactState.WITHDRAWN),
        (OPENS, {"lost_on": date(2026, 5, 1)}, ContactState.LOST),
        (OPENS, {"lost_on": date(2026, 5, 1), "reached_on": date(2026, 4, 1)}, ContactState.LOST),
        (OPENS, {"lost_on": date(2026, 5, 1), "reached_on": date(2026, 9, 1)}, ContactState.IN_WINDOW),
    ],
)
def test_the_state_of_a_planned_contact(today, known, state):
    """The last row: a subject who is reached again is no longer lost."""
    assert contact_state(OPENS, CLOSES, today, **known) is state


def test_no_attempt_at_all_cannot_be_enough():
    with pytest.raises(UserError) as caught:
        may_be_lost([], needed=0)
    assert caught.value.faults[0].id == "CLN-007"
