"""Facts about lesions. `reader` is the account of an independent reader, "" for the site; each reads with own lesions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from celltrial.clinical.recist_lesions import NewLesion, NonTarget


@dataclass(frozen=True, slots=True)
class LesionIdentified:
    """A lesion was found at baseline.

    diameter_mm: of a target lesion, longest diameter or short axis of a node, in mm; None for a non-target lesion.
    """

    subject: str
    lesion: str
    is_target: bool
    organ: str
    on: date
    diameter_mm: Decimal | None = None
    is_node: bool = False
    reader: str = ""


@dataclass(frozen=True, slots=True)
class LesionMeasured:
    """A lesion at a visit.

    diameter_mm: of a target lesion, in mm; None where it was not assessed.   too_small: seen, too small to measure.
    state:       of a non-target lesion; None for a target lesion.
    """

    subject: str
    lesion: str
    visit: str
    on: date
    diameter_mm: Decimal | None = None
    too_small: bool = False
    state: NonTarget | None = None
    reader: str = ""


@dataclass(frozen=True, slots=True)
class TumourVisitCompleted:
    """Every lesion of a visit was read, and new ones were looked for; None where they were not."""

    subject: str
    visit: str
    on: date
    new_lesion: NewLesion | None
    reader: str = ""
