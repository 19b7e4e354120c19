"""Write the golden file of every event version that has none; a file that exists is never overwritten.

    .venv/bin/python tests/golden/write_event_golden.py

A golden file holds one payload as it was first shipped. From then on every
later program must read it: a changed shape is a new version with an upcaster.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS
from celltrial.core.canonical import canonical
from celltrial.core.values import Term, Value, as_written, message
from celltrial.ledger import Codec

FOLDER = Path(__file__).with_name("events")
SCALARS: Mapping[Any, Any] = {
    int: 7,
    float: 0.25,
    bool: True,
    Decimal: Decimal("1.50"),
    date: date(2025, 3, 1),
    time: time(10, 30),
    datetime: datetime(2025, 3, 1, 2, 30, tzinfo=UTC),
    timedelta: timedelta(hours=36),
}


def file_of(name: str) -> Path:
    """Return the golden file of a stored name."""
    return FOLDER / f"{name.replace('/', '-')}.json"


def sample(annotation: Any, name: str) -> Any:
    """Return a value of this type that uses as many of its fields as it can."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is str:
        return "Asia/Shanghai" if name == "zone" else f"{name} 愈"
    if annotation in SCALARS:
        return SCALARS[annotation]
    if annotation == Value:
        return message("of", what=Term("quality_cause", "transport"), value=as_written(f"{name} 愈"))
    if origin in {Union, types.UnionType}:
        return sample(next(item for item in arguments if item is not type(None)), name)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        items = arguments[:1] if arguments[-1] is Ellipsis else arguments
        return tuple(sample(item, name) for item in items)
    if origin is frozenset:
        return frozenset({sample(arguments[0], name)})
    if origin is not None and issubclass(origin, Mapping):
        return {sample(arguments[0], name): sample(arguments[1], name)}
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    hints = get_type_hints(annotation)
    return annotation(**{field.name: sample(hints[field.name], field.name) for field in dataclasses.fields(annotation)})


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    every = {**EVENTS, **LOG_IN_EVENTS}
    codec = Codec(every, UPCASTERS)
    for name, kind in every.items():
        if not file_of(name).exists():
            stored, payload = codec.encode(sample(kind, "sample"))
            file_of(stored).write_text(canonical(payload) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
