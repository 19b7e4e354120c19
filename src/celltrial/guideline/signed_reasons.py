"""What a person signs under the justification of a clause, and which signatures still count.

A signature names two hashes: that of the reason with its evidence and the references it cites, and that of what it answers: the findings of
the clause and the parts of the protocol that it reads or in which they lie. Where either changes, what was signed is something else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from celltrial.core.canonical import canonical
from celltrial.guideline.reading import fields_read
from celltrial.guideline.review import Review
from celltrial.guideline.verdict import Verdict
from celltrial.protocol import Protocol as Plan
from celltrial.protocol.model.governance import Justification

#: Findings about the justification itself are no part of what it answers.
_OF_THE_TEXT: Final = "justification_"


class Signature(Protocol):
    """What a signature says it was given for; `by` distinguishes persons."""

    @property
    def clause(self) -> str:
        """The clause."""
        ...

    @property
    def text(self) -> str:
        """The hash of the reason."""
        ...

    @property
    def read(self) -> str:
        """The hash of what it answers."""
        ...

    @property
    def account(self) -> str:
        """Whose it is."""
        ...


def text_hash(plan: Plan, item: Justification) -> str:
    """Return the SHA-256 of a reason, its evidence and the references that the evidence cites."""
    cited = {line.reference for line in item.evidence if line.reference}
    references = [one.model_dump(mode="json") for one in plan.references if one.id in cited]
    said = item.model_dump(mode="json", include={"clause", "reason", "evidence"})
    return _hash({"justification": said, "references": references})


def read_hash(plan: Plan, verdict: Verdict) -> str:
    """Return the SHA-256 of the findings that a reason answers, and of the parts of the protocol that the clause reads or in which they lie."""
    found = [item for item in verdict.findings if not item.code.startswith(_OF_THE_TEXT)]
    paths = (*fields_read(verdict.clause.id), *(item.path for item in found))
    heads = sorted({path.partition(".")[0] for path in paths} & set(type(plan).model_fields) - {"justifications"})
    parts = plan.model_dump(mode="json", include=set(heads))
    findings = sorted(
        f"{item.code} {item.severity.value} {item.path} {dict(sorted(item.params.items()))}" for item in found
    )
    return _hash({"findings": findings, "parts": parts})


def standing(plan: Plan, review: Review, signatures: Iterable[Signature]) -> Mapping[str, tuple[Signature, ...]]:
    """Return the signatures that still count, the first of each person, by clause.

    review: the review without any signature, which tells what each reason answers.
    """
    typed = {item.clause: item for item in plan.justifications}
    found: dict[str, dict[str, Signature]] = {}
    for one in signatures:
        item, verdict = typed.get(one.clause), review.by_clause.get(one.clause)
        if item is None or verdict is None:
            continue
        if (one.text, one.read) == (text_hash(plan, item), read_hash(plan, verdict)):
            found.setdefault(one.clause, {}).setdefault(one.account, one)
    return MappingProxyType({clause: tuple(by.values()) for clause, by in found.items()})


def _hash(content: object) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()
