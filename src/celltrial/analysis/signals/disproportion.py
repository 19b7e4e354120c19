"""Cases by product and event: 2x2 counts, PRR, ROR and IC.

Counts are of cases, never of rows: a case that names an event twice counts once. a: cases with product and event; b: with the product
and not the event; c: with the event and not the product; d: with neither. E = (a+b)(a+c)/N is what independence would give.

PRR = a/(a+b) / (c/(c+d)), with Yates' chi-squared (Evans 2001). ROR = ad/(bc) with the interval of Woolf; where a cell is 0, 0.5
is added to all four and `corrected` says so. IC = log2((a+.5)/(E+.5)) with two lower limits: the gamma quantile and Noren's
approximation (Noren 2013), IC - 3.3 (a+.5)^-1/2 - 2 (a+.5)^-3/2. Where a measure is not defined it is null, never infinite.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from celltrial.core.lazy_scipy import special

#: The columns of case reports.
CASE: Final = "case"
PRODUCT: Final = "product"
EVENT: Final = "event"


def two_by_two(reports: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each product and event that any case has together, with a, b, c, d and E.

    reports: columns `case`, `product`, `event`; a row that repeats another counts once.

    >>> rows = pl.DataFrame({"case": [1, 1, 2, 3], "product": ["P", "P", "P", "Q"], "event": ["x", "x", "y", "x"]})
    >>> two_by_two(rows).filter(product="P", event="x").select("a", "b", "c", "d", "E").row(0)
    (1, 1, 1, 0, 1.3333333333333333)
    """
    known = reports.select(CASE, PRODUCT, EVENT).drop_nulls().unique()
    total = known[CASE].n_unique()
    pairs = known.group_by(PRODUCT, EVENT).agg(pl.col(CASE).n_unique().alias("a"))
    products = known.group_by(PRODUCT).agg(pl.col(CASE).n_unique().alias("with_product"))
    events = known.group_by(EVENT).agg(pl.col(CASE).n_unique().alias("with_event"))
    joined = pairs.join(products, on=PRODUCT).join(events, on=EVENT)
    return joined.select(
        PRODUCT,
        EVENT,
        pl.col("a").cast(pl.Int64),
        (pl.col("with_product").cast(pl.Int64) - pl.col("a")).alias("b"),
        (pl.col("with_event").cast(pl.Int64) - pl.col("a")).alias("c"),
        (total - pl.col("with_product").cast(pl.Int64) - pl.col("with_event").cast(pl.Int64) + pl.col("a")).alias("d"),
        (pl.col("with_product").cast(pl.Float64) * pl.col("with_event") / total).alias("E"),
    ).sort(PRODUCT, EVENT)


def disproportion(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with PRR, its chi-squared, ROR with limits of 95 %, IC and its two lower limits.

    table: columns a, b, c, d, E, as `two_by_two` makes them.
    """
    a, b, c, d = (pl.col(name).cast(pl.Float64) for name in "abcd")
    n = a + b + c + d
    zero = (pl.min_horizontal("a", "b", "c", "d") == 0).cast(pl.Float64) * 0.5
    product = (a + b) * (c + d) * (a + c) * (b + d)
    off = pl.max_horizontal((a * d - b * c).abs() - n / 2, pl.lit(0.0))
    ror = ((a + zero) * (d + zero) / ((b + zero) * (c + zero))).log()
    half = 1.959963984540054 * (1 / (a + zero) + 1 / (b + zero) + 1 / (c + zero) + 1 / (d + zero)).sqrt()
    shown = a + 0.5
    ic = (shown / (pl.col("E") + 0.5)).log(2)
    made = table.with_columns(
        pl.when((c > 0) & (a + b > 0)).then((a / (a + b)) / (c / (c + d))).alias("prr"),
        pl.when(product > 0).then(n * off**2 / product).alias("chi_squared"),
        ror.exp().alias("ror"),
        (ror - half).exp().alias("ror_low"),
        (ror + half).exp().alias("ror_high"),
        (zero > 0).alias("corrected"),
        ic.alias("ic"),
        (ic - 3.3 * shown**-0.5 - 2 * shown**-1.5).alias("ic025"),
    )
    low = special.gammaincinv(made["a"].to_numpy() + 0.5, 0.025) / (made["E"].to_numpy() + 0.5)
    return made.with_columns(pl.Series("ic025_gamma", low).log(2))
