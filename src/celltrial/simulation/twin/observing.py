"""After infusion: adverse events, kinetics, response, progression, death, follow-up visits."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.acts.cohort import commands as level
from celltrial.conduct.acts.safety import commands as report
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.assessment import events as fact
from celltrial.conduct.facts.safety.events import AdverseEventReported, AdverseEventResolved
from celltrial.conduct.views.dlt import suspected_dlts
from celltrial.conduct.vocabulary import (
    Assay,
    Outcome,
    Relatedness,
    Seriousness,
)
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.core.quantities import observation
from celltrial.core.random_streams import stream
from celltrial.simulation.twin import assessing, committee, disease, following
from celltrial.simulation.twin.leaving import die
from celltrial.simulation.twin.world import Virtual, World, alive, on_day


def follow(world: World, subject: Virtual) -> None:
    """Enter everything that follows an infusion."""
    truth = subject.truth
    has_dlt = truth.dlt_draw < world.scenario.dlt_rate(subject.level)
    schedule_toxicity(world, subject, has_dlt=has_dlt)
    schedule_watch(world, subject)
    schedule_kinetics(world, subject)
    following.begin(world, subject)
    if truth.dies_of_treatment:
        on_day(world, subject, 40 + truth.dlt_day, die_of_treatment)
    if world.plan is not None:
        on_day(world, subject, world.plan.dlt.window.days + 1, complete_window, hour=12)
    if subject.begins is not None:
        disease.give_cells(world, subject)
        return
    responds = truth.response_draw < world.scenario.responding(subject.level, world.assumptions.response_rate)
    progression = truth.progression_days_response if responds else truth.progression_days_none
    assessing.schedule(world, subject, responds=responds, progression=progression)
    if not truth.dies_of_treatment:
        on_day(world, subject, progression + truth.survival_after_progression_days, die)


def schedule_watch(world: World, subject: Virtual) -> None:
    """Enter what the protocol wants to see of the first subject of a level before the next is infused."""
    for item in world.plan.staggering.sentinel_assessments if world.plan is not None else ():
        for day in item.days:
            on_day(world, subject, day, partial(observe, concept=item.concept), hour=8)


def observe(world: World, subject: Virtual, *, concept: str) -> None:
    """Record one observation, unless the subject has died."""
    if alive(world, subject):
        known = observation(concept)
        value, unit = ("recorded", "") if known is None else known.example
        command = ask.RecordEvidence(subject.id, concept, value, unit, world.today(subject.site), "examination")
        world.staff.must(Role.COORDINATOR, command, site=subject.site)


def adverse_event(
    world: World, subject: Virtual, term: str, category: str, grade: int, scale: str, *, days: int, related: bool = True
) -> str:
    """Report an event today and its end some days later; return its id."""
    staff, name, today = world.staff, world.event_id(), world.today(subject.site)
    serious = (Seriousness.HOSPITALISATION,) if grade >= 3 else ()
    if grade == 5:
        serious = (Seriousness.DEATH,)
    relatedness = Relatedness.PROBABLE if related else Relatedness.UNLIKELY
    event = AdverseEventReported(
        subject.id, name, term, "", category, grade, scale, today, Precision.DAY, serious, relatedness,
        grade < 4, Instant(staff.now, world.zone_of(subject.site)),
    )  # fmt: skip
    staff.must(Role.INVESTIGATOR, report.ReportAdverseEvent(event), site=subject.site)

    def end(world: World, subject: Virtual) -> None:
        if alive(world, subject):
            done = AdverseEventResolved(subject.id, name, world.today(subject.site), Outcome.RECOVERED)
            world.staff.must(Role.INVESTIGATOR, report.ResolveAdverseEvent(done), site=subject.site)

    if grade < 5:
        world.later(subject, days, end, hour=16)
    return name


def schedule_toxicity(world: World, subject: Virtual, *, has_dlt: bool) -> None:
    """Enter cytokine release, neurotoxicity, cytopenia, infection and the dose-limiting event."""
    truth = subject.truth

    def crs(world: World, subject: Virtual) -> None:
        adverse_event(world, subject, "Cytokine release syndrome", "crs", truth.crs_grade, "ASTCT-2019", days=3)

    def icans(world: World, subject: Virtual) -> None:
        name = "Immune effector cell-associated neurotoxicity syndrome"
        adverse_event(world, subject, name, "icans", truth.icans_grade, "ASTCT-2019", days=4)

    def cytopenia(world: World, subject: Virtual) -> None:
        grade = truth.cytopenia_grade
        adverse_event(world, subject, "Neutropenia", "cytopenia", grade, "CTCAE-5.0", days=18)

    def infection(world: World, subject: Virtual) -> None:
        adverse_event(
            world, subject, "Upper respiratory tract infection", "infection", 2, "CTCAE-5.0", days=9, related=False
        )

    if truth.crs_grade and not (has_dlt and not truth.dlt_is_neurologic):
        on_day(world, subject, truth.crs_day, crs)
    if truth.icans_grade and not (has_dlt and truth.dlt_is_neurologic):
        on_day(world, subject, truth.crs_day + 2, icans)
    on_day(world, subject, 4, cytopenia)
    if truth.infection:
        on_day(world, subject, 35 + truth.dlt_day, infection)
    if has_dlt:
        on_day(world, subject, truth.dlt_day, dose_limiting)


def dose_limiting(world: World, subject: Virtual) -> None:
    """Report a dose-limiting event and have it confirmed the next day."""
    if subject.truth.dlt_is_neurologic:
        term, category, grade = "Immune effector cell-associated neurotoxicity syndrome", "icans", 3
    else:
        term, category, grade = "Cytokine release syndrome", "crs", 4
    name = adverse_event(world, subject, term, category, grade, "ASTCT-2019", days=6)

    def confirm(world: World, subject: Virtual) -> None:
        signatures = (
            world.staff.signature(Role.INVESTIGATOR, "dose-limiting toxicity", subject.site),
            world.staff.signature(Role.MEDICAL_MONITOR, "dose-limiting toxicity"),
        )
        command = level.ConfirmDoseLimitingToxicity(subject.id, name, signatures)
        world.staff.must(Role.MEDICAL_MONITOR, command)
        committee.meet(world)

    world.later(subject, 1, confirm, hour=17)


def rule_out_suspected(world: World, subject: Virtual) -> None:
    """Have the events ruled out that look like a DLT by the protocol's rules and are none.

    Who has a DLT is drawn at the rate of the scenario; a grade drawn apart from it may meet a rule by itself, and is
    adjudicated as it would be at a site.
    """
    staff, today = world.staff, world.today(subject.site)
    state = staff.desk.state
    assert world.plan is not None
    for event in tuple(suspected_dlts(world.plan.dlt, state.subjects[subject.id], state.tasks, today)):
        signatures = (
            staff.signature(Role.MEDICAL_MONITOR, "not dose-limiting"),
            staff.signature(Role.SAFETY_BOARD, "not dose-limiting"),
        )
        command = level.RuleOutDoseLimitingToxicity(subject.id, event, signatures)
        staff.must(Role.MEDICAL_MONITOR, command, reason="adjudicated: not dose-limiting")


def complete_window(world: World, subject: Virtual) -> None:
    """End the window for dose-limiting toxicity; the committee meets when nobody is left in it."""
    window = world.staff.desk.state.subjects[subject.id].dlt_window
    if window is not None and window.evaluable is None:
        left = (window.closes - world.today(subject.site)).days + 1
        if left > 0 and not window.dlt and alive(world, subject):
            world.later(subject, left, complete_window, hour=12)
            return
        rule_out_suspected(world, subject)
        world.staff.must(Role.INVESTIGATOR, level.CompleteDltWindow(subject.id), site=subject.site)
    committee.meet(world)


def schedule_kinetics(world: World, subject: Virtual) -> None:
    """Enter every planned kinetics sample, with assay noise; below the limit is recorded as such."""
    pharmacology = world.protocol.pharmacology
    rows = [row for row in pharmacology.measurements if row.attribute == "kinetics"] if pharmacology else []
    assays = {"qpcr": Assay.QPCR, "ddpcr": Assay.DDPCR, "flow": Assay.FLOW}
    for row in rows:
        if row.assay not in assays:
            continue
        noise = stream(world.seed, "twin", "assay", row.assay, subject.number).normal(0.0, 0.18, len(row.days))
        for day, error in zip(row.days, noise, strict=True):
            if day < 0:
                continue
            true = (
                subject.truth.kinetics.copies(day) if row.assay != "flow" else subject.truth.kinetics.cells_per_ul(day)
            )
            measured = 0.0 if day == 0 else true * 10 ** float(error)
            sample = (assays[row.assay], row.analyte, row.matrix, row.unit, row.lloq, day, measured)

            def take(
                world: World,
                subject: Virtual,
                sample: tuple[Assay, str, str, str, float | None, int, float] = sample,
            ) -> None:
                if alive(world, subject):
                    record_sample(world, subject, sample)

            on_day(world, subject, day + (1 / 24 if day == 0 else 0), take, hour=11)


def record_sample(
    world: World, subject: Virtual, sample: tuple[Assay, str, str, str, float | None, int, float]
) -> None:
    """Record one kinetics value."""
    assay, analyte, matrix, unit, lloq, day, measured = sample
    below = lloq is not None and measured < lloq
    value = None if below else Measured.read(f"{measured:.4g}")
    name = f"{subject.id}-{assay.value}-{day}"
    limit = None if lloq is None else Decimal(str(lloq))
    raw = "<LLOQ" if below else f"{measured:.4g}"
    taken = fact.KineticsSampled(subject.id, name, assay, analyte, matrix, value, unit, below, limit, day, raw)
    world.staff.must(Role.COORDINATOR, measure.RecordKinetics(taken), site=subject.site)


def die_of_treatment(world: World, subject: Virtual) -> None:
    """Death by a related infection: a fatal event and the death itself."""
    if alive(world, subject):
        adverse_event(world, subject, "Sepsis", "infection", 5, "CTCAE-5.0", days=1)
        command = ask.RecordDeath(subject.id, world.today(subject.site), "adverse_event")
        world.staff.must(Role.INVESTIGATOR, command, site=subject.site)
