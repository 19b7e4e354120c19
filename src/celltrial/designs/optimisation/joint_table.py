"""Joint toxicity-efficacy table: TEPI and its kin, made for adoptive cells.

The DLT rate and the response rate are each cut into intervals; a table fixed with the clinicians
says for every pair of intervals E (escalate), S (stay) or D (de-escalate). With y DLTs and x responses in n
subjects the pair with the greatest joint unit probability mass (posterior probabilities divided by the
interval lengths, independent Beta(1, 1) priors) gives the move. A dose is eliminated, with all above it, when
P(DLT rate > limit) > `toxic_certainty`; a dose that the table would leave (E or D) is never given again when
P(response rate > minimum) < `futile_below`. Li, Whitmore, Guo & Ji (2017), doi:10.1158/1078-0432.CCR-16-1125.

The recommended dose maximises E[f(DLT rate)] E[g(response rate)] among admissible treated doses: f falls
linearly from 1 at the lower end of the interval that holds the limit to 0 at its upper end; g rises from 0 at the first
efficacy cut to 1 at the last.

Differences from other software: the decisions are those of Keyboard 0.1.3 `get.decision.obd.kb`, which like this
does not mark S as futile, but for one cell of its matrix (12 DLTs and 19 responses in 27: S among DUT). The paper makes posterior samples isotonic before it takes utilities; here doses are judged apart.
A move onto an eliminated dose goes on to the next dose in the same direction that is not, else the trial
stays, else it takes any admissible neighbour.

>>> params = JointTableParams(cohort_size=3, max_subjects=18)
>>> [move_of(params, 3, y, x) for y, x in ((0, 1), (1, 1), (1, 0), (3, 0))]
['E', 'S', 'DUE', 'DUT']
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import Identifier, message
from celltrial.designs.escalation.move_table import check_cohorts, doses_at_or_above
from celltrial.designs.observation import DLT_RESPONSE, Channel, Observation
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States, check_frame

_STEP: Final = {"E": 1, "S": 0, "D": -1}


@dataclass(frozen=True, slots=True)
class JointTableParams:
    """What the protocol must state.

    cohort_size, max_subjects: subjects per cohort and in all.
    toxicity_cuts, efficacy_cuts: inner borders of the intervals, strictly increasing in (0, 1).
    moves:             rows by toxicity interval (lowest first), letters E, S, D by efficacy interval.
    max_dlt_rate, toxic_certainty, min_response_rate, futile_below: limits of the two elimination rules.
    """

    cohort_size: int
    max_subjects: int
    toxicity_cuts: tuple[float, ...] = (0.15, 0.25, 0.35)
    efficacy_cuts: tuple[float, ...] = (0.25, 0.45, 0.65)
    moves: tuple[tuple[str, ...], ...] = (
        ("E", "E", "E", "E"),
        ("E", "E", "E", "S"),
        ("D", "S", "S", "S"),
        ("D", "D", "D", "D"),
    )
    max_dlt_rate: float = 0.30
    toxic_certainty: float = 0.95
    min_response_rate: float = 0.40
    futile_below: float = 0.30

    def __post_init__(self) -> None:
        """Refuse cuts out of order, a table of another shape, letters that are none, limits outside (0, 1)."""
        check_cohorts(self.cohort_size, self.max_subjects)
        for name in ("toxicity_cuts", "efficacy_cuts"):
            cuts = getattr(self, name)
            if not cuts or any(b <= a for a, b in itertools.pairwise((0.0, *cuts, 1.0))):
                raise UserError(
                    fault(
                        "DSG-062",
                        expected=message("strictly_increasing_in_0_1", name=Identifier(name)),
                        found=str(cuts),
                    )
                )
        shape = (len(self.toxicity_cuts) + 1, len(self.efficacy_cuts) + 1)
        if len(self.moves) != shape[0] or any(len(row) != shape[1] or set(row) - set(_STEP) for row in self.moves):
            expected = message("moves_of_rows_with_letters_e_s_or_d", rows=shape[0], letters=shape[1])
            raise UserError(fault("DSG-062", expected=expected, found=str(self.moves)))
        limits = (self.max_dlt_rate, self.toxic_certainty, self.min_response_rate, self.futile_below)
        if any(not 0 < value < 1 for value in limits):
            raise UserError(fault("DSG-062", expected=message("all_limits_in_0_1"), found=str(limits)))


def _unit_masses(n: NDArray[np.int64], k: NDArray[np.int64], cuts: tuple[float, ...]) -> NDArray[np.float64]:
    borders = np.array([0.0, *cuts, 1.0])
    mass = special.betainc((1 + k)[:, None], (1 + n - k)[:, None], borders)
    return np.asarray(np.diff(mass, axis=1) / np.diff(borders))


def _codes(params: JointTableParams, n: NDArray[np.int64], y: NDArray[np.int64], x: NDArray[np.int64]) -> Ints:
    """Return step + 1, plus 10 where futile, 20 where too toxic."""
    steps = np.array([[_STEP[letter] for letter in row] for row in params.moves])
    toxicity = _unit_masses(n, y, params.toxicity_cuts).argmax(axis=1)
    step = steps[toxicity, _unit_masses(n, x, params.efficacy_cuts).argmax(axis=1)]
    toxic = special.betainc(1 + n - y, 1 + y, 1 - params.max_dlt_rate) > params.toxic_certainty
    futile = (special.betainc(1 + n - x, 1 + x, 1 - params.min_response_rate) < params.futile_below) & (step != 0)
    return np.where(toxic, 20, step + 1 + 10 * futile)


def move_of(params: JointTableParams, n: int, dlt: int, response: int) -> str:
    """Return the move: E, S, D; EUE, DUE where the dose is left as futile; DUT where it is too toxic."""
    if not (0 <= dlt <= n and 0 <= response <= n and n >= 1):
        raise UserError(fault("DSG-001", expected="0 <= dlt, response <= n", found=f"n={n}, {dlt}, {response}"))
    code = int(_codes(params, *(np.array([v]) for v in (n, dlt, response)))[0])
    return "DUT" if code >= 20 else "DSE"[code % 10] + ("UE" if code >= 10 else "")


def build(params: JointTableParams, n_doses: int, start: int = 0) -> JointTable:
    """Return the policy on a grid of `n_doses` doses."""
    check_frame(n_doses, start)
    return JointTable(params, n_doses, start)


@dataclass(frozen=True, slots=True)
class JointTable(Policy):
    """The policy."""

    params: JointTableParams
    n_doses: int
    start: int
    codes: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the move of every (n, y, x)."""
        sizes = np.arange(self.params.max_subjects + 1)
        n, y, x = (a.ravel() for a in np.meshgrid(sizes, sizes, sizes, indexing="ij"))
        inside = (y <= n) & (x <= n) & (n > 0)
        codes = np.ones(len(n), np.int64)
        codes[inside] = _codes(self.params, n[inside], y[inside], x[inside])
        object.__setattr__(self, "codes", codes.reshape((len(sizes),) * 3))

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return DLT_RESPONSE

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort."""
        return self.params.cohort_size

    def _read(self, states: States) -> tuple[Ints, Bools, Bools]:
        """Return the codes, and which doses are too toxic and which are futile [state, dose]."""
        most = self.params.max_subjects
        codes = self.codes[
            np.minimum(states.n, most),
            np.minimum(states.dlt, most),
            np.minimum(states.channel(Channel.RESPONSE), most),
        ]
        return codes, doses_at_or_above(codes >= 20), (codes >= 10) & (codes < 20)

    def decide_states(self, states: States) -> Decisions:
        """Return the moves of the table."""
        codes, toxic, futile = self._read(states)
        rows, levels, current = states.rows, np.arange(self.n_doses), states.current
        fit = ~toxic & ~futile
        code = codes[rows, current]
        step = np.where(code >= 20, -1, code % 10 - 1)
        offset = levels - current[:, None]
        up = np.where(fit & (offset > 0), levels, self.n_doses).min(axis=1)
        down = np.where(fit & (offset < 0), levels, -1).max(axis=1)
        up = np.where(up == self.n_doses, -1, up)
        here = np.where(fit[rows, current], current, -1)
        following = np.select([step > 0, step < 0], [up, down], here)
        following = np.where(following < 0, here, following)
        following = np.where(following < 0, np.maximum(down, up), following)
        started, remaining = states.enrolled() > 0, self.max_subjects - states.enrolled()
        following = np.where(started, following, current)
        reason = np.select(
            [toxic[:, 0], following < 0, remaining <= 0, ~started, following > current, following < current],
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
        """Return the admissible treated dose with the greatest product of mean utilities."""
        p = self.params
        _, toxic, futile = self._read(states)
        fit = (states.n > 0) & ~toxic & ~futile
        borders = (0.0, *p.toxicity_cuts, 1.0)
        low, high = next(pair for pair in itertools.pairwise(borders) if pair[0] <= p.max_dlt_rate < pair[1])
        safety = 1 - _mean_ramp(states.n, states.dlt, low, high)
        response = states.channel(Channel.RESPONSE)
        effect = _mean_ramp(states.n, response, p.efficacy_cuts[0], max(p.efficacy_cuts[-1], p.efficacy_cuts[0] + 1e-6))
        value = np.where(fit, safety * effect, -1.0)
        return np.where(fit.any(axis=1), value.argmax(axis=1), -1)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details = {
            "toxicity": p.max_dlt_rate,
            "response": p.min_response_rate,
            "rows": len(p.moves),
            "columns": len(p.moves[0]),
            "cohort_size": p.cohort_size,
            "max_subjects": p.max_subjects,
        }
        return (Message("design.joint_table.rule", details),)


def _mean_ramp(n: NDArray[np.int16], k: NDArray[np.int16], low: float, high: float) -> NDArray[np.float64]:
    """Return E[ramp(rate)] under Beta(1 + k, 1 + n - k): 0 up to low, 1 from high, linear between."""
    a, b = 1.0 + k, 1.0 + n - k
    inside = special.betainc(a + 1, b, high) - special.betainc(a + 1, b, low)
    mass = special.betainc(a, b, high) - special.betainc(a, b, low)
    linear = (a / (a + b) * inside - low * mass) / (high - low)
    return np.asarray(linear + 1 - special.betainc(a, b, high))
