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
from datetime import date
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, require_distinct_days
from celltrial.clinical.queries import Query
from celltrial.clinical.recist11 import NED, NON_CR_NON_PD
from celltrial.clinical.response_course import CourseRule, read_course
from celltrial.core.errors import UserError, fault

#: The rule of a course, under the name that RECIST tables use.
BestResponseRule = CourseRule

RULE: Final = Rule("recist_1_1_best", "1", Evidence.CHECKED_AND_EXECUTED, "doi:10.1016/j.ejca.2008.10.026")
_CATEGORIES: Final = frozenset({"CR", "PR", "SD", NON_CR_NON_PD, NED, "PD", NE})


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


def derive_recist_best(
    visits: Sequence[ResponseVisit],
    *,
    start: date,
    rule: CourseRule | None = None,
    new_therapy_on: date | None = None,
) -> BestResponse:
    """Return the best overall response from dated visit responses, in any order.

    start: the date that the SD interval counts from (randomisation or first treatment).
    Raises CLN-006 or CLN-007 for words or parameters that cannot be meant, CLN-009 for two visits on one day.

    >>> visits = [ResponseVisit(date(2025, 3, 1), "PR"), ResponseVisit(date(2025, 4, 1), "CR")]
    >>> derive_recist_best(visits, start=date(2025, 1, 1)).category
    'PR'
    """
    rule = rule or CourseRule()
    require_distinct_days(item.on for item in visits)
    counted = sorted((item for item in visits if new_therapy_on is None or item.on < new_therapy_on), key=_day)
    course = read_course(
        [(item.on.toordinal(), item.category) for item in counted],
        criteria="RECIST 1.1",
        rule=rule,
        start=start.toordinal(),
    )
    queries = (Query.RECIST_RESPONSE_AFTER_CR,) if course.after_cr else ()
    inputs = {name: str(getattr(rule, name)) for name in CourseRule.__dataclass_fields__} | {"start": str(start)}
    inputs |= {str(item.on): item.category for item in counted}
    on, confirmed_on, progressed_on = map(_date, (course.on, course.confirmed_on, course.progressed_on))
    return BestResponse(RULE, course.category, on, confirmed_on, progressed_on, queries, MappingProxyType(inputs))


def _day(visit: ResponseVisit) -> date:
    return visit.on


def _date(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)
