"""Derived grades: raw signs go through the clinical engine in the transaction that records them.

The derived grade is beside the reported one and never replaces it; where
the two differ, or the engine asks something, a query opens. A missing sign makes
the grade "at least", with the highest grade that what is missing leaves open. The
grade of an event is the worst of its assessments: signs of another day, milder ones,
do not lower it; signs of the same day put it right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from celltrial.clinical.derivation import Derivation, compare_grades
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import subject_stream
from celltrial.conduct.facts.safety.events import AdverseEventGraded, QueryOpened
from celltrial.conduct.facts.safety.state import WORST_GRADE
from celltrial.conduct.gates.act import Act
from celltrial.conduct.views.engines import CUMULATIVE, Case, Engine, engine_for
from celltrial.conduct.views.signs import Signs
from celltrial.conduct.vocabulary import Finding, GradeSource
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.values import Identifier, Term, Value, all_of, message, or_unknown


def derive(
    act: Act, *, category: str, term: str, scale: str, grade: int | None, onset: date, findings: Sequence[Finding],
    signer: str,
) -> Derivation | None:  # fmt: skip
    """Return the grade that raw signs make, with every comparison behind it; None where there are none or nothing grades them.

    grade: as reported; None where it is not known yet. ValueError, or UserError, for signs that cannot be used.
    """
    found = _engine(act, category, term, scale, grade, onset, findings, signer)
    return None if found is None else found[0](found[1])


def _engine(
    act: Act, category: str, term: str, scale: str, grade: int | None, onset: date, findings: Sequence[Finding], signer: str
) -> tuple[Engine, Case] | None:  # fmt: skip
    """Return what grades the signs of an event, and what it is given; None where there are no signs or nothing grades them."""
    first = act.subject.infusions[0].at if act.subject.infusions else None
    infused = None if first is None else Instant(first.utc, act.site.zone).local_date
    subject, plan = act.subject, act.subject.follow_up
    ended = subject.died_on or (None if plan is None else plan.lost_on)
    case = Case(
        category, term, scale, grade, onset, infused, Signs(findings), ended, subject.progressed_on,
        subject.new_therapy_on, signer, _treated(act, infused),
    )  # fmt: skip
    engine = engine_for(case) if findings else None
    return None if engine is None else (engine, case)


def derived_facts(
    act: Act, event: str, *, category: str, term: str, scale: str, grade: int | None, onset: date,
    findings: Sequence[Finding], signer: str, before: AdverseEventGraded | None = None,
) -> list[tuple[str, Any]]:  # fmt: skip
    """Return the derived grade and, where it differs from the reported one or the engine asks, a query.

    grade:  as reported; None where it is not known yet.
    before: the grade that an earlier assessment of the same event had; a milder one later does not lower it.
    """
    found = _engine(act, category, term, scale, grade, onset, findings, signer)
    if found is None:
        return []
    engine, case = found
    try:
        derived = engine(case)
    except (UserError, ValueError):
        return _query(act, event, message("findings_not_usable"))
    graded = AdverseEventGraded(
        act.subject.subject,
        event,
        GradeSource.DERIVED,
        derived.grade,
        scale,
        at_least=derived.incomplete,
        rule=f"{derived.rule.id}/{derived.rule.version}",
        deciding=", ".join(derived.deciding),
        at_most=_highest(derived),
    )
    if before is not None and _rule_of(before) == derived.rule.id and engine not in CUMULATIVE:
        graded = _worse(before, graded)
    facts: list[tuple[str, Any]] = [] if graded == before else [(subject_stream(act.subject.subject), graded)]
    asked: list[Value] = [Term("query", item.value.rsplit(".", 1)[-1]) for item in derived.queries]
    shown = replace(derived, grade=graded.grade, incomplete=graded.at_least, category=None)
    if graded.grade is not None and compare_grades(shown, grade):
        asked.insert(0, message("reported_and_derived", reported=or_unknown(grade), derived=Identifier(shown.label)))
    return facts + (_query(act, event, all_of(*asked)) if asked else [])


def _treated(act: Act, infused: date | None) -> date | None:
    """Return the first day of lymphodepletion, or of the infusion where there was none."""
    course = act.subject.lymphodepletion
    began = None if course is None or course.started is None else Instant(course.started.utc, act.site.zone).local_date
    return min((day for day in (began, infused) if day is not None), default=None)


def _rule_of(graded: AdverseEventGraded) -> str:
    """Return the rule of a derived grade, whatever its version."""
    return graded.rule.partition("/")[0]


def _worse(before: AdverseEventGraded, now: AdverseEventGraded) -> AdverseEventGraded:
    """Return the grade of an event from two assessments: the worse of what each reached, and of what each leaves open."""
    low = max((item.grade for item in (before, now) if item.grade is not None), default=None)
    high = max(_top(before), _top(now))
    decided = before if before.grade == low else now
    is_open = low is None or high > low
    return replace(now, grade=low, at_least=is_open, at_most=high if is_open else None, deciding=decided.deciding)


def _top(graded: AdverseEventGraded) -> int:
    """Return the highest grade that an assessment leaves open."""
    if graded.grade is not None and not graded.at_least:
        return graded.grade
    return WORST_GRADE if graded.at_most is None else graded.at_most


def _highest(derived: Derivation) -> int | None:
    """Return the highest grade that is consistent with what is known; None where the engine does not say."""
    return max((item.high for item in derived.domains), default=None) if derived.incomplete else None


def _query(act: Act, event: str, detail: Value) -> list[tuple[str, Any]]:
    """Return one query about an event; none where one is open already."""
    about = f"adverse_event/{event}"
    earlier = [item for item in act.state.queries.values() if item.query.startswith(f"grade/{event}")]
    if any(item.status != "closed" for item in earlier):
        return []
    key = f"grade/{event}/{len(earlier) + 1}" if earlier else f"grade/{event}"
    return [(subject_stream(act.subject.subject), QueryOpened(key, about, Code.QUERY_GRADE, detail))]
