"""Decisions about suspensions and halts, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider
from celltrial.conduct.acts.scope.quality_halt import DECIDERS as HALT
from celltrial.conduct.acts.scope.suspension import DECIDERS as SUSPENSION

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({**SUSPENSION, **HALT})
"""Command type to its decider."""
