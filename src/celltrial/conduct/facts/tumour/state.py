"""What is known of a subject's lesions, and the response that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.derivation import Derivation
from celltrial.clinical.recist11 import derive_recist_response
from celltrial.clinical.recist_lesions import BaselineLesion, TargetMeasure, TumourBaseline, TumourVisit
from celltrial.conduct.facts.tumour.events import LesionIdentified, LesionMeasured, TumourVisitCompleted

LONGEST_MM: Final = Decimal(1000)


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tumour:
    """A subject's lesions as every reader sees them.

    lesions:  by reader and lesion.                measures: by reader, visit and lesion.
    visits:   completed readings by reader and visit, in order of completion.
    reported: response category as assessed, by reader and visit.   derived: as it follows from the lesions.
    """

    lesions: Mapping[tuple[str, str], LesionIdentified] = field(default_factory=_nothing)
    measures: Mapping[tuple[str, str, str], LesionMeasured] = field(default_factory=_nothing)
    visits: Mapping[tuple[str, str], TumourVisitCompleted] = field(default_factory=_nothing)
    reported: Mapping[tuple[str, str], str] = field(default_factory=_nothing)
    derived: Mapping[tuple[str, str], str] = field(default_factory=_nothing)

    def baseline(self, reader: str) -> TumourBaseline:
        """Return the disease at baseline as a reader saw it."""
        mine = [item for (who, _), item in self.lesions.items() if who == reader]
        targets = (
            BaselineLesion(item.lesion, item.diameter_mm, item.is_node, item.organ)
            for item in mine
            if item.is_target and item.diameter_mm is not None
        )
        return TumourBaseline(tuple(targets), sum(not item.is_target for item in mine))

    def response(self, reader: str, visit: str) -> Derivation:
        """Return the response of a completed visit by RECIST 1.1, with the earlier visits of the same reader."""
        here = self.visits[reader, visit]
        earlier = [item for (who, _), item in self.visits.items() if who == reader and item.on < here.on]
        return derive_recist_response(
            self._seen(here), baseline=self.baseline(reader), earlier=[self._seen(item) for item in earlier]
        )

    def _seen(self, visit: TumourVisitCompleted) -> TumourVisit:
        mine = [item for (who, name, _), item in self.measures.items() if (who, name) == (visit.reader, visit.visit)]
        targets = (TargetMeasure(item.lesion, item.diameter_mm, item.too_small) for item in mine if item.state is None)
        return TumourVisit(
            tuple(targets), tuple(item.state for item in mine if item.state is not None), visit.new_lesion
        )
