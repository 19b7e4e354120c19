"""What a protocol's document is made from; everything is computed before, nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from celltrial.designs import Policy
from celltrial.protocol.model import Protocol
from celltrial.protocol.policies import dose_policy
from celltrial.report.design_sheet.inputs import SizeView
from celltrial.simulation.characteristics import OperatingCharacteristics


@dataclass(frozen=True)
class DocumentInputs:
    """A protocol, the decision table of its design and its recomputed sample size.

    decisions: rows {n, dlt, move} at a middle dose; `counted` names a further count of each row.
    characteristics: what the dose finding does under each scenario of the protocol, in their order; () where not computed.
    size:      the stated sample size beside the computed one; None where none is stated.
    signers:   clause to who signed its justification, and when, of those that persons signed at all; `unsigned` names those that more must sign.
    """

    protocol: Protocol
    decisions: Sequence[Mapping[str, Any]] = ()
    counted: str | None = None
    size: SizeView | None = None
    characteristics: tuple[OperatingCharacteristics, ...] = ()
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unsigned: tuple[str, ...] = ()

    @cached_property
    def policy(self) -> Policy | None:
        """The dose-finding policy; None where the protocol finds no dose."""
        return dose_policy(self.protocol)

    @property
    def planned_subjects(self) -> int:
        """How many subjects tables over n go up to: those of the dose finding, of the size and of the plan."""
        protocol = self.protocol
        stated = protocol.confirmatory.sample_size if protocol.confirmatory else None
        policy = self.policy
        return max(
            policy.max_subjects if policy else 1,
            stated.infused if stated else 1,
            protocol.assumptions.target_infused if protocol.assumptions else 1,
        )

    def citation(self, reference: str) -> str:
        """Return the number under which a reference is in section 14; its own key where the list does not hold it."""
        known = [item.id for item in self.protocol.references]
        return str(known.index(reference) + 1) if reference in known else reference
