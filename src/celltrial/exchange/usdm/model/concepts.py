"""What is measured, in words that machines share: biomedical concepts, conditions, dictionaries, specimens."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from celltrial.exchange.usdm.model.base import AliasCode, Code, CommentAnnotation, Described, Instance, Name

__all__ = [
    "Abbreviation",
    "BiomedicalConcept",
    "BiomedicalConceptCategory",
    "BiomedicalConceptProperty",
    "BiomedicalConceptSurrogate",
    "BiospecimenRetention",
    "Condition",
    "ParameterMap",
    "ResponseCode",
    "SyntaxTemplateDictionary",
]


class ResponseCode(Instance):
    """A permitted answer."""

    name: Name
    label: str | None = None
    is_enabled: bool
    code: Code
    instance_type: Literal["ResponseCode"] = "ResponseCode"


class BiomedicalConceptProperty(Instance):
    """A property of a concept."""

    name: Name
    label: str | None = None
    is_required: bool
    is_enabled: bool
    datatype: str
    response_codes: tuple[ResponseCode, ...] = ()
    code: AliasCode
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["BiomedicalConceptProperty"] = "BiomedicalConceptProperty"


class BiomedicalConcept(Instance):
    """A concept of a library."""

    name: Name
    label: str | None = None
    synonyms: tuple[str, ...] = ()
    reference: str
    properties: tuple[BiomedicalConceptProperty, ...] = ()
    code: AliasCode
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["BiomedicalConcept"] = "BiomedicalConcept"


class BiomedicalConceptCategory(Described):
    """A group of concepts."""

    child_ids: tuple[str, ...] = ()
    member_ids: tuple[str, ...] = ()
    code: AliasCode | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["BiomedicalConceptCategory"] = "BiomedicalConceptCategory"


class BiomedicalConceptSurrogate(Described):
    """A concept for which no library has an entry."""

    reference: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["BiomedicalConceptSurrogate"] = "BiomedicalConceptSurrogate"


class BiospecimenRetention(Described):
    """A specimen that is kept."""

    is_retained: bool
    includes_dna: bool | None = Field(default=None, alias="includesDNA")
    instance_type: Literal["BiospecimenRetention"] = "BiospecimenRetention"


class ParameterMap(Instance):
    """A tag of a template and what stands for it."""

    tag: str
    reference: str
    instance_type: Literal["ParameterMap"] = "ParameterMap"


class SyntaxTemplateDictionary(Described):
    """The tags of a template."""

    parameter_maps: tuple[ParameterMap, ...]
    instance_type: Literal["SyntaxTemplateDictionary"] = "SyntaxTemplateDictionary"


class Condition(Described):
    """When something applies."""

    text: str
    dictionary_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    context_ids: tuple[str, ...] = ()
    applies_to_ids: tuple[str, ...] = ()
    instance_type: Literal["Condition"] = "Condition"


class Abbreviation(Instance):
    """A short form."""

    abbreviated_text: Name
    expanded_text: Name
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Abbreviation"] = "Abbreviation"
