"""How adverse events are collected and reported: periods, times, causality, pregnancy, special situations."""

from __future__ import annotations

from typing import Annotated, Literal

from celltrial.protocol.model.base import Descriptive, DurationField, LocalText, Section


class CollectionPeriod(Section):
    """From when to when one kind of event is collected.

    until: how long after the last infusion; not stated where `to_end` says that it is collected as long as the
           participant is in the trial.
    """

    event: Literal["ae", "sae", "aesi", "complaint", "pregnancy"]
    begins: Annotated[Literal["consent", "collection", "lymphodepletion", "infusion"], Descriptive()]
    until: DurationField | None = None
    to_end: bool = False


class PregnancyReporting(Section):
    """A pregnancy of a participant or a partner."""

    report_within: Annotated[DurationField, Descriptive()]
    partner: Annotated[bool, Descriptive()] = False
    followed_until: LocalText | None = None


class Safety(Section):
    """Collection and reporting of safety information (ICH M11, section 9).

    sae_to_sponsor: how soon after knowing of a serious adverse event the investigator tells the sponsor.
    causality:      the scale on which a relation to the product is judged.
    clarifications: what the definition of an adverse event means in this disease.
    disease_events: events of the disease that are endpoints, not adverse events.
    special_situations: what is reported although it is no adverse event, such as an infusion into the wrong person.
    """

    collection: tuple[CollectionPeriod, ...] = ()
    sae_to_sponsor: Annotated[DurationField | None, Descriptive()] = None
    causality: Annotated[Literal["related_or_not", "five_categories"] | None, Descriptive()] = None
    clarifications: LocalText | None = None
    recording: LocalText | None = None
    disease_events: tuple[LocalText, ...] = ()
    pregnancy: Annotated[PregnancyReporting | None, Descriptive()] = None
    special_situations: tuple[LocalText, ...] = ()
