"""Every failure of celltrial, in three families.

CelltrialError
├── UserError             the user can fix it; every fault at once; exit 2, no trace
├── WorldError            the surroundings failed (disk, database, network); exit 3
│   └── ConflictError     somebody else wrote first: read again and retry
└── DefectError           we are wrong; exit 70 with the full trace
    └── NotConvergedError a numerical method did not reach its tolerance

A refused act of conduct is not an exception: it is a value.

A fault carries a permanent id (`PRT-012`) and parameters, never a sentence:
the edges translate. The room owns the prefix: COR core, DSG designs, CLN
clinical, PRT protocol, GDL guideline, CND conduct, SIM simulation, LDG ledger,
DAT datasets, ANL analysis, REP report, EXC exchange, APP app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

EXIT_USER: Final = 2
EXIT_WORLD: Final = 3
EXIT_DEFECT: Final = 70


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    id:     permanent id, such as "PRT-012"; its texts are in the catalogues.
    where:  file, line and column, row, or field path; "" where there is none.
    params: what the message needs, usually `found` and `expected`.
    """

    id: str
    where: str = ""
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """Return a language-neutral line for logs and notebooks.

        >>> str(fault("DSG-001", expected="0 < target < 1", found="target=1.2"))
        'DSG-001: expected 0 < target < 1; found target=1.2'
        """
        place = f" at {self.where}" if self.where else ""
        parts = "; ".join(f"{name} {value}" for name, value in self.params.items())
        return f"{self.id}{place}: {parts}" if parts else f"{self.id}{place}"


def fault(fault_id: str, /, where: str = "", **params: object) -> Fault:
    """Build a fault from keyword parameters."""
    return Fault(fault_id, where, MappingProxyType(dict(params)))


class CelltrialError(Exception):
    """Base of every failure; never raised itself."""


class UserError(CelltrialError):
    """What came is wrong and the user can put it right; holds every fault found."""

    def __init__(self, *faults: Fault) -> None:
        self.faults: Sequence[Fault] = faults
        super().__init__(*faults)

    def __str__(self) -> str:
        return "\n".join(str(item) for item in self.faults)


class WorldError(CelltrialError):
    """The surroundings failed: disk, database, network."""

    def __init__(self, cause: Fault, *, retryable: bool = False) -> None:
        self.fault = cause
        self.retryable = retryable
        super().__init__(cause)

    def __str__(self) -> str:
        return str(self.fault)


class ConflictError(WorldError):
    """Somebody else wrote first; reading again and retrying is the cure."""

    def __init__(self, cause: Fault) -> None:
        super().__init__(cause, retryable=True)


class DefectError(CelltrialError):
    """Our own mistake; shown with its trace and never caught quietly."""


class NotConvergedError(DefectError):
    """A numerical method did not reach its tolerance; its last iterate is not a result."""
