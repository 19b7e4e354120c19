"""Laboratory values graded by CTCAE 5.0 or 6.0, from the value, its reference range and the baseline.

A threshold that needs a limit which is missing leaves its grade open: without a
lower limit of normal, grade 1 cannot be told from grade 0 and the result is NE.
Where symptoms or an intervention split two grades and are not known, the result is
the lowest grade that fits, marked incomplete, and the site is asked. Liver values
need the baseline before lymphodepletion to choose between multiples of ULN and of
baseline; the baseline itself has none before it and is graded by the limits, which is said. `significant_digits` rounds value and limits first, as pharmaverse/admiral
does. Differences from admiral are in `ctcae_lab_data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.ctcae_lab_6_data import TERMS_6
from celltrial.clinical.ctcae_lab_data import TERMS, Step, Term
from celltrial.clinical.derivation import (
    NE,
    Comparator,
    Comparison,
    Derivation,
    Domain,
    Evidence,
    Rule,
    inputs_of,
)
from celltrial.clinical.exact import exact_in
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError, fault
from celltrial.core.measured import Relation, turned
from celltrial.core.quantities import Quantity, convert
from celltrial.core.truth import Truth, all_of, negate
from celltrial.core.values import at_most, message

RULE: Final = Rule("ctcae_5_lab", "3", Evidence.CHECKED, "NCI CTCAE v5.0 (2017)")
RULE_6: Final = Rule("ctcae_6_lab", "4", Evidence.CHECKED, "NCI CTCAE v6.0; admiral ncictcaev6.json")
#: Version of CTCAE to its rule and its terms: a setting of the study, never mixed within one.
VERSIONS: Final[Mapping[str, tuple[Rule, Mapping[str, Term]]]] = MappingProxyType(
    {"5.0": (RULE, TERMS), "6.0": (RULE_6, TERMS_6)}
)


_LARGEST: Final = 10**15


@dataclass(frozen=True, slots=True)
class LabFindings:
    """One result with what it is judged against; None means not known.

    value:    the result with its unit; one below or above a limit leaves open what it does not settle.
    lln, uln: lower and upper limit of normal, in any unit that converts.
    baseline: the value before lymphodepletion.
    at_baseline: the value is the baseline itself, or earlier: it has none before it and is graded by the limits.
    clinical: the symptoms, consequences or intervention that the term names are present.
    life_threatening: the consequences threaten life; where none are present (`clinical` is False) they do not.
    """

    value: Quantity | None
    lln: Quantity | None = None
    uln: Quantity | None = None
    baseline: Quantity | None = None
    clinical: bool | None = None
    life_threatening: bool | None = None
    at_baseline: bool = False


def _rounded(number: Decimal, digits: int | None) -> Decimal:
    if digits is None or number == 0:
        return number
    return number.quantize(Decimal(1).scaleb(number.adjusted() - digits + 1), ROUND_HALF_UP)


@dataclass(slots=True)
class _Judge:
    """Evaluates the steps of one term; every number is in the unit of the term."""

    value: Decimal
    lln: Decimal | None
    uln: Decimal | None
    baseline: Decimal | None
    clinical: bool | None
    life_threatening: bool | None
    digits: int | None
    at_baseline: bool = False
    relation: Relation = "="
    trace: list[Comparison] = field(default_factory=list)
    missing: set[Query] = field(default_factory=set)

    def compare(
        self,
        found: Decimal,
        comparator: Comparator,
        limit: Decimal,
        name: str = "value",
        relation: Relation | None = None,
    ) -> Truth:
        row = Comparison(
            name,
            _rounded(found, self.digits),
            comparator,
            _rounded(limit, self.digits),
            relation=self.relation if relation is None else relation,
        )
        self.trace.append(row)
        return row.truth

    def of_limit(self, step: Step, bound: Decimal | None) -> Truth:
        if bound is None:
            self.missing.add(Query.LAB_LIMIT_MISSING)
            return Truth.UNKNOWN
        factor = Decimal(step.limit)
        return self.compare(self.value, step.comparator, bound + factor if step.base == "ULN_plus" else bound * factor)

    def of_baseline(self, step: Step) -> Truth:
        if self.baseline is None:
            self.missing.add(Query.LAB_BASELINE_MISSING)
            return Truth.UNKNOWN
        if step.base == "baseline":
            return self.compare(self.value, step.comparator, self.baseline * Decimal(step.limit))
        if self.baseline <= 0:
            return Truth.UNKNOWN
        fall = (self.baseline - self.value) * 100 / self.baseline
        return self.compare(fall, step.comparator, Decimal(step.limit), "fall from baseline %", turned(self.relation))

    def baseline_is_normal(self, *, low_term: bool) -> Truth:
        bound = self.lln if low_term else self.uln
        if self.baseline is None or bound is None:
            self.missing.add(Query.LAB_LIMIT_MISSING if bound is None else Query.LAB_BASELINE_MISSING)
            return Truth.UNKNOWN
        return Truth.of(self.baseline >= bound if low_term else self.baseline <= bound)

    def parts(self, step: Step) -> Iterator[Truth]:
        """Yield the conditions that must all hold, the cheap and certain ones first."""
        low_term = step.base in {"LLN", "fall_percent"}
        if self.at_baseline and (
            step.base in {"baseline", "fall_percent"} or step.baseline in {"abnormal", "below_lln"}
        ):
            yield Truth.FALSE
            return
        if step.base == "value":
            yield self.compare(self.value, step.comparator, Decimal(step.limit))
        elif step.base in {"baseline", "fall_percent"}:
            if step.baseline == "abnormal":
                yield self.implied(step, low_term=low_term)
            yield self.of_baseline(step)
        else:
            yield self.of_limit(step, self.lln if step.base == "LLN" else self.uln)
        if step.baseline == "below_lln":
            yield negate(self.baseline_is_normal(low_term=True))
        elif step.baseline == "exceeded":
            yield (
                Truth.TRUE if self.at_baseline else self.of_baseline(Step(step.grade, step.comparator, "1", "baseline"))
            )
        elif step.baseline and not self.at_baseline:
            normal = self.baseline_is_normal(low_term=low_term)
            yield normal if step.baseline == "normal" else negate(normal)
        for needed, known in ((step.clinical, self.clinical), (step.life_threatening, self.life_threatening)):
            if needed and known is None:
                self.missing.add(Query.LAB_SYMPTOMS_DECIDE)
            if needed:
                yield Truth.of(known)

    def implied(self, step: Step, *, low_term: bool) -> Truth:
        """An abnormal baseline lies outside the range, so beyond a multiple of it is beyond that multiple of ULN."""
        if low_term:
            return self.of_limit(Step(step.grade, "<", "1", "LLN"), self.lln)
        return self.of_limit(Step(step.grade, step.comparator, step.limit, "ULN"), self.uln)

    def holds(self, step: Step) -> Truth:
        """Return whether the step holds; what a decided step did not need is not asked for."""
        before = set(self.missing)
        truth = all_of(tuple(self.parts(step)))
        if truth is not Truth.UNKNOWN:
            self.missing = before
        return truth


def _number(quantity: Quantity | None, term: Term, name: str) -> Decimal | None:
    """Return a number in the unit of the term; a limit of normal or a baseline that is itself a limit is not known."""
    if quantity is None or (quantity.relation != "=" and name != "value"):
        return None
    exact_in(quantity.value, 0, _LARGEST, name)
    return convert(quantity, term.unit, term.analyte)


def _derivation(rule: Rule, term: Term, judge: _Judge, inputs: MappingProxyType[str, str]) -> Derivation:
    truths = [(step, judge.holds(step)) for step in term.steps]
    low = max((step.grade for step, truth in truths if truth is Truth.TRUE), default=0)
    high = max((step.grade for step, truth in truths if truth is not Truth.FALSE), default=0)
    incomplete = high > low
    caveats = set()
    if any(step.baseline == "abnormal" and truth is Truth.TRUE for step, truth in truths):
        caveats.add(Caveat.BASELINE_ABNORMAL_BRANCH)
    if judge.at_baseline and any(step.baseline or step.base in {"baseline", "fall_percent"} for step in term.steps):
        caveats.add(Caveat.GRADED_AT_BASELINE)
    queries = judge.missing if incomplete else set()
    if low and Query.LAB_SYMPTOMS_DECIDE in queries:
        caveats.add(Caveat.MINIMUM_GRADE)
    evaluable = low > 0 or not incomplete
    return Derivation(
        rule,
        grade=low if evaluable else None,
        category=None if evaluable else NE,
        deciding=(term.name,) if low else (),
        domains=(Domain(term.name, low if evaluable else None, high, tuple(judge.trace)),),
        inputs=inputs,
        trace=tuple(judge.trace),
        incomplete=incomplete,
        queries=tuple(sorted(queries)),
        caveats=tuple(sorted(caveats)),
    )


def derive_lab_grade(
    term_key: str,
    findings: LabFindings,
    *,
    significant_digits: int | None = None,
    assume_normal_baseline: bool = False,
    version: str = "5.0",
) -> Derivation:
    """Return the CTCAE grade of one laboratory result, 0 to 4 or NE.

    term_key: a term of the version, such as "neutrophils_low"; CLN-006 for another word.
    version:  a key of `VERSIONS`; CLN-006 for another word.
    Raises CLN-002, COR-030 or COR-032 for numbers or units that cannot be meant, CLN-009 for a lower limit above the upper.
    assume_normal_baseline: take a missing baseline as normal (as admiral does) instead of leaving it open.

    >>> derive_lab_grade("neutrophils_low", LabFindings(Quantity.of(450, "/uL"))).grade
    4
    """
    if version not in VERSIONS:
        raise UserError(fault("CLN-006", where="version", expected=", ".join(VERSIONS), found=version))
    rule, terms = VERSIONS[version]
    term = terms.get(term_key)
    if term is None:
        raise UserError(fault("CLN-006", where="term_key", expected=", ".join(terms), found=term_key))
    given = {name: getattr(findings, name) for name in ("value", "lln", "uln", "baseline")}
    numbers = {name: _number(quantity, term, name) for name, quantity in given.items()}
    lln, uln = numbers["lln"], numbers["uln"]
    if lln is not None and uln is not None and lln > uln:
        raise UserError(
            fault("CLN-009", where="lln", expected=message("lower_limit", limit=at_most(uln)), found=str(lln))
        )
    inputs = {"term": term_key} | {name: str(quantity) for name, quantity in given.items() if quantity is not None}
    inputs |= inputs_of(findings, "clinical", "life_threatening")
    if findings.at_baseline:
        inputs |= inputs_of(findings, "at_baseline")
    value = numbers["value"]
    if value is None:
        return Derivation(rule, category=NE, inputs=MappingProxyType(inputs), incomplete=True)
    baseline = numbers["baseline"]
    if baseline is None and assume_normal_baseline:
        baseline = uln if term_key.endswith("_high") else lln
    urgent = findings.life_threatening
    if urgent is None and findings.clinical is False:
        urgent = False
    relation = findings.value.relation if findings.value is not None else "="
    judge = _Judge(
        value, lln, uln, baseline, findings.clinical, urgent, significant_digits, findings.at_baseline, relation
    )
    return _derivation(rule, term, judge, MappingProxyType(inputs))


def derive_lab_6_grade(term_key: str, findings: LabFindings, *, significant_digits: int | None = None) -> Derivation:
    """Return the CTCAE 6.0 grade of one laboratory result, 0 to 4 or NE; otherwise as `derive_lab_grade`.

    >>> derive_lab_6_grade("neutrophils_low", LabFindings(Quantity.of(450, "/uL"))).grade
    3
    """
    return derive_lab_grade(term_key, findings, significant_digits=significant_digits, version="6.0")
