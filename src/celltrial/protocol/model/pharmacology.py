"""Cellular kinetics, pharmacodynamics, immunogenicity, genotoxicity: attribute x assay x matrix x time (P9)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from celltrial.core.units import is_unit
from celltrial.core.values import Identifier, message
from celltrial.protocol.model.base import (
    Descriptive,
    Grown,
    GrownSection,
    LocalText,
    Probability,
    Section,
    UnfitError,
)

#: What the guideline wants known of the cells in the body (2.2.5-a); each is measured or has a reason why not.
CellAttribute = Literal[
    "viability", "proliferation", "differentiation", "tumorigenicity", "immunogenicity", "distribution",
    "ectopic_foci", "homing", "function"
]  # fmt: skip


class Measurement(Section):
    """One row of the plan: what, how, where, when.

    days: infusion days (0 is the infusion; negative before).
    """

    attribute: Literal[
        "kinetics", "persistence", "cytokine", "subset", "target_expression", "immunogenicity", "vector_antibody",
        "rcr", "integration_site", "clonality", "activity", "secreted_factor", "soluble_target", "b_cell_aplasia"
    ]  # fmt: skip
    analyte: str
    assay: Literal["qpcr", "ddpcr", "flow", "elisa", "ligand_binding", "ngs", "culture", "ihc", "functional", "imaging"]
    matrix: Literal["blood", "marrow", "csf", "tumour", "serum", "product"]
    days: tuple[int, ...] = Field(min_length=1)
    unit: str = ""
    lloq: float | None = Field(default=None, ge=0)
    volume_ml: float | None = Field(default=None, ge=0)
    optional: Annotated[bool, Descriptive()] = False

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        if not is_unit(unit):
            raise UnfitError(message("a_unit"), Identifier(unit))
        return unit


class Pharmacology(GrownSection):
    """The measurement plan.

    not_measured: attributes of the cells that no row measures, each with the reason.
    antibody_comparison: whether subjects with antibodies before infusion are compared with those without, or described.
    blood_volume_cap_share: most blood drawn for the trial within 28 days, as a share of the subject's blood.
    """

    measurements: tuple[Measurement, ...] = ()
    vector_copy_number_recorded: bool | None = None
    adme_studies: bool = False
    blood_volume_cap_share: Probability | None = None
    below_limit_rule: Literal["censored", "zero", "half_lloq"] | None = None
    assay_agreement_limits: tuple[float, float] | None = None
    antibody_comparison: Annotated[Literal["comparative", "descriptive"] | None, Grown()] = None
    delayed_risk_plan: LocalText | None = None
    not_measured: dict[CellAttribute, LocalText] = Field(default_factory=dict)
