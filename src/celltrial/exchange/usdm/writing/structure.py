"""Arms, epochs, elements and cells."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.exchange.usdm.minting import Mint, linked
from celltrial.exchange.usdm.model.design import StudyArm, StudyCell, StudyElement, StudyEpoch
from celltrial.exchange.usdm.model.schedule import TransitionRule
from celltrial.exchange.usdm.terminology_data import ARM_TYPES, DATA_WITHIN_STUDY, EPOCH_TYPES
from celltrial.exchange.usdm.writing.interventions import Given
from celltrial.protocol import Protocol

_EPOCHS = {"screening": "Screening", "treatment": "Treatment", "follow_up": "Follow-up"}


@dataclass(frozen=True, slots=True)
class Structure:
    """The frame of the trial."""

    arms: tuple[StudyArm, ...]
    epochs: tuple[StudyEpoch, ...]
    elements: tuple[StudyElement, ...]
    cells: tuple[StudyCell, ...]

    def epoch(self, name: str) -> str:
        """Return the id of an epoch by its name."""
        return next(one.id for one in self.epochs if one.name == name)


def write_structure(protocol: Protocol, given: Given, mint: Mint) -> Structure:
    """Return arms, epochs, elements and cells of a protocol."""
    epochs = linked(
        tuple(
            mint(StudyEpoch, name=name, label=label, type=mint.code(EPOCH_TYPES[name]))
            for name, label in _EPOCHS.items()
        )
    )
    arms = _arms(protocol, mint)
    screening = mint(StudyElement, name="screening", label="Screening")
    treated = _treated(protocol, given, mint)
    follow_up = mint(StudyElement, name="follow_up", label="Follow-up")
    control: tuple[StudyElement, ...] = ()
    if protocol.trial.design == "RCT":
        ids = (given.control.id,) if given.control is not None else ()
        control = (mint(StudyElement, name="control", label=arms[-1].label, study_intervention_ids=ids),)
    cells = []
    for number, arm in enumerate(arms):
        is_control = bool(control) and number == len(arms) - 1
        inner = ((screening,), control if is_control else treated, (follow_up,))
        cells += [
            mint(StudyCell, arm_id=arm.id, epoch_id=epoch.id, element_ids=tuple(one.id for one in elements))
            for epoch, elements in zip(epochs, inner, strict=True)
        ]
    return Structure(arms, epochs, (screening, *treated, *control, follow_up), tuple(cells))


def _arms(protocol: Protocol, mint: Mint) -> tuple[StudyArm, ...]:
    """Return the arms: one, or as many as the allocation has parts, of which the last is the comparator."""
    kinds = ["investigational"]
    if protocol.trial.design == "RCT":
        plan = protocol.confirmatory
        ratio = plan.randomisation.ratio if plan is not None and plan.randomisation is not None else (1, 1)
        kinds = ["investigational"] * max(len(ratio) - 1, 1) + [plan.comparator if plan is not None else "none"]
    return tuple(
        mint(
            StudyArm,
            name=f"arm {number}",
            label=kind.replace("_", " "),
            type=mint.code(ARM_TYPES[kind]),
            data_origin_description="Collected in the study",
            data_origin_type=mint.code(DATA_WITHIN_STUDY),
        )
        for number, kind in enumerate(kinds, start=1)
    )


def _treated(protocol: Protocol, given: Given, mint: Mint) -> tuple[StudyElement, ...]:
    """Return the course from collection to infusion."""
    treatment, found = protocol.treatment, []
    if protocol.product.cell_source == "autologous":
        found.append(mint(StudyElement, name="collection", label="Collection of starting material"))
    if treatment.bridging is not None and treatment.bridging.allowed:
        text = treatment.bridging.text.said("en") if treatment.bridging.text is not None else None
        found.append(mint(StudyElement, name="bridging", label="Bridging therapy", description=text))
    if (course := treatment.lymphodepletion) is not None:
        low, high = course.minimum_days_to_infusion, course.maximum_days_to_infusion
        rule = mint(TransitionRule, name="to_infusion", text=f"Ends {low} to {high} days before infusion")
        ids = tuple(one.id for one in given.drugs)
        found.append(
            mint(
                StudyElement,
                name="lymphodepletion",
                label="Lymphodepletion",
                transition_end_rule=rule,
                study_intervention_ids=ids,
            )
        )
    found.append(
        mint(StudyElement, name="infusion", label="Infusion of cells", study_intervention_ids=(given.cells.id,))
    )
    return tuple(found)
