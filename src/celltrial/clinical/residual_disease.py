"""Measurable residual disease: what a result may be called, given what the assay could see.

A negative result says nothing below the sensitivity of its assay: "negative" needs a
sensitivity at least as good as the threshold. Myeloma: 1e-5 by next-generation flow or
sequencing, sustained where two negatives lie a year apart, imaging-negative with a clear
PET-CT (Kumar et al. 2016). Acute lymphoblastic leukaemia: 1e-4 by flow or PCR; nothing
detected is a complete MRD response, a level of 1e-4 or more MRD failure (adult consensus 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from celltrial.clinical.derivation import Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.core.dates import add_years
from celltrial.core.truth import Truth, all_of

RULE: Final = Rule(
    "residual_disease", "1", Evidence.CHECKED, "doi:10.1016/S1470-2045(16)30206-6; ash view-large/12204026"
)
MYELOMA_THRESHOLD: Final = Decimal("1e-5")
LEUKAEMIA_THRESHOLD: Final = Decimal("1e-4")


class Residual(StrEnum):
    """What the result may be called."""

    UNDETECTABLE = "undetectable"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    POSITIVE_NOT_QUANTIFIABLE = "positive_not_quantifiable"
    NEGATIVE_INSUFFICIENT_SENSITIVITY = "negative_insufficient_sensitivity"
    NOT_EVALUABLE = "NE"


_NEGATIVES: Final = frozenset({Residual.NEGATIVE, Residual.UNDETECTABLE})
_OPEN: Final = frozenset({Residual.NOT_EVALUABLE, Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY})


@dataclass(frozen=True, slots=True)
class ResidualFindings:
    """One result with what a reader must know of it; None means not known.

    detected:        residual cells were seen at all.
    level:           their share (1e-4 is one in ten thousand); None where below quantification.
    sensitivity:     the share that this sample could have shown.
    assay, analyte:  such as "next-generation flow" and "bone marrow".
    sample_adequate: the sample was good enough to be judged.
    """

    detected: bool | None = None
    level: Number | None = None
    sensitivity: Number | None = None
    assay: str | None = None
    analyte: str | None = None
    sample_adequate: bool | None = None


def _class_of(found: ResidualFindings, threshold: Decimal, rows: list[Comparison]) -> Residual:
    if found.detected is None or found.sample_adequate is False:
        return Residual.NOT_EVALUABLE
    if found.detected and found.level is None:
        return Residual.POSITIVE_NOT_QUANTIFIABLE
    if found.detected and found.level is not None:
        rows.append(Comparison("level", exact_in(found.level, 0, 1, "level"), ">=", threshold))
        if rows[-1].holds:
            return Residual.POSITIVE
    if found.sensitivity is None:
        return Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY
    rows.append(Comparison("sensitivity", exact_in(found.sensitivity, 0, 1, "sensitivity"), "<=", threshold))
    if not rows[-1].holds:
        return Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY
    return Residual.NEGATIVE if found.detected else Residual.UNDETECTABLE


def classify_residual(found: ResidualFindings, *, threshold: Decimal) -> Derivation:
    """Return the class of one result as the category, one of `Residual`.

    threshold: the share below which a result is negative.
    Raises CLN-002 for a share outside 0 to 1.

    >>> classify_residual(ResidualFindings(detected=False, sensitivity="1e-4"), threshold=MYELOMA_THRESHOLD).category
    'negative_insufficient_sensitivity'
    """
    rows: list[Comparison] = []
    category = _class_of(found, threshold, rows)
    by = "sensitivity" if category in _NEGATIVES | {Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY} else "level"
    return Derivation(
        RULE,
        category=category.value,
        deciding=("sample",) if category is Residual.NOT_EVALUABLE else (by,),
        inputs=inputs_of(found, *ResidualFindings.__dataclass_fields__),
        trace=tuple(rows),
        incomplete=category in _OPEN,
    )


def is_imaging_negative(residual: Residual, *, pet_ct_clear: bool | None) -> Truth:
    """Tell whether myeloma is MRD-negative and every area of uptake is gone on PET-CT.

    >>> is_imaging_negative(Residual.UNDETECTABLE, pet_ct_clear=None)
    <Truth.UNKNOWN: 'unknown'>
    """
    negative = Truth.UNKNOWN if residual in _OPEN else Truth.of(residual in _NEGATIVES)
    return all_of((negative, Truth.of(pet_ct_clear)))


def is_sustained_negative(results: Sequence[tuple[date, Residual]]) -> bool:
    """Return whether two negatives lie at least a year apart with nothing positive between.

    >>> is_sustained_negative([(date(2024, 1, 5), Residual.NEGATIVE), (date(2025, 1, 5), Residual.UNDETECTABLE)])
    True
    """
    since: date | None = None
    for on, found in sorted(results):
        if found in {Residual.POSITIVE, Residual.POSITIVE_NOT_QUANTIFIABLE}:
            since = None
        elif found in _NEGATIVES:
            since = since or on
            if on >= add_years(since, 1):
                return True
    return False
