"""From arrival to enrolment: consents, evidence for every criterion, eligibility, a place in a cohort."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.cohort.state import CohortState
from celltrial.conduct.gates.consent import MAJORITY_YEARS
from celltrial.conduct.gates.enrolment import places_taken
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import CohortKind, ConsentKind, ExitReason, Sex
from celltrial.core.random_streams import stream
from celltrial.simulation.twin import making, randomising
from celltrial.simulation.twin.evidence import record_evidence
from celltrial.simulation.twin.truth import Truth, draw_truth
from celltrial.simulation.twin.world import Virtual, World

#: How many subjects are taken in at a time, so that products do not queue for stagger slots.
PIPELINE: Final = {CohortKind.ESCALATION: 2, CohortKind.EXPANSION: 4, CohortKind.CONFIRMATORY: 8}
#: The measurement that the unlucky subject does not meet, where the protocol asks for it; else the first that it asks for.
_FAILING: Final = "serum_creatinine"


def open_cohort(world: World) -> CohortState | None:
    """Return an open cohort with a free place; subjects that left before infusion give theirs back."""
    state = world.staff.desk.state
    waiting = sum(
        not one.gone and state.subjects[one.id].enrolled is None
        for one in world.subjects.values()
        if one.id in state.subjects
    )
    for cohort in state.cohorts.values():
        if (
            cohort.is_open
            and places_taken(world.staff.desk.state, cohort) + waiting < cohort.size
            and on_the_way(world) < PIPELINE[cohort.kind]
        ):
            return cohort
    return None


def grown(world: World, number: int, truth: Truth) -> Truth:
    """Return the truth of a subject; where children take part half of the subjects are, of an age that is allowed."""
    children = world.protocol.population.paediatric
    drawn = stream(world.seed, "twin", "child", number).random(2)
    if children is None or not children.included or drawn[0] >= 1 / 2:
        return truth
    ages = [item.value for item in world.protocol.population.criteria if item.concept == "age"]
    least = min((age for age in ages if isinstance(age, int | float) and not isinstance(age, bool)), default=0)
    age = int(least + float(drawn[1]) * (MAJORITY_YEARS - least))
    return replace(truth, age=age, weight_kg=round(9 + 2.4 * age + 0.04 * age**2, 1))


def part_of(world: World, number: int) -> str:
    """Return the cohort of the protocol that a subject belongs to, of those with a free place; "" where it names none."""
    state = world.staff.desk.state
    names = [item.id for item in world.protocol.cohorts if item.id in state.cohorts]
    free = [name for name in names if places_taken(state, state.cohorts[name]) < state.cohorts[name].size]
    return free[int(stream(world.seed, "twin", "part", number).random() * len(free))] if free else ""


def on_the_way(world: World) -> int:
    """Return how many subjects are between screening and infusion; cells that wait lose their subject."""
    return sum(not one.gone and one.infused is None and one.with_cells for one in world.subjects.values())


def arrive(world: World) -> None:
    """One person comes to a site; with no free place the site refers the person elsewhere."""
    if not world.recruiting:
        return
    world.arrivals += 1
    gap = float(world.chance.exponential(30.4375 / world.assumptions.enrolment_per_month))
    world.agenda.at(world.staff.now + timedelta(days=gap), lambda: arrive(world))
    if open_cohort(world) is None:
        return
    number = len(world.subjects) + 1
    site = world.sites[world.arrivals % len(world.sites)]
    name = f"{world.protocol.identification.id}-{number:03d}"
    truth = grown(world, number, draw_truth(world.seed, number, world.assumptions, making.usual_cells(world)))
    subject = Virtual(number, name, site, truth, f"ID{number:05d}", part=part_of(world, number))
    world.subjects[name] = subject
    screen(world, subject)


def screen(world: World, subject: Virtual) -> None:
    """Sign the consents and start the assessments."""
    staff, today = world.staff, world.today(subject.site)
    born = date(today.year - subject.truth.age - 1, 7, 1)
    sex = Sex.FEMALE if subject.truth.female else Sex.MALE
    consents = world.protocol.population.consents
    staff.must(
        Role.COORDINATOR, ask.ScreenSubject(subject.id, subject.site, subject.identity, sex, born), site=subject.site
    )
    staff.must(
        Role.INVESTIGATOR,
        ask.SignConsent(subject.id, ConsentKind.MAIN, consents.main_version, today),
        site=subject.site,
    )
    if consents.follow_up_version:
        staff.must(
            Role.INVESTIGATOR,
            ask.SignConsent(subject.id, ConsentKind.FOLLOW_UP, consents.follow_up_version, today),
            site=subject.site,
        )
    world.later(subject, 5, judge, hour=15)


def judge(world: World, subject: Virtual) -> None:
    """Judge eligibility; a subject that fails leaves screening."""
    criteria = world.protocol.population.criteria
    for part in world.protocol.cohorts:
        if part.id == subject.part:
            record_evidence(world, subject, part.criteria)
    record_evidence(world, subject, criteria, failing=_failing(world) if subject.truth.screening_fails else "")
    weight = ask.RecordEvidence(
        subject.id, "body_weight", f"{subject.truth.weight_kg:g}", "kg", world.today(subject.site), "examination"
    )
    world.staff.must(Role.INVESTIGATOR, weight, site=subject.site)
    answer = world.staff.ask(Role.INVESTIGATOR, ask.ConfirmEligibility(subject.id), site=subject.site)
    if isinstance(answer, Refused):
        world.staff.raise_gaps(answer)
        subject.gone = True
        world.staff.must(
            Role.INVESTIGATOR,
            ask.DiscontinueSubject(subject.id, ExitReason.ELIGIBILITY_LOST),
            site=subject.site,
        )
        return
    enrol(world, subject)


def _failing(world: World) -> str:
    """Return the concept of the criterion that an unlucky subject does not meet; "" where none is measured."""
    asked = [
        item.concept
        for item in world.protocol.population.criteria
        if item.source == "laboratory" and isinstance(item.value, int | float) and not isinstance(item.value, bool)
    ]
    return _FAILING if _FAILING in asked else next(iter(asked), "")


def enrol(world: World, subject: Virtual) -> None:
    """Enrol into a cohort with a free place; wait a week where the trial says no, four times at most."""
    state = world.staff.desk.state
    for cohort in state.cohorts.values():
        if subject.part and cohort.cohort != subject.part:
            continue
        if not cohort.is_open or places_taken(world.staff.desk.state, cohort) >= cohort.size:
            continue
        answer = world.staff.ask(Role.INVESTIGATOR, ask.EnrolSubject(subject.id, cohort.cohort), site=subject.site)
        if not isinstance(answer, Refused):
            subject.level = cohort.level
            if randomising.is_point(world, subject, "before_collection"):
                making.assign(world, subject)
            if subject.with_cells:
                world.later(subject, 4, making.collect)
            return
    subject.tries += 1
    if subject.tries <= 4:
        world.later(subject, 7, judge, hour=15)
        return
    subject.gone = True
    world.staff.must(
        Role.INVESTIGATOR, ask.DiscontinueSubject(subject.id, ExitReason.OTHER, "no place"), site=subject.site
    )
