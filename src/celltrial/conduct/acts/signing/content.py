"""What is signed: an act as canonical JSON, without the signatures themselves, and its hash.

The content names the trial, the command with every field, who began it, when and why: two acts that differ in anything a
signer would want to know have different hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from celltrial.conduct.envelope import TRIAL, Request, batch_stream, site_stream, subject_stream
from celltrial.conduct.facts.signing.events import Part
from celltrial.conduct.vocabulary import Signature
from celltrial.core.canonical import canonical
from celltrial.core.scalars import Shape
from celltrial.core.shapes import shape_of, writer


def _shape(kind: Any) -> Shape:
    return shape_of(kind)


def unsigned(command: Any) -> Any:
    """Return a command without any signature."""
    return with_signatures(command, ())


def with_signatures(command: Any, given: Iterable[tuple[Part, Signature]]) -> Any:
    """Return a command with exactly these signatures, each in its place."""
    known = {item.name for item in fields(command)}
    held = list(given)
    several = tuple(signature for part, signature in held if part is Part.SIGNATURES)
    changed: dict[str, Any] = {"signatures": several} if Part.SIGNATURES in known else {}
    for part in (Part.WITNESS, Part.SIGNER):
        if part in known:
            changed[part.value] = next((signature for one, signature in held if one is part), None)
    return replace(command, **changed) if changed else command


def content_of(trial: str, request: Request[Any]) -> str:
    """Return the act of a request as it is signed."""
    command, actor = unsigned(request.command), request.actor
    document = {
        "trial": trial,
        "command": type(command).__name__,
        "fields": writer(_shape(type(command)))(command),
        "actor": {"account": actor.id, "name": actor.printed_name, "role": actor.role.value, "site": actor.site},
        "occurred": request.occurred.utc.isoformat(),
        "zone": request.occurred.zone,
        "precision": request.precision.value,
        "reason": request.reason,
    }
    return canonical(document)


def command_in(content: str, kind: type[Any]) -> Any:
    """Return the command that a content holds, without signatures."""
    return _shape(kind).read(json.loads(content)["fields"])


def sha256_of(content: str) -> str:
    """Return the hash that is signed."""
    return hashlib.sha256(content.encode()).hexdigest()


def about_of(command: Any) -> str:
    """Return the stream of the subject, batch or site that a command is about; that of the trial where it names none."""
    fact = getattr(command, "fact", command)
    for name, stream in (("subject", subject_stream), ("batch", batch_stream), ("site", site_stream)):
        key = getattr(fact, name, "")
        if key:
            return stream(key)
    return TRIAL
