"""Facts of phase, model, blinding, indication, arms and the course of treatment."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.exchange.usdm.facts.about import name_of
from celltrial.exchange.usdm.facts.fact import Fact, about
from celltrial.exchange.usdm.facts.source import Source, each, once, word_of
from celltrial.exchange.usdm.model.design import InterventionalStudyDesign
from celltrial.exchange.usdm.terminology_data import ARM_TYPES, BLINDING, CHARACTERISTICS, PHASES, SUB_TYPES
from celltrial.exchange.usdm.writing.about import NOT_STATED


def read_design(source: Source) -> Iterator[Fact]:
    """Yield the facts of `trial`, and those that follow from the design."""
    if source.design is None:
        return
    design, here = source.design
    if design.study_phase is not None:
        yield from source.coded(("trial", "phase_label"), design.study_phase, PHASES, f"{here}/studyPhase")
    if isinstance(design, InterventionalStudyDesign):
        level = ("trial", "blinding", "level")
        yield from source.coded(level, design.blinding_schema, BLINDING, f"{here}/blindingSchema")
    for one, at in each(design.indications[:1], f"{here}/indications"):
        text = source.text(one.description, f"{at}/description") or source.text(name_of(one), f"{at}/label")
        yield Fact(("trial", "indication", "en"), text, f"{at}/description")
    marks = sorted(word_of(one, CHARACTERISTICS) or "" for one in once(design.characteristics))
    yield Fact(("trial", about("characteristics")), tuple(marks), f"{here}/characteristics", derived=True)
    yield Fact(("trial", "design", about("model")), design.model.code, f"{here}/model", derived=True)
    if design.rationale != NOT_STATED:
        yield Fact(("trial", about("rationale")), design.rationale, f"{here}/rationale", derived=True)
    aims = tuple(word_of(one, SUB_TYPES) or "" for one in once(design.sub_types))
    yield Fact(("efficacy", "endpoints", about("aims")), aims, f"{here}/subTypes", derived=True)
    arms = tuple(word_of(one.type, ARM_TYPES) or "" for one in once(design.arms))
    yield Fact(("confirmatory", "randomisation", "ratio", about("arms")), arms, f"{here}/arms", derived=True)
    for element, at in each(design.elements, f"{here}/elements"):
        if element.transition_end_rule is not None:
            path = ("treatment", element.name, about("end"))
            yield Fact(path, element.transition_end_rule.text, f"{at}/transitionEndRule/text", derived=True)
    names = {one.id: one.name for one in design.elements}
    epochs = {one.id: one.name for one in design.epochs}
    numbers = {one.id: number for number, one in enumerate(once(design.arms), start=1)}
    for cell, at in each(design.study_cells, f"{here}/studyCells"):
        course = ("treatment", about(f"arm {numbers.get(cell.arm_id)}, {epochs.get(cell.epoch_id)}"))
        yield Fact(course, tuple(names.get(one, one) for one in cell.element_ids), f"{at}/elementIds", derived=True)
