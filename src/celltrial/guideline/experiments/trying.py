"""A trial in memory on which the protocol's own criteria, gates and rules are tried: the real commands, nothing else.

Everything goes through `decide` and `evolve`, as in a running trial; only the clock is ours. It starts thirty days after
the date of the version, so that the same protocol gives the same answers on every day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, Self

from celltrial.conduct.acts.batch.commands import ReleaseBatch
from celltrial.conduct.acts.cohort import commands as cohort
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.gates.eligibility import value_truth
from celltrial.conduct.rehearsal import Journey, fitting_evidence, fitting_findings, signature
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.conduct.vocabulary import CohortKind, Finding
from celltrial.core.dates import Instant, add_years
from celltrial.core.truth import Truth
from celltrial.guideline.experiments.outcome import NotTriedError, Reply, Step
from celltrial.guideline.polarity import demand
from celltrial.guideline.vocabulary import denied, plain
from celltrial.protocol import Protocol
from celltrial.protocol.model.population import Criterion

SITE: Final = "S1"
#: The subject of the stages, and its batch.
FIRST: Final = "S-001"
FIRST_BATCH: Final = "B-001"
_ZONE: Final = "Asia/Shanghai"
_COHORT: Final = "C1"
#: Places of the cohort of a trial that does not look for a dose.
_PLACES: Final = 1000
_AFTER_VERSION: Final = timedelta(days=30)
#: Ages of subjects who fit, the first that the criteria let in.
_AGES: Final = (40, 60, 50, 30, 20, 70, 12, 6, 3)
_NO_WORDS: Final = re.compile(r"(?!)")


class Trying(Journey):
    """A rehearsal that keeps what was sent and answered.

    steps: what was tried so far.
    """

    MADE: ClassVar[Decimal] = Decimal("1e12")  # enough for the highest dose of every plan

    def __init__(self, now: datetime, zone: str = _ZONE) -> None:
        super().__init__(now, zone)
        self.steps: list[Step] = []
        self._stages: dict[str, Trying | NotTriedError] = {}

    @property
    def protocol(self) -> Protocol:
        """The protocol in force."""
        return self._protocol()

    @property
    def first_day(self) -> int:
        """First day of the regimen, counted from the infusion; 0 where there is none."""
        return min(self._days, default=0)

    @property
    def last_day(self) -> int:
        """Last day of the regimen, counted from the infusion; 0 where there is none."""
        return max(self._days, default=0)

    @property
    def _days(self) -> list[int]:
        plan = self.protocol.treatment.lymphodepletion
        return [day for drug in plan.drugs for day in drug.days] if plan is not None else []

    @classmethod
    def of(cls, protocol: Protocol) -> Self:
        """Return the opened trial of a protocol; NotTriedError where it cannot be brought into force or opened."""
        begin = protocol.identification.version_date + _AFTER_VERSION
        trial = cls(datetime.combine(begin, time(1), tzinfo=UTC))
        trial.open_trial(protocol, {SITE: _ZONE})
        if protocol.escalation is None:
            size = protocol.confirmatory.sample_size if protocol.confirmatory is not None else None
            places = size.infused if size is not None else _PLACES
            trial.do(cohort.OpenCohort(_COHORT, protocol.dose.start_level, places, CohortKind.CONFIRMATORY))
        return trial

    def fork(self) -> Self:
        """Return a trial that goes on from here; stages of the way are reached once for all that began together."""
        other = super().fork()
        other._stages = self._stages  # noqa: SLF001
        return other

    def go_to(self, stage: Literal["supplied", "ready", "treated"]) -> None:
        """Go on to where one subject, S-001, has its product at the site, is ready for the infusion, or was infused with B-001.

        It is another trial of the same protocol: what was done in this one before is left behind.
        """
        if stage not in self._stages:
            other = self.fork()
            try:
                _STAGES[stage](other)
            except NotTriedError as error:
                self._stages[stage] = error
            else:
                self._stages[stage] = other
        reached = self._stages[stage]
        if isinstance(reached, NotTriedError):
            raise reached
        there = reached.fork()
        self.now, self.state, self.events, self._versions = there.now, there.state, there.events, there._versions  # noqa: SLF001

    def do(self, command: Any, **options: Any) -> Accepted:
        """Ask for a step on the way; NotTriedError with its conditions where the protocol refuses it."""
        decision = self.ask(command, **options)
        if isinstance(decision, Refused):
            raise NotTriedError("refused_before", decision.conditions, command=type(command).__name__)
        return decision

    def send(self, code: str, command: Any, *, role: Role | None = None, **params: object) -> Ruling:
        """Ask for what is tried, and keep the answer as a step."""
        position = len(self.events)
        decision = self.ask(command, role=role)
        followed = tuple(NAMES[type(event.fact)] for event in self.events[position:])
        refused = isinstance(decision, Refused)
        conditions = decision.conditions if isinstance(decision, Refused) else ()
        reply = Reply.REFUSED if refused else Reply.ACCEPTED
        self.steps.append(
            Step(code, reply, MappingProxyType(dict(params)), type(command).__name__, conditions, followed)
        )
        return decision

    def note(self, code: str, **params: object) -> None:
        """Keep something that was set down or worked out as a step."""
        self.steps.append(Step(code, Reply.NOTED, MappingProxyType(dict(params))))

    def appear(
        self,
        name: str,
        *,
        traits: Mapping[str, str] = MappingProxyType({}),
        words: re.Pattern[str] = _NO_WORDS,
        born: date | None = None,
    ) -> None:
        """Screen a subject who fits every criterion but for its traits.

        traits: concept to what is found; words: what a criterion of free text says of somebody with the trait.
        """
        protocol = self.protocol
        self.screen(name, SITE, born)
        today = self.local(name).local_date
        for command in fitting_evidence(name, protocol.population.criteria, today):
            item = next((one for one in protocol.population.criteria if one.id == command.concept), None)
            told = traits.get(command.concept) or (told_of(item, words) if item is not None else None)
            if told is not None:
                self.do(replace(command, value=told))

    def screen(self, name: str, at_site: str = SITE, born: date | None = None) -> None:
        """Screen a subject who fits, an adult where the criteria on age let one in."""
        super().screen(name, at_site, born or self._born())

    def _born(self) -> date | None:
        """Return a day of birth that meets the criteria on age; None where none of the usual ages does."""
        asked = [item for item in self.protocol.population.criteria if item.concept == "age"]
        for years in _AGES:
            wanted = (Truth.of(item.kind == "inclusion") for item in asked)
            if all(value_truth(item, str(years), "y") is truth for item, truth in zip(asked, wanted, strict=True)):
                return add_years(self.now.date() - timedelta(days=30), -years)
        return None

    def enter(self, code: str, name: str, **params: object) -> Ruling:
        """Ask that a subject who appeared be enrolled."""
        return self.send(code, subject.EnrolSubject(name, _COHORT), role=None, **params)

    def admit(self, name: str) -> None:
        """Enrol a subject who fits every criterion."""
        self.screen(name, SITE)
        self.do(subject.EnrolSubject(name, _COHORT))

    def collection(self, name: str, batch_id: str) -> subject.PerformLeukapheresis:
        """Return the command to collect for a planned batch; who is to be randomised first is."""
        self.randomise(name, "before_collection")
        return super().collection(name, batch_id)

    def supply(self, name: str, batch: str) -> None:
        """Collect, make, release within its shelf life and deliver."""
        self.collect(name, batch)
        self.make(batch)
        self.release_whole(batch)
        self.deliver(batch)

    def release_whole(self, batch: str, expires: Instant | None = None) -> None:
        """Release a batch with cells enough for the highest dose, to the end of its shelf life unless told otherwise."""
        self.do(self.release_command(batch, expires))

    def release_command(self, batch: str, expires: Instant | None = None) -> Any:
        """Return the command to release a batch."""
        made = self.protocol.manufacturing
        shelf = made.shelf_life.days if made is not None else 180.0
        ends = expires or Instant(self.now + timedelta(days=shelf))
        signed = (signature("quality_assurance", self.moment),)
        return ReleaseBatch(batch, self.MADE, self.protocol.dose.basis, ends, signed)

    def book(self, name: str, batch: str, moment: Instant | None = None) -> Instant:
        """Take the place of an infusion: begin the regimen, or book the infusion where there is none; return its moment."""
        moment = moment or self.wanted(name)
        if self.protocol.treatment.lymphodepletion is not None:
            return self.start_depletion(name, batch, moment)
        self.now = max(self.now, moment.utc - timedelta(hours=2))
        self.refresh(name)
        self.watch_sentinels()
        self.do(subject.BookInfusion(name, batch, moment))
        return moment

    def wanted(self, name: str) -> Instant:
        """Return the next moment open for an infusion, later than now."""
        moment = self.next_infusion(name)
        if moment.utc <= self.now + timedelta(hours=2):
            moment = Instant(self.now + timedelta(hours=3), moment.zone)
        return moment

    def condition(self, name: str, batch: str, moment: Instant | None = None) -> Instant:
        """Bring a subject to the moment of its infusion, lymphodepleted where the protocol asks so."""
        if self.protocol.treatment.lymphodepletion is not None:
            return self.deplete(name, batch, moment or self.wanted(name))
        moment = self.book(name, batch, moment)
        self.now = moment.utc
        return moment

    def bedside(self, name: str) -> tuple[Finding, ...]:
        """Return what a bedside check of today finds of a subject who meets every condition."""
        found = fitting_findings(self.protocol.treatment.infusion.conditions, self.local(name).local_date)
        return tuple(found)

    def give(self, name: str, batch: str) -> None:
        """Infuse a subject who is ready."""
        given = self.infuse(name, batch)
        if isinstance(given, Refused):
            raise NotTriedError("refused_before", given.conditions, command="RecordInfusion")


def _supplied(trial: Trying) -> None:
    trial.admit(FIRST)
    trial.supply(FIRST, FIRST_BATCH)


def _ready(trial: Trying) -> None:
    trial.go_to("supplied")
    trial.condition(FIRST, FIRST_BATCH)


def _treated(trial: Trying) -> None:
    trial.go_to("ready")
    trial.give(FIRST, FIRST_BATCH)


_STAGES: Final[Mapping[str, Callable[[Trying], None]]] = MappingProxyType(
    {"supplied": _supplied, "ready": _ready, "treated": _treated}
)


def told_of(item: Criterion, words: re.Pattern[str]) -> str | None:
    """Return what somebody with a trait answers to a criterion of free text that names it; None where it does not.

    >>> from celltrial.protocol.model.population import Criterion
    >>> rule = dict(id="E-1", concept="other", operator="is", value=True, assessment="asked", source="manual", assessor="x")
    >>> item = Criterion(kind="exclusion", text={"en": "Pregnancy", "zh": "妊娠"}, **rule)
    >>> told_of(item, re.compile("pregnan|妊娠")), told_of(item, re.compile("infection"))
    ('yes', None)
    """
    if item.source != "manual" or demand(item) == "nothing":
        return None
    said = [plain(text) for text in (item.text.en, item.text.zh)]
    hits = [denied(text, *hit.span()) for text in said for hit in words.finditer(text)]
    if not hits:
        return None
    return "no" if all(hits) else "yes"


def cited(decision: Ruling, *paths: str) -> str:
    """Return the ids of what refused, criteria first: `E-04`, `CND-012`."""
    conditions = decision.conditions if isinstance(decision, Refused) else ()
    named = [item.about if item.field.startswith(paths) and paths else str(item.code) for item in conditions]
    return ", ".join(dict.fromkeys(named)) or "-"


def codes(decision: Ruling) -> frozenset[Code]:
    """Return the codes of what refused; none where it was accepted."""
    return frozenset(item.code for item in decision.conditions) if isinstance(decision, Refused) else frozenset()
