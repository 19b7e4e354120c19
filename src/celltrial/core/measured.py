"""One value as a laboratory reports it: a number, below a limit, above a limit, or words; the text is kept.

A value below a limit of 0.5 is an open interval, not 0.5 and not 0: it is less than 1, it is not above 0.5, and whether it
is above 0.4 nobody knows. Comparisons are three-valued (`celltrial.core.truth`) and exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

from celltrial.core.truth import Truth
from celltrial.core.units import as_decimal, half_width, is_unit, read_unit

Relation = Literal["=", "<", "<=", ">", ">="]
Comparator = Literal["<", "<=", "==", "!=", ">=", ">"]

_SIGNS: Final = {
    "≤": "<=",
    "≦": "<=",
    "⩽": "<=",
    "=<": "<=",
    "≥": ">=",
    "≧": ">=",
    "⩾": ">=",
    "=>": ">=",
    "﹤": "<",
    "﹥": ">",
}
#: Words before a limit; a longer one first. At most and at least hold the limit itself.
_BEFORE: Final = {
    word: sign
    for sign, words in (
        ("<=", "小于或等于|小于等于|不大于|不超过|不高于|至多|at most|up to|not more than|no more than|not above"),
        (">=", "大于或等于|大于等于|不小于|不低于|不少于|至少|at least|not less than|no less than|not below"),
        ("<", "小于|低于|少于|不足|less than|lower than|fewer than|below|under"),
        (">", "大于|高于|多于|超过|greater than|higher than|more than|above|over"),
    )
    for word in words.split("|")
}
#: Words after a limit, which hold it: 以下 and 以上 count the number itself (Civil Code of China, article 1259).
_AFTER: Final = {
    word: sign
    for sign, words in (
        ("<=", "及以下|以下|or less|or lower|or below"),
        (">=", "及以上|以上|or more|or higher|or above"),
    )
    for word in words.split("|")
}
#: Thousands: two or more groups, or one of a round limit; one group alone can be a decimal comma and is words.
_GROUPED: Final = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3}){2,}|(?<=[<>=])\d{1,3},000)(?![\d,])")
#: Marks beside a number that a laboratory prints where it lies outside its range.
_MARKS: Final = re.compile(r"\s*[↑↓]+$")
_NUMBER: Final = re.compile(
    r"(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)(?:\s*(\D.*|\d+\^.*|10\*.*))?$"
)
#: Beyond this many places before or after the point nothing is measured.
_MOST_PLACES: Final = 30
#: Words for a result, whole words only, in both languages.
_RESULTS: Final = {
    word: code
    for code, words in {
        "negative": "negative|neg|neg.|(-)|阴性|阴|not detected|undetected|未检出|未检测到",
        "positive": "positive|pos|pos.|(+)|阳性|阳|detected|检出",
        "below_limit": "<lloq|<lod|blq|bql|bloq|below lloq|below the limit|低于定量下限|低于检测下限|低于检出限",
        "yes": "yes|true|是|有",
        "no": "no|false|否|无",
        "unknown": "|unknown|not done|not_done|not known|ne|nd|n.d.|n/a|na|未知|不详|未做|未查|未检",
    }.items()
    for word in words.split("|")
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with what was written.

    text:     as it was written, kept.
    number:   the number, or the limit it lies below or above; None for words.
    relation: "=" is the number itself; "<" lies below it, ">=" at it or above, ...; "=" too for words.
    unit:     a unit that stood in the text, as it was written; else "".
    word:     "negative", "positive", "below_limit", "yes", "no", "unknown", or the words themselves; "" for a number.
    """

    text: str
    number: Decimal | None
    relation: Relation = "="
    unit: str = ""
    word: str = ""

    @staticmethod
    def read(text: str | Decimal | float) -> Measured:
        """Return the value of any text; what is neither number nor limit is words.

        >>> [(one.relation, str(one.number)) for one in map(Measured.read, ("less than 0.5", "0.5以下", ">40,000"))]
        [('<', '0.5'), ('<=', '0.5'), ('>', '40000')]
        >>> Measured.read("＜0.5").relation, Measured.read("> 40000 ng/mL").unit, Measured.read("阴性").word
        ('<', 'ng/mL', 'negative')
        """
        return _read(str(text))

    def __str__(self) -> str:
        """Return what was written."""
        return self.text

    def with_number(self, number: Decimal) -> Measured:
        """Return this value with another number, in another unit; its text says so."""
        if number == self.number:
            return self
        return _read(f"{'' if self.relation == '=' else self.relation}{number.normalize():f}")

    @property
    def is_below(self) -> bool:
        """Whether this lies below a limit, or at it at most; the limit may be elsewhere (`BLQ`)."""
        return self.relation in {"<", "<="} or self.word == "below_limit"

    @property
    def is_exact(self) -> bool:
        """Whether this is a number and not a limit or words."""
        return self.number is not None and self.relation == "="

    @property
    def is_known(self) -> bool:
        """Whether anything was found: not "unknown" and not empty."""
        return self.word != "unknown"

    def compare(self, comparator: Comparator, limit: Decimal | Fraction | int) -> Truth:
        """Return whether the value is so related to a limit in the same unit; words are so to no number.

        >>> [Measured.read("<0.5").compare(sign, Decimal("0.4")) for sign in ("<", ">")]
        [<Truth.UNKNOWN: 'unknown'>, <Truth.UNKNOWN: 'unknown'>]
        >>> Measured.read("<0.5").compare("<", 1), Measured.read("<0.5").compare(">=", Decimal("0.5"))
        (<Truth.TRUE: 'true'>, <Truth.FALSE: 'false'>)
        """
        if self.number is None:
            return Truth.UNKNOWN
        return compare(Fraction(self.number), self.relation, comparator, Fraction(limit))


def compare(number: Fraction, relation: Relation, comparator: Comparator, limit: Fraction) -> Truth:
    """Return whether all, none or some of the values that a relation leaves open stand so to a limit."""
    if comparator in {"==", "!="}:
        equal = _equal(number, relation, limit)
        return equal if comparator == "==" else Truth.of({Truth.TRUE: False, Truth.FALSE: True}.get(equal))
    if relation == "=":
        return Truth.of(
            {"<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit}[comparator]
        )
    below, strict = relation in {"<", "<="}, relation in {"<", ">"}
    if below is (comparator in {"<", "<="}):  # all of them, or nobody knows
        gap = limit - number if below else number - limit
        holds = gap > 0 or (gap == 0 and (strict or comparator in {"<=", ">="}))
        return Truth.TRUE if holds else Truth.UNKNOWN
    gap = limit - number if below else number - limit
    none = gap > 0 or (gap == 0 and (strict or comparator in {"<", ">"}))
    return Truth.FALSE if none else Truth.UNKNOWN


def turned(relation: Relation) -> Relation:
    """Return the relation of what falls where this rises: a fall from a baseline to a value below 3 is above so much."""
    turn: dict[Relation, Relation] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
    return turn[relation]


def _equal(number: Fraction, relation: Relation, limit: Fraction) -> Truth:
    if relation == "=":
        return Truth.of(number == limit)
    inside = {"<": limit < number, "<=": limit <= number, ">": limit > number, ">=": limit >= number}[relation]
    return Truth.UNKNOWN if inside else Truth.FALSE


@lru_cache(maxsize=16_384)
def _read(text: str) -> Measured:
    known = " ".join(half_width(_signs(text)).split())
    known = said = _signs(known)
    known = _limited(_MARKS.sub("", known))
    known = _GROUPED.sub(lambda grouped: grouped.group().replace(",", ""), re.sub(r"([<>=])\s+", r"\1", known))
    found = _NUMBER.match(known.replace("−", "-"))
    if found is not None:
        number = Decimal(found.group(2))
        near = number == 0 or abs(number.adjusted()) <= _MOST_PLACES
        unit = (found.group(3) or "").strip()
        if near and (not unit or is_unit(unit)):
            if unit and read_unit(unit).dimension == () and read_unit(unit).code.startswith("10*"):
                number, unit = as_decimal(Fraction(number) * read_unit(unit).worth), ""
            relation: Relation = found.group(1) or "="  # type: ignore[assignment]  # the pattern has no other
            return Measured(text, number, relation, unit)
    return Measured(text, None, "=", "", _RESULTS.get(said.casefold(), said))


def _limited(text: str) -> str:
    """Return a text with a limit's words as a sign before it."""
    folded = text.casefold()
    for word, sign in _BEFORE.items():
        rest = text[len(word) :]
        if folded.startswith(word) and rest.lstrip()[:1].isdigit():
            return sign + rest.lstrip()
    for word, sign in _AFTER.items():
        if folded.endswith(word) and text[:1].isdigit():
            return sign + text[: -len(word)].rstrip()
    return text


def _signs(text: str) -> str:
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    return text
