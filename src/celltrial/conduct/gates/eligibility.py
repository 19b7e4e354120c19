"""Eligibility gate: three-valued criteria on dated evidence, windows in whole site-local days, both ends included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import Condition, fail
from celltrial.conduct.timing import days_between, whole_days
from celltrial.core.dates import whole_years
from celltrial.core.errors import UserError
from celltrial.core.measured import Comparator, Measured
from celltrial.core.quantities import Quantity, concept_code, convert_exactly
from celltrial.core.terms import plain, same_term
from celltrial.core.truth import Truth, any_of, negate
from celltrial.core.units import read_unit
from celltrial.core.values import (
    ABSENT,
    UNKNOWN,
    Duration,
    Identifier,
    Sayable,
    Term,
    Value,
    at_most,
    compared,
    message,
    one_of,
)
from celltrial.protocol.model.population import Criterion

#: Words of an operator; "is" is said of words and numbers alike.
_COMPARATORS: Final[Mapping[str, Comparator]] = {
    "<": "<", "<=": "<=", "==": "==", "is": "==", "!=": "!=", ">=": ">=", ">": ">",
}  # fmt: skip
#: Results of which one excludes the other.
_OPPOSITE: Final[Mapping[str, str]] = {"positive": "negative", "negative": "positive", "yes": "no", "no": "yes"}
#: Clause of the guideline on criteria that are judged before a subject is enrolled.
CLAUSE: Final = "2.1.2.1-b"
#: A test that this person has no need of, such as a pregnancy test of a man: it has neither result.
_NOT_ASKED: Final = frozenset(plain(word) for word in ("not applicable", "not_applicable", "不适用"))


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one criterion: TRUE is met; else why not."""

    criterion: str
    truth: Truth
    condition: Condition | None = None


def value_truth(criterion: Criterion, text: str, unit: str | None = None) -> Truth:
    """Return whether the observed value satisfies the comparison, before inclusion or exclusion is considered.

    unit: of the value, that of the criterion where it is None; converted, COR-032 where it cannot be.
    A value that cannot be read as what the criterion compares is UNKNOWN, never FALSE; a value below or above a limit
    is whatever all values there are.
    """
    found, wanted = Measured.read(text), criterion.value
    if not found.is_known:
        return Truth.UNKNOWN
    comparator = _COMPARATORS.get(criterion.operator)
    if isinstance(wanted, bool):
        said = {"yes": True, "no": False}.get(found.word)
        truth = Truth.of(None if said is None else said is wanted)
        return negate(truth) if comparator == "!=" else truth
    if isinstance(wanted, tuple):
        return any_of(_says(criterion.concept, text, item) for item in wanted)
    if isinstance(wanted, str):
        truth = _says(criterion.concept, text, wanted)
        return negate(truth) if comparator == "!=" else truth
    if comparator is None or found.number is None:
        return Truth.UNKNOWN
    written = found.unit or (criterion.unit if unit is None else unit)
    value = Quantity(found.number, written, found.relation)
    return value.compare(comparator, Quantity(Decimal(str(wanted)), criterion.unit), criterion.concept)


def _says(concept: str, text: str, wanted: str) -> Truth:
    """Return whether a text says a word. A result that is not its opposite either is no answer: `weakly positive`, `pending`."""
    if _same_word(concept, text, wanted):
        return Truth.TRUE
    opposite = _OPPOSITE.get(Measured.read(wanted).word)
    clear = opposite is None or Measured.read(text).word == opposite or plain(text) in _NOT_ASKED
    return Truth.FALSE if clear else Truth.UNKNOWN


def _same_word(concept: str, one: str, other: str) -> bool:
    """Tell whether two words say the same: the same result in either language, stage, or word but for its writing."""
    said, wanted = Measured.read(one), Measured.read(other)
    if said.word and said.word == wanted.word:
        return True
    if concept == "disease_stage" and same_term(one, other, "stage"):
        return True
    return bool(plain(one)) and plain(one) == plain(other)


def judge(
    criterion: Criterion, evidence: EvidenceRecorded | None, today: date, field: str, clause: str = CLAUSE
) -> Judged:
    """Return the verdict on one criterion on a site-local day."""
    concept = Term("concept", criterion.concept)
    wanted: Value = message("of", what=concept, value=_wanted(criterion))
    if criterion.kind == "exclusion":
        wanted = message("excluded", criterion=wanted)

    def refuse(code: Code, needed: Sayable, found: Sayable, truth: Truth = Truth.UNKNOWN) -> Judged:
        return Judged(
            criterion.id,
            truth,
            fail(code, needed, message("of", what=concept, value=found), criterion.id, clause, field),
        )

    if evidence is None:
        return refuse(Code.CRITERION_UNKNOWN, wanted, UNKNOWN)
    unfit = unfit_unit(criterion, evidence)
    if unfit is not None:
        return refuse(Code.UNIT_MISMATCH, *unfit)
    age = days_between(evidence.on, today)
    if age < 0:
        return refuse(Code.EVIDENCE_AFTER, at_most(today), evidence.on)
    if criterion.window is not None and age > whole_days(criterion.window):
        limit = whole_days(criterion.window)
        return refuse(
            Code.EVIDENCE_TOO_OLD, message("age", value=at_most(Duration(limit))), message("age", value=Duration(age))
        )
    if criterion.source == "manual" and not evidence.assessor:
        return refuse(
            Code.ASSESSOR_MISSING,
            Term("role", criterion.assessor) if criterion.assessor else message("named_assessor"),
            ABSENT,
        )
    holds = value_truth(criterion, evidence.value, evidence.unit)
    truth = negate(holds) if criterion.kind == "exclusion" else holds
    if truth is Truth.TRUE:
        return Judged(criterion.id, truth)
    code = Code.CRITERION_UNKNOWN if truth is Truth.UNKNOWN else Code.CRITERION_NOT_MET
    return refuse(code, wanted, observed(evidence.value, evidence.unit or ""), truth)


def unfit_unit(criterion: Criterion, evidence: EvidenceRecorded) -> tuple[Value, Value] | None:
    """Return what unit was needed and which was found where evidence cannot be held against a criterion; else None."""
    found = Measured.read(evidence.value)
    written = evidence.unit or found.unit
    needed = _unit(criterion.unit)
    if not found.is_known:
        return None
    try:
        unit, wanted = read_unit(written), read_unit(criterion.unit)
        if found.unit and not read_unit(found.unit).same(unit):
            return _unit(evidence.unit), _unit(found.unit)
        convert_exactly(Fraction(1), unit, wanted, criterion.concept)
    except UserError:
        return needed, _unit(written)
    return None


def _wanted(criterion: Criterion) -> Value:
    """Return what a criterion asks of its concept, before inclusion or exclusion is considered."""
    value = criterion.value
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, tuple):
        return one_of(*(observed(str(item)) for item in value))
    if isinstance(value, str):
        return compared(criterion.operator, observed(value))
    return compared(criterion.operator, Quantity(Decimal(str(value)), criterion.unit))


def observed(text: str, unit: str = "") -> Value:
    """Return what was observed, written as text: a number or a limit with its unit, yes or no, or the words that are there."""
    found = Measured.read(text)
    if not found.is_known:
        return UNKNOWN
    if found.number is not None:
        return Quantity(found.number, found.unit or unit, found.relation)
    return Term("answer" if found.word in {"yes", "no"} else "finding", found.word)


def _unit(unit: str | None) -> Value:
    return Identifier(unit) if unit else message("no_unit")


def evidence_name(criterion: Criterion) -> str:
    """Return the concept under which evidence of a criterion is recorded; of a manual one, its own id."""
    return criterion.id if criterion.source == "manual" else criterion.concept


def evidence_for(subject: SubjectState, criterion: Criterion, today: date) -> EvidenceRecorded | None:
    """Return the evidence of a criterion; age is computed from the date of birth where that is known."""
    if criterion.concept == "age" and subject.born is not None:
        return EvidenceRecorded(
            subject.subject, "age", str(whole_years(subject.born, today)), "y", today, "date of birth"
        )
    if criterion.source == "manual":
        return subject.evidence.get(evidence_name(criterion))
    named = [item for concept, item in subject.evidence.items() if concept_code(concept) == criterion.concept]
    return max(named, key=lambda item: item.on, default=None)


def check_criteria(act: Act, criteria: Iterable[tuple[str, Criterion]], clause: str = CLAUSE) -> Conditions:
    """Yield every criterion that is not met, or not known to be met, on the day of the act."""
    for field, criterion in criteria:
        found = judge(criterion, evidence_for(act.subject, criterion, act.today), act.today, field, clause)
        if found.condition is not None:
            yield found.condition


def all_criteria(act: Act) -> list[tuple[str, Criterion]]:
    """Return every criterion in force with its field."""
    return [(f"population.criteria.{i}", item) for i, item in enumerate(act.protocol.population.criteria)]


def rechecked(act: Act, before: Literal["collection", "lymphodepletion", "infusion"]) -> list[tuple[str, Criterion]]:
    """Return the criteria to be judged again before an act.

    After an amendment a subject not yet collected is judged again by every criterion of the version in force.
    """
    criteria = all_criteria(act)
    if before == "collection" and act.subject.eligible_version != act.state.version:
        return criteria
    return [(field, item) for field, item in criteria if before in item.recheck_before]


def check_malignant_cells(act: Act) -> Conditions:
    """Yield a refusal where malignant cells could get into the product and cannot be separated (2.1.1.4-e)."""
    product = act.protocol.product
    if not product.shared_marker_with_malignancy or product.process_separates_malignant_cells:
        return
    evidence = act.subject.evidence.get("blood_or_marrow_involvement")
    found = Measured.read("unknown" if evidence is None else evidence.value)
    seen = UNKNOWN if evidence is None else observed(evidence.value, evidence.unit)
    if found.word in {"no", "negative"} or (found.is_exact and found.number == 0):
        return
    yield fail(
        Code.MALIGNANT_CELLS, message("no_malignant_cells_in_blood_or_marrow"), seen, act.about, "2.1.1.4-e",
        "product.process_separates_malignant_cells",
    )  # fmt: skip
