"""The written documents, and what amendments change in them."""

from __future__ import annotations

from typing import Literal

from celltrial.exchange.usdm.model.base import Code, CommentAnnotation, Described, Instance, Name, Quantity
from celltrial.exchange.usdm.model.parties import GeographicScope, GovernanceDate

__all__ = [
    "DocumentContentReference",
    "NarrativeContent",
    "NarrativeContentItem",
    "StudyAmendment",
    "StudyAmendmentImpact",
    "StudyAmendmentReason",
    "StudyChange",
    "StudyDefinitionDocument",
    "StudyDefinitionDocumentVersion",
    "SubjectEnrollment",
]


class NarrativeContentItem(Instance):
    """A text."""

    name: Name
    text: str
    instance_type: Literal["NarrativeContentItem"] = "NarrativeContentItem"


class NarrativeContent(Instance):
    """A section of a document."""

    name: Name
    section_number: str | None = None
    section_title: str | None = None
    display_section_number: bool
    display_section_title: bool
    child_ids: tuple[str, ...] = ()
    previous_id: str | None = None
    next_id: str | None = None
    content_item_id: str | None = None
    instance_type: Literal["NarrativeContent"] = "NarrativeContent"


class StudyDefinitionDocumentVersion(Instance):
    """A version of a document."""

    version: str
    status: Code
    date_values: tuple[GovernanceDate, ...] = ()
    contents: tuple[NarrativeContent, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyDefinitionDocumentVersion"] = "StudyDefinitionDocumentVersion"


class StudyDefinitionDocument(Described):
    """A document."""

    language: Code
    type: Code
    template_name: str
    versions: tuple[StudyDefinitionDocumentVersion, ...] = ()
    child_ids: tuple[str, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyDefinitionDocument"] = "StudyDefinitionDocument"


class DocumentContentReference(Instance):
    """A section that is meant."""

    section_number: str
    section_title: str
    applies_to_id: str
    instance_type: Literal["DocumentContentReference"] = "DocumentContentReference"


class StudyChange(Described):
    """One change of an amendment."""

    summary: str
    rationale: str
    changed_sections: tuple[DocumentContentReference, ...]
    instance_type: Literal["StudyChange"] = "StudyChange"


class StudyAmendmentImpact(Instance):
    """What an amendment touches."""

    type: Code
    text: str
    is_substantial: bool
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyAmendmentImpact"] = "StudyAmendmentImpact"


class StudyAmendmentReason(Instance):
    """Why an amendment was made."""

    code: Code
    other_reason: str | None = None
    instance_type: Literal["StudyAmendmentReason"] = "StudyAmendmentReason"


class SubjectEnrollment(Described):
    """How many were enrolled when an amendment was made."""

    quantity: Quantity
    for_geographic_scope: GeographicScope | None = None
    for_study_cohort_id: str | None = None
    for_study_site_id: str | None = None
    instance_type: Literal["SubjectEnrollment"] = "SubjectEnrollment"


class StudyAmendment(Described):
    """An amendment."""

    number: str
    summary: str
    primary_reason: StudyAmendmentReason
    secondary_reasons: tuple[StudyAmendmentReason, ...] = ()
    changes: tuple[StudyChange, ...]
    impacts: tuple[StudyAmendmentImpact, ...] = ()
    geographic_scopes: tuple[GeographicScope, ...]
    enrollments: tuple[SubjectEnrollment, ...] = ()
    date_values: tuple[GovernanceDate, ...] = ()
    previous_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyAmendment"] = "StudyAmendment"
