"""A YAML text as plain data that remembers where every value stood.

Events come from libyaml by way of PyYAML; what they mean is decided here, by the core schema of YAML 1.2 with the
underscores in numbers that ruamel.yaml reads too: `no` and `on` are words, `22:30` is a word, `true` is the only truth.
A text that asks for YAML 1.1 is refused, because there the same words mean other things. Dates stay words. A tag says
what a value is where it can be that; one that is not known, or does not fit, says nothing. Merge keys are keys. Equal to ruamel.yaml on every example
(`tests/unit/core/test_yaml_text.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.bounds import LARGEST_NUMBER, shown
from celltrial.core.reading.text import MOST_BYTES, check_characters, forbidden_in
from celltrial.core.values import ABSENT, Identifier, Value, message

Path = tuple[str | int, ...]
#: Far more than any protocol; deeper nesting is an attack or an accident.
MAXIMUM_DEPTH: Final = 64
MAXIMUM_VALUES: Final = 100_000
#: Names in one place; no section has near so many.
MAXIMUM_KEYS: Final = 2_000
#: So many faults of one text are shown; the rest is of the same kind.
MOST_FAULTS: Final = 100
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = frozenset({*_TRUE, "false", "False", "FALSE"})
_INT: Final = re.compile(r"[-+]?(?:0b[0-1_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)")
_FLOAT: Final = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_FIRST: Final = frozenset("-+0123456789.")


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
        """Return `file:line:column` of a path, or of its nearest parent that is in the file."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return f"{self.file}:{found[0]}:{found[1]}"
        return self.file


@dataclass(slots=True)
class _Node:
    """A node of the text: its kind, tag, what it holds, and where it begins."""

    kind: Literal["scalar", "sequence", "mapping"]
    tag: str
    value: Any
    line: int
    column: int


def read_document(text: str, file: str) -> Document:
    """Read YAML; raise UserError with the line and column of what is not YAML.

    PRT-001 not YAML, too deep or too large; PRT-006 a name twice; PRT-007 nothing; PRT-008 a number too large; COR-050 a
    text too long; COR-052 a character that cannot be seen; COR-053 too many names in one place.
    """
    if len(text) > MOST_BYTES:
        raise UserError(fault("COR-050", file, found=len(text), expected=MOST_BYTES))
    check_characters(text, file)
    try:
        node = _compose(text, file)
    except yaml.MarkedYAMLError as error:
        raise UserError(_syntax_fault(error, text, file)) from None
    except (yaml.YAMLError, UnicodeError):
        found = message("character_that_yaml_does_not_allow")
        raise UserError(fault("PRT-001", file, found=found, expected="YAML")) from None
    if node is None:
        raise UserError(fault("PRT-007", file, found=ABSENT, expected=message("protocol")))
    reader = _Reader(file)
    data = reader.value(node, ())
    if reader.faults:
        raise UserError(*reader.faults[:MOST_FAULTS])
    return Document(file, data, reader.places)


def _compose(text: str, file: str) -> _Node | None:
    """Build the nodes of the one document of a text without recursion, and stop where it grows beyond every bound."""
    anchors: dict[str, _Node] = {}
    open_nodes: list[_Node] = []
    root: _Node | None = None
    count = 0
    for event in yaml.parse(text, Loader=_LOADER):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            _refuse_other_documents(event, root, file)
            continue
        if kind in {yaml.MappingEndEvent, yaml.SequenceEndEvent}:
            open_nodes.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        node = _node(event, anchors, file)
        count += 1
        if count > MAXIMUM_VALUES or len(open_nodes) > MAXIMUM_DEPTH:
            raise UserError(_endless(file, node))
        if not open_nodes:
            root = node
        else:
            _add(open_nodes[-1], node, file)
        if kind in {yaml.MappingStartEvent, yaml.SequenceStartEvent}:
            open_nodes.append(node)
    return root


def _add(parent: _Node, node: _Node, file: str) -> None:
    parent.value.append(node)
    if parent.kind == "mapping" and len(parent.value) > 2 * MAXIMUM_KEYS:
        where = f"{file}:{node.line}:{node.column}"
        raise UserError(fault("COR-053", where, found=f"> {MAXIMUM_KEYS}", expected=MAXIMUM_KEYS))


def _refuse_other_documents(event: Any, root: _Node | None, file: str) -> None:
    mark = event.start_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}"
    if root is not None:
        raise UserError(fault("PRT-001", where, found=message("second_document"), expected="YAML"))
    if event.version is not None and tuple(event.version) != (1, 2):
        found = message("other_version_of_yaml")
        raise UserError(fault("PRT-001", f"{file}:1:1", found=found, expected="YAML"))


def _node(event: Any, anchors: dict[str, _Node], file: str) -> _Node:
    mark = event.start_mark
    line, column = mark.line + 1, mark.column + 1
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            found = message("undefined_alias", name=Identifier(event.anchor))
            raise UserError(fault("PRT-001", f"{file}:{line}:{column}", found=found, expected="YAML"))
        return anchors[event.anchor]
    if isinstance(event, yaml.ScalarEvent):
        plain, tag = event.implicit[0], event.tag
        known = (_resolved(event.value) if plain else "str") if tag in {None, "!"} else _tagged(tag, event.value)
        node = _Node("scalar", known, event.value, line, column)
    else:
        node = _Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence", "", [], line, column)
    if event.anchor is not None:
        anchors[event.anchor] = node
    return node


def _resolved(text: str) -> str:
    """Return the tag of a plain word by the core schema of YAML 1.2."""
    if text in _NULL:
        return "null"
    if text in _BOOL:
        return "bool"
    if text[0] in _FIRST:
        if _FLOAT.fullmatch(text):
            return "float"
        if _INT.fullmatch(text):
            return "int"
    return "str"


def _tagged(tag: str, text: str) -> str:
    """Return what a written tag makes of a word: what it says where the word is one of those, else a word as it is.

    `!!bool yes` is the word `yes`, not false, and `!!null pending` is not nothing.
    """
    known, found = tag.removeprefix(_TAG), _resolved(text)
    fits = known == found or (known == "float" and found == "int")
    return known if fits or known not in {"bool", "null", "int", "float"} else "str"


def _endless(file: str, node: _Node) -> Fault:
    expected = message("depth_and_values", depth=MAXIMUM_DEPTH, values=MAXIMUM_VALUES)
    where = f"{file}:{node.line}:{node.column}"
    return fault("PRT-001", where, found=message("text_that_unfolds_without_end"), expected=expected)


#: What the YAML reader says -> code of what a writer of a protocol can act on; what is nowhere here is shown as it is.
_SYNTAX: Final = (
    ("a tab character", "tab_for_spaces"),
    ("cannot start any token", "character_that_starts_no_value"),
    ("mapping values are not allowed", "colon_out_of_place"),
    ("did not find expected", "unended_bracket"),
    ("unexpected end of stream", "unended_bracket"),
    ("could not find expected ':'", "unended_bracket"),
    ("incompatible YAML document", "other_version_of_yaml"),
    ("escape", "unknown_escape"),
)


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark is not None else file
    said = " ".join(str(error.problem or error.context or "").split())
    found: Value = next((message(code) for part, code in _SYNTAX if part in said), Identifier(said))
    if mark is not None and _character_at(text, mark.line, mark.column) == "\t":
        found = message("tab_for_spaces")
    return fault("PRT-001", where, found=found, expected="YAML")


def _character_at(text: str, line: int, column: int) -> str:
    lines = text.split("\n", line + 1)
    return lines[line][column : column + 1] if line < len(lines) else ""


class _Reader:
    """Walks a node tree once, gathering values, places and faults."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, tuple[int, int]] = {}
        self.faults: list[Fault] = []
        self.values = 0

    def value(self, node: _Node, path: Path) -> Any:
        self.places.setdefault(path, (node.line, node.column))
        self.values += 1
        if len(path) > MAXIMUM_DEPTH or self.values > MAXIMUM_VALUES:
            raise UserError(_endless(self.file, node))
        if node.kind == "mapping":
            return self._mapping(node, path)
        if node.kind == "sequence":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: _Node, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in zip(node.value[::2], node.value[1::2], strict=True):
            if key_node.kind != "scalar":
                self._fault("PRT-001", key_node, found=message("key_that_is_no_text"), expected=message("text"))
                continue
            key = str(key_node.value)
            if key in found:
                self._fault("PRT-006", key_node, found=shown(key), expected=message("each_field_once"))
                continue
            self._check_text(key, key_node)
            self.places[*path, key] = (key_node.line, key_node.column)
            found[key] = self.value(value_node, (*path, key))
        return found

    def _scalar(self, node: _Node) -> Any:
        text = str(node.value)
        if node.tag == "null":
            return None
        if node.tag == "bool":
            return text in _TRUE
        if node.tag in {"int", "float"}:
            return self._number(node, text, whole=node.tag == "int")
        self._check_text(text, node)
        return text

    def _check_text(self, text: str, node: _Node) -> None:
        """Refuse a character that only an escape can bring in: the text itself was looked through before."""
        if not (text.isascii() and text.isprintable()):
            found = forbidden_in(text)
            if found:
                self._fault("COR-052", node, found=found)

    def _number(self, node: _Node, text: str, *, whole: bool) -> Any:
        try:
            value = int(text.replace("_", ""), 0) if whole else float(text.replace("_", ""))
        except ValueError:  # thousands of digits, or `.nan` and `.inf`, which no field takes
            return text
        if abs(value) > LARGEST_NUMBER:
            self._fault("PRT-008", node, found=shown(text), expected=f"{LARGEST_NUMBER:g}")
        return value

    def _fault(self, id_: str, node: _Node, **params: object) -> None:
        self.faults.append(fault(id_, f"{self.file}:{node.line}:{node.column}", **params))
