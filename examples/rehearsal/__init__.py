"""Rehearsal: a trial in memory, driven through `decide` and `evolve`, for scripts, pages and tests; it stands in conduct."""

from celltrial.conduct.rehearsal import Journey, Rehearsal, fitting_evidence, fitting_findings, signature, with_fields

__all__ = ["Journey", "Rehearsal", "fitting_evidence", "fitting_findings", "signature", "with_fields"]
