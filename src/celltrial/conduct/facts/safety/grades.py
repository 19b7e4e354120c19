"""The grade of an adverse event on one scale; scales are never mixed."""

from __future__ import annotations

from celltrial.conduct.facts.safety.state import AdverseEvent, counted
from celltrial.core.terms import plain


def same_scale(one: str, other: str) -> bool:
    """Tell whether two names mean the same scale: `CTCAE-5.0`, `CTCAE 5.0`.

    >>> same_scale("ASTCT-2019", "astct 2019"), same_scale("CTCAE-5.0", "ASTCT-2019")
    (True, False)
    """
    return plain(one) == plain(other)


def grade_on(event: AdverseEvent, scale: str) -> int | None:
    """Return the counted grade on one scale; None where no grade of the event is on it. Scales are never mixed."""
    on_scale = [item for item in event.grades.values() if same_scale(item.scale, scale)]
    return counted(on_scale) if on_scale else None
