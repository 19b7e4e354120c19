"""Response and progression: the planned assessments, the site's reading and the committee's, and the next therapy."""

from __future__ import annotations

from typing import Final

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment import events as fact
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.core.terms import resolve
from celltrial.simulation.twin import reading
from celltrial.simulation.twin.world import Virtual, World, alive, on_day

#: Share of responders by depth, deepest first, under each criteria in a published trial: qu2022 for IMWG,
#: neelapu2017 for Lugano (54 % complete among 82 %), rohaan2022 for RECIST (20 % among 49 %), and for ELN
#: tisagenlecleucel in leukaemia (Maude 2018, 60 % complete and 21 % with incomplete recovery).
_DEPTHS: Final = {
    "imwg_2016": (("sCR", 0.481), ("CR", 0.111), ("VGPR", 0.333), ("PR", 0.075)),
    "lugano_2014": (("CR", 0.659), ("PR", 0.341)),
    "eln_2022": (("CR", 0.741), ("CRi", 0.259)),
}
_RECIST: Final = (("CR", 0.408), ("PR", 0.592))
#: What is seen of it at the first assessment, where the deepest response comes later.
_EARLY: Final = {"sCR": "VGPR", "CR": "VGPR"}
#: Words of leukaemia, where no response is no stable disease and progression after response is relapse.
_NONE: Final = {"eln_2022": "NR"}
_WORSE: Final = {"eln_2022": "RELAPSE"}
#: What a reader who differs sees instead.
_NEIGHBOUR: Final = {"sCR": "CR", "CR": "PR", "VGPR": "PR", "PR": "SD", "SD": "PR", "CRi": "CR", "NR": "CRi"}


def _criteria(world: World) -> str:
    efficacy = world.protocol.efficacy
    return (resolve(efficacy.criteria, "response_criteria") or "") if efficacy is not None else ""


def depth(world: World, subject: Virtual) -> str:
    """Return the deepest response that the subject reaches if it responds."""
    draw = subject.truth.depth_draw
    depths = _DEPTHS.get(_criteria(world), _RECIST)
    for name, share in depths:
        if draw < share:
            return name
        draw -= share
    return depths[-1][0]


def stable(world: World) -> str:
    """Return the word for a disease that neither responds nor progresses."""
    return _NONE.get(_criteria(world), "SD")


def schedule(world: World, subject: Virtual, *, responds: bool, progression: float) -> None:
    """Enter the planned response assessments until progression, all counted from the infusion."""
    efficacy = world.protocol.efficacy
    if efficacy is None:
        return
    reading.assign(world, subject)
    criteria, deepest = _criteria(world), depth(world, subject)
    for order, visit in enumerate(efficacy.visits):
        first = order == 0 and criteria == "imwg_2016"
        best = _EARLY.get(deepest, deepest) if first else deepest
        category = best if responds else stable(world)
        if visit.day >= progression:
            category = _WORSE.get(criteria, "PD")

        def assess(world: World, subject: Virtual, name: str = visit.name, category: str = category) -> None:
            if alive(world, subject) and not subject.progressed:
                record(world, subject, name, category)

        on_day(world, subject, visit.day, assess, hour=9)
    on_day(world, subject, progression, progress, hour=14)


def record(world: World, subject: Virtual, visit: str, category: str) -> None:
    """Record one response assessment of the site, and send it to the committee where there is one."""
    efficacy = world.protocol.efficacy
    assert efficacy is not None
    seen = fact.ResponseAssessed(
        subject.id, efficacy.criteria, visit, category, AssessmentSource.INVESTIGATOR, world.today(subject.site)
    )
    world.staff.must(Role.INVESTIGATOR, measure.RecordResponse(seen), site=subject.site)
    reading.send(world, subject, visit, category, _NEIGHBOUR.get(category, category))


def progress(world: World, subject: Virtual) -> None:
    """Progression: an unscheduled assessment, then a new therapy three weeks later."""
    if not alive(world, subject) or subject.progressed:
        return
    subject.progressed = True
    efficacy = world.protocol.efficacy
    if efficacy is not None:
        since = subject.begins or (subject.infused.date() if subject.infused is not None else world.start)
        day = (world.staff.now.date() - since).days
        record(world, subject, f"Unscheduled day {day}", _WORSE.get(_criteria(world), "PD"))
    criteria = efficacy.criteria if efficacy is not None else ""
    seen = fact.DiseaseProgressed(subject.id, world.today(subject.site), criteria, AssessmentSource.INVESTIGATOR)
    world.staff.must(Role.INVESTIGATOR, measure.RecordProgression(seen), site=subject.site)
    world.later(subject, 21, treat_further)


def treat_further(world: World, subject: Virtual) -> None:
    """Record the next therapy of a subject whose disease progressed."""
    if alive(world, subject):
        new = fact.NewTherapyStarted(subject.id, "systemic therapy", "systemic", world.today(subject.site))
        world.staff.must(Role.INVESTIGATOR, measure.RecordNewTherapy(new), site=subject.site)
