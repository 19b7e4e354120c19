"""What differs between two versions of a protocol, field by field.

Items of a list are matched by what names them (a criterion by its id, a risk by
its term), so that one inserted criterion is one difference, not a shift of all
that follow. A section or an item that is new or gone is one difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import LocalText, Section

#: What names an item of a list, the first of these that the items have and that distinguishes them.
_NAMES: Final = (
    ("id",),
    ("clause",),
    ("field",),
    ("term",),
    ("name",),
    ("label",),
    ("drug",),
    ("procedure",),
    ("attribute", "analyte", "assay", "matrix"),
    ("attribute",),
    ("analyte", "kind"),
    ("quantity",),
    ("version", "phase"),
    ("event",),
    ("grade_at_least",),
    ("kind",),
)
#: Parts that say where a value came from; no rule and no reader of the trial's text depends on them.
_RECORD: Final = ("provenance", "references")


class DifferenceKind(StrEnum):
    """What a difference touches: something a program reads, prose for people, or the record of sources."""

    RULE = "rule"
    PROSE = "prose"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: dotted path, and both values as canonical JSON text; "" where there is none."""

    path: str
    kind: DifferenceKind
    before: str
    after: str

    @property
    def section(self) -> str:
        """The part of the protocol in which it lies."""
        return self.path.partition(".")[0]


def differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """Return every difference in the order of the model; none exactly where both are the same document.

    >>> from celltrial.protocol import read_protocol
    >>> from celltrial.protocol.templates import template_text
    >>> plan = read_protocol(template_text("car-t-escalation"), "plan")
    >>> about = plan.identification.model_copy(update={"version": "2.0"})
    >>> [(one.path, one.kind.value) for one in differences(plan, plan.model_copy(update={"identification": about}))]
    [('identification.version', 'rule')]
    """
    found = _between(before, after, before.model_dump(mode="json"), after.model_dump(mode="json"), "")
    return tuple(found)


def _between(old: Any, new: Any, shown_old: Any, shown_new: Any, path: str) -> Iterator[Difference]:
    if shown_old == shown_new:
        return
    if isinstance(old, Section) and type(old) is type(new) and not isinstance(old, LocalText):
        for name in type(old).model_fields:
            here = f"{path}.{name}" if path else name
            one, other = getattr(old, name), getattr(new, name)
            yield from _between(one, other, _field(shown_old, name, one), _field(shown_new, name, other), here)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_items(dict(old), dict(new), shown_old, shown_new, path)
    elif _named(old) and _named(new):
        names_old, names_new = _item_names(old, new)
        yield from _of_items(
            dict(zip(names_old, old, strict=True)),
            dict(zip(names_new, new, strict=True)),
            dict(zip(names_old, shown_old, strict=True)),
            dict(zip(names_new, shown_new, strict=True)),
            path,
        )
        if [name for name in names_old if name in names_new] != [name for name in names_new if name in names_old]:
            yield Difference(f"{path}.order", _kind(path, old), _text(names_old), _text(names_new))
    else:
        yield Difference(path, _kind(path, old, new), _text(shown_old), _text(shown_new))


def _field(shown: Mapping[str, Any], name: str, value: Any) -> Any:
    """Return how a field is shown; one that came later and says nothing is not in the text, and is shown by its default."""
    return shown.get(name, list(value) if isinstance(value, tuple) else value)


def _of_items(
    old: Mapping[str, Any], new: Mapping[str, Any], shown_old: Any, shown_new: Any, path: str
) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        here = f"{path}.{name}"
        if name not in new:
            yield Difference(here, _kind(here, old[name]), _text(shown_old[name]), "")
        elif name not in old:
            yield Difference(here, _kind(here, new[name]), "", _text(shown_new[name]))
        else:
            yield from _between(old[name], new[name], shown_old[name], shown_new[name], here)


def _named(value: Any) -> bool:
    """Tell whether this is a list of sections, an empty one included."""
    return isinstance(value, tuple) and all(
        isinstance(item, Section) and not isinstance(item, LocalText) for item in value
    )


def _item_names(old: tuple[Section, ...], new: tuple[Section, ...]) -> tuple[list[str], list[str]]:
    for fields in _NAMES:
        if all(name in type(item).model_fields for item in (*old, *new) for name in fields):
            both = [["/".join(str(getattr(item, name)) for name in fields) for item in side] for side in (old, new)]
            if all(len(set(names)) == len(names) for names in both):
                return both[0], both[1]
    return [str(index) for index in range(len(old))], [str(index) for index in range(len(new))]


def _kind(path: str, *values: Any) -> DifferenceKind:
    if path.partition(".")[0] in _RECORD:
        return DifferenceKind.RECORD
    if any(isinstance(value, LocalText) or _is_prose(value) for value in values):
        return DifferenceKind.PROSE
    return DifferenceKind.RULE


def _is_prose(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, LocalText) for item in value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
