"""The example protocol, and what chapters of conduct ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from celltrial.conduct.rehearsal import Journey, with_fields
from celltrial.protocol import Protocol, read_protocol

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture(scope="session")
def escalation_protocol() -> Protocol:
    """The anti-BCMA escalation of the examples, with 3+3 in place of BOIN so that counts can be done by hand."""
    protocol = read_protocol(_EXAMPLE.read_text(encoding="utf-8"), _EXAMPLE.name)
    return with_fields(
        protocol, {"escalation.design": {"kind": "3+3", "params": {"mtd_rule": "previous"}, "modifiers": []}}
    )


@pytest.fixture
def journey(escalation_protocol: Protocol) -> Callable[..., Journey]:
    """Return a maker of rehearsals: protocol fields to change, sites, first day."""

    def make(
        fields: dict[str, Any] | None = None,
        *,
        sites: dict[str, str] | None = None,
        start: datetime = datetime(2025, 1, 6, 2, tzinfo=UTC),
    ) -> Journey:
        trip = Journey(start, "Asia/Shanghai")
        trip.open_trial(with_fields(escalation_protocol, fields or {}), sites)
        return trip

    return make
