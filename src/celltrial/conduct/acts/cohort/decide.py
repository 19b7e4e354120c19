"""Decisions about cohorts, levels and doses, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.cohort.decide_cohort import DECIDERS as COHORT
from celltrial.conduct.acts.cohort.decide_dlt import DECIDERS as DLT
from celltrial.conduct.acts.cohort.decide_dose import DECIDERS as DOSE
from celltrial.conduct.acts.deciding import Decider

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({**COHORT, **DLT, **DOSE})
"""Command type to its decider."""
