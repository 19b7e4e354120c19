"""What is known of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from celltrial.conduct.facts.site.events import OperatorQualified
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site: its zone, the protocol version it accepted, stock, and who is trained for what.

    since: when the version was accepted ("version"), a stock last rose ("stock/NAME") and somebody was trained
           ("training/PERSON/PROCEDURE"): an act before that moment did not find it so.
    """

    site: str
    zone: str
    version: str
    is_open: bool = True
    resources: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    qualifications: tuple[OperatorQualified, ...] = ()
    since: Mapping[str, Instant] = field(default_factory=lambda: MappingProxyType({}))

    def later(self, what: str, at: Instant) -> Instant | None:
        """Return since when something holds, where that is after a moment."""
        moment = self.since.get(what)
        return moment if moment is not None and moment.utc > at.utc else None
