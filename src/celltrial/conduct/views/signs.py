"""Raw signs as a clinical engine wants them: numbers, truths, names and daily counts; what is not on record is None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from celltrial.clinical.daily_counts import DayCount
from celltrial.conduct.vocabulary import Finding
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity, concept_code
from celltrial.core.units import half_width

_TRUTH: Final = {"yes": True, "no": False}
_DIVIDED: Final = re.compile(r"[,;&、]|\s\+\s|\band\b|[和及与]")
#: What is where there is nothing to name.
_NOTHING: Final = frozenset(
    {
        "none",
        "no",
        "nil",
        "null",
        "0",
        "-",
        "--",
        "—",
        "/",
        "false",
        "absent",
        "negative",
        "not given",
        "not used",
        "无",
        "否",
    }
    | {"没有", "未用", "未使用", "不用", "阴性", "未见", "零"}
)


class Signs:
    """The findings of one adverse event; where a concept was recorded twice the later record holds.

    A concept of the vocabulary is found under any of its names, a finding of one event under the name that its engine uses.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._all = tuple(findings)
        self._last = {concept_code(item.concept): item for item in findings} | {item.concept: item for item in findings}

    def _found(self, concept: str) -> Finding | None:
        return self._last.get(concept) or self._last.get(concept_code(concept))

    def text(self, concept: str) -> str | None:
        """Return the value as it was written."""
        item = self._found(concept)
        return None if item is None or not Measured.read(item.value).is_known else item.value

    def flag(self, concept: str) -> bool | None:
        """Return yes or no, in either language."""
        item = self._found(concept)
        return None if item is None else _TRUTH.get(Measured.read(item.value).word)

    def number(self, concept: str, unit: str = "", *, of: str = "") -> Decimal | None:
        """Return a number, in a unit where one is asked for and was written; COR-032 for one that does not convert.

        A value below or above a limit is no number, and not known here.
        of: what is observed where the name of the concept is not of the vocabulary, such as "alt" for "alt_baseline".
        """
        item = self._found(concept)
        found = None if item is None else Measured.read(item.value)
        if item is None or found is None or not found.is_exact or found.number is None:
            return None
        written = item.unit or found.unit
        if not (unit and written):
            return found.number
        return Quantity.of(found.number, written).in_unit(unit, of or concept)

    def whole(self, concept: str) -> int | None:
        """Return a whole number; None for a fraction too."""
        number = self.number(concept)
        return None if number is None or number != number.to_integral_value() else int(number)

    def names(self, concept: str) -> tuple[str, ...] | None:
        """Return a list of names divided by commas, semicolons, ` + `, `and` or their Chinese forms.

        Empty for `none`, `no`, `0`, `无` and the like: whatever says that there is nothing names nothing.
        """
        value = self.text(concept)
        if value is None:
            return None
        parts = (part.strip() for part in _DIVIDED.split(half_width(value)))
        return tuple(part for part in parts if part and part.casefold().rstrip(".") not in _NOTHING)

    def code(self, concept: str) -> str | None:
        """Return a code however it is written: `Room air` is `room_air`."""
        value = self.text(concept)
        return None if value is None else re.sub(r"[\s\-_]+", "_", half_width(value).strip().casefold())

    def quantity(self, concept: str) -> Quantity | None:
        """Return a number, or a value beyond a limit, with its unit; raise COR-030 or COR-031 for what is no unit."""
        item = self._found(concept)
        found = None if item is None else Measured.read(item.value)
        if item is None or found is None or found.number is None:
            return None
        return Quantity.of(item.value, item.unit or found.unit)

    def counts(self, concept: str, unit: str, start: date) -> list[DayCount]:
        """Return every dated count in a unit, by days after `start`; days before and what is no number are left out.

        A count below a limit is known to be at most that limit, one above it at least: it is there, marked as beyond.
        """
        counts = []
        for item in self._all:
            found = Measured.read(item.value)
            if item.on is None or item.on < start or concept_code(item.concept) != concept or found.number is None:
                continue
            value = Quantity(found.number, item.unit or found.unit).in_unit(unit, concept)
            counts.append(DayCount((item.on - start).days, value, found.relation))
        return counts
