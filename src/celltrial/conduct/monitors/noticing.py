"""What a monitor is: (state after the fact, the fact, the moment) -> facts that follow, with their streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from celltrial.conduct.facts.state import TrialState
from celltrial.core.dates import Instant

Facts = Iterator[tuple[str, Any]]
Monitor = Callable[[TrialState, Any, Instant], Facts]
