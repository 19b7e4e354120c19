"""How a Python type is in JSON: one pair of functions per annotation, built once per class.

Decimal as text, dates and UTC times in ISO 8601, enumerations by value, tuples
as arrays, frozen sets as sorted arrays, nested dataclasses as objects, mappings
as objects. A union whose members look alike in JSON is written as an array of
tag and value; every other union as the bare value.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache, partial
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from celltrial.core.canonical import canonical
from celltrial.core.errors import DefectError, UserError
from celltrial.core.scalars import SCALARS, Shape, UnreadableError, instance_of
from celltrial.core.values import Value, snake


@cache
def shape_of(annotation: Any) -> Shape:
    """Return the shape of a type; a type that has none is a defect of the fact that names it."""
    if annotation in SCALARS:
        return SCALARS[annotation]
    if annotation == Value:
        return _value()
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _union(tuple(shape_of(argument) for argument in arguments))
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        return _frozenset(shape_of(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(shape_of(arguments[0]), shape_of(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum(annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _dataclass(annotation)
    raise DefectError(f"a fact cannot hold {annotation!r}: the ledger has no JSON form for it")


def _enum(kind: type[Enum]) -> Shape:
    members = {member.value: member for member in kind}
    kinds = {type(value) for value in members}
    if kinds not in ({str}, {int}):
        raise DefectError(f"{kind!r}: a stored enumeration has only text or only whole numbers as values")
    expected = " | ".join(str(value) for value in members)

    def read(value: Any) -> Any:
        if type(value) in kinds and value in members:
            return members[value]
        raise UnreadableError(expected, value)

    json_kind = "string" if kinds == {str} else "integer"
    write = attrgetter("_value_")  # `value` comes to the same by way of a descriptor
    return Shape(json_kind, kind.__name__, instance_of(kind), write, read, taken={kind: write})


def _literal(values: tuple[Any, ...]) -> Shape:
    kinds = {type(value) for value in values}

    def read(value: Any) -> Any:
        if type(value) in kinds and value in values:
            return value
        raise UnreadableError(" | ".join(map(str, values)), value)

    kind = "string" if kinds == {str} else "integer" if kinds == {int} else "any"
    return Shape(kind, "literal", lambda value: type(value) in kinds and value in values, None, read)


def writer(shape: Shape) -> Callable[[Any], Any]:
    """Return the checked writer of a shape: a value of another type is a defect of the fact."""
    holds, write, name = shape.holds, shape.write, shape.name

    def checked(value: Any) -> Any:
        if not holds(value):
            raise DefectError(f"a fact holds {value!r} where its annotation says {name}")
        return value if write is None else write(value)

    return checked


def _items(value: Any, reads: tuple[Callable[[Any], Any], ...]) -> tuple[Any, ...]:
    result = []
    for index, (item, read) in enumerate(zip(value, reads, strict=True)):
        try:
            result.append(read(item))
        except UnreadableError as error:
            raise error.within(str(index)) from None
    return tuple(result)


def _tuple(arguments: tuple[Any, ...]) -> Shape:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = shape_of(arguments[0])
        write_item, read_item = writer(item), item.read

        def read_any(value: Any) -> Any:
            if type(value) is not list:
                raise UnreadableError("an array", value)
            return _items(value, (read_item,) * len(value))

        return Shape("array", "tuple", instance_of(tuple), lambda value: [write_item(part) for part in value], read_any)
    shapes = tuple(shape_of(argument) for argument in arguments)
    writers, reads = tuple(writer(shape) for shape in shapes), tuple(shape.read for shape in shapes)

    def read(value: Any) -> Any:
        if type(value) is not list or len(value) != len(reads):
            raise UnreadableError(f"an array of {len(reads)}", value)
        return _items(value, reads)

    def write(value: Any) -> Any:
        return [writer(part) for writer, part in zip(writers, value, strict=True)]

    return Shape("array", "tuple", lambda value: type(value) is tuple and len(value) == len(reads), write, read)


def _frozenset(item: Shape) -> Shape:
    write_item, read_item = writer(item), item.read

    def write(value: Any) -> Any:
        return sorted((write_item(part) for part in value), key=canonical)

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise UnreadableError("an array", value)
        result = frozenset(_items(value, (read_item,) * len(value)))
        if write(result) != value:
            raise UnreadableError("a sorted array without repeats", value)
        return result

    return Shape("array", "frozenset", instance_of(frozenset), write, read)


def _mapping(key: Shape, item: Shape) -> Shape:
    """Return the shape of a mapping; whole-number keys become text, as JSON keys are text."""
    if key.kind not in {"string", "integer"}:
        raise DefectError(f"a stored mapping has keys of text or whole numbers, not {key.name}")
    numeric = key.kind == "integer"
    write_key, write_item = writer(key), writer(item)

    def write(value: Any) -> Any:
        return {str(write_key(name)): write_item(part) for name, part in value.items()}

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise UnreadableError("an object", value)
        result = {}
        for name, part in value.items():
            try:
                result[key.read(_whole(name) if numeric else name)] = item.read(part)
            except UnreadableError as error:
                raise error.within(name) from None
        return MappingProxyType(result)

    return Shape("object", "mapping", lambda value: isinstance(value, Mapping), write, read)


def _whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise UnreadableError("a whole number", text) from None
    if str(number) != text:
        raise UnreadableError("a whole number", text)
    return number


def _union(members: tuple[Shape, ...]) -> Shape:
    """Return the shape of a union: bare where the JSON kinds distinguish its members, else tagged."""
    kinds = [member.kind for member in members]
    if len(set(kinds)) == len(kinds) and "any" not in kinds:
        return _bare_union(members)
    return _tagged_union(members)


def _value() -> Shape:
    """Return the shape of a typed value: an array of its kind, as `as_data` names it, and its fields. A value can hold values."""
    kinds = frozenset(get_args(Value))

    @cache
    def tagged() -> Shape:
        return _tagged_union(tuple(shape_of(kind)._replace(name=snake(kind.__name__)) for kind in get_args(Value)))

    def write(value: Any) -> Any:
        return writer(tagged())(value)

    return Shape("array", "value", lambda value: type(value) in kinds, write, lambda value: tagged().read(value))


def _member(members: tuple[Shape, ...], value: Any) -> Shape:
    for member in members:
        if member.holds(value):
            return member
    raise DefectError(f"a fact holds {value!r} where its annotation says {' | '.join(m.name for m in members)}")


def _bare_union(members: tuple[Shape, ...]) -> Shape:
    by_kind = {member.kind: member for member in members}
    expected = " | ".join(member.name for member in members)

    def write(value: Any) -> Any:
        member = _member(members, value)
        return value if member.write is None else member.write(value)

    def read(value: Any) -> Any:
        member = by_kind.get(_JSON_KINDS[type(value)])
        if member is None:
            raise UnreadableError(expected, value)
        return member.read(value)

    given = {kind: read for member in members for kind, read in member.given.items()}
    taken = {kind: write for member in reversed(members) for kind, write in member.taken.items()}
    return Shape(
        "any", expected, lambda value: any(member.holds(value) for member in members), write, read, given, taken
    )


def _tagged_union(members: tuple[Shape, ...]) -> Shape:
    by_name = {member.name: member for member in members}
    expected = " | ".join(by_name)
    if len(by_name) != len(members):
        raise DefectError(f"members of a union share a name: {expected}")

    def write(value: Any) -> Any:
        if value is None:
            return None
        member = _member(members, value)
        return [member.name, value if member.write is None else member.write(value)]

    def read(value: Any) -> Any:
        if value is None and "null" in by_name:
            return None
        if type(value) is not list or len(value) != 2 or type(value[0]) is not str or value[0] not in by_name:
            raise UnreadableError(expected, value)
        return by_name[value[0]].read(value[1])

    return Shape("any", expected, lambda value: any(member.holds(value) for member in members), write, read)


_JSON_KINDS = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
}


def _dataclass(kind: type) -> Shape:
    """Return the shape of a frozen dataclass: an object with exactly its fields.

    What must be converted depends on the JSON types of the values alone, and few combinations of them
    occur: a `_Plan` for each is made once.
    """
    hints = get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if field.init]
    if any(field.kw_only for field in fields):
        raise DefectError(f"{kind!r}: a stored class takes its fields by place")
    shapes = {field.name: shape_of(hints[field.name]) for field in fields}
    reads = tuple((name, shape.read) for name, shape in shapes.items())
    names = tuple(sorted(shapes))
    sorted_shapes = tuple(shapes[name] for name in names)
    plan, write_plan = cache(partial(_plan, sorted_shapes)), cache(partial(_write_plan, sorted_shapes))
    values_of = _picker(attrgetter, names)
    in_order = _picker(itemgetter, [names.index(field.name) for field in fields])

    def write(value: Any) -> Any:
        parts = [*values_of(value)]
        for index, convert in write_plan((*map(type, parts),)):
            parts[index] = convert(parts[index])
        return dict(zip(names, parts, strict=True))

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise UnreadableError("fields " + " ".join(names), _described(value))
        if (*value,) == names:
            parts = [*value.values()]
        elif value.keys() == shapes.keys():
            parts = [value[name] for name in names]
        else:
            raise UnreadableError("fields " + " ".join(names), _described(value))
        try:
            for index, convert in plan((*map(type, parts),)):
                parts[index] = convert(parts[index])
            return kind(*in_order(parts))
        except UnreadableError:
            raise _first_unreadable(value, reads) from None
        except UserError as error:
            raise UnreadableError(f"a valid {kind.__name__}", str(error)) from None

    return Shape("object", kind.__name__, instance_of(kind), write, read, taken={kind: write})


#: Index of a part, and what makes of it the value of its field; parts that stay as they are do not stand in it.
_Plan = tuple[tuple[int, Callable[[Any], Any]], ...]


def _plan(shapes: tuple[Shape, ...], found: tuple[type, ...]) -> _Plan:
    return _steps(shape.given.get(kind, shape.read) for shape, kind in zip(shapes, found, strict=True))


def _write_plan(shapes: tuple[Shape, ...], found: tuple[type, ...]) -> _Plan:
    return _steps(shape.taken.get(kind, writer(shape)) for shape, kind in zip(shapes, found, strict=True))


def _steps(converts: Iterable[Callable[[Any], Any] | None]) -> _Plan:
    return tuple((index, convert) for index, convert in enumerate(converts) if convert is not None)


def _picker(getter: Callable[..., Any], places: Sequence[Any]) -> Callable[[Any], Sequence[Any]]:
    """Return what picks these items or attributes, in this order."""
    if len(places) > 1:
        picker: Callable[[Any], Sequence[Any]] = getter(*places)
        return picker
    single = [getter(place) for place in places]
    return lambda held: [pick(held) for pick in single]


def _described(value: Any) -> str:
    return "fields " + " ".join(sorted(value)) if type(value) is dict else type(value).__name__


def _first_unreadable(value: dict[str, Any], reads: tuple[tuple[str, Callable[[Any], Any]], ...]) -> UnreadableError:
    """Return the finding about the first field that cannot be read, with its path."""
    for name, read in reads:
        try:
            read(value[name])
        except UnreadableError as error:
            return error.within(name)
    raise DefectError("a field that could not be read can be read the second time")
