"""Best overall response by RECIST 1.1, with or without confirmation.

Counting ends with the first progression and before new anti-cancer therapy. CR and PR
need a second assessment at least `confirm_days` later, with nothing worse between and
at most `max_not_evaluable` assessments that were not evaluable. SD (an unconfirmed CR
or PR included) counts from `stable_from_days` after the start. After a CR any lesser
response is progression; where the CR was over-called, `cr_overcalled` reads it as PR.

Parameters are those that admiralonco exposes (ref_confirm, ref_start_window,
max_nr_ne, accept_sd); checked against the BOR and CBOR of pharmaverseadam's
adrs_onco. Reference: Eisenhauer et al. (2009), doi:10.1016/j.ejca.2008.10.026, table 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from celltrial.clinical.codes import Query
from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, require_distinct_days
from celltrial.clinical.recist11 import NED, NON_CR_NON_PD
from celltrial.core.errors import UserError, fault

__all__ = ["RULE", "BestResponse", "BestResponseRule", "ResponseVisit", "derive_recist_best"]

RULE: Final = Rule("recist_1_1_best", "1", Evidence.CHECKED_AND_EXECUTED, "doi:10.1016/j.ejca.2008.10.026")
_CATEGORIES: Final = frozenset({"CR", "PR", "SD", NON_CR_NON_PD, NED, "PD", NE})


@dataclass(frozen=True, slots=True)
class BestResponseRule:
    """What the protocol must state.

    confirm_days:      least days to the confirming assessment; None where no confirmation is required.
    stable_from_days:  least days from the start for SD to count, usually 35 to 56.
    max_not_evaluable: NE assessments allowed between a response and its confirmation.
    accept_sd:         one SD between two PR does not break the confirmation.
    cr_overcalled:     a CR followed by PR was a PR from the start.
    """

    confirm_days: int | None = 28
    stable_from_days: int = 42
    max_not_evaluable: int = 1
    accept_sd: bool = False
    cr_overcalled: bool = False

    def __post_init__(self) -> None:
        """Refuse negative numbers (CLN-007)."""
        for name in ("confirm_days", "stable_from_days", "max_not_evaluable"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UserError(fault("CLN-007", where=name, expected=">= 0", found=str(value)))


@dataclass(frozen=True, slots=True)
class ResponseVisit:
    """One dated overall response."""

    on: date
    category: str

    def __post_init__(self) -> None:
        """Refuse words that are no category of this scale (CLN-006)."""
        if self.category not in _CATEGORIES:
            raise UserError(fault("CLN-006", expected=", ".join(sorted(_CATEGORIES)), found=self.category))


@dataclass(frozen=True, slots=True)
class BestResponse:
    """The best overall response, when it was first seen, and what confirmed it.

    category:      CR, PR, SD, NON-CR/NON-PD, NED, PD or NE.
    on:            the assessment that earned it; None where there was none.
    confirmed_on:  the confirming assessment of CR or PR.
    progressed_on: first progression.
    inputs:        the parameters and the visits that counted, as text.
    """

    rule: Rule
    category: str
    on: date | None
    confirmed_on: date | None
    progressed_on: date | None
    queries: tuple[Query, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def derivation(self) -> Derivation:
        """The same as a derivation; the deciding entries are the assessments that earned and confirmed it."""
        deciding = tuple(str(day) for day in (self.on, self.confirmed_on) if day is not None)
        return Derivation(
            self.rule,
            category=self.category,
            deciding=deciding,
            inputs=self.inputs,
            incomplete=self.category == NE,
            queries=self.queries,
        )


def _read(visits: Sequence[ResponseVisit], rule: BestResponseRule) -> tuple[list[ResponseVisit], bool]:
    """Return the visits up to the first progression, lesser responses after a CR read as rule says."""
    read: list[ResponseVisit] = []
    after_cr = False
    for visit in visits:
        seen_cr = any(item.category == "CR" for item in read)
        if seen_cr and visit.category in {"PR", "SD", NON_CR_NON_PD}:
            after_cr = True
            if visit.category == "PR" and rule.cr_overcalled:
                read = [ResponseVisit(item.on, "PR") if item.category == "CR" else item for item in read]
            else:
                visit = ResponseVisit(visit.on, "PD")  # noqa: PLW2901 - the reading replaces the entry
        read.append(visit)
        if visit.category == "PD":
            break
    return read, after_cr


def _confirmed_by(visits: Sequence[ResponseVisit], index: int, rule: BestResponseRule) -> date | None:
    """Return the date that confirms the CR or PR at `index`, or None."""
    first = visits[index]
    if rule.confirm_days is None:
        return first.on
    confirming = {"CR"} if first.category == "CR" else {"CR", "PR"}
    not_evaluable = stable = 0
    for later in visits[index + 1 :]:
        if later.category in confirming:
            if later.on >= first.on + timedelta(rule.confirm_days):
                return later.on
        elif later.category == NE:
            not_evaluable += 1
        elif later.category == "SD" and first.category == "PR" and rule.accept_sd:
            stable += 1
        else:
            return None
        if not_evaluable > rule.max_not_evaluable or stable > 1:
            return None
    return None


def _best(visits: Sequence[ResponseVisit], start: date, rule: BestResponseRule) -> tuple[str, date | None, date | None]:
    for wanted in ("CR", "PR"):
        for index, visit in enumerate(visits):
            confirmed_on = _confirmed_by(visits, index, rule) if visit.category == wanted else None
            if confirmed_on is not None:
                return wanted, visit.on, confirmed_on if rule.confirm_days is not None else None
    stable_from = start + timedelta(rule.stable_from_days)
    for wanted, kinds in (("SD", {"CR", "PR", "SD"}), (NON_CR_NON_PD, {NON_CR_NON_PD}), (NED, {NED})):
        for visit in visits:
            if visit.category in kinds and visit.on >= stable_from:
                return wanted, visit.on, None
    for visit in visits:
        if visit.category == "PD":
            return "PD", visit.on, None
    return NE, visits[0].on if visits else None, None


def derive_recist_best(
    visits: Sequence[ResponseVisit],
    *,
    start: date,
    rule: BestResponseRule | None = None,
    new_therapy_on: date | None = None,
) -> BestResponse:
    """Return the best overall response from dated visit responses, in any order.

    start: the date that the SD interval counts from (randomisation or first treatment).
    Raises CLN-006 or CLN-007 for words or parameters that cannot be meant, CLN-009 for two visits on one day.

    >>> visits = [ResponseVisit(date(2025, 3, 1), "PR"), ResponseVisit(date(2025, 4, 1), "CR")]
    >>> derive_recist_best(visits, start=date(2025, 1, 1)).category
    'PR'
    """
    rule = rule or BestResponseRule()
    require_distinct_days(item.on for item in visits)
    ordered = sorted(visits, key=lambda item: item.on)
    counted = [item for item in ordered if new_therapy_on is None or item.on < new_therapy_on]
    read, after_cr = _read(counted, rule)
    category, on, confirmed_on = _best(read, start, rule)
    progressed_on = next((item.on for item in read if item.category == "PD"), None)
    queries = (Query.RECIST_RESPONSE_AFTER_CR,) if after_cr else ()
    inputs = {name: str(getattr(rule, name)) for name in BestResponseRule.__dataclass_fields__} | {"start": str(start)}
    inputs |= {str(item.on): item.category for item in counted}
    return BestResponse(RULE, category, on, confirmed_on, progressed_on, queries, MappingProxyType(inputs))
