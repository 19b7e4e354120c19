"""What the type of a field cannot say: its unit, the range that is possible, words that are usual in it, an example.

A row is found by `Class.field`, else by the name of the field alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Precision
from celltrial.conduct.vocabulary import Relatedness
from celltrial.core.terms import Kind as Terms

_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Said:
    """What is declared of a field.

    unit:      UCUM code of the number, where it is always the same.
    low, high: what is possible, ends included unless `above` says that `low` itself is not.
    words:     kind of terms that are usual in it; other words are taken too.
    example:   as it is in JSON.
    """

    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    above: bool = False
    words: Terms | None = None
    example: Any = None


_CELLS: Final = Said("{cells}", _ZERO, above=True, example="2.1e8")
_GRADE: Final = Said(low=_ONE, high=Decimal(5), example=3)
_CELSIUS: Final = Said("Cel", Decimal("-273.15"), Decimal(100), example="-150")
_SHARE_OR_PERCENT: Final = Said(low=_ZERO, example="92")
_NUMBERED: Final = Said(low=_ONE, example=1)
_COUNT: Final = Said(low=_ZERO, example=3)
_SIGNATURE: Final = {
    "account": "li.na",
    "printed_name": "Li Na",
    "role": "medical_monitor",
    "meaning": "approval",
    "signed": "2026-03-02T09:30:00+08:00",
}

SAID: Final[Mapping[str, Said]] = MappingProxyType(
    {
        # numbers
        "cells": _CELLS,
        "collected_cells": _CELLS,
        "delivered_cells": _CELLS,
        "total_cells": _CELLS,
        "grade": _GRADE,
        "at_most": _GRADE,
        "low_celsius": _CELSIUS,
        "high_celsius": _CELSIUS,
        "viability": _SHARE_OR_PERCENT,
        "positivity": _SHARE_OR_PERCENT,
        "vector_copy_number": Said(low=_ZERO, example="2.4"),
        "share": Said("1", _ZERO, _ONE, example="0.12"),
        "diameter_mm": Said("mm", _ZERO, Decimal(1000), example="24"),
        "weight_kg": Said("kg", _ZERO, Decimal(700), above=True, example="62.5"),
        "volume_ml": Said("mL", _ZERO, Decimal(10_000), above=True, example="50"),
        "years": Said("a", _ZERO, Decimal(100), example="15"),
        "dose": Said(low=_ZERO, above=True, example="30"),
        "level": _NUMBERED,
        "next_level": _NUMBERED,
        "size": _NUMBERED,
        "needed": _NUMBERED,
        "position": Said(low=_ONE, example=12),
        "quantity": _COUNT,
        "supervised": _COUNT,
        "tested": _COUNT,
        "ValidateCorrectiveAction.passed": _COUNT,
        "confirm_days": Said("d", _ZERO, example=28),
        "stable_from_days": Said("d", _ZERO, example=28),
        "landmark_day": Said("d", _ZERO, example=90),
        "landmark_window": Said("d", _ZERO, example=14),
        "nominal_day": Said("d", example=14),
        "low": Said(example="45"),
        "high": Said(example="84"),
        "lloq": Said(example="50"),
        "z": Said(example="-0.4"),
        # words that are usual, and examples of texts
        "about": Said(example="adverse_event/AE-1"),
        "CopyMade.about": Said(example="trial"),
        "ReviewAuditTrail.about": Said(example="trial"),
        "account": Said(example="li.na"),
        "agent": Said(example="fludarabine"),
        "analyte": Said(example="transgene"),
        "assay": Said(example="qPCR"),
        "batch": Said(example="B1"),
        "category": Said(words="adverse_event", example="crs"),
        "ResponseAssessed.category": Said(words="response", example="VGPR"),
        "cohort": Said(example="C1"),
        "concept": Said(example="temperature"),
        "country": Said(example="CN"),
        "criteria": Said(words="response_criteria", example="IMWG 2016"),
        "event": Said(example="AE-1"),
        "field": Said(example="onset"),
        "follow_up_class": Said(example="integrating"),
        "for_role": Said(example="medical_monitor"),
        "identity": Said(example="W-0417"),
        "indicator": Said(example="height_for_age"),
        "FollowUpItem.item": Said(words="follow_up_item", example="infection"),
        "attribute": Said(words="release_test", example="viability"),
        "attributes": Said(words="release_test", example="viability"),
        "label": Said(example="L-0417-1"),
        "lesion": Said(example="T1"),
        "Lot.kind": Said(example="vector"),
        "matrix": Said(example="blood"),
        "measure": Said(example="height"),
        "method": Said(example="telephone"),
        "medication": Said(example="tocilizumab"),
        "name": Said(example="First Hospital"),
        "Resource.name": Said(words="resource", example="tocilizumab_dose"),
        "NewTherapyStarted.kind": Said(example="systemic"),
        "new": Said(example="2026-03-02"),
        "old": Said(example="2026-03-01"),
        "OpenTask.kind": Said(example="document"),
        "onset_precision": Said(example="day"),
        "precision": Said(example="day"),
        "relatedness": Said(example="possible"),
        "operator": Said(example="li.na"),
        "organ": Said(example="liver"),
        "owner": Said(example="coordinator"),
        "printed_name": Said(example="Li Na"),
        "procedure": Said(words="procedure", example="infusion"),
        "reader": Said(example="reader.one"),
        "ReaderAssigned.role": Said(example="independent_reviewer"),
        "record": Said(example="adverse_event/AE-1"),
        "resource": Said(words="resource", example="tocilizumab_dose"),
        "route": Said(example="intravenous"),
        "Signature.role": Said(example="medical_monitor"),
        "meaning": Said(example="approval"),
        "scale": Said(example="ASTCT 2019"),
        "sha256": Said(example="0" * 64),
        "signatures": Said(example=_SIGNATURE),
        "site": Said(example="S1"),
        "slot": Said(example="reader_1"),
        "sponsor": Said(example="Sponsor"),
        "subject": Said(example="P1"),
        "target": Said(example="trial"),
        "term": Said(example="Cytokine release syndrome"),
        "test": Said(example="creatinine"),
        "LateSafetyTested.test": Said(words="assay", example="persistence"),
        "to_site": Said(example="S1"),
        "to_stage": Said(words="stage", example="expansion"),
        "trial": Said(example="T1"),
        "unit": Said(example=""),
        "Finding.unit": Said(example="Cel"),
        "Finding.value": Said(example="39.2"),
        "RecordEvidence.unit": Said(example="Cel"),
        "RecordLymphodepletionDose.unit": Said(example="mg/m2"),
        "RecordQualityTest.unit": Said(example="%"),
        "KineticsSampled.unit": Said(example="copies/ug"),
        "LaboratoryMeasured.unit": Said(example="umol/L"),
        "ConcomitantMedicationGiven.unit": Said(example="mg"),
        "GrowthMeasured.unit": Said(example="cm"),
        "value": Said(example="36.8"),
        "RecordQualityTest.value": Said(example="92"),
        "KineticsSampled.value": Said(example="<50"),
        "LaboratoryMeasured.value": Said(example="71"),
        "GrowthMeasured.value": Said(example="121.5"),
        "version": Said(example="1.0"),
        "visit": Said(example="M003"),
        "zone": Said(example="Asia/Shanghai"),
    }
)

#: What holds where a report says nothing of it: nobody has to know a code to report an event.
LEFT_OUT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "AdverseEventReported.code": "",
        "AdverseEventReported.relatedness": Relatedness.UNKNOWN,
        "AdverseEventReported.onset_precision": Precision.DAY,
    }
)

#: Names of which the text may be given as a number: a number is text there.
NUMBER_AS_TEXT: Final = frozenset(
    {"RecordEvidence.value", "EvidenceRecorded.value", "Finding.value", "CorrectFact.old", "CorrectFact.new"}
)

#: What the application works out, whatever the sender claims.
COMPUTED: Final = frozenset(
    {"scores", "ApproveProtocol.review", "AmendProtocol.review", "ExtendFollowUp.minimum_years"}
)

#: Texts that have to be given and may be empty, because empty says something: none, not coded, without unit.
MAY_BE_EMPTY: Final = frozenset({"code", "category", "unit", "detail", "sponsor", "outcome", "stratum", "target"})

#: Who a record is about; the rest falls into its group by its kind.
ABOUT: Final = frozenset(
    {
        "trial", "subject", "site", "batch", "cohort", "event", "query", "task", "alert", "suspension", "halt", "account",
        "lesion", "visit", "signing", "deviation", "record", "about", "arm",
    }
)  # fmt: skip
SCANNED: Final = frozenset({"identity", "label"})
JUDGED: Final = frozenset(
    {
        "seriousness",
        "relatedness",
        "expected",
        "grade",
        "scale",
        "quality_cause",
        "outcome",
        "passed",
        "evaluable",
        "move",
    }
)
