"""Who takes part: organisations, sites, roles, people; where and when."""

from __future__ import annotations

from datetime import date
from typing import Literal

from celltrial.exchange.usdm.model.base import AliasCode, Code, CommentAnnotation, Described, Instance, Name

__all__ = [
    "Address",
    "AssignedPerson",
    "GeographicScope",
    "GovernanceDate",
    "Masking",
    "Organization",
    "PersonName",
    "StudyRole",
    "StudySite",
]


class Address(Instance):
    """A postal address."""

    text: str | None = None
    lines: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: Code | None = None
    instance_type: Literal["Address"] = "Address"


class StudySite(Described):
    """A site."""

    country: Code
    instance_type: Literal["StudySite"] = "StudySite"


class Organization(Instance):
    """An organisation, with its identifier in some scheme."""

    name: Name
    label: str | None = None
    type: Code
    identifier_scheme: str
    identifier: str
    legal_address: Address | None = None
    managed_sites: tuple[StudySite, ...] = ()
    instance_type: Literal["Organization"] = "Organization"


class PersonName(Instance):
    """The name of a person."""

    text: str | None = None
    family_name: str | None = None
    given_names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    instance_type: Literal["PersonName"] = "PersonName"


class AssignedPerson(Described):
    """A person in a role."""

    person_name: PersonName
    job_title: str
    organization_id: str | None = None
    instance_type: Literal["AssignedPerson"] = "AssignedPerson"


class Masking(Instance):
    """Whether a role is kept from knowing the arm."""

    text: str
    is_masked: bool
    instance_type: Literal["Masking"] = "Masking"


class StudyRole(Described):
    """A role, who has it and what it applies to."""

    code: Code
    applies_to_ids: tuple[str, ...] = ()
    assigned_persons: tuple[AssignedPerson, ...] = ()
    organization_ids: tuple[str, ...] = ()
    masking: Masking | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyRole"] = "StudyRole"


class GeographicScope(Instance):
    """Where something holds."""

    type: Code
    code: AliasCode | None = None
    instance_type: Literal["GeographicScope"] = "GeographicScope"


class GovernanceDate(Described):
    """A date of the document's life."""

    type: Code
    date_value: date
    geographic_scopes: tuple[GeographicScope, ...]
    instance_type: Literal["GovernanceDate"] = "GovernanceDate"
