"""Risk tier of a product: low, moderate or high, with every contribution shown (1.3-e).

Seven factors of the product add up; a fact that is not stated counts as
present, so ignorance never lowers the tier. 0 or 1 point is low, 2 or 3 is
moderate, 4 or more is high. The weights are our reading: the guideline names
the factors and gives no numbers. A foreign gene weighs two and one more unless
its vector is shown not to integrate. Checked against AC-P1.1 and AC-P1.2.

The sponsor may take another tier and say why (`product.risk_tier`, `product.risk_override`): it then is in place
of the computed one wherever a clause depends on it, and both are shown. Without a reason the computed tier stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from celltrial.protocol.model.product import Product


class Tier(StrEnum):
    """How risky a product is taken to be."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one factor adds.

    stated: False where the fact is not known and is counted as present.
    """

    factor: str
    field: str
    points: int
    stated: bool


@dataclass(frozen=True, slots=True)
class RiskTier:
    """The tier, its points, and every contribution above zero or not stated.

    tier:     the one that counts: the sponsor's where it is stated with a reason, else the computed one.
    computed: the one that the facts add up to.
    """

    tier: Tier
    points: int
    contributions: tuple[Contribution, ...]
    computed: Tier

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that are not stated and were counted as present."""
        return tuple(item.field for item in self.contributions if not item.stated)

    @property
    def is_lowered(self) -> bool:
        """Whether the sponsor takes a lower tier than the computed one."""
        order = (*Tier,)
        return order.index(self.tier) < order.index(self.computed)


def risk_tier(product: Product) -> RiskTier:
    """Return the tier of a product with its contributions."""
    contributions = tuple(item for item in _contributions(product) if item.points)
    points = sum(item.points for item in contributions)
    computed = Tier.HIGH if points >= 4 else Tier.MODERATE if points >= 2 else Tier.LOW
    argued = product.risk_tier if product.risk_override is not None else None
    return RiskTier(computed if argued is None else Tier(argued), points, contributions, computed)


def _contributions(product: Product) -> Iterator[Contribution]:
    yield _points("exogenous_gene", product.exogenous_gene, 2)
    if product.exogenous_gene is not False:
        integration = product.vector.integration if product.vector else None
        known = integration not in {None, "unknown"}
        yield Contribution("vector_integration", "product.vector.integration", int(integration != "none"), known)
    yield _points("gene_knockout", product.gene_knockout, 2)
    if product.cell_source == "allogeneic":
        yield Contribution("allogeneic", "product.cell_source", 1, stated=True)
        homologous = product.homologous_use
        yield _points("non_homologous", None if homologous is None else not homologous, 1, "homologous_use")
    yield _points("induced_differentiation", product.induced_differentiation, 1)
    yield _points("systemic_action", product.systemic_action, 1)
    yield _points("complex_processing", product.complex_processing, 1)
    yield _points("alters_survival_or_differentiation", product.alters_survival_or_differentiation, 1)


def _points(factor: str, present: bool | None, points: int, field: str | None = None) -> Contribution:  # noqa: FBT001 - the fact itself
    return Contribution(factor, f"product.{field or factor}", 0 if present is False else points, present is not None)
