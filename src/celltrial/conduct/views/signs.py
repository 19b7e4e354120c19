"""Raw signs as a clinical engine wants them: numbers, truths, names and daily counts; what is not on record is None."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from celltrial.clinical.daily_counts import DayCount
from celltrial.clinical.quantities import Quantity, convert
from celltrial.conduct.vocabulary import Finding

_TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False}


class Signs:
    """The findings of one adverse event; where a concept was recorded twice the later record holds."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._all = tuple(findings)
        self._last = {item.concept: item for item in findings}

    def text(self, concept: str) -> str | None:
        """Return the value as it was written."""
        item = self._last.get(concept)
        return None if item is None or item.value.lower() == "unknown" else item.value

    def flag(self, concept: str) -> bool | None:
        """Return yes or no."""
        item = self._last.get(concept)
        return None if item is None else _TRUTH.get(item.value.lower())

    def number(self, concept: str, unit: str = "") -> Decimal | None:
        """Return a number, in a unit where one is asked for and was written; CLN-005 for one that does not convert."""
        item = self._last.get(concept)
        try:
            value = None if item is None else Decimal(item.value)
        except InvalidOperation:
            return None
        if item is None or value is None or not (unit and item.unit):
            return value
        return convert(Quantity.of(value, item.unit), unit)

    def whole(self, concept: str) -> int | None:
        """Return a whole number; None for a fraction too."""
        number = self.number(concept)
        return None if number is None or number != number.to_integral_value() else int(number)

    def names(self, concept: str) -> tuple[str, ...] | None:
        """Return a list of names divided by commas; empty for `none`."""
        value = self.text(concept)
        if value is None:
            return None
        return tuple(name.strip() for name in value.split(",") if name.strip() and name.strip() != "none")

    def quantity(self, concept: str) -> Quantity | None:
        """Return a number with its unit; raise CLN-005 for a unit that is not known."""
        number = self.number(concept)
        return None if number is None else Quantity.of(number, self._last[concept].unit)

    def counts(self, concept: str, unit: str, start: date) -> list[DayCount]:
        """Return every dated count in a unit, by days after `start`; days before are left out."""
        dated = ((item, item.on) for item in self._all if item.concept == concept and item.on is not None)
        return [
            DayCount((on - start).days, convert(Quantity.of(item.value, item.unit), unit))
            for item, on in dated
            if on >= start
        ]
