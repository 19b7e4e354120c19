"""Measurable residual disease: what a result may be called, given what the assay could see.

A negative result says nothing below the sensitivity of its assay: "negative" needs a
sensitivity at least as good as the threshold. Myeloma: 1e-5 by next-generation flow or
sequencing, sustained where two negatives lie a year apart (Kumar et al. 2016). Acute
lymphoblastic leukaemia: 1e-4 by flow or PCR.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from celltrial.clinical.quantities import Number, exact_in
from celltrial.core.dates import add_years

__all__ = ["LEUKAEMIA_THRESHOLD", "MYELOMA_THRESHOLD", "Residual", "classify_residual", "is_sustained_negative"]

MYELOMA_THRESHOLD: Final = Decimal("1e-5")
LEUKAEMIA_THRESHOLD: Final = Decimal("1e-4")


class Residual(StrEnum):
    """What the result may be called."""

    UNDETECTABLE = "undetectable"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    POSITIVE_NOT_QUANTIFIABLE = "positive_not_quantifiable"
    NEGATIVE_INSUFFICIENT_SENSITIVITY = "negative_insufficient_sensitivity"
    NOT_EVALUABLE = "not_evaluable"


def classify_residual(
    *, detected: bool | None, level: Number | None, sensitivity: Number | None, threshold: Decimal
) -> Residual:
    """Return the class of one result.

    detected:    residual cells were seen at all; None where the sample was not usable.
    level:       their share (1e-4 is one in ten thousand); None where below quantification.
    sensitivity: the share that this sample could have shown; None where not stated.
    threshold:   the share below which a result is negative.

    >>> classify_residual(detected=False, level=None, sensitivity="1e-4", threshold=MYELOMA_THRESHOLD).value
    'negative_insufficient_sensitivity'
    """
    if detected is None:
        return Residual.NOT_EVALUABLE
    if detected and level is None:
        return Residual.POSITIVE_NOT_QUANTIFIABLE
    if detected and level is not None and exact_in(level, 0, 1, "level") >= threshold:
        return Residual.POSITIVE
    if sensitivity is None or exact_in(sensitivity, 0, 1, "sensitivity") > threshold:
        return Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY
    return Residual.NEGATIVE if detected else Residual.UNDETECTABLE


def is_sustained_negative(results: Sequence[tuple[date, Residual]]) -> bool:
    """Return whether two negatives lie at least a year apart with nothing positive between.

    >>> is_sustained_negative([(date(2024, 1, 5), Residual.NEGATIVE), (date(2025, 1, 5), Residual.UNDETECTABLE)])
    True
    """
    since: date | None = None
    for on, found in sorted(results):
        if found in {Residual.POSITIVE, Residual.POSITIVE_NOT_QUANTIFIABLE}:
            since = None
        elif found in {Residual.NEGATIVE, Residual.UNDETECTABLE}:
            since = since or on
            if on >= add_years(since, 1):
                return True
    return False
