"""What an experiment is, and what comes of one: what was sent, what the protocol answered, what that says of a clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from celltrial.conduct.ruling import Condition
from celltrial.guideline.verdict import Severity

__all__ = ["Answer", "NotTriedError", "Outcome", "Reply", "Step"]


def _nothing() -> Mapping[str, object]:
    return MappingProxyType({})


class Reply(StrEnum):
    """How the protocol answered what was sent.

    NOTED: nothing was asked; a figure was worked out, or a fact of the story was set down.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was sent, and the answer.

    code, params: name the text `try.step.<code>`; command: name of the command that was sent, "" where none was.
    conditions: why it was refused; facts: stored names of what followed in the same transaction.
    """

    code: str
    reply: Reply
    params: Mapping[str, object] = field(default_factory=_nothing)
    command: str = ""
    conditions: tuple[Condition, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an experiment says of one question of the guideline.

    clauses:  who asks it; the first of them that applies to the protocol is answered.
    code:     `tried.<code>` is the text where it holds; `finding.tried_<code>` and `remedy.tried_<code>` where not.
    path:     the field of the protocol that decides.
    found, limit: the figure, and what it was held against.
    holds:    whether the protocol did what the clause wants.
    severity: of the finding, capped by the strength of the clause; danger: it blocks approval whatever the strength.
    """

    clauses: tuple[str, ...]
    code: str
    path: str
    found: str
    limit: str
    params: Mapping[str, object] = field(default_factory=_nothing)
    holds: bool = True
    severity: Severity = Severity.MAJOR
    danger: bool = False


class NotTriedError(Exception):
    """The protocol does not get as far as the experiment, or has no place for it.

    code, params: name the text `try.not.<code>`; conditions: what refused a step on the way.
    """

    def __init__(self, code: str, conditions: tuple[Condition, ...] = (), **params: object) -> None:
        super().__init__(code)
        self.code, self.conditions, self.params = code, conditions, MappingProxyType(dict(params))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one experiment.

    not_tried: why it was not carried through; its answers up to there stand.
    """

    experiment: str
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...]
    not_tried: NotTriedError | None = None
