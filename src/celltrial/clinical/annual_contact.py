"""The yearly contact of long-term follow-up: every class of delayed event asked for, and who may be called lost.

Every class is ticked yes, no or unknown; what is unknown stays an open item, and a class without a tick is no contact
at all. A subject is lost after three documented attempts (the protocol may ask for more) that nobody answered since
the last contact; one who is reached later is no longer lost. Source: FDA-2018-D-2173 (2020); CIBMTR and EBMT practice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule
from celltrial.core.errors import UserError, fault

RULE: Final = Rule("ltfu_contact", "1", Evidence.TRANSCRIBED, "FDA-2018-D-2173 (2020)")
ATTEMPTS_BEFORE_LOST: Final = 3


class DelayedEvent(StrEnum):
    """The classes asked for at every contact; a new malignancy includes those of T-cell origin."""

    NEW_MALIGNANCY = "new_malignancy"
    NEUROLOGIC = "neurologic"
    RHEUMATOLOGIC_OR_AUTOIMMUNE = "rheumatologic_or_autoimmune"
    HAEMATOLOGIC = "haematologic"
    PRODUCT_RELATED_INFECTION = "product_related_infection"
    UNEXPECTED_ILLNESS = "unexpected_illness"
    PREGNANCY = "pregnancy"


def derive_annual_contact(answers: Mapping[DelayedEvent, bool | None]) -> Derivation:
    """Return EVENT (at least one yes), OPEN (at least one unknown), CLEAR, or NE where a class has no tick.

    answers: yes, no, or None for unknown. The deciding entries are the classes concerned; `incomplete` tells
    that something is open.

    >>> derive_annual_contact(dict.fromkeys(DelayedEvent, False) | {DelayedEvent.HAEMATOLOGIC: None}).deciding
    ('haematologic',)
    """
    words = {True: "yes", False: "no", None: "unknown"}
    ticks = {item.value: words[answers[item]] for item in DelayedEvent if item in answers}
    by_tick = {tick: tuple(name for name, found in ticks.items() if found == tick) for tick in words.values()}
    missing = tuple(item.value for item in DelayedEvent if item not in answers)
    category, deciding = "CLEAR", tuple(ticks)
    for name, about in ((NE, missing), ("EVENT", by_tick["yes"]), ("OPEN", by_tick["unknown"])):
        if about:
            category, deciding = name, about
            break
    return Derivation(
        RULE,
        category=category,
        deciding=deciding,
        inputs=MappingProxyType(ticks),
        incomplete=bool(missing or by_tick["unknown"]),
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One documented attempt to reach a subject."""

    on: date
    reached: bool


def may_be_lost(attempts: Sequence[Attempt], *, needed: int = ATTEMPTS_BEFORE_LOST) -> bool:
    """Tell whether enough attempts failed since the subject was last reached; in any order.

    >>> may_be_lost([Attempt(date(2027, 3, day), reached=False) for day in (1, 8, 15)])
    True
    """
    if needed < 1:
        raise UserError(fault("CLN-007", where="needed", expected=">= 1", found=str(needed)))
    last = max((item.on for item in attempts if item.reached), default=date.min)
    return sum(not item.reached and item.on >= last for item in attempts) >= needed


class ContactState(StrEnum):
    """The status of one planned contact."""

    DUE = "due"
    IN_WINDOW = "in_window"
    OVERDUE = "overdue"
    MISSED = "missed"
    CONTACTED = "contacted"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    DEAD = "dead"


def contact_state(
    opens: date,
    closes: date,
    today: date,
    *,
    contacted: bool = False,
    missed: bool = False,
    reached_on: date | None = None,
    lost_on: date | None = None,
    withdrawn_on: date | None = None,
    died_on: date | None = None,
) -> ContactState:
    """Return the state of one planned contact on a day; contact once made stays made.

    opens, closes: the window, both days included; DUE before it opens.
    missed:     recorded as missed. lost_on: declared lost; undone by a contact from that day on (reached_on).

    >>> contact_state(date(2027, 2, 1), date(2027, 4, 1), date(2027, 4, 2)).value
    'overdue'
    """
    lost = lost_on is not None and (reached_on is None or reached_on < lost_on)
    for holds, state in (
        (contacted, ContactState.CONTACTED),
        (died_on is not None, ContactState.DEAD),
        (withdrawn_on is not None, ContactState.WITHDRAWN),
        (missed, ContactState.MISSED),
        (lost, ContactState.LOST),
        (today < opens, ContactState.DUE),
        (today <= closes, ContactState.IN_WINDOW),
    ):
        if holds:
            return state
    return ContactState.OVERDUE
