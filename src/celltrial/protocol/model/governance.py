"""Oversight: boards, review calendar, agency advice, evidence reviews, justifications."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from celltrial.protocol.model.base import (
    CalendarDate,
    Descriptive,
    DurationField,
    Evidence,
    Grown,
    GrownSection,
    LocalText,
    Section,
)


class AgencyInteraction(Section):
    """Advice asked for or received (1.2-e)."""

    topic: LocalText
    status: str = Field(pattern="^(planned|asked|answered)$")
    dated: Annotated[CalendarDate | None, Descriptive()] = None
    advice: LocalText | None = None


class Justification(Section):
    """Comply or explain: a signed reason for not following one clause."""

    clause: str
    reason: LocalText
    evidence: tuple[Evidence, ...] = ()
    signed_by: str = Field(min_length=1)
    signed_on: CalendarDate


class Governance(GrownSection):
    """Who watches, how often, and on what."""

    safety_board: bool = False
    safety_board_charter: str | None = None
    safety_board_text: Annotated[LocalText | None, Grown()] = None
    evidence_review_interval: DurationField | None = None
    last_evidence_review: CalendarDate | None = None
    agency: tuple[AgencyInteraction, ...] = ()
    monitoring_plan: LocalText | None = None
