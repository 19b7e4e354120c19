"""From YAML text to a typed protocol, or every fault with its line and column."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from celltrial.core.errors import Fault, UserError, fault
from celltrial.protocol.consistency import check_consistency
from celltrial.protocol.document import Document, Path, read_document
from celltrial.protocol.model import Protocol

__all__ = ["canonical_json", "fingerprint", "load_canonical", "parse_protocol", "read_protocol"]


def parse_protocol(document: Document) -> Protocol:
    """Return the typed protocol of a document; raise UserError with every fault found.

    Faults of form (unknown field, missing field, wrong type or unit) are reported together; only a
    document of right form is then held against the rules between fields.
    """
    if not isinstance(document.data, Mapping):
        raise UserError(fault("PRT-007", document.where(()), found=type(document.data).__name__, expected="fields"))
    try:
        protocol = Protocol.model_validate(document.data)
    except ValidationError as error:
        raise UserError(*_form_faults(error, document)) from None
    contradictions = [
        Fault(item.id, document.where(_parts(item.where)), item.params) for item in check_consistency(protocol)
    ]
    if contradictions:
        raise UserError(*contradictions)
    return protocol


def read_protocol(text: str, file: str) -> Protocol:
    """Read YAML text into a protocol; `file` is the name shown in messages."""
    return parse_protocol(read_document(text, file))


def canonical_json(protocol: Protocol) -> str:
    """Return the one JSON text of a protocol: what is approved, hashed and kept in the ledger."""
    return json.dumps(
        protocol.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def fingerprint(protocol: Protocol) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(protocol).encode()).hexdigest()


def load_canonical(text: str) -> Protocol:
    """Return the protocol of a canonical JSON text that was approved before."""
    return Protocol.model_validate_json(text)


def _parts(path: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in path.split(".") if part)


def _form_faults(error: ValidationError, document: Document) -> list[Fault]:
    found: list[Fault] = []
    for item in error.errors(include_url=False):
        path = _known_path(item["loc"], document.data)
        here = _form_fault(item, path, document)
        if here not in found:
            found.append(here)
    return sorted(found, key=lambda one: _line(one.where))


def _line(where: str) -> tuple[int, int]:
    parts = where.rsplit(":", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) == 3 and parts[1].isdigit() else (0, 0)


def _known_path(location: Sequence[str | int], data: Any) -> Path:
    """Drop the names of union members that pydantic puts between real field names."""
    path: list[str | int] = []
    here = data
    for part in location:
        if isinstance(here, Mapping) and isinstance(part, str):
            if part in here:
                here = here[part]
                path.append(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
            path.append(part)
    return tuple(path)


def _form_fault(item: Mapping[str, Any], path: Path, document: Document) -> Fault:
    kind, name = item["type"], str(item["loc"][-1]) if item["loc"] else ""
    field = ".".join(str(part) for part in item["loc"])
    if kind == "extra_forbidden":
        known = _fields_at(item["loc"][:-1])
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        return fault(
            "PRT-002", document.where(path), field=field, found=name, expected=near[0] if near else ", ".join(known)
        )
    if kind == "missing":
        return fault("PRT-003", document.where(path), field=field, found="nothing", expected=name)
    message = str(item["msg"]).removeprefix("Value error, ")
    parts = message.split("|")
    if kind == "value_error" and len(parts) == 3:
        place = document.where((*path, parts[0]))
        return fault("PRT-005", place, field=f"{field}.{parts[0]}", expected=parts[1], found=parts[2])
    shown = item["input"] if isinstance(item["input"], str | int | float | bool) else type(item["input"]).__name__
    return fault("PRT-004", document.where(path), field=field, expected=message, found=shown)


def _fields_at(location: Sequence[str | int]) -> list[str]:
    """Return the field names that the model knows at a location."""
    models: list[type[BaseModel]] = [Protocol]
    for part in location:
        following: list[type[BaseModel]] = []
        for model in models:
            if isinstance(part, int):
                following.append(model)
            elif part in model.model_fields:
                following.extend(_models_in(model.model_fields[part].annotation))
        models = following or models
    return sorted({name for model in models for name in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models_in(argument)]
