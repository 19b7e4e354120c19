"""Why one clause has its verdict: what was asked, what was computed or read, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from celltrial.guideline.experiments import EXPERIMENTS
from celltrial.guideline.justifying import AGENCY_ONLY
from celltrial.guideline.reading import fields_read, findings_possible
from celltrial.guideline.review import Review
from celltrial.guideline.verdict import CANNOT_EVALUATE, Finding, Ground, Kind, Verdict

#: Findings that are not asked of the protocol itself: a section that another clause asks for.
_POINTING = frozenset({CANNOT_EVALUATE})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would change the verdict.

    code, params: name the text `explain.<code>`; finding: one that was found, whose remedy is it; possible: the code of one that was not.
    """

    code: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    finding: Finding | None = None
    ground: Ground | None = None
    possible: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that there is to say of one verdict.

    limits:      parameters of the register that the clause is held to.
    fields:      fields of the protocol that its checks read; experiments: what is tried for it.
    changes:     what would change the verdict.
    """

    verdict: Verdict
    register: str
    limits: Mapping[str, float]
    fields: tuple[str, ...]
    experiments: tuple[str, ...]
    changes: tuple[Change, ...]


def explain(review: Review, clause: str) -> Explanation:
    """Explain the verdict of one clause; GDL-005 where the register has none of this id."""
    verdict = review.verdict(clause)
    tried = tuple(name for name, item in EXPERIMENTS.items() if clause in item.clauses)
    return Explanation(
        verdict,
        f"{review.register_id} {review.register_version}",
        verdict.clause.params,
        fields_read(clause),
        tried,
        tuple(_changes(verdict)),
    )


def _changes(verdict: Verdict) -> Iterator[Change]:
    kind = verdict.kind
    if kind is Kind.OUT_OF_SCOPE:
        yield Change("another_product")
    elif kind is Kind.NOT_APPLICABLE:
        yield Change("other_facts", MappingProxyType({"trigger": verdict.clause.trigger}))
    elif kind is Kind.JUSTIFIED:
        yield Change("other_text")
    elif kind is Kind.FINDING:
        yield from _mended(verdict)
    else:
        yield from _broken(verdict)


def _mended(verdict: Verdict) -> Iterator[Change]:
    """Yield what would close the findings: each remedy, and a signed justification where one may be given."""
    for item in verdict.findings:
        yield Change("remedy", finding=item)
    if any(item.danger for item in verdict.findings):
        yield Change("never_justified")
    elif verdict.clause.id in AGENCY_ONLY:
        yield Change("agency_only")
    else:
        yield Change("justification")


def _broken(verdict: Verdict) -> Iterator[Change]:
    """Yield what would turn a verdict without findings into another."""
    for ground in verdict.grounds:
        code = "tried" if ground.experiment else "reference" if ground.reference else "figure"
        yield Change(code, ground=ground)
    for code in findings_possible(verdict.clause.id):
        if code not in _POINTING:
            yield Change("possible", possible=code)
    if verdict.kind is Kind.IN_CONDUCT:
        yield Change("records")
    elif verdict.kind is Kind.STATED:
        yield Change("only_stated")
