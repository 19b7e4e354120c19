"""Procedures for which conduct asks for a trained operator, by the names that `sites.operators` uses."""

from __future__ import annotations

from typing import Final

from celltrial.core.terms import resolve, same_term
from celltrial.protocol.model import Protocol

#: Ways of taking starting material from a subject.
COLLECTING: Final = ("leukapheresis", "blood_collection", "marrow_aspiration", "tumour_resection")


def infusion_procedure(protocol: Protocol) -> str:
    """Return the name of the procedure for which an operator must be trained to give the product."""
    return f"{protocol.treatment.infusion.route}_infusion"


def collection_procedures(protocol: Protocol) -> tuple[str, ...]:
    """Return the ways of collecting for which the protocol asks for training; who collects is trained for each."""
    asked = protocol.sites.operators if protocol.sites is not None else ()
    return tuple(item.procedure for item in asked if resolve(item.procedure, "procedure") in COLLECTING)


def unheeded_procedures(protocol: Protocol) -> tuple[str, ...]:
    """Return the procedures with stated training for which no act asks."""
    asked = protocol.sites.operators if protocol.sites is not None else ()
    heeded = {infusion_procedure(protocol), *COLLECTING}
    return tuple(
        item.procedure for item in asked if not any(same_term(item.procedure, known, "procedure") for known in heeded)
    )
