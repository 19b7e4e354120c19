"""What every clinical engine returns, and how domains make a grade.

A derivation names the grade or category, the domains that decided it, every
comparison with its comparator, the inputs used, the rule with version and
evidence level, what was excluded and why, and what is to be asked. A missing
input is not evaluable (NE), never 0. The grade is the worst of the evaluable
domains; it is `incomplete` where a domain that is not fully known could raise it.
Where every evaluable domain is 0 and another one could raise it, nothing is
known to be wrong and nothing is known to be right: the grade is NE.

The derived grade is beside the grade reported by the site and the
adjudicated one; it never replaces either.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal

from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError, fault
from celltrial.core.measured import Relation, compare
from celltrial.core.truth import Truth
from celltrial.core.values import ABSENT, message

#: Category of what cannot be evaluated.
NE: Final = "NE"

Comparator = Literal["<", "<=", ">", ">=", "=="]
_OPERATORS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


class Evidence(StrEnum):
    """How well a rule table is founded."""

    CHECKED = "V"
    CHECKED_AND_EXECUTED = "V+T"
    TRANSCRIBED = "K"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule set behind a derivation.

    id:       permanent key of the scale or criteria, such as "crs_astct_2019".
    version:  version of our statement of it; a change of any cell raises it.
    evidence: V checked against a public text, V+T also executed on outside data,
              K transcribed from knowledge of the paper and to be compared with it by a human.
    citation: where it was published.
    """

    id: str
    version: str
    evidence: Evidence
    citation: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison as it was made, in exact decimals and one unit.

    relation: "=" where `found` is the number itself; "<" where the value lies below it, and so on.
    """

    name: str
    found: Decimal
    comparator: Comparator
    limit: Decimal
    unit: str = ""
    relation: Relation = "="

    @property
    def truth(self) -> Truth:
        """Whether the comparison is true; unknown where a value beyond a limit leaves it open."""
        if self.relation == "=":
            return Truth.of(self.holds)
        return compare(Fraction(self.found), self.relation, self.comparator, Fraction(self.limit))

    @property
    def holds(self) -> bool:
        """Whether the comparison is known to be true."""
        if self.relation == "=":
            return _OPERATORS[self.comparator](self.found, self.limit)
        return self.truth is Truth.TRUE

    def __str__(self) -> str:
        """Print the comparison with its comparator and its outcome.

        >>> str(Comparison("temperature", Decimal("38.0"), ">=", Decimal(38), "degC"))
        'temperature 38.0 >= 38 degC: true'
        """
        unit = f" {self.unit}" if self.unit else ""
        beyond = "" if self.relation == "=" else self.relation
        return f"{self.name} {beyond}{self.found} {self.comparator} {self.limit}{unit}: {self.truth.value}"


@dataclass(frozen=True, slots=True)
class Attribution:
    """A finding judged to have another cause; it does not count, and it is kept.

    finding: name of the domain, such as "hypotension".
    cause:   what it is attributed to: "infection", "sedation", "stroke", "progression", ...
    reason:  why, in the words of the one who judged.
    signer:  who judged.
    """

    finding: str
    cause: str
    reason: str
    signer: str

    def __post_init__(self) -> None:
        """Refuse an attribution without cause, reason or signer (CLN-003)."""
        empty = [name for name in ("finding", "cause", "reason", "signer") if not getattr(self, name).strip()]
        if empty:
            raise UserError(
                fault("CLN-003", expected=message("finding_cause_reason_and_signer"), found=", ".join(empty))
            )


@dataclass(frozen=True, slots=True)
class Domain:
    """What one domain says: the grade it is known to reach and the highest it still could.

    low:  the grade it reaches at least; None where nothing is known (NE).
    high: the highest grade that the missing inputs leave open; equal to `low` when fully known.
    """

    name: str
    low: int | None
    high: int
    trace: tuple[Comparison, ...] = ()
    excluded: bool = False

    @property
    def is_evaluable(self) -> bool:
        """Whether anything is known."""
        return self.low is not None

    @staticmethod
    def known(name: str, grade: int, *trace: Comparison) -> Domain:
        """Return a fully known domain."""
        return Domain(name, grade, grade, trace)

    @staticmethod
    def at_least(name: str, low: int, high: int, *trace: Comparison) -> Domain:
        """Return a domain whose missing inputs leave a range open."""
        return Domain(name, low, high, trace)

    @staticmethod
    def missing(name: str, high: int) -> Domain:
        """Return a domain of which nothing is known and which could reach `high`."""
        return Domain(name, None, high)

    @staticmethod
    def attributed(name: str) -> Domain:
        """Return a domain that does not count because its finding has another cause."""
        return Domain(name, 0, 0, excluded=True)


def with_attributions(
    domains: Iterable[Domain], attributions: Iterable[Attribution]
) -> tuple[tuple[Domain, ...], frozenset[str]]:
    """Return the domains without the findings that have another cause, and the names of those that nobody looked at.

    Only what was found has another cause: a blood pressure that was not taken is not normal because of it, it stays not known.

    >>> seen, unseen = Domain.known("motor", 4), Domain.missing("pressure", 4)
    >>> said = [Attribution(name, "stroke", "as on the scan", "dr-1") for name in ("motor", "pressure")]
    >>> found, untested = with_attributions([seen, unseen], said)
    >>> [item.excluded for item in found], sorted(untested)
    ([True, False], ['pressure'])
    """
    elsewhere = {item.finding for item in attributions}
    given = tuple(domains)
    untested = frozenset(item.name for item in given if item.name in elsewhere and not item.is_evaluable)
    return tuple(
        Domain.attributed(item.name) if item.name in elsewhere - untested else item for item in given
    ), untested


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived grade or category with everything behind it.

    grade:      0 to 5 on a graded scale; None where not evaluable or not a graded scale.
    category:   response category, or `NE`; None on a graded scale that was evaluable.
    score:      points, on scales that add points up; the lowest possible where an item is missing.
    value:      a number that is no grade, such as a z-score.
    deciding:   the domains or rows that decided; several where they tie.
    parts:      component responses of a response criterion, such as {"target": "PD"}.
    incomplete: a missing input could still raise the grade or better the category.
    """

    rule: Rule
    grade: int | None = None
    category: str | None = None
    score: int | None = None
    value: Decimal | None = None
    deciding: tuple[str, ...] = ()
    domains: tuple[Domain, ...] = ()
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    trace: tuple[Comparison, ...] = ()
    incomplete: bool = False
    excluded: tuple[Attribution, ...] = ()
    queries: tuple[Query, ...] = ()
    caveats: tuple[Caveat, ...] = ()

    @property
    def scale(self) -> str:
        """The key of the scale, which may not be mixed with another."""
        return self.rule.id

    @property
    def is_evaluable(self) -> bool:
        """Whether there is a grade, a value, or a category other than NE."""
        return self.grade is not None or self.value is not None or self.category not in {None, NE}

    @property
    def deciding_domain(self) -> str | None:
        """The first of the domains that decided, in the order of the scale."""
        return self.deciding[0] if self.deciding else None

    @property
    def label(self) -> str:
        """Return "3", ">=3" where incomplete, a category, a value, or "NE".

        >>> rule = Rule("x", "1", Evidence.CHECKED, "")
        >>> Derivation(rule, grade=2, incomplete=True).label
        '>=2'
        """
        if self.grade is not None:
            return f">={self.grade}" if self.incomplete else str(self.grade)
        return self.category or (NE if self.value is None else str(self.value))

    def domain(self, name: str) -> Domain:
        """Return the domain of this name; KeyError where the scale has none."""
        for item in self.domains:
            if item.name == name:
                return item
        raise KeyError(name)

    def as_record(self) -> dict[str, object]:
        """Return plain values (text, numbers, lists) for storing with an event."""
        return {
            "scale": self.scale,
            "version": self.rule.version,
            "evidence": self.rule.evidence.value,
            "grade": self.grade,
            "category": self.category,
            "score": self.score,
            "value": None if self.value is None else str(self.value),
            "label": self.label,
            "deciding": list(self.deciding),
            "parts": dict(self.parts),
            "incomplete": self.incomplete,
            "inputs": dict(self.inputs),
            "trace": [str(item) for item in self.trace],
            "excluded": [
                {"finding": item.finding, "cause": item.cause, "reason": item.reason, "signer": item.signer}
                for item in self.excluded
            ],
            "queries": [item.value for item in self.queries],
            "caveats": [item.value for item in self.caveats],
        }


def worst_of(
    rule: Rule,
    domains: Sequence[Domain],
    *,
    inputs: Mapping[str, str],
    excluded: Sequence[Attribution] = (),
    queries: Iterable[Query] = (),
    caveats: Iterable[Caveat] = (),
) -> Derivation:
    """Return the grade that is the worst of the domains; NE domains never lower it."""
    known = [item.low for item in domains if item.low is not None]
    grade = max(known, default=None)
    incomplete = any(item.high > (grade or 0) for item in domains)
    evaluable = grade is not None and not (grade == 0 and incomplete)
    return Derivation(
        rule,
        grade=grade if evaluable else None,
        category=None if evaluable else NE,
        deciding=tuple(item.name for item in domains if grade and item.low == grade),
        domains=tuple(domains),
        inputs=inputs,
        trace=tuple(row for item in domains for row in item.trace),
        incomplete=incomplete,
        excluded=tuple(excluded),
        queries=tuple(sorted(set(queries))),
        caveats=tuple(sorted(set(caveats))),
    )


def not_evaluable(
    rule: Rule,
    *deciding: str,
    inputs: Mapping[str, str],
    queries: Iterable[Query] = (),
    caveats: Iterable[Caveat] = (),
) -> Derivation:
    """Return NE, naming what was missing."""
    return Derivation(
        rule,
        category=NE,
        deciding=deciding,
        inputs=inputs,
        incomplete=True,
        queries=tuple(sorted(set(queries))),
        caveats=tuple(sorted(set(caveats))),
    )


def inputs_of(findings: object, *names: str) -> Mapping[str, str]:
    """Return the named fields of `findings` that were given, as text; sets are sorted."""
    used: dict[str, str] = {}
    for name in names:
        value = getattr(findings, name)
        if value is None:
            continue
        if isinstance(value, tuple | list | set | frozenset):
            used[name] = ", ".join(sorted(str(item) for item in value))
        else:
            used[name] = str(value)
    return MappingProxyType(used)


def require_one_scale(derivations: Iterable[Derivation]) -> str:
    """Return the one scale and version of all derivations, as "id/version"; refuse a mixture (CLN-004).

    Raises CLN-004 too where there is nothing to look at.
    """
    found = sorted({f"{item.scale}/{item.rule.version}" for item in derivations})
    if len(found) != 1:
        raise UserError(
            fault("CLN-004", expected=message("one_scale_in_one_version"), found=", ".join(found) or ABSENT)
        )
    return found[0]


def require_distinct_days(days: Iterable[date]) -> None:
    """Refuse two assessments of one course on one day: their order would decide (CLN-009)."""
    listed = list(days)
    twice = sorted({str(day) for day in listed if listed.count(day) > 1})
    if twice:
        raise UserError(fault("CLN-009", expected=message("one_assessment_a_day"), found=", ".join(twice)))


def compare_grades(derived: Derivation, reported: int | str | None) -> tuple[Query, ...]:
    """Return the query that a difference between derived and reported grade opens; the two stay side by side.

    An incomplete derived grade differs only from a reported grade below it; NE differs from nothing.
    """
    if reported is None or not derived.is_evaluable:
        return ()
    if derived.grade is None:
        return () if derived.category == reported else (Query.GRADES_DIFFER,)
    if not isinstance(reported, int):
        return (Query.GRADES_DIFFER,)
    if derived.incomplete:
        return (Query.GRADES_DIFFER,) if reported < derived.grade else ()
    return () if reported == derived.grade else (Query.GRADES_DIFFER,)
