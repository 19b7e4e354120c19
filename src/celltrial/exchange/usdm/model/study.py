"""The study, its versions, and the wrapper in which they travel."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from celltrial.exchange.usdm.model.base import Code, CommentAnnotation, ExtensionAttribute, Instance, Name, Part
from celltrial.exchange.usdm.model.concepts import (
    Abbreviation,
    BiomedicalConcept,
    BiomedicalConceptCategory,
    BiomedicalConceptSurrogate,
    Condition,
    SyntaxTemplateDictionary,
)
from celltrial.exchange.usdm.model.design import InterventionalStudyDesign, ObservationalStudyDesign
from celltrial.exchange.usdm.model.documents import NarrativeContentItem, StudyAmendment, StudyDefinitionDocument
from celltrial.exchange.usdm.model.interventions import (
    AdministrableProduct,
    MedicalDevice,
    ProductOrganizationRole,
    StudyIntervention,
)
from celltrial.exchange.usdm.model.parties import GovernanceDate, Organization, StudyRole
from celltrial.exchange.usdm.model.population import EligibilityCriterionItem

__all__ = ["ReferenceIdentifier", "Study", "StudyIdentifier", "StudyTitle", "StudyVersion", "Wrapper"]


class StudyTitle(Instance):
    """A title."""

    text: str
    type: Code
    instance_type: Literal["StudyTitle"] = "StudyTitle"


class StudyIdentifier(Instance):
    """An identifier of the study, and the organisation that gave it."""

    text: str
    scope_id: str
    instance_type: Literal["StudyIdentifier"] = "StudyIdentifier"


class ReferenceIdentifier(Instance):
    """An identifier of another plan that the study belongs to."""

    text: str
    scope_id: str
    type: Code
    instance_type: Literal["ReferenceIdentifier"] = "ReferenceIdentifier"


AnyDesign = Annotated[InterventionalStudyDesign | ObservationalStudyDesign, Field(discriminator="instance_type")]


class StudyVersion(Instance):
    """One version of the study's definition."""

    version_identifier: str
    rationale: str
    document_version_ids: tuple[str, ...] = ()
    date_values: tuple[GovernanceDate, ...] = ()
    amendments: tuple[StudyAmendment, ...] = ()
    business_therapeutic_areas: tuple[Code, ...] = ()
    study_identifiers: tuple[StudyIdentifier, ...]
    reference_identifiers: tuple[ReferenceIdentifier, ...] = ()
    study_designs: tuple[AnyDesign, ...] = ()
    titles: tuple[StudyTitle, ...]
    eligibility_criterion_items: tuple[EligibilityCriterionItem, ...] = ()
    narrative_content_items: tuple[NarrativeContentItem, ...] = ()
    abbreviations: tuple[Abbreviation, ...] = ()
    roles: tuple[StudyRole, ...] = ()
    organizations: tuple[Organization, ...] = ()
    study_interventions: tuple[StudyIntervention, ...] = ()
    administrable_products: tuple[AdministrableProduct, ...] = ()
    medical_devices: tuple[MedicalDevice, ...] = ()
    product_organization_roles: tuple[ProductOrganizationRole, ...] = ()
    biomedical_concepts: tuple[BiomedicalConcept, ...] = ()
    bc_categories: tuple[BiomedicalConceptCategory, ...] = ()
    bc_surrogates: tuple[BiomedicalConceptSurrogate, ...] = ()
    dictionaries: tuple[SyntaxTemplateDictionary, ...] = ()
    conditions: tuple[Condition, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyVersion"] = "StudyVersion"


class Study(Part):
    """A study; its id is a UUID, or absent while no repository has given one."""

    id: UUID | None = None
    extension_attributes: tuple[ExtensionAttribute, ...] = ()
    name: Name
    label: str | None = None
    description: str | None = None
    versions: tuple[StudyVersion, ...] = ()
    documented_by: tuple[StudyDefinitionDocument, ...] = ()
    instance_type: Literal["Study"] = "Study"


class Wrapper(Part):
    """What travels: a study, the version of the standard, and the system that wrote it."""

    study: Study
    usdm_version: str
    system_name: str | None = None
    system_version: str | None = None
