"""The real ide-cel and cilta-cel cohort (Fandrei et al., Blood Cancer Discovery 2024): 52 treated people.

REAL patient-level data from ../shared/data. There is no published table of these numbers for this
extract, so each is recomputed here another way, or is a fact of the file.
"""

from __future__ import annotations

import math

import polars as pl
import pytest

from celltrial.analysis import assay_agreement, kaplan_meier, kinetics
from celltrial.analysis.assay_agreement import Pair
from celltrial.analysis.kinetics import KineticsRules
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.schema import ADPC

pytestmark = pytest.mark.shared
RULES = KineticsRules(end_rule="truncate", tolerance=2)


@pytest.fixture(scope="module")
def samples(shared):
    return pl.read_csv(shared / "data" / "cart_kinetics_leipzig_mm.csv", infer_schema_length=None)


@pytest.fixture(scope="module")
def clinical(shared):
    return pl.read_csv(shared / "data" / "cart_clinical_leipzig_mm.csv", infer_schema_length=None)


@pytest.fixture(scope="module")
def adpc(samples):
    rows = samples.filter((pl.col("method") == "qPCR") & (pl.col("visit") != "Leukapheresis")).sort("patient_id", "day")
    return ADPC.conform(
        {
            "usubjid": rows["patient_id"].to_list(),
            "seq": list(range(rows.height)),
            "visit": rows["visit"].to_list(),
            "time_days": rows["day"].to_list(),
            "assay": ["qpcr"] * rows.height,
            "value": rows["value"].to_list(),
            "unit": rows["unit"].to_list(),
            "below_lloq": [value == 0 for value in rows["value"].to_list()],
        }
    )


def test_every_profile_has_a_result_or_a_reason(adpc):
    found = kinetics.estimate(adpc, assay="qpcr", rules=RULES)
    usable = adpc.filter(pl.col("value") > 0)
    highest = dict(usable.group_by("usubjid").agg(pl.col("value").max()).iter_rows())
    assert len(found.subjects) == adpc["usubjid"].n_unique()
    for subject in found.subjects:
        if subject.usubjid in highest:
            assert subject.cmax.value == highest[subject.usubjid]
            assert subject.tlast.value == usable.filter(usubjid=subject.usubjid)["time_days"].max()
        else:
            assert isinstance(subject.cmax, NotEstimable)
        for name in kinetics.PARAMETERS:
            item = getattr(subject, name)
            assert isinstance(item, NotEstimable) or (math.isfinite(item.value) and item.value >= 0)


def test_area_of_dense_profiles_by_another_route(adpc):
    """Linear area over the kept points, by polars: half the sum of neighbours times their distance."""
    rules = KineticsRules(trapezoid="linear", end_rule="truncate", end_day=200)
    found = kinetics.estimate(adpc.filter(pl.col("value") > 0), assay="qpcr", rules=rules)
    checked = 0
    for subject in found.subjects:
        rows = adpc.filter((pl.col("usubjid") == subject.usubjid) & (pl.col("value") > 0))
        points = rows.group_by("time_days").agg(pl.col("value").mean()).sort("time_days")
        if points["time_days"][0] > 0:
            points = pl.concat([pl.DataFrame({"time_days": [0.0], "value": [0.0]}), points])
        steps = points["time_days"].diff() * (points["value"] + points["value"].shift(1)) / 2
        assert isinstance(subject.auc, Estimate)
        assert subject.auc.value == pytest.approx(steps.sum())
        checked += 1
    assert checked > 40


def test_qpcr_and_flow_agree_in_rank(samples):
    """No vector copy number in the data: ranks only (AC-A3.4); 133 pairs, as the data's README counts."""
    wide = (
        samples.filter(pl.col("method").is_in(["qPCR", "flow_abs"]) & pl.col("value").is_not_null())
        .pivot(on="method", index=["patient_id", "visit"], values="value", aggregate_function="mean")
        .drop_nulls()
    )
    pairs = [
        Pair(f"{who} {visit}", copies, flow)
        for who, visit, copies, flow in wide.select("patient_id", "visit", "qPCR", "flow_abs").iter_rows()
    ]
    found = assay_agreement.estimate(pairs, max_fold=3)
    assert found.ratio.reason == "no_vector_copy_number"
    assert "ranks_only" in found.rank.caveats
    expected = wide.select(pl.corr("qPCR", "flow_abs", method="spearman")).item()
    assert found.rank.value == pytest.approx(expected, abs=1e-12)
    assert found.rank.value > 0.7
    assert found.rank.n == len(pairs) >= 100


def test_survival_of_the_cohort(clinical):
    rows = clinical.filter(pl.col("os").is_not_null())
    curve = kaplan_meier.estimate(rows["os"].to_list(), [flag == 1 for flag in rows["death"]])
    assert (curve.n, curve.events) == (52, rows["death"].sum())
    # before the first censoring the curve is the plain share of survivors
    censored = rows.filter(pl.col("death") == 0)["os"].min()
    alive = rows.filter(pl.col("os") > censored - 1).height / 52
    assert curve.at(censored - 1).value == pytest.approx(alive)
