"""Handler of signals: case reports of one or more files, counted and measured for the products asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from celltrial.analysis.signals import Prior, disproportion, fit_prior, likelihood_ratio, shrunken, two_by_two
from celltrial.app.files import refuse_existing, write_text
from celltrial.core.errors import UserError, fault
from celltrial.core.terms import plain
from celltrial.exchange.signals import Cleaning, read_reports
from celltrial.exchange.signals.reports import product_names

#: Root of the draws of the likelihood ratio test, unless another is asked for.
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Signals:
    """The measures of the products asked about, most cases first.

    cases:      distinct cases that were counted; compared: products whose cases they are.
    prior:      of the gamma-Poisson shrinker, fitted to all pairs of all products.
    comparator: products that were compared with, where not all were.
    """

    table: pl.DataFrame
    cases: int
    compared: int
    prior: Prior
    cleaning: Cleaning
    comparator: tuple[str, ...]


def signals_of(
    paths: Sequence[Path],
    products: Sequence[str],
    comparator: Sequence[str],
    *,
    seed: int = SEED,
    out: Path | None = None,
) -> Signals:
    """Return the measures of each product with each event; written to a CSV where one is named.

    products:   by any of their names; none asks for every cell therapy that is known.
    comparator: products to compare with, beside those asked about; none compares with all.

    EXC-193: nothing is reported of a product; APP-004: the file exists; and what `read_reports` raises.
    """
    if out is not None:
        refuse_existing(out)
    absent = [fault("APP-001", str(path)) for path in paths if not path.is_file()]
    if absent:
        raise UserError(*absent)
    reports = read_reports(paths)
    rows = reports.rows
    known = {plain(name): name for name in rows["product"].unique().to_list()}
    wanted = _named(products, known) if products else sorted(set(known.values()) & set(product_names().values()))
    if not wanted:
        raise UserError(fault("EXC-193", expected=", ".join(sorted(set(product_names().values()))[:4]), found="-"))
    others = _named(comparator, known)
    if others:
        rows = rows.filter(pl.col("product").is_in([*wanted, *others]))
    table = disproportion(two_by_two(rows))
    prior = fit_prior(table["a"].to_numpy(), table["E"].to_numpy())
    mine = table.filter(pl.col("product").is_in(wanted))
    mean, low, high = shrunken(prior, mine["a"].to_numpy(), mine["E"].to_numpy())
    mine = mine.with_columns(pl.Series("ebgm", mean), pl.Series("eb05", low), pl.Series("eb95", high))
    margin = table.group_by("event").agg(pl.col("a").sum().alias("margin"))
    tested = [_tested(mine.filter(product=name), margin, seed) for name in wanted]
    made = pl.concat(tested).sort(["a", "product", "event"], descending=[True, False, False])
    if out is not None:
        write_text(out, made.write_csv())
    compared = rows["product"].n_unique()
    return Signals(made, rows["case"].n_unique(), compared, prior, reports.cleaning, tuple(others))


def _tested(mine: pl.DataFrame, margin: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return the rows of one product with the likelihood ratio test over all events, those it has no report of among them."""
    every = (
        margin.join(mine.select("event", "a"), on="event", how="left")
        .with_columns(pl.col("a").fill_null(0))
        .sort("event")
    )
    test = likelihood_ratio(every["a"].to_numpy(), every["margin"].to_numpy(), seed=seed)
    found = every.select("event").with_columns(
        pl.Series("log_ratio", test.log_ratio), pl.Series("log_ratio_p", test.p_value)
    )
    return mine.join(found, on="event")


def _named(products: Sequence[str], known: dict[str, str]) -> list[str]:
    names = product_names()
    found: list[str] = []
    lost: list[str] = []
    for product in products:
        name = known.get(plain(names.get(plain(product), product)))
        (lost if name is None else found).append(product if name is None else name)
    if lost:
        raise UserError(*(fault("EXC-193", expected=", ".join(sorted(known.values())[:6]), found=one) for one in lost))
    return sorted(set(found))
