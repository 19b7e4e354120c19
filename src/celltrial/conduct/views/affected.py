"""Whom an amendment touches: who is still before or inside a part of the trial that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.protocol.differences import Difference, DifferenceKind

_SCREENED: Final = frozenset({Stage.SCREENING, Stage.ELIGIBLE})
_BEFORE_COLLECTION: Final = _SCREENED | {Stage.ENROLLED}
_BEFORE_INFUSION: Final = _BEFORE_COLLECTION | {
    Stage.COLLECTED,
    Stage.READY,
    Stage.LYMPHODEPLETING,
    Stage.LYMPHODEPLETED,
}
_IN_WINDOW: Final = _BEFORE_INFUSION | {Stage.INFUSED}
_ALL: Final = frozenset(Stage) - {Stage.DEAD}

#: Part of the protocol -> the stages of a subject for whom a changed rule in it still comes into play.
#: Parts about planning, sources and names touch nobody.
_REACH: Final[Mapping[str, frozenset[Stage]]] = MappingProxyType(
    {
        "trial": _BEFORE_INFUSION,
        "product": _BEFORE_INFUSION,
        "population": _BEFORE_COLLECTION,
        "dose": _BEFORE_INFUSION,
        "treatment": _BEFORE_INFUSION,
        "manufacturing": _BEFORE_INFUSION,
        "risk_plan": _ALL,
        "sites": _BEFORE_INFUSION,
        "escalation": _IN_WINDOW,
        "stopping": _IN_WINDOW,
        "pharmacology": _ALL,
        "efficacy": _ALL,
        "follow_up": _ALL,
    }
)


@dataclass(frozen=True, slots=True)
class AffectedSubject:
    """A subject whom changed rules still reach, with the parts of the protocol in which they changed."""

    subject: str
    site: str
    stage: Stage
    sections: tuple[str, ...]


def affected_subjects(state: TrialState, changes: Iterable[Difference]) -> tuple[AffectedSubject, ...]:
    """Return the subjects on study whom the changed rules reach, in order of screening; prose reaches nobody."""
    changed = dict.fromkeys(item.section for item in changes if item.kind is DifferenceKind.RULE)
    found = []
    for subject in state.subjects.values():
        sections = tuple(name for name in changed if _reaches(name, subject))
        if sections and on_study(subject):
            found.append(AffectedSubject(subject.subject, subject.site, subject.stage, sections))
    return tuple(found)


def _reaches(section: str, subject: SubjectState) -> bool:
    return subject.stage in _REACH.get(section, frozenset())


def on_study(subject: SubjectState) -> bool:
    """Tell whether anything of the trial may still be done with this subject."""
    if subject.died_on is not None:
        return False
    return subject.is_active if subject.follow_up is None else not subject.follow_up.is_closed


def is_consent_due(subject: SubjectState) -> bool:
    """Tell whether this subject consented to an earlier version and is still on study."""
    return ConsentKind.MAIN in subject.consents and on_study(subject)


def reconsent_task(version: str, subject: str) -> str:
    """Return the key of the task that a version opens for a subject."""
    return f"reconsent/{version}/{subject}"
