"""What checks of several clauses say alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.facts import vector_contradiction
from celltrial.guideline.knowledge import vector_rows
from celltrial.guideline.verdict import Finding, Severity, danger, finding
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.model.product import Product

#: Days within which a subject left without the product must have another treatment; our limit.
RESCUE_DAYS: Final = 30


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
