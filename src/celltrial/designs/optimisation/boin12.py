"""BOIN12: utility-based phase I/II design for the optimal biological dose.

The DLT rate at the current dose against the BOIN cut-offs of the toxicity limit says which doses
may follow, and the desirability of their outcomes says which of them does:

at or above the upper cut-off   one dose down;
between the cut-offs            the current dose or the one below, and the one above while the current
                                dose has fewer than `explore_below_n` subjects;
at or below the lower cut-off   the dose below, the current one or the one above.

Among these, doses that are too toxic or futile are left out (`utility.admissible_doses`), and the one
with the greatest P(utility > benchmark) follows, utility being quasi-binomial. The benchmark lies half-way
between the mean utility at the two limits and 100. `force_exploration_n`: where given, with so many subjects at the
dose and a rate below the upper cut-off an untried next dose is tried. At the end: the dose nearest the
toxicity limit by isotonic regression is the MTD, and among admissible treated doses up to it the one with the
greatest mean utility is recommended. Lin, Zhou, Yan, Li & Yuan (2020), doi:10.1200/PO.20.00257.

Differences from other software. escalation 0.2.3 always applies forced exploration (n > 8) and after 3/3
DLTs at the lowest dose goes on there although it is not admissible; here that is a stop. Of two
equally desirable doses the higher follows, as in the authors' application (`ties="higher"`). Where the dose
below is not admissible, the next admissible one below it is taken; without any, the trial stops.

>>> params = Boin12Params(max_dlt_rate=0.35, min_response_rate=0.25, cohort_size=3, max_subjects=24)
>>> from celltrial.designs.policy import Counts
>>> build(params, n_doses=3).decide(Counts((3, 0, 0), (0, 0, 0), response=(1, 0, 0))).next_dose
1
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.boin import BoinParams, boundaries
from celltrial.designs.escalation.isotonic import isotonic_rates
from celltrial.designs.escalation.move_table import check_cohorts
from celltrial.designs.observation import Channel, Observation
from celltrial.designs.optimisation.utility import Utilities, admissible_doses, desirability, highest_tolerated, score
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States, check_frame


@dataclass(frozen=True, slots=True)
class Boin12Params:
    """What the protocol must state for BOIN12.

    max_dlt_rate, min_response_rate: the two limits, in (0, 1).
    cohort_size, max_subjects: subjects per cohort and in all.
    utility_response, utility_neither, utility_both, utility_dlt: utilities in [0, 100].
    toxic_certainty, futile_certainty: certainties of the admissibility rules, in (0.5, 1).
    explore_below_n:     between the cut-offs the dose above is a candidate with fewer subjects than these.
    force_exploration_n: see above; None switches it off.
    ties:                which of two equally desirable doses follows.
    """

    max_dlt_rate: float
    min_response_rate: float
    cohort_size: int
    max_subjects: int
    utility_response: float = 100.0
    utility_neither: float = 40.0
    utility_both: float = 60.0
    utility_dlt: float = 0.0
    toxic_certainty: float = 0.95
    futile_certainty: float = 0.90
    explore_below_n: int = 6
    force_exploration_n: int | None = None
    ties: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        """Refuse limits outside (0, 1), certainties that are none, utilities out of order."""
        if not (0 < self.max_dlt_rate < 1 / 1.4 and 0 < self.min_response_rate < 1):
            found = f"max_dlt_rate={self.max_dlt_rate}, min_response_rate={self.min_response_rate}"
            raise UserError(
                fault("DSG-061", expected="0 < max_dlt_rate < 0.714, 0 < min_response_rate < 1", found=found)
            )
        if not (0.5 < self.toxic_certainty < 1 and 0.5 < self.futile_certainty < 1) or self.ties not in {
            "higher",
            "lower",
        }:
            found = (
                f"toxic_certainty={self.toxic_certainty}, futile_certainty={self.futile_certainty}, ties={self.ties}"
            )
            raise UserError(fault("DSG-011", expected="0.5 < certainties < 1, ties = higher | lower", found=found))
        check_cohorts(self.cohort_size, self.max_subjects)
        self.utilities()

    def utilities(self) -> Utilities:
        """Return the utilities."""
        return Utilities(self.utility_response, self.utility_neither, self.utility_both, self.utility_dlt)

    def benchmark(self) -> float:
        """Return the benchmark of the utility, in (0, 1)."""
        floor = self.utilities().expected(self.max_dlt_rate, self.min_response_rate)
        return (floor + (100 - floor) / 2) / 100


def build(params: Boin12Params, n_doses: int, start: int = 0) -> Boin12:
    """Return the BOIN12 policy on a grid of `n_doses` doses."""
    check_frame(n_doses, start)
    return Boin12(params, n_doses, start)


@dataclass(frozen=True, slots=True)
class Boin12(Policy):
    """The BOIN12 policy."""

    params: Boin12Params
    n_doses: int
    start: int
    up: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    down: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    table: NDArray[np.float64] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the integer boundaries and, with additive utilities, the desirability of all counts."""
        p = self.params
        cut = boundaries(BoinParams(p.max_dlt_rate, p.cohort_size, p.max_subjects))
        sizes = range(p.max_subjects + 1)
        object.__setattr__(self, "up", np.array([math.floor(n * cut.escalate_at_most) for n in sizes]))
        object.__setattr__(self, "down", np.array([math.floor(n * cut.de_escalate_at_least) + 1 for n in sizes]))
        table = None
        if Channel.BOTH not in self.observation.channels:
            n, y, x = (a.astype(float) for a in np.meshgrid(sizes, sizes, sizes, indexing="ij"))
            u = p.utilities()
            events = (u.response * x + u.dlt * y + u.neither * (n - y - x)) / 100
            inside = (y <= n) & (x <= n)
            table = np.zeros(n.shape)
            table[inside] = desirability(n[inside], np.maximum(events[inside], 0.0), p.benchmark())
        object.__setattr__(self, "table", table)

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return self.params.utilities().observation

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort."""
        return self.params.cohort_size

    def desirabilities(self, states: States) -> NDArray[np.float64]:
        """Return P(utility > benchmark) [state, dose]."""
        if self.table is not None and states.n.max(initial=0) < len(self.table):
            return np.asarray(self.table[states.n, states.dlt, states.channel(Channel.RESPONSE)])
        events = score(states, self.params.utilities())
        return desirability(states.n.astype(float), events, self.params.benchmark())

    def _admissible(self, states: States) -> tuple[Bools, Bools]:
        p = self.params
        return admissible_doses(states, p.max_dlt_rate, p.toxic_certainty, p.min_response_rate, p.futile_certainty)

    def _moves(self, states: States) -> tuple[Bools, Bools, Bools]:
        """Return whether the dose below, the current and the dose above are candidates."""
        n = np.minimum(states.n[states.rows, states.current], self.max_subjects)
        dlt = states.dlt[states.rows, states.current]
        high = dlt >= self.down[n]
        low = dlt <= self.up[n]
        return np.ones(len(n), np.bool_), ~high, low | (~high & (n < self.params.explore_below_n))

    def decide_states(self, states: States) -> Decisions:
        """Return the most desirable admissible candidate."""
        current, rows, levels = states.current, states.rows, np.arange(self.n_doses)
        tolerable, effective = self._admissible(states)
        fit = tolerable & effective
        below, same, above = self._moves(states)
        step = levels - current[:, None]
        candidate = fit & (
            ((step == -1) & below[:, None]) | ((step == 0) & same[:, None]) | ((step == 1) & above[:, None])
        )
        value = np.where(candidate, self.desirabilities(states), -1.0)
        last = self.n_doses - 1
        best = last - value[:, ::-1].argmax(axis=1) if self.params.ties == "higher" else value.argmax(axis=1)
        # without a candidate: the next admissible dose below; at the lowest dose, that dose itself
        lower = np.where(fit & (step < 0), levels, -1).max(axis=1)
        lower = np.where((current == 0) & fit[:, 0], 0, lower)
        following = np.where(candidate.any(axis=1), best, lower)
        if self.params.force_exploration_n is not None:
            nxt = np.minimum(current + 1, last)
            explore = same & (current < last) & (states.n[rows, nxt] == 0) & tolerable[rows, nxt]
            explore &= states.n[rows, current] >= self.params.force_exploration_n
            following = np.where(explore, nxt, following)
        started, remaining = states.enrolled() > 0, self.max_subjects - states.enrolled()
        following = np.where(started, following, current)
        reason = np.select(
            [~tolerable[:, 0], following < 0, remaining <= 0, ~started, following > current, following < current],
            [
                Reason.STOP_LOWEST_TOO_TOXIC,
                Reason.STOP_NO_ADMISSIBLE_DOSE,
                Reason.STOP_MAX_SUBJECTS,
                Reason.START,
                Reason.ESCALATE,
                Reason.DE_ESCALATE,
            ],
            Reason.STAY,
        )
        stops = reason >= Reason.STOP_MAX_SUBJECTS
        size = np.where(stops, 0, np.minimum(self.cohort_size, remaining))
        return Decisions(np.where(stops, -1, following), size, reason, ~fit)

    def select_states(self, states: States) -> Ints:
        """Return the dose with the greatest mean utility among admissible treated doses up to the MTD."""
        tolerable, effective = self._admissible(states)
        treated = states.n > 0
        mtd = highest_tolerated(isotonic_rates(states.n, states.dlt, treated & tolerable), self.params.max_dlt_rate)
        fit = treated & tolerable & effective & (np.arange(self.n_doses) <= mtd[:, None])
        mean = (1 + score(states, self.params.utilities())) / (2 + states.n)
        return np.where(fit.any(axis=1), np.where(fit, mean, -1.0).argmax(axis=1), -1)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details = {
            "toxicity": p.max_dlt_rate,
            "response": p.min_response_rate,
            "u1": p.utility_response,
            "u2": p.utility_neither,
            "u3": p.utility_both,
            "u4": p.utility_dlt,
            "cohort_size": p.cohort_size,
            "max_subjects": p.max_subjects,
        }
        return (Message("design.boin12.rule", details),)
