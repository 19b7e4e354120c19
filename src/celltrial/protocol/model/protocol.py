"""The whole protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from celltrial.protocol.model.assessments import Assessments
from celltrial.protocol.model.assumptions import Assumptions
from celltrial.protocol.model.base import Descriptive, Grown, GrownSection
from celltrial.protocol.model.confirmatory import Confirmatory
from celltrial.protocol.model.discontinuation import Discontinuation
from celltrial.protocol.model.dose import Dose
from celltrial.protocol.model.efficacy import Efficacy
from celltrial.protocol.model.escalation import Escalation
from celltrial.protocol.model.follow_up import FollowUp
from celltrial.protocol.model.governance import Governance, Justification
from celltrial.protocol.model.identification import Identification, Provenance, Reference
from celltrial.protocol.model.manufacturing import Manufacturing
from celltrial.protocol.model.oversight import Oversight
from celltrial.protocol.model.pharmacology import Pharmacology
from celltrial.protocol.model.population import Population
from celltrial.protocol.model.product import Product
from celltrial.protocol.model.regimen import Arm, Cohort
from celltrial.protocol.model.risks import RiskPlan, Sites
from celltrial.protocol.model.safety import Safety
from celltrial.protocol.model.statistics import Statistics
from celltrial.protocol.model.stopping import Stopping
from celltrial.protocol.model.treatment import Treatment
from celltrial.protocol.model.trial import Trial


class Protocol(GrownSection):
    """A trial of an immune cell therapy, as data.

    A section that is None was not written. That is a finding of the review, and
    conduct refuses what depends on it; it is never read as permission.
    """

    schema_version: Literal[1]
    identification: Identification
    trial: Trial
    product: Product
    population: Population
    dose: Dose
    treatment: Treatment
    manufacturing: Manufacturing | None = None
    risk_plan: RiskPlan | None = None
    sites: Sites | None = None
    escalation: Escalation | None = None
    confirmatory: Confirmatory | None = None
    stopping: Stopping | None = None
    pharmacology: Pharmacology | None = None
    efficacy: Efficacy | None = None
    follow_up: FollowUp | None = None
    governance: Governance | None = None
    safety: Annotated[Safety | None, Grown()] = None
    statistics: Annotated[Statistics | None, Grown()] = None
    assessments: Annotated[Assessments | None, Descriptive(), Grown()] = None
    discontinuation: Annotated[Discontinuation | None, Descriptive(), Grown()] = None
    oversight: Annotated[Oversight | None, Descriptive(), Grown()] = None
    assumptions: Assumptions | None = None
    arms: Annotated[tuple[Arm, ...], Grown()] = ()
    cohorts: Annotated[tuple[Cohort, ...], Grown()] = ()
    justifications: tuple[Justification, ...] = ()
    references: tuple[Reference, ...] = ()
    provenance: tuple[Provenance, ...] = ()
