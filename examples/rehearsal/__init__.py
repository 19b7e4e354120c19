"""Rehearsal: a trial in memory, driven through `decide` and `evolve`, for scripts, pages and tests."""

from rehearsal.evidence import fitting_evidence, fitting_findings
from rehearsal.journey import Journey
from rehearsal.trial import Rehearsal, signature, with_fields

__all__ = ["Journey", "Rehearsal", "fitting_evidence", "fitting_findings", "signature", "with_fields"]
