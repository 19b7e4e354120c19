"""Put a decision table into a protocol's text: only the design's kind and parameters change, every other byte stays."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celltrial.app.decision_tables import table_design
from celltrial.app.files import read_text
from celltrial.protocol import read_protocol

if TYPE_CHECKING:
    from celltrial.designs.escalation.move_table import MoveTable


def protocol_with_table(path: Path, table: MoveTable, *, target: float | None = None) -> str:
    """Return the text of a protocol whose design is the table; it was read again, so that it is whole.

    target: needed where the protocol's design has no target of its own.
    """
    text = read_text(path)
    params = table_design(table, read_protocol(text, str(path)), str(path), target=target)
    changed = _spliced(text, params)
    read_protocol(changed, str(path))
    return changed


def _spliced(text: str, params: dict[str, Any]) -> str:
    from ruamel.yaml import YAML

    root = YAML(typ="safe", pure=True).compose(StringIO(text))
    design = _value(_value(root, "escalation"), "design")
    kind, old = _value(design, "kind"), _value(design, "params")
    column = _key(design, "kind").start_mark.column
    flow = design.flow_style
    new = _flow(params) if flow else _block(params, " " * (column + 2))
    edits = [(kind.start_mark.index, kind.end_mark.index, "decision_table")]
    if old is None:
        lead = ", params: " if flow else f"\n{' ' * column}params:"
        edits.append((kind.end_mark.index, kind.end_mark.index, lead + new))
    else:
        colon = text.index(":", _key(design, "params").end_mark.index) + 1
        edits.append((colon, _end(old), f" {new}" if flow else new))
    for start, end, piece in sorted(edits, reverse=True):
        text = text[:start] + piece + text[end:]
    return text


def _key(mapping: Any, name: str) -> Any:
    return next((key for key, _ in mapping.value if key.value == name), None)


def _value(mapping: Any, name: str) -> Any:
    return next((value for key, value in mapping.value if key.value == name), None)


def _end(node: Any) -> int:
    """Return where the text of a node ends; a block collection ends with its last value."""
    if isinstance(node.value, list) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _flow(params: dict[str, Any]) -> str:
    rows = ", ".join(_row(row) for row in params["rows"])
    return "{" + ", ".join([f"rows: [{rows}]", *_others(params)]) + "}"


def _block(params: dict[str, Any], indent: str) -> str:
    rows = "".join(f"\n{indent}  - {_row(row)}" for row in params["rows"])
    return f"\n{indent}rows:{rows}" + "".join(f"\n{indent}{item}" for item in _others(params))


def _row(row: list[str]) -> str:
    return "[" + ", ".join(row) + "]"


def _others(params: dict[str, Any]) -> list[str]:
    return [f"{name}: {value}" for name, value in params.items() if name != "rows"]
