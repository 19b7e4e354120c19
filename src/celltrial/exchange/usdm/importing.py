"""From USDM JSON to a protocol: whole, or as a draft with the list of what it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.yaml_text import Document, Path
from celltrial.exchange.usdm.agreement import check_agreement
from celltrial.exchange.usdm.draft import draft_data
from celltrial.exchange.usdm.extension import NAMESPACE, Fields, read_fields
from celltrial.exchange.usdm.facts import Source
from celltrial.exchange.usdm.model.base import Part, walk
from celltrial.exchange.usdm.model.study import Study, Wrapper
from celltrial.exchange.usdm.reading import read_document
from celltrial.exchange.usdm.writing import write_usdm
from celltrial.protocol import Protocol
from celltrial.protocol.reading import parse_protocol


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    protocol: the protocol; None where the document is not whole.
    data:     the fields as plain data, for writing a draft.
    missing:  what a protocol needs and the document lacks, or says in no usable form.
    notes:    what was read otherwise than it stands, or was left out for saying nothing usable.
    left_out: how many objects of each class say something that a protocol has no field for.
    """

    protocol: Protocol | None
    data: dict[str, Any]
    missing: tuple[Fault, ...]
    left_out: Mapping[str, int]
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pointed(Document):
    """Plain data whose places are JSON pointers."""

    pointers: Mapping[Path, str]

    def where(self, path: Path) -> str:
        """Return `file#pointer` of a field, or of the smallest part of the document that speaks of what is around it."""
        for length in range(len(path), 0, -1):
            near = path[:length]
            found = [pointer for known, pointer in self.pointers.items() if known[:length] == near]
            if found:
                return f"{self.file}#{_shared(found)}"
        return self.file


def _shared(pointers: list[str]) -> str:
    """Return the longest pointer that all begin with."""
    parts = [one.split("/") for one in pointers]
    kept = []
    for steps in zip(*parts, strict=False):
        if len(set(steps)) > 1:
            break
        kept.append(steps[0])
    return "/".join(kept)


def read_usdm(text: str, file: str) -> Imported:
    """Read a USDM 4.0 document.

    With our extensions the protocol is rebuilt field by field and must be whole and agree with USDM's classes, else
    UserError. Without them what USDM's classes say becomes a draft, and `missing` says what is still to be stated.
    """
    wrapper = read_document(text, file)
    number = _version(wrapper.study, file)
    version = wrapper.study.versions[number]
    pointer = f"/study/versions/{number}/extensionAttributes"
    if not any(one.url.startswith(NAMESPACE) for one in version.extension_attributes):
        return _foreign(wrapper, number, file)
    fields = read_fields(version.extension_attributes, pointer, file)
    if fields.faults:
        raise UserError(*fields.faults)
    protocol = parse_protocol(_document(fields, file))
    source = Source(wrapper.study, number, file)
    differences = check_agreement(source, protocol, fields.data, fields.places)
    if differences:
        raise UserError(*differences)
    more = _classes(wrapper) - _classes(write_usdm(protocol))
    return Imported(protocol, fields.data, (), dict(sorted(more.items())), tuple(source.notes))


def _version(study: Study, file: str) -> int:
    """Return the only version, or the only one with our extensions; EXC-136 where that is not one."""
    if len(study.versions) == 1:
        return 0
    ours = [
        number
        for number, one in enumerate(study.versions)
        if any(item.url.startswith(NAMESPACE) for item in one.extension_attributes)
    ]
    if len(ours) != 1:
        shown = ", ".join(one.version_identifier for one in study.versions) or "0"
        raise UserError(fault("EXC-136", f"{file}#/study/versions", found=shown))
    return ours[0]


def _document(fields: Fields, file: str) -> Document:
    return _Pointed(file, fields.data, {}, fields.places)


def _foreign(wrapper: Wrapper, number: int, file: str) -> Imported:
    source = Source(wrapper.study, number, file)
    data, pointers, read = draft_data(source)
    left_out = {name: count for name, count in sorted(_classes(wrapper).items()) if name not in read}
    try:
        protocol = parse_protocol(_Pointed(file, data, {}, pointers))
    except UserError as error:
        missing = tuple(_with_field(one) for one in error.faults)
        return Imported(None, data, missing, left_out, tuple(source.notes))
    return Imported(protocol, data, (), left_out, tuple(source.notes))


def _with_field(one: Fault) -> Fault:
    """Return a missing field with its whole path: a foreign document has no line at which it could be looked up."""
    return fault("EXC-140", one.where, field=one.params["field"]) if one.id == "PRT-003" else one


def _classes(part: Part) -> Counter[str]:
    """Count the objects of a document by class, one that is in two places once.

    Codes and quantities, which say nothing alone, are not counted.
    """
    objects = {(type(one).__name__, str(getattr(one, "id", ""))) for one in walk(part)}
    found = Counter(name for name, _ in objects)
    for name in ("Code", "AliasCode", "Quantity", "Range", "Wrapper"):
        found.pop(name, None)
    return found
