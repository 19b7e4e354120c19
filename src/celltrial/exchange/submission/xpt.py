"""SAS transport files, version 5, written by pyreadstat behind guards, because what does not fit is cut there without a word.

Every file is read back and compared: names, labels, number of rows, every value. The two times in a file are those of the
data, so that the same data make the same bytes.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from celltrial.core.errors import DefectError, Fault, UserError, fault
from celltrial.exchange.submission.dataset import Cell, Dataset

#: Most bytes of a text, most signs of a name, of a table's name and of a label.
TEXT_BYTES: Final = 200
NAME: Final = 8
LABEL: Final = 40
#: The numbers that the format can hold (IBM floating point), 0 aside.
SMALLEST, LARGEST = 5.4e-79, 7.2e75
#: Signs that are written in plain letters; letters with accents lose them.
PLAIN: Final = str.maketrans(
    {
        "µ": "u", "μ": "u", "≥": ">=", "≤": "<=", "×": "x", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
        "°": "deg ", "²": "2", "³": "3", "±": "+/-", "α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "λ": "lambda",
        "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "\N{NO-BREAK SPACE}": " ",
    }
)  # fmt: skip
#: Day 0 of the format.
_FIRST_DAY: Final = date(1960, 1, 1)
#: Where the four times of creation and change stand in a file of one table.
_TIMES: Final = (144, 160, 464, 480)


def plain(text: str) -> str:
    """Return a text in ASCII where its signs have a plain spelling; others, such as Han, stay as they are.

    >>> plain("µmol/L ≥ 5"), plain("Müller"), plain("中文")
    ('umol/L >= 5', 'Muller', '中文')
    """
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not unicodedata.combining(sign)))


def write_xpt(made: Dataset, label: str, moment: datetime) -> bytes:
    """Return a table as a transport file.

    Raises EXC-170 for a text that is not ASCII, EXC-171 for one that is too long, EXC-172 for a number beyond the format; every
    fault at once, each with its place.
    """
    import pyreadstat

    require_names(made, label)
    faults = list(_faults(made))
    if faults:
        raise UserError(*faults)
    frame = _frame(made)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{made.name.lower()}.xpt"
        labels = [item.label for item in made.spec.variables]
        pyreadstat.write_xport(
            frame, str(path), file_label=label, column_labels=labels, table_name=made.name, file_format_version=5,
            variable_format={item.name: "DATE9." for item in made.spec.variables if item.type == "date"},
        )  # fmt: skip
        _hold(made, path)
        content = bytearray(path.read_bytes())
    stamp = moment.strftime("%d%b%y:%H:%M:%S").upper().encode()
    for place in _TIMES:
        content[place : place + 16] = stamp
    return bytes(content)


def require_names(made: Dataset, label: str) -> None:
    """Raise DefectError for a name or a label that does not fit: they are ours."""
    for item in made.spec.variables:
        if not (item.name.isascii() and item.name.isupper() and len(item.name) <= NAME and len(item.label) <= LABEL):
            raise DefectError(f"{made.name}.{item.name}: {item.label!r} does not fit a transport file")
    if len(made.name) > NAME or len(label) > LABEL:
        raise DefectError(f"{made.name}: {label!r} does not fit a transport file")


def _faults(made: Dataset) -> Iterator[Fault]:
    for number, row in enumerate(made.rows, start=1):
        for item in made.spec.variables:
            value, place = row[item.name], f"{made.name}.{item.name}, row {number}"
            if isinstance(value, str):
                text = plain(value)
                if not text.isascii():
                    yield fault("EXC-170", place, found=value)
                elif len(text) > TEXT_BYTES:
                    yield fault("EXC-171", place, expected=TEXT_BYTES, found=len(text))
            elif value and not SMALLEST <= abs(value) <= LARGEST:
                yield fault("EXC-172", place, found=value)


def _frame(made: Dataset) -> pl.DataFrame:
    columns = {}
    for item in made.spec.variables:
        values = made.column(item.name)
        if item.is_text:
            columns[item.name] = pl.Series([plain(str(value)) for value in values], dtype=pl.String)
        elif item.type == "date":
            columns[item.name] = pl.Series([_days(str(value)) for value in values], dtype=pl.Float64)
        else:
            columns[item.name] = pl.Series([_number(value) for value in values], dtype=pl.Float64)
    return pl.DataFrame(columns)


def _days(text: str) -> float | None:
    """Return a date as days of the format, which counts from 1960."""
    return float((date.fromisoformat(text) - _FIRST_DAY).days) if text else None


def _number(value: Cell) -> float | None:
    return None if value is None else float(value)


def _hold(made: Dataset, path: Path) -> None:
    """Raise DefectError where what was written reads as something else."""
    import pyreadstat

    found, about = pyreadstat.read_xport(str(path), output_format="polars", disable_datetime_conversion=True)
    wanted = _frame(made)
    names = [item.name for item in made.spec.variables]
    labels = [item.label for item in made.spec.variables]
    if about.column_names != names or about.column_labels != labels or found.height != wanted.height:
        raise DefectError(f"{path.name}: names, labels or rows were lost in writing")
    for name in names:
        for left, right in zip(wanted[name].to_list(), found[name].to_list(), strict=True):
            if isinstance(left, float) and isinstance(right, float):
                same = abs(left - right) <= 1e-14 * abs(left)
            else:
                same = (left or None) == (right or None)
            if not same:
                raise DefectError(f"{path.name}: {name} was written as {right!r} in place of {left!r}")
