"""What every count-based stopping rule is: a least number of events per number of subjects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.policy import Message


@dataclass(frozen=True, slots=True)
class StoppingCharacteristics:
    """What a rule does under one true rate; exact.

    rate:        true event rate.
    prob_stop:   probability that the boundary is crossed at or before max_n.
    expected_n:  subjects entered when the trial stops there or reaches max_n.
    expected_events: events among them.
    prob_stop_at: probability to stop at n = 1..max_n.
    total_probability_error: |sum of all probabilities - 1|.
    """

    rate: float
    prob_stop: float
    expected_n: float
    expected_events: float
    prob_stop_at: tuple[float, ...]
    total_probability_error: float


class BoundaryRule(ABC):
    """A rule that stops when x events in n subjects reach a boundary; looked at after every subject.

    min_n:       no look before this many subjects.
    denominator: what n counts: `subjects`, or `exposure` for rules over person-time.
    """

    denominator: ClassVar[str] = "subjects"
    min_n: int

    @abstractmethod
    def boundary(self, n: int) -> int | None:
        """Return the least x at which n subjects stop the trial; None where none does."""

    @abstractmethod
    def describe(self) -> tuple[Message, ...]:
        """Return the sentences for the protocol."""

    def is_crossed(self, x: int, n: int) -> bool:
        """Tell whether x events in n subjects stop the trial."""
        if not 0 <= x <= n:
            raise UserError(fault("DSG-001", expected="0 <= x <= n", found=f"x={x}, n={n}"))
        limit = self.boundary(n) if n >= 1 else None
        return limit is not None and x >= limit

    def boundaries(self, max_n: int) -> dict[int, int]:
        """Return {n: least x that stops} for n = 1..max_n; an n at which nothing stops is absent."""
        return {n: limit for n in range(1, max_n + 1) if (limit := self.boundary(n)) is not None}

    def printed(self, max_n: int) -> dict[int, int]:
        """Return the short form of the table: for each least x only the largest n at which it stops, as {n: x}."""
        last = {x: n for n, x in self.boundaries(max_n).items()}
        return {n: x for x, n in last.items()}

    def characteristics(self, rates: Sequence[float], max_n: int) -> tuple[StoppingCharacteristics, ...]:
        """Return the exact operating characteristics for true rates in [0, 1] and max_n >= 1 subjects.

        Recursion over (n, x): paths that crossed are absorbed after each subject. Checked against AC-P7.2.
        """
        if max_n < 1 or any(not 0 <= p <= 1 for p in rates):
            raise UserError(
                fault("DSG-032", expected=message("max_n_and_rate"), found=f"max_n={max_n}, rates={tuple(rates)}")
            )
        limits = [self.boundary(n) for n in range(1, max_n + 1)]
        return tuple(_propagate(p, limits) for p in rates)

    def crossing_from(self, x: int, n: int, rate: float, max_n: int) -> float:
        """Return the probability that the boundary is crossed by max_n subjects, given x events in the first n.

        rate: true event rate of those to come, in [0, 1]. 1 where x in n crosses already. Exact recursion over the subjects to
        come; checked against every sequence of up to ten of them, and from n = 0 against `characteristics`.
        """
        if not 0 <= x <= n <= max_n or not 0 <= rate <= 1:
            found = f"x={x}, n={n}, max_n={max_n}, rate={rate}"
            raise UserError(fault("DSG-001", expected="0 <= x <= n <= max_n, 0 <= rate <= 1", found=found))
        if n and self.is_crossed(x, n):
            return 1.0
        going, crossed = {x: 1.0}, 0.0
        for reached in range(n + 1, max_n + 1):
            following: dict[int, float] = {}
            for events, weight in going.items():
                for more, share in ((0, 1 - rate), (1, rate)):
                    following[events + more] = following.get(events + more, 0.0) + weight * share
            limit = self.boundary(reached)
            going = {events: weight for events, weight in following.items() if limit is None or events < limit}
            crossed += sum(weight for events, weight in following.items() if events not in going)
        return crossed


def _propagate(rate: float, limits: Sequence[int | None]) -> StoppingCharacteristics:
    going = [1.0]
    stopped: list[float] = []
    expected_n = expected_x = 0.0
    for n, limit in enumerate(limits, start=1):
        following = [0.0] * (n + 1)
        for x, weight in enumerate(going):
            following[x] += weight * (1 - rate)
            following[x + 1] += weight * rate
        cut = n + 1 if limit is None else limit
        gone = following[cut:]
        stopped.append(sum(gone))
        expected_n += n * stopped[-1]
        expected_x += sum((cut + i) * weight for i, weight in enumerate(gone))
        going = following[:cut] + [0.0] * (n + 1 - cut)
    total = sum(stopped) + sum(going)
    return StoppingCharacteristics(
        rate=rate,
        prob_stop=sum(stopped),
        expected_n=expected_n + len(limits) * sum(going),
        expected_events=expected_x + sum(x * weight for x, weight in enumerate(going)),
        prob_stop_at=tuple(stopped),
        total_probability_error=abs(total - 1),
    )
