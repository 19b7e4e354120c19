"""Decisions on documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.account.blinding import is_blinded
from celltrial.conduct.acts.checks import Decider, answer, check_given, check_text
from celltrial.conduct.acts.document import commands
from celltrial.conduct.acts.document.naming import subject_of_record
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, batch_stream, site_stream, subject_stream
from celltrial.conduct.facts.document import events
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.vocabulary import DocumentKind
from celltrial.core.values import as_written, at_least, at_most, message

#: Kinds that reveal a product, whatever whoever files them says.
CLOSED_KINDS: Final = frozenset({DocumentKind.CERTIFICATE_OF_ANALYSIS})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def _about(document: str) -> str:
    return f"document/{document}"


def _is_known(state: TrialState, record: str) -> bool:
    """Tell whether there is what a document is to be about."""
    kind, _, key = record.partition("/")
    held: Mapping[str, Any] = {
        "site": state.sites,
        "subject": state.subjects,
        "batch": state.batches,
        "cohort": state.cohorts,
        "suspension": {**state.suspensions, **state.halts},
        "halt": state.halts,
        "query": state.queries,
    }.get(kind, {})
    return record == TRIAL or key in held or (kind == "adverse_event" and bool(state.subject_of_event(key)))


def _stream(state: TrialState, record: str) -> str:
    """Return the stream on which a document is filed: that of the site, batch or subject it is about, else the trial's."""
    kind, _, key = record.partition("/")
    if kind in {"site", "batch"}:
        return site_stream(key) if kind == "site" else batch_stream(key)
    subject = subject_of_record(state, record)
    return subject_stream(subject) if subject else TRIAL


def _file(state: TrialState, request: Request[commands.FileDocument], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.document)
    closed = c.closed or c.kind in CLOSED_KINDS
    failed = [*check_given(about, c.document, state.documents), *check_text(c.name, "name_of_the_file", about, "name")]
    failed.extend(_check_content(c, about))
    if not _is_known(state, c.about):
        needed = message("stream_or_the_trial")
        failed.append(fail(Code.NOT_KNOWN, needed, as_written(c.about), about, input="about"))
    if c.on > request.occurred.local_date:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(request.occurred.local_date), c.on, about, input="on"))
    for known in state.documents.values():
        same = (known.filed.sha256, known.about, known.filed.kind) == (c.sha256, c.about, c.kind)
        if same and not known.withdrawn:
            needed = message("document_not_filed_yet")
            failed.append(fail(Code.ALREADY_DONE, needed, as_written(known.filed.document), about, input="sha256"))
    if closed and is_blinded(state, request.actor):
        needed = message("role_that_may_see_arms")
        failed.append(fail(Code.CLOSED_DATA, needed, request.actor.role, about, "2.3.2-j", "trial.blinding"))
    fact = events.DocumentFiled(
        c.document, c.kind, c.about, c.on, c.sha256, c.size, c.name, c.media, c.pages, c.kept, closed
    )
    return answer(request, failed, (_stream(state, c.about), fact))


def _check_content(c: commands.FileDocument, about: str) -> Conditions:
    """Yield what cannot be said of the bytes and name of a file."""
    if _SHA256.fullmatch(c.sha256) is None:
        yield fail(Code.VALUE_NOT_USABLE, message("hash"), as_written(c.sha256), about, input="sha256")
    if c.size < 1:
        yield fail(Code.VALUE_NOT_USABLE, at_least(1), c.size, about, input="size")
    if c.pages is not None and c.pages < 1:
        yield fail(Code.VALUE_NOT_USABLE, at_least(1), c.pages, about, input="pages")
    if "/" in c.name or "\\" in c.name:
        yield fail(Code.VALUE_NOT_USABLE, message("name_without_folder"), as_written(c.name), about, input="name")


def _withdraw(state: TrialState, request: Request[commands.WithdrawDocument], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.document)
    known = state.documents.get(c.document)
    failed = [*check_text(c.why, "reason", about, "why")]
    if known is None or known.withdrawn:
        needed = message("document_on_record")
        failed.append(fail(Code.NOT_KNOWN, needed, as_written(c.document), about, input="document"))
        return answer(request, failed)
    return answer(request, failed, (_stream(state, known.about), events.DocumentWithdrawn(c.document, c.why)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {commands.FileDocument: _file, commands.WithdrawDocument: _withdraw}
)
"""Command type to its decider."""
