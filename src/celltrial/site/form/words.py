"""What came from a form, as words by the paths of the fields; what is in a list is counted from 1, without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.http import QueryDict

from celltrial.core.reading.json_text import json_or_text
from celltrial.core.reading.text import MOST_BYTES
from celltrial.forms.description import CommandForm, Field, Group, Kind
from celltrial.forms.reading import Word, nested

#: Before the path of a field, in the name of its input.
PREFIX: Final = "f."
#: Rows of records are at most so many on one form.
MOST_ROWS: Final = 200


def is_asked(field: Field) -> bool:
    """Tell whether a form asks for a field: not what the application works out, nor what other persons sign in their sessions."""
    return not field.computed and field.group is not Group.SIGNATURES


def words_of(form: CommandForm, given: QueryDict) -> dict[str, str]:
    """Return the words of a form by path; rows of a list that are left empty are gone, and the others counted anew."""
    return dict(_words(form.fields, given, "", ""))


def _words(fields: tuple[Field, ...], given: QueryDict, there: str, here: str) -> Iterator[tuple[str, str]]:
    """Yield path and word. there: before the path as it came; here: as it is counted now."""
    for item in filter(is_asked, fields):
        came, path = f"{there}{item.name}", f"{here}{item.name}"
        if item.kind is not Kind.RECORD:
            if f"{PREFIX}{came}" in given:
                yield path, ",".join(given.getlist(f"{PREFIX}{came}"))
        elif not item.repeated:
            found = [*_words(item.fields, given, f"{came}.", f"{path}.")]
            if item.required or any(word.strip() for _, word in found):
                yield from found
        else:
            kept = 0
            for number in range(1, MOST_ROWS + 1):
                found = [*_words(item.fields, given, f"{came}.{number}.", f"{path}.{kept + 1}.")]
                if not found:
                    break
                if any(word.strip() for _, word in found):
                    kept += 1
                    yield from found


def data_of(form: CommandForm, words: Mapping[str, str]) -> dict[str, Any]:
    """Return words as plain data for `celltrial.forms.reading.read`; a fact is written as JSON."""
    data = nested(words, form.name)
    for item in form.fields:
        if item.kind is Kind.FACT and item.name in data:
            raw = json_or_text(data[item.name], f"{form.name}.{item.name}", most_characters=MOST_BYTES)
            data[item.name] = Word(raw) if isinstance(raw, str) else raw
    return data
