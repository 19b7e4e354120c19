"""Draft questions for the agency: what the sponsor departs from, and what the text leaves open (1.2-e)."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.guideline.review import Review
from celltrial.protocol.model.base import Evidence, LocalText


@dataclass(frozen=True, slots=True)
class AgencyQuestion:
    """One question to put before a meeting.

    code:     `question.justified` or `question.unclassified` in the catalogue; params: what the text needs.
    reason, evidence: the sponsor's position, where it is signed.
    """

    clause: str
    code: str
    path: str
    params: dict[str, object]
    reason: LocalText | None = None
    evidence: tuple[Evidence, ...] = ()


def draft_questions(review: Review) -> tuple[AgencyQuestion, ...]:
    """Return a question for each justification, signed or only typed, and for a follow-up class that the text leaves open."""
    questions = []
    for verdict in review.verdicts:
        signed = verdict.justification
        if signed is None:
            continue
        questions.append(
            AgencyQuestion(
                clause=verdict.clause.id,
                code="question.justified",
                path=verdict.findings[0].path,
                params={"clause": verdict.clause.id, "section": verdict.clause.heading},
                reason=signed.reason,
                evidence=signed.evidence,
            )
        )
    for verdict in review.verdicts:
        for item in verdict.findings:
            if item.code == "follow_up_unclassified":
                params = {"clause": verdict.clause.id, "years": item.params["years"]}
                questions.append(AgencyQuestion(verdict.clause.id, "question.unclassified", item.path, params))
    return tuple(questions)
