"""Partial doses: subjects who received less than assigned are used, not discarded.

Cell products fall short. Three ways to use such a subject, named in the protocol:

assigned    at the assigned level (intention to treat; rates at high levels look too low);
delivered   at the highest level not above the delivered dose (below the lowest level: not used);
discard     not at all (throws information away and biases the design: Devlin, Iasonos & O'Quigley 2021).

A model can use the delivered dose itself: `fit_delivered` puts a subject into the CRM at the skeleton value
interpolated, on the logarithm of the dose, between the levels around the delivered dose.
Devlin, Iasonos & O'Quigley (2021), PMC9400039.

Differences from other software: none found that has it.

>>> ladder = (1e6, 3e6, 1e7)
>>> subjects = (Delivered(2, 1e7, dlt=False), Delivered(2, 4e6, dlt=True))
>>> [counts_by(rule, subjects, ladder).dlt for rule in ("assigned", "delivered", "discard")]
[(0, 0, 1), (0, 1, 0), (0, 0, 0)]
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Count, message
from celltrial.designs.escalation.crm_model import CrmFit, CrmModel, fit_bayes
from celltrial.designs.policy import Counts

PartialDoseRule = Literal["assigned", "delivered", "discard"]
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Delivered:
    """A treated subject: 0-based assigned level, dose delivered (> 0, in the ladder's unit), DLT or not."""

    assigned: int
    delivered: float
    dlt: bool


def _check(subjects: Sequence[Delivered], ladder: Sequence[float]) -> None:
    if not ladder or min(ladder) <= 0 or any(b <= a for a, b in itertools.pairwise(ladder)):
        raise UserError(fault("DSG-045", expected=message("doses_increasing"), found=str(tuple(ladder))))
    for subject in subjects:
        if not 0 <= subject.assigned < len(ladder) or subject.delivered <= 0:
            expected = message("assigned_level_and_delivered_dose", highest=len(ladder) - 1)
            raise UserError(fault("DSG-003", expected=expected, found=str(subject)))


def counts_by(
    rule: PartialDoseRule,
    subjects: Sequence[Delivered],
    ladder: Sequence[float],
    *,
    band: float = 0.2,
    current: int = 0,
) -> Counts:
    """Return the counts per level under a rule.

    ladder: doses of the levels; band: a subject within this share below its assigned dose got the assigned dose.
    """
    _check(subjects, ladder)
    if rule not in get_args(PartialDoseRule) or not 0 <= band < 1:
        expected = f"{' | '.join(get_args(PartialDoseRule))}, 0 <= band < 1"
        raise UserError(fault("DSG-064", expected=expected, found=f"{rule}, band={band}"))
    n, dlt = [0] * len(ladder), [0] * len(ladder)
    for subject in subjects:
        level: int | None = subject.assigned
        if subject.delivered < ladder[subject.assigned] * (1 - band - _TOLERANCE):
            below = [j for j, dose in enumerate(ladder) if dose * (1 - band - _TOLERANCE) <= subject.delivered]
            level = {"assigned": subject.assigned, "delivered": below[-1] if below else None, "discard": None}[rule]
        if level is not None:
            n[level] += 1
            dlt[level] += subject.dlt
    return Counts(tuple(n), tuple(dlt), current)


def skeleton_at(dose: float, ladder: Sequence[float], skeleton: Sequence[float]) -> float:
    """Return the skeleton at a delivered dose: log-linear in dose and in odds between and beyond the levels.

    >>> round(skeleton_at(3e6, (1e6, 3e6, 1e7), (0.1, 0.2, 0.3)), 12)
    0.2
    """
    x = np.log(np.array(ladder))
    odds = np.log(np.array(skeleton)) - np.log1p(-np.array(skeleton))
    at = float(np.log(dose))
    k = int(np.clip(np.searchsorted(x, at) - 1, 0, max(len(x) - 2, 0)))
    slope = (odds[k + 1] - odds[k]) / (x[k + 1] - x[k]) if len(x) > 1 else 1.0
    return float(1 / (1 + np.exp(-(odds[k] + slope * (at - x[k])))))


def fit_delivered(model: CrmModel, subjects: Sequence[Delivered], ladder: Sequence[float]) -> CrmFit:
    """Return the CRM fit with each subject at the dose delivered; the rates are those of the model's own levels."""
    _check(subjects, ladder)
    if len(ladder) != len(model.skeleton):
        raise UserError(
            fault("DSG-045", expected=Count(len(model.skeleton), "dose_item"), found=Count(len(ladder), "dose_item"))
        )
    given = sorted({skeleton_at(s.delivered, ladder, model.skeleton) for s in subjects} | set(model.skeleton))
    wide = CrmModel(tuple(given), model.name, model.intercept, model.prior_sd)
    position = {value: j for j, value in enumerate(given)}
    at = [position[skeleton_at(s.delivered, ladder, model.skeleton)] for s in subjects]
    fit = fit_bayes(wide, at, [int(s.dlt) for s in subjects])
    own = [position[value] for value in model.skeleton]
    rates, lower, upper = (tuple(values[j] for j in own) for values in (fit.rates, fit.lower, fit.upper))
    return CrmFit(fit.estimate, fit.variance, rates, lower, upper)
