"""Refusals and faults as problem documents (RFC 9457): code, what was needed, what was found, where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import JsonResponse

from celltrial.conduct.ruling import Condition
from celltrial.core.errors import Fault
from celltrial.core.values import Value
from celltrial.locale import Language, translate
from celltrial.locale.sentences import condition_data
from celltrial.locale.wording import fault_text, in_data


def problem(
    status: int,
    language: Language,
    *,
    conditions: Iterable[Condition] = (),
    faults: Iterable[Fault] = (),
) -> JsonResponse:
    """Return a problem document; its title is in the language that was asked for, its codes in none."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": translate(f"site.api.{status}", language),
        "status": status,
        "conditions": [condition_data(item, language) for item in conditions],
        "faults": [fault_data(item, language) for item in faults],
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def fault_data(item: Fault, language: Language) -> dict[str, Any]:
    """Return one fault as plain data: typed values with their words where they are typed."""
    said = {
        name: in_data(value, language) if isinstance(value, Value) else str(value)
        for name, value in item.params.items()
    }
    return {"id": item.id, "where": item.where, **said, "text": fault_text(item, language)}
