"""Comparability gate: no confirmatory start while products of a major process change may differ (2.3.2-m)."""

from __future__ import annotations

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import CohortKind
from celltrial.core.values import Term


def confirmatory_begun(state: TrialState) -> bool:
    """Tell whether anybody was infused in a confirmatory cohort."""
    confirmatory = {item.cohort for item in state.cohorts.values() if item.kind is CohortKind.CONFIRMATORY}
    return any(item.infusions and item.cohort in confirmatory for item in state.subjects.values())


def check_comparability(state: TrialState) -> Conditions:
    """Yield every major process change whose products were not shown comparable (2.3.2-m)."""
    for change in state.changes.values():
        if change.fact.classification == "major" and change.conclusion != "comparable":
            found = Term("conclusion", change.conclusion or "open")
            yield fail(
                Code.COMPARABILITY_OPEN,
                Term("conclusion", "comparable"),
                found,
                f"change/{change.fact.change}",
                "2.3.2-m",
                "manufacturing.changes",
            )
