"""What is known of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from celltrial.conduct.site.events import OperatorQualified

__all__ = ["SiteState"]


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site: its zone, the protocol version it accepted, stock, and who is trained for what."""

    site: str
    zone: str
    version: str
    is_open: bool = True
    resources: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    qualifications: tuple[OperatorQualified, ...] = ()
