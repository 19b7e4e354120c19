"""Rehearsal: a trial in memory, driven through `decide` and `evolve`, for scripts, pages and tests."""

from celltrial.conduct.rehearsal.evidence import fitting_evidence, fitting_findings
from celltrial.conduct.rehearsal.journey import Journey
from celltrial.conduct.rehearsal.trial import Rehearsal, signature, with_fields

__all__ = ["Journey", "Rehearsal", "fitting_evidence", "fitting_findings", "signature", "with_fields"]
