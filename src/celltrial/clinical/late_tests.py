"""Tests for late effects of gene-modified cells: when the next is due, and what a result asks for.

Persistence: at least every 6 months for 5 years, then yearly, until consecutive samples show nothing; a
later positive result brings the tests back. Clonality: from 1 % of cells with the vector on, integration
sites are analysed; a predominant clone is tested again within 3 months and a malignancy is watched for.
Replication-competent virus: before, at 3, 6 and 12 months, then yearly; where every test of the first
year was negative the yearly sample may be kept instead of tested; a positive one is tested further and reported.

What share makes a clone predominant is not a number of the guidance: it is a parameter.
Source: FDA, Long term follow-up after administration of human gene therapy products (January 2020,
FDA-2018-D-2173), and Testing of retroviral vector-based products for replication competent retrovirus
(January 2020). The details were transcribed and are to be compared with the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Evidence, Rule, not_evaluable
from celltrial.clinical.exact import Number, exact_in
from celltrial.core.dates import add_months, add_years
from celltrial.core.errors import UserError, fault

PERSISTENCE_RULE: Final = Rule("ltfu_persistence", "1", Evidence.TRANSCRIBED, "FDA-2018-D-2173 (2020)")
CLONALITY_RULE: Final = Rule("ltfu_clonality", "1", Evidence.TRANSCRIBED, "FDA-2018-D-2173 (2020)")
RCR_RULE: Final = Rule("ltfu_rcr", "1", Evidence.TRANSCRIBED, "FDA RCR guidance (January 2020)")

#: Consecutive negatives after which tests stop, where no protocol says otherwise.
NEGATIVES: Final = 2
FREQUENT_YEARS: Final = 5
FREQUENT_MONTHS: Final = 6
YEARLY_MONTHS: Final = 12
RCR_MONTHS: Final = (0, 3, 6, 12)
INTEGRATION_FROM: Final = Decimal("0.01")
CLONE_RETEST_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class LateResult:
    """One sample: its day, and whether anything was detected; None where it could not be judged.

    archived: kept without being tested, which the yearly samples for replication-competent virus may be.
    """

    on: date
    detected: bool | None
    archived: bool = False


def _in_order(results: Sequence[LateResult]) -> list[LateResult]:
    return sorted(results, key=lambda item: (item.on, item.detected is None, bool(item.detected)))


def _within(day: date, months: int) -> date:
    """Return the last day no more than so many months later: the end of a month that has no such day."""
    later = add_months(day, months)
    return later if later.day == day.day else later - timedelta(days=1)


def _inputs(results: Sequence[LateResult], **more: object) -> MappingProxyType[str, str]:
    words = {True: "detected", False: "not detected", None: NE}
    seen = {
        f"sample {number} {item.on}": "archived" if item.archived else words[item.detected]
        for number, item in enumerate(results, start=1)
    }
    return MappingProxyType(seen | {name: str(value) for name, value in more.items()})


def derive_persistence(
    results: Sequence[LateResult], *, infused_on: date, ends_on: date, negatives_to_stop: int = NEGATIVES
) -> Derivation:
    """Return DUE, RETURNED (something is detected again after it had stopped), STOPPED or ENDED.

    results:           the samples so far, in any order; those that could not be judged count for nothing.
    negatives_to_stop: consecutive samples without the vector after which tests may stop, at least 1.
    `parts["due"]` is the last day for the next sample. Raises CLN-007 for negatives_to_stop below 1.

    >>> found = derive_persistence([], infused_on=date(2025, 3, 1), ends_on=date(2040, 3, 1))
    >>> found.category, found.parts["due"]
    ('DUE', '2025-09-01')
    """
    if negatives_to_stop < 1:
        raise UserError(fault("CLN-007", where="negatives_to_stop", expected=">= 1", found=str(negatives_to_stop)))
    ordered = _in_order(results)
    judged = [item for item in ordered if item.detected is not None]
    negatives = stopped = 0
    for item in judged:
        stopped = int(bool(stopped) or negatives >= negatives_to_stop)
        negatives = 0 if item.detected else negatives + 1
    inputs = _inputs(ordered, infused_on=infused_on, ends_on=ends_on, negatives_to_stop=negatives_to_stop)
    row = Comparison("consecutive negatives", Decimal(negatives), ">=", Decimal(negatives_to_stop))
    if row.holds:
        return Derivation(PERSISTENCE_RULE, category="STOPPED", deciding=("negatives",), inputs=inputs, trace=(row,))
    last = judged[-1].on if judged else infused_on
    frequent = last < add_years(infused_on, FREQUENT_YEARS)
    due = _within(last, FREQUENT_MONTHS if frequent else YEARLY_MONTHS)
    if last >= ends_on:
        return Derivation(PERSISTENCE_RULE, category="ENDED", deciding=("ends_on",), inputs=inputs, trace=(row,))
    returned = bool(stopped and judged[-1].detected)
    return Derivation(
        PERSISTENCE_RULE,
        category="RETURNED" if returned else "DUE",
        deciding=("returned" if returned else "interval",),
        parts=MappingProxyType({"due": str(min(due, ends_on))}),
        inputs=inputs,
        trace=(row,),
    )


@dataclass(frozen=True, slots=True)
class CloneFindings:
    """One sample; shares from 0 to 1; None where not measured.

    vector_share:   share of cells that carry the vector.
    dominant_share: share of the largest clone among them.
    earlier_share:  the same in the sample before.
    """

    on: date
    vector_share: Number | None = None
    dominant_share: Number | None = None
    earlier_share: Number | None = None


def derive_clonality(found: CloneFindings, *, predominant_from: Number = "0.20") -> Derivation:
    """Return PREDOMINANT_CLONE, INTEGRATION_SITES (to be analysed), NONE or NE.

    predominant_from: share from which a clone is predominant; the protocol states it.
    `parts["due"]` is the last day of the repeat for a predominant clone, `parts["change"]` whether it grew.
    Raises CLN-002 for shares outside 0 to 1.

    >>> seen = derive_clonality(CloneFindings(date(2027, 3, 1), "0.05", "0.31", "0.12"))
    >>> seen.category, seen.parts["due"], seen.parts["change"]
    ('PREDOMINANT_CLONE', '2027-06-01', 'grew')
    """
    names = ("vector_share", "dominant_share", "earlier_share")
    shares = {name: exact_in(value, 0, 1, name) for name in names if (value := getattr(found, name)) is not None}
    inputs = MappingProxyType({"on": str(found.on)} | {name: str(share) for name, share in shares.items()})
    vector, clone, earlier = (shares.get(name) for name in names)
    limit = exact_in(predominant_from, 0, 1, "predominant_from")
    rows = []
    if clone is not None:
        rows.append(Comparison("dominant clone", clone, ">=", limit))
        if rows[0].holds:
            change = (
                "grew" if earlier is not None and clone > earlier else "first" if earlier is None else "did_not_grow"
            )
            due = str(_within(found.on, CLONE_RETEST_MONTHS))
            parts = MappingProxyType({"due": due, "change": change})
            return Derivation(
                CLONALITY_RULE, category="PREDOMINANT_CLONE", deciding=("dominant_share",), parts=parts, inputs=inputs,
                trace=tuple(rows),
            )  # fmt: skip
    if vector is None and clone is None:
        return not_evaluable(CLONALITY_RULE, "vector_share", inputs=inputs)
    if vector is not None:
        rows.append(Comparison("cells with vector", vector, ">=", INTEGRATION_FROM))
    is_due = clone is None and rows[-1].holds
    category, by = "INTEGRATION_SITES" if is_due else "NONE", "vector_share" if clone is None else "dominant_share"
    return Derivation(
        CLONALITY_RULE, category=category, deciding=(by,), inputs=inputs, trace=tuple(rows), incomplete=is_due
    )


def derive_rcr(results: Sequence[LateResult], *, infused_on: date, ends_on: date) -> Derivation:
    """Return TEST, ARCHIVE (the next yearly sample may be kept untested), EXPAND (positive: test on, report) or ENDED.

    results: the samples so far, that before the infusion included, in any order; a kept one counts as done.
    `parts["due"]` is the day of the next sample. A sample that could not be judged is due again.

    >>> derive_rcr([], infused_on=date(2025, 3, 1), ends_on=date(2040, 3, 1)).parts["due"]
    '2025-03-01'
    """
    ordered = _in_order(results)
    inputs = _inputs(ordered, infused_on=infused_on, ends_on=ends_on)
    if any(item.detected for item in ordered):
        return Derivation(RCR_RULE, category="EXPAND", deciding=("positive",), inputs=inputs)
    judged = [item for item in ordered if item.detected is False]
    done = len(judged) + sum(item.archived for item in ordered if item.detected is None)
    years = (ends_on.year - infused_on.year) + 1
    months = [*RCR_MONTHS, *range(24, 12 * years + 1, 12)]
    days = [day for item in months if (day := add_months(infused_on, item)) <= ends_on]
    if done >= len(days):
        return Derivation(RCR_RULE, category="ENDED", deciding=("ends_on",), inputs=inputs)
    due = days[done]
    kept = len(judged) >= len(RCR_MONTHS)
    return Derivation(
        RCR_RULE,
        category="ARCHIVE" if kept else "TEST",
        deciding=("first year negative" if kept else "schedule",),
        parts=MappingProxyType({"due": str(due)}),
        inputs=inputs,
    )
