"""The product: what cells, from whom, what was done to them, what they may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import DurationField, Evidence, Grown, GrownSection, LocalText, Section
from celltrial.protocol.model.regimen import Component

ProductType = Literal["CAR-T", "TCR-T", "TIL", "NK", "CAR-NK", "CIK", "DC", "vaccine", "other"]


class Vector(Section):
    """How foreign genetic material gets in, and whether it stays.

    integration: None means not known, which is treated as integrating.
    """

    kind: Literal[
        "lentiviral",
        "gammaretroviral",
        "transposon",
        "mRNA",
        "plasmid",
        "adenoviral",
        "AAV",
        "electroporated_rnp",
        "other",
    ]
    integration: Literal["none", "low", "integrating", "unknown"] | None = None
    integration_evidence: tuple[Evidence, ...] = ()
    replication_competent_test_on_release: bool | None = None


class SubsetSpecification(Section):
    """One cell subset of the product with its release range, in percent."""

    name: str
    active: bool
    minimum_percent: float | None = Field(default=None, ge=0, le=100)
    maximum_percent: float | None = Field(default=None, ge=0, le=100)


class Product(GrownSection):
    """The product profile (1.1-b, 1.3-a, 1.3-e); None means not stated and never counts as low risk.

    risk_tier: the tier that the sponsor takes instead of the one its facts add up to; `risk_override` says why.
    """

    name: LocalText
    type: ProductType
    other_mechanism: LocalText | None = None
    cell_source: Literal["autologous", "allogeneic"]
    homologous_use: bool | None = None
    ex_vivo_steps: tuple[str, ...] = ()
    returned_to_patient: bool = True
    mechanism: LocalText | None = None
    targets: tuple[str, ...] = ()
    gene_modified: bool | None = None
    exogenous_gene: bool | None = None
    gene_knockout: bool | None = None
    knocked_out_genes: tuple[str, ...] = ()
    vector: Vector | None = None
    secreted_factors: tuple[str, ...] = ()
    alters_survival_or_differentiation: bool | None = None
    induced_differentiation: bool | None = None
    systemic_action: bool | None = None
    complex_processing: bool | None = None
    made_per_subject: bool | None = None
    mixed_composition: bool | None = None
    subsets: tuple[SubsetSpecification, ...] = ()
    components: Annotated[tuple[Component, ...], Grown()] = ()
    shared_marker_with_malignancy: bool | None = None
    process_separates_malignant_cells: bool | None = None
    donor_testing: tuple[str, ...] = ()
    hla_matching: LocalText | None = None
    storage: LocalText | None = None
    transport: LocalText | None = None
    natural_survival: DurationField | None = None
    persistence_bound: DurationField | None = None
    delayed_event_onset_bound: DurationField | None = None
    nonclinical: tuple[Evidence, ...] = ()
    risk_tier: Literal["low", "moderate", "high"] | None = None
    risk_override: LocalText | None = None
