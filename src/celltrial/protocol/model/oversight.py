"""Oversight as a protocol must tell it: ethics, insurance, data protection, source, deviations, closing a site, results."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from celltrial.core.values import Identifier, one_of
from celltrial.protocol.model.base import Descriptive, DescriptiveText, DurationField, LocalText, Section, UnfitError

#: Sections of ICH M11 of which a protocol may say that they do not apply.
MAY_NOT_APPLY: Final = (
    "3.3", "4.5", "8.6.1", "8.6.2", "8.7", "8.8", "9.1.3", "9.2.5", "9.3.1", "9.3.2", "10.5.1.1", "10.5.1.2", "10.5.1.3", "10.6",
    "10.4.1.2", "10.8", "10.10", "12.2", "12.5",
)  # fmt: skip


class Delegated(Section):
    """A duty of the sponsor that another organisation carries out."""

    task: LocalText
    to: LocalText


class QualityFactor(Section):
    """One factor that is critical to quality: what could go wrong, and what keeps it from going wrong."""

    factor: LocalText
    risk: LocalText
    control: LocalText


class DataProtection(Section):
    """Who answers for personal data, and whether they leave the country.

    transfer: the way in which coded data leave the country of the site; `none` where they do not.
    """

    handler: LocalText
    transfer: Annotated[
        Literal["none", "standard_contract", "security_assessment", "certification"] | None, Descriptive()
    ] = None
    breach: LocalText | None = None


class GeneticResources(Section):
    """Human genetic resources under Chinese law: whether a foreign party or export is part of the trial."""

    foreign_party: Annotated[bool, Descriptive()]
    material_abroad: Annotated[bool, Descriptive()]
    filing: DescriptiveText = None


class Oversight(Section):
    """Legal and organisational text of a protocol (ICH M11, section 11).

    standard_texts:    the set of texts, from the law of a country, that fill sections which no field of this protocol fills;
                       None: none, and such a section is a gap.
    continuing_review: how often the ethics committee reviews the running trial.
    record_retention:  how long the essential records are kept after the end of the trial.
    not_applicable:    section of ICH M11 to the reason for which it does not apply; only of those that may be said so.
    results_within:    how soon after the end of the trial a summary of results is public.
    """

    standard_texts: Annotated[Literal["cn-2026.1"] | None, Descriptive()] = None
    ethics: LocalText | None = None
    continuing_review: Annotated[DurationField | None, Descriptive()] = None
    responsibilities: LocalText | None = None
    delegated: Annotated[tuple[Delegated, ...], Descriptive()] = ()
    insurance: LocalText | None = None
    quality: Annotated[tuple[QualityFactor, ...], Descriptive()] = ()
    data_systems: LocalText | None = None
    data_protection: Annotated[DataProtection | None, Descriptive()] = None
    genetic_resources: Annotated[GeneticResources | None, Descriptive()] = None
    source_records: LocalText | None = None
    record_retention: Annotated[DurationField | None, Descriptive()] = None
    deviations: LocalText | None = None
    site_closure: LocalText | None = None
    results_within: Annotated[DurationField | None, Descriptive()] = None
    dissemination: LocalText | None = None
    country_differences: tuple[LocalText, ...] = ()
    not_applicable: dict[str, LocalText] = Field(default_factory=dict)

    @field_validator("not_applicable")
    @classmethod
    def _may_not_apply(cls, found: dict[str, LocalText]) -> dict[str, LocalText]:
        for number in found:
            if number not in MAY_NOT_APPLY:
                raise UnfitError(one_of(*map(Identifier, MAY_NOT_APPLY)), Identifier(number))
        return found
