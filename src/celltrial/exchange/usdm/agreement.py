"""Whether the classes of USDM and the extensions of a document say the same.

The extensions are the record: they hold every field exactly. What is in USDM's own classes is a copy for others. The
protocol of the extensions is written out anew, and what the new document says in USDM's classes is held against what the
file says there. Nothing is resolved: a difference is a fault that names both places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celltrial.core.errors import Fault, fault
from celltrial.core.reading.yaml_text import Path
from celltrial.exchange.usdm.facts import Fact, Item, Source, facts_of, read_facts
from celltrial.exchange.usdm.writing import write_usdm
from celltrial.protocol import Protocol


def check_agreement(source: Source, protocol: Protocol, data: Any, places: Mapping[Path, str]) -> tuple[Fault, ...]:
    """Return a fault for each thing that USDM's classes and the extensions say differently.

    source:       the document; what it notes of its codes and texts is kept there.
    data, places: the fields as read from the extensions, and the pointer of each.
    EXC-133 both say something else; EXC-134 USDM's classes say it and the extensions do not; EXC-135 the extensions say
    it and USDM's classes do not.
    """
    expected = {one.key: one for one in read_facts(write_usdm(protocol).study)}
    actual = {one.key: one for one in facts_of(source)}
    file = source.file
    found = []
    for key in dict.fromkeys([*actual, *expected]):
        here, there = actual.get(key), expected.get(key)
        if here is None and there is not None:
            place = _place(there, data, places)
            found.append(fault("EXC-135", f"{file}#{place}", field=key, expected=_shown(there.value)))
        elif here is not None and there is None:
            found.append(fault("EXC-134", f"{file}#{here.pointer}", field=key, found=_shown(here.value)))
        elif here is not None and there is not None and here.value != there.value:
            where = {"other": f"#{_place(there, data, places)}", "expected": _shown(there.value)}
            found.append(fault("EXC-133", f"{file}#{here.pointer}", field=key, found=_shown(here.value), **where))
    return tuple(found)


def _shown(value: Any) -> str:
    text = ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _place(one: Fact, data: Any, places: Mapping[Path, str]) -> str:
    """Return the pointer of the extension that says it: of the field, or of the first one within its section."""
    path: list[str | int] = []
    here = data
    for step in one.path:
        if isinstance(step, Item) and isinstance(here, list):
            matching = [
                number
                for number, item in enumerate(here)
                if isinstance(item, Mapping) and str(item.get(step.name)) == step.value
            ]
            if not matching:
                break
            path.append(matching[0])
            here = here[matching[0]]
        elif isinstance(step, str) and isinstance(here, Mapping) and step in here:
            path.append(step)
            here = here[step]
        else:
            break
    known = tuple(path)
    return next((place for field, place in places.items() if field[: len(known)] == known), "")
