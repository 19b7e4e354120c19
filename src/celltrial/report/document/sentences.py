"""The makers of sentences: typed values in, whole sentences out, in both languages at once.

A maker takes no text but the protocol's own prose, which it only ends with a full stop. What a field does not state makes no
sentence; an optional part is a sentence of its own, never a glued fragment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration, LocalText
from celltrial.report.content.values import Code, Recorded, Sentences, Series, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Paragraph

_ENDS: Final = {"en": (".", "!", "?"), "zh": ("。", "！", "？")}
_STOPS: Final = " .;。；"


def say(key: str, /, **params: object) -> Text:
    """Return a sentence or a phrase of the document's catalogue."""
    return Text(f"doc.{key}", params)


def paragraph(*sentences: Value | None, fields: Iterable[str] = ()) -> Iterator[Block]:
    """Yield one paragraph of the sentences that there are; nothing where there is none."""
    said = tuple(item for item in sentences if item is not None)
    if said:
        yield Paragraph(Sentences(said), tuple(fields))


def listed(items: Iterable[Value], *fields: str) -> Iterator[Block]:
    """Yield a list of what there is; nothing where there is nothing."""
    said = tuple(items)
    if said:
        yield Bullets(said, fields)


def ended(text: LocalText) -> Text:
    """Return the protocol's prose as a sentence, with a full stop where it has none.

    >>> dict(ended(LocalText(en="Age", zh="年龄。")).params)
    {'en': 'Age.', 'zh': '年龄。'}
    """
    stop = {"en": ".", "zh": "。"}
    said = {name: getattr(text, name) for name in ("en", "zh")}
    return Text(
        "report.local",
        {
            name: one if not one or one.endswith(_ENDS[name]) else one.rstrip(_STOPS) + stop[name]
            for name, one in said.items()
        },
    )


def inline(text: LocalText) -> Text:
    """Return the protocol's prose as a part of a sentence, without a full stop at its end."""
    return Text("report.local", {"en": text.en.rstrip(_STOPS), "zh": text.zh.rstrip(_STOPS)})


def span(length: Duration) -> Text:
    """Return a length of time in words: 28 days, 1 month."""
    one = ".one" if length.amount == 1 else ""
    return Text(f"document.duration.{length.unit}{one}", {"amount": f"{length.amount:.10g}"})


def series(values: Iterable[Value]) -> Value:
    """Return several values as a, b and c."""
    return Series(tuple(values))


def words(items: Iterable[str]) -> Value:
    """Return free words of a protocol as a, b and c, each in the reader's language where it has words."""
    return Series(tuple(Code("free", item) for item in items))


def number(value: float) -> Recorded:
    """Return a number as it was stated, with a true minus.

    >>> number(-150).text, number(2.5).text
    ('−150', '2.5')
    """
    return Recorded(f"{float(value):.12g}".replace("-", "−"))


def signed(day: int) -> Recorded:
    """Return a day counted from infusion."""
    return number(day)


def days_range(days: Iterable[int]) -> Value:
    """Return days as ranges of consecutive ones: −5 to −3; 0, 7 and 28."""
    found = sorted(set(days))
    runs: list[list[int]] = []
    for day in found:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts: list[Value] = []
    for run in runs:
        if len(run) > 2:
            parts.append(say("days.from_to", first=signed(run[0]), last=signed(run[-1])))
        else:
            parts += [signed(day) for day in run]
    return Series(tuple(parts))


def one_of_two(key: str, value: bool | None, **params: object) -> Text | None:  # noqa: FBT001 - a field of the protocol
    """Return the sentence for yes or the one for no; None where the field is not stated."""
    return None if value is None else say(f"{key}.{'yes' if value else 'no'}", **params)


def cells_counted(protocol: Protocol) -> Text:
    """Return what a dose counts, named by the product: viable CAR-positive T cells."""
    basis, kind = protocol.dose.basis.value, protocol.product.type
    named = f"{basis}.{kind}" if basis == "target_positive_viable" and kind in {"CAR-T", "TCR-T", "CAR-NK"} else basis
    return say(f"cells.{named}")
