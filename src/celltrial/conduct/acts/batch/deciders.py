"""Decisions about batches, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.batch.custody import DECIDERS as CUSTODY
from celltrial.conduct.acts.batch.making import DECIDERS as MAKING
from celltrial.conduct.acts.checks import Decider

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({**MAKING, **CUSTODY})
"""Command type to its decider."""
