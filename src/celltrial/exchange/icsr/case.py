"""The case behind an adverse event: everything of it that the ledger holds, by its meaning in E2B(R3).

Nothing is filled in: what is not on record is None or empty, and `missing` says which of it the report cannot do without. Whose
judgement of causality counts is read from who gave it: a role at a site is the reporter, any other the sponsor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from celltrial.conduct.envelope import Event, Precision, Role
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven
from celltrial.conduct.facts.safety.events import (
    AdverseEventGraded,
    AdverseEventReassessed,
    AdverseEventRecoded,
    AdverseEventReported,
    AdverseEventResolved,
    ExpeditedReportDue,
    SignsRecorded,
)
from celltrial.conduct.facts.site.events import SiteActivated
from celltrial.conduct.facts.subject.events import (
    CellsInfused,
    LymphodepletionAdministered,
    SubjectDied,
    SubjectScreened,
)
from celltrial.conduct.vocabulary import Outcome, Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, fault
from celltrial.datasets.event_log import EventLog
from celltrial.protocol import Protocol

#: Roles that act at a site; the judgement of any other is the sponsor's.
AT_SITE: Final = frozenset({Role.INVESTIGATOR, Role.COORDINATOR, Role.NURSE})


@dataclass(frozen=True, slots=True)
class Sender:
    """What whoever sends the report says of themselves, because no ledger holds it.

    sender, receiver: identifiers at the authority's gateway.
    kind:             C.3.1, such as 1 for a pharmaceutical company; "" where it was not said.
    meddra:           version of the dictionary the code on record comes from; "" where it was not said.
    qualification:    C.2.r.4 of the reporter, such as 1 for a physician; "" is not known.
    nullify, amend:   the reason, where this version nullifies or amends an earlier one.
    """

    sender: str = ""
    receiver: str = ""
    kind: str = ""
    meddra: str = ""
    qualification: str = ""
    nullify: str = ""
    amend: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One administration of a drug: when it began, what it was in words, a lot, a dose in a unit of UCUM, a route."""

    start: date | Instant
    precision: Precision
    text: str
    lot: str = ""
    dose: Decimal | None = None
    unit: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug of the case; `suspect` is the product of the trial, any other concomitant."""

    name: str
    suspect: bool
    given: tuple[Given, ...]
    blinded: bool = False
    indication: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who judged the relation of the event to the cells, and as what."""

    source: str
    result: Relatedness


@dataclass(frozen=True, slots=True)
class Case:
    """A case.

    first:     when the sponsor's side first knew; latest: the newest record that the report rests on.
    expedited: whether a clock of an expedited report was started.
    ended:     None where no end is on record; outcome: None likewise.
    age:       completed years at onset.
    graded:    (day, grade, scale) of every grade on record.
    """

    trial: str
    title: str
    registrations: tuple[str, ...]
    event: str
    subject: str
    country: str
    first: Instant
    latest: Instant
    expedited: bool
    term: str
    code: str
    onset: date
    onset_precision: Precision
    ended: date | None
    outcome: Outcome | None
    seriousness: frozenset[Seriousness]
    sex: str
    age: int | None
    weight_kg: Decimal | None
    died: date | None
    drugs: tuple[Drug, ...]
    judgements: tuple[Judgement, ...]
    graded: tuple[tuple[Instant, int, str], ...] = ()
    sender: Sender = field(default_factory=Sender)


def case_of(log: EventLog, protocol: Protocol | None, event: str, sender: Sender, *, blinded: bool) -> Case:
    """Return the case of an adverse event.

    Raises EXC-180 where there is no such event, with those that there are.
    """
    reports = {item.fact.event: item for item in log.of(AdverseEventReported)}
    if event not in reports:
        known = ", ".join(sorted(reports)[:8]) or "-"
        raise UserError(fault("EXC-180", expected=known, found=event))
    reported = reports[event]
    fact, subject = reported.fact, reported.fact.subject
    about = list(_about(log, event))
    latest: Any = fact
    code, end = fact.code, None
    for item in about:
        if isinstance(item.fact, AdverseEventReassessed):
            latest = item.fact
        elif isinstance(item.fact, AdverseEventRecoded):
            code = item.fact.code
        elif isinstance(item.fact, AdverseEventResolved):
            end = item.fact
    screened = next((one for one in log.facts(SubjectScreened) if one.subject == subject), None)
    countries = {one.site: one.country for one in log.facts(SiteActivated)}
    newest = max([reported, *about], key=lambda item: item.position)
    infusions = [item for item in log.of(CellsInfused) if item.fact.subject == subject and _before(item, fact)]
    weights = [item.fact.weight_kg for item in infusions if item.fact.weight_kg is not None]
    return Case(
        trial=log.trial,
        title=protocol.identification.title.said("en") if protocol is not None else "",
        registrations=protocol.identification.registry_ids if protocol is not None else (),
        event=event,
        subject=subject,
        country=countries.get(screened.site if screened is not None else "", ""),
        first=fact.aware,
        latest=Instant(max(newest.occurred.utc, fact.aware.utc), newest.occurred.zone),
        expedited=any(one.event == event for one in log.facts(ExpeditedReportDue)),
        term=fact.term,
        code=code,
        onset=fact.onset,
        onset_precision=fact.onset_precision,
        ended=end.ended_on if end is not None else None,
        outcome=end.outcome if end is not None else None,
        seriousness=frozenset(latest.seriousness),
        sex=screened.sex.value if screened is not None else "U",
        age=_age(screened, fact.onset),
        weight_kg=weights[-1] if weights else None,
        died=next((one.died_on for one in log.facts(SubjectDied) if one.subject == subject), None),
        drugs=tuple(_drugs(log, protocol, infusions, fact, blinded=blinded)),
        judgements=_judgements([reported, *about]),
        graded=tuple(_grades([reported, *about])),
        sender=sender,
    )


def _about(log: EventLog, event: str) -> Iterator[Event[Any]]:
    """Yield what else is on record of the event, in order."""
    kinds = (AdverseEventReassessed, AdverseEventRecoded, AdverseEventResolved, AdverseEventGraded, SignsRecorded)
    found = [item for kind in kinds for item in log.of(kind) if item.fact.event == event]  # type: ignore[attr-defined]
    yield from sorted(found, key=lambda item: item.position)


def _before(item: Event[CellsInfused], fact: AdverseEventReported) -> bool:
    """Tell whether cells were given by the day of onset; where the day is not known, whatever was given."""
    exact = fact.onset_precision in {Precision.SECOND, Precision.MINUTE, Precision.DAY}
    return not exact or item.occurred.local_date <= fact.onset


def _age(screened: SubjectScreened | None, onset: date) -> int | None:
    if screened is None:
        return None
    if screened.age is not None:
        return int(screened.age.years)
    born = screened.born
    return None if born is None else onset.year - born.year - ((onset.month, onset.day) < (born.month, born.day))


def _drugs(
    log: EventLog,
    protocol: Protocol | None,
    infusions: list[Event[CellsInfused]],
    fact: AdverseEventReported,
    *,
    blinded: bool,
) -> Iterator[Drug]:
    name = protocol.product.name.said("en") if protocol is not None else "Cells"
    indication = protocol.trial.indication.said("en") if protocol is not None else ""
    if infusions:
        yield Drug(
            "BLINDED" if blinded else name,
            suspect=True,
            given=tuple(part for item in infusions for part in _cells(item)),
            blinded=blinded,
            indication=indication,
        )
    agents: dict[str, list[Given]] = {}
    for agent in log.of(LymphodepletionAdministered):
        one = agent.fact
        if one.subject == fact.subject and one.on <= fact.onset:
            agents.setdefault(one.agent, []).append(Given(one.on, Precision.DAY, f"{one.dose:f} {one.unit}"))
    for beside in log.of(ConcomitantMedicationGiven):
        drug = beside.fact
        if drug.subject == fact.subject and drug.started <= fact.onset:
            dose = f"{drug.dose:f} {drug.unit}" if drug.dose is not None else ""
            agents.setdefault(drug.medication, []).append(Given(drug.started, Precision.DAY, dose))
    for agent_name, given in agents.items():
        yield Drug(agent_name, suspect=False, given=tuple(given))


def _cells(item: Event[CellsInfused]) -> Iterator[Given]:
    """Yield one administration for each bag, or for the batch where it is one; a dose is in millions of cells."""
    fact = item.fact
    cells = fact.delivered_cells
    text = "" if cells is None else f"{cells:.4g} cells ({fact.basis.value.replace('_', ' ')})"
    if cells is not None and fact.weight_kg:
        text += f", body weight {fact.weight_kg:f} kg"
    bags = fact.bags or ("",)
    dose = None if cells is None or len(bags) > 1 else (cells / 1_000_000).quantize(Decimal("0.001")).normalize()
    for bag in bags:
        said = f"{text}; bag {bag} of {', '.join(bags)}" if bag else text
        unit = "10*6.{cells}" if dose is not None else ""
        yield Given(item.occurred, item.precision, said, fact.batch, dose, unit, fact.route)


def _judgements(about: list[Event[Any]]) -> tuple[Judgement, ...]:
    """Return the last judgement of the reporter and the last of the sponsor."""
    last: dict[str, Relatedness] = {}
    for item in about:
        if isinstance(item.fact, AdverseEventReported | AdverseEventReassessed):
            last["Reporter" if item.actor.role in AT_SITE else "Sponsor"] = item.fact.relatedness
    return tuple(Judgement(source, result) for source, result in last.items())


def _grades(about: list[Event[Any]]) -> Iterator[tuple[Instant, int, str]]:
    for item in about:
        if isinstance(item.fact, AdverseEventReported | AdverseEventGraded) and item.fact.grade is not None:
            yield item.occurred, item.fact.grade, item.fact.scale
