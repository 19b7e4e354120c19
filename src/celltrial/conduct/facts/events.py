"""Every fact of conduct under its stored name.

A stored name is permanent and independent of Python: renaming a class changes
nothing here. A changed shape gets a new version and an upcaster (`UPCASTERS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from celltrial.conduct.facts.account import events as account
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.document import events as document
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.permit import events as permit
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.scope import events as scope
from celltrial.conduct.facts.signing import events as signing
from celltrial.conduct.facts.site import events as site
from celltrial.conduct.facts.subject import events as subject
from celltrial.conduct.facts.trial import events as trial
from celltrial.conduct.facts.tumour import events as tumour

EVENTS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "trial.registered/2": trial.TrialRegistered,
        "trial.historical_source_registered/3": trial.HistoricalSourceRegistered,
        "trial.protocol_approved/3": trial.ProtocolApproved,
        "trial.protocol_amended/3": trial.ProtocolAmended,
        "trial.alert_raised/2": trial.AlertRaised,
        "trial.alert_acknowledged/1": trial.AlertAcknowledged,
        "trial.task_opened/1": trial.TaskOpened,
        "trial.task_closed/2": trial.TaskClosed,
        "trial.deviation_recorded/2": trial.DeviationRecorded,
        "trial.evidence_reviewed/1": trial.EvidenceReviewed,
        "trial.adult_review_signed/1": trial.AdultReviewSigned,
        "trial.data_cut_taken/1": trial.DataCutTaken,
        "trial.monitoring_report_issued/1": trial.MonitoringReportIssued,
        "trial.transition_signed/2": trial.TransitionSigned,
        "trial.manufacturing_change_recorded/1": trial.ManufacturingChangeRecorded,
        "trial.comparability_concluded/1": trial.ComparabilityConcluded,
        "trial.fact_corrected/1": trial.FactCorrected,
        "trial.value_verified/1": trial.ValueVerified,
        "account.access_granted/2": account.AccessGranted,
        "account.access_revoked/1": account.AccessRevoked,
        "account.copy_made/2": account.CopyMade,
        "account.audit_trail_reviewed/1": account.AuditTrailReviewed,
        "document.filed/1": document.DocumentFiled,
        "document.withdrawn/1": document.DocumentWithdrawn,
        "site.activated/1": site.SiteActivated,
        "site.resource_counted/1": site.ResourceCounted,
        "site.operator_qualified/2": site.OperatorQualified,
        "site.instruction_issued/1": site.InstructionIssued,
        "site.version_accepted/1": site.VersionAccepted,
        "site.closed/1": site.SiteClosed,
        "permit.act_permitted/1": permit.ActPermitted,
        "signing.requested/1": signing.SignatureRequested,
        "signing.given/1": signing.SignatureGiven,
        "signing.declined/1": signing.SignatureDeclined,
        "signing.withdrawn/1": signing.SignatureWithdrawn,
        "signing.carried_out/1": signing.SignedActCarriedOut,
        "subject.screened/2": subject.SubjectScreened,
        "subject.consent_signed/3": subject.ConsentSigned,
        "subject.consent_withdrawn/1": subject.ConsentWithdrawn,
        "subject.evidence_recorded/1": subject.EvidenceRecorded,
        "subject.eligibility_confirmed/1": subject.EligibilityConfirmed,
        "subject.enrolled/1": subject.SubjectEnrolled,
        "subject.randomised/1": subject.SubjectRandomised,
        "subject.leukapheresis_performed/1": subject.LeukapheresisPerformed,
        "subject.bridging_therapy_given/1": subject.BridgingTherapyGiven,
        "subject.lymphodepletion_planned/1": subject.LymphodepletionPlanned,
        "subject.lymphodepletion_started/1": subject.LymphodepletionStarted,
        "subject.lymphodepletion_administered/1": subject.LymphodepletionAdministered,
        "subject.lymphodepletion_completed/1": subject.LymphodepletionCompleted,
        "subject.lymphodepletion_repeat_decided/1": subject.LymphodepletionRepeatDecided,
        "subject.pre_infusion_checked/1": subject.PreInfusionChecked,
        "subject.cells_infused/3": subject.CellsInfused,
        "subject.administration_omitted/1": subject.AdministrationOmitted,
        "subject.level_reassigned/1": subject.LevelReassigned,
        "subject.discontinued/1": subject.SubjectDiscontinued,
        "subject.died/1": subject.SubjectDied,
        "subject.historical_record_taken/2": subject.HistoricalRecordTaken,
        "subject.treatment_unblinded/1": subject.TreatmentUnblinded,
        "batch.planned/1": batch.BatchPlanned,
        "batch.collected/1": batch.BatchCollected,
        "batch.material_received/1": batch.MaterialReceived,
        "batch.manufacture_started/1": batch.ManufactureStarted,
        "batch.manufacture_failed/1": batch.ManufactureFailed,
        "batch.manufacture_completed/1": batch.ManufactureCompleted,
        "batch.quality_tested/2": batch.QualityTested,
        "batch.released/2": batch.BatchReleased,
        "batch.rejected/1": batch.BatchRejected,
        "batch.out_of_specification/1": batch.BatchOutOfSpecification,
        "batch.out_of_specification_use_approved/2": batch.OutOfSpecificationUseApproved,
        "batch.quarantined/2": batch.BatchQuarantined,
        "batch.quarantine_lifted/1": batch.QuarantineLifted,
        "batch.recalled/1": batch.BatchRecalled,
        "batch.shipped/1": batch.BatchShipped,
        "batch.custody_handed_over/2": batch.CustodyHandedOver,
        "batch.received/1": batch.BatchReceived,
        "batch.thawed/2": batch.BatchThawed,
        "batch.expired/1": batch.BatchExpired,
        "batch.infused/2": batch.BatchInfused,
        "batch.returned/1": batch.BatchReturned,
        "batch.destroyed/1": batch.BatchDestroyed,
        "batch.identity_confirmed/1": batch.IdentityConfirmed,
        "batch.identity_mismatch_found/1": batch.IdentityMismatchFound,
        "cohort.opened/1": cohort.CohortOpened,
        "cohort.expanded/1": cohort.CohortExpanded,
        "cohort.closed/2": cohort.CohortClosed,
        "cohort.level_closed/2": cohort.LevelClosed,
        "cohort.stagger_slot_reserved/1": cohort.StaggerSlotReserved,
        "cohort.stagger_slot_released/2": cohort.StaggerSlotReleased,
        "cohort.dlt_window_opened/2": cohort.DltWindowOpened,
        "cohort.dlt_window_completed/1": cohort.DltWindowCompleted,
        "cohort.dose_limiting_toxicity_confirmed/1": cohort.DoseLimitingToxicityConfirmed,
        "cohort.dose_limiting_toxicity_ruled_out/1": cohort.DoseLimitingToxicityRuledOut,
        "cohort.dose_recommended/1": cohort.DoseRecommended,
        "cohort.dose_decision_signed/1": cohort.DoseDecisionSigned,
        "cohort.recommended_dose_declared/1": cohort.RecommendedDoseDeclared,
        "cohort.recommended_dose_reopened/2": cohort.RecommendedDoseReopened,
        "scope.stopping_boundary_crossed/1": scope.StoppingBoundaryCrossed,
        "scope.suspended/1": scope.ScopeSuspended,
        "scope.evaluation_opened/1": scope.EvaluationOpened,
        "scope.resume_item_recorded/1": scope.ResumeItemRecorded,
        "scope.resumed/1": scope.ScopeResumed,
        "scope.terminated/1": scope.ScopeTerminated,
        "scope.in_flight_exception_signed/1": scope.InFlightExceptionSigned,
        "scope.trial_halted/1": scope.TrialHalted,
        "scope.halt_cause_ruled_out/1": scope.HaltCauseRuledOut,
        "scope.corrective_action_implemented/1": scope.CorrectiveActionImplemented,
        "scope.corrective_action_validated/1": scope.CorrectiveActionValidated,
        "scope.halt_lifted/1": scope.HaltLifted,
        "safety.adverse_event_reported/1": safety.AdverseEventReported,
        "safety.adverse_event_drafted/1": safety.AdverseEventDrafted,
        "safety.adverse_event_draft_withdrawn/1": safety.AdverseEventDraftWithdrawn,
        "safety.adverse_event_graded/2": safety.AdverseEventGraded,
        "safety.signs_recorded/1": safety.SignsRecorded,
        "safety.adverse_event_reassessed/1": safety.AdverseEventReassessed,
        "safety.adverse_event_recoded/1": safety.AdverseEventRecoded,
        "safety.adverse_event_resolved/1": safety.AdverseEventResolved,
        "safety.expedited_report_due/1": safety.ExpeditedReportDue,
        "safety.expedited_report_submitted/1": safety.ExpeditedReportSubmitted,
        "safety.query_opened/3": safety.QueryOpened,
        "safety.query_answered/2": safety.QueryAnswered,
        "safety.query_closed/1": safety.QueryClosed,
        "safety.query_reopened/1": safety.QueryReopened,
        "assessment.response_assessed/1": assessment.ResponseAssessed,
        "assessment.kinetics_sampled/1": assessment.KineticsSampled,
        "assessment.laboratory_measured/1": assessment.LaboratoryMeasured,
        "assessment.disease_progressed/1": assessment.DiseaseProgressed,
        "assessment.new_therapy_started/1": assessment.NewTherapyStarted,
        "assessment.concomitant_medication_given/1": assessment.ConcomitantMedicationGiven,
        "assessment.reader_assigned/1": assessment.ReaderAssigned,
        "assessment.read_locked/1": assessment.ReadLocked,
        "assessment.primary_analysis_started/1": assessment.PrimaryAnalysisStarted,
        "tumour.lesion_identified/1": tumour.LesionIdentified,
        "tumour.lesion_measured/1": tumour.LesionMeasured,
        "tumour.visit_completed/1": tumour.TumourVisitCompleted,
        "follow_up.scheduled/1": follow_up.FollowUpScheduled,
        "follow_up.rescheduled/1": follow_up.FollowUpRescheduled,
        "follow_up.lengthened/1": follow_up.FollowUpLengthened,
        "follow_up.visit_recorded/1": follow_up.FollowUpVisitRecorded,
        "follow_up.visit_missed/1": follow_up.FollowUpVisitMissed,
        "follow_up.contact_attempted/1": follow_up.ContactAttempted,
        "follow_up.lost/1": follow_up.SubjectLostToFollowUp,
        "follow_up.late_safety_tested/1": follow_up.LateSafetyTested,
        "follow_up.growth_measured/2": follow_up.GrowthMeasured,
        "follow_up.care_transitioned/1": follow_up.CareTransitioned,
        "follow_up.transferred/1": follow_up.SubjectTransferred,
        "follow_up.completed/1": follow_up.FollowUpCompleted,
    }
)
"""Stored name to fact type."""

NAMES: Mapping[type[Any], str] = MappingProxyType({fact: name for name, fact in EVENTS.items()})
"""Fact type to the name under which it is stored today."""


def _as_written(text: str) -> Any:
    """Return a text that an older program composed, or a person wrote, as the stored form of a value."""
    return ["identifier", {"text": text}] if text.strip() else ["absent", {}]


def _with_signers(stored: dict[str, Any]) -> dict[str, Any]:
    """Return an approval of before a review told who signed for a justification: only the approval did."""
    review = stored["review"]
    return {**stored, "review": None if review is None else {**review, "second": [], "signers": []}}


def _valued(*fields: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the lift of texts to values: they stand as they were written."""
    return lambda stored: {**stored, **{name: _as_written(stored[name]) for name in fields}}


UPCASTERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "trial.protocol_approved/2": _with_signers,
        "trial.protocol_amended/2": _with_signers,
        "trial.alert_raised/1": _valued("detail"),
        "trial.task_closed/1": _valued("outcome"),
        "trial.deviation_recorded/1": _valued("detail"),
        "trial.transition_signed/1": lambda stored: {**stored, "criteria": [*map(_as_written, stored["criteria"])]},
        "safety.query_opened/1": _valued("detail"),
        "batch.quarantined/1": _valued("linked_to", "detail"),
        "cohort.closed/1": _valued("reason"),
        "cohort.level_closed/1": _valued("reason"),
        "cohort.stagger_slot_released/1": _valued("reason"),
        "cohort.recommended_dose_reopened/1": _valued("reason"),
        "trial.registered/1": lambda stored: {**stored, "persons": "not_proved", "installation": ""},
        "trial.protocol_approved/1": lambda stored: {**stored, "review": None},
        "trial.protocol_amended/1": lambda stored: {**stored, "review": None, "affected": []},
        "account.access_granted/1": lambda stored: {**stored, "arms": None},
        "safety.query_opened/2": lambda stored: {**stored, "position": None, "field": ""},
        "safety.query_answered/1": lambda stored: {**stored, "correction": None},
        "safety.adverse_event_graded/1": lambda stored: {**stored, "at_most": None},
        "account.copy_made/1": lambda stored: {**stored, "arms_of": [], "cut": ""},
        "site.operator_qualified/1": lambda stored: {**stored, "supervised": None},
        "follow_up.growth_measured/1": lambda stored: {**stored, "unit": "", "lying": None, "scores": []},
        "subject.consent_signed/1": lambda stored: {**stored, "read_out": False, "witness": None},
        "subject.consent_signed/2": lambda stored: {**stored, "scan": ""},
        "subject.screened/1": lambda stored: {**stored, "age": None},
        "trial.historical_source_registered/1": lambda stored: {**stored, "anchor": None},
        "trial.historical_source_registered/2": lambda stored: {**stored, "collected": None, "analysis": None},
        "subject.historical_record_taken/1": lambda stored: {**stored, "not_recorded": []},
        "subject.cells_infused/1": lambda stored: {**stored, "volume_ml": None},
        "subject.cells_infused/2": lambda stored: {
            **stored,
            "round": 0,
            "course": "",
            "administration": "",
            "bags": [],
        },
        "cohort.dlt_window_opened/1": lambda stored: {**stored, "round": 1},
        "batch.released/1": lambda stored: {**stored, "bags": []},
        "batch.thawed/1": lambda stored: {**stored, "bags": []},
        "batch.infused/1": lambda stored: {**stored, "bags": []},
        "batch.out_of_specification_use_approved/1": lambda stored: {**stored, "ethics_allowance": ""},
        "batch.quality_tested/1": lambda stored: stored,
        "batch.custody_handed_over/1": lambda stored: {**stored, "signer": None},
    }
)
"""Older version of a stored name to the function from its payload to that of the next version."""
