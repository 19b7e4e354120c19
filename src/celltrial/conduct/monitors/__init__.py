"""Monitors: what follows from facts in the same transaction; one file per monitor, one visible table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.scope import events as scope
from celltrial.conduct.facts.subject import events as subject
from celltrial.conduct.facts.trial import events as trial
from celltrial.conduct.facts.tumour import events as tumour
from celltrial.conduct.monitors.batch_loss import close_rescue_task, watch_batch_loss
from celltrial.conduct.monitors.dlt_suspected import close_dlt_task, watch_dlt
from celltrial.conduct.monitors.expedited import watch_death, watch_expedited
from celltrial.conduct.monitors.infusion_moved import watch_infusion_moved
from celltrial.conduct.monitors.late_effects import watch_answer, watch_late_effects, watch_malignancy
from celltrial.conduct.monitors.level_closing import watch_levels
from celltrial.conduct.monitors.noticing import Monitor
from celltrial.conduct.monitors.quality_halt import watch_genealogy, watch_halt, watch_quality_cause
from celltrial.conduct.monitors.reconsent import close_reconsent_task
from celltrial.conduct.monitors.stagger_slots import watch_slots
from celltrial.conduct.monitors.stopping import watch_stopping
from celltrial.conduct.monitors.suspension import close_suspension_tasks, watch_suspension
from celltrial.conduct.monitors.tumour_response import watch_lesions, watch_responses
from celltrial.conduct.monitors.waiting import watch_waiting
from celltrial.conduct.monitors.withdrawal import close_withdrawal_task, watch_withdrawal

__all__ = ["MONITORS", "Monitor"]

MONITORS: Final[Mapping[type[Any], tuple[Monitor, ...]]] = MappingProxyType(
    {
        safety.AdverseEventReported: (
            watch_quality_cause,
            watch_expedited,
            watch_malignancy,
            watch_dlt,
            watch_stopping,
        ),
        safety.AdverseEventGraded: (watch_expedited, watch_dlt, watch_stopping),
        safety.AdverseEventReassessed: (watch_quality_cause, watch_expedited, watch_dlt, watch_stopping),
        safety.AdverseEventRecoded: (watch_malignancy, watch_stopping),
        safety.AdverseEventResolved: (watch_expedited, watch_dlt, watch_stopping),
        subject.ConsentSigned: (close_reconsent_task,),
        subject.ConsentWithdrawn: (watch_withdrawal,),
        subject.SubjectDiscontinued: (close_withdrawal_task,),
        subject.SubjectDied: (watch_death, watch_stopping, close_withdrawal_task, close_rescue_task),
        subject.CellsInfused: (watch_slots, watch_stopping, close_rescue_task),
        tumour.LesionMeasured: (watch_lesions,),
        tumour.TumourVisitCompleted: (watch_lesions,),
        assessment.ResponseAssessed: (watch_responses,),
        assessment.DiseaseProgressed: (watch_waiting,),
        trial.ProtocolAmended: (watch_slots, watch_stopping),
        trial.FactCorrected: (watch_slots, watch_infusion_moved, watch_lesions, watch_stopping, watch_answer),
        cohort.DoseLimitingToxicityConfirmed: (close_dlt_task, watch_levels),
        cohort.DoseLimitingToxicityRuledOut: (close_dlt_task,),
        cohort.DltWindowCompleted: (watch_levels,),
        batch.ManufactureStarted: (watch_genealogy,),
        batch.BatchShipped: (watch_genealogy,),
        batch.BatchReleased: (close_rescue_task,),
        batch.OutOfSpecificationUseApproved: (close_rescue_task,),
        batch.QuarantineLifted: (close_rescue_task,),
        batch.BatchRecalled: (watch_batch_loss,),
        batch.BatchQuarantined: (watch_batch_loss,),
        batch.BatchExpired: (watch_batch_loss,),
        batch.BatchDestroyed: (watch_batch_loss,),
        scope.ScopeSuspended: (watch_suspension,),
        scope.ScopeResumed: (close_suspension_tasks,),
        scope.ScopeTerminated: (close_suspension_tasks,),
        scope.ResumeItemRecorded: (close_suspension_tasks,),
        scope.InFlightExceptionSigned: (close_suspension_tasks,),
        scope.HaltLifted: (close_suspension_tasks,),
        scope.TrialHalted: (watch_halt, watch_suspension),
        follow_up.FollowUpVisitRecorded: (watch_late_effects,),
        follow_up.LateSafetyTested: (watch_late_effects,),
        follow_up.GrowthMeasured: (watch_late_effects,),
        follow_up.SubjectTransferred: (watch_late_effects,),
    }
)
"""Fact type to the monitors that look at it, in order."""
