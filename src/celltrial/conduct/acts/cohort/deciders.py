"""Decisions about cohorts, levels and doses, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider
from celltrial.conduct.acts.cohort.dlt import DECIDERS as DLT
from celltrial.conduct.acts.cohort.dose import DECIDERS as DOSE
from celltrial.conduct.acts.cohort.opening import DECIDERS as COHORT

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({**COHORT, **DLT, **DOSE})
"""Command type to its decider."""
