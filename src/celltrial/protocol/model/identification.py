"""Who and what: identifiers, title, sponsor, references, and the source of each field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import (
    CalendarDate,
    Descriptive,
    DescriptiveText,
    Grown,
    GrownSection,
    LocalText,
    Section,
)


class Amendment(Section):
    """What this version changes against the one before, and why.

    substantial: whether it bears on safety and rights of participants, or on the reliability of the data.
    """

    scope: Annotated[Literal["global", "country", "site"], Descriptive()] = "global"
    reasons: tuple[LocalText, ...] = Field(min_length=1)
    substantial: Annotated[Literal["safety_or_rights", "reliability", "both", "no"], Descriptive()]
    summary: LocalText | None = None


class Identification(GrownSection):
    """Identifiers of the protocol.

    id:      the sponsor's protocol number; also the trial's key in the ledger.
    version: version of this document; each approval takes a new one.
    signatory: function of the person who signs for the sponsor; persons are not named in this file.
    pathway: `drug_registration` is what the guideline speaks to; others are warned.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")
    version: str = Field(min_length=1, max_length=20)
    version_date: CalendarDate
    title: LocalText
    acronym: DescriptiveText = None
    sponsor: str | None = None
    registry_ids: Annotated[tuple[str, ...], Descriptive()] = ()
    short_title: Annotated[LocalText | None, Grown()] = None
    sponsor_address: Annotated[LocalText | None, Grown()] = None
    product_codes: Annotated[tuple[str, ...], Descriptive(), Grown()] = ()
    approved_on: Annotated[CalendarDate | None, Descriptive(), Grown()] = None
    signatory: Annotated[LocalText | None, Grown()] = None
    medical_contact: Annotated[LocalText | None, Grown()] = None
    confidentiality: Annotated[LocalText | None, Grown()] = None
    amendment: Annotated[Amendment | None, Descriptive(), Grown()] = None
    pathway: Literal["drug_registration", "medical_technology", "other"] = "drug_registration"


class Reference(Section):
    """A source that fields and evidence point to by its key."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    citation: str
    doi: DescriptiveText = None
    url: DescriptiveText = None
    pmid: DescriptiveText = None


class Provenance(Section):
    """Where the value of one field comes from.

    field:     dotted path of the field, such as `dose.levels`.
    kind:      `published` (a reference is required) or `chosen` (a reason is required).
    """

    field: str
    kind: Literal["published", "chosen"]
    reference: str | None = None
    place: str | None = None
    note: LocalText | None = None
