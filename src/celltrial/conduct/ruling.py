"""What `decide` rules on a request: facts to remember, or every condition that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft
from celltrial.core.values import Sayable, Value, as_value


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that failed.

    code:   permanent id; `locale/conduct.toml` holds its texts with {about}, {needed}, {found}.
    needed: what the protocol asks for, as a typed value.
    found:  what is on record, as a typed value; `UNKNOWN` or `ABSENT` where nothing is.
    about:  what it is about: a stream, a criterion id, a resource.
    clause: guideline clause behind it, "" where there is none.
    field:  dotted path of the protocol field behind it, "" where there is none.
    input:  dotted path of the field of the command that it is about, such as "fact.visit"; "" where it is about none.
    """

    code: Code
    needed: Value
    found: Value
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


Ruling = Accepted | Refused


def fail(
    code: Code,
    needed: Sayable,
    found: Sayable,
    about: str = "",
    clause: str = "",
    field: str = "",
    *,
    input: str = "",  # noqa: A002
) -> Condition:
    """Return one failed condition; a number, day, moment or member of a code list stands for the value that it is."""
    return Condition(code, as_value(needed), as_value(found), about, clause, field, input)


def refusal(
    code: Code,
    needed: Sayable,
    found: Sayable,
    *,
    about: str = "",
    clause: str = "",
    field: str = "",
    input: str = "",  # noqa: A002
) -> Refused:
    """Return a refusal for one condition."""
    return Refused((fail(code, needed, found, about, clause, field, input=input),))
