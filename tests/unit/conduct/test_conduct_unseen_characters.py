"""A name with a character that nobody sees is refused at the decision, whatever the door (field case 28)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Request, Role
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def registered(trial: str) -> Accepted | Refused:
    request = Request(RegisterTrial(trial, "A trial", "", Origin.SIMULATED), Actor("so", Role.SPONSOR), Instant(NOW))
    return decide(EMPTY, request, now=NOW)


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\u202e", "\u2066", "\x9b", "\ufeff"])
def test_it_is_refused_and_shown_by_its_number(character):
    found = registered(f"T{character}1")
    assert isinstance(found, Refused)
    [condition] = [item for item in found.conditions if item.code is Code.VALUE_NOT_USABLE]
    assert f"U+{ord(character):04X}" in str(condition.found)


def test_other_names_are_taken_as_they_are():
    for name in ("T-1", "试验1", "T 1", "Ü-1", "T😀"):
        assert isinstance(registered(name), Accepted), name
