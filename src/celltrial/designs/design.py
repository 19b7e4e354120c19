"""A row of the table of designs: what a design is called, what it needs, how it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

from celltrial.core.errors import UserError, fault
from celltrial.designs.observation import Channel
from celltrial.designs.param_types import type_faults
from celltrial.designs.policy import Policy
from celltrial.designs.stopping.boundary import BoundaryRule


class Family(StrEnum):
    """What a design is for."""

    DOSE_ESCALATION = "dose_escalation"
    DOSE_OPTIMISATION = "dose_optimisation"


@dataclass(frozen=True, slots=True)
class Design:
    """A dose-finding design.

    params:     frozen dataclass of plain fields; the protocol stores them as a mapping.
    build:      (params, n_doses, start) -> policy.
    family:     what it is for.
    endpoints:  what it looks at, per subject.
    references: keys of the bibliography, or a doi.
    exact:      decides from counts alone, so its operating characteristics can be exact.
    since:      version of celltrial that first had it.
    example:    a valid set of parameters, for tests, forms and the reference page.
    monotone:   one DLT more at the current dose, all else equal, never leads to a higher next dose.
    """

    params: type
    build: Callable[..., Policy]
    family: Family
    endpoints: frozenset[Channel]
    references: tuple[str, ...]
    exact: bool
    since: str
    example: Mapping[str, Any]
    monotone: bool = True


@dataclass(frozen=True, slots=True)
class Modifier:
    """A brake or stop that wraps any policy: (params, policy) -> policy."""

    params: type
    build: Callable[..., Policy]
    references: tuple[str, ...]
    since: str
    example: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """A stopping rule over x events in n subjects."""

    params: type
    build: Callable[..., BoundaryRule]
    references: tuple[str, ...]
    since: str
    example: Mapping[str, Any]


def row_of(table: Mapping[str, Any], kind: str) -> Any:
    """Return the row of a table of designs, modifiers or rules; DSG-009 for a key that it does not hold."""
    if kind not in table:
        raise UserError(fault("DSG-009", expected=", ".join(sorted(table)), found=kind))
    return table[kind]


def params_from(kind: str, cls: type, values: Mapping[str, Any]) -> Any:
    """Return the parameters of `cls` from a mapping; a missing or unknown field is a fault that lists the fields, a
    value of another kind (DSG-405) one that names its place.

    Lists become tuples, so that a mapping read from YAML gives a hashable value.
    """
    known = {f.name: f for f in fields(cls)}
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    unknown = sorted(set(values) - set(known))
    missing = [n for n in needed if n not in values]
    faults = [
        *(fault("DSG-007", where=kind, expected=", ".join(known) or "-", found=name) for name in unknown),
        *(fault("DSG-008", where=kind, expected=name, found=", ".join(sorted(values)) or "-") for name in missing),
        *type_faults(kind, cls, values),
    ]
    if faults:
        raise UserError(*faults)
    return cls(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
