"""`celltrial signals`: which events are reported with a cell therapy more than with others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption


def signals(
    reports: Annotated[
        list[Path], typer.Argument(help="Case reports: CSV or Parquet with case, product, event.", show_default=False)
    ],
    product: Annotated[
        list[str] | None,
        typer.Option("--product", help="Product, by any of its names; all cell therapies unless given."),
    ] = None,
    comparator: Annotated[
        list[str] | None, typer.Option("--comparator", help="Product to compare with; all unless given.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Fewest cases of a pair that is shown.")] = 3,
    top: Annotated[int, typer.Option("--top", min=1, help="How many pairs are shown.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws of the likelihood ratio test.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV file for every pair.", show_default=False)
    ] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Count cases by product and event and measure disproportion: PRR, ROR, IC, EBGM, likelihood ratio; no verdict is given."""
    import polars as pl

    from celltrial.app.signalling import signals_of
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    found = signals_of(reports, product or (), comparator or (), seed=seed, out=out)
    shown = found.table.filter(pl.col("a") >= least).sort(["eb05", "a"], descending=True).head(top)
    cleaned, prior = found.cleaning, found.prior
    if json:
        print_json(
            {
                "cases": found.cases, "products_compared": found.compared, "comparator": list(found.comparator),
                "cleaning": {
                    "rows": cleaned.rows, "repeated": cleaned.repeated, "older_versions": cleaned.older, "empty": cleaned.empty,
                    "renamed": dict(cleaned.renamed), "cases_of_one_batch": {key: list(value) for key, value in cleaned.batches.items()},
                },
                "prior": {
                    "alpha1": prior.alpha1, "beta1": prior.beta1, "alpha2": prior.alpha2, "beta2": prior.beta2, "share": prior.share,
                    "fitted": prior.fitted, "bounded": list(prior.bounded),
                },
                "pairs": shown.to_dicts(),
            }
        )  # fmt: skip
        return 0

    def said(key: str, /, **params: object) -> str:
        return translate(f"cli.signals.{key}", lang.language, **params)

    print(said("counted", cases=found.cases, products=found.compared))
    print(said("cleaned", rows=cleaned.rows, repeated=cleaned.repeated, empty=cleaned.empty))
    print(said("no_versions") if cleaned.older is None else said("older", older=cleaned.older))
    for name, other in cleaned.renamed.items():
        print("  " + said("renamed", name=name, other=other))
    for batch, cases in cleaned.batches.items():
        print("  " + said("batch", batch=batch, cases=", ".join(cases)))
    if not prior.fitted:
        print(said("not_fitted"))
    elif prior.bounded:
        print(said("bounded", names=", ".join(prior.bounded)))
    if shown.is_empty():
        print(said("none_shown", least=least))
    else:
        print(said("heads"))
    for row in shown.iter_rows(named=True):
        prr = "-" if row["prr"] is None else f"{row['prr']:.2f}"
        print(
            f"{row['product']}  {row['event']}  {row['a']}  {row['E']:.2f}  {prr}  {row['ror_low']:.2f}  {row['ic025']:.2f}  "
            f"{row['eb05']:.2f}  {row['log_ratio_p']:.3f}"
        )
    print(said("no_verdict"))
    return 0
