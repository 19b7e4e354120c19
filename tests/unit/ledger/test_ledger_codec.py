"""Facts to payloads and back: one byte representation, and a clear word for everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.core.canonical import canonical, canonical_flat, parse_object
from celltrial.core.dates import Instant, PartialDate
from celltrial.core.doses import CellDose, DoseBasis
from celltrial.core.errors import DefectError, UserError
from celltrial.core.shapes import shape_of
from celltrial.core.truth import Truth
from celltrial.ledger import Codec


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Step(IntEnum):
    ONE = 1
    TWO = 2


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    text: str
    whole: int
    flag: bool
    real: float
    amount: Decimal
    day: date
    clock: time
    moment: datetime
    span: timedelta
    colour: Colour
    step: Step
    truth: Truth
    partial: PartialDate | None
    instant: Instant
    dose: CellDose
    inner: tuple[Inner, ...]
    pair: tuple[int, str]
    labels: frozenset[str]
    by_colour: Mapping[Colour, Decimal]
    by_number: Mapping[int, tuple[str, ...]]
    either: int | str | None
    ambiguous: Decimal | str | date | None
    several: Inner | CellDose
    answer: Literal["yes", "no"]
    maybe: bool | None


texts = st.text(alphabet=st.characters(blacklist_categories=["Cs"]))
decimals = st.decimals(allow_nan=False, allow_infinity=False)
moments = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))]),
)
inners = st.builds(Inner, texts, st.none() | decimals)
doses = st.builds(CellDose, decimals.filter(lambda value: value > 0), st.sampled_from(DoseBasis), st.booleans())
partial_dates = st.one_of(
    st.builds(PartialDate, st.integers(1900, 2100)),
    st.builds(PartialDate, st.integers(1900, 2100), st.integers(1, 12)),
    st.builds(PartialDate, st.integers(1900, 2100), st.integers(1, 12), st.integers(1, 28)),
)
everything = st.builds(
    Everything,
    text=texts,
    whole=st.integers(),
    flag=st.booleans(),
    real=st.floats(allow_nan=False, allow_infinity=False),
    amount=decimals,
    day=st.dates(),
    clock=st.times(),
    moment=moments,
    span=st.timedeltas(),
    colour=st.sampled_from(Colour),
    step=st.sampled_from(Step),
    truth=st.sampled_from(Truth),
    partial=st.none() | partial_dates,
    instant=st.builds(Instant, moments, st.sampled_from(["UTC", "Asia/Shanghai"])),
    dose=doses,
    inner=st.lists(inners, max_size=3).map(tuple),
    pair=st.tuples(st.integers(), texts),
    labels=st.frozensets(texts, max_size=4),
    by_colour=st.dictionaries(st.sampled_from(Colour), decimals),
    by_number=st.dictionaries(st.integers(), st.lists(texts, max_size=2).map(tuple), max_size=3),
    either=st.none() | st.integers() | texts,
    ambiguous=st.none() | decimals | texts | st.dates(),
    several=inners | doses,
    answer=st.sampled_from(["yes", "no"]),
    maybe=st.none() | st.booleans(),
)
CODEC = Codec({"test.everything/1": Everything})
#: So many fields take long to draw on a busy machine.
patient = settings(suppress_health_check=[HealthCheck.too_slow])


@patient
@given(everything)
def test_every_fact_comes_back_equal_from_its_bytes(fact: Everything) -> None:
    name, payload = CODEC.encode(fact)
    text = canonical(payload)
    again = CODEC.decode(name, parse_object(text.encode()))
    assert again == fact
    assert canonical(CODEC.encode(again)[1]) == text


@patient
@given(everything)
def test_types_come_back_exactly(fact: Everything) -> None:
    again = CODEC.decode(*CODEC.encode(fact))
    for name in Everything.__slots__:
        before, after = getattr(fact, name), getattr(again, name)
        if not isinstance(before, Mapping):
            assert type(after) is type(before), name
    assert isinstance(again.by_colour, MappingProxyType)
    assert str(again.amount) == str(fact.amount)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@patient
@given(everything, st.data())
def test_a_spoilt_payload_is_one_clear_fault_or_reads_as_itself(fact: Everything, data: st.DataObject) -> None:
    name, payload = CODEC.encode(fact)
    field = data.draw(st.sampled_from(sorted(payload)))
    payload[field] = data.draw(json_values)
    try:
        again = CODEC.decode(name, payload, "BC-1 7")
    except UserError as error:
        (fault,) = error.faults
        assert (fault.id, fault.where, fault.params["type"]) == ("LDG-022", "BC-1 7", name)
        assert str(fault.params["field"]).split(".")[0] == field
    else:
        assert canonical(CODEC.encode(again)[1]) == canonical(payload)


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_object_or_one_clear_fault(data: bytes) -> None:
    try:
        CODEC.decode("test.everything/1", parse_object(data, "here"))
    except UserError as error:
        found = error.faults[0]
    else:
        pytest.fail("random bytes were read as a fact")
    assert found.id in {"LDG-021", "LDG-022"}
    assert found.where in {"here", ""}


@given(st.dictionaries(texts, texts | st.integers(-(2**63), 2**63 - 1), max_size=6))
def test_a_flat_object_has_the_bytes_of_the_standard_library(value: dict[str, str | int]) -> None:
    assert canonical_flat(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("data", ["[" * 100_000, '{"a":' * 5000, "NaN", '{"a":Infinity}', "1", "", "{", '{"a":1}x'])
def test_hostile_text_is_refused(data: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_object(data)
    assert caught.value.faults[0].id == "LDG-021"


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Decimal, "NaN"),
        (Decimal, "1_0"),
        (Decimal, " 1"),
        (Decimal, 1),
        (date, "20250301"),
        (date, "2025-02-30"),
        (datetime, "2025-03-01T00:00:00"),
        (datetime, "2025-03-01T08:00:00+08:00"),
        (bool, 1),
        (int, True),
        (int, 1.0),
        (float, 1),
        (str, None),
        (Colour, "green"),
        (Step, "1"),
        (Step, True),
        (Truth, None),
        (Literal["yes"], "no"),
        (tuple[int, str], [1]),
        (tuple[int, ...], {"0": 1}),
        (frozenset[str], ["b", "a"]),
        (frozenset[str], ["a", "a"]),
        (Mapping[int, str], {"01": "x"}),
        (Mapping[int, str], {"x": "x"}),
        (Mapping[str, int], {"x": "y"}),
        (Decimal | str, "1"),
        (Decimal | str, ["date", "1"]),
        (int | None, "1"),
        (timedelta, 10**30),
        (CellDose, {"cells": "-1", "basis": "total", "per_kg": False}),
        (Inner, {"name": "a"}),
        (Inner, {"name": "a", "amount": None, "more": 1}),
    ],
)
def test_only_the_one_form_is_read(annotation: Any, value: object) -> None:
    kind = make_dataclass("Held", [("held", annotation)], frozen=True)
    with pytest.raises(UserError) as caught:
        Codec({"test.held/1": kind}).decode("test.held/1", {"held": value})
    assert caught.value.faults[0].id == "LDG-022"
    assert str(caught.value.faults[0].params["field"]).startswith("held")


def test_the_path_to_the_fault_is_named() -> None:
    kind = make_dataclass("Held", [("held", Mapping[str, tuple[Inner, ...]])], frozen=True)
    payload = {"held": {"x": [{"name": "a", "amount": None}, {"name": "b", "amount": "1 kg"}]}}
    with pytest.raises(UserError) as caught:
        Codec({"test.held/1": kind}).decode("test.held/1", payload)
    assert caught.value.faults[0].params["field"] == "held.x.1.amount"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN")])
def test_a_decimal_that_is_no_number_is_refused(value: Decimal) -> None:
    with pytest.raises(UserError) as caught:
        Codec({"test.inner/1": Inner}).encode(Inner("a", value))
    assert caught.value.faults[0].id == "LDG-023"


def test_a_float_that_is_no_number_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        canonical({"x": float("nan")})
    assert caught.value.faults[0].id == "LDG-023"


def test_a_time_without_offset_is_refused() -> None:
    kind = make_dataclass("Held", [("held", datetime)], frozen=True)
    with pytest.raises(UserError) as caught:
        Codec({"test.held/1": kind}).encode(kind(datetime(2025, 3, 1)))  # noqa: DTZ001 - the naive time is the point
    assert caught.value.faults[0].id == "COR-011"


@pytest.mark.parametrize("fact", [Inner(7), Inner("a", "1"), Inner("a", 1.5)])  # type: ignore[arg-type]
def test_a_value_against_its_annotation_is_our_defect(fact: Inner) -> None:
    with pytest.raises(DefectError):
        Codec({"test.inner/1": Inner}).encode(fact)


def test_a_closed_list_may_stand_where_a_text_is_stored() -> None:
    codec = Codec({"test.inner/1": Inner})
    assert codec.encode(Inner(Colour.RED)) == ("test.inner/1", {"name": "red", "amount": None})
    assert codec.decode(*codec.encode(Inner(Colour.RED))) == Inner("red")


class Mixed(Enum):
    A = "a"
    B = 1


@pytest.mark.parametrize("annotation", [Any, object, list[int], set[str], complex, Mapping[float, int], Mixed, bytes])
def test_a_type_without_json_form_is_our_defect(annotation: Any) -> None:
    with pytest.raises(DefectError):
        shape_of(annotation)


@pytest.mark.parametrize(
    ("events", "upcasters"),
    [
        ({"Inner": Inner}, {}),
        ({"test.inner": Inner}, {}),
        ({"test.inner/0": Inner}, {}),
        ({"celltrial.Inner/1": Inner}, {}),
        ({"test.inner/1": Inner, "test.other/1": Inner}, {}),
        ({"test.inner/2": Inner}, {"test.other/1": dict}),
        ({"test.inner/2": Inner}, {"test.inner/2": dict}),
        ({"test.inner/3": Inner}, {"test.inner/1": dict}),
    ],
)
def test_a_table_that_contradicts_itself_is_our_defect(events: dict[str, type], upcasters: dict[str, Any]) -> None:
    with pytest.raises(DefectError):
        Codec(events, upcasters)


def test_a_class_outside_the_table_is_our_defect() -> None:
    with pytest.raises(DefectError):
        CODEC.encode(Inner("a"))


def _v1_to_v2(payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": payload["label"], "kg": payload["kg"]}


def _v2_to_v3(payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": payload["name"], "amount": str(payload["kg"])}


LIFTING = Codec({"test.inner/3": Inner}, {"test.inner/1": _v1_to_v2, "test.inner/2": _v2_to_v3})


def test_older_versions_are_lifted_from_the_oldest() -> None:
    expected = Inner("a", Decimal(70))
    assert LIFTING.types == ("test.inner/1", "test.inner/2", "test.inner/3")
    assert LIFTING.decode("test.inner/1", {"label": "a", "kg": 70}) == expected
    assert LIFTING.decode("test.inner/2", {"name": "a", "kg": 70}) == expected
    assert LIFTING.decode("test.inner/3", {"name": "a", "amount": "70"}) == expected
    assert LIFTING.encode(expected)[0] == "test.inner/3"


def test_lifting_leaves_the_stored_payload_alone() -> None:
    def spoil(payload: dict[str, Any]) -> dict[str, Any]:
        payload["amount"] = payload.pop("kg")
        return payload

    stored = {"name": "a", "kg": None}
    assert Codec({"test.inner/2": Inner}, {"test.inner/1": spoil}).decode("test.inner/1", stored) == Inner("a")
    assert stored == {"name": "a", "kg": None}


def test_an_old_payload_that_cannot_be_lifted_is_a_clear_fault() -> None:
    with pytest.raises(UserError) as caught:
        LIFTING.decode("test.inner/1", {"kg": 70}, "BC-1 3")
    assert (caught.value.faults[0].id, caught.value.faults[0].where) == ("LDG-022", "BC-1 3")


@pytest.mark.parametrize("name", ["test.inner/4", "test.inner/0", "test.inner", "test.unknown/1", "", "/", "x/y"])
def test_an_unknown_type_is_a_clear_fault(name: str) -> None:
    with pytest.raises(UserError) as caught:
        LIFTING.decode(name, {}, "BC-1 3")
    fault = caught.value.faults[0]
    assert (fault.id, fault.where, fault.params["found"]) == ("LDG-020", "BC-1 3", name)
    if name.startswith("test.inner"):
        assert fault.params["expected"] == "test.inner/1 test.inner/2 test.inner/3"
