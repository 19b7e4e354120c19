"""Early ICAHT, best overall response, iRECIST and remission against slow readings of the rules, on random courses.

Each judge is written from the rule in plain sentences and shares no code with the engine: it looks at every day or
every pair of visits and knows no runs, gaps or indices.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from celltrial.clinical.daily_counts import DayCount
from celltrial.clinical.icaht import derive_early_icaht, derive_late_icaht
from celltrial.clinical.irecist_best import derive_irecist_best
from celltrial.clinical.leukaemia import derive_leukaemia_best
from celltrial.clinical.recist11_best import BestResponseRule, ResponseVisit, derive_recist_best

START = date(2025, 1, 1)


# --- early ICAHT -----------------------------------------------------------------------------------------------------


def value_of(day, measured):
    """The count of a day: measured, on the line between its neighbours, carried at an edge, or None in a long gap."""
    if day in measured:
        return Fraction(measured[day])
    before = [other for other in measured if other < day]
    after = [other for other in measured if other > day]
    nearest_before, nearest_after = max(before, default=-1), min(after, default=31)
    if nearest_after - nearest_before - 1 > 7:
        return None
    if not before:
        return Fraction(measured[nearest_after])
    if not after:
        return Fraction(measured[nearest_before])
    rise = Fraction(measured[nearest_after] - measured[nearest_before], nearest_after - nearest_before)
    tens = (measured[nearest_before] + rise * (day - nearest_before)) / 10
    return Fraction(round(tens) * 10)


def longest_stretch(low, known):
    """The most days from one low day to another with no three consecutive days of recovery between them."""
    longest, stretches = 0, []
    for first in low:
        for last in low:
            inside = range(first, last + 1)
            recovered = any(all(day + i not in low for i in range(3)) for day in inside if day + 2 <= last)
            if first <= last and not recovered:
                stretches.append((first, last))
                longest = max(longest, last - first + 1)
    return longest, any(first <= 3 and last == max(known) for first, last in stretches)


def judge_icaht(measured):
    values = {day: value_of(day, measured) for day in range(31)} if measured else {}
    known = [day for day, value in values.items() if value is not None]
    if not measured:
        return None, True
    at_500, unrecovered = longest_stretch([day for day in known if values[day] <= 500], known)
    at_100, _ = longest_stretch([day for day in known if values[day] <= 100], known)
    grade = 0
    for least, reached in ((1, 1), (7, 2), (14, 3), (31, 4)):
        grade = max(grade, reached) if at_500 >= least else grade
    for least, reached in ((7, 3), (14, 4)):
        grade = max(grade, reached) if at_100 >= least else grade
    if unrecovered and max(known) == 30:
        grade = 4
    open_above = len(known) < 31 and grade < 4
    return (None if grade == 0 and open_above else grade), open_above


@given(
    st.dictionaries(st.integers(0, 30), st.sampled_from([0, 90, 100, 110, 400, 500, 501, 510, 900, 2000]), max_size=31)
)
@example(dict.fromkeys(range(31), 400))
@example({2: 100, 30: 100})
def test_early_icaht_equals_a_slow_reading(measured):
    found = derive_early_icaht([DayCount(day, value) for day, value in measured.items()])
    assert (found.grade, found.incomplete) == judge_icaht(measured)


@given(st.dictionaries(st.integers(25, 110), st.integers(0, 40).map(lambda n: n * 50), max_size=6))
def test_late_icaht_equals_a_slow_reading(measured):
    inside = sorted(value for day, value in measured.items() if 31 <= day <= 100)
    grade = None
    if inside:
        grade = sum(inside[0] <= limit for limit in (1500, 1000, 500, 100))
        if len(inside) > 1 and inside[1] > 1500:
            grade = 0
    assert derive_late_icaht([DayCount(day, value) for day, value in measured.items()]).grade == grade


# --- best overall response -------------------------------------------------------------------------------------------


def read_after_cr(visits, *, overcalled):
    """After a complete response a partial one is progression, or shows that the complete one was called too early."""
    read = list(visits)
    for index in range(len(read)):
        earlier = [category for _, category in read[:index]]
        day, category = read[index]
        if "PD" in earlier:
            return read[: earlier.index("PD") + 1]
        if "CR" in earlier and category in {"PR", "SD"}:
            if category == "PR" and overcalled:
                read = [(when, "PR" if seen == "CR" and when < day else seen) for when, seen in read]
            else:
                read[index] = (day, "PD")
    return read[: [category for _, category in read].index("PD") + 1] if "PD" in [c for _, c in read] else read


def confirms(first, second, between, rule):
    wanted = {"CR": {"CR"}, "PR": {"CR", "PR"}}[first[1]]
    if second[1] not in wanted or second[0] - first[0] < rule.confirm_days:
        return False
    others = [category for _, category in between if category not in wanted]
    allowed = {"NE", "SD"} if first[1] == "PR" and rule.accept_sd else {"NE"}
    return set(others) <= allowed and others.count("NE") <= rule.max_not_evaluable and others.count("SD") <= 1


def judge_best(entries, rule):
    visits = read_after_cr(sorted(entries.items()), overcalled=rule.cr_overcalled)
    earned = set()
    if rule.confirm_days is None:
        earned |= {category for _, category in visits if category in {"CR", "PR"}}
    else:
        for i, j in combinations(range(len(visits)), 2):
            if visits[i][1] in {"CR", "PR"} and confirms(visits[i], visits[j], visits[i + 1 : j], rule):
                earned.add(visits[i][1])
    if any(category in {"CR", "PR", "SD"} and day >= rule.stable_from_days for day, category in visits):
        earned.add("SD")
    earned |= {"PD"} & {category for _, category in visits}
    return next((best for best in ("CR", "PR", "SD", "PD") if best in earned), "NE")


rules = st.builds(
    BestResponseRule,
    confirm_days=st.sampled_from([None, 0, 28]),
    stable_from_days=st.sampled_from([0, 42]),
    max_not_evaluable=st.integers(0, 2),
    accept_sd=st.booleans(),
    cr_overcalled=st.booleans(),
)
categories = st.sampled_from(["CR", "PR", "SD", "NE", "PD"])


@given(st.dictionaries(st.integers(0, 12).map(lambda n: 7 + 14 * n), categories, max_size=8), rules)
@example({21: "CR", 49: "PR", 77: "PR"}, BestResponseRule(cr_overcalled=True))
@example({42: "PR", 56: "NE", 70: "NE", 84: "PR"}, BestResponseRule())
def test_best_overall_response_equals_a_slow_reading(entries, rule):
    visits = [ResponseVisit(START + timedelta(day), category) for day, category in entries.items()]
    assert derive_recist_best(visits, start=START, rule=rule).category == judge_best(entries, rule)


@given(st.lists(st.sampled_from(["iCR", "iPR", "iSD", "iUPD", "iCPD", "NE"]), max_size=7))
def test_ibor_equals_a_slow_reading(sequence):
    best = "NE"
    for seen in reversed(sequence[: sequence.index("iCPD")] if "iCPD" in sequence else sequence):
        best = min(best, seen, key=["iCR", "iPR", "iSD", "iUPD", "NE"].index)
    if "iCPD" in sequence and best in {"iUPD", "NE"}:
        best = "iCPD"
    assert derive_irecist_best(sequence).category == best


@given(
    st.dictionaries(
        st.integers(0, 20).map(lambda n: n * 10), st.sampled_from(["CR", "CRh", "CRi", "NR", "NE", "RELAPSE"])
    ),
)
def test_remission_kept_equals_a_slow_reading(entries):
    remissions = ["CR", "CRh", "CRi"]
    held = []
    for first, last in combinations(sorted(entries), 2):
        between = {entries[day] for day in entries if first <= day <= last}
        if first <= 92 and last - first >= 28 and between <= {*remissions, "NE"}:
            held += [entries[first]] if entries[first] in remissions and entries[last] in remissions else []
    wanted = min(held, key=remissions.index, default="NE")
    assert derive_leukaemia_best(list(entries.items())).category == wanted
