"""Values in words: what a condition needed and found, what a fault expected and found, in a reader's language.

The one place at which a `celltrial.core.values.Value` becomes a text. Numbers, days, moments, identifiers and formulas are
the same in every language; all else has its texts in `values.toml`, and the words of medicine in `celltrial.core.terms`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final, get_args

from celltrial.core import terms
from celltrial.core.errors import Fault, UserError
from celltrial.core.quantities import Quantity
from celltrial.core.units import read_unit
from celltrial.core.values import (
    Absent,
    Bound,
    Choice,
    Count,
    Day,
    Duration,
    Formula,
    Identifier,
    Interval,
    Message,
    Moment,
    Protected,
    Redacted,
    Sayable,
    SetOf,
    Term,
    Unknown,
    Value,
    as_data,
    as_value,
)
from celltrial.locale import Language, has, translate

_MEDICAL: Final = frozenset(get_args(terms.Kind))
#: A word written as a code, such as a role.
_CODED: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
#: Names of visits that only count.
_COUNTED: Final = re.compile(r"(?P<unplanned>Unscheduled )?(?P<period>[Dd]ay|[Ww]eek|[Mm]onth|[Yy]ear) (?P<n>\d+)")
_PERIODS: Final = {"Day": "天", "Week": "周", "Month": "个月", "Year": "年"}
#: Values of which a limit is a moment: "from", "by", "after", "before" instead of "at least", "at most".
_TIMES: Final = (Day, Moment)
#: From here on a whole number is shown with an exponent.
_LARGE: Final = 10**9


def in_words(said: Sayable, language: Language) -> str:
    """Return a value in words; a member of a code list, a number, a day or a moment is the value that it stands for.

    >>> from celltrial.core.values import Duration, at_most, message
    >>> in_words(at_most(Duration(14, "d")), "zh"), in_words(at_most(Duration(14, "d")), "en")
    ('至多 14 天', 'at most 14 d')
    """
    value = as_value(said)
    match value:
        case Protected():
            return in_words(value.value, language)
        case Message():
            words = {name: in_words(param, language) for name, param in value.params}
            if value.code == "code_named" and words["name"] == words["code"].replace("_", " "):
                return words["code"]
            return translate(f"value.{value.code}", language, **words)
        case Bound():
            bare = _bare(value.value)
            counted = isinstance(bare, Count) and bare.of
            kind = "time" if isinstance(bare, _TIMES) else "count" if counted else "size"
            limit = in_words(value.value, language)
            return translate(f"value.bound.{kind}.{value.relation}", language, limit=limit)
        case Interval():
            low, high = _ends(value, language)
            return translate("value.interval", language, low=low, high=high)
        case Choice():
            return _joined("or", value.options, language)
        case SetOf():
            return _joined("and", value.items, language)
        case _:
            return _plain(value, language)


def in_data(value: Value, language: Language) -> dict[str, Any]:
    """Return a value as plain data with its words, so that nobody has to parse them."""
    return {**as_data(value), "text": in_words(value, language)}


def fault_text(item: Fault, language: Language) -> str:
    """Return the text of a fault, without its id."""
    params = {
        name: in_words(value, language) if isinstance(value, Value) else value for name, value in item.params.items()
    }
    return translate(item.id, language, **{"where": item.where, **params})


def fault_sentence(item: Fault, language: Language) -> str:
    """Return `id: text` of a fault."""
    return f"{item.id}: {fault_text(item, language)}"


def _plain(value: Value, language: Language) -> str:
    match value:
        case Count():
            return _count(value, language)
        case Quantity():
            return _quantity(value)
        case Duration():
            return translate(f"value.time.{value.unit}", language, n=number(value.value))
        case Day():
            return value.on.isoformat()
        case Moment():
            return value.local.isoformat()
        case Identifier() | Formula():
            return value.text
        case Term():
            return term(value, language)
        case Absent() | Unknown() | Redacted():
            return translate(f"value.{type(value).__name__.lower()}", language)
        case _:
            raise TypeError(value)


def term(value: Term, language: Language) -> str:
    """Return a word of a code list; one that has no text, such as a name that a protocol chose, stays as it is."""
    if value.list == "form":
        return field_text(value.code, language)
    for prefix in ("term", "report.code.plan", "clinical"):
        key = f"{prefix}.{value.list}.{value.code}"
        if has(key):
            return translate(key, language)
    if value.list in _MEDICAL:
        code = terms.resolve(value.code, value.list)  # type: ignore[arg-type]
        known = terms.names(code, value.list, language) if code is not None else ()  # type: ignore[arg-type]
        if known:
            return known[0]
    return protocol_word(value.code, language)


def stream_title(about: str, language: Language) -> str:
    """Return what a stream, or what else a condition is about, is called; a name that is none stands as it is.

    >>> stream_title("subject/P1", "zh"), stream_title("subject/P1", "en"), stream_title("tocilizumab", "en")
    ('受试者 P1', 'subject/P1', 'tocilizumab')
    """
    kind, slash, rest = about.partition("/")
    if language == "en" or not has(f"term.stream.{kind}"):
        return about
    head = translate(f"term.stream.{kind}", language)
    return f"{head} {rest}" if slash else head


def protocol_word(text: str, language: Language) -> str:
    """Return a word that a protocol chose freely (a drug, a test, a visit); one without a text, such as a name, stays as it is.

    >>> [protocol_word(text, "zh") for text in ("fludarabine", "Month 3", "DL1")], protocol_word("safety_board", "en")
    (['氟达拉滨', '第3个月', 'DL1'], 'safety board')
    """
    plain = text.replace("_", " ") if _CODED.fullmatch(text) else text
    if language == "en":
        return plain
    counted = _COUNTED.fullmatch(text)
    if counted is not None:
        unplanned = translate("word.unscheduled", language) if counted["unplanned"] else ""
        return f"{unplanned}第{counted['n']}{_PERIODS[counted['period'].capitalize()]}"
    known = next((f"word.{form}" for form in (text, plain) if has(f"word.{form}")), None)
    return plain if known is None else translate(known, language)


def has_protocol_word(text: str) -> bool:
    """Tell whether a word that a protocol chose has its Chinese."""
    return has(f"word.{text}") or _COUNTED.fullmatch(text) is not None


def field_text(place: str, language: Language, key: str = "form.field") -> str:
    """Return what a field of a record is called: `Class.field`, where it has a name of its own there, else `field`.

    key: "form.help.field" for what helps to fill it. A field of facts that no command asks for is as it is named.

    >>> field_text("RecordDeath.died_on", "zh"), field_text("RecordDeath.cause", "en")
    ('死亡日期', 'Cause of death')
    """
    name = place.rpartition(".")[2]
    for known in (f"{key}.{place}", f"{key}.{name}"):
        if has(known):
            return translate(known, language)
    return name


def number(value: float | Decimal) -> str:
    """Return a number with at most six significant digits.

    >>> number(2.2), number(Decimal("212000000")), number(0.05), number(14.0)
    ('2.2', '2.12e+08', '0.05', '14')
    """
    if isinstance(value, int) and abs(value) < _LARGE:
        return str(value)
    return f"{float(value):.6g}"


def _quantity(value: Quantity) -> str:
    """Return a number or a limit with its unit as it is printed."""
    sign = "" if value.relation == "=" else value.relation
    try:
        unit = read_unit(value.unit).symbol
    except UserError:  # as it was written
        unit = value.unit
    return f"{sign}{number(value.value)}{unit if unit in {'', '%'} else f' {unit}'}"


def _count(value: Count, language: Language) -> str:
    if not value.of:
        return str(value.value) if abs(value.value) < _LARGE else number(value.value)
    key = f"value.count.{value.of}"
    single = f"{key}.one"
    return translate(single if value.value == 1 and has(single) else key, language, n=value.value)


def _bare(value: Value) -> Value:
    return _bare(value.value) if isinstance(value, Protected) else value


def _ends(value: Interval, language: Language) -> tuple[str, str]:
    """Return both ends in words; the unit that they share is at the second."""
    low, high = _bare(value.low), _bare(value.high)
    shared = type(low) is type(high) and getattr(low, "unit", None) == getattr(high, "unit", None)
    if shared and isinstance(low, Quantity | Duration):
        return number(low.value), in_words(high, language)
    if shared and isinstance(low, Count):
        return str(low.value), in_words(high, language)
    return in_words(value.low, language), in_words(value.high, language)


def _joined(how: str, values: tuple[Value, ...], language: Language) -> str:
    if not values:
        return translate("value.absent", language)
    said = [in_words(item, language) for item in values]
    if how == "and":
        return translate("value.comma", language).join(said)
    first = translate("value.comma", language).join(said[:-1])
    return translate("value.or", language, first=first, last=said[-1]) if first else said[-1]
