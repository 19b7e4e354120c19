"""IEC-HS, the HLH-like syndrome: a laboratory alert, and a check of the grade that was entered.

The diagnosis and its grade are the investigator's judgement; nothing here makes
them. `screen_iec_hs` raises an alert where high or rapidly rising ferritin meets at
least one common criterion. `check_iec_hs_grade` derives the lowest grade that the
recorded consequences and treatment imply and asks where the entered one differs.
Reference: Hines et al. (2023), doi:10.1016/j.jtct.2023.03.006. Public notes that
print "AST/ALT > 3 x ULN" or require all three criteria do not agree with the paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Domain, Evidence, Rule, inputs_of, worst_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Query
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, all_of, any_of
from celltrial.core.values import between

SCREEN_RULE: Final = Rule("iec_hs_screen_2023", "1", Evidence.TRANSCRIBED, "doi:10.1016/j.jtct.2023.03.006")
GRADE_RULE: Final = Rule("iec_hs_2023", "2", Evidence.TRANSCRIBED, "doi:10.1016/j.jtct.2023.03.006")


@dataclass(frozen=True, slots=True)
class IecHsLabs:
    """The values at one assessment; None means not known. Baselines are those at infusion."""

    ferritin_ng_ml: Number | None = None
    ferritin_uln_ng_ml: Number | None = None
    ferritin_at_infusion_ng_ml: Number | None = None
    ferritin_rising_rapidly: bool | None = None
    alt_u_l: Number | None = None
    alt_uln_u_l: Number | None = None
    alt_baseline_u_l: Number | None = None
    ast_u_l: Number | None = None
    ast_uln_u_l: Number | None = None
    ast_baseline_u_l: Number | None = None
    fibrinogen_mg_dl: Number | None = None
    fibrinogen_lln_mg_dl: Number | None = None
    haemophagocytosis: bool | None = None
    cytopenia_new_or_worse: bool | None = None

    def number(self, name: str) -> Decimal | None:
        """Return a value as a Decimal; None where it is not known."""
        value: Number | None = getattr(self, name)
        return None if value is None else exact_in(value, 0, 10_000_000, name)


def _over(trace: list[Comparison], name: str, found: Decimal | None, limit: Decimal | None) -> Truth:
    if found is None or limit is None:
        return Truth.UNKNOWN
    row = Comparison(name, found, ">", limit)
    trace.append(row)
    return Truth.of(row.holds)


def _ferritin(labs: IecHsLabs, trace: list[Comparison]) -> Truth:
    found = labs.number("ferritin_ng_ml")
    limits = [labs.number(name) for name in ("ferritin_uln_ng_ml", "ferritin_at_infusion_ng_ml")]
    rows = [_over(trace, "ferritin", found, None if limit is None else 2 * limit) for limit in limits]
    return any_of((*rows, Truth.of(labs.ferritin_rising_rapidly)))


def _transaminase(labs: IecHsLabs, enzyme: str, trace: list[Comparison]) -> Truth:
    """Return whether the enzyme is above 5 x ULN, or 5 x baseline where baseline was abnormal."""
    found, uln, baseline = (labs.number(f"{enzyme}{part}_u_l") for part in ("", "_uln", "_baseline"))
    over_uln = _over(trace, enzyme.upper(), found, None if uln is None else 5 * uln)
    if over_uln is not Truth.TRUE:
        return over_uln
    if baseline is None or uln is None:
        return Truth.UNKNOWN
    return Truth.TRUE if baseline <= uln else _over(trace, enzyme.upper(), found, 5 * baseline)


def _fibrinogen(labs: IecHsLabs, trace: list[Comparison]) -> Truth:
    found, lln = labs.number("fibrinogen_mg_dl"), labs.number("fibrinogen_lln_mg_dl")
    if found is None:
        return Truth.UNKNOWN
    limits = [Decimal(150)] if lln is None else [Decimal(150), lln]
    rows = [Comparison("fibrinogen", found, "<", limit, "mg/dL") for limit in limits]
    trace.extend(rows)
    if any(row.holds for row in rows):
        return Truth.TRUE
    return Truth.UNKNOWN if lln is None else Truth.FALSE


def screen_iec_hs(labs: IecHsLabs) -> Derivation:
    """Return the alert: category POSITIVE, NEGATIVE or NE; never a diagnosis.

    POSITIVE where the required criterion and at least one common one hold. The
    deciding entries name the criteria that hold.

    >>> screen_iec_hs(IecHsLabs(ferritin_ng_ml=5000, ferritin_uln_ng_ml=300, fibrinogen_mg_dl=120)).category
    'POSITIVE'
    """
    trace: list[Comparison] = []
    required = _ferritin(labs, trace)
    common = {
        "alt": _transaminase(labs, "alt", trace),
        "ast": _transaminase(labs, "ast", trace),
        "fibrinogen": _fibrinogen(labs, trace),
        "haemophagocytosis": Truth.of(labs.haemophagocytosis),
        "cytopenia": Truth.of(labs.cytopenia_new_or_worse),
    }
    found = all_of((required, any_of(common.values())))
    category = {Truth.TRUE: "POSITIVE", Truth.FALSE: "NEGATIVE", Truth.UNKNOWN: NE}[found]
    deciding = [name for name, truth in (("ferritin", required), *common.items()) if truth is Truth.TRUE]
    return Derivation(
        SCREEN_RULE,
        category=category,
        deciding=tuple(deciding),
        inputs=inputs_of(labs, *IecHsLabs.__dataclass_fields__),
        trace=tuple(trace),
        incomplete=found is Truth.UNKNOWN,
        queries=(Query.IEC_HS_SUSPECTED,) if found is Truth.TRUE else (),
    )


@dataclass(frozen=True, slots=True)
class IecHsCourse:
    """What happened and what was given for IEC-HS; None means not known.

    immunosuppression:        drugs aimed at IEC-HS.
    transfusion_asymptomatic: transfusion for low fibrinogen without bleeding.
    transfusion_bleeding:     bleeding coagulopathy that needed transfusion.
    hospital_care:            hospital care for new kidney injury, hypotension or respiratory distress.
    life_threatening:         life-threatening bleeding or hypotension.
    intubation, dialysis:     given for IEC-HS.
    death_due_to_iec_hs:      death from IEC-HS with no other principal cause.
    better_explained_by:      "crs", "infection", "progression" or "" where nothing explains it better.
    """

    immunosuppression: bool | None = None
    transfusion_asymptomatic: bool | None = None
    transfusion_bleeding: bool | None = None
    hospital_care: bool | None = None
    life_threatening: bool | None = None
    intubation: bool | None = None
    dialysis: bool | None = None
    death_due_to_iec_hs: bool | None = None
    better_explained_by: str = ""


_IMPLIED: Final = (
    (5, ("death_due_to_iec_hs",)),
    (4, ("life_threatening", "intubation", "dialysis")),
    (3, ("transfusion_bleeding", "hospital_care")),
    (2, ("immunosuppression", "transfusion_asymptomatic")),
)


def _implied(course: IecHsCourse) -> tuple[Domain, ...]:
    """Return one domain per row of the table: its grade where something of it happened, 1 where nothing did."""
    domains = []
    for grade, names in _IMPLIED:
        for name in names:
            happened = getattr(course, name)
            domain = Domain.missing(name, grade) if happened is None else Domain.known(name, grade if happened else 1)
            domains.append(domain)
    return tuple(domains)


def check_iec_hs_grade(entered: int, course: IecHsCourse, screen: Derivation | None = None) -> Derivation:
    """Return the grade that the course implies, with a query where the entered grade does not fit.

    entered: the investigator's grade, 1 to 5. screen: the alert at the time, where there was one.
    What is not known never speaks against the entered grade: the result is then "at least", or NE
    where nothing is known. Raises CLN-002 for a grade outside 1 to 5.

    >>> check_iec_hs_grade(3, IecHsCourse(dialysis=True)).queries[0].name
    'IEC_HS_GRADE_BELOW_TREATMENT'
    """
    if not 1 <= entered <= 5:
        raise UserError(fault("CLN-002", where="entered", expected=between(1, 5), found=str(entered)))
    domains = _implied(course)
    queries = []
    if entered < max(item.low or 0 for item in domains):
        queries.append(Query.IEC_HS_GRADE_BELOW_TREATMENT)
    if entered > max(2, *(item.high for item in domains)):
        queries.append(Query.IEC_HS_GRADE_ABOVE_TREATMENT)
    if course.better_explained_by:
        queries.append(Query.IEC_HS_OTHER_CAUSE)
    if screen is not None and screen.category == "NEGATIVE":
        queries.append(Query.IEC_HS_CRITERIA_NOT_MET)
    found = worst_of(
        GRADE_RULE,
        domains,
        inputs=MappingProxyType({"entered": str(entered), **inputs_of(course, *IecHsCourse.__dataclass_fields__)}),
        queries=queries,
    )
    return replace(found, deciding=("no_intervention",)) if found.grade == 1 and not found.incomplete else found
