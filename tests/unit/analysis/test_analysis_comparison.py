"""Groups compared: against other programs' code and against counting by hand; guards; the boundary that was spent."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import comparison, competing_comparison, hazard_ratio, primary_comparison, subgroups
from celltrial.analysis.comparison import Comparison
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.analysis_plan import PrimaryComparison
from celltrial.datasets.groups import crossed, group_of
from celltrial.designs.randomised.spending import Spending, spent


def table(time, event, *, endpoint="PFS", origin="randomisation", what=None):
    n = len(time)
    return pl.DataFrame(
        {
            "usubjid": [f"S{i}" for i in range(n)],
            "paramcd": [endpoint] * n,
            "origin": [origin] * n,
            "reader": [None] * n,
            "aval": [float(t) for t in time],
            "cnsr": [0 if flag else 1 for flag in event],
            "evntdesc": what or ["progression" if flag else "last_assessment" for flag in event],
        },
        schema_overrides={"reader": pl.String},
    )


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(11)
    n = 160
    arm = np.where(rng.random(n) < 0.5, "cells", "control")
    stratum = np.where(rng.random(n) < 0.4, "young", "old")
    failing = rng.exponential(np.where(arm == "cells", 400, 220) * np.where(stratum == "young", 1.4, 1))
    censored = rng.uniform(100, 600, n)
    time, event = np.ceil(np.minimum(failing, censored)), failing <= censored
    subjects = [f"S{i}" for i in range(n)]
    return (
        table(time, event),
        dict(zip(subjects, arm.tolist(), strict=True)),
        dict(zip(subjects, stratum.tolist(), strict=True)),
    )


def compare(drawn, **changes):
    adtte, arm, stratum = drawn
    found = comparison.estimate(
        adtte,
        arm,
        **({"endpoint": "PFS", "origin": "randomisation", "reference": "control", "strata": stratum} | changes),
    )
    assert isinstance(found, Comparison)
    return found


def test_difference_of_restricted_means_equals_that_of_another_program(drawn):
    """greenwood 0.8.0 `rmst_diff`, which follows survRM2."""
    import greenwood

    adtte, arm, _ = drawn
    found = compare(drawn, horizon=365.0)
    first = [arm[who] == "cells" for who in adtte["usubjid"]]
    times, events = adtte["aval"].to_numpy(), 1 - adtte["cnsr"].to_numpy()
    judge = greenwood.rmst_test(greenwood.Surv(times, event=events), 365.0, np.where(first, "a", "b"))
    difference = found.differences["cells"]
    assert difference.detail["p_value"] == pytest.approx(judge.p_value, rel=1e-6)
    assert found.horizon == 365.0


def test_stratified_log_rank_is_the_score_test_of_the_stratified_model(drawn):
    """Without ties both are one statistic."""
    from celltrial.analysis import cox

    adtte, arm, stratum = drawn
    untied = adtte.with_columns(aval=pl.col("aval") + pl.Series(np.arange(adtte.height) / 1000.0))
    found = compare((untied, arm, stratum))
    x = np.array([[float(arm[who] == "cells")] for who in untied["usubjid"]])
    strata = [stratum[who] for who in untied["usubjid"]]
    model = cox.fit(untied["aval"].to_numpy(), untied["cnsr"].to_numpy() == 0, x, strata=strata)
    assert found.stratified_log_rank.chi_square == pytest.approx(model.score, rel=1e-9)
    assert found.z == pytest.approx(math.sqrt(model.score), rel=1e-9)
    assert found.stratified["cells"].detail["coefficient"] == pytest.approx(model.coefficients[0], abs=1e-9)


def test_z_changes_its_sign_with_the_reference_and_the_ratio_its_side(drawn):
    one, other = compare(drawn), compare(drawn, reference="cells")
    assert one.z == pytest.approx(-other.z)
    assert one.z > 0
    assert one.ratios["cells"].value == pytest.approx(1 / other.ratios["control"].value)
    assert one.differences["cells"].value == pytest.approx(-other.differences["control"].value)


def test_the_largest_group_is_the_reference_unless_one_is_named(drawn):
    adtte, arm, _ = drawn
    sizes = {name: list(arm.values()).count(name) for name in set(arm.values())}
    assert compare(drawn, reference=None).reference == max(sizes, key=sizes.get)
    assert compare(drawn, reference="nobody").reference == max(sizes, key=sizes.get)
    some = {who: name for who, name in arm.items() if who not in {"S0", "S1"}}
    assert compare((adtte, some, {})).unknown == 2


def test_groups_not_drawn_by_lot_say_so(drawn):
    ratio = compare(drawn).ratios["cells"]
    assert "not_randomised" in ratio.caveats
    assert "not_randomised" not in compare(drawn, randomised=True).ratios["cells"].caveats


def test_one_group_is_no_comparison(drawn):
    adtte, arm, _ = drawn
    found = comparison.estimate(adtte, dict.fromkeys(arm, "cells"), endpoint="PFS", origin="randomisation")
    assert found.reason == "no_subjects"


def test_three_groups_have_a_ratio_each_and_no_sign(drawn):
    adtte, arm, stratum = drawn
    three = {who: name if stratum[who] == "old" else "third" for who, name in arm.items()}
    found = compare((adtte, three, {}))
    assert set(found.ratios) == {"cells", "third"}
    assert found.z is None
    assert found.log_rank.degrees == 2
    nothing = primary_comparison.estimate(found, PrimaryComparison("PFS", events=100))
    assert nothing.reason == "no_pairs"


def test_subgroups_add_up_and_are_guarded(drawn):
    adtte, arm, stratum = drawn
    rare = {who: "rare" if i < 6 else "common" for i, who in enumerate(arm)}
    rows = subgroups.estimate(
        adtte, arm, {"stratum": stratum, "rare": rare}, endpoint="PFS", origin="randomisation", reference="control"
    )
    whole = rows[0]
    for factor in ("stratum", "rare"):
        own = [row for row in rows if row.factor == factor]
        assert tuple(map(sum, zip(*(row.subjects for row in own), strict=True))) == whole.subjects
        assert tuple(map(sum, zip(*(row.events for row in own), strict=True))) == whole.events
    assert whole.ratio.value == pytest.approx(compare(drawn).ratios["cells"].value)
    [few] = [row for row in rows if row.value == "rare"]
    assert sum(few.events) < hazard_ratio.EVENTS_PER_COVARIATE
    assert few.ratio.reason == "few_events"


@pytest.mark.parametrize(
    ("events", "look", "bound"),
    [
        # rpact 3.3.4 and gsDesign 3.10.1, O'Brien-Fleming spending, one-sided 2.5 %: looks at 0.5 and 1
        (100, 2, 1.968596),
        (200, 1, 2.962588),
        (400, 0, None),
    ],
)
def test_the_bound_is_that_of_the_look_that_the_data_reach(drawn, events, look, bound):
    """The data have `seen` events; planned are 1, 2 or 4 times as many."""
    compared = compare(drawn)
    seen = sum(group.curve.events for group in compared.groups)
    plan = PrimaryComparison("PFS", looks=(0.5, 1.0), events=seen * events // 100)
    found = primary_comparison.estimate(compared, plan)
    assert (found.look, found.events) == (look, seen)
    assert found.crossed == (None if bound is None else found.z >= bound)
    if bound is None:
        assert found.bound is None
        assert found.spent == 0
    else:
        assert found.bound == pytest.approx(bound, abs=1e-5)
        assert found.spent == pytest.approx(spent(Spending("obrien_fleming"), found.information, 0.025), abs=1e-9)


def test_between_two_looks_the_spending_function_takes_the_share_that_is_in(drawn):
    compared = compare(drawn)
    seen = sum(group.curve.events for group in compared.groups)
    found = primary_comparison.estimate(compared, PrimaryComparison("PFS", looks=(0.5, 1.0), events=int(seen / 0.7)))
    assert found.look == 1
    assert found.spent == pytest.approx(spent(Spending("obrien_fleming"), found.information, 0.025), abs=1e-9)


def test_without_planned_events_there_is_no_boundary(drawn):
    assert primary_comparison.estimate(compare(drawn), PrimaryComparison("PFS")).reason == "planned_events_not_stated"


def test_competing_counts_every_end_once():
    time = [5, 8, 9, 12, 15, 20, 21, 30, 31, 40, 41, 42]
    what = ["progression", "death", "progression", "last_assessment", "progression", "death"] * 2
    adtte = table(time, [each != "last_assessment" for each in what], what=what)
    group = {f"S{i}": "ab"[i % 2] for i in range(12)}
    found = competing_comparison.estimate(adtte, group, origin="randomisation", reference="a")
    assert [(g.name, g.n, g.events, g.competing) for g in found.groups] == [("a", 6, 6, 0), ("b", 6, 0, 4)]
    assert isinstance(found.subdistribution["b"], NotEstimable)
    assert found.groups[0].incidence.probability[-1] == pytest.approx(1.0)


@pytest.mark.shared
def test_the_real_cohort_by_product(shared):
    """The ratio and its limits were worked out beforehand by somebody else from the same table."""
    data = pl.read_csv(shared / "data" / "cart_clinical_leipzig_mm.csv", infer_schema_length=None)
    ended = (pl.col("progression").cast(pl.String) == "1") | (pl.col("death").cast(pl.String) == "1")
    rows = data.select("Product", "pfs", ended.alias("event"))
    adtte = table(rows["pfs"].cast(pl.Float64).to_list(), rows["event"].to_list(), origin="infusion")
    group = {f"S{i}": name for i, name in enumerate(rows["Product"])}
    found = comparison.estimate(adtte, group, endpoint="PFS", origin="infusion")
    ratio = found.ratios["Cilta-cel"]
    assert isinstance(ratio, Estimate)
    assert found.reference == "Ide-cel"
    assert (ratio.value, ratio.interval.low, ratio.interval.high) == pytest.approx((0.273, 0.063, 1.18), rel=0.01)


def test_groups_of_subjects():
    adsl = pl.DataFrame(
        {
            "usubjid": ["A", "B", "C"],
            "arm": ["***", "x", None],
            "sex": ["U", "F", "M"],
            "age": [64, 65, None],
            "siteid": ["1", "1", "2"],
        }
    )
    assert group_of(adsl, "arm", age_cut=65) == {"B": "x"}
    assert group_of(adsl, "sex", age_cut=65) == {"B": "F", "C": "M"}
    assert group_of(adsl, "age", age_cut=65) == {"A": "below", "B": "at_or_above"}
    assert crossed(adsl, ("site", "sex"), age_cut=65) == {"A": "1 / ", "B": "1 / F", "C": "2 / M"}
    assert crossed(adsl, (), age_cut=65) == {}
