"""From YAML text to a typed protocol, or every fault with its line and column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import ValidationError

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.yaml_text import Document, Path, read_document
from celltrial.core.values import Value, message
from celltrial.protocol.consistency import check_consistency
from celltrial.protocol.form_faults import form_faults
from celltrial.protocol.model import Protocol


def parse_protocol(document: Document) -> Protocol:
    """Return the typed protocol of a document; raise UserError with every fault found.

    Faults of form (unknown field, missing field, wrong type or unit) are reported together; only a
    document of right form is then held against the rules between fields.
    """
    if not isinstance(document.data, Mapping):
        raise UserError(fault("PRT-007", document.where(()), found=_kind_of(document.data), expected=message("fields")))
    try:
        protocol = Protocol.model_validate(document.data)
    except ValidationError as error:
        raise UserError(*form_faults(error, document)) from None
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


def _kind_of(data: object) -> Value:
    return message("list") if isinstance(data, list) else message("single_value")
