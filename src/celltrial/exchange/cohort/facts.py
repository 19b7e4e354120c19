"""From rows of a mapped cohort to facts of conduct, subject by subject.

The source's days count from infusion. They are placed on the calendar by the
mapping's anchor, which is labelled as such in the trial; no date is real. What
the source does not date at all (screening, enrolment, onset of an event) has a
moment of unknown precision: it puts facts in order, and nothing is counted from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from celltrial.conduct.acts.subject.commands import HistoricalFact
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import (
    DiseaseProgressed,
    KineticsSampled,
    LaboratoryMeasured,
    ResponseAssessed,
)
from celltrial.conduct.facts.batch.events import BatchPlanned
from celltrial.conduct.facts.follow_up.events import ContactAttempted
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.subject.events import (
    CellsInfused,
    EvidenceRecorded,
    LeukapheresisPerformed,
    SubjectDied,
    SubjectEnrolled,
    SubjectScreened,
)
from celltrial.conduct.timing import start_of_day
from celltrial.conduct.vocabulary import Assay, AssessmentSource, RecordedAge, Relatedness, Sex
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.quantities import check_value
from celltrial.core.reading.text import forbidden_in
from celltrial.core.values import ABSENT, Identifier, message, one_of
from celltrial.exchange.cohort.collected import not_recorded
from celltrial.exchange.cohort.mapping import CohortMapping, KineticsTable, LaboratoryTable, SubjectTable
from celltrial.exchange.cohort.table import AGE_AT_MOST, Row, Table, read_table


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """The facts of one subject in order of time, where its row stands, and what the source leaves blank for it."""

    subject: str
    locator: str
    facts: tuple[HistoricalFact, ...]
    not_recorded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """A whole cohort, ready to be handed in.

    notes: what was read in another way than it is there, to be said in the summary.
    """

    mapping: CohortMapping
    subjects: tuple[SubjectFacts, ...]
    notes: tuple[Fault, ...] = ()


def read_cohort(mapping: CohortMapping, texts: Mapping[str, str]) -> CohortFacts:
    """Return the facts of a cohort; `texts` maps each file name of the mapping to its CSV text.

    Every fault of every row is gathered before anything is reported (EXC-002 to EXC-009).
    """
    tables = _tables(mapping, texts)
    gathered: dict[str, list[HistoricalFact]] = defaultdict(list)
    places: dict[str, str] = {}
    blank: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    for row in tables[0]:
        name = row[mapping.subjects.subject]
        if name in places or not name:
            where = row.at(mapping.subjects.subject)
            faults.append(
                fault("EXC-008", where, expected=message("each_subject_once"), found=name or message("empty_cell"))
            )
            continue
        unseen = forbidden_in(name, name=True)
        if unseen:
            faults.append(fault("COR-052", row.at(mapping.subjects.subject), found=unseen))
            continue
        places[name], blank[name] = row.where, not_recorded(mapping, row)
        try:
            gathered[name] += _subject(mapping, row, name)
        except UserError as error:
            faults += error.faults
    for table, reader in ((tables[1], _kinetics), (tables[2], _laboratory)):
        for row in table or ():
            try:
                name, item = reader(mapping, row)
            except UserError as error:
                faults += error.faults
                continue
            if name not in places:
                faults.append(fault("EXC-009", row.where, expected=mapping.subjects.file, found=name))
            elif item is not None:
                gathered[name].append(item)
    if faults:
        raise UserError(*faults)
    return CohortFacts(
        mapping,
        tuple(
            SubjectFacts(name, where, tuple(sorted(gathered[name], key=lambda one: one.occurred.utc)), blank[name])
            for name, where in places.items()
        ),
        tuple(fault("EXC-012", table.file, found=table.widened) for table in tables if table and table.widened),
    )


def _tables(mapping: CohortMapping, texts: Mapping[str, str]) -> tuple[Table, Table | None, Table | None]:
    found: list[Table | None] = []
    faults: list[Fault] = []
    for table in (mapping.subjects, mapping.kinetics, mapping.laboratory):
        if table is None:
            found.append(None)
            continue
        try:
            found.append(read_table(texts[table.file], table.file, used=_used(table), ignored=table.ignore))
        except UserError as error:
            faults += error.faults
            found.append(None)
    if faults or found[0] is None:
        raise UserError(*faults)
    return found[0], found[1], found[2]


def _used(table: SubjectTable | KineticsTable | LaboratoryTable) -> Iterator[str]:
    yield table.subject
    if isinstance(table, KineticsTable):
        yield from (name for name in (table.day, table.visit, table.method, table.unit, table.value, table.raw) if name)
        return
    if isinstance(table, LaboratoryTable):
        yield from (table.test, table.day, table.value)
        return
    for single in (
        table.sex,
        table.age,
        table.product,
        table.days_from_collection,
        table.last_contact,
        table.progression_free_until,
    ):
        if single:
            yield single
    yield from (*table.evidence, *table.adverse_events, *table.responses)
    for pair in (table.progression, table.death):
        if pair is not None:
            yield from (pair.flag, pair.day)


def _at(mapping: CohortMapping, day: float, hour: float = 0.0) -> Instant:
    """Return the anchored moment of an infusion day."""
    base = start_of_day(mapping.anchor, mapping.site.zone)
    return Instant(base.utc + timedelta(days=float(day), hours=hour), mapping.site.zone)


def _on(mapping: CohortMapping, day: float) -> date:
    return mapping.anchor + timedelta(days=int(day // 1))


def _take(mapping: CohortMapping, fact: object, day: float, hour: float) -> HistoricalFact:
    return HistoricalFact(fact, _at(mapping, day, hour), Precision.DAY)


def _place(mapping: CohortMapping, fact: object, day: float, hour: float) -> HistoricalFact:
    """Return a fact that the source does not date: the moment only puts it in order."""
    return HistoricalFact(fact, _at(mapping, day, hour), Precision.UNKNOWN)


def _subject(mapping: CohortMapping, row: Row, name: str) -> list[HistoricalFact]:
    table, site = mapping.subjects, mapping.site.id
    wait = row.day(table.days_from_collection) if table.days_from_collection else None
    begins = -(wait if wait is not None else 0)
    if begins > 0:
        raise UserError(row.fault("EXC-004", str(table.days_from_collection), ">= 0", str(wait)))
    age = row.years(table.age, AGE_AT_MOST) if table.age else None
    stated = None if age is None else RecordedAge(age, table.age_at)
    sex = Sex(table.sex_codes[row.code(table.sex, table.sex_codes)]) if table.sex else Sex.UNKNOWN
    batch = f"{name}-1"
    product = row[table.product] if table.product else ""
    facts = [
        _place(mapping, SubjectScreened(name, site, name, sex, None, stated), begins, 8),
        _place(mapping, SubjectEnrolled(name, site, 1, product or "cohort"), begins, 8.5),
        _place(mapping, BatchPlanned(batch, name, name, 1), begins, 8.6),
    ]
    if wait is not None:
        facts.append(_take(mapping, LeukapheresisPerformed(name, site, batch, name, ""), begins, 9))
    facts.append(
        _take(
            mapping,
            CellsInfused(
                name,
                site,
                batch,
                number=1,
                level_assigned=1,
                level_delivered=None,
                delivered_cells=None,
                basis=DoseBasis.TARGET_POSITIVE_VIABLE,
                per_kg=False,
                weight_kg=None,
                conforming=True,
                operator="",
                route="intravenous",
            ),
            0,
            10,
        )
    )
    facts += _evidence(mapping, row, name, begins, product)
    facts += _adverse_events(mapping, row, name)
    facts += _responses(mapping, row, name)
    facts += _course(mapping, row, name)
    return facts


def _evidence(mapping: CohortMapping, row: Row, name: str, begins: int, product: str) -> Iterator[HistoricalFact]:
    file, on = mapping.subjects.file, _on(mapping, begins)
    if product:
        yield _place(mapping, EvidenceRecorded(name, "product", product, "", on, file), begins, 8.7)
    for column, item in mapping.subjects.evidence.items():
        text = row.written(column)
        if text:
            value = item.codes[row.code(column, item.codes)] if item.codes else text
            if not item.codes:
                _require_value(row, column, item.concept, item.unit)
            yield _place(mapping, EvidenceRecorded(name, item.concept, value, item.unit, on, file), begins, 8.7)


def _require_value(row: Row, column: str, concept: str, unit: str) -> None:
    """Refuse a cell that is no value of its concept, or one that no person has in that unit (EXC-004)."""
    faults = check_value(concept, row[column], unit) if row[column] else ()
    if faults:
        number = message("number_or_limit")  # what is no number says only what was found
        raise UserError(
            *(
                fault("EXC-004", row.at(column), **{"expected": number, "column": column, **item.params})
                for item in faults
            )
        )


def _adverse_events(mapping: CohortMapping, row: Row, name: str) -> Iterator[HistoricalFact]:
    for column, item in mapping.subjects.adverse_events.items():
        text = row[column]
        if not text:
            continue
        grade = item.codes[row.code(column, item.codes)] if item.codes else row.day(column)
        if grade is None or not 0 <= grade <= 5:
            raise UserError(row.fault("EXC-004", column, message("grade_0_to_5"), text))
        if grade == 0:
            continue
        event = AdverseEventReported(
            name, f"{name}-{item.category}", item.term, "", item.category, grade, item.scale,
            _on(mapping, item.onset_day), Precision.UNKNOWN,
            (), Relatedness.UNKNOWN, None,
            _at(mapping, item.onset_day, 12),
        )  # fmt: skip
        yield HistoricalFact(event, _at(mapping, item.onset_day, 12), Precision.UNKNOWN)


def _responses(mapping: CohortMapping, row: Row, name: str) -> Iterator[HistoricalFact]:
    for column, item in mapping.subjects.responses.items():
        text = row[column]
        if not text:
            continue
        category = item.codes[row.code(column, item.codes)] if item.codes else text
        day = _visit_day(mapping, row, item.day, category)
        yield _take(mapping, _response(mapping, name, item.visit, category, day), day, 13)


def _visit_day(mapping: CohortMapping, row: Row, nominal: int, category: str) -> int:
    """Return the day of a visit: nominal, but not after the last contact, and a progression not before its own day."""
    table = mapping.subjects
    progression = _event_day(row, table.progression)
    if category == "PD" and progression is not None and nominal < progression:
        return progression
    last = row.day(table.last_contact) if table.last_contact else None
    return nominal if last is None else min(nominal, last)


def _response(mapping: CohortMapping, name: str, visit: str, category: str, day: int) -> ResponseAssessed:
    criteria, on = mapping.subjects.response_criteria, _on(mapping, day)
    return ResponseAssessed(name, criteria, visit, category, AssessmentSource.INVESTIGATOR, on)


def _course(mapping: CohortMapping, row: Row, name: str) -> Iterator[HistoricalFact]:
    table = mapping.subjects
    last = row.day(table.last_contact) if table.last_contact else None
    progression, death = _event_day(row, table.progression), _event_day(row, table.death)
    if progression is not None:
        seen = DiseaseProgressed(
            name, _on(mapping, progression), table.response_criteria, AssessmentSource.INVESTIGATOR
        )
        yield _take(mapping, seen, progression, 14)
    free = row.day(table.progression_free_until) if table.progression_free_until else None
    if free is not None and progression is None:
        yield _take(mapping, _response(mapping, name, "Last contact", "NON-CR/NON-PD", free), free, 14)
    if last is not None and death is None:
        yield _take(mapping, ContactAttempted(name, "last contact in the source", reached=True), last, 15)
    if death is not None:
        yield _take(mapping, SubjectDied(name, _on(mapping, death), ""), death, 16)


def _event_day(row: Row, pair: object) -> int | None:
    flag, day, yes = (getattr(pair, item, None) for item in ("flag", "day", "yes"))
    if flag is None or day is None or row[flag] != yes:
        return None
    found = row.day(day)
    if found is None:
        raise UserError(
            row.fault(
                "EXC-004", day, message("day_because_is", flag=Identifier(flag), yes=Identifier(str(yes))), ABSENT
            )
        )
    return found


def _kinetics(mapping: CohortMapping, row: Row) -> tuple[str, HistoricalFact | None]:
    table = mapping.kinetics
    assert table is not None
    name, method = row[table.subject], row[table.method]
    if method in table.ignore_methods:
        return name, None
    item = table.methods[row.code(table.method, table.methods)]
    if not item.is_written(row[table.unit]):
        raise UserError(row.fault("EXC-010", table.unit, item.source_unit, row[table.unit]))
    day = row.moment(table.day)
    if day is None:
        raise UserError(row.fault("EXC-004", table.day, message("infusion_day"), ABSENT))
    raw = row.written(table.raw or table.value)
    value = None if row[table.value] in table.not_a_number else row.measured(table.value)
    if value is not None and value.number is None and not value.is_below:
        value, raw = None, row.written(table.value)
    if value is not None and value.unit and not item.is_written(value.unit):
        raise UserError(row.fault("EXC-010", table.value, item.source_unit, value.unit))
    if value is None and raw not in table.not_a_number:
        expected = one_of(*map(Identifier, table.not_a_number)) if table.not_a_number else message("number")
        raise UserError(row.fault("EXC-005", table.raw or table.value, expected, raw))
    limit = None if item.lloq is None else Decimal(str(item.lloq))
    if value is not None and value.number is not None:
        value = value.with_number(item.stored(value.number))
    number = value.number if value is not None else None
    said_below = value is not None and value.is_below
    below = said_below or (number is not None and (number == 0 or (limit is not None and number < limit)))
    if said_below and number is not None:
        limit = number
    sample = f"{name}-{method}-{row.line}"
    fact = KineticsSampled(
        name, sample, Assay(item.assay), item.analyte, table.matrix, None if below and value is not None and not value.is_below else value, item.unit,
        below, limit, None, raw,
    )  # fmt: skip
    return name, _take(mapping, fact, float(day), 10.5)


def _laboratory(mapping: CohortMapping, row: Row) -> tuple[str, HistoricalFact | None]:
    table = mapping.laboratory
    assert table is not None
    test = row.code(table.test, table.units)
    day = row.moment(table.day)
    if day is None:
        raise UserError(row.fault("EXC-004", table.day, message("infusion_day"), ABSENT))
    _require_value(row, table.value, test, table.units[test])
    fact = LaboratoryMeasured(
        row[table.subject], test, row.measured(table.value), table.units[test], raw=row.written(table.value)
    )
    return row[table.subject], _take(mapping, fact, float(day), 7)


def source_files(mapping: CohortMapping) -> Iterable[str]:
    """Return the names of the files a mapping reads."""
    tables = (mapping.subjects, mapping.kinetics, mapping.laboratory)
    return tuple(table.file for table in tables if table is not None)
