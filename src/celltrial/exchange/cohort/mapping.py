"""The mapping file: which column of which table means what, in whose units and codes.

Every column of every file is either mapped or ignored by name: a column that
nobody thought of is a fault, because it is how an import goes wrong silently.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError, model_validator

from celltrial.conduct.vocabulary import AgeReference, MissingVisit
from celltrial.core.errors import UserError, fault
from celltrial.core.quantities import Quantity, check_unit
from celltrial.core.reading.yaml_text import MOST_FAULTS, read_document
from celltrial.core.units import is_unit, read_unit
from celltrial.core.values import Formula, Identifier, as_written, message
from celltrial.datasets.collection import Domain
from celltrial.exchange.cohort.table import DAYS_AT_MOST, LARGEST_VALUE
from celltrial.protocol.form_faults import expected_of
from celltrial.protocol.model.base import CalendarDate, LocalText, Section, UnfitError

#: Days before or after the infusion of day 0.
InfusionDay = Annotated[int, Field(ge=-DAYS_AT_MOST, le=DAYS_AT_MOST)]


def _require_unit(concept: str, unit: str) -> None:
    for wrong in check_unit(concept, unit):
        units = wrong.params.get("expected")
        raise UnfitError(message("a_unit") if units is None else Formula(str(units)), as_written(unit))


class EvidenceColumn(Section):
    """A baseline attribute, kept as evidence under a concept, in a unit that the concept may have."""

    concept: str
    unit: str = ""
    codes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _unit_fits_concept(self) -> EvidenceColumn:
        _require_unit(self.concept, self.unit)
        return self


class AdverseEventColumn(Section):
    """The highest grade of one event per subject; 0 means it did not occur.

    onset_day: infusion day at which the event is put in order; the source has no onset, and none is shown.
    """

    term: str
    category: str
    scale: str
    codes: dict[str, int] = Field(default_factory=dict)
    onset_day: InfusionDay = 0


class ResponseColumn(Section):
    """A response at a visit; an empty cell is no assessment."""

    visit: str
    day: InfusionDay
    codes: dict[str, str] = Field(default_factory=dict)


class EventTime(Section):
    """A yes/no column with the column of its infusion day."""

    flag: str
    day: str
    yes: str = "1"


class SubjectTable(Section):
    """One row per subject. Sources with relative days only are placed on the calendar by `anchor`.

    age_at: the step of the subject at which the age of the source holds.
    progression_free_until: day to which subjects without progression were seen free of it.
    """

    file: str
    subject: str
    sex: str | None = None
    sex_codes: dict[str, Literal["F", "M", "U"]] = Field(default_factory=dict)
    age: str | None = None
    age_at: AgeReference = AgeReference.NOT_STATED
    product: str | None = None
    days_from_collection: str | None = None
    evidence: dict[str, EvidenceColumn] = Field(default_factory=dict)
    adverse_events: dict[str, AdverseEventColumn] = Field(default_factory=dict)
    responses: dict[str, ResponseColumn] = Field(default_factory=dict)
    response_criteria: str
    progression: EventTime | None = None
    death: EventTime | None = None
    last_contact: str | None = None
    progression_free_until: str | None = None
    ignore: tuple[str, ...] = ()


class Method(Section):
    """How one method of the source is stored: its numbers are converted from `source_unit` to `unit`.

    source_unit: as it is in the table; where it is no unit of measurement (`CAR+ CD3+ cells/uL`), it is taken to be `unit`.
    lloq:        in `unit`.
    """

    assay: Literal["qPCR", "ddPCR", "flow"]
    analyte: str
    unit: str
    source_unit: str
    lloq: float | None = Field(default=None, ge=0, le=LARGEST_VALUE)
    ignore: bool = False

    @model_validator(mode="after")
    def _units_convert(self) -> Method:
        _require_unit("", self.unit)
        if is_unit(self.source_unit):
            self.stored(Decimal(1))
        return self

    def stored(self, number: Decimal) -> Decimal:
        """Return a number of the source in the unit in which it is stored; ValueError where the units do not convert."""
        if not is_unit(self.source_unit) or read_unit(self.source_unit).same(read_unit(self.unit)):
            return number
        try:
            return Quantity(number, self.source_unit).in_unit(self.unit, self.analyte)
        except UserError:
            raise UnfitError(message("unit_that_converts_to", unit=Identifier(self.unit))) from None

    def is_written(self, unit: str) -> bool:
        """Tell whether a unit of the table is the one that the mapping names, in whatever spelling."""
        if unit == self.source_unit:
            return True
        return is_unit(unit) and is_unit(self.source_unit) and read_unit(unit).same(read_unit(self.source_unit))


class KineticsTable(Section):
    """Kinetics values in long form; rows of methods that are not named must be listed as ignored."""

    file: str
    subject: str
    day: str
    visit: str | None = None
    method: str
    unit: str
    value: str
    raw: str | None = None
    matrix: str = "blood"
    methods: dict[str, Method]
    ignore_methods: tuple[str, ...] = ()
    not_a_number: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class LaboratoryTable(Section):
    """Laboratory values in long form, each test in a unit that it may have."""

    file: str
    subject: str
    test: str
    day: str
    value: str
    units: dict[str, str]
    ignore: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _units_fit_tests(self) -> LaboratoryTable:
        for test, unit in self.units.items():
            _require_unit(test, unit)
        return self


class Place(Section):
    """The site that treated them."""

    id: str
    country: str
    zone: str


class Analysis(Section):
    """The choices of analysis for a cohort without a protocol, in infusion days.

    confirm_days: least days from a response to its confirmation, 0 for the next assessment; left out, none is required.
    """

    reader: Literal["investigator", "irc", "derived"] = "investigator"
    confirm_days: int | None = Field(default=None, ge=0)
    stable_from_days: int = Field(default=0, ge=0)
    landmark_day: int = Field(default=90, ge=1)
    landmark_window: int = Field(default=14, ge=0)
    missing_landmark: MissingVisit = MissingVisit.NON_RESPONSE


class CohortMapping(Section):
    """A whole mapping.

    also_collected: domains that the source collects beyond what a column is mapped for, such as every adverse event.
    anchor: calendar date that stands for every subject's infusion where the source has relative days only.
    """

    schema_version: Literal[1]
    trial: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")
    title: LocalText
    citation: str
    kind_of_data: Literal["real", "digitised", "simulated"]
    site: Place
    anchor: CalendarDate
    subjects: SubjectTable
    kinetics: KineticsTable | None = None
    laboratory: LaboratoryTable | None = None
    also_collected: tuple[Domain, ...] = ()
    analysis: Analysis | None = None


#: What stands between the two languages of a title where a trial is registered with one text.
_BETWEEN: Final = " / "


def registered_title(title: LocalText) -> str:
    """Return the title of an import as its trial is registered: both languages in one text."""
    return _BETWEEN.join(dict.fromkeys((title.said("en"), title.said("zh"))))


def english_title(registered: str) -> str:
    """Return the English part of a title that `registered_title` made; another text as it is.

    >>> english_title("A cohort / 队列"), english_title("In and / or out")
    ('A cohort', 'In and / or out')
    """
    english, between, chinese = registered.rpartition(_BETWEEN)
    return english if between and not chinese.isascii() else registered


def read_mapping(text: str, file: str) -> CohortMapping:
    """Read a mapping from YAML; faults carry line and column (EXC-001)."""
    document = read_document(text, file)
    try:
        return CohortMapping.model_validate(document.data)
    except ValidationError as error:
        faults = []
        for item in error.errors(include_url=False)[:MOST_FAULTS]:
            field = ".".join(str(part) for part in item["loc"])
            expected = expected_of(item)
            faults.append(fault("EXC-001", document.where(tuple(item["loc"])), field=field, expected=expected))
        raise UserError(*faults) from None
