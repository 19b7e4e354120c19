"""From USDM JSON text to a typed document, or every fault with its JSON pointer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.json_text import pointer_of
from celltrial.core.values import ABSENT
from celltrial.exchange.usdm.model import Wrapper
from celltrial.exchange.usdm.references import check_references
from celltrial.exchange.usdm.text import read_json
from celltrial.protocol.form_faults import expected_of, known_path, shown_value

_VERSION: Final = re.compile(r"4\.0(\.\d+)?")


def read_document(text: str, file: str) -> Wrapper:
    """Return the USDM document of a JSON text; raise UserError with every fault, each with its JSON pointer.

    Read in this order, each only where the one before found nothing: the JSON itself, the wrapper (EXC-139) and its
    version (EXC-123),
    class names and ids (EXC-124 to EXC-127), attributes and their types (EXC-128, EXC-129).
    """
    data = read_json(text, file)
    if not isinstance(data, Mapping) or not isinstance(data.get("study"), Mapping):
        raise UserError(fault("EXC-139", file, found=", ".join(list(data)[:8]) if isinstance(data, Mapping) else "-"))
    version = data.get("usdmVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        shown = ABSENT if version is None else str(version)[:40]
        raise UserError(fault("EXC-123", f"{file}#/usdmVersion", found=shown, expected="4.0"))
    faults = check_references(data, file)
    if faults:
        raise UserError(*faults)
    try:
        return Wrapper.model_validate_json(text)
    except ValidationError as error:
        raise UserError(*_form_faults(error, data, file)) from None


def _form_faults(error: ValidationError, data: Any, file: str) -> list[Fault]:
    found: dict[tuple[object, ...], Fault] = {}
    for item in error.errors(include_url=False):
        path = known_path(item["loc"], data)
        if item["type"] == "missing":
            one = fault("EXC-128", f"{file}#{pointer_of(path)}", found=str(item["loc"][-1]))
        else:
            needed = expected_of(item)
            one = fault("EXC-129", f"{file}#{pointer_of(path)}", expected=needed, found=shown_value(item["input"]))
        found.setdefault((one.id, one.where, *map(str, one.params.values())), one)
    return list(found.values())
