"""Decisions about subjects, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.deciding import Decider
from celltrial.conduct.subject.decide_collection import DECIDERS as COLLECTION
from celltrial.conduct.subject.decide_exit import DECIDERS as EXIT
from celltrial.conduct.subject.decide_historical import DECIDERS as HISTORICAL
from celltrial.conduct.subject.decide_infusion import DECIDERS as INFUSION
from celltrial.conduct.subject.decide_lymphodepletion import DECIDERS as LYMPHODEPLETION
from celltrial.conduct.subject.decide_reassignment import DECIDERS as REASSIGNMENT
from celltrial.conduct.subject.decide_screening import DECIDERS as SCREENING

__all__ = ["DECIDERS"]

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {**SCREENING, **COLLECTION, **LYMPHODEPLETION, **INFUSION, **REASSIGNMENT, **EXIT, **HISTORICAL}
)
"""Command type to its decider."""
