"""Long-term follow-up, children, and what happens after approval (F1 to F5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, DurationField, Evidence, Grown, GrownSection, LocalText, Section

#: The classes of delayed events that a contact asks for: those of `clinical.annual_contact`.
DelayedEventClass = Literal[
    "new_malignancy", "neurologic", "rheumatologic_or_autoimmune", "haematologic", "product_related_infection",
    "unexpected_illness", "pregnancy"
]  # fmt: skip


class FollowUpAssay(Section):
    """An assay during follow-up: how often, until when."""

    analyte: str
    kind: Literal["persistence", "rcr", "immunogenicity", "integration", "transgene_expression"]
    every: tuple[DurationField, ...] = Field(min_length=1)
    until: DurationField | None = None
    stop_after_negatives: int | None = Field(default=None, ge=1)


class FollowUpPaediatric(Section):
    """Children: growth, puberty, cognition, fertility, and how they are kept in follow-up (3.1-m, 3.1-n).

    adult_care_age: age in years at which a subject is handed over to adult care.
    """

    growth_monitoring: bool
    items: tuple[str, ...] = ()
    retention_plan: LocalText | None = None
    adult_care_age: int = Field(default=18, ge=12, le=25)
    transition_plan: LocalText | None = None


class PostMarket(Section):
    """The plan after approval (3.2)."""

    gaps: dict[str, LocalText] = Field(default_factory=dict)
    registry_size: int | None = Field(default=None, ge=1)
    periodic_report_interval: DurationField | None = None


class FollowUp(GrownSection):
    """How long and how the treated subjects are followed.

    item_classes: item to the class of delayed events for which it asks; an item without one asks for something else.
    """

    years: float = Field(gt=0, le=60)
    rationale: LocalText | None = None
    class_justification: Evidence | None = None
    arrangement: Literal["part", "separate"]
    separate_protocol_id: str | None = None
    visits_months: tuple[int, ...] = Field(min_length=1)
    then_every: DurationField
    window: DurationField
    items: tuple[str, ...] = ()
    item_classes: dict[str, DelayedEventClass] = Field(default_factory=dict)
    assays: tuple[FollowUpAssay, ...] = ()
    contact_means: Annotated[tuple[str, ...], Descriptive(), Grown()] = ()
    contact_attempts_before_lost: int = Field(default=3, ge=1)
    paediatric: FollowUpPaediatric | None = None
    post_market: PostMarket | None = None
    later_trials_wait: bool = False
