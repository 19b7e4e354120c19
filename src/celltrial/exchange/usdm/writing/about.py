"""Titles, identifiers, organisations, roles and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model.parties import GeographicScope, GovernanceDate, Masking, Organization, StudyRole
from celltrial.exchange.usdm.model.study import StudyIdentifier, StudyTitle
from celltrial.exchange.usdm.terminology_data import DATES, GLOBAL, ORGANIZATION_TYPES, REGISTRIES, ROLES, TITLES
from celltrial.protocol import Protocol

#: Stands where USDM requires a text and the protocol has none.
NOT_STATED: Final = "not stated"

#: Who does not know the arm at each level of blinding, unless the protocol says why they do.
_MASKED: Final = {"double": ("subject", "investigator"), "subject": ("subject",), "open": ()}
_BLINDED: Final = {"double": "Masked: the trial is double-blind", "subject": "Masked: the trial is single-blind"}


@dataclass(frozen=True, slots=True)
class About:
    """Who and what a study is."""

    titles: tuple[StudyTitle, ...]
    identifiers: tuple[StudyIdentifier, ...]
    organizations: tuple[Organization, ...]
    roles: tuple[StudyRole, ...]
    dates: tuple[GovernanceDate, ...]


def write_about(protocol: Protocol, mint: Mint) -> About:
    """Return titles, identifiers, organisations, roles and dates of a protocol."""
    about = protocol.identification
    titles = [mint(StudyTitle, text=about.title.said("en"), type=mint.code(TITLES["official"]))]
    if about.acronym:
        titles.append(mint(StudyTitle, text=about.acronym, type=mint.code(TITLES["acronym"])))
    sponsor = _organization(mint, "sponsor", about.sponsor or NOT_STATED, NOT_STATED)
    organizations = [sponsor]
    identifiers = [mint(StudyIdentifier, text=about.id, scope_id=sponsor.id)]
    for number in about.registry_ids:
        registry = _registry(number)
        keeper = next((one for one in organizations[1:] if one.name == registry), None)
        if keeper is None:
            keeper = _organization(mint, "registry", registry, registry)
            organizations.append(keeper)
        identifiers.append(mint(StudyIdentifier, text=number, scope_id=keeper.id))
    scope = mint(GeographicScope, type=mint.code(GLOBAL))
    date = mint(
        GovernanceDate,
        name="version_date",
        label="Date of this version",
        type=mint.code(DATES["issued"]),
        date_value=about.version_date,
        geographic_scopes=(scope,),
    )
    return About(tuple(titles), tuple(identifiers), tuple(organizations), _roles(protocol, sponsor, mint), (date,))


def _organization(mint: Mint, kind: str, name: str, identifier: str) -> Organization:
    scheme = NOT_STATED if identifier == NOT_STATED else "name"
    code = mint.code(ORGANIZATION_TYPES[kind])
    return mint(Organization, name=name, type=code, identifier_scheme=scheme, identifier=identifier)


def _registry(number: str) -> str:
    return next((one.name for one in REGISTRIES if number.startswith(one.prefix)), f"Register of {number}")


def _roles(protocol: Protocol, sponsor: Organization, mint: Mint) -> tuple[StudyRole, ...]:
    found = [mint(StudyRole, name="sponsor", code=mint.code(ROLES["sponsor"]), organization_ids=(sponsor.id,))]
    for name, reason in protocol.trial.blinding.unblinded_roles.items():
        if name in ROLES and name != "sponsor":
            masking = mint(Masking, text=reason.said("en"), is_masked=False)
            found.append(mint(StudyRole, name=name, code=mint.code(ROLES[name]), masking=masking))
    level = protocol.trial.blinding.level
    for name in _MASKED[level]:
        if name not in protocol.trial.blinding.unblinded_roles:
            masking = mint(Masking, text=_BLINDED[level], is_masked=True)
            found.append(mint(StudyRole, name=name, code=mint.code(ROLES[name]), masking=masking))
    return tuple(found)
