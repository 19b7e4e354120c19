"""Facts about a site: activation, resources, people, accepted versions."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.vocabulary import Resource
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class SiteActivated:
    """A site may take subjects; `zone` is its IANA zone, in which its windows are counted."""

    site: str
    name: str
    country: str
    zone: str
    resources: tuple[Resource, ...]
    protocol_version: str


@dataclass(frozen=True, slots=True)
class ResourceCounted:
    """The stock of a resource was counted: `quantity` units are at hand."""

    site: str
    resource: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OperatorQualified:
    """A person is trained for a procedure under a version of its instruction, until `expires`.

    supervised: procedures done under supervision; None where it was not recorded.
    """

    site: str
    operator: str
    procedure: str
    instruction: str
    expires: Instant | None
    supervised: int | None


@dataclass(frozen=True, slots=True)
class InstructionIssued:
    """A procedure's instruction got a new version; older training no longer counts."""

    procedure: str
    instruction: str


@dataclass(frozen=True, slots=True)
class VersionAccepted:
    """A site accepted a protocol version; until then it works under none newer."""

    site: str
    version: str


@dataclass(frozen=True, slots=True)
class SiteClosed:
    """A site takes no new subjects; those treated stay in follow-up."""

    site: str
    reason: str
