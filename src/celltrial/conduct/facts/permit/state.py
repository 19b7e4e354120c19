"""What is known of a permit."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.permit.events import ActPermitted
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit and the moment at which it was given."""

    given: ActPermitted
    since: Instant

    def holds_at(self, at: Instant) -> bool:
        """Tell whether an act at this moment was permitted."""
        return self.since.utc <= at.utc <= self.given.until.utc
