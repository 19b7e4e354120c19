"""Cell doses: a number of cells, its basis, and whether it is per kilogram.

Two doses compare only when their basis and their per-kilogram kind agree;
anything else raises, because 1e6 total cells is not 1e6 CAR-positive cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from celltrial.core.errors import UserError, fault


class DoseBasis(StrEnum):
    """Which cells are counted."""

    TOTAL = "total"
    VIABLE = "viable"
    TARGET_POSITIVE_VIABLE = "target_positive_viable"


@dataclass(frozen=True, slots=True)
class CellDose:
    """A number of cells.

    cells:  number of cells (or cells per kilogram), > 0.
    basis:  which cells are counted.
    per_kg: whether the number is per kilogram of body weight.
    """

    cells: Decimal
    basis: DoseBasis = DoseBasis.TARGET_POSITIVE_VIABLE
    per_kg: bool = False

    def __post_init__(self) -> None:
        """Refuse a dose that is not a positive finite number."""
        if not (self.cells.is_finite() and self.cells > 0):
            raise UserError(fault("COR-001", expected="0 < cells < infinity", found=str(self.cells)))

    def _comparable(self, other: CellDose) -> None:
        if (self.basis, self.per_kg) != (other.basis, other.per_kg):
            raise UserError(fault("COR-002", expected=self.kind, found=other.kind))

    @property
    def kind(self) -> str:
        """Basis and per-kilogram kind as one word, such as `total/kg`."""
        return f"{self.basis.value}/kg" if self.per_kg else self.basis.value

    def __lt__(self, other: CellDose) -> bool:
        self._comparable(other)
        return self.cells < other.cells

    def __le__(self, other: CellDose) -> bool:
        self._comparable(other)
        return self.cells <= other.cells

    def ratio(self, other: CellDose) -> Decimal:
        """Return this dose over another of the same kind."""
        self._comparable(other)
        return self.cells / other.cells

    def for_weight(self, kg: Decimal, cap: Decimal | None = None) -> CellDose:
        """Return the flat dose for a body weight in kilograms, not above `cap` cells.

        >>> CellDose(Decimal("1e6"), per_kg=True).for_weight(Decimal(55), cap=Decimal("1e8")).cells
        Decimal('5.5E+7')
        """
        if not self.per_kg:
            cells = self.cells
        elif kg > 0:
            cells = self.cells * kg
        else:
            raise UserError(fault("COR-003", expected="body weight > 0 kg", found=str(kg)))
        return CellDose(cells if cap is None else min(cells, cap), self.basis, per_kg=False)


def target_positive_viable(total: Decimal, *, viability: Decimal, positivity: Decimal) -> CellDose:
    """Return target-positive viable cells from total cells, viability and positivity in [0, 1].

    Checked against AC-P4.2: 4e8 x 85 % x 30 % = 1.02e8.

    >>> target_positive_viable(Decimal("4e8"), viability=Decimal("0.85"), positivity=Decimal("0.30")).cells
    Decimal('1.0200E+8')
    """
    for name, share in (("viability", viability), ("positivity", positivity)):
        if not 0 <= share <= 1:
            raise UserError(fault("COR-004", expected=f"0 <= {name} <= 1", found=str(share)))
    return CellDose(total * viability * positivity, DoseBasis.TARGET_POSITIVE_VIABLE)
