"""How long a treated subject is followed (AC-F1.1 to AC-F1.5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.clinical.follow_up import (
    MINIMUM_YEARS,
    Driver,
    FollowUpClass,
    ProductFacts,
    classify,
    extended_end,
    follow_up_end,
    required_follow_up,
)
from celltrial.core.errors import UserError

LENTIVIRAL = ProductFacts(exogenous_gene=True, vector_integration="integrating")
MRNA = ProductFacts(exogenous_gene=True, vector_integration="none")


def cik(survival: float) -> ProductFacts:
    return ProductFacts(
        exogenous_gene=False,
        gene_knockout=False,
        alters_survival_or_differentiation=False,
        natural_survival_years=survival,
    )


@pytest.mark.parametrize(
    ("facts", "years", "end"),
    [
        (LENTIVIRAL, 15, date(2040, 3, 1)),
        (MRNA, 5, date(2030, 3, 1)),
        (cik(0.5), 1, date(2026, 3, 1)),
        (cik(3), 3, date(2028, 3, 1)),
    ],
)
def test_class_minimum_and_lifespan_from_the_last_infusion(facts, years, end):
    need = required_follow_up(facts)
    assert need.years == years
    assert follow_up_end(date(2025, 3, 1), need.years) == end


def test_late_event_bound_binds_over_the_class_minimum():
    facts = ProductFacts(exogenous_gene=True, vector_integration="none", delayed_event_onset_years=7)
    need = required_follow_up(facts)
    assert (need.years, need.driver) == (7, Driver.DELAYED_EVENT_ONSET)
    assert need.contributions == {Driver.CLASS_MINIMUM: 5, Driver.DELAYED_EVENT_ONSET: 7}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (ProductFacts(exogenous_gene=False, gene_knockout=True), "knockout_only"),
        (
            ProductFacts(exogenous_gene=False, gene_knockout=False, alters_survival_or_differentiation=True),
            "altered_survival",
        ),
        (ProductFacts(exogenous_gene=True, vector_integration=None), "integration_unknown"),
        (ProductFacts(exogenous_gene=True, vector_integration="unknown"), "integration_unknown"),
        (ProductFacts(exogenous_gene=None), "exogenous_gene_unknown"),
        (ProductFacts(exogenous_gene=False), "gene_knockout_unknown"),
        (ProductFacts(exogenous_gene=False, gene_knockout=False), "altered_survival_unknown"),
    ],
)
def test_what_the_text_leaves_open_is_unclassified_with_the_strictest_minimum(facts, reason):
    need = required_follow_up(facts)
    assert (need.follow_up_class, need.reason, need.years) == (FollowUpClass.UNCLASSIFIED, reason, 15)


def test_a_justified_class_replaces_only_an_unclassified_one():
    knockout = ProductFacts(exogenous_gene=False, gene_knockout=True)
    assert required_follow_up(knockout, justified_class=FollowUpClass.LOW_INTEGRATION).years == 5
    assert required_follow_up(LENTIVIRAL, justified_class=FollowUpClass.NO_FOREIGN_GENE).years == 15


def test_low_integration_needs_evidence():
    claimed = ProductFacts(exogenous_gene=True, vector_integration="low")
    shown = ProductFacts(exogenous_gene=True, vector_integration="low", low_integration_evidence=True)
    assert classify(claimed) == (FollowUpClass.INTEGRATING, "low_integration_without_evidence")
    assert classify(shown) == (FollowUpClass.LOW_INTEGRATION, "low_integration_with_evidence")
    assert (required_follow_up(claimed).years, required_follow_up(shown).years) == (15, 5)


def test_another_infusion_and_a_stricter_register_move_the_end_out():
    first = follow_up_end(date(2025, 3, 1), 15)
    again = extended_end(first, date(2026, 1, 10), 15)
    assert again == date(2041, 1, 10)
    stricter = {**MINIMUM_YEARS, FollowUpClass.INTEGRATING: 20.0}
    years = required_follow_up(LENTIVIRAL, minimum_years=stricter).years
    assert extended_end(again, date(2026, 1, 10), years) == date(2046, 1, 10)
    assert extended_end(again, date(2026, 1, 10), 5) == again


def test_leap_day_is_never_a_day_short():
    assert follow_up_end(date(2024, 2, 29), 15) == date(2039, 3, 1)
    assert follow_up_end(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_part_of_a_year_is_rounded_up_to_whole_months():
    assert follow_up_end(date(2025, 3, 1), 1.01) == date(2026, 4, 1)


@given(
    start=st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)),
    years=st.floats(min_value=0.01, max_value=60, allow_nan=False),
)
def test_the_end_is_never_before_the_years_have_passed(start, years):
    assert follow_up_end(start, years) >= start + timedelta(days=int(365.2425 * years) - 2)


@given(
    exogenous=st.sampled_from([True, False, None]),
    altered=st.sampled_from([True, False, None]),
    knockout=st.sampled_from([True, False, None]),
    integration=st.sampled_from(["none", "low", "integrating", "unknown", None]),
    onset=st.one_of(st.none(), st.floats(min_value=0, max_value=40)),
)
def test_years_are_the_largest_contribution_and_ignorance_never_shortens(
    exogenous, altered, knockout, integration, onset
):
    facts = ProductFacts(
        exogenous_gene=exogenous,
        alters_survival_or_differentiation=altered,
        gene_knockout=knockout,
        vector_integration=integration,
        delayed_event_onset_years=onset,
    )
    need = required_follow_up(facts)
    assert need.years == max(need.contributions.values()) == need.contributions[need.driver]
    if exogenous is None or (exogenous and integration in {None, "unknown", "low", "integrating"}):
        assert need.years >= 15


@pytest.mark.parametrize("years", [-1.0, float("nan"), float("inf")])
def test_impossible_years_are_refused(years):
    with pytest.raises(UserError) as caught:
        required_follow_up(ProductFacts(exogenous_gene=True, vector_integration="none", persistence_years=years))
    assert caught.value.faults[0].id == "CLN-090"
    with pytest.raises(UserError):
        follow_up_end(date(2025, 1, 1), years)
