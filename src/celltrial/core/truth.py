"""Three-valued truth: yes, no and unknown (Kleene's strong logic).

A criterion that was not assessed is neither met nor unmet. Gates refuse on
UNKNOWN exactly as on FALSE, but say so in different words.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """A truth value; it has no Python truth of its own, so `if truth:` is an error."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        """Refuse: write `is Truth.TRUE`, so that UNKNOWN cannot slip through."""
        raise TypeError("a three-valued truth has no bool; compare with Truth.TRUE")

    @staticmethod
    def of(value: bool | None) -> Truth:  # noqa: FBT001 - the one argument is the value itself
        """Return the truth of an optional boolean; None is unknown.

        >>> Truth.of(None)
        <Truth.UNKNOWN: 'unknown'>
        """
        if value is None:
            return Truth.UNKNOWN
        return Truth.TRUE if value else Truth.FALSE


def negate(value: Truth) -> Truth:
    """Return not `value`; unknown stays unknown."""
    if value is Truth.UNKNOWN:
        return value
    return Truth.FALSE if value is Truth.TRUE else Truth.TRUE


def all_of(values: Iterable[Truth]) -> Truth:
    """Return the conjunction: FALSE if any is false, else UNKNOWN if any is unknown, else TRUE."""
    seen = set(values)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def any_of(values: Iterable[Truth]) -> Truth:
    """Return the disjunction: TRUE if any is true, else UNKNOWN if any is unknown, else FALSE."""
    return negate(all_of(negate(value) for value in values))
