"""What may be asked about lesions. A command carries the fact itself."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.tumour import events


@dataclass(frozen=True, slots=True)
class IdentifyLesion:
    """Record a lesion at baseline."""

    fact: events.LesionIdentified


@dataclass(frozen=True, slots=True)
class MeasureLesion:
    """Record a lesion at a visit."""

    fact: events.LesionMeasured


@dataclass(frozen=True, slots=True)
class CompleteTumourVisit:
    """Close the reading of a visit; the response is derived from it."""

    fact: events.TumourVisitCompleted
