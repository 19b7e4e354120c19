"""The review as plain data for machines; ids and codes do not depend on the language, texts do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.review import Review
    from celltrial.guideline.verdict import Verdict
    from celltrial.locale import Language


def review_data(answer: Review, language: Language) -> dict[str, Any]:
    """Return the whole review."""
    return {
        "protocol": answer.protocol_id,
        "version": answer.protocol_version,
        "register": {"id": answer.register_id, "version": answer.register_version, "sample": answer.sample_register},
        "in_scope": not answer.out_of_scope,
        "risk_tier": answer.tier.tier.value,
        "computed_risk_tier": answer.tier.computed.value,
        "counts": {kind.value: count for kind, count in answer.counts.items()},
        "missing_facts": list(answer.missing_facts),
        "stray_justifications": list(answer.stray_justifications),
        "verdicts": [verdict_data(item, language) for item in answer.verdicts],
    }


def verdict_data(item: Verdict, language: Language) -> dict[str, Any]:
    """Return one verdict: why it applies, what was found, what would satisfy it, where it acts."""
    from celltrial.guideline.traces import trace_of
    from celltrial.guideline.wording import applicability_text, finding_text
    from celltrial.locale import has, translate

    trace, findings = trace_of(item.clause), []
    for one in item.findings:
        text = finding_text(one, language, translate=translate, has=has)
        findings.append(
            {
                "code": one.code,
                "severity": one.severity.value,
                "field": one.path,
                "found": text.found,
                "remedy": text.remedy,
            }
            | ({"experiment": one.experiment} if one.experiment else {})
        )
    signed = item.justification
    return {
        "clause": item.clause.id,
        "section": item.clause.section,
        "strength": item.clause.strength.value,
        "status": item.kind.value,
        "trigger": item.clause.trigger,
        "applies": item.applicability.truth.value,
        "why": applicability_text(item.applicability, language, translate=translate, has=has),
        "blocks_approval": item.blocks_approval,
        "findings": findings,
        "grounds": [
            {"what": one.what, "field": one.path, "found": one.found, "limit": one.limit, "source": one.source}
            | ({"experiment": one.experiment} if one.experiment else {})
            if not one.reference
            else {"field": one.path, "reference": one.reference}
            for one in item.grounds
        ],
        "justification": None
        if signed is None
        else {
            "reason": signed.reason.said(language),
            "signed_by": signed.signed_by,
            "signed_on": signed.signed_on.isoformat(),
            "signed": item.status.value == "justified",
            "signers": list(item.signers),
            "signatures_missing": item.signatures_missing,
        },
        "checks": list(trace.checks),
        "acts": list(trace.acts),
    }


def changes_data(changes: Iterable[VerdictChange], language: Language) -> list[dict[str, Any]]:
    """Return changed verdicts; None on the side that does not have the clause."""
    return [
        {
            "clause": item.clause,
            "before": None if item.before is None else verdict_data(item.before, language),
            "after": None if item.after is None else verdict_data(item.after, language),
        }
        for item in changes
    ]


def questions_data(answer: Review, language: Language) -> list[dict[str, Any]]:
    """Return the draft questions for the agency with the sponsor's position."""
    from celltrial.guideline.agency import draft_questions
    from celltrial.guideline.wording import question_text
    from celltrial.locale import has, translate

    return [
        {
            "clause": one.clause,
            "field": one.path,
            "question": question_text(one, language, translate=translate, has=has),
            "reason": one.reason.said(language) if one.reason is not None else "",
            "evidence": [item.statement.said(language) for item in one.evidence],
        }
        for one in draft_questions(answer)
    ]
