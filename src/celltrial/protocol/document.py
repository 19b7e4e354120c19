"""A YAML text as plain data that remembers where every value stood.

The YAML reader is ruamel.yaml; this module turns its node tree into plain
Python values and a table from path to line and column, so that a fault found
later can be shown at its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from celltrial.core.errors import Fault, UserError, fault

__all__ = ["Document", "Path", "read_document"]

Path = tuple[str | int, ...]
#: Far more than any protocol; deeper nesting is an attack or an accident.
MAXIMUM_DEPTH: Final = 64
MAXIMUM_VALUES: Final = 100_000
_TAG: Final = "tag:yaml.org,2002:"
_TRUE: Final = {"true", "True", "TRUE"}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data with the place of every key and value.

    file:  the name shown in messages.
    places: path to (line, column), both counted from 1.
    """

    file: str
    data: Any
    places: Mapping[Path, tuple[int, int]]

    def where(self, path: Path) -> str:
        """Return `file:line:column` of a path, or of its nearest parent that stands in the file."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return f"{self.file}:{found[0]}:{found[1]}"
        return self.file


def read_document(text: str, file: str) -> Document:
    """Read YAML; raise UserError with the line and column of what is not YAML (PRT-001, PRT-006, PRT-007)."""
    try:
        node = YAML(typ="safe", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        raise UserError(_syntax_fault(error, file)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(fault("PRT-001", file, found=type(error).__name__, expected="YAML text")) from None
    if node is None:
        raise UserError(fault("PRT-007", file, found="nothing", expected="a protocol"))
    reader = _Reader(file)
    data = reader.value(node, ())
    if reader.faults:
        raise UserError(*reader.faults)
    return Document(file, data, reader.places)


def _syntax_fault(error: MarkedYAMLError, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark is not None else file
    return fault("PRT-001", where, found=" ".join(str(error.problem or error.context or "").split()), expected="YAML")


class _Reader:
    """Walks a node tree once, gathering values, places and faults."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, tuple[int, int]] = {}
        self.faults: list[Fault] = []
        self.values = 0

    def value(self, node: Node, path: Path) -> Any:
        mark = node.start_mark
        self.places.setdefault(path, (mark.line + 1, mark.column + 1))
        self.values += 1
        if len(path) > MAXIMUM_DEPTH or self.values > MAXIMUM_VALUES:
            expected = f"depth <= {MAXIMUM_DEPTH}, values <= {MAXIMUM_VALUES}"
            raise UserError(
                fault("PRT-001", self._at(node), found="a text that unfolds without end", expected=expected)
            )
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.faults.append(fault("PRT-001", self._at(key_node), found="a key that is no text", expected="text"))
                continue
            key = str(key_node.value)
            if key in found:
                self.faults.append(fault("PRT-006", self._at(key_node), found=key, expected="each field once"))
                continue
            self.places[*path, key] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            found[key] = self.value(value_node, (*path, key))
        return found

    def _scalar(self, node: Node) -> Any:
        text = str(node.value)
        tag = str(node.tag).removeprefix(_TAG)
        if tag == "null":
            return None
        if tag == "bool":
            return text in _TRUE
        if tag in {"int", "float"}:
            try:
                return int(text.replace("_", ""), 0) if tag == "int" else float(text.replace("_", ""))
            except ValueError:
                return text
        return text

    def _at(self, node: Node) -> str:
        return f"{self.file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
