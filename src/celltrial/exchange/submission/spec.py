"""What a data set of a submission is: one specification from which data, Define-XML, Dataset-JSON and XPT are made."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

Type = Literal["text", "integer", "float", "datetime", "date"]
Core = Literal["req", "exp", "perm"]
Origin = Literal["protocol", "assigned", "derived", "collected", "vendor", "predecessor"]

#: Marks a term of ours where a code would stand.
OWN: Final = "own"


@dataclass(frozen=True, slots=True)
class Term:
    """A value of a code list.

    code: its NCI code; "" where none was at hand to be checked, or it is a term of ours.
    own:  a term of ours, which an extensible list allows.
    """

    value: str
    code: str
    decode: str
    own: bool


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of values; `code` is its NCI code, "" for a list of ours or one whose code was not checked."""

    name: str
    label: str
    code: str
    extensible: bool
    terms: tuple[Term, ...]

    @property
    def values(self) -> Mapping[str, Term]:
        """Value to term."""
        return MappingProxyType({term.value: term for term in self.terms})


@dataclass(frozen=True, slots=True)
class Variable:
    """One column.

    core:   `req` has a value in every row, `exp` is always there, `perm` is left out where no row has a value.
    type:   a `datetime` is text in ISO 8601, as much of it as is known; a `date` is whole, and a number in a transport file.
    codes:  name of its code list, or "".
    method: how it is derived, or what is to be said of it.
    source: the column of an analysis table that it holds, or "".
    """

    name: str
    label: str
    type: Type
    core: Core
    origin: Origin
    codes: str = ""
    method: str = ""
    source: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is written as characters."""
        return self.type in {"text", "datetime"}

    @property
    def is_number(self) -> bool:
        """Whether a row holds a number of it."""
        return self.type in {"integer", "float"}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One data set: name, label, class, what a row is, its keys, its columns in order."""

    name: str
    label: str
    kind: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]

    @property
    def by_name(self) -> Mapping[str, Variable]:
        """Variable by name."""
        return MappingProxyType({item.name: item for item in self.variables})


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard with its data sets and code lists.

    name, version: of the guide, such as SDTMIG 3.4.
    release:       of the terminology whose codes are written.
    """

    name: str
    version: str
    model: str
    release: str
    tables: Mapping[str, TableSpec]
    codes: Mapping[str, CodeList]


@cache
def read_standard(package: str, tables: str, terms: str) -> Standard:
    """Return the specifications of a package: a TOML file of data sets and one of controlled terms.

    >>> sdtm = read_standard("celltrial.exchange.sdtm", "sdtm.toml", "terms.toml")
    >>> sdtm.tables["AE"].by_name["AETERM"].label
    'Reported Term for the Adverse Event'
    """
    folder = resources.files(package)
    about = tomllib.loads(folder.joinpath(tables).read_text(encoding="utf-8"))
    words = tomllib.loads(folder.joinpath(terms).read_text(encoding="utf-8"))
    standard, release = about.pop("standard"), words.pop("release")
    return Standard(
        standard["name"],
        standard["version"],
        standard["model"],
        release,
        MappingProxyType({name: _table(name, item) for name, item in about.items()}),
        MappingProxyType({name: _code_list(name, item) for name, item in words.items()}),
    )


def _lines(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]


def _table(name: str, item: Mapping[str, Any]) -> TableSpec:
    columns = [Variable(*line) for line in _lines(str(item["variables"]))]  # type: ignore[arg-type]  # a test reads them
    keys: tuple[str, ...] = tuple(item["keys"])
    return TableSpec(name, str(item["label"]), str(item["class"]), str(item["structure"]), keys, tuple(columns))


def _code_list(name: str, item: Mapping[str, object]) -> CodeList:
    terms = []
    for value, code, decode in _lines(str(item["terms"])):
        terms.append(Term(value, "" if code == OWN else code, decode, code == OWN))
    return CodeList(
        name, str(item["name"]), str(item.get("code", "")), bool(item.get("extensible", False)), tuple(terms)
    )
