"""Read a historical cohort from CSV tables by a mapping file into facts of conduct."""

from celltrial.exchange.cohort.facts import CohortFacts, read_cohort
from celltrial.exchange.cohort.mapping import CohortMapping, read_mapping

__all__ = ["CohortFacts", "CohortMapping", "read_cohort", "read_mapping"]
