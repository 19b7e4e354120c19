"""Values of conditions: what stands for one, what is redacted, plain data and words of both languages."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args

import pytest

from celltrial.conduct.envelope import Role
from celltrial.core.dates import Instant
from celltrial.core.quantities import Quantity
from celltrial.core.values import (
    ABSENT,
    REDACTED,
    UNKNOWN,
    Absent,
    Bound,
    Choice,
    Count,
    Day,
    Duration,
    Formula,
    Identifier,
    Interval,
    Message,
    Moment,
    Protected,
    SetOf,
    Term,
    Value,
    all_of,
    as_data,
    as_value,
    as_written,
    at_least,
    at_most,
    between,
    compared,
    less_than,
    message,
    more_than,
    one_of,
    redacted,
)
from celltrial.locale.wording import in_data, in_words

NOON = datetime(2025, 3, 1, 4, tzinfo=UTC)
ONE_OF_EACH: dict[type, Value] = {
    Count: Count(2, "attempt"),
    Quantity: Quantity(Decimal("2.10"), "mg/dL", "<"),
    Duration: Duration(7, "d"),
    Day: Day(date(2025, 3, 1)),
    Moment: Moment(NOON, "Asia/Shanghai"),
    Bound: at_most(date(2025, 3, 1)),
    Interval: between(Duration(2), Duration(7)),
    Choice: one_of(Role.SPONSOR, Role.INVESTIGATOR),
    SetOf: all_of(Identifier("P2"), Identifier("P3")),
    Term: as_value(Role.SPONSOR),
    Identifier: Identifier("B-17"),
    Formula: Formula("0 < low < high"),
    Absent: ABSENT,
    type(UNKNOWN): UNKNOWN,
    type(REDACTED): REDACTED,
    Protected: Protected("arm", Identifier("A")),
    Message: message("since", when=NOON),
}
SAID = {
    "count": ("2 attempts", "2 次制备"),
    "quantity": ("<2.1 mg/dL", "<2.1 mg/dL"),
    "duration": ("7 d", "7 天"),
    "day": ("2025-03-01", "2025-03-01"),
    "moment": ("2025-03-01T12:00:00+08:00", "2025-03-01T12:00:00+08:00"),
    "bound": ("by 2025-03-01", "不晚于 2025-03-01"),
    "interval": ("2 to 7 d", "2 至 7 天"),
    "choice": ("sponsor or investigator", "申办者或研究者"),
    "set_of": ("P2, P3", "P2、P3"),
    "term": ("sponsor", "申办者"),
    "identifier": ("B-17", "B-17"),
    "formula": ("0 < low < high", "0 < low < high"),
    "absent": ("none", "无"),
    "unknown": ("unknown", "未知"),
    "redacted": ("***", "***"),
    "message": ("since 2025-03-01T04:00:00+00:00", "自 2025-03-01T04:00:00+00:00 起"),
}


def test_every_kind_of_value_is_plain_data_and_words_of_both_languages():
    assert set(ONE_OF_EACH) == set(get_args(Value))
    for kind, value in ONE_OF_EACH.items():
        data = in_data(value, "zh")
        assert json.loads(json.dumps(data, allow_nan=False)) == data
        if kind is not Protected:
            assert (in_words(value, "en"), in_words(value, "zh")) == SAID[data["kind"]]
            assert data["text"] == SAID[data["kind"]][1]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (3, Count(3)),
        (Decimal("0.5"), Quantity(Decimal("0.5"), "")),
        (2.5, Quantity(Decimal("2.5"), "")),
        (date(2025, 3, 1), Day(date(2025, 3, 1))),
        (NOON, Moment(NOON)),
        (Instant(NOON, "Asia/Shanghai"), Moment(NOON, "Asia/Shanghai")),
        (Role.SPONSOR, Term("role", "sponsor")),
        (True, Term("answer", "yes")),
        (float("nan"), Identifier("nan")),
        (float("inf"), Identifier("inf")),
        (Decimal("NaN"), Identifier("NaN")),
    ],
)
def test_a_plain_object_stands_for_the_value_that_it_is(said, value):
    assert as_value(said) == value


def test_a_plain_text_is_no_value():
    with pytest.raises(TypeError, match="no value"):
        as_value("a sentence")
    assert (as_written(" "), as_written("x")) == (ABSENT, Identifier("x"))


@pytest.mark.parametrize("closed", [frozenset({"arm", "product"}), frozenset({"arm"}), frozenset()])
def test_what_is_protected_is_redacted_wherever_it_stands(closed):
    arm, cells = Protected("arm", Identifier("A")), Protected("product", Quantity(Decimal("2e8"), ""))
    shown_arm = REDACTED if "arm" in closed else arm.value
    shown_cells = REDACTED if "product" in closed else cells.value
    assert redacted(at_most(cells), closed) == at_most(shown_cells)
    assert redacted(Interval(cells, arm), closed) == Interval(shown_cells, shown_arm)
    assert redacted(Choice((arm, cells)), closed) == Choice((shown_arm, shown_cells))
    assert redacted(SetOf((arm, Count(1))), closed) == SetOf((shown_arm, Count(1)))
    inside = message("of", what=message("arm_named", arm=arm), value=at_least(cells))
    assert redacted(inside, closed) == message(
        "of", what=message("arm_named", arm=shown_arm), value=at_least(shown_cells)
    )
    assert "200000000" not in json.dumps(as_data(redacted(inside, {"arm", "product"})))


def test_one_alone_is_that_one_and_none_is_absent():
    assert one_of(Count(1)) == Count(1)
    assert all_of() == ABSENT
    assert all_of(Count(1)) == Count(1)


@pytest.mark.parametrize(
    ("operator", "value", "en", "zh"),
    [
        ("<", less_than(5), "less than 5", "小于 5"),
        ("<=", at_most(5), "at most 5", "至多 5"),
        (">=", at_least(5), "at least 5", "至少 5"),
        (">", more_than(5), "more than 5", "大于 5"),
        ("==", Count(5), "5", "5"),
        ("is", Count(5), "5", "5"),
    ],
)
def test_a_comparison_is_a_bound(operator, value, en, zh):
    assert compared(operator, 5) == value
    assert (in_words(value, "en"), in_words(value, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("count", "en"),
    [
        (Count(1, "attempt"), "1 attempt"),
        (Count(0, "attempt"), "0 attempts"),
        (Count(10**15), "1e+15"),
        (Count(214), "214"),
    ],
)
def test_counts_agree_with_what_is_counted(count, en):
    assert in_words(count, "en") == en


def test_limits_of_one_unit_name_it_once():
    assert in_words(between(Quantity(Decimal(20), "cm"), Quantity(Decimal(250), "cm")), "en") == "20 to 250 cm"
    assert in_words(between(1, Count(10, "stage")), "zh") == "1 至 10 个阶段"
    assert in_words(between(date(2025, 1, 1), date(2025, 2, 1)), "zh") == "2025-01-01 至 2025-02-01"
