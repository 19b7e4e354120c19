"""Collection, manufacture, release, custody, failure, and changes of the process."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import DurationField, Given, Grown, GrownSection, LocalText, Probability, Section


class Custody(Section):
    """Limits that make a break of custody."""

    maximum_handover_gap: DurationField | None = None
    temperature_low_c: float | None = None
    temperature_high_c: float | None = None


class FailurePlan(GrownSection):
    """What is done for a subject whose product cannot be made, is late or out of specification (2.1.3-f, -h, -i).

    replacement: whether a subject who was never treated is replaced by enrolling another; the one replaced stays
                 among the enrolled. None: not stated.
    other_reason_limit: the most of the untreated whose reason may stay `other`; above it the reasons are looked into.
    maximum_enrolled: the most subjects ever enrolled, those replaced included; enrolment beyond it is refused.
    """

    replacement: Literal["replaced", "not_replaced"] | None = None
    maximum_enrolled: int | None = Field(default=None, ge=1)
    maximum_attempts: int = Field(ge=1, le=5)
    other_reason_limit: Annotated[Probability | None, Grown()] = None
    rescue: LocalText | None = None
    rescue_deadline: DurationField | None = None
    repeat_collection_allowed: bool = False
    analysis_of_not_treated: LocalText | None = None
    causes_investigated: LocalText | None = None


class OutOfSpecification(Section):
    """Whether a product out of specification may be used, and who must agree (C3)."""

    allowed: bool
    approvals: tuple[
        Literal["regulator", "ethics", "treating_physician", "subject", "medical_monitor", "quality_assurance"], ...
    ] = ()
    text: LocalText | None = None


class CmcChange(Section):
    """A change of the manufacturing process (2.3.2-m)."""

    id: str
    text: LocalText
    major: bool
    status: Literal["planned", "open", "comparable", "not_comparable"]
    process_version: Given


class ComparabilityMargin(Section):
    """A pre-set margin for the clinical comparison of process versions (2.3.2-n)."""

    attribute: str
    margin: float
    scale: Literal["difference", "ratio"]


class Manufacturing(GrownSection):
    """From collection to release.

    preservation: how the product is kept until it is given; a cryopreserved one is thawed at the bedside. None: not
                  stated, which is treated as cryopreserved.
    """

    process_version: Given
    turnaround: DurationField
    shelf_life: DurationField
    preservation: Literal["cryopreserved", "fresh"] | None = None
    available_means: Literal["released", "released_and_received"] = "released_and_received"
    expected_success: Probability | None = None
    pack: Annotated[LocalText | None, Grown()] = None
    returns: Annotated[LocalText | None, Grown()] = None
    release_tests: tuple[Given, ...] = ()
    custody: Custody = Custody()
    failure_plan: FailurePlan | None = None
    out_of_specification: OutOfSpecification | None = None
    changes: tuple[CmcChange, ...] = ()
    comparability_margins: tuple[ComparabilityMargin, ...] = ()
    risk_factors_listed: tuple[str, ...] = ()
    not_treated_denominator: Literal["enrolled", "collected"] | None = None
