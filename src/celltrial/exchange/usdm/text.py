"""JSON text to plain data, or one fault that says where and why it is not usable."""

from __future__ import annotations

import json
from typing import Any, Final

from celltrial.core.errors import UserError, fault

__all__ = ["MAXIMUM_CHARACTERS", "MAXIMUM_DEPTH", "pointer_of", "read_json"]

#: Ten times the largest document of ours.
MAXIMUM_CHARACTERS: Final = 20_000_000
MAXIMUM_DEPTH: Final = 60


class _TwiceError(ValueError):
    """A name that stands twice in one object."""


class _NumberError(ValueError):
    """A number that is not finite."""


def read_json(text: str, file: str) -> Any:
    """Return the data of a JSON text.

    EXC-120 not JSON (line and column); EXC-121 too large or too deep; EXC-122 a text with half a character; EXC-137 a
    name twice in one object, which readers of JSON take differently; EXC-138 a number that is not finite.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise UserError(fault("EXC-121", file, found=len(text), expected=MAXIMUM_CHARACTERS))
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise UserError(fault("EXC-120", f"{file}:{error.lineno}:{error.colno}", found=error.msg)) from None
    except _TwiceError as error:
        raise UserError(fault("EXC-137", file, found=str(error))) from None
    except _NumberError as error:
        raise UserError(fault("EXC-138", file, found=str(error))) from None
    except ValueError:  # Python refuses whole numbers of thousands of digits
        raise UserError(fault("EXC-138", file, found="10^4300")) from None
    except RecursionError:
        raise UserError(fault("EXC-121", file, found="> 900", expected=MAXIMUM_DEPTH)) from None
    _check_depth_and_text(data, file)
    return data


def pointer_of(path: tuple[str | int, ...]) -> str:
    """Return the JSON pointer of a path (RFC 6901).

    >>> pointer_of(("study", "versions", 0, "a/b"))
    '/study/versions/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _TwiceError(twice.encode("ascii", "backslashreplace").decode()[:80])
    return found


def _no_constant(name: str) -> float:
    raise _NumberError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise _NumberError(text[:40])
    return value


def _check_depth_and_text(data: Any, file: str) -> None:
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(data, ())]
    while waiting:
        value, path = waiting.pop()
        if len(path) > MAXIMUM_DEPTH:
            raise UserError(fault("EXC-121", f"{file}#{pointer_of(path)}", found=len(path), expected=MAXIMUM_DEPTH))
        if isinstance(value, dict):
            for name, inner in value.items():
                if not _whole(name):
                    raise UserError(fault("EXC-122", f"{file}#{pointer_of(path)}"))
                waiting.append((inner, (*path, name)))
        elif isinstance(value, list):
            waiting += [(inner, (*path, number)) for number, inner in enumerate(value)]
        elif isinstance(value, str) and not _whole(value):
            raise UserError(fault("EXC-122", f"{file}#{pointer_of(path)}"))


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
