"""Procedures for which conduct asks for a trained operator, by the names that `sites.operators` uses."""

from __future__ import annotations

from typing import Final

from celltrial.core.terms import resolve, same_term
from celltrial.protocol.model import Protocol
from celltrial.protocol.regimen import planned_administrations

#: Ways of taking starting material from a subject.
COLLECTING: Final = ("leukapheresis", "blood_collection", "marrow_aspiration", "tumour_resection")


def infusion_procedure(protocol: Protocol, route: str | None = None) -> str:
    """Return the name of the procedure for which an operator must be trained to give the product by a route, else by its own."""
    return f"{route or protocol.treatment.infusion.route}_infusion"


def infusion_procedures(protocol: Protocol) -> tuple[str, ...]:
    """Return the procedures by which the plan gives the product, each once."""
    routes = (one.route for one in planned_administrations(protocol))
    others = (one.route for course in protocol.treatment.courses for one in course.administrations)
    return tuple(dict.fromkeys(infusion_procedure(protocol, route) for route in (*routes, *filter(None, others))))


def collection_procedures(protocol: Protocol) -> tuple[str, ...]:
    """Return the ways of collecting for which the protocol asks for training; who collects is trained for each."""
    asked = protocol.sites.operators if protocol.sites is not None else ()
    return tuple(item.procedure for item in asked if resolve(item.procedure, "procedure") in COLLECTING)


def unheeded_procedures(protocol: Protocol) -> tuple[str, ...]:
    """Return the procedures with stated training for which no act asks."""
    asked = protocol.sites.operators if protocol.sites is not None else ()
    heeded = (*infusion_procedures(protocol), *COLLECTING)
    return tuple(
        item.procedure for item in asked if not any(same_term(item.procedure, known, "procedure") for known in heeded)
    )
