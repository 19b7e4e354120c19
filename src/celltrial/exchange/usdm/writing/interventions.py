"""The cells with their doses, the lymphodepletion, and what the control arm gets."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.exchange.usdm.codes_data import DOSE_FORM, INTERVENTION_ROLES, INTERVENTION_TYPES, PRODUCT_IMP, ROUTES
from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model.base import Duration
from celltrial.exchange.usdm.model.interventions import AdministrableProduct, Administration, StudyIntervention
from celltrial.protocol import Protocol
from celltrial.protocol.model.treatment import LymphodepletionDrug

__all__ = ["Given", "dose_unit", "write_interventions"]


@dataclass(frozen=True, slots=True)
class Given:
    """What is given, and the product."""

    cells: StudyIntervention
    drugs: tuple[StudyIntervention, ...]
    control: StudyIntervention | None
    product: AdministrableProduct

    @property
    def all(self) -> tuple[StudyIntervention, ...]:
        """Every intervention."""
        return (self.cells, *self.drugs, *((self.control,) if self.control is not None else ()))


def dose_unit(protocol: Protocol) -> str:
    """Return the unit of a cell dose in UCUM."""
    return "{cells}/kg" if protocol.dose.per_kg else "{cells}"


def write_interventions(protocol: Protocol, mint: Mint) -> Given:
    """Return the interventions of a protocol."""
    product = mint(
        AdministrableProduct,
        name=protocol.product.name.en,
        label=protocol.product.type,
        description=protocol.product.mechanism.en if protocol.product.mechanism is not None else None,
        administrable_dose_form=mint.alias(DOSE_FORM),
        product_designation=mint.code(PRODUCT_IMP),
    )
    cells = mint(
        StudyIntervention,
        name=protocol.product.name.en,
        role=mint.code(INTERVENTION_ROLES["experimental"]),
        type=mint.code(INTERVENTION_TYPES["cells"]),
        administrations=_doses(protocol, product, mint),
    )
    lymphodepletion = protocol.treatment.lymphodepletion
    drugs = tuple(_drug(one, mint) for one in lymphodepletion.drugs) if lymphodepletion is not None else ()
    return Given(cells, drugs, _control(protocol, mint), product)


def _doses(protocol: Protocol, product: AdministrableProduct, mint: Mint) -> tuple[Administration, ...]:
    route = ROUTES.get(protocol.treatment.infusion.route)
    repeat = protocol.dose.repeat
    text = "one dose" if repeat.doses == 1 else f"up to {repeat.doses} doses"
    if repeat.doses > 1 and repeat.interval is not None:
        text += f", one every {repeat.interval}"
    return tuple(
        mint(
            Administration,
            name=level.label,
            description=f"{protocol.dose.basis.value.replace('_', ' ')} cells",
            duration=mint(Duration, text=text, duration_will_vary=False),
            dose=mint.quantity(float(level.cells), mint.unit(dose_unit(protocol))),
            route=mint.alias(route) if route is not None else None,
            administrable_product_id=product.id,
        )
        for level in protocol.dose.levels
    )


def _drug(one: LymphodepletionDrug, mint: Mint) -> StudyIntervention:
    days = ", ".join(str(day) for day in one.days)
    duration = mint(
        Duration, text=f"days {days}", quantity=mint.quantity(len(one.days), mint.unit("d")), duration_will_vary=False
    )
    given = mint(Administration, name=one.drug, duration=duration, dose=mint.quantity(one.dose, mint.unit(one.unit)))
    return mint(
        StudyIntervention,
        name=one.drug,
        label=f"Lymphodepletion: {one.drug}",
        role=mint.code(INTERVENTION_ROLES["required"]),
        type=mint.code(INTERVENTION_TYPES["drug"]),
        administrations=(given,),
    )


def _control(protocol: Protocol, mint: Mint) -> StudyIntervention | None:
    """Return the comparator where something is given: best supportive care and nothing are no intervention of ours."""
    comparator = protocol.confirmatory.comparator if protocol.confirmatory is not None else "none"
    if protocol.trial.design != "RCT" or comparator not in {"placebo", "active"}:
        return None
    kind = "cells" if comparator == "placebo" else "drug"
    return mint(
        StudyIntervention,
        name=f"{comparator} comparator",
        role=mint.code(INTERVENTION_ROLES[comparator]),
        type=mint.code(INTERVENTION_TYPES[kind]),
    )
