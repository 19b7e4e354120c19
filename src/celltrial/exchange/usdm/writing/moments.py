"""When things are planned, counted from the infusion, as ISO 8601 durations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from celltrial.protocol.model.base import DAYS_PER, Duration

_ISO: Final = {"min": "PT{}M", "h": "PT{}H", "d": "P{}D", "wk": "P{}W", "mo": "P{}M", "y": "P{}Y"}
_SHAPES: Final = {unit: re.compile(shape.format(r"(\d+(?:\.\d+)?)")) for unit, shape in _ISO.items()}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the plan: a length of time before (negative) or after the infusion.

    >>> Moment(28, "d").iso, Moment(-5, "d").name, Moment(12, "mo").name
    ('P28D', 'Day -5', 'Month 12')
    """

    amount: float
    unit: str

    @property
    def days(self) -> float:
        """Nominal days from infusion, for the order only."""
        return self.amount * DAYS_PER[self.unit]

    @property
    def iso(self) -> str:
        """The length of time without its sign."""
        return iso_duration(Duration(abs(self.amount), self.unit))

    @property
    def name(self) -> str:
        """What the encounter is called."""
        word = {"d": "Day", "mo": "Month", "wk": "Week", "y": "Year"}.get(self.unit, self.unit)
        return f"{word} {self.amount:g}"


ANCHOR: Final = Moment(0, "d")


def iso_duration(duration: Duration) -> str:
    """Return a length of time as ISO 8601.

    >>> iso_duration(Duration.parse("6 months")), iso_duration(Duration.parse("90 min"))
    ('P6M', 'PT90M')
    """
    return _ISO[duration.unit].format(f"{duration.amount:g}")


def of_iso(text: str) -> Duration | None:
    """Return the duration of an ISO 8601 text of one unit; None where it is none.

    >>> str(of_iso("P28D")), of_iso("P1Y6M")
    ('28 d', None)
    """
    for unit, shape in _SHAPES.items():
        found = shape.fullmatch(text)
        if found is not None:
            return Duration(float(found.group(1)), unit)
    return None
