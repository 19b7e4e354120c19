"""The protocol in force: its versions, what the review says of each clause and on what it rests, what a version changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.http import Http404, HttpResponse

from celltrial.app.approving import reasons_signed
from celltrial.app.reviewing import review_protocol
from celltrial.conduct.facts.state import ProtocolVersion
from celltrial.conduct.facts.trial.events import ProtocolAmended, ProtocolApproved
from celltrial.guideline.comparison import compare_reviews
from celltrial.guideline.review import Review
from celltrial.guideline.verdict import Verdict
from celltrial.guideline.wording import applicability_text, finding_text, ground_text
from celltrial.locale import Language, has, translate
from celltrial.protocol import canonical_json, load_canonical
from celltrial.protocol.differences import differences
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: So many fields that differ are listed.
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in words: the clause, why it applies, each finding with its remedy and field, what it rests on, the reason given."""

    verdict: Verdict
    text: str
    why: str
    findings: tuple[tuple[str, str, str, str], ...]
    grounds: tuple[str, ...]
    reason: str


def protocol(visit: TrialVisit) -> HttpResponse:
    """Show the version in force and its review; with `kind`, the clauses of that kind of verdict only."""
    version = visit.state.versions[-1] if visit.state.versions else None
    if version is None:
        return page(visit, "protocol/none.html")
    found = _review_of(visit, version)
    asked = visit.asked("kind")
    kinds = [kind for kind in found.counts if not asked or kind.value == asked]
    groups = {kind: [_told(item, visit.language) for item in found.of_kind(kind)] for kind in kinds}
    return page(visit, "protocol/page.html", version=version, found=found, groups=groups, asked=asked)


def change(visit: TrialVisit, number: str) -> HttpResponse:
    """Show what a version changed: every field, and every clause whose verdict is another."""
    versions = visit.state.versions
    place = int(number) if number.isdecimal() else 0
    if not 1 <= place < len(versions):
        raise Http404
    before, after = versions[place - 1], versions[place]
    changed = differences(before.plan.protocol, after.plan.protocol)
    verdicts = compare_reviews(_review_of(visit, before), _review_of(visit, after))
    told = [(item, _told(there, visit.language)) for item in verdicts if (there := item.after or item.before)]
    return page(
        visit, "protocol/change.html", before=before, after=after, changed=changed[:_MOST], more=len(changed) - _MOST,
        verdicts=told,
    )  # fmt: skip


def _review_of(visit: TrialVisit, version: ProtocolVersion) -> Review:
    return _reviewed(canonical_json(version.plan.protocol), _signed_for(visit, version))


def _signed_for(visit: TrialVisit, version: ProtocolVersion) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return who signed for which justification when the version came into force, as its record says."""
    with visit.held.session() as session:
        for event in session.events():
            fact = event.fact
            if isinstance(fact, ProtocolApproved | ProtocolAmended) and fact.sha256 == version.sha256:
                return tuple(sorted(reasons_signed(fact.review, fact.signatures).items()))
    return ()


@lru_cache(maxsize=16)
def _reviewed(document: str, signed: tuple[tuple[str, tuple[str, ...]], ...]) -> Review:
    """Return the review of a protocol; the same text has the same review, so it is worked out once."""
    return review_protocol(load_canonical(document), signed=dict(signed))


def _told(item: Verdict, language: Language) -> Told:
    said = [finding_text(one, language, translate=translate, has=has) for one in item.findings]
    return Told(
        item,
        item.clause.text(language),
        applicability_text(item.applicability, language, translate=translate, has=has),
        tuple(
            (one.severity.value, text.found, text.remedy, one.path)
            for one, text in zip(item.findings, said, strict=True)
        ),
        tuple(ground_text(one, language, translate=translate, has=has) for one in item.grounds),
        "" if item.justification is None else item.justification.reason.said(language),
    )


ROUTES: Final = (
    Route("t/<str:trial>/protocol/", protocol, menu="site.protocol.title"),
    Route("t/<str:trial>/protocol/versions/<str:number>/", change),
)
