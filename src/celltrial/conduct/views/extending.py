"""Whose follow-up is shorter than what is asked for now."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.clinical.follow_up import extended_end
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.views.scheduling import years_due


def followed(state: TrialState) -> Iterator[tuple[SubjectState, FollowUpState]]:
    """Yield every subject in follow-up, with the schedule."""
    for subject in state.subjects.values():
        known = subject.follow_up
        if known is None or subject.died_on is not None:
            continue
        if known.completed_on is None and known.withdrawn_on is None:
            yield subject, known


def is_extension_due(state: TrialState) -> bool:
    """Tell whether somebody's follow-up is shorter than the protocol in force or a named register now asks for."""
    if state.protocol is None or state.protocol.follow_up is None:
        return False
    _, years, _ = years_due(state.protocol, state.minimum_years)
    return any(extended_end(known.ends, known.starts, years) > known.ends for _, known in followed(state))
