"""What may be asked of a site."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.vocabulary import Resource
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class ActivateSite:
    """Let a site take subjects."""

    site: str
    name: str
    country: str
    zone: str
    resources: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class CountResource:
    """Record the counted stock of a resource."""

    site: str
    resource: str
    quantity: int


@dataclass(frozen=True, slots=True)
class QualifyOperator:
    """Record that a person is trained for a procedure.

    supervised: procedures done under supervision; None where nobody counted.
    """

    site: str
    operator: str
    procedure: str
    instruction: str = ""
    expires: Instant | None = None
    supervised: int | None = None


@dataclass(frozen=True, slots=True)
class IssueInstruction:
    """Bring a new version of a procedure's instruction into force."""

    procedure: str
    instruction: str


@dataclass(frozen=True, slots=True)
class AcceptVersion:
    """Record that a site accepted a protocol version."""

    site: str
    version: str


@dataclass(frozen=True, slots=True)
class CloseSite:
    """Stop new subjects at a site."""

    site: str
    reason: str
