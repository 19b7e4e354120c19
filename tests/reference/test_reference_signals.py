"""Signals on real reports against openEBGM 0.9.1 and counts by hand; reads `../shared` and skips where it is absent."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from celltrial.analysis.signals import Prior, disproportion, fit_prior, shrunken, two_by_two
from celltrial.analysis.signals.gamma_poisson import mean_log_likelihood
from celltrial.analysis.signals.likelihood_ratio import log_ratios
from celltrial.app.signalling import signals_of
from celltrial.exchange.signals import read_reports

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def caers(shared):
    reference = json.loads((shared / "reference" / "analysis_reference.json").read_text())["signals"]["caers"]
    rows = read_reports([shared / "data" / "pv_caers.parquet"]).rows
    return reference, disproportion(two_by_two(rows))


def test_caers_counts_and_ratios_are_those_of_openebgm(caers):
    reference, table = caers
    assert table.height == reference["n"]
    for row in (*reference["top"], *reference["sample"]):
        found = table.filter(product=row["var1"], event=row["var2"]).row(0, named=True)
        assert found["a"] == row["N"]
        assert math.isclose(found["E"], row["E"], rel_tol=1e-12)
        if row["PRR"] is not None:
            assert abs(found["prr"] - row["PRR"]) <= 0.0051, "openEBGM rounds to two digits"
        else:
            assert found["prr"] is None


def test_caers_shrinkage_with_the_prior_of_openebgm(caers):
    """EBGM to the digits printed; its quantiles come from a search that stops within 0.01, so that they are compared to that."""
    reference, _ = caers
    theta = reference["theta"]
    prior = Prior(theta["alpha1"], theta["beta1"], theta["alpha2"], theta["beta2"], theta["P"])
    for row in (*reference["top"], *reference["sample"]):
        mean, low, high = (float(value[0]) for value in shrunken(prior, [row["N"]], [row["E"]]))
        assert abs(mean - row["EBGM"]) <= 0.0051
        assert abs(low - row["QUANT_05"]) <= 0.0101
        assert abs(high - row["QUANT_95"]) <= 0.0101


def test_caers_fit_is_as_likely_as_that_of_openebgm(caers):
    reference, table = caers
    theta = reference["theta"]
    theirs = Prior(theta["alpha1"], theta["beta1"], theta["alpha2"], theta["beta2"], theta["P"])
    found = fit_prior(table["a"].to_numpy(), table["E"].to_numpy())
    ours, other = (mean_log_likelihood(prior, table["a"], table["E"]) * table.height for prior in (found, theirs))
    assert found.fitted
    assert found.bounded == ()
    assert ours >= other - 1e-6
    for name, key in (
        ("alpha1", "alpha1"),
        ("beta1", "beta1"),
        ("alpha2", "alpha2"),
        ("beta2", "beta2"),
        ("share", "P"),
    ):
        assert math.isclose(getattr(found, name), theta[key], rel_tol=5e-3), name


#: EXCHANGE, section 7.3: cells, E and measures of four pairs of FAERS 2022Q3 by another script.
PAIRS = [
    ("Yescarta", "Neurotoxicity", 39, 97, 355, 215376, 0.2482, 174.2649, 243.9281, 5.7222, 5.1891),
    ("Kymriah", "Neurotoxicity", 6, 57, 388, 215416, 0.1150, 52.9710, 58.4417, 3.4018, 1.9868),
    ("Carvykti", "Neurotoxicity", 2, 20, 392, 215453, 0.0402, 50.0568, 54.9625, 2.2105, -0.3826),
    ("Axicabtagene ciloleucel", "Pyrexia", 14, 122, 8247, 207484, 5.2046, 2.6928, 2.8871, 1.3459, 0.4430),
]


@pytest.fixture(scope="module")
def faers(shared):
    return signals_of([shared / "data" / "pv_faers22q3.parquet"], [], [])


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} {pair[1]}")
def test_faers_pairs_are_counted_and_measured_as_by_another_script(faers, pair):
    from celltrial.core.terms import plain
    from celltrial.exchange.signals.reports import product_names

    name, event, a, b, c, d, expected, prr, ror, ic, ic025 = pair
    row = faers.table.filter(product=product_names()[plain(name)], event=event).row(0, named=True)
    assert (row["a"], row["b"], row["c"], row["d"]) == (a, b, c, d)
    for found, wanted in (
        (row["E"], expected),
        (row["prr"], prr),
        (row["ror"], ror),
        (row["ic"], ic),
        (row["ic025"], ic025),
    ):
        assert abs(found - wanted) <= 5.1e-5


def test_faers_brands_and_generics_are_six_products(shared, faers):
    assert (faers.cases, faers.cleaning.repeated) == (215_867, 5)
    rows = read_reports([shared / "data" / "pv_faers22q3.parquet"]).rows
    counted = dict(rows.group_by("product").agg(pl.col("case").n_unique()).iter_rows())
    wanted = {"axicabtagene ciloleucel": 136, "idecabtagene vicleucel": 93, "tisagenlecleucel": 63,
              "brexucabtagene autoleucel": 43, "ciltacabtagene autoleucel": 22, "lisocabtagene maraleucel": 18}  # fmt: skip
    assert {name: counted[name] for name in wanted} == wanted
    assert sorted(faers.table["product"].unique().to_list()) == sorted(wanted)


def test_faers_fit_ends_and_says_which_limit_holds_it(faers):
    """Without zero cells the likelihood has no end inside: openEBGM does not converge, and ours says that a limit holds a parameter."""
    assert faers.prior.fitted
    assert faers.prior.bounded == ("alpha1",)
    assert np.isfinite(faers.table["eb05"].to_numpy()).all()


def test_statin_log_ratios_are_those_of_another_script(shared):
    table = pl.read_csv(shared / "data" / "pv_statin46_matrix.csv")
    names = table[table.columns[0]].to_list()
    counts = table.select(table.columns[1:]).to_numpy().astype(float)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    wanted = {("Myalgia", "Atorvastatin"): (5362, 483.119, 8087.4872), ("Myalgia", "Simvastatin"): (3216, 209.130, 5835.9341),
              ("Rhabdomyolysis", "Atorvastatin"): (2041, 112.057, 4003.8882)}  # fmt: skip
    for (event, drug), (n, e, ratio) in wanted.items():
        row, column = names.index(event), table.columns.index(drug) - 1
        assert counts[row, column] == n
        assert abs(expected[row, column] - e) < 1e-3
        assert abs(log_ratios(counts[:, column], expected[:, column])[row] - ratio) < 1e-3
