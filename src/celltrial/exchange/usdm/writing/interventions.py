"""The cells with their doses, the lymphodepletion, and what the control arm gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model.base import Duration, Quantity
from celltrial.exchange.usdm.model.interventions import AdministrableProduct, Administration, StudyIntervention
from celltrial.exchange.usdm.naming import distinct
from celltrial.exchange.usdm.terminology_data import (
    DOSE_FORM,
    FREQUENCIES,
    INTERVENTION_ROLES,
    INTERVENTION_TYPES,
    ONCE,
    PRODUCT_IMP,
    PRODUCT_NIMP,
    ROUTES,
    UNKNOWN,
    UNKNOWN_ROUTE,
    Term,
)
from celltrial.protocol import Protocol
from celltrial.protocol.model.dose import DoseLevel
from celltrial.protocol.model.regimen import Administration as Planned
from celltrial.protocol.model.regimen import Course, DrugDose
from celltrial.protocol.model.treatment import LymphodepletionDrug
from celltrial.protocol.regimen import share_of


@dataclass(frozen=True, slots=True)
class Given:
    """What is given, and the product."""

    cells: StudyIntervention
    drugs: tuple[StudyIntervention, ...]
    control: StudyIntervention | None
    products: tuple[AdministrableProduct, ...]
    beside: tuple[StudyIntervention, ...] = ()

    @property
    def all(self) -> tuple[StudyIntervention, ...]:
        """Every intervention."""
        return (self.cells, *self.drugs, *self.beside, *((self.control,) if self.control is not None else ()))


def dose_unit(protocol: Protocol) -> str:
    """Return the unit of a cell dose in UCUM."""
    return "{cells}/kg" if protocol.dose.per_kg else "{cells}"


def write_interventions(protocol: Protocol, mint: Mint) -> Given:
    """Return the interventions of a protocol."""
    product = mint(
        AdministrableProduct,
        name=protocol.product.name.said("en"),
        label=protocol.product.type,
        description=protocol.product.mechanism.said("en") if protocol.product.mechanism is not None else None,
        administrable_dose_form=mint.alias(DOSE_FORM),
        product_designation=mint.code(PRODUCT_IMP),
    )
    cells = mint(
        StudyIntervention,
        name=protocol.product.name.said("en"),
        role=mint.code(INTERVENTION_ROLES["experimental"]),
        type=mint.code(INTERVENTION_TYPES["cells"]),
        administrations=_doses(protocol, product, mint),
    )
    lymphodepletion = protocol.treatment.lymphodepletion
    planned = lymphodepletion.drugs if lymphodepletion is not None else ()
    names = distinct([one.drug for one in planned])
    auxiliary = tuple(
        mint(
            AdministrableProduct,
            name=name,
            administrable_dose_form=mint.alias(UNKNOWN),
            product_designation=mint.code(PRODUCT_NIMP),
        )
        for name in names
    )
    drugs = tuple(_drug(one, given, mint) for one, given in zip(planned, auxiliary, strict=True))
    named = {one.drug: one for one in protocol.treatment.drugs}
    also = {
        name: mint(
            AdministrableProduct,
            name=name,
            administrable_dose_form=mint.alias(UNKNOWN),
            product_designation=mint.code(PRODUCT_IMP if drug.investigational else PRODUCT_NIMP),
        )
        for name, drug in named.items()
        if name not in names
    }
    known = {**dict(zip(names, auxiliary, strict=True)), **also}
    beside = tuple(_beside(one, known[one.drug], mint) for one in protocol.treatment.drugs)
    return Given(cells, drugs, _control(protocol, mint), (product, *auxiliary, *also.values()), beside)


def _beside(one: DrugDose, product: AdministrableProduct, mint: Mint) -> StudyIntervention:
    """Return a drug beside the cells; when it is given has no place but the text of its duration."""
    if one.days:
        text = f"days {', '.join(str(day) for day in one.days)} from each {one.each}"
    else:
        start = "at once" if one.after is None else f"{one.after}"
        again = f", then every {one.every}, at most {one.at_most}" if one.every is not None else ""
        text = f"after each {one.each} of cells: {start}{again}"
    given = mint(
        Administration,
        name=product.name,
        duration=mint(Duration, text=text, duration_will_vary=True, reason_duration_will_vary="Counted from the cells"),
        dose=mint.quantity(one.dose, mint.unit(one.unit.replace("IU", "[IU]"))),
        route=mint.alias(UNKNOWN_ROUTE),
        frequency=mint.alias(UNKNOWN),
        administrable_product_id=product.id,
    )
    return mint(
        StudyIntervention,
        name=product.name,
        label=f"Beside the cells: {one.drug} ({one.role.replace('_', ' ')})",
        role=mint.code(INTERVENTION_ROLES["required"]),
        type=mint.code(INTERVENTION_TYPES["drug"]),
        administrations=(given,),
    )


def _frequency(days: Sequence[int]) -> Term:
    """Return how often something is given on these days; unknown where the days are not evenly apart."""
    if len(days) == 1:
        return ONCE
    steps = {after - before for before, after in pairwise(days)}
    return FREQUENCIES.get(steps.pop(), UNKNOWN) if len(steps) == 1 else UNKNOWN


def _course(protocol: Protocol, mint: Mint) -> tuple[Duration, Term]:
    """Return over how long the doses are given, and how often."""
    repeat = protocol.dose.repeat
    if repeat.doses == 1:
        one_day = mint.quantity(1, mint.unit("d"))
        return mint(Duration, text="one dose", quantity=one_day, duration_will_vary=False), ONCE
    text, often = f"up to {repeat.doses} doses", UNKNOWN
    if repeat.interval is not None:
        text += f", one every {repeat.interval}"
        often = FREQUENCIES.get(int(repeat.interval.days), UNKNOWN) if repeat.interval.days % 1 == 0 else UNKNOWN
    why = f"Up to {repeat.doses} doses are given"
    return mint(Duration, text=text, duration_will_vary=True, reason_duration_will_vary=why), often


def _doses(protocol: Protocol, product: AdministrableProduct, mint: Mint) -> tuple[Administration, ...]:
    """Return one administration for each level; where courses are stated, for each level and each planned one of a course."""
    if protocol.treatment.courses:
        return tuple(
            _of_course(protocol, level, course, one, product, mint)
            for level in protocol.dose.levels
            for course in protocol.treatment.courses
            for one in course.administrations
        )
    route = ROUTES.get(protocol.treatment.infusion.route)
    found = []
    for level in protocol.dose.levels:
        duration, often = _course(protocol, mint)
        found.append(
            mint(
                Administration,
                name=level.label,
                description=_described(protocol, level),
                duration=duration,
                dose=_amount(protocol, level, mint),
                route=mint.alias(route if route is not None else UNKNOWN_ROUTE),
                frequency=mint.alias(often),
                administrable_product_id=product.id,
            )
        )
    return tuple(found)


def _of_course(
    protocol: Protocol, level: DoseLevel, course: Course, one: Planned, product: AdministrableProduct, mint: Mint
) -> Administration:
    """Return one administration of a course at a level: share, day, holds and repetition are in its text."""
    part = share_of(course, one)
    route = ROUTES.get(one.route or protocol.treatment.infusion.route)
    text = f"day {one.day} of course {course.id}" + (f", up to {course.at_most} times" if course.at_most > 1 else "")
    said = [_described(protocol, level), f"share {part:f}", *([f"component {one.component}"] if one.component else [])]
    said += [f"course in the place of {course.instead_of}"] if course.instead_of else []
    vary = {"reason_duration_will_vary": f"Up to {course.at_most} courses are given"} if course.at_most > 1 else {}
    return mint(
        Administration,
        name=f"{level.label} {course.id} {one.id}",
        description="; ".join(said),
        duration=mint(
            Duration,
            text=text,
            duration_will_vary=course.at_most > 1,
            **vary,
            **({} if vary else {"quantity": mint.quantity(1, mint.unit("d"))}),
        ),
        dose=None if level.cells is None else mint.quantity(float(level.cells * part), mint.unit(dose_unit(protocol))),
        route=mint.alias(route if route is not None else UNKNOWN_ROUTE),
        frequency=mint.alias(ONCE if course.at_most == 1 else UNKNOWN),
        administrable_product_id=product.id,
    )


def _described(protocol: Protocol, level: DoseLevel) -> str:
    """Return what is counted, with the range where the level is one: an administration has no place for it but its text."""
    counted = f"{protocol.dose.basis.value.replace('_', ' ')} cells"
    if level.low is not None and level.high is not None:
        return f"{counted}, {float(level.low):.6g} to {float(level.high):.6g} {dose_unit(protocol)}"
    unit = {"kg": "{cells}/kg", "flat": "{cells}"}
    bands = (
        f"{'above' if band.up_to_kg is None else f'up to {band.up_to_kg:f} kg:'} {float(band.low):.6g} to {float(band.high):.6g} {unit[band.per]}"
        for band in level.bands
    )
    return "; ".join((counted, *bands))


def _amount(protocol: Protocol, level: DoseLevel, mint: Mint) -> Quantity | None:
    if level.cells is None:
        return None
    return mint.quantity(float(level.cells), mint.unit(dose_unit(protocol)))


def _drug(one: LymphodepletionDrug, product: AdministrableProduct, mint: Mint) -> StudyIntervention:
    """Return one drug on its days; a protocol does not record its route."""
    days = sorted(set(one.days))
    duration = mint(
        Duration,
        text=f"days {', '.join(str(day) for day in one.days)}",
        quantity=mint.quantity(days[-1] - days[0] + 1, mint.unit("d")),
        duration_will_vary=False,
    )
    given = mint(
        Administration,
        name=product.name,
        duration=duration,
        dose=mint.quantity(one.dose, mint.unit(one.unit)),
        route=mint.alias(UNKNOWN_ROUTE),
        frequency=mint.alias(_frequency(days)),
        administrable_product_id=product.id,
    )
    return mint(
        StudyIntervention,
        name=product.name,
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
    arms = [one for one in protocol.arms if one.kind == comparator]
    return mint(
        StudyIntervention,
        name=arms[0].name.en if arms else f"{comparator} comparator",
        role=mint.code(INTERVENTION_ROLES[comparator]),
        type=mint.code(INTERVENTION_TYPES[kind]),
    )
