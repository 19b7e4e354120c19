"""What was observed of a person, as it is entered: a concept that somebody asks about, in a unit and of a type it can have.

Asked at entry, so that a slip is mended by whoever made it and not found days later at the gate of a treatment. Known is
what the protocol in force asks for by name, and everything in the vocabulary (`core.quantities`), under any of its names.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.plan import Plan
from celltrial.conduct.ruling import Condition, fail
from celltrial.conduct.vocabulary import Answer
from celltrial.core.errors import Fault
from celltrial.core.measured import Measured
from celltrial.core.quantities import check_unit, check_value, observation, observations
from celltrial.core.values import Formula, Identifier, Value, as_written, message, names, one_of
from celltrial.protocol.model.population import Criterion

#: A judgement by a named person is kept under the criterion that asks for it, never under this word.
_BY_JUDGEMENT: Final = "other"
_OUT_OF_RANGE: Final = "COR-035"


def concept_of(plan: Plan, text: str) -> str:
    """Return the name under which an observation is kept: the protocol's, else the code of the vocabulary, else as written."""
    if text in plan.asked:
        return text
    known = observation(text)
    return text if known is None else known.code


def check_concept(plan: Plan, text: str, about: str, place: str) -> Conditions:
    """Yield a concept that neither the protocol nor the vocabulary knows, with the names that come near."""
    name = concept_of(plan, text)
    if name in plan.asked or (name != _BY_JUDGEMENT and observation(name) is not None):
        return
    known = (
        *plan.asked,
        *(code for item in observations() for code in (item.code, *item.names["en"], *item.names["zh"])),
    )
    near = dict.fromkeys(concept_of(plan, item) for item in get_close_matches(text, known, n=3, cutoff=0.6))
    needed = message("known_concept_like", names=names(tuple(near))) if near else message("known_concept")
    yield fail(Code.CONCEPT_NOT_KNOWN, needed, as_written(text), about, "2.1.2.1-b", input=place)


def check_observed(
    plan: Plan, concept: str, value: str, unit: str, about: str, place: str = "", *, in_range: bool = True
) -> Conditions:
    """Yield what keeps an observation from ever being judged: its concept, its unit, its type, its range.

    place:    path of the observation in its command, with a dot at its end, "" where it is the command itself.
    in_range: also ask whether a number lies where such a number can lie.
    """
    unknown = [*check_concept(plan, concept, about, f"{place}concept")]
    if unknown:
        yield from unknown
        return
    name, found = concept_of(plan, concept), Measured.read(value)
    if not value.strip():
        yield fail(Code.VALUE_NOT_USABLE, message("value_or_unknown"), as_written(value), about, input=f"{place}value")
        return
    faults = [item for item in _faults(name, value, unit, found) if in_range or item.id != _OUT_OF_RANGE]
    for item in faults:
        yield _condition(item, name, value, unit, about, place)
    if not faults and found.is_known:
        for wanted in _wanted(plan.asked.get(name, ()), found):
            yield fail(Code.VALUE_NOT_USABLE, wanted, as_written(value), about, "2.1.2.1-b", input=f"{place}value")


def _faults(name: str, value: str, unit: str, found: Measured) -> tuple[Fault, ...]:
    known = observation(name)
    if known is not None and not known.is_number and found.number is not None:  # a share of something that is yes or no
        return check_unit("", unit or found.unit)
    return check_value(name, value, unit)


def _condition(item: Fault, name: str, value: str, unit: str, about: str, place: str) -> Condition:
    if item.id == _OUT_OF_RANGE:
        needed: Value = Formula(str(item.params["expected"]))
        return fail(Code.VALUE_NOT_USABLE, needed, as_written(f"{value} {unit}".strip()), about, input=f"{place}value")
    if item.id == "COR-033":
        return fail(Code.VALUE_NOT_USABLE, message("number_or_limit"), as_written(value), about, input=f"{place}value")
    known = observation(name)
    units = (
        [Identifier(symbol) if symbol not in {"", "1"} else message("no_unit") for symbol in known.symbols]
        if known
        else []
    )
    needed = one_of(*units) if units else message("no_unit") if known else message("a_unit")
    found = as_written(unit or Measured.read(value).unit)
    return fail(Code.UNIT_MISMATCH, needed, found, about, "2.1.2.1-b", input=f"{place}unit")


def _wanted(criteria: tuple[Criterion, ...], found: Measured) -> Iterator[Value]:
    """Yield the type of value that criteria compare, where this one is of another."""
    kinds = {type(item.value) for item in criteria}
    if bool in kinds and found.word not in {"yes", "no"}:
        yield one_of(Answer.YES, Answer.NO, Answer.UNKNOWN)
    elif kinds & {int, float} and found.number is None:
        yield message("number_or_limit")
