"""What a command asks: its fields with kind, default, codes, unit, range, group and order, read from its dataclass.

    form = describe(ReportAdverseEvent)
    [item.name for item in form.fields if item.required]

A command that carries one fact has the fields of that fact: nobody has to know what stands inside what.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, is_dataclass
from dataclasses import fields as fields_of
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.envelope import Role
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError
from celltrial.core.measured import Measured
from celltrial.core.terms import Kind as Terms
from celltrial.core.values import Term, Value, as_value
from celltrial.forms.declared import (
    ABOUT,
    COMPUTED,
    JUDGED,
    LEFT_OUT,
    MAY_BE_EMPTY,
    NUMBER_AS_TEXT,
    SAID,
    SCANNED,
    Said,
)


class Kind(StrEnum):
    """What is put into a field."""

    TEXT = "text"
    YES_NO = "yes_no"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MEASURED = "measured"
    DATE = "date"
    MOMENT = "moment"
    CODE = "code"
    RECORD = "record"
    FACT = "fact"


class Group(StrEnum):
    """What a field tells about the act, in the order in which a form shows it."""

    ABOUT = "about"
    SCANNED = "scanned"
    WHAT = "what"
    WHEN = "when"
    VALUES = "values"
    JUDGEMENT = "judgement"
    SIGNATURES = "signatures"
    COMPUTED = "computed"


#: Kinds of single values by their types; text last, because a code is a text too.
_KINDS: Final[dict[Any, Kind]] = {
    bool: Kind.YES_NO,
    int: Kind.INTEGER,
    Decimal: Kind.DECIMAL,
    Measured: Kind.MEASURED,
    Instant: Kind.MOMENT,
    date: Kind.DATE,
    str: Kind.TEXT,
    Value: Kind.TEXT,  # what a person writes; the program composes it of parts
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a command or of a record within it.

    name:     as in the dataclass; `owner` is the class that declares it.
    type:     Python type of one value.
    required: whether it has to be given; what may be unknown (null) may be left out.
    nullable: whether nothing (null) is a value of it.
    repeated: whether it holds several values.
    may_be_empty: whether an empty text says something.
    number_as_text: whether a number is taken for the text that it is written as.
    default:  what holds where it is not given; meaningless where it is required.
    codes:    of a code, the members of its list.
    words:    kind of terms that are usual in a text.
    unit, low, high, above: as in `Said`.
    computed: the application works it out.
    fields:   of a record, its own.
    """

    name: str
    owner: str
    kind: Kind
    type: type[Any]
    required: bool
    nullable: bool
    repeated: bool
    may_be_empty: bool
    number_as_text: bool
    default: Any
    group: Group
    said: Said
    computed: bool
    codes: tuple[StrEnum, ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def label(self) -> Term:
        """The name of the field, in the reader's words."""
        return Term("form", f"{self.owner}.{self.name}")

    @property
    def words(self) -> Terms | None:
        """Kind of terms that are usual in it."""
        return self.said.words

    @property
    def code_list(self) -> str:
        """The name of the list of its codes; "" where it has none."""
        value = as_value(self.codes[0]) if self.codes else None
        return value.list if isinstance(value, Term) else ""


@dataclass(frozen=True, slots=True)
class CommandForm:
    """What a command asks.

    area:    folder of the command, such as "safety".
    roles:   who may give it.
    carries: the fact of which these are the fields; None where they are the command's own.
    fields:  in the order of the dataclass.
    """

    name: str
    area: str
    command: type[Any]
    roles: tuple[Role, ...]
    carries: type[Any] | None
    fields: tuple[Field, ...]

    def make(self, values: dict[str, Any]) -> Any:
        """Return the command with these values."""
        return self.command(**values) if self.carries is None else self.command(self.carries(**values))


def describe(command: type[Any]) -> CommandForm:
    """Return the description of a command.

    >>> from celltrial.conduct.acts.commands import COMMANDS
    >>> [item.name for item in describe(COMMANDS["EnrolSubject"]).fields]
    ['subject', 'cohort', 'arm']
    """
    kind: Any = command
    return _described(kind)


@cache
def _described(command: Any) -> CommandForm:
    held = fields_of(command)
    fact = get_type_hints(command)["fact"] if [item.name for item in held] == ["fact"] else None
    area = command.__module__.split(".")[-2]
    return CommandForm(
        command.__name__, area, command, tuple(sorted(ROLES[command])), fact, describe_record(fact or command)
    )


@cache
def forms() -> tuple[CommandForm, ...]:
    """Return the description of every command, in the order of their table."""
    return tuple(describe(command) for command in COMMANDS.values())


def describe_record(record: type[Any]) -> tuple[Field, ...]:
    """Return the fields of any record of conduct, in order."""
    kind: Any = record
    return _fields(kind)


@cache
def _fields(record: Any) -> tuple[Field, ...]:
    hints = get_type_hints(record)
    return tuple(_field(record, item, hints[item.name]) for item in fields_of(record) if item.init)


def _field(record: type[Any], item: Any, hint: Any) -> Field:
    owner, name = record.__name__, item.name
    full = f"{owner}.{name}"
    inner, nullable, repeated = _parts(hint)
    kind = _kind(inner, full)
    default = item.default if item.default is not MISSING else LEFT_OUT.get(full, MISSING)
    computed = bool({name, full} & COMPUTED)
    signed = inner is Signature and repeated  # each person signs in a session of their own
    required = default is MISSING and item.default_factory is MISSING and not nullable and not signed
    return Field(
        name,
        owner,
        kind,
        inner,
        required,
        nullable,
        repeated,
        name in MAY_BE_EMPTY,
        full in NUMBER_AS_TEXT,
        () if signed else None if default is MISSING else default,
        _group(name, kind, inner, computed=computed),
        SAID.get(full) or SAID.get(name) or Said(),
        computed,
        tuple(inner) if kind is Kind.CODE else (),
        describe_record(inner) if kind is Kind.RECORD else (),
    )


def _parts(hint: Any) -> tuple[Any, bool, bool]:
    """Return the type of one value, whether nothing is one, and whether there are several."""
    arguments = get_args(hint)
    nullable = type(None) in arguments
    if nullable:
        hint = next(item for item in arguments if item is not type(None))
        arguments = get_args(hint)
    repeated = get_origin(hint) is tuple
    return (arguments[0] if repeated else hint), nullable, repeated


def _kind(inner: Any, full: str) -> Kind:
    if inner is Any:
        return Kind.FACT
    if inner in _KINDS:
        return _KINDS[inner]
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return Kind.CODE
    if is_dataclass(inner):
        return Kind.RECORD
    raise DefectError(f"no form has a field of {inner!r}: {full}")


def _group(name: str, kind: Kind, inner: Any, *, computed: bool) -> Group:
    if computed:
        return Group.COMPUTED
    if inner is Signature:
        return Group.SIGNATURES
    for names, group in ((ABOUT, Group.ABOUT), (SCANNED, Group.SCANNED), (JUDGED, Group.JUDGEMENT)):
        if name in names:
            return group
    if kind in {Kind.DATE, Kind.MOMENT}:
        return Group.WHEN
    return Group.VALUES if kind in {Kind.DECIMAL, Kind.MEASURED} or name == "unit" else Group.WHAT
