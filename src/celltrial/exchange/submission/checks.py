"""Our own checks of the data sets of a submission: what a validator without the terminology cannot see.

Each answer is a count with the first places. A check that found nothing says only that; rules of others that were not run are
named by whoever runs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from celltrial.exchange.submission.dataset import Cell, Dataset
from celltrial.exchange.submission.spec import Standard
from celltrial.exchange.submission.xpt import TEXT_BYTES, plain


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found in one column, or in the whole of a table where `variable` is "".

    code:   of the check, a catalogue key below `exchange.check`.
    places: the first places, as row numbers with what stands there.
    """

    code: str
    table: str
    variable: str
    count: int
    places: tuple[str, ...]


#: How many places are told of each finding.
PLACES: Final = 3
#: An ISO 8601 time, of which the end may be missing.
_ISO: Final = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2})?)?)?)?)?")
#: A column that must not be blank where another is filled: a text and what it is decoded to.
_DECODES: Final = {"AETERM": "AEDECOD", "DSTERM": "DSDECOD"}

Package = Mapping[str, Dataset]
Check = Callable[[Dataset, Package, Standard], Iterator[Finding]]


def check(package: Package, standard: Standard) -> tuple[Finding, ...]:
    """Return what is found in a package, in order of its tables."""
    found: list[Finding] = []
    for made in package.values():
        for one in CHECKS.values():
            found += one(made, package, standard)
    return tuple(found)


def _gather(code: str, made: Dataset, variable: str, places: Sequence[tuple[int, Cell]]) -> Iterator[Finding]:
    if places:
        shown = tuple(f"{row}: {value}" if value not in {None, ""} else str(row) for row, value in places[:PLACES])
        yield Finding(code, made.name, variable, len(places), shown)


def _rows(made: Dataset) -> Iterator[tuple[int, Mapping[str, Cell]]]:
    return enumerate(made.rows, start=1)


def _keys(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    seen: dict[tuple[Cell, ...], int] = {}
    twice: list[tuple[int, Cell]] = []
    for number, row in _rows(made):
        key = tuple(row[name] for name in made.spec.keys)
        if key in seen:
            twice.append((number, " ".join(str(part) for part in key)))
        seen[key] = number
    yield from _gather("key", made, "", twice)


def _required(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    for item in made.spec.variables:
        if item.core == "req":
            empty = [(number, None) for number, row in _rows(made) if row[item.name] in {None, ""}]
            yield from _gather("required", made, item.name, empty)


def _codes(made: Dataset, _package: Package, standard: Standard) -> Iterator[Finding]:
    for item in made.spec.variables:
        known = standard.codes.get(item.codes)
        if known is None or known.extensible:
            continue
        odd = [(number, row[item.name]) for number, row in _rows(made) if row[item.name] not in {"", *known.values}]
        yield from _gather("code_list", made, item.name, odd)


def _dates(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    for item in made.spec.variables:
        if item.type == "datetime":
            odd = [
                (number, row[item.name]) for number, row in _rows(made) if row[item.name] and not is_iso(row[item.name])
            ]
            yield from _gather("date", made, item.name, odd)


def is_iso(value: Cell) -> bool:
    """Tell whether a value is an ISO 8601 time that exists, as much of it as stands there.

    >>> is_iso("2025-02"), is_iso("2025-02-30"), is_iso("2025-02-28T23:59")
    (True, False, True)
    """
    text = str(value)
    if not _ISO.fullmatch(text):
        return False
    whole = text + "0001-01-01T00:00:00"[len(text) :]
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def _order(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    for item in made.spec.variables:
        end = item.name.replace("STDTC", "ENDTC")
        if item.name.endswith("STDTC") and end != item.name and made.has(end):
            wrong = [
                (number, f"{row[item.name]} > {row[end]}")
                for number, row in _rows(made)
                if row[item.name] and row[end] and _before(str(row[end]), str(row[item.name]))
            ]
            yield from _gather("end_before_start", made, end, wrong)


def _before(end: str, start: str) -> bool:
    """Tell whether an end lies before a start, as far as both are known."""
    known = min(len(end), len(start))
    return end[:known] < start[:known]


def _days(made: Dataset, package: Package, _standard: Standard) -> Iterator[Finding]:
    """Compare each study day with its date and the reference date: there is no day 0."""
    subjects = package.get("DM")
    if subjects is None or made.name == "DM":
        return
    starts = {row["USUBJID"]: str(row["RFSTDTC"])[:10] for row in subjects.rows}
    for item in made.spec.variables:
        name = f"{item.name[:-3]}DY"
        if item.type != "datetime" or not item.name.endswith("DTC") or not made.has(name):
            continue
        wrong = []
        for number, row in _rows(made):
            start, day = starts.get(row["USUBJID"], ""), str(row[item.name])[:10]
            if len(day) == 10 and is_iso(day) and row["USUBJID"] in starts and row[name] != _counted(day, start):
                wrong.append((number, row[name]))
        yield from _gather("study_day", made, name, wrong)


def _counted(day: str, start: str) -> int | None:
    """Return a study day, counted apart from the makers of the rows; None without a day of reference."""
    if not start:
        return None
    days = date.fromisoformat(day).toordinal() - date.fromisoformat(start).toordinal()
    return days + 1 if days >= 0 else days


def _subjects(made: Dataset, package: Package, _standard: Standard) -> Iterator[Finding]:
    subjects = package.get("DM")
    if subjects is not None and made.has("USUBJID"):
        known = {"", *subjects.column("USUBJID")}
        yield from _gather(
            "subject", made, "USUBJID", [(n, row["USUBJID"]) for n, row in _rows(made) if row["USUBJID"] not in known]
        )


def _decodes(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    for term, decode in _DECODES.items():
        if made.has(term) and made.has(decode):
            blank = [(number, row[term]) for number, row in _rows(made) if row[term] and not row[decode]]
            yield from _gather("decode", made, decode, blank)


def _pairs(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    """Find a short name with two names, or a name with two short names."""
    for item in made.spec.variables:
        long = item.name.removesuffix("CD")
        if not item.name.endswith(("TESTCD", "PARMCD", "ARMCD", "ETCD")) or not made.has(long):
            continue
        names: dict[Cell, set[Cell]] = {}
        for row in made.rows:
            names.setdefault(row[item.name], set()).add(row[long])
        odd = [(number, code) for number, (code, found) in enumerate(names.items(), start=1) if len(found) > 1]
        yield from _gather("pair", made, item.name, odd)


def _elsewhere(made: Dataset, package: Package, _standard: Standard) -> Iterator[Finding]:
    """Find codes of arms and elements that the trial design does not have."""
    for name, home in (("ARMCD", "TA"), ("ACTARMCD", "TA"), ("ETCD", "TE")):
        if made.name not in {home, "TV"} and made.has(name) and home in package:
            known = {"", *package[home].column(name.removeprefix("ACT"))}
            odd = [(number, row[name]) for number, row in _rows(made) if row[name] not in known]
            yield from _gather("trial_design", made, name, odd)


def _parents(made: Dataset, package: Package, _standard: Standard) -> Iterator[Finding]:
    """Find qualifiers and relations that point at no record."""
    if not (made.has("IDVAR") and made.has("RDOMAIN")):
        return
    held: dict[tuple[str, str], set[tuple[Cell, str]]] = {}
    lost: list[tuple[int, Cell]] = []
    for number, row in _rows(made):
        table, name = str(row["RDOMAIN"]), str(row["IDVAR"])
        parent = package.get(table)
        if parent is None or (name and not parent.has(name)):
            lost.append((number, f"{table}.{name}"))
            continue
        if not name:
            continue
        key = (table, name)
        if key not in held:
            held[key] = {(one["USUBJID"], str(one[name])) for one in parent.rows}
        if row["IDVARVAL"] and (row["USUBJID"], str(row["IDVARVAL"])) not in held[key]:
            lost.append((number, f"{table}.{name} {row['IDVARVAL']}"))
    yield from _gather("parent", made, "", lost)


def _texts(made: Dataset, _package: Package, _standard: Standard) -> Iterator[Finding]:
    for item in made.spec.variables:
        if not item.is_text:
            continue
        texts = [(number, str(row[item.name])) for number, row in _rows(made)]
        yield from _gather(
            "long", made, item.name, [(n, len(text)) for n, text in texts if len(plain(text)) > TEXT_BYTES]
        )
        yield from _gather("letters", made, item.name, [(n, text) for n, text in texts if not plain(text).isascii()])


#: Code to check.
CHECKS: Final[Mapping[str, Check]] = {
    "key": _keys,
    "required": _required,
    "code_list": _codes,
    "date": _dates,
    "end_before_start": _order,
    "study_day": _days,
    "subject": _subjects,
    "decode": _decodes,
    "pair": _pairs,
    "trial_design": _elsewhere,
    "parent": _parents,
    "long": _texts,
}
