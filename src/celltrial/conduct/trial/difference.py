"""Which fields differ between two versions of the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from celltrial.conduct.vocabulary import FieldChange

__all__ = ["field_changes"]


def field_changes(old: str, new: str) -> tuple[FieldChange, ...]:
    """Return the changed leaf fields of two canonical JSON documents, by dotted path; an absent side is "".

    >>> field_changes('{"a":{"b":1},"c":[1,2]}', '{"a":{"b":2},"c":[1]}')
    (FieldChange(path='a.b', old='1', new='2'), FieldChange(path='c.1', old='2', new=''))
    """
    before, after = dict(_leaves(json.loads(old), "")), dict(_leaves(json.loads(new), ""))
    paths = sorted(before.keys() | after.keys())
    return tuple(
        FieldChange(path, before.get(path, ""), after.get(path, ""))
        for path in paths
        if before.get(path, "") != after.get(path, "")
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    items: Any = None
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    if not items:
        yield path, json.dumps(value, ensure_ascii=False, sort_keys=True)
        return
    for key, item in items:
        yield from _leaves(item, f"{path}.{key}" if path else str(key))
