"""What an act may name as its document: one that is on record, stands, and is about the same subject or site.

A text of these fields names a document where it begins with `document/`; any other text stays what it is, such as the number
of a letter in a hospital's own files.
"""

from __future__ import annotations

from typing import Any, Final

from celltrial.conduct.acts.access import site_of, site_of_record
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request
from celltrial.conduct.facts.document.state import DocumentState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.values import as_written, message

#: How a text names a document.
PREFIX: Final = "document/"
#: Fields of commands and their facts that may name one.
FIELDS: Final = ("reference", "evidence", "source", "allowance", "ethics_allowance", "scan")


def named_document(state: TrialState, text: str) -> DocumentState | None:
    """Return the document that a text names; None where it names none, or none that is on record and stands."""
    found = state.documents.get(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None
    return found if found is not None and not found.withdrawn else None


def subject_of_record(state: TrialState, record: str) -> str:
    """Return the subject that a record or stream is about; "" where it is about none."""
    kind, _, key = record.partition("/")
    name = key.partition("/")[0]
    if kind == "batch":
        batch = state.batches.get(name)
        return "" if batch is None else batch.subject
    if kind == "adverse_event":
        return state.subject_of_event(key) or ""
    return name if kind == "subject" else ""


def check_documents(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield each document that a command names and that is not on record, was withdrawn, or is another subject's or site's."""
    target = getattr(request.command, "fact", request.command)
    for field in FIELDS:
        text = getattr(target, field, "")
        if not isinstance(text, str) or not text.startswith(PREFIX):
            continue
        found = named_document(state, text)
        if found is None:
            yield fail(Code.NOT_KNOWN, message("document_on_record"), as_written(text), text, input=field)
            continue
        whose = _subject_of(state, target)
        about = subject_of_record(state, found.about)
        site, at_site = site_of_record(state, found.about), site_of(state, request.command)
        if (about and whose and about != whose) or (site is not None and at_site is not None and site != at_site):
            yield fail(
                Code.DOCUMENT_OF_ANOTHER, message("document_about_the_same"), as_written(text), text, input=field
            )


def _subject_of(state: TrialState, target: Any) -> str:
    batch = state.batches.get(getattr(target, "batch", ""))
    return getattr(target, "subject", "") or (batch.subject if batch is not None else "")
