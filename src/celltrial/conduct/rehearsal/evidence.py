"""Evidence that meets the criteria of a protocol, worked out from the criteria themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from celltrial.conduct.acts.subject.commands import RecordEvidence
from celltrial.conduct.gates.eligibility import value_truth
from celltrial.conduct.vocabulary import Finding
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, negate
from celltrial.core.values import message
from celltrial.protocol.model.population import Criterion


def _candidates(criteria: list[Criterion]) -> Iterator[str]:
    yield from ("yes", "no", "negative", "positive", "none", "not_applicable")
    for item in criteria:
        values = item.value if isinstance(item.value, tuple) else (item.value,)
        for value in values:
            if isinstance(value, bool):
                continue
            if isinstance(value, int | float):
                number = Decimal(str(value))
                step = max(abs(number) / 10, Decimal("0.1"))
                yield from (str(number), str(number + step), str(number - step))
            else:
                yield str(value)


def fitting_value(criteria: list[Criterion]) -> str:
    """Return a value that meets every criterion on one concept; raise PRT-013 where none was found."""
    for value in _candidates(criteria):
        truths = [value_truth(item, value, criteria[0].unit) for item in criteria]
        met = [negate(t) if item.kind == "exclusion" else t for item, t in zip(criteria, truths, strict=True)]
        if all(truth is Truth.TRUE for truth in met):
            return value
    raise UserError(
        fault(
            "PRT-013", criteria[0].concept, expected=message("bounds_that_some_subject_can_meet"), found=criteria[0].id
        )
    )


def _by_concept(criteria: tuple[Criterion, ...]) -> dict[str, list[Criterion]]:
    grouped: dict[str, list[Criterion]] = {}
    for item in criteria:
        grouped.setdefault(item.id if item.source == "manual" else item.concept, []).append(item)
    return grouped


def fitting_evidence(subject: str, criteria: tuple[Criterion, ...], on: date) -> Iterator[RecordEvidence]:
    """Yield one command per concept with a value that meets all criteria on it."""
    for concept, items in _by_concept(criteria).items():
        assessor = items[0].assessor or ""
        yield RecordEvidence(subject, concept, fitting_value(items), items[0].unit, on, items[0].source, assessor)


def fitting_findings(criteria: tuple[Criterion, ...], on: date) -> tuple[Finding, ...]:
    """Return bedside findings that meet all conditions."""
    return tuple(
        Finding(concept, fitting_value(items), items[0].unit, on) for concept, items in _by_concept(criteria).items()
    )
