"""Assessments that no other part plans: examinations, laboratory panels, genetic samples, use of resources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, DurationField, LocalText, Section


class Procedure(Section):
    """One assessment of safety with its days.

    days:      infusion days (0 is the infusion; negative before).
    screening: whether it is done at screening too.
    """

    kind: Annotated[
        Literal["physical_examination", "vital_signs", "ecg", "laboratory", "neurological", "suicidality", "imaging"],
        Descriptive(),
    ]
    text: LocalText
    screening: Annotated[bool, Descriptive()] = True
    days: Annotated[tuple[int, ...], Descriptive()] = ()


class Panel(Section):
    """A laboratory panel and what is measured in it."""

    name: LocalText
    analytes: Annotated[tuple[str, ...], Field(min_length=1), Descriptive()]


class GeneticSamples(Section):
    """Samples for genetic analyses: what for, how long they are kept, whether they leave the country."""

    purpose: LocalText
    retention: Annotated[DurationField | None, Descriptive()] = None
    abroad: Annotated[bool | None, Descriptive()] = None


class Assessments(Section):
    """What ICH M11, section 8, asks beyond response, samples and follow-up."""

    procedures: Annotated[tuple[Procedure, ...], Descriptive()] = ()
    laboratory: Annotated[Literal["local", "central", "local_and_central"] | None, Descriptive()] = None
    abnormal_values: LocalText | None = None
    panels: Annotated[tuple[Panel, ...], Descriptive()] = ()
    genetic: Annotated[GeneticSamples | None, Descriptive()] = None
    sample_retention: Annotated[DurationField | None, Descriptive()] = None
    health_economics: LocalText | None = None
