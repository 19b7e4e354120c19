"""Single-arm designs against clinfun 1.1.5 (R 4.2.2) and published tables."""

from __future__ import annotations

import pytest

from celltrial.designs.single_arm.binomial_looks import Looks, follow_looks
from celltrial.designs.single_arm.fleming import Fleming, fleming
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_at
from celltrial.designs.single_arm.simon import Simon, simon


@pytest.mark.shared
def test_simon_equals_clinfun(design_cases):
    for case in design_cases("simon2"):
        i, o = case["inputs"], case["outputs"]
        found = simon(Simon(i["pu"], i["pa"], i["ep1"], i["ep2"], i["nmax"]))
        for ours, theirs in ((found.optimal, o["optimal"]), (found.minimax, o["minimax"])):
            assert (ours.r1, ours.n1, ours.r, ours.n) == tuple(theirs[k] for k in ("r1", "n1", "r", "n")), case["id"]
            assert ours.expected_n == pytest.approx(theirs["EN_p0"], rel=1e-8)
            assert ours.p_early_stop == pytest.approx(theirs["PET_p0"], rel=1e-8)
        for ours, theirs in zip(found.admissible, o["admissible"], strict=True):
            assert (ours.r1, ours.n1, ours.r, ours.n) == tuple(theirs[k] for k in ("r1", "n1", "r", "n")), case["id"]
            assert ours.expected_n == pytest.approx(theirs["EN(p0)"], rel=1e-8)
            assert ours.p_early_stop == pytest.approx(theirs["PET(p0)"], rel=1e-8)
            assert ours.weights == pytest.approx((theirs["qLo"], theirs["qHi"]), abs=6e-4)


@pytest.mark.shared
def test_one_stage_equals_clinfun(design_cases):
    for case in design_cases("simon2"):
        i = case["inputs"]
        for line in case["outputs"]["single_stage"]:
            ours = one_stage_at(OneStage(i["pu"], i["pa"], i["ep1"], 1 - i["ep2"]), line["n"])
            assert ours.reject_from - 1 == line["r"]
            assert ours.alpha == pytest.approx(line["Type I error"], rel=1e-8)
            assert 1 - ours.power == pytest.approx(line["Type II error"], rel=1e-8)


@pytest.mark.shared
def test_looks_equal_clinfun_boundary_crossing(design_cases):
    for case in design_cases("bdrycross"):
        sizes, cross = case["inputs"]["n"], case["inputs"]["r"]
        # clinfun stops when the count exceeds r (the note beside the case says "reaches"; its numbers say "exceeds")
        looks = Looks(tuple(sizes), (*[-1] * (len(sizes) - 1), cross[-1]), tuple(r + 1 for r in cross))
        for rate, total, early, mean in case["outputs"]["cross_prob"]:
            course = follow_looks(looks, rate)
            assert course.p_success == pytest.approx(total, rel=1e-8)
            assert course.p_early == pytest.approx(early, rel=1e-8)
            assert course.expected_n == pytest.approx(mean, rel=1e-8)


@pytest.mark.shared
def test_looks_equal_clinfun_toxicity_bounds(design_cases):
    for case in design_cases("tox_boundary"):
        out = case["outputs"]
        for bound, row in ((out["lo_bdry"], 1), (out["hi_bdry"], 4)):
            sizes = tuple(out["looks"])
            high = tuple(min(b, n) + 1 for b, n in zip(bound, sizes, strict=True))
            looks = Looks(sizes, (*[-1] * (len(sizes) - 1), high[-1] - 1), high)
            for k, rate in enumerate(out["bdry_oc"][0]):
                course = follow_looks(looks, rate)
                assert course.p_success == pytest.approx(out["bdry_oc"][row][k], rel=1e-8)
                assert course.p_early == pytest.approx(out["bdry_oc"][row + 1][k], rel=1e-8)
                assert course.expected_n == pytest.approx(out["bdry_oc"][row + 2][k], rel=1e-8)


def test_simon_1989_printed_table():
    # Simon (1989), Table 1 (p1 - p0 = 0.20): p0 = .10, p1 = .30, alpha .05, beta .20
    found = simon(Simon(0.10, 0.30, 0.05, 0.20))
    o, m = found.optimal, found.minimax
    assert (o.r1, o.n1, o.r, o.n, round(o.expected_n, 1), round(o.p_early_stop, 2)) == (1, 10, 5, 29, 15.0, 0.74)
    assert (m.r1, m.n1, m.r, m.n, round(m.expected_n, 1), round(m.p_early_stop, 2)) == (1, 15, 5, 25, 19.5, 0.55)


def test_fleming_published_example():
    # example page of a phase II calculator after Fleming (1982): 20 % / 40 %, 15 + 10 subjects
    design = fleming(Fleming(0.20, 0.40, (15, 10), alpha=0.05))
    assert design.looks.stop_low == (3, 8)
    assert design.looks.stop_high == (7, 9)


def test_a_hern_size_quoted_in_the_literature():
    # Khan, Sarker & Hackshaw (2012): 10 % / 20 %, 5 %, 80 %: n=78, exact alpha 4.53 %, power 80.81 %
    from celltrial.designs.single_arm.a_hern import a_hern

    design = a_hern(OneStage(0.10, 0.20, alpha=0.05, power=0.80))
    assert design.n == 78
    assert 100 * design.alpha == pytest.approx(4.53, abs=0.006)
    assert 100 * design.power == pytest.approx(80.81, abs=0.011)
