"""A YAML text as plain data that remembers where every value stood.

The YAML reader is ruamel.yaml; this module turns its node tree into plain
Python values and a table from path to line and column, so that a fault found
later can be shown at its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import ABSENT, Identifier, Value, message

__all__ = ["Document", "Path", "read_document"]

Path = tuple[str | int, ...]
#: Far more than any protocol; deeper nesting is an attack or an accident.
MAXIMUM_DEPTH: Final = 64
MAXIMUM_VALUES: Final = 100_000
#: No quantity of a trial comes near it, and beyond it whole numbers outgrow floating point.
LARGEST_NUMBER: Final = 10**18
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
    except RecursionError:
        raise UserError(
            fault("PRT-001", file, found=message("text_that_is_nested_too_deeply"), expected="YAML")
        ) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = message("character_that_yaml_does_not_allow")
        raise UserError(fault("PRT-001", f"{file}:{line}:1", found=found, expected="YAML")) from None
    except (YAMLError, ValueError, AssertionError, LookupError, TypeError, AttributeError):  # what its reader lets slip
        raise UserError(fault("PRT-001", file, found=message("text_of_another_form"), expected="YAML")) from None
    if node is None:
        raise UserError(fault("PRT-007", file, found=ABSENT, expected=message("protocol")))
    reader = _Reader(file)
    data = reader.value(node, ())
    if reader.faults:
        raise UserError(*reader.faults)
    return Document(file, data, reader.places)


#: What the YAML reader says -> what a writer of a protocol can act on; what stands nowhere here is shown as it is.
_SYNTAX: Final = (
    ("'\\t' that cannot start", "tab_for_spaces"),
    ("cannot start any token", "character_that_starts_no_value"),
    ("another document", "second_document"),
    ("mapping values are not allowed", "colon_out_of_place"),
    ("expected <block end>", "unended_bracket"),
    ("expected ',' or", "unended_bracket"),
    ("unexpected end of stream", "unended_bracket"),
    ("could not find expected ':'", "unended_bracket"),
)
_ALIAS: Final = re.compile(r"undefined alias '?([^']*)'?")


def _syntax_fault(error: MarkedYAMLError, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark is not None else file
    said = " ".join(str(error.problem or error.context or "").split())
    found: Value = next((message(code) for part, code in _SYNTAX if part in said), Identifier(said))
    alias = _ALIAS.search(said)
    if alias is not None:
        found = message("undefined_alias", name=Identifier(alias.group(1)))
    return fault("PRT-001", where, found=found, expected="YAML")


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
            expected = message("depth_and_values", depth=MAXIMUM_DEPTH, values=MAXIMUM_VALUES)
            raise UserError(
                fault("PRT-001", self._at(node), found=message("text_that_unfolds_without_end"), expected=expected)
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
                self.faults.append(
                    fault("PRT-001", self._at(key_node), found=message("key_that_is_no_text"), expected=message("text"))
                )
                continue
            key = str(key_node.value)
            if key in found:
                self.faults.append(fault("PRT-006", self._at(key_node), found=key, expected=message("each_field_once")))
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
            return self._number(node, text, whole=tag == "int")
        return text

    def _number(self, node: Node, text: str, *, whole: bool) -> Any:
        try:
            value = int(text.replace("_", ""), 0) if whole else float(text.replace("_", ""))
        except ValueError:  # thousands of digits, or `.nan` and `.inf`, which no field takes
            return text
        if abs(value) > LARGEST_NUMBER:
            shown = text if len(text) <= 30 else f"{text[:29]}…"
            self.faults.append(fault("PRT-008", self._at(node), found=shown, expected=f"{LARGEST_NUMBER:g}"))
        return value

    def _at(self, node: Node) -> str:
        return f"{self.file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
