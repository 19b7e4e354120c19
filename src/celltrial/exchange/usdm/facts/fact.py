"""One thing that a USDM document says in its own classes, and the field of a protocol it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """The item of a list whose `name` field is `value`, wherever in the list it stands.

    Without a name it is no item but something that follows from the field before it.
    """

    name: str
    value: str


Step = str | Item


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with the field it belongs to.

    path:    the field; items of lists by what names them.
    value:   text, number, truth value, or a tuple of these.
    pointer: JSON pointer of the value in the document.
    derived: the value follows from the field but is not the field itself, such as the planned age from criteria.
    """

    path: tuple[Step, ...]
    value: Any
    pointer: str
    derived: bool = False

    @property
    def key(self) -> str:
        """The path as text, which two documents share."""
        return shown_path(self.path)


def about(what: str) -> Item:
    """Return the step from a field to something that follows from it."""
    return Item("", what)


def shown_path(path: tuple[Step, ...]) -> str:
    """Return a path as people read it.

    >>> shown_path(("population", "criteria", Item("id", "I-01"), "text", "en"))
    'population.criteria[I-01].text.en'
    """
    return "".join(_pieces(path)).removeprefix(".")


def _pieces(path: tuple[Step, ...]) -> Iterator[str]:
    for step in path:
        yield f"[{step.value}]" if isinstance(step, Item) else f".{step}"
