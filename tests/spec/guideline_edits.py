"""Edits of the shipped examples as code, and what the review finds after them; shared by the tests of the guideline."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import Review, review
from celltrial.protocol import Protocol, read_protocol
from celltrial.protocol.consistency import check_consistency

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BCMA, NK, TCR = "bcma-car-t-escalation", "cd19-car-nk-escalation", "mage-a4-tcr-t-escalation"
CD19, CIK, DC, TIL = (
    "cd19-car-t-single-arm",
    "cik-adjuvant-randomised",
    "dc-vaccine-randomised",
    "til-melanoma-randomised",
)

#: A dotted path and the value to set there; a function is given what is there.
Change = tuple[str, Any]


@cache
def data_of(name: str) -> dict[str, Any]:
    path = EXAMPLES / f"{name}.yaml"
    return read_protocol(path.read_text(encoding="utf-8"), path.name).model_dump(mode="json")


def edited(name: str, *changes: Change) -> Protocol:
    """Return an example with dotted paths changed."""
    data = copy.deepcopy(data_of(name))
    for path, value in changes:
        *parents, last = path.split(".")
        here: Any = data
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        key = int(last) if isinstance(here, list) else last
        here[key] = value(here[key]) if callable(value) else copy.deepcopy(value)
    return Protocol.model_validate(data)


def reviewed(name: str, *changes: Change) -> Review:
    return review(edited(name, *changes), packaged_register())


def found(name: str, clause: str, *changes: Change) -> set[tuple[str, str]]:
    """Return code and severity of each finding of a clause after changes."""
    return {(item.code, item.severity.value) for item in reviewed(name, *changes).by_clause[clause].findings}


def both(text: str) -> dict[str, str]:
    """Return one text for both languages."""
    return {"en": text, "zh": text}


def every_text(value: str) -> Callable[[Any], Any]:
    """Return a function that puts one text in the place of every text in both languages below a place."""

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if set(node) == {"en", "zh"}:
                return both(value)
            return {key: put(item) for key, item in node.items()}
        return [put(item) for item in node] if isinstance(node, list) else node

    return put


def rows_where(**values: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return a function that drops the rows in which every named field has its value."""
    return lambda rows: [row for row in rows if any(row[name] != value for name, value in values.items())]


#: Clause, example, what the edit does, the edit, and the least severity that is right (`refused`: a contradiction that
#: keeps the file from being read; `none`: nothing may be found).
Violation = tuple[str, str, str, list[Change], str]
_ORDER = ("note", "minor", "major")


def evidence(kind: str, said: str, reference: str | None = None) -> dict[str, Any]:
    """Return a line of evidence with one text in both languages."""
    return {"kind": kind, "statement": both(said), "reference": reference}


def is_found(violation: Violation) -> bool:
    """Tell whether an edit has the finding of its clause, at least as grave as it should be, or is refused."""
    clause, name, _, changes, wanted = violation
    before = {(item.code, item.path) for item in reviewed(name).by_clause[clause].findings}
    try:
        protocol = edited(name, *changes)
    except ValueError:
        return wanted in {"refused", "major"}
    if check_consistency(protocol):  # graver than any finding: the file is no protocol, and the fault names its field
        return wanted != "none"
    findings = review(protocol, packaged_register()).by_clause[clause].findings
    new = [item.severity.value for item in findings if (item.code, item.path) not in before]
    if wanted == "none":
        return not new
    return wanted != "refused" and any(_ORDER.index(one) >= _ORDER.index(wanted) for one in new)
