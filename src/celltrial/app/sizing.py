"""Handlers of sizing: compute any design that rests on parameters alone, and recompute what a protocol states."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.errors import UserError, fault
from celltrial.core.reading.bounds import shown
from celltrial.core.reading.json_text import json_or_text
from celltrial.core.reading.text import MOST_BYTES
from celltrial.core.values import Identifier
from celltrial.designs.policy import Message
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

if TYPE_CHECKING:
    from celltrial.designs.sizing.enrolment import EnrolmentSize
    from celltrial.protocol import Protocol
    from celltrial.protocol.model.confirmatory import SampleSize


#: A fraction as people type it, which JSON does not read: .3
_BARE_FRACTION: Final = re.compile(r"\.[0-9]+")
#: Wanted probability that enough are infused, where the protocol does not say.
ASSURANCE: Final = 0.95


def sizing_tables() -> Mapping[str, Mapping[str, ConfirmatoryDesign]]:
    """Return the three tables by name: sizing, single_arm, randomised."""
    from celltrial.designs.sizes import SIZE_TABLES

    return SIZE_TABLES


def parse_params(items: Iterable[str]) -> dict[str, Any]:
    """Return parameters from `name=value` words; a value is JSON where it can be read so, else text (APP-121, APP-122).

    COR-052, COR-053, COR-055, COR-056, COR-058: JSON that is too large or deep, or holds what cannot be meant.

    >>> parse_params(["null_rate=0.2", "stage_sizes=[15, 10]", "method=schoenfeld"])
    {'null_rate': 0.2, 'stage_sizes': [15, 10], 'method': 'schoenfeld'}
    """
    found: dict[str, Any] = {}
    for item in items:
        name, sign, value = item.partition("=")
        name = name.strip()
        if not (sign and name):
            raise UserError(fault("APP-121", expected=Identifier("name=value"), found=item))
        if name in found:
            raise UserError(fault("APP-122", found=name))
        written = value.strip()
        written = f"0{written}" if _BARE_FRACTION.fullmatch(written) else written
        found[name] = json_or_text(written, shown(name), most_characters=MOST_BYTES)
    return found


@dataclass(frozen=True, slots=True)
class Sized:
    """A computed design: its row, the parameters used, the result (None for a way of randomising), the sentence.

    seed: root seed where the answer is simulated; None where it is exact.
    """

    key: str
    row: ConfirmatoryDesign
    params: Any
    result: Any
    sentence: Message
    seed: int | None


def compute(key: str, params: Mapping[str, Any], *, seed: int = 1, where: str = "params") -> Sized:
    """Return the design of a key (APP-120 where there is none) with these parameters; every fault names its place.

    >>> compute("event_detection", {"event_rate": 0.01}).result
    299
    """
    from celltrial.designs.sizing.plain_form import params_from_plain

    row = _row(key)
    read = params_from_plain(row.params, params, where=where)
    if row.allocates:
        return Sized(key, row, read, None, row.describe(read), None)
    result = row.function(read) if row.exact else row.function(read, root_seed=seed)
    return Sized(key, row, read, result, row.describe(read, result), None if row.exact else seed)


def example_of(key: str) -> Any:
    """Return the example parameters of a key; APP-120 where there is none."""
    return _row(key).example


def _row(key: str) -> ConfirmatoryDesign:
    from celltrial.designs.sizes import SIZE_ROWS

    if key not in SIZE_ROWS:
        raise UserError(fault("APP-120", expected=", ".join(SIZE_ROWS), found=key))
    return SIZE_ROWS[key]


def plain(value: Any) -> Any:
    """Return a result as plain data: lists, mappings, numbers; a bound at infinity (there is none) is None."""
    from celltrial.designs.sizing.plain_form import plain_from_params

    return _finite(plain_from_params(value))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of plain data with their paths; a list of plain values is one leaf.

    >>> list(flat({"smallest": {"n": 56}, "looks": [15, 25]}))
    [('smallest.n', 56), ('looks', [15, 25])]
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for number, item in enumerate(value, start=1):
            yield from flat(item, f"{name}[{number}]")
    else:
        yield name, value


def shown_value(value: Any) -> str:
    """Return a value for people: six figures, lists with commas, a dash for none."""
    if isinstance(value, list):
        return ", ".join(shown_value(item) for item in value) or "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "–" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A stated size beside the computed one.

    sized:     the design, recomputed from the stated parameters.
    subjects:  numbers of subjects it yields, by name, rounded up; empty where it yields none.
    enough:    whether the stated number infused reaches the least of them; None where there is none.
    enrolment: how many to enrol for the stated number infused; None where the protocol states no probability.
    assurance: the probability the enrolment was sized for.
    attained:  probability that the stated enrolment is enough; None without the same.
    """

    stated: SampleSize
    sized: Sized
    subjects: Mapping[str, int]
    enough: bool | None
    enrolment: EnrolmentSize | None
    assurance: float
    attained: float | None


def recompute(protocol: Protocol, *, seed: int = 1) -> Recomputed | None:
    """Return the protocol's stated sample size, recomputed; None where it states none."""
    from celltrial.designs.sizes import subjects_of
    from celltrial.designs.sizing.enrolment import EnrolmentNeed, chance_enough_infused, enrolment_size

    stated = protocol.confirmatory.sample_size if protocol.confirmatory else None
    if stated is None:
        return None
    sized = compute(stated.method, stated.params, seed=seed, where="confirmatory.sample_size.params")
    subjects = subjects_of(stated.method, sized.result)
    enough = stated.infused >= min(subjects.values()) if subjects else None
    assurance = ASSURANCE if stated.assurance is None else float(stated.assurance)
    if stated.probability_infused is None:
        return Recomputed(stated, sized, subjects, enough, None, assurance, None)
    need = EnrolmentNeed(stated.infused, float(stated.probability_infused), assurance)
    attained = chance_enough_infused(stated.enrolled, need)
    return Recomputed(stated, sized, subjects, enough, enrolment_size(need), assurance, attained)
