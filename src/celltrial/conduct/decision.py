"""The two answers of `decide`: facts to remember, or every condition that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that failed.

    code:   permanent id; `locale/conduct.toml` holds its texts with {about}, {needed}, {found}.
    needed: what the protocol asks for.
    found:  what is on record; "unknown" where nothing is.
    about:  what it is about: a stream, a criterion id, a resource.
    clause: guideline clause behind it, "" where there is none.
    field:  dotted path of the protocol field behind it, "" where there is none.
    """

    code: Code
    needed: str
    found: str
    about: str = ""
    clause: str = ""
    field: str = ""


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


def refusal(
    code: Code, needed: object, found: object, *, about: str = "", clause: str = "", field: str = ""
) -> Refused:
    """Return a refusal for one condition."""
    return Refused((Condition(code, str(needed), str(found), about, clause, field),))
