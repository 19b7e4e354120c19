"""Gray's test of equal cumulative incidence of one cause where other causes compete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from celltrial.analysis.cumulative_incidence import CENSORED
from celltrial.analysis.terms import Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import NotEstimable
from celltrial.core.values import message


@dataclass(frozen=True, slots=True)
class GrayTest:
    """The test: chi-square on `degrees` degrees of freedom; p_value is two-sided."""

    groups: tuple[str, ...]
    n: int
    events: int
    chi_square: float
    degrees: int
    p_value: float


def estimate(time: Sequence[float], cause: Sequence[str], group: Sequence[str], *, of: str) -> GrayTest | NotEstimable:
    """Return the test that the cumulative incidence of the cause `of` is equal in the groups.

    cause: what came first, "" for censored subjects. Not estimable where the events leave the groups no chance to differ.
    Raises ANL-007 for unequal lengths or bad times. Gray (1988),
    doi:10.1214/aos/1176350951. Checked against R 4.2.2 cmprsk 2.2-11 `cuminc` on mgus2 by sex, both causes.

    >>> found = estimate([1, 2, 3, 4, 5, 6], ["a", "a", "b", "a", "", "b"], list("xxyxyy"), of="a")
    >>> found.degrees
    1
    """
    import greenwood

    if not len(time) == len(cause) == len(group) or not all(math.isfinite(t) and t >= 0 for t in time):
        found = f"{len(time)} times, {len(cause)} causes, {len(group)} groups"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    names, events = tuple(sorted(set(group))), sum(each == of for each in cause)
    if len(names) < 2:
        return NotEstimable(Reason.NO_SUBJECTS, Population.GIVEN, len(time))
    if not events:
        return NotEstimable(Reason.NO_EVENTS_RECORDED, Population.GIVEN, len(time))
    codes = ["c0" if each == CENSORED else "c1" if each == of else "c2" for each in cause]
    frame = pl.DataFrame({"t": np.asarray(time, dtype=float), "c": codes, "g": [names.index(each) for each in group]})
    levels = ", ".join(f'"{level}"' for level in ("c0", "c1", "c2") if level == "c0" or level in codes)
    try:
        # where nobody of the last group is left its expected number is 0/0, which the statistic does not use
        with np.errstate(invalid="ignore", divide="ignore"):
            found_test = greenwood.grays_test(f"Surv(t, factor(c, c({levels}))) ~ g", data=frame, cause="c1")
    except np.linalg.LinAlgError:
        return NotEstimable(Reason.NO_VARIATION, Population.GIVEN, len(time))
    if not math.isfinite(float(found_test.statistic)):
        return NotEstimable(Reason.NO_VARIATION, Population.GIVEN, len(time))
    return GrayTest(
        names, len(time), events, float(found_test.statistic), int(found_test.df), float(found_test.p_value)
    )
