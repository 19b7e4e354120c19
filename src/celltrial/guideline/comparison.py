"""Two registers side by side, and two reviews: only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from celltrial.guideline.register import Clause, Register
from celltrial.guideline.review import Review
from celltrial.guideline.verdict import Verdict

_COMPARED: Final = ("strength", "trigger", "module", "kinds", "actors", "capabilities", "params", "zh", "en", "heading")


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """A clause that is new, gone or different.

    fields: what differs; empty for a clause that is new or gone.
    """

    clause: str
    before: Clause | None
    after: Clause | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A clause whose verdict differs; None on the side that does not have the clause."""

    clause: str
    before: Verdict | None
    after: Verdict | None


def compare_registers(before: Register, after: Register) -> tuple[ClauseChange, ...]:
    """Return the clauses that differ, in the order of `after`, then those that are gone."""
    return tuple(_clause_changes(before, after))


def _clause_changes(before: Register, after: Register) -> Iterator[ClauseChange]:
    for clause_id, clause in after.clauses.items():
        old = before.clauses.get(clause_id)
        if old is None:
            yield ClauseChange(clause_id, None, clause)
            continue
        fields = tuple(name for name in _COMPARED if getattr(old, name) != getattr(clause, name))
        if fields:
            yield ClauseChange(clause_id, old, clause, fields)
    for clause_id, clause in before.clauses.items():
        if clause_id not in after.clauses:
            yield ClauseChange(clause_id, clause, None)


def compare_reviews(before: Review, after: Review) -> tuple[VerdictChange, ...]:
    """Return only the verdicts that changed: of one protocol after an edit, or under another register."""
    ids = list(after.by_clause) + [clause for clause in before.by_clause if clause not in after.by_clause]
    changes = (VerdictChange(clause, before.by_clause.get(clause), after.by_clause.get(clause)) for clause in ids)
    return tuple(item for item in changes if _essence(item.before) != _essence(item.after))


def _essence(verdict: Verdict | None) -> object:
    """What makes two verdicts the same: status and findings, not the wording of the clause."""
    if verdict is None:
        return None
    findings = frozenset((item.code, item.severity, item.path, tuple(item.params.items())) for item in verdict.findings)
    return verdict.kind, findings
