"""Ids for a document that is being written: the class and a number, the same for the same protocol."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

from celltrial.exchange.usdm.model.base import AliasCode, Code, Instance, Part, Quantity
from celltrial.exchange.usdm.terminology_data import CDISC, CDISC_VERSION, UCUM, UCUM_VERSION, Term

Made = TypeVar("Made", bound=Part)


class Mint:
    """Makes objects and gives each its id: `StudyTitle_1`, `StudyTitle_2`, ..."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def __call__(self, kind: type[Made], **values: Any) -> Made:
        """Return a new object of a class."""
        self._made[kind.__name__] += 1
        return kind(id=f"{kind.__name__}_{self._made[kind.__name__]}", **values)

    def code(self, term: Term) -> Code:
        """Return a code of the CDISC terminology."""
        return self(Code, code=term.code, code_system=CDISC, code_system_version=CDISC_VERSION, decode=term.decode)

    def alias(self, term: Term) -> AliasCode:
        """Return a code of the CDISC terminology where USDM wants an alias code."""
        return self(AliasCode, standard_code=self.code(term))

    def unit(self, unit: str) -> AliasCode:
        """Return a unit of UCUM."""
        code = self(Code, code=unit, code_system=UCUM, code_system_version=UCUM_VERSION, decode=unit)
        return self(AliasCode, standard_code=code)

    def quantity(self, value: float, unit: AliasCode | None = None) -> Quantity:
        """Return a quantity."""
        return self(Quantity, value=float(value), unit=unit)


Linked = TypeVar("Linked", bound=Instance)


def linked(items: tuple[Linked, ...]) -> tuple[Linked, ...]:
    """Return the items, each with the ids of the one before and the one after."""
    ids = [None, *(one.id for one in items), None]
    return tuple(
        one.model_copy(update={"previous_id": ids[number], "next_id": ids[number + 2]})
        for number, one in enumerate(items)
    )
