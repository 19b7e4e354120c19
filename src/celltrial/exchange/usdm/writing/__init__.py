"""From a protocol to a USDM document: what USDM has a class for goes there, the whole protocol into extensions."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import celltrial
from celltrial.exchange.usdm.extension import write_fields
from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model import CLASSES
from celltrial.exchange.usdm.model.base import Code
from celltrial.exchange.usdm.model.design import InterventionalStudyDesign
from celltrial.exchange.usdm.model.study import Study, StudyVersion, Wrapper
from celltrial.exchange.usdm.terminology_data import (
    BLINDING,
    CHARACTERISTICS,
    INTERVENTIONAL,
    MODELS,
    PHASES,
    SUB_TYPES,
    TREATMENT_INTENT,
)
from celltrial.exchange.usdm.writing.about import NOT_STATED, write_about
from celltrial.exchange.usdm.writing.interventions import Given, write_interventions
from celltrial.exchange.usdm.writing.objectives import write_objectives
from celltrial.exchange.usdm.writing.population import Eligible, write_population
from celltrial.exchange.usdm.writing.schedule import Schedule, write_schedule
from celltrial.exchange.usdm.writing.structure import write_structure
from celltrial.protocol import Protocol

__all__ = ["USDM_VERSION", "format_usdm", "write_usdm"]

USDM_VERSION: Final = "4.0.0"
_REQUIRED: Final = {
    field.alias for one in CLASSES.values() for field in one.model_fields.values() if field.is_required()
}

#: References from one thing to its neighbour in an order.
_CHAIN: Final = frozenset({"previousId", "nextId"})


def write_usdm(protocol: Protocol) -> Wrapper:
    """Return the USDM document of a protocol; the same protocol gives the same document.

    Written for the USDM API 4.0.0 and checked against its required attributes and class names.
    """
    mint = Mint()
    about, eligible = write_about(protocol, mint), write_population(protocol, mint)
    given = write_interventions(protocol, mint)
    design, schedule = _design(protocol, eligible, given, mint)
    version = mint(
        StudyVersion,
        version_identifier=protocol.identification.version,
        rationale=NOT_STATED,
        date_values=about.dates,
        study_identifiers=about.identifiers,
        study_designs=(design,),
        titles=about.titles,
        eligibility_criterion_items=eligible.items,
        roles=about.roles,
        organizations=about.organizations,
        study_interventions=given.all,
        administrable_products=given.products,
        bc_surrogates=schedule.surrogates,
        extension_attributes=write_fields(protocol, mint),
    )
    roles = (version.roles[0].model_copy(update={"applies_to_ids": (version.id,)}), *version.roles[1:])
    masked = tuple(one.model_copy(update={"applies_to_ids": (design.id,)}) for one in roles[1:])
    name = protocol.identification.id
    study = Study(
        id=uuid5(NAMESPACE_URL, f"urn:celltrial:trial:{name}"),
        name=name,
        label=protocol.identification.acronym,
        versions=(version.model_copy(update={"roles": (roles[0], *masked)}),),
    )
    return Wrapper(
        study=study, usdm_version=USDM_VERSION, system_name="celltrial", system_version=celltrial.__version__
    )


def format_usdm(protocol: Protocol) -> str:
    """Return the USDM JSON text of a protocol."""
    data = _pruned(write_usdm(protocol).model_dump(mode="json", by_alias=True))
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _pruned(value: Any) -> Any:
    """Drop nulls, and empty lists that USDM does not require; the ends of a chain say `null`, which rules look for."""
    if isinstance(value, dict):
        kept = (
            (name, inner)
            for name, inner in value.items()
            if (inner is not None or name in _CHAIN) and (inner != [] or name in _REQUIRED)
        )
        return {name: _pruned(inner) for name, inner in kept}
    return [_pruned(inner) for inner in value] if isinstance(value, list) else value


def _design(
    protocol: Protocol, eligible: Eligible, given: Given, mint: Mint
) -> tuple[InterventionalStudyDesign, Schedule]:
    structure = write_structure(protocol, given, mint)
    schedule = write_schedule(protocol, structure, given, mint)
    asked = write_objectives(protocol, (given.cells.id,), mint)
    phase = PHASES.get(protocol.trial.phase_label)
    design = mint(
        InterventionalStudyDesign,
        name="design",
        label=protocol.trial.design.replace("_", " "),
        study_type=mint.code(INTERVENTIONAL),
        study_phase=mint.alias(phase) if phase is not None else None,
        characteristics=_characteristics(protocol, mint),
        encounters=schedule.encounters,
        activities=schedule.activities,
        arms=structure.arms,
        study_cells=structure.cells,
        rationale=_rationale(protocol),
        epochs=structure.epochs,
        elements=structure.elements,
        estimands=asked.estimands,
        indications=(eligible.indication,),
        study_intervention_ids=tuple(one.id for one in given.all),
        objectives=asked.objectives,
        population=eligible.population,
        schedule_timelines=(schedule.timeline,),
        eligibility_criteria=eligible.criteria,
        analysis_populations=asked.populations,
        sub_types=_sub_types(protocol, mint),
        model=mint.code(MODELS[protocol.trial.design]),
        intent_types=(mint.code(TREATMENT_INTENT),),
        blinding_schema=mint.alias(BLINDING[protocol.trial.blinding.level]),
    )
    return design, schedule


def _rationale(protocol: Protocol) -> str:
    """Return why this design was chosen."""
    if protocol.escalation is not None and protocol.escalation.design.rationale is not None:
        return protocol.escalation.design.rationale.said("en")
    plan = protocol.confirmatory
    if plan is not None:
        reason = plan.single_arm_reason if protocol.trial.design == "SAT" else plan.comparator_reason
        if reason is not None:
            return reason.said("en")
    return NOT_STATED


def _characteristics(protocol: Protocol, mint: Mint) -> tuple[Code, ...]:
    found = ["multicentre" if protocol.trial.multicentre else "single_centre"]
    plan = protocol.confirmatory.randomisation if protocol.confirmatory is not None else None
    if protocol.trial.design == "RCT" or (plan is not None and plan.strata):
        # The list asks for one of the two: what is stratified is randomised.
        found.append("stratified" if plan is not None and plan.strata else "randomised")
    return tuple(mint.code(CHARACTERISTICS[name]) for name in found)


def _sub_types(protocol: Protocol, mint: Mint) -> tuple[Code, ...]:
    """Return what the primary endpoints are about."""
    ends = protocol.efficacy.endpoints if protocol.efficacy is not None else ()
    primary = {one.kind for one in ends if one.rank == "primary"}
    about_safety = bool(primary & {"safety", "dlt"})
    about_benefit = bool(primary - {"safety", "dlt", "feasibility", "kinetics"})
    chosen = [("safety", about_safety), ("efficacy", about_benefit)]
    return tuple(mint.code(SUB_TYPES[name]) for name, holds in chosen if holds)
