"""Who may ask for what: the table command x role. A role not listed is refused; there is no override."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.account import commands as account
from celltrial.conduct.acts.assessment import commands as assessment
from celltrial.conduct.acts.batch import commands as batch
from celltrial.conduct.acts.cohort import commands as cohort
from celltrial.conduct.acts.document import commands as document
from celltrial.conduct.acts.follow_up import commands as follow_up
from celltrial.conduct.acts.permit import commands as permit
from celltrial.conduct.acts.safety import commands as safety
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.signing import commands as signing
from celltrial.conduct.acts.site import commands as site
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.acts.trial import commands as trial
from celltrial.conduct.acts.tumour import commands as tumour
from celltrial.conduct.envelope import Role
from celltrial.conduct.vocabulary import ArmAccess
from celltrial.protocol import Protocol

_PI, _SC, _NU = Role.INVESTIGATOR, Role.COORDINATOR, Role.NURSE
_CP, _QA = Role.CELL_PROCESSING, Role.QUALITY_ASSURANCE
_MM, _SP, _BS, _DM = Role.MEDICAL_MONITOR, Role.SPONSOR, Role.STATISTICIAN, Role.DATA_MANAGER
_CM = Role.MONITOR
_SB, _IR, _SYS = Role.SAFETY_BOARD, Role.INDEPENDENT_REVIEWER, Role.SYSTEM


def _of(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_SITE, _BEDSIDE, _EVERYBODY = _of(_PI, _SC), _of(_PI, _SC, _NU), frozenset(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}

ROLES: Final[Mapping[type[Any], frozenset[Role]]] = MappingProxyType(
    {
        trial.RegisterTrial: _of(_SP),
        trial.RegisterHistoricalSource: _of(_DM),
        trial.ApproveProtocol: _of(_SP),
        trial.AmendProtocol: _of(_SP),
        trial.RaiseAlert: _EVERYBODY,
        trial.AcknowledgeAlert: _of(_PI, _MM, _QA, _SP, _DM),
        trial.OpenTask: _of(_PI, _SC, _MM, _QA, _SP, _DM, _CM, _SYS),
        trial.CloseTask: _of(_PI, _SC, _MM, _QA, _SP, _DM),
        trial.RecordDeviation: _of(_PI, _SC, _MM, _QA, _DM, _CM),
        trial.RecordEvidenceReview: _of(_MM, _SP),
        trial.SignAdultReview: _of(_MM, _SP),
        trial.TakeDataCut: _of(_DM, _BS, _SYS),
        trial.IssueMonitoringReport: _of(_BS),
        trial.SignTransition: _of(_SB, _SP),
        trial.RecordManufacturingChange: _of(_QA),
        trial.ConcludeComparability: _of(_QA),
        trial.CorrectFact: _of(_PI, _SC, _DM, _QA),
        trial.VerifyValue: _of(_CM),
        account.GrantAccess: _of(_SP, _PI),
        account.RevokeAccess: _of(_SP, _PI),
        account.RecordCopy: frozenset(Role) - {Role.ADMINISTRATOR},
        account.ReviewAuditTrail: _of(_DM, _QA, _MM, _SP, _CM, Role.AUDITOR),
        document.FileDocument: _EVERYBODY - {_SYS, _IR},
        document.WithdrawDocument: _EVERYBODY - {_SYS, _IR},
        permit.PermitCollection: _SITE,
        permit.PermitLymphodepletion: _of(_PI),
        permit.PermitInfusion: _of(_PI),
        signing.GiveSignature: _EVERYBODY - {_SYS},
        signing.DeclineSignature: _EVERYBODY - {_SYS},
        signing.WithdrawSignature: _EVERYBODY - {_SYS},
        site.ActivateSite: _of(_SP),
        site.CountResource: _of(_PI, _SC),
        site.QualifyOperator: _of(_SP, _PI),
        site.IssueInstruction: _of(_SP, _QA),
        site.AcceptVersion: _of(_PI),
        site.CloseSite: _of(_SP),
        subject.ScreenSubject: _SITE,
        subject.SignConsent: _SITE,
        subject.WithdrawConsent: _SITE,
        subject.RecordEvidence: _SITE,
        subject.ConfirmEligibility: _of(_PI),
        subject.EnrolSubject: _SITE,
        subject.RandomiseSubject: _of(_SYS, _BS),
        subject.PerformLeukapheresis: _BEDSIDE,
        subject.RecordBridgingTherapy: _SITE,
        subject.PlanLymphodepletion: _of(_PI),
        subject.StartLymphodepletion: _of(_PI),
        subject.BookInfusion: _of(_PI, _SC),
        subject.CancelInfusion: _of(_PI, _SC, _MM),
        subject.RecordLymphodepletionDose: _BEDSIDE,
        subject.CompleteLymphodepletion: _SITE,
        subject.DecideLymphodepletionRepeat: _of(_MM),
        subject.RecordPreInfusionCheck: _BEDSIDE,
        subject.RecordInfusion: _of(_PI),
        subject.OmitAdministration: _of(_PI, _MM),
        subject.ReassignLevel: _of(_MM),
        subject.DiscontinueSubject: _of(_PI),
        subject.RecordDeath: _SITE,
        subject.UnblindSubject: _of(_PI, _MM),
        subject.RecordHistorical: _of(_DM),
        batch.PlanBatch: _of(_CP, _SC),
        batch.ReceiveMaterial: _of(_CP),
        batch.StartManufacture: _of(_CP),
        batch.RecordManufactureFailure: _of(_CP, _QA),
        batch.CompleteManufacture: _of(_CP),
        batch.RecordQualityTest: _of(_QA, _CP),
        batch.ReleaseBatch: _of(_QA),
        batch.RejectBatch: _of(_QA),
        batch.DeclareOutOfSpecification: _of(_QA),
        batch.ApproveOutOfSpecificationUse: _of(_QA, _MM),
        batch.QuarantineBatch: _of(_QA, _CP, _PI, _SC, _NU),
        batch.LiftQuarantine: _of(_QA),
        batch.RecallBatch: _of(_QA),
        batch.ShipBatch: _of(_CP, _QA),
        batch.HandOverBatch: _of(_CP, _QA, _PI, _SC, _NU),
        batch.ReceiveBatch: _BEDSIDE,
        batch.ThawBatch: _BEDSIDE,
        batch.ExpireBatch: _of(_QA, _SYS),
        batch.ReturnBatch: _of(_PI, _SC, _QA),
        batch.DestroyBatch: _of(_QA),
        cohort.OpenCohort: _of(_SP, _MM),
        cohort.ExpandCohort: _of(_SP, _MM),
        cohort.CloseCohort: _of(_SP, _MM),
        cohort.CompleteDltWindow: _of(_PI, _MM),
        cohort.ConfirmDoseLimitingToxicity: _of(_MM),
        cohort.RuleOutDoseLimitingToxicity: _of(_MM),
        cohort.RecommendDose: _of(_BS, _SYS),
        cohort.SignDoseDecision: _of(_SB, _MM),
        cohort.DeclareRecommendedDose: _of(_SB, _SP),
        scope.SuspendScope: _of(_MM, _SP, _SB),
        scope.OpenEvaluation: _of(_MM, _SP),
        scope.SignEvaluation: _of(_MM, _SP),
        scope.RecordResumeItem: _of(_MM, _SP, _PI),
        scope.ResumeScope: _of(_SP),
        scope.TerminateScope: _of(_SP, _SB),
        scope.SignInFlightException: _of(_MM),
        scope.HaltTrial: _of(_QA, _MM, _SP, _PI),
        scope.RuleOutHaltCause: _of(_QA),
        scope.ImplementCorrectiveAction: _of(_QA),
        scope.ValidateCorrectiveAction: _of(_QA),
        scope.LiftHalt: _of(_SP),
        safety.ReportAdverseEvent: _of(_PI, _SC, _MM),
        safety.DraftAdverseEvent: _of(_PI, _SC, _NU, _CP, _MM, _QA, _DM, _CM),
        safety.WithdrawAdverseEventDraft: _of(_PI, _MM),
        safety.GradeAdverseEvent: _of(_PI, _MM, _SB),
        safety.RecordSigns: _of(_PI, _SC, _NU, _MM),
        safety.ReassessAdverseEvent: _of(_PI, _MM),
        safety.RecodeAdverseEvent: _of(_DM, _MM),
        safety.ResolveAdverseEvent: _SITE,
        safety.SubmitExpeditedReport: _of(_SP, _MM),
        safety.OpenQuery: _of(_DM, _MM, _BS, _QA, _CM),
        safety.AnswerQuery: _SITE,
        safety.CloseQuery: _of(_DM, _MM, _CM),
        safety.ReopenQuery: _of(_DM, _MM, _CM),
        assessment.RecordResponse: _of(_PI, _SC, _IR),
        assessment.RecordKinetics: _of(_PI, _SC, _DM),
        assessment.RecordLaboratory: _of(_PI, _SC, _DM),
        assessment.RecordProgression: _of(_PI, _SC, _IR),
        assessment.RecordNewTherapy: _SITE,
        assessment.RecordConcomitantMedication: _SITE,
        assessment.AssignReader: _of(_DM),
        assessment.LockRead: _of(_IR),
        assessment.StartPrimaryAnalysis: _of(_BS),
        tumour.IdentifyLesion: _of(_PI, _SC, _IR),
        tumour.MeasureLesion: _of(_PI, _SC, _IR),
        tumour.CompleteTumourVisit: _of(_PI, _SC, _IR),
        follow_up.RescheduleFollowUp: _of(_SP, _DM, _SYS),
        follow_up.ExtendFollowUp: _of(_SP, _DM, _SYS),
        follow_up.RecordFollowUpVisit: _SITE,
        follow_up.RecordMissedVisit: _of(_PI, _SC, _SYS),
        follow_up.RecordContactAttempt: _SITE,
        follow_up.DeclareLostToFollowUp: _of(_PI),
        follow_up.RecordLateSafetyTest: _of(_PI, _SC, _DM),
        follow_up.RecordGrowth: _SITE,
        follow_up.TransitionToAdultCare: _SITE,
        follow_up.TransferSubject: _of(_PI, _SP),
        follow_up.CompleteFollowUp: _of(_PI, _SYS),
    }
)
"""Command type to the roles that may give it."""

DELEGATED: Final = _of(_SC, _NU)
"""Roles that an investigator delegates at the own site; every other one is the sponsor's to grant."""
ENTERING: Final = _of(_PI, _SC, _NU, _CP)
"""Roles that enter what a monitor holds against its sources: nobody is both."""

BLINDED: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "double": _of(_PI, _SC, _NU, _MM, _SP, _DM, _CM, _IR, _BS),
        "subject": _of(_IR),
        "open": _of(),
    }
)
"""Blinding of the protocol to the roles that may see neither the arm nor a closed report, unless the protocol names them."""


def may_see_arm(protocol: Protocol, role: Role, said: ArmAccess | None = None) -> bool:
    """Tell whether a person may see arms and closed reports: in a role that the protocol leaves open or names, and by the grant.

    said: what the person's grant says. A role that the protocol names is open to those of it whose grant says so; None, where
          no grant said anything, leaves it to the role alone.

    The safety board always may, because it must be able to judge (2.3.2-j).
    """
    blinding = protocol.trial.blinding
    if role is Role.SAFETY_BOARD:
        return True
    if role not in BLINDED[blinding.level]:
        return said is not ArmAccess.BLINDED
    return role in blinding.unblinded_roles and said in {None, ArmAccess.UNBLINDED}
