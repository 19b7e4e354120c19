"""The response that follows from lesions, in the transaction that completes, adds or corrects a reading; and a query where
the one that was assessed differs.
"""

from __future__ import annotations

from typing import Any

from celltrial.clinical.recist11 import RULE
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import subject_stream
from celltrial.conduct.facts.assessment.events import ResponseAssessed
from celltrial.conduct.facts.safety.events import QueryOpened
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.vocabulary import AssessmentSource, Finding
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.core.values import Term, message

CRITERIA = "RECIST 1.1"


def watch_lesions(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield the derived response of every completed visit where it is new or no longer what it was."""
    subject = getattr(fact, "subject", None) or _corrected(fact)
    tumour = state.tumours.get(subject)
    if tumour is None:
        return
    for (reader, visit), done in tumour.visits.items():
        derived = tumour.response(reader, visit)
        category = derived.category or "NE"
        if tumour.derived.get((reader, visit)) == category:
            continue
        rule = f"{RULE.id}/{RULE.version}"
        findings = tuple(
            Finding(name, value, "mm", done.on) for name, value in derived.inputs.items() if name.endswith("_mm")
        )
        deciding = Finding("rule", ", ".join((rule, *derived.deciding)), "", at.local_date)
        yield (
            subject_stream(subject),
            ResponseAssessed(
                subject, CRITERIA, visit, category, AssessmentSource.DERIVED, done.on, reader, (*findings, deciding)
            ),
        )


def _corrected(fact: Any) -> str:
    kind, _, key = str(fact.record).partition("/")
    return key.partition("/")[0] if kind == "lesion" else ""


def watch_responses(state: TrialState, fact: ResponseAssessed, at: Instant) -> Facts:  # noqa: ARG001
    """Yield a query where a response as assessed and as derived differ; one for each visit and reader."""
    tumour = state.tumours.get(fact.subject)
    if tumour is None or not same_term(fact.criteria, CRITERIA, "response_criteria"):
        return
    key = (fact.reader, fact.visit)
    reported, derived = tumour.reported.get(key), tumour.derived.get(key)
    query = "/".join(filter(None, ("response", fact.subject, fact.visit, fact.reader)))
    if reported is None or derived is None or reported == derived or query in state.queries:
        return
    detail = message("reported_and_derived", reported=Term("response", reported), derived=Term("response", derived))
    yield subject_stream(fact.subject), QueryOpened(query, subject_stream(fact.subject), Code.QUERY_RESPONSE, detail)
