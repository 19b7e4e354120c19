"""What every part of a protocol is made of: frozen sections, durations, bilingual text, evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from celltrial.core import values
from celltrial.core.reading.bounds import FIRST_YEAR, LAST_YEAR
from celltrial.core.units import is_unit, read_unit

#: Nominal days per unit, for comparing durations of different units in checks (never for due dates).
DAYS_PER: Final = {"min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4375, "y": 365.25}
#: Longer than any life; beyond it dates cannot be counted.
LONGEST_YEARS: Final = 200
#: Units of time by their code; a year is written `y`.
_UNITS: Final = {"min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "y"}
_DURATION: Final = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([^\W\d_]+)\s*$")


@dataclass(frozen=True, slots=True)
class Descriptive:
    """Mark of a field that is for readers only: nothing is computed, held or enforced by it."""


Given = Annotated[str, Field(min_length=1)]
"""A word by which something is asked for, recorded or signed; an empty one would name nothing, and everything."""

DescriptiveText = Annotated[str | None, Descriptive()]
"""A text that identifies or describes, and that no rule reads."""


class Section(BaseModel):
    """A frozen part of a protocol; a field it does not know is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True, defer_build=True
    )


@dataclass(frozen=True, slots=True)
class Grown:
    """Mark of a field that came after protocols were approved without it: left out of the text while it says nothing."""


class GrownSection(Section):
    """A section with later fields; what was written before them keeps its canonical text, and so its fingerprint."""

    @model_serializer(mode="wrap")
    def _without_silence(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        return {name: value for name, value in written.items() if not is_silent(self, name)}


def is_silent(section: Section, name: str) -> bool:
    """Tell whether a field came later and says nothing: texts of a protocol leave it out."""
    field = type(section).model_fields[name]
    if not any(isinstance(item, Grown) for item in field.metadata):
        return False
    return bool(getattr(section, name) == field.get_default(call_default_factory=True))


class UnfitError(ValueError):
    """What was read is not what a field takes.

    expected, found: what would be right, and what stood there; field: the field of a section, "" for the value itself.
    """

    def __init__(self, expected: values.Value, found: values.Value = values.UNKNOWN, field: str = "") -> None:
        super().__init__(expected.code if isinstance(expected, values.Message) else repr(expected))
        self.expected, self.found, self.field = expected, found, field


#: A Han character: a text that holds one is Chinese.
HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_TIME: Final = values.message("number_and_unit_of_time")
_UCUM: Final[Mapping[str, values.TimeUnit]] = {"min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "y": "a"}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in one unit: min, h, d, wk, mo or y. Days and months do not add.

    >>> Duration.parse("28 d").days
    28.0
    """

    amount: float
    unit: str

    @staticmethod
    def parse(text: str) -> Duration:
        """Read `28 d`, `6 months`, `15 years`; ValueError names the units that are known."""
        found = _DURATION.match(text)
        if found is None:
            raise UnfitError(_TIME)
        written = found.group(2)
        spelled = next((item for item in (written, written.lower()) if is_unit(item)), None)
        unit = None if spelled is None else _UNITS.get(read_unit(spelled).code)
        if unit is None:
            raise UnfitError(values.message("unit_of_time", found=values.Identifier(written)))
        length = Duration(float(found.group(1)), unit)
        if length.years > LONGEST_YEARS:
            raise UnfitError(values.at_most(values.Duration(LONGEST_YEARS, "a")))
        return length

    @property
    def days(self) -> float:
        """Nominal length in days."""
        return self.amount * DAYS_PER[self.unit]

    @property
    def years(self) -> float:
        """Nominal length in years."""
        return self.days / DAYS_PER["y"]

    def as_value(self) -> values.Duration:
        """Return it as a value of a fault, in units of UCUM."""
        return values.Duration(self.amount, _UCUM[self.unit])

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def _read_duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return Duration.parse(value)
    raise UnfitError(_TIME)


DurationField = Annotated[
    Duration,
    BeforeValidator(_read_duration),
    PlainSerializer(str, return_type=str),
]
#: A date in the years of trials; a century too far is a slip of the pen.
CalendarDate = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Probability = Annotated[float, Field(ge=0, le=1)]


class LocalText(Section):
    """Prose in English, in Chinese or in both; no rule is ever read from it.

    A plain string is a text in one language: Chinese where it holds a Han character, else English. The language that is
    not given is "".

    >>> LocalText.model_validate("至少三线治疗"), LocalText.model_validate({"en": "Age"}).said("zh")
    (LocalText(en='', zh='至少三线治疗'), 'Age')
    """

    en: str = ""
    zh: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_language(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"zh" if HAN.search(value) else "en": value}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> LocalText:
        if not self.en and not self.zh:
            raise UnfitError(values.message("text_in_a_language"), values.ABSENT)
        return self

    def said(self, language: str) -> str:
        """Return the text in a language ("en" or "zh"), or in the other one where it is not given in this one."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


class Evidence(Section):
    """A statement and where it comes from.

    kind:      what sort of evidence it is.
    reference: key of an entry in `references`.
    statement: what it shows.
    """

    kind: str = Field(pattern="^(clinical|nonclinical|literature|analogue|in_vitro|registry|expert|agency)$")
    statement: LocalText
    reference: str | None = None
