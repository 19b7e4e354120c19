"""What the records of a trial show of each clause: how often what it asks for was carried out, and never more than they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.scope import events as scope
from celltrial.conduct.facts.site import events as site
from celltrial.conduct.facts.subject import events as subject
from celltrial.conduct.facts.trial import events as trial

#: Clause to the facts that are on record when what it asks for was carried out.
RECORDS: Final[Mapping[str, tuple[type[Any], ...]]] = MappingProxyType(
    {
        "1.1-a": (trial.FactCorrected, trial.DeviationRecorded),
        "1.3-g": (trial.EvidenceReviewed,),
        "2.1.1.1-a": (subject.EligibilityConfirmed,),
        "2.1.1.3-a": (trial.AdultReviewSigned,),
        "2.1.2.1-b": (subject.EligibilityConfirmed,),
        "2.1.2.3-a": (site.SiteActivated, site.ResourceCounted),
        "2.1.2.3-b": (site.OperatorQualified,),
        "2.1.2.3-c": (site.InstructionIssued,),
        "2.1.2.3-d": (subject.CellsInfused,),
        "2.1.2.4-a": (scope.StoppingBoundaryCrossed,),
        "2.1.2.4-b": (scope.StoppingBoundaryCrossed,),
        "2.1.2.4-c": (scope.ScopeSuspended,),
        "2.1.2.4-d": (scope.ResumeItemRecorded, trial.ProtocolAmended),
        "2.1.2.4-e": (scope.ScopeResumed,),
        "2.1.2.4-f": (scope.ScopeResumed,),
        "2.1.3-a": (batch.IdentityConfirmed,),
        "2.1.3-b": (subject.LymphodepletionStarted,),
        "2.1.3-d": (subject.PreInfusionChecked,),
        "2.1.3-e": (batch.ManufactureFailed,),
        "2.1.3-g": (subject.LymphodepletionStarted,),
        "2.1.3-h": (batch.ManufactureStarted,),
        "2.1.3-k": (subject.SubjectDiscontinued,),
        "2.1.3-m": (scope.TrialHalted,),
        "2.1.3-n": (scope.CorrectiveActionValidated,),
        "2.2.1.1-b": (safety.AdverseEventReported,),
        "2.2.1.1-d": (cohort.DoseDecisionSigned,),
        "2.2.1.2-a": (batch.BatchReleased, batch.ManufactureFailed),
        "2.2.1.3-a": (assessment.ResponseAssessed, assessment.KineticsSampled),
        "2.2.2.2-d": (batch.QualityTested,),
        "2.2.2.3-a": (cohort.CohortOpened,),
        "2.2.4-a": (cohort.StaggerSlotReserved,),
        "2.2.5-d": (assessment.KineticsSampled,),
        "2.2.5-j": (trial.TransitionSigned, cohort.RecommendedDoseDeclared),
        "2.3.1-f": (assessment.ReadLocked,),
        "2.3.2-m": (trial.ManufacturingChangeRecorded,),
        "2.3.2-n": (trial.ComparabilityConcluded,),
        "3.1-a": (follow_up.FollowUpScheduled,),
        "3.1-b": (follow_up.FollowUpVisitRecorded,),
        "3.1-c": (follow_up.LateSafetyTested,),
        "3.1-m": (follow_up.GrowthMeasured,),
        "3.1-n": (follow_up.CareTransitioned,),
    }
)


def carried_out(events: Iterable[Event[Any]]) -> Mapping[str, int]:
    """Return how many records show each clause of `RECORDS` carried out; 0 where none does.

    >>> carried_out([])["2.1.2.4-c"]
    0
    """
    seen = Counter(type(event.fact) for event in events)
    return MappingProxyType({clause: sum(seen[kind] for kind in kinds) for clause, kinds in RECORDS.items()})
