"""Risks of special interest and the plan for each; what sites and operators must have."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from celltrial.protocol.model.base import DescriptiveText, DurationField, Given, LocalText, Section


class ManagementStep(Section):
    """What is done at and above a grade; drugs named here become stock a site must hold."""

    grade_at_least: int = Field(ge=1, le=5)
    action: LocalText
    drugs: tuple[str, ...] = ()


class Risk(Section):
    """One adverse event of special interest or procedural risk, with its five cells (2.1.2.2-b)."""

    term: Given
    kind: Literal["aesi", "procedural"] = "aesi"
    grading_scale: str | None = None
    prevention: LocalText | None = None
    recognition: LocalText | None = None
    diagnosis: LocalText | None = None
    management: tuple[ManagementStep, ...] = ()
    follow_up: LocalText | None = None
    stages_considered: tuple[str, ...] = ()
    expected_rate: float | None = Field(default=None, ge=0, le=1)
    metric_threshold: float | None = Field(default=None, ge=0, le=1)


class RiskPlan(Section):
    """All risks, the consensus versions in use, and what happens while therapy is interrupted."""

    risks: tuple[Risk, ...] = ()
    consensus_versions: dict[str, str] = Field(default_factory=dict)
    rescue_plan: LocalText | None = None
    rescue_deadline: DurationField | None = None
    watch_period: DurationField | None = None


class Resource(Section):
    """Something a site must have: a drug in stock, intensive care, a department."""

    name: Given
    kind: Literal["drug", "department", "equipment", "service"]
    minimum: int = Field(default=1, ge=1)
    needed_for: tuple[Literal["activation", "collection", "lymphodepletion", "infusion"], ...] = ("activation",)


class OperatorRequirement(Section):
    """Training and proficiency for one procedure (2.1.2.3-b).

    - `procedure`: the route of the product with `_infusion` (such as `intravenous_infusion`) is asked of who gives the
      product; `leukapheresis`, `blood_collection`, `marrow_aspiration` and `tumour_resection` of who collects. Conduct
      asks nobody for another name; the review says so.
    """

    procedure: Given
    role: str
    minimum_training: LocalText
    minimum_supervised: int = Field(default=0, ge=0)
    sop: DescriptiveText = None
    sop_version: str | None = None


class Sites(Section):
    """What is asked of sites and of the people who operate."""

    resources: tuple[Resource, ...] = ()
    operators: tuple[OperatorRequirement, ...] = ()
    complex_delivery: bool = False
    standardised_procedures: tuple[LocalText, ...] = ()
