"""What checks of several clauses say alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from celltrial.guideline.facts import vector_contradiction
from celltrial.guideline.knowledge import vector_rows
from celltrial.guideline.verdict import Finding, Severity, danger, finding
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.model.product import Product

#: Days within which a subject left without the product must have another treatment; our limit.
RESCUE_DAYS: Final = 30
DAYS_PER_MONTH: Final = 365.25 / 12
MONTHS_PER_YEAR: Final = 12
#: Months by which a gap may be longer than it should be: lengths in days and windows of visits.
MONTH_SLACK: Final = 0.5


def longest_gap(months: Sequence[float], last: float) -> float:
    """Return the most months between two of the months, or between the latest of them and the end.

    >>> longest_gap([0, 3, 12, 24], 24), longest_gap([0, 3], 60)
    (12, 57)
    """
    marks = [*(month for month in months if month < last), last]
    return max((later - earlier for earlier, later in pairwise(marks)), default=0.0)


def contradicted_vector(product: Product, *, spoken: bool) -> Iterator[Finding]:
    """Yield the finding of a declaration of integration that the way in which the gene gets in contradicts.

    spoken: also a way that only a step, the mechanism or the name speaks of.
    """
    kind = vector_contradiction(product, spoken=spoken)
    if kind is None:
        return
    declared = product.vector.integration if product.vector else "none"
    row, path = vector_rows()[kind], "product.vector.integration" if product.vector else "product.exogenous_gene"
    credible = ", ".join(f"declared_{name}" for name in row.credible)
    shown = {"kind": kind, "declared": f"declared_{declared}", "credible": credible, "source": row.cited}
    if row.integration == "integrating":
        yield danger("vector_contradiction", path, **shown)
    else:
        yield finding("vector_contradiction", path, Severity.MINOR, **shown)


def reversed_finding(item: Criterion, path: str) -> Finding:
    """Return the finding of a criterion that is the wrong way round."""
    value = ", ".join(map(str, item.value)) if isinstance(item.value, tuple) else item.value
    said = f"{item.kind}: {item.concept} {item.operator} {value}"
    return danger("criterion_reversed", path, criterion=item.id, said=said)
