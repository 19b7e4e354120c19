"""Decisions about subjects, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.deciding import Decider
from celltrial.conduct.acts.subject.decide_collection import DECIDERS as COLLECTION
from celltrial.conduct.acts.subject.decide_exit import DECIDERS as EXIT
from celltrial.conduct.acts.subject.decide_historical import DECIDERS as HISTORICAL
from celltrial.conduct.acts.subject.decide_infusion import DECIDERS as INFUSION
from celltrial.conduct.acts.subject.decide_lymphodepletion import DECIDERS as LYMPHODEPLETION
from celltrial.conduct.acts.subject.decide_reassignment import DECIDERS as REASSIGNMENT
from celltrial.conduct.acts.subject.decide_screening import DECIDERS as SCREENING

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {**SCREENING, **COLLECTION, **LYMPHODEPLETION, **INFUSION, **REASSIGNMENT, **EXIT, **HISTORICAL}
)
"""Command type to its decider."""
