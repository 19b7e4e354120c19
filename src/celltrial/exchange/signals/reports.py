"""Case reports as tables (CSV or Parquet): columns by their usual names, the last version of each case, products under one name.

A case is counted once for a product and event however often it is written. Of a case with versions the highest is kept. Two cases
of one batch are one person's where cells are made for one person: they are told and both stay, because a person has to look.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from celltrial.core.errors import UserError, fault
from celltrial.core.terms import plain

#: What a column is to its usual names, compared without case and signs.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "case": ("case", "caseid", "case_id", "id", "primaryid", "safetyreportid"),
    "product": ("product", "drug", "drugname", "prod_ai", "medicinalproduct", "var1"),
    "event": ("event", "ae", "pt", "reaction", "term", "reactionmeddrapt", "var2"),
    "version": ("version", "caseversion", "case_version", "safetyreportversion"),
    "batch": ("batch", "lot", "lot_num", "lotnumber"),
}
_NEEDED: Final = ("case", "product", "event")


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What was done to the rows.

    repeated: rows that say what another says; older: rows of earlier versions, None where no
    column tells versions; empty: rows without case, product or event.
    renamed:  names of products that were counted under another.
    batches:  batches that more than one case names, with those cases.
    """

    rows: int
    repeated: int
    older: int | None
    empty: int
    renamed: Mapping[str, str]
    batches: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reports:
    """The rows to count: `case`, `product`, `event`, each once."""

    rows: pl.DataFrame
    cleaning: Cleaning


@cache
def product_names() -> Mapping[str, str]:
    """Return every name of a cell therapy, without case and signs, to the one it is counted under."""
    text = resources.files("celltrial.exchange.signals").joinpath("products.toml").read_text(encoding="utf-8")
    listed = {name: names for name, names in tomllib.loads(text).items() if name != "as_of"}
    return {plain(one): name for name, names in listed.items() for one in (name, *names)}


def read_reports(paths: Sequence[Path]) -> Reports:
    """Return the reports of one or more files, as they are to be counted.

    Raises EXC-190 for a file without a column that is needed, EXC-191 for one that cannot be read as a table, EXC-192 where no row
    is left.
    """
    frames = [_read(path) for path in paths]
    every = pl.concat(frames, how="diagonal_relaxed")
    whole = every.drop_nulls(list(_NEEDED))
    distinct = whole.unique(maintain_order=True)
    latest = distinct
    if "version" in distinct.columns:
        number = pl.col("version").cast(pl.Float64, strict=False).fill_null(0.0)
        latest = distinct.filter(number == number.max().over("case"))
    names = product_names()
    found = latest["product"].unique().to_list()
    renamed = {one: names[plain(one)] for one in found if plain(one) in names and names[plain(one)] != one}
    counted = latest.with_columns(pl.col("product").replace(renamed))
    rows = counted.select(_NEEDED).unique().sort(_NEEDED)
    if rows.is_empty():
        raise UserError(fault("EXC-192", ", ".join(map(str, paths))))
    cleaning = Cleaning(
        rows=every.height,
        repeated=whole.height - distinct.height + (counted.height - rows.height),
        older=distinct.height - latest.height if "version" in distinct.columns else None,
        empty=every.height - whole.height,
        renamed=dict(sorted(renamed.items())),
        batches=_shared_batches(counted),
    )
    return Reports(rows, cleaning)


def _read(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(
            fault("EXC-191", str(path), found=(str(error).splitlines() or [type(error).__name__])[0][:120])
        ) from None
    places: dict[str, str] = {}
    for name in table.columns:
        for wanted, usual in COLUMNS.items():
            if plain(name) in {plain(one) for one in usual}:
                places.setdefault(wanted, name)
    lacking = [wanted for wanted in _NEEDED if wanted not in places]
    if lacking:
        raise UserError(
            *(
                fault("EXC-190", str(path), expected=", ".join(COLUMNS[one]), found=", ".join(table.columns[:12]))
                for one in lacking
            )
        )
    shown = table.select(
        pl.col(name).cast(pl.String).str.strip_chars().alias(wanted) for wanted, name in places.items()
    )
    return shown.with_columns(pl.when(pl.col(one) != "").then(pl.col(one)).alias(one) for one in shown.columns)


def _shared_batches(rows: pl.DataFrame) -> Mapping[str, tuple[str, ...]]:
    if "batch" not in rows.columns:
        return {}
    shared = (
        rows.drop_nulls("batch")
        .group_by("batch")
        .agg(pl.col("case").unique().sort())
        .filter(pl.col("case").list.len() > 1)
    )
    return {batch: tuple(cases) for batch, cases in shared.sort("batch").iter_rows()}
