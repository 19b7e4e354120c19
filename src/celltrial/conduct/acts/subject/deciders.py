"""Decisions about subjects, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider
from celltrial.conduct.acts.subject.collection import DECIDERS as COLLECTION
from celltrial.conduct.acts.subject.historical import DECIDERS as HISTORICAL
from celltrial.conduct.acts.subject.infusion import DECIDERS as INFUSION
from celltrial.conduct.acts.subject.leaving import DECIDERS as EXIT
from celltrial.conduct.acts.subject.lymphodepletion import DECIDERS as LYMPHODEPLETION
from celltrial.conduct.acts.subject.reassignment import DECIDERS as REASSIGNMENT
from celltrial.conduct.acts.subject.screening import DECIDERS as SCREENING

DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {**SCREENING, **COLLECTION, **LYMPHODEPLETION, **INFUSION, **REASSIGNMENT, **EXIT, **HISTORICAL}
)
"""Command type to its decider."""
