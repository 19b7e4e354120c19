"""The confirmatory part: comparator, randomisation, size, single-arm reasons, safety set (P8)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from celltrial.protocol.model.base import DurationField, Evidence, Grown, GrownSection, LocalText, Probability, Section
from celltrial.protocol.model.dose import Cells


class TestedDose(Section):
    """A dose range delivered and tested before, with its basis and process version."""

    __test__ = False

    low: Cells
    high: Cells
    basis: str
    process_version: str


class ExploratoryResult(Section):
    """The estimate a hypothesis rests on (2.3-a)."""

    responders: int = Field(ge=0)
    subjects: int = Field(ge=1)
    reference: str | None = None


class NullDerivation(Section):
    """Studies from which the null rate of a single-arm trial is derived (2.3.1-c)."""

    studies: tuple[ExploratoryResult, ...] = ()
    differences_listed: LocalText | None = None


class Randomisation(GrownSection):
    """How subjects are allocated and at which point."""

    method: Literal["permuted_blocks", "stratified_blocks", "minimisation"]
    ratio: tuple[int, ...] = (1, 1)
    strata: tuple[str, ...] = ()
    system: Annotated[LocalText | None, Grown()] = None
    emergency_unblinding: Annotated[LocalText | None, Grown()] = None
    point: Literal["before_collection", "after_collection", "after_release"] | None = None


class SampleSize(Section):
    """A size that can be recomputed: a design by key, its parameters, and the stated numbers."""

    method: str
    params: dict[str, Any] = Field(default_factory=dict)
    infused: int = Field(ge=1)
    enrolled: int = Field(ge=1)
    probability_infused: Probability | None = None
    assurance: Probability | None = None


class PrimaryAnalysis(Section):
    """The comparison of the arms that answers the primary question, and how its error is spent over looks.

    endpoint:   id of an endpoint of survival or progression-free survival.
    alpha:      one-sided error over all looks.
    looks:      share of the planned events at each look, rising, the last 1.
    spending_gamma: parameter of the spending function, where it has one.
    events:     planned at the last look.
    horizon:    to which time means are restricted.
    subgroups:  factors by whose values the comparison is repeated, without a claim.
    """

    endpoint: str
    test: Literal["log_rank", "weighted_log_rank", "restricted_mean"] = "log_rank"
    stratified: bool = True
    alpha: Probability = 0.025
    looks: tuple[Probability, ...] = (1.0,)
    spending: Literal["obrien_fleming", "pocock", "hwang_shih_decani", "power"] = "obrien_fleming"
    spending_gamma: float | None = None
    events: int = Field(ge=1)
    horizon: DurationField | None = None
    subgroups: tuple[Literal["sex", "age", "site", "stratum"], ...] = ()


class Confirmatory(GrownSection):
    """What a confirmatory trial must state beyond an exploratory one."""

    comparator: Literal["active", "placebo", "best_supportive_care", "none"]
    comparator_reason: LocalText | None = None
    single_arm_reason: LocalText | None = None
    single_arm_evidence: tuple[Evidence, ...] = ()
    rct_feasibility: LocalText | None = None
    null_derivation: NullDerivation | None = None
    exploratory_result: ExploratoryResult | None = None
    randomisation: Randomisation | None = None
    sample_size: SampleSize | None = None
    primary_analysis: Annotated[PrimaryAnalysis | None, Grown()] = None
    tested_doses: tuple[TestedDose, ...] = ()
    safety_set_size: int | None = Field(default=None, ge=1)
    safety_set_rationale: LocalText | None = None
