"""What is given: interventions, administrations, products and devices."""

from __future__ import annotations

from typing import Literal

from celltrial.exchange.usdm.model.base import (
    AliasCode,
    Amount,
    Code,
    CommentAnnotation,
    Described,
    Duration,
    Instance,
    Name,
    Quantity,
)

__all__ = [
    "AdministrableProduct",
    "AdministrableProductIdentifier",
    "AdministrableProductProperty",
    "Administration",
    "Ingredient",
    "MedicalDevice",
    "MedicalDeviceIdentifier",
    "ProductOrganizationRole",
    "Strength",
    "StudyIntervention",
    "Substance",
]


class Strength(Described):
    """How much of a substance is in the product."""

    numerator: Amount
    denominator: Quantity | None = None
    instance_type: Literal["Strength"] = "Strength"


class Substance(Described):
    """A substance."""

    codes: tuple[Code, ...] = ()
    strengths: tuple[Strength, ...]
    reference_substance: Substance | None = None
    instance_type: Literal["Substance"] = "Substance"


class Ingredient(Instance):
    """A substance in its role in a product."""

    role: Code
    substance: Substance
    instance_type: Literal["Ingredient"] = "Ingredient"


class AdministrableProductIdentifier(Instance):
    """An identifier of a product, and the organisation that gave it."""

    text: str
    scope_id: str
    instance_type: Literal["AdministrableProductIdentifier"] = "AdministrableProductIdentifier"


class AdministrableProductProperty(Instance):
    """A property of a product."""

    name: Name
    text: str
    type: Code
    quantity: Quantity | None = None
    instance_type: Literal["AdministrableProductProperty"] = "AdministrableProductProperty"


class AdministrableProduct(Described):
    """A product as it is given."""

    pharmacologic_class: Code | None = None
    administrable_dose_form: AliasCode
    product_designation: Code
    sourcing: Code | None = None
    properties: tuple[AdministrableProductProperty, ...] = ()
    identifiers: tuple[AdministrableProductIdentifier, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["AdministrableProduct"] = "AdministrableProduct"


class ProductOrganizationRole(Described):
    """What an organisation does for a product."""

    code: Code
    applies_to_ids: tuple[str, ...] = ()
    organization_id: str
    instance_type: Literal["ProductOrganizationRole"] = "ProductOrganizationRole"


class MedicalDeviceIdentifier(Instance):
    """An identifier of a device."""

    text: str
    scope_id: str
    type: Code
    instance_type: Literal["MedicalDeviceIdentifier"] = "MedicalDeviceIdentifier"


class MedicalDevice(Described):
    """A device."""

    hardware_version: str | None = None
    software_version: str | None = None
    embedded_product_id: str | None = None
    sourcing: Code | None = None
    identifiers: tuple[MedicalDeviceIdentifier, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["MedicalDevice"] = "MedicalDevice"


class Administration(Described):
    """How a product is given: dose, route, how often, how long."""

    duration: Duration
    dose: Quantity | None = None
    route: AliasCode | None = None
    frequency: AliasCode | None = None
    administrable_product_id: str | None = None
    medical_device_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["Administration"] = "Administration"


class StudyIntervention(Described):
    """An intervention, its role in the study and its administrations."""

    role: Code
    type: Code
    minimum_response_duration: Quantity | None = None
    codes: tuple[Code, ...] = ()
    administrations: tuple[Administration, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()
    instance_type: Literal["StudyIntervention"] = "StudyIntervention"
