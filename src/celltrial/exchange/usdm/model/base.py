"""What every USDM 4.0 class is made of: an id, its class name, extensions; and the small value classes.

Names, cardinalities and class names are those of the USDM API 4.0.0 (`Deliverables/API/USDM_API.yaml` of
cdisc-org/DDF-RA); a test holds every class against its required attributes. Python names are in snake case,
the JSON has the names of the standard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "AliasCode",
    "Amount",
    "Code",
    "CommentAnnotation",
    "Described",
    "Duration",
    "ExtensionAttribute",
    "ExtensionClass",
    "Instance",
    "Name",
    "Part",
    "Quantity",
    "Range",
    "walk",
]

Name = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A frozen piece of a USDM document; types are strict, attributes that USDM does not have are passed over."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", allow_inf_nan=False, alias_generator=to_camel, populate_by_name=True
    )


class Instance(Part):
    """An object with an id that is unique in its document."""

    id: Name
    extension_attributes: tuple[ExtensionAttribute, ...] = ()


class Described(Instance):
    """An object with a name, a short label and a description."""

    name: Name
    label: str | None = None
    description: str | None = None


class Code(Instance):
    """A coded value: the code, whose it is, and what it says."""

    code: str
    code_system: str
    code_system_version: str
    decode: str
    instance_type: Literal["Code"] = "Code"


class AliasCode(Instance):
    """A standard code, and other codes for the same."""

    standard_code: Code
    standard_code_aliases: tuple[Code, ...] = ()
    instance_type: Literal["AliasCode"] = "AliasCode"


class CommentAnnotation(Instance):
    """A note."""

    text: str
    codes: tuple[Code, ...] = ()
    instance_type: Literal["CommentAnnotation"] = "CommentAnnotation"


class Quantity(Instance):
    """A number and its unit."""

    value: float
    unit: AliasCode | None = None
    instance_type: Literal["Quantity"] = "Quantity"


class Range(Instance):
    """From a quantity to a quantity, both included."""

    min_value: Quantity
    max_value: Quantity
    is_approximate: bool
    instance_type: Literal["Range"] = "Range"


Amount = Annotated[Quantity | Range, Field(discriminator="instance_type")]


class Duration(Instance):
    """How long something goes on."""

    text: str | None = None
    quantity: Amount | None = None
    duration_will_vary: bool
    reason_duration_will_vary: str | None = None
    instance_type: Literal["Duration"] = "Duration"


class ExtensionClass(Part):
    """An object of a class that USDM does not have."""

    id: Name
    url: str
    extension_attributes: tuple[ExtensionAttribute, ...]
    instance_type: Literal["ExtensionClass"] = "ExtensionClass"


class ExtensionAttribute(Part):
    """One value that USDM has no attribute for, under a URL that says whose it is and what it means."""

    id: Name
    url: str
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_id: str | None = None
    value_quantity: Quantity | None = None
    value_range: Range | None = None
    value_code: Code | None = None
    value_alias_code: AliasCode | None = None
    value_extension_class: ExtensionClass | None = None
    extension_attributes: tuple[ExtensionAttribute, ...] = ()
    instance_type: Literal["ExtensionAttribute"] = "ExtensionAttribute"


# Extensions hold quantities and quantities have extensions: the names are known only here.
for _model in (Instance, Described, Code, AliasCode, CommentAnnotation, Quantity, Range, Duration, ExtensionClass):
    _model.model_rebuild()


def walk(part: Part) -> Iterator[Part]:
    """Yield an object and every object within it."""
    waiting: list[Any] = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting += one
        elif isinstance(one, Part):
            yield one
            waiting += [getattr(one, name) for name in type(one).model_fields]
