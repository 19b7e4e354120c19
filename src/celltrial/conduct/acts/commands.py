"""Every command of conduct by its name, as the command line, the pages and the API list them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.roles import ROLES

COMMANDS: Final[Mapping[str, type[Any]]] = MappingProxyType({kind.__name__: kind for kind in ROLES})
"""Name to command type."""

GATED: Final = frozenset(
    COMMANDS[name]
    for name in ("EnrolSubject", "PerformLeukapheresis", "StartLymphodepletion", "RecordInfusion", "ReleaseBatch")
)
"""Acts that need permission before they happen: they cannot be told about days later."""

WITHOUT_PROTOCOL: Final = frozenset(
    COMMANDS[name] for name in (
        "RegisterTrial", "ApproveProtocol", "RegisterHistoricalSource", "RecordHistorical",
        "GrantAccess", "RevokeAccess", "RecordCopy", "ReviewAuditTrail",
        "GiveSignature", "DeclineSignature", "WithdrawSignature", "DraftAdverseEvent", "WithdrawAdverseEventDraft",
    )
)  # fmt: skip
"""Commands that need no approved protocol."""

HISTORICAL: Final = frozenset(
    COMMANDS[name]
    for name in (
        "RegisterTrial", "RegisterHistoricalSource", "RecordHistorical", "ApproveProtocol", "CorrectFact",
        "TakeDataCut", "OpenQuery", "AnswerQuery", "CloseQuery", "ReopenQuery", "OpenTask", "CloseTask", "RecordDeviation",
        "GrantAccess", "RevokeAccess", "RecordCopy", "ReviewAuditTrail",
    )
)  # fmt: skip
"""The only commands that a retrospective trial takes."""
