"""Plain recounts judge the fast ones: stopping rules in both orders, stagger intervals, eligibility of any text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.conduct.facts.cohort.state import Slot
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.gates.eligibility import judge
from celltrial.conduct.gates.stagger import violations
from celltrial.conduct.plan import CompiledRule
from celltrial.conduct.views.stopping import Exposed, judge_rule
from celltrial.core.dates import Instant
from celltrial.core.quantities import observation
from celltrial.core.truth import Truth
from celltrial.designs import build_stopping_rule
from celltrial.protocol.model.escalation import Staggering
from celltrial.protocol.model.population import CONCEPTS, Criterion
from celltrial.protocol.model.stopping import StoppingRule

FIRST = date(2025, 1, 1)
PARAMS = {"threshold": 0.3, "certainty": 0.9, "prior_a": 0.6, "prior_b": 1.4, "min_n": 2}
BOUNDARY = build_stopping_rule("beta_binomial", PARAMS)


def compiled(denominator):
    rule = StoppingRule.model_validate(
        {
            "id": "S-1",
            "text": {"en": "x", "zh": "x"},
            "event": {"grade_at_least": 4, "window": "28 d"},
            "boundary": "beta_binomial",
            "params": PARAMS,
            "denominator": denominator,
        }
    )
    return CompiledRule(rule, "stopping.rules.0")


@st.composite
def exposed_lists(draw):
    found = []
    for number in range(draw(st.integers(0, 12))):
        infused = FIRST + timedelta(days=draw(st.integers(0, 90)))
        after = draw(st.none() | st.integers(0, 28))
        event = None if after is None else infused + timedelta(days=after)
        found.append(Exposed(f"P{number}", infused, infused + timedelta(days=28), event))
    return sorted(found, key=lambda item: (item.infused, item.subject))


def recount(rule, exposed, day, today):
    """Count one by one, as the protocol's words say."""
    events = evaluable = 0
    for item in exposed:
        if item.infused > day:
            continue
        had = item.event is not None and item.event <= day
        past = item.window_ends < min(day, today)
        if had:
            events += 1
        if had or past or rule.rule.denominator == "exposed":
            evaluable += 1
    return events, evaluable


@settings(max_examples=300, deadline=None)
@given(exposed_lists(), st.integers(0, 130), st.sampled_from(["exposed", "exposed_past_window"]))
def test_a_plain_recount_finds_the_same_crossing(exposed, now, denominator):
    today = FIRST + timedelta(days=now)
    exposed = [item for item in exposed if item.infused <= today and (item.event is None or item.event <= today)]
    rule = compiled(denominator)
    found = judge_rule(rule, "", exposed, today)

    def crosses(day):
        x, n = recount(rule, exposed, day, today)
        return n > 0 and BOUNDARY.is_crossed(x, n)

    known = crosses(date.max)
    occurred = next((day for day in sorted({i.event for i in exposed if i.event is not None}) if crosses(day)), None)
    if not known and occurred is None:
        assert found is None
        return
    assert (found.as_known, found.as_occurred) == (known, occurred)
    assert (found.events, found.evaluable) == recount(rule, exposed, date.max if known else occurred, today)
    assert found.on_record == sum(item.event is not None for item in exposed)


RULE = Staggering.model_validate({"after_first_of_level": "5 d", "between_later": "2 d", "between_levels": "4 d"})
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


@st.composite
def sequences(draw):
    hours = draw(st.lists(st.integers(0, 24 * 40), min_size=0, max_size=8, unique=True))
    return [
        Slot(f"P{n}", "S1", draw(st.integers(1, 3)), "C1", Instant(BEGIN + timedelta(hours=hour)))
        for n, hour in enumerate(sorted(hours))
    ]


def plain_violations(slots):
    """Look at every pair and keep those with nobody in between who matters."""
    found = set()
    for (i, a), (j, b) in combinations(enumerate(slots), 2):
        gap = b.infusion.utc - a.infusion.utc
        between = slots[i + 1 : j]
        if a.level == b.level:
            if any(item.level == a.level for item in between):
                continue
            first = not any(item.level == a.level for item in slots[:i])
            if gap < timedelta(days=5 if first else 2):
                found.add((a.subject, b.subject))
        elif not between and gap < timedelta(days=4):
            found.add((a.subject, b.subject))
    return found


@settings(max_examples=300, deadline=None)
@given(sequences())
def test_plain_pairs_find_the_same_intervals(slots):
    assert {(a.subject, b.subject) for a, b, _, _ in violations(RULE, slots)} == plain_violations(slots)


TODAY = date(2025, 3, 1)


@st.composite
def criteria(draw):
    concept = draw(st.sampled_from(sorted(set(CONCEPTS) - {"other"})))
    value = draw(
        st.floats(-1e6, 1e6)
        | st.booleans()
        | st.text(max_size=5)
        | st.lists(st.text(max_size=3), max_size=3).map(tuple)
    )
    return Criterion.model_validate(
        {
            "id": "I-01",
            "kind": draw(st.sampled_from(["inclusion", "exclusion"])),
            "concept": concept,
            "operator": draw(st.sampled_from(["<", "<=", "==", "!=", ">=", ">", "in", "is"])),
            "value": value,
            "unit": (observation(concept).symbols or ("",))[0],
            "window": draw(st.sampled_from([None, "14 d", "2 wk"])),
            "assessment": "x",
            "source": "laboratory",
            "text": {"en": "x", "zh": "x"},
        }
    )


@settings(max_examples=400, deadline=None)
@given(
    criteria(),
    st.text(max_size=12) | st.sampled_from(["1", "-3.5", "yes", "unknown", "1e400", "inf", "0x1"]),
    st.integers(-30, 30),
)
def test_any_text_gives_a_verdict_and_only_a_met_criterion_gives_no_condition(criterion, text, days_ago):
    evidence = EvidenceRecorded("P1", criterion.concept, text, criterion.unit, TODAY - timedelta(days=days_ago), "x")
    found = judge(criterion, evidence, TODAY, "f", "c")
    assert (found.condition is None) is (found.truth is Truth.TRUE)
    if days_ago < 0 or (criterion.window is not None and days_ago > 14):
        assert found.truth is Truth.UNKNOWN


@pytest.mark.parametrize("text", ["", " ", "unknown", "not_done", "NE", "banana", "--", "1.2.3"])
def test_an_unreadable_number_is_unknown_for_inclusion_and_exclusion_alike(text):
    for kind in ("inclusion", "exclusion"):
        criterion = Criterion.model_validate(
            {
                "id": "I-01", "kind": kind, "concept": "ecog", "operator": "<=", "value": 1, "assessment": "x",
                "source": "examination", "text": {"en": "x", "zh": "x"},
            }
        )  # fmt: skip
        evidence = EvidenceRecorded("P1", "ecog", text, "", TODAY, "x")
        assert judge(criterion, evidence, TODAY, "f", "c").truth is Truth.UNKNOWN
