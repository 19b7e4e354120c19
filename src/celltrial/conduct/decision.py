"""The two answers of `decide`: facts to remember, or every condition that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft
from celltrial.core.values import Value


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that failed.

    code:   permanent id; `locale/conduct.toml` holds its texts with {about}, {needed}, {found}.
    needed: what the protocol asks for, as a typed value.
    found:  what is on record, as a typed value; `UNKNOWN` or `ABSENT` where nothing is.
    about:  what it is about: a stream, a criterion id, a resource.
    clause: guideline clause behind it, "" where there is none.
    field:  dotted path of the protocol field behind it, "" where there is none.
    input:  field of the command that it is about, "" where it is about none.
    """

    code: Code
    needed: Value | str
    found: Value | str
    about: str = ""
    clause: str = ""
    field: str = ""
    input: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The act is allowed; its facts, in order, go to the ledger in one transaction."""

    drafts: tuple[Draft[Any], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The act is refused, for every condition listed.

    drafts: what must be remembered of the attempt itself (an identity mismatch and its alert, a deviation); the
            act's own facts are never among them.
    """

    conditions: tuple[Condition, ...]
    drafts: tuple[Draft[Any], ...] = ()


Decision = Accepted | Refused


def fail(
    code: Code,
    needed: object,
    found: object,
    about: str = "",
    clause: str = "",
    field: str = "",
    *,
    input: str = "",  # noqa: A002
) -> Condition:
    """Return one failed condition."""
    return Condition(code, _said(needed), _said(found), about, clause, field, input)


def _said(said: object) -> Value | str:
    return said if isinstance(said, Value) else str(said)


def refusal(
    code: Code,
    needed: object,
    found: object,
    *,
    about: str = "",
    clause: str = "",
    field: str = "",
    input: str = "",  # noqa: A002
) -> Refused:
    """Return a refusal for one condition."""
    return Refused((fail(code, needed, found, about, clause, field, input=input),))
