"""Long-term follow-up: how long a treated subject is followed, and why that long.

Years = the largest of the class minimum, the upper bound of the onset of late
events, the natural lifespan of the cells and their persistence, counted from
the *last* infusion. The class comes from three facts of the product: a foreign
gene, whether its vector integrates, and whether survival or differentiation
was changed.

What the guideline leaves open is never guessed. A knockout without a foreign
gene, cells without a foreign gene whose survival or differentiation was
changed, and a vector of unknown integration are `unclassified`; the strictest
minimum holds until the class is justified. A low risk of integration without
evidence is treated as integrating.

The class minimums (1, 5, 15 years) are data of the clause register; the values
here are those of the 2020 draft. Checked against AC-F1.1 to AC-F1.5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.core.dates import add_months
from celltrial.core.errors import UserError, fault


class FollowUpClass(StrEnum):
    """What the product's risk of late effects asks for."""

    NO_FOREIGN_GENE = "no_foreign_gene"
    LOW_INTEGRATION = "low_integration"
    INTEGRATING = "integrating"
    UNCLASSIFIED = "unclassified"


class Driver(StrEnum):
    """What binds the number of years."""

    CLASS_MINIMUM = "class_minimum"
    DELAYED_EVENT_ONSET = "delayed_event_onset"
    NATURAL_SURVIVAL = "natural_survival"
    PERSISTENCE = "persistence"


#: Minimum years per class in the register of the 2020 draft (3.1-f, 3.1-g, 3.1-h).
MINIMUM_YEARS: Final[Mapping[FollowUpClass, float]] = MappingProxyType(
    {
        FollowUpClass.NO_FOREIGN_GENE: 1.0,
        FollowUpClass.LOW_INTEGRATION: 5.0,
        FollowUpClass.INTEGRATING: 15.0,
    }
)


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What the duration depends on; None means not known and never counts as low risk.

    vector_integration:       "none", "low", "integrating" or None.
    low_integration_evidence: whether a claim of "low" cites evidence.
    natural_survival_years, persistence_years, delayed_event_onset_years: upper bounds in years, >= 0.
    """

    exogenous_gene: bool | None
    alters_survival_or_differentiation: bool | None = None
    gene_knockout: bool | None = None
    vector_integration: str | None = None
    low_integration_evidence: bool = False
    natural_survival_years: float | None = None
    persistence_years: float | None = None
    delayed_event_onset_years: float | None = None


@dataclass(frozen=True, slots=True)
class FollowUpNeed:
    """How long, and what binds.

    years:         required years from the last infusion.
    driver:        the contribution that binds (the class minimum on a tie).
    contributions: years asked for by each driver that is known.
    reason:        code of why the product fell into its class.
    """

    follow_up_class: FollowUpClass
    years: float
    driver: Driver
    contributions: Mapping[Driver, float]
    reason: str


def classify(facts: ProductFacts) -> tuple[FollowUpClass, str]:
    """Return the class and the code of its reason.

    >>> classify(ProductFacts(exogenous_gene=True, vector_integration="low"))[1]
    'low_integration_without_evidence'
    """
    if facts.exogenous_gene is None:
        return FollowUpClass.UNCLASSIFIED, "exogenous_gene_unknown"
    if facts.exogenous_gene:
        match facts.vector_integration:
            case "integrating":
                return FollowUpClass.INTEGRATING, "vector_integrates"
            case "none":
                return FollowUpClass.LOW_INTEGRATION, "vector_does_not_integrate"
            case "low" if facts.low_integration_evidence:
                return FollowUpClass.LOW_INTEGRATION, "low_integration_with_evidence"
            case "low":
                return FollowUpClass.INTEGRATING, "low_integration_without_evidence"
        return FollowUpClass.UNCLASSIFIED, "integration_unknown"
    if facts.gene_knockout is not False:
        known = facts.gene_knockout is not None
        return FollowUpClass.UNCLASSIFIED, "knockout_only" if known else "gene_knockout_unknown"
    if facts.alters_survival_or_differentiation is not False:
        known = facts.alters_survival_or_differentiation is not None
        return FollowUpClass.UNCLASSIFIED, "altered_survival" if known else "altered_survival_unknown"
    return FollowUpClass.NO_FOREIGN_GENE, "no_foreign_gene"


def required_follow_up(
    facts: ProductFacts,
    *,
    minimum_years: Mapping[FollowUpClass, float] = MINIMUM_YEARS,
    justified_class: FollowUpClass | None = None,
) -> FollowUpNeed:
    """Return the years a product asks for and the driver that binds.

    minimum_years:   minimum per class, from the clause register in force.
    justified_class: the class argued for an unclassified product; ignored for any other.

    >>> need = required_follow_up(ProductFacts(exogenous_gene=True, vector_integration="integrating"))
    >>> need.years, need.driver.value
    (15.0, 'class_minimum')
    """
    found, reason = classify(facts)
    counted = justified_class or found if found is FollowUpClass.UNCLASSIFIED else found
    strictest = max(minimum_years.values())
    contributions = {Driver.CLASS_MINIMUM: minimum_years.get(counted, strictest)}
    for driver, years in (
        (Driver.DELAYED_EVENT_ONSET, facts.delayed_event_onset_years),
        (Driver.NATURAL_SURVIVAL, facts.natural_survival_years),
        (Driver.PERSISTENCE, facts.persistence_years),
    ):
        if years is not None:
            contributions[driver] = _not_negative(driver, years)
    driver = max(contributions, key=lambda item: contributions[item])
    return FollowUpNeed(found, contributions[driver], driver, MappingProxyType(contributions), reason)


def _not_negative(driver: Driver, years: float) -> float:
    if math.isfinite(years) and years >= 0:
        return years
    raise UserError(fault("CLN-090", where=driver.value, expected="0 <= years < infinity", found=str(years)))


def follow_up_end(last_infusion: date, years: float) -> date:
    """Return the first day on which follow-up may end: `years` after the last infusion, never a day short.

    A part of a year is rounded up to whole months; 29 February ends on 1 March.

    >>> follow_up_end(date(2024, 2, 29), 15)
    datetime.date(2039, 3, 1)
    """
    if not (math.isfinite(years) and 0 < years <= 150):
        raise UserError(fault("CLN-090", where="years", expected="0 < years <= 150", found=str(years)))
    return add_months(last_infusion, math.ceil(round(12 * years, 6)))


def extended_end(current_end: date, last_infusion: date, years: float) -> date:
    """Return the end after a new infusion or a longer requirement: moved out, never in (AC-F1.5, 3.1-i).

    >>> extended_end(date(2040, 3, 1), date(2025, 3, 1), 5)
    datetime.date(2040, 3, 1)
    """
    return max(current_end, follow_up_end(last_infusion, years))
