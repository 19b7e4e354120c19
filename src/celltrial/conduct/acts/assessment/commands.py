"""What may be asked about measurements. A command that records carries the fact itself."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.assessment import events


@dataclass(frozen=True, slots=True)
class RecordResponse:
    """Record a response assessment."""

    fact: events.ResponseAssessed


@dataclass(frozen=True, slots=True)
class RecordKinetics:
    """Record one kinetics value."""

    fact: events.KineticsSampled


@dataclass(frozen=True, slots=True)
class RecordLaboratory:
    """Record one laboratory value."""

    fact: events.LaboratoryMeasured


@dataclass(frozen=True, slots=True)
class RecordProgression:
    """Record progression."""

    fact: events.DiseaseProgressed


@dataclass(frozen=True, slots=True)
class RecordNewTherapy:
    """Record a new anticancer therapy."""

    fact: events.NewTherapyStarted


@dataclass(frozen=True, slots=True)
class RecordConcomitantMedication:
    """Record a medication."""

    fact: events.ConcomitantMedicationGiven


@dataclass(frozen=True, slots=True)
class AssignReader:
    """Assign an independent reader."""

    fact: events.ReaderAssigned


@dataclass(frozen=True, slots=True)
class LockRead:
    """Make a reader's reads final."""

    fact: events.ReadLocked


@dataclass(frozen=True, slots=True)
class StartPrimaryAnalysis:
    """Begin the primary analysis on a cut."""

    fact: events.PrimaryAnalysisStarted
