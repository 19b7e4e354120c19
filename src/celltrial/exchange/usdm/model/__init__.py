"""The classes of the USDM 4.0 API, one file per area."""

from collections.abc import Mapping
from typing import Final

from celltrial.exchange.usdm.model import (
    base,
    concepts,
    design,
    documents,
    interventions,
    objectives,
    parties,
    population,
    schedule,
    study,
)
from celltrial.exchange.usdm.model.study import Wrapper

__all__ = ["CLASSES", "Wrapper"]

#: Every class that may be in a document, by its `instanceType`.
CLASSES: Final[Mapping[str, type[base.Part]]] = {
    name: found
    for room in (base, parties, population, objectives, interventions, schedule, concepts, documents, design, study)
    for name in room.__all__
    if isinstance(found := getattr(room, name), type)
    and issubclass(found, base.Part)
    and "instance_type" in found.model_fields
}
