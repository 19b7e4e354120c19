"""Values in words of one language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from celltrial.core.quantities import observation
from celltrial.core.results import Interval, NotEstimable
from celltrial.core.units import is_unit, read_unit
from celltrial.locale import Language, has, translate
from celltrial.locale.wording import protocol_word
from celltrial.report.content.values import (
    Bound,
    Cells,
    Changed,
    Code,
    Count,
    Dash,
    Joined,
    Lines,
    Measure,
    Quantity,
    Rate,
    Recorded,
    Sentences,
    Series,
    Share,
    Span,
    Text,
    Unit,
    Value,
    When,
)
from celltrial.report.render.changes import DELETED, INSERTED, marked, merged
from celltrial.report.render.numbers import alike, cells, number, percent

#: Where the texts of a list of codes stand; a code that is in none of them is shown as recorded.
_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "reason": ("analysis.not_treated", "report.code.reason"),
    "population": ("report.code.population", "analysis.population"),
    "landmark": ("analysis.landmark",),
    "why": ("report.code.why", "analysis.reason"),
    "method": ("analysis.method",),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in words: what is first, and what qualifies it. `kind` is number, result, word or reason."""

    main: str
    sub: str = ""
    kind: str = "word"

    @property
    def line(self) -> str:
        """Both parts in one line."""
        return f"{self.main} {self.sub}" if self.sub else self.main


@dataclass(frozen=True, slots=True)
class Words:
    """The one translator of a report: values and keys in, words out."""

    language: Language

    def say(self, key: str, **params: object) -> str:
        """Return a message of the catalogue."""
        return self.text(Text(key, params))

    def text(self, text: Text) -> str:
        """Return a message whose parameters may be values."""
        if text.key == "report.local":
            return self._local(str(text.params["en"]), str(text.params["zh"]))
        shown = {name: self._param(value) for name, value in text.params.items()}
        return translate(text.key, self.language, **shown)

    def _local(self, english: str, chinese: str) -> str:
        """Return prose of a protocol; what is not given in the reader's language is with the language that it is in."""
        said = chinese if self.language == "zh" else english
        if said:
            return said
        return translate("report.phrase.other_language", self.language, text=english or chinese)

    def _param(self, value: object) -> object:
        return self.show(value).line if isinstance(value, Value) else value

    def code(self, kind: str, code: str) -> str:
        """Return the words of a code; the code itself where the catalogue has none.

        A `free` code is a word that a protocol may choose freely (a drug, a test): it has a text among `word.` or stays.
        """
        if kind == "free":
            return protocol_word(code, self.language)
        if kind == "plan.unit" and is_unit(code):
            code = read_unit(code).symbol
        for prefix in _LISTS.get(kind, (f"report.code.{kind}",)):
            if has(f"{prefix}.{code}"):
                return translate(f"{prefix}.{code}", self.language)
        seen = observation(code) if kind == "plan.concept" else None
        return code if seen is None else seen.names[self.language][0]

    def population(self, population: str, n: int | None) -> str:
        """Return a set with its size."""
        name = self.code("population", population)
        return name if n is None else self.say("report.phrase.set_with_n", set=name, n=str(n))

    def show(self, value: Value) -> Shown:
        """Return any value in words."""
        match value:
            case Text():
                return Shown(self.text(value))
            case Recorded():
                return Shown(value.text)
            case Code():
                return Shown(self.code(value.kind, value.code))
            case Dash():
                return Shown("–")
            case When():
                return Shown(value.day.isoformat())
            case Joined():
                return Shown(self.say("report.phrase.comma").join(self.show(each).line for each in value.values))
            case Series():
                return Shown(self._series([self.show(each).line for each in value.values]))
            case Sentences():
                between = " " if self.language == "en" else ""
                return Shown(between.join(self.show(each).line for each in value.values))
            case Changed():
                return Shown(self._changed(value))
            case Lines():
                return Shown("\n".join(self.show(each).line for each in value.values))
            case Rate() | Measure():
                return self._result(value)
            case _:
                return self._plain(value)

    def _changed(self, value: Changed) -> str:
        before = self.show(value.before).line if value.before is not None else None
        after = self.show(value.after).line if value.after is not None else None
        if before is None:
            return marked(INSERTED, after or "")
        return marked(DELETED, before) if after is None else merged(before, after)

    def _series(self, said: list[str]) -> str:
        if len(said) < 2:
            return "".join(said)
        return self.say("report.phrase.series", first=self.say("report.phrase.comma").join(said[:-1]), last=said[-1])

    def _plain(self, value: Count | Share | Quantity | Bound | Span | Cells) -> Shown:
        match value:
            case Count():
                return Shown(f"{value.value:,}", kind="number")
            case Share():
                per_cent = f"({percent(value.x / value.n)}%)" if value.n and value.x else ""
                return Shown(f"{value.x:,}", per_cent, "number")
            case Quantity():
                return Shown(self._with_unit(number(value.value, value.unit), value.unit, value.suffix), kind="number")
            case Bound():
                return Shown(f"{value.sign} {number(value.value, value.unit)}", kind="number")
            case Span():
                ends = self._range(value.low, value.high, value.unit)
                return Shown(
                    self._with_unit(ends, value.unit if value.unit is Unit.SHARE else Unit.NONE), kind="number"
                )
            case Cells():
                key = "report.phrase.cells_per_kg" if value.per_kg else "report.phrase.cells"
                return Shown(self.say(key, cells=cells(value.cells)), kind="number")

    def _with_unit(self, shown: str, unit: Unit, suffix: str = "") -> str:
        if unit is Unit.SHARE:
            return f"{shown}%"
        return f"{shown} {suffix}" if suffix else shown

    def _range(self, low: float, high: float, unit: Unit) -> str:
        low_shown, high_shown = alike((low, high), unit)
        return self.say("report.phrase.range", low=low_shown, high=high_shown)

    def _result(self, value: Rate | Measure) -> Shown:
        result, unit = value.result, Unit.SHARE if isinstance(value, Rate) else value.unit
        if isinstance(result, NotEstimable):
            return self._reason(result, unit)
        limits = result.interval
        if limits is None or not limits.low < limits.high:
            main, parts = number(result.value, unit), []
        else:
            main, low, high = alike((result.value, limits.low, limits.high), unit)
            parts = [self._interval(limits, low, high)]
        if isinstance(value, Rate) and "x" in result.detail:
            parts.insert(0, f"{int(result.detail['x'])}/{result.n}")
        return Shown(self._with_unit(main, unit), self.say("report.phrase.joint").join(parts), "result")

    def _interval(self, limits: Interval, low: str, high: str) -> str:
        level = percent(limits.level, 0)
        if math.isinf(limits.high):
            return self.say("report.phrase.interval_open", level=level, low=low)
        both = self.say("report.phrase.range", low=low, high=high)
        return self.say("report.phrase.interval", level=level, range=both)

    def _reason(self, result: NotEstimable, unit: Unit) -> Shown:
        params = {name: number(v, Unit.NONE) if isinstance(v, float) else v for name, v in result.params.items()}
        reason = translate(f"analysis.reason.{result.reason}", self.language, **params)
        lower = result.params.get("lower")
        if result.reason == "not_reached":
            sub = ""
            if isinstance(lower, float) and not math.isinf(lower):
                sub = self.say("report.phrase.lower_limit", low=number(lower, unit))
            return Shown(reason, sub, "reason")
        return Shown(self.say("report.phrase.not_estimable", reason=reason), "", "reason")
