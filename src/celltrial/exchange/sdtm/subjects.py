"""DM, SE, SV, DS, SS, DD: who took part, what they went through, when they were seen, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpCompleted,
    FollowUpRescheduled,
    FollowUpScheduled,
    FollowUpVisitMissed,
    FollowUpVisitRecorded,
    SubjectLostToFollowUp,
)
from celltrial.conduct.facts.subject.events import (
    CellsInfused,
    ConsentSigned,
    ConsentWithdrawn,
    EligibilityConfirmed,
    SubjectDied,
    SubjectDiscontinued,
    SubjectEnrolled,
    SubjectRandomised,
)
from celltrial.conduct.vocabulary import ConsentKind, ExitReason, PlannedVisit
from celltrial.exchange.sdtm.countries_data import ALPHA_3
from celltrial.exchange.sdtm.elements import PlannedArm, arms_of, level_arm
from celltrial.exchange.sdtm.study import Row, Study, seen

#: Why a subject left, as the terminology says it; a product that could not be made has no word there, and gets one of ours.
REASONS: Final = {
    ExitReason.MANUFACTURING_FAILURE: "MANUFACTURING FAILURE",
    ExitReason.PROGRESSION: "PROGRESSIVE DISEASE",
    ExitReason.DEATH: "DEATH",
    ExitReason.WITHDRAWAL: "WITHDRAWAL BY SUBJECT",
    ExitReason.ADVERSE_EVENT: "ADVERSE EVENT",
    ExitReason.ELIGIBILITY_LOST: "OTHER",
    ExitReason.INVESTIGATOR_DECISION: "PHYSICIAN DECISION",
    ExitReason.LOST_TO_FOLLOW_UP: "LOST TO FOLLOW-UP",
    ExitReason.OTHER: "OTHER",
}

#: Why an actual arm is empty of somebody who was given something that no arm has.
UNPLANNED: Final = "UNPLANNED TREATMENT"


def demographics(study: Study) -> list[Row]:
    """Return DM: everybody who was screened, consented or was enrolled.

    The first and the last day of treatment, and the last of everything, are filled in when all tables are made.
    """
    ages = {row["usubjid"]: row["age"] for row in study.data.adsl.iter_rows(named=True)}
    rows: list[Row] = []
    for name, person in sorted(study.steps.items()):
        screened = study.screened.get(name)
        age = ages.get(name)
        rows.append(
            {
                "STUDYID": study.trial,
                "DOMAIN": "DM",
                "USUBJID": study.usubjid(name),
                "SUBJID": name,
                "RFSTDTC": _infused(study, name),
                "RFICDTC": study.text(person.consented),
                "DTHDTC": study.text(person.died),
                "DTHFL": "Y" if person.died is not None else "",
                "SITEID": person.site,
                "AGE": age,
                "AGEU": "YEARS" if age is not None else "",
                "SEX": screened.sex.value if screened is not None else "U",
                "COUNTRY": ALPHA_3.get(study.countries.get(person.site, ""), study.countries.get(person.site, "")),
                **_arms(study, name),
            }
        )
    return rows


def _infused(study: Study, name: str) -> str:
    given = [event for event in study.log.of(CellsInfused) if event.fact.subject == name]
    first = min(given, key=lambda event: event.occurred.utc, default=None)
    return "" if first is None else study.text(first.occurred, first.precision)


def _arms(study: Study, name: str) -> Row:
    """Return planned and actual arm; without one the reason why, and what was given where that was not planned."""
    person = study.steps[name]
    planned = None if study.blinded else planned_arm(study, name)
    row: Row = {"ARMCD": planned.code if planned else "", "ARM": planned.name if planned else "", "ARMNRS": ""}
    if study.blinded and person.enrolled is not None:
        return row
    if planned is None:
        if person.infused is not None:
            product = _product(study, name)
            return row | {"ARMNRS": UNPLANNED, "ACTARMUD": product or "Cells, outside any arm of a protocol"}
        left = person.exit_reason is not None and person.enrolled is None
        return row | {"ARMNRS": "SCREEN FAILURE" if left else "NOT ASSIGNED"}
    actual = _actual_arm(study, name, planned)
    if actual is not None:
        return row | {"ACTARMCD": actual.code, "ACTARM": actual.name}
    if person.infused is not None:
        return row | {"ARMNRS": UNPLANNED, "ACTARMUD": "Cells below or above every dose level"}
    if person.lymphodepleted is not None:
        return row | {"ARMNRS": UNPLANNED, "ACTARMUD": "Lymphodepletion without cells"}
    return row | {"ARMNRS": "ASSIGNED, NOT TREATED"}


def planned_arm(study: Study, name: str) -> PlannedArm | None:
    """Return the arm that a subject was assigned to; None where there is no protocol, or was no assignment."""
    person, protocol = study.steps[name], study.protocol
    if protocol is None or person.enrolled is None:
        return None
    drawn = [fact.arm for fact in study.log.facts(SubjectRandomised) if fact.subject == name and seen(fact.arm)]
    if drawn:
        code = drawn[-1].upper()[:20]
        return next((arm for arm in arms_of(protocol) if arm.code == code), PlannedArm(code, drawn[-1]))
    if protocol.trial.design == "RCT":
        return None
    if protocol.trial.design == "dose_escalation":
        inside = person.level is not None and 1 <= person.level <= len(protocol.dose.levels)
        return level_arm(protocol, person.level) if inside and person.level is not None else None
    return arms_of(protocol)[0]


def _actual_arm(study: Study, name: str, planned: PlannedArm) -> PlannedArm | None:
    person, protocol = study.steps[name], study.protocol
    if person.infused is None:
        return None if planned.experimental else planned
    if protocol is not None and protocol.trial.design == "dose_escalation" and not protocol.arms:
        fact = person.first_infusion
        given = fact.level_delivered if fact is not None else None
        return level_arm(protocol, given) if given is not None and given <= len(protocol.dose.levels) else None
    return planned


def _product(study: Study, name: str) -> str:
    [*found] = [
        row["product"] for row in study.data.adsl.iter_rows(named=True) if row["usubjid"] == name and row["product"]
    ]
    return str(found[0]) if found else ""


def elements(study: Study) -> list[Row]:
    """Return SE; none where the records hold no dates."""
    if study.stand_in:
        return []
    rows = []
    order = {element.code: number for number, element in enumerate(study.elements, start=1)}
    for name in sorted(study.steps):
        passed = study.passed(name)
        for number, (element, begins) in enumerate(passed):
            ends = passed[number + 1][1] if number + 1 < len(passed) else study.steps[name].last_alive
            row: Row = {
                "ETCD": element.code,
                "ELEMENT": element.name,
                "TAETORD": order[element.code] if study.steps[name].enrolled is not None else None,
                "EPOCH": element.epoch,
                **study.times(name, "SESTDTC", begins),
                **study.times(name, "SEENDTC", max(ends, begins) if ends is not None else None),
            }
            rows.append((name, row))
    return study.numbered("SE", rows)


def visits(study: Study) -> list[Row]:
    """Return SV: visits of follow-up that took place, and those that were missed."""
    numbers = visit_numbers(study)
    rows: dict[tuple[str, str], Row] = {}
    for event in study.log.of(FollowUpVisitMissed):
        fact = event.fact
        rows[fact.subject, fact.visit] = {"SVPRESP": "Y", "SVOCCUR": "N", "SVREASOC": fact.reason}
    for took in study.log.of(FollowUpVisitRecorded):
        day = study.on(took, "SVSTDTC", took.fact.on) | study.times(took.fact.subject, "SVENDTC", took.fact.on)
        rows[took.fact.subject, took.fact.visit] = {"SVPRESP": "Y", "SVOCCUR": "Y", **day}
    made = []
    for (name, visit), row in rows.items():
        lead: Row = {"STUDYID": study.trial, "DOMAIN": "SV", "USUBJID": study.usubjid(name)}
        made.append({**lead, "VISITNUM": numbers[visit], "VISIT": visit, **row})
    return made


def scheduled(study: Study) -> Iterator[tuple[PlannedVisit, date]]:
    """Yield each visit as it was scheduled, and scheduled again, with the day it is counted from."""
    for first in study.log.facts(FollowUpScheduled):
        yield from ((visit, first.starts) for visit in first.visits)
    for again in study.log.facts(FollowUpRescheduled):
        yield from ((visit, again.starts) for visit in again.visits)


def visit_numbers(study: Study) -> dict[str, float]:
    """Return the number of each visit of follow-up: its order by the days on which it is due."""
    days: dict[str, int] = {}
    for visit, starts in scheduled(study):
        days.setdefault(visit.visit, (visit.due - starts).days)
    took_place = [fact.visit for fact in study.log.facts(FollowUpVisitRecorded)]
    for name in (*took_place, *(fact.visit for fact in study.log.facts(FollowUpVisitMissed))):
        days.setdefault(name, max(days.values(), default=0) + 1)
    return {
        visit: float(number) for number, visit in enumerate(sorted(days, key=lambda one: (days[one], one)), start=1)
    }


def dispositions(study: Study) -> list[Row]:
    """Return DS: milestones of the protocol, and how treatment and participation ended."""
    found: list[tuple[int, str, Row]] = []

    def add(event: Any, term: str, decoded: str, category: str, times: Row, part: str = "") -> None:
        row: Row = {"DSTERM": term, "DSDECOD": decoded, "DSCAT": category, "DSSCAT": part, **times}
        found.append((event.position, event.fact.subject, row))

    milestone, ended = "PROTOCOL MILESTONE", "DISPOSITION EVENT"
    for signed in study.log.of(ConsentSigned):
        kind = "" if signed.fact.kind is ConsentKind.MAIN else f" ({signed.fact.kind.value.replace('_', ' ')})"
        text = f"Informed consent obtained{kind}, version {signed.fact.version}"
        add(signed, text, "INFORMED CONSENT OBTAINED", milestone, study.on(signed, "DSSTDTC", signed.fact.signed_on))
    for confirmed in study.log.of(EligibilityConfirmed):
        text = f"Eligibility criteria met, protocol version {confirmed.fact.version}"
        add(confirmed, text, "ELIGIBILITY CRITERIA MET", milestone, study.occurred(confirmed, "DSSTDTC"))
    for enrolled in study.log.of(SubjectEnrolled):
        add(enrolled, "Enrolled", "ENROLLED", milestone, study.occurred(enrolled, "DSSTDTC"))
    for drawn in study.log.of(SubjectRandomised):
        add(drawn, "Randomised", "RANDOMIZED", milestone, study.occurred(drawn, "DSSTDTC"))
    for withdrawn in study.log.of(ConsentWithdrawn):
        text = f"Consent withdrawn ({withdrawn.fact.kind.value.replace('_', ' ')})"
        add(withdrawn, text, "CONSENT WITHDRAWN", "OTHER EVENT", study.occurred(withdrawn, "DSSTDTC"))
    for left in study.log.of(SubjectDiscontinued):
        fact = left.fact
        before = fact.subject not in study.steps or study.steps[fact.subject].enrolled is None
        said = fact.reason.value.replace("_", " ").capitalize()
        text = f"{said}: {fact.detail}" if fact.detail else said
        decoded = "SCREEN FAILURE" if before else REASONS[fact.reason]
        part = "STUDY PARTICIPATION" if before else "STUDY TREATMENT"
        add(left, text, decoded, ended, study.occurred(left, "DSSTDTC"), part)
    for died in study.log.of(SubjectDied):
        add(died, "Death", "DEATH", ended, study.on(died, "DSSTDTC", died.fact.died_on), "STUDY PARTICIPATION")
    for lost in study.log.of(SubjectLostToFollowUp):
        times = study.occurred(lost, "DSSTDTC")
        add(lost, "Lost to follow-up", "LOST TO FOLLOW-UP", ended, times, "LONG-TERM FOLLOW-UP")
    for done in study.log.of(FollowUpCompleted):
        if done.fact.subject in study.steps and study.steps[done.fact.subject].died is None:
            times = study.on(done, "DSSTDTC", done.fact.on)
            add(done, "Follow-up completed", "COMPLETED", ended, times, "LONG-TERM FOLLOW-UP")
    return study.numbered("DS", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def statuses(study: Study) -> list[Row]:
    """Return SS: alive at each visit and contact, dead on the day of death."""
    found: list[tuple[int, str, Row]] = []
    for visit in study.log.of(FollowUpVisitRecorded):
        died = study.steps[visit.fact.subject].died if visit.fact.subject in study.steps else None
        if died is None or visit.fact.on < died:
            found.append(
                (visit.position, visit.fact.subject, _status("ALIVE") | study.on(visit, "SSDTC", visit.fact.on))
            )
    found += [
        (contact.position, contact.fact.subject, _status("ALIVE") | study.occurred(contact, "SSDTC"))
        for contact in study.log.of(ContactAttempted)
        if contact.fact.reached
    ]
    found += [
        (death.position, death.fact.subject, _status("DEAD") | study.on(death, "SSDTC", death.fact.died_on))
        for death in study.log.of(SubjectDied)
    ]
    return study.numbered("SS", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _status(word: str) -> Row:
    return {"SSTESTCD": "SURVSTAT", "SSTEST": "Survival Status", "SSORRES": word, "SSSTRESC": word}


def deaths(study: Study) -> list[Row]:
    """Return DD: the cause of each death, where one is recorded."""
    rows = []
    for event in study.log.of(SubjectDied):
        if event.fact.cause:
            row: Row = {"DDTESTCD": "PRCDTH", "DDTEST": "Primary Cause of Death", "DDORRES": event.fact.cause}
            row |= {"DDSTRESC": event.fact.cause, **study.on(event, "DDDTC", event.fact.died_on)}
            rows.append((event.fact.subject, row))
    return study.numbered("DD", rows)
