"""The names of a record: under which it is listed, and by which notes, corrections and signatures find it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.ledger.record import Record

#: Event types, without version, whose facts are about one record under its own id: its kind and the field of the id.
_BY_ID: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **{
            f"safety.adverse_event_{word}": ("adverse_event", "event")
            for word in ("reported", "graded", "reassessed", "recoded", "resolved")
        },
        **{f"safety.expedited_report_{word}": ("expedited_report", "event") for word in ("due", "submitted")},
    }
)
#: How a correction names the records that have no id of their own.
_NAMED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "subject.cells_infused": ("infusion", ("subject",)),
        "tumour.lesion_identified": ("lesion", ("subject", "lesion")),
        "tumour.lesion_measured": ("lesion", ("subject", "lesion", "visit")),
        "subject.died": ("death", ("subject",)),
        "subject.screened": ("subject", ("subject",)),
        "subject.evidence_recorded": ("evidence", ("subject", "concept")),
        "follow_up.visit_recorded": ("follow_up_item", ("subject", "visit")),
    }
)
_SHARED: Final = "adverse_event/"


def record_names(record: Record) -> tuple[str, ...]:
    """Return the names of a record: the one it is listed under, then the others that notes and corrections may use."""
    kind = record.type.rpartition("/")[0]
    payload, position = record.payload, f"record/{record.position}"
    if kind in _BY_ID:
        word, key = _BY_ID[kind]
        return (f"{word}/{payload.get(key)}",)
    if kind in _NAMED:
        word, keys = _NAMED[kind]
        name = "/".join([word, *(str(payload.get(key)) for key in keys)])
        return (f"{name}#{record.position}", name, position)
    return (f"{kind.rpartition('.')[2]}#{record.position}", position)


def shared_name(record: Record) -> str:
    """Return the name of a record that later facts change under its id, such as an adverse event; else ""."""
    name = record_names(record)[0]
    return name if name.startswith(_SHARED) else ""
