"""One trial as the makers of data sets see it: its events at a cut, its protocol, and how its times are written.

Times are local to the site, without an offset, as far as they are known. The study day has no zero: the day of the first
infusion is 1, the day before -1; celltrial's own day 0 is day 1 here. Of records that hold days from infusion and no dates
(an import with stand-in dates) no date is written, and the study day is what was collected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.cohort.events import DltWindowOpened
from celltrial.conduct.facts.site.events import SiteActivated
from celltrial.conduct.facts.subject.events import SubjectScreened
from celltrial.core.dates import Instant, study_day
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.trial_data import TrialData
from celltrial.exchange.sdtm.elements import Element, elements_of
from celltrial.exchange.submission.dataset import Cell
from celltrial.protocol import Protocol

Row = dict[str, Cell]

#: How much of a time is written, by how much is known; a time that only orders is not written.
_FORMATS: Final[Mapping[Precision, str]] = {
    Precision.SECOND: "%Y-%m-%dT%H:%M:%S",
    Precision.MINUTE: "%Y-%m-%dT%H:%M",
    Precision.DAY: "%Y-%m-%d",
    Precision.MONTH: "%Y-%m",
    Precision.YEAR: "%Y",
}
_TO_THE_DAY: Final = frozenset({Precision.SECOND, Precision.MINUTE, Precision.DAY})


@dataclass(frozen=True)
class Study:
    """A trial whose events were cut and, for a blinded reader, redacted.

    stand_in: the dates of the records stand for days from infusion.
    blinded:  what tells arms apart is hidden.
    """

    log: EventLog
    data: TrialData
    steps: Mapping[str, Milestones]
    protocol: Protocol | None
    stand_in: bool
    blinded: bool
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def trial(self) -> str:
        """The identifier of the study."""
        return self.log.trial

    def usubjid(self, subject: str) -> str:
        """Return the subject's code as it is unique over studies."""
        return subject if subject.startswith(f"{self.trial}-") else f"{self.trial}-{subject}"

    @cached_property
    def screened(self) -> Mapping[str, SubjectScreened]:
        """Who was screened, by subject."""
        return {fact.subject: fact for fact in self.log.facts(SubjectScreened)}

    @cached_property
    def countries(self) -> Mapping[str, str]:
        """Country of each site, as two letters."""
        return {fact.site: fact.country for fact in self.log.facts(SiteActivated)}

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """The elements of the trial design; none without a protocol."""
        return elements_of(self.protocol) if self.protocol is not None else ()

    @cached_property
    def windows(self) -> Mapping[str, date]:
        """Last day of the first window of dose-limiting toxicity, by subject."""
        return {fact.subject: fact.closes for fact in self.log.facts(DltWindowOpened) if fact.round == 1}

    def text(self, when: date | Instant | None, precision: Precision = Precision.DAY) -> str:
        """Return a time in ISO 8601 as far as it is known; "" where the records hold no dates."""
        if when is None or self.stand_in or precision not in _FORMATS:
            return ""
        if isinstance(when, Instant):
            return when.local.strftime(_FORMATS[precision])
        shown = Precision.DAY if precision in {Precision.SECOND, Precision.MINUTE} else precision
        return when.strftime(_FORMATS[shown])

    def day(self, subject: str, when: date | Instant | None, precision: Precision = Precision.DAY) -> int | None:
        """Return the study day, which has no zero; None without an infusion or a whole date."""
        person = self.steps.get(subject)
        if person is None or person.infused is None or when is None or precision not in _TO_THE_DAY:
            return None
        return study_day(when.local_date if isinstance(when, Instant) else when, person.infused)

    def times(self, subject: str, name: str, when: date | Instant | None, precision: Precision = Precision.DAY) -> Row:
        """Return a time and its study day under their names, such as AESTDTC and AESTDY."""
        if name == "DTHDTC":
            return {name: self.text(when, precision)}
        return {name: self.text(when, precision), f"{name[:-3]}DY": self.day(subject, when, precision)}

    def occurred(self, event: Event[Any], name: str) -> Row:
        """Return the time of an event about a subject, its study day and its epoch."""
        subject = event.fact.subject
        return self.times(subject, name, event.occurred, event.precision) | self.epoch(
            subject, event.occurred.local_date, event.precision
        )

    def on(self, event: Event[Any], name: str, when: date) -> Row:
        """Return a day that an event states, its study day and its epoch; none where the source has no date."""
        precision = Precision.UNKNOWN if event.precision is Precision.UNKNOWN else Precision.DAY
        return self.times(event.fact.subject, name, when, precision) | self.epoch(event.fact.subject, when, precision)

    def epoch(self, subject: str, when: date | None, precision: Precision = Precision.DAY) -> Row:
        """Return the epoch in which a day lies, by the elements that the subject went through."""
        if when is None or precision not in _TO_THE_DAY:
            return {}
        inside = [element for element, begins in self.passed(subject) if begins <= when]
        return {"EPOCH": inside[-1].epoch} if inside else {}

    def passed(self, subject: str) -> list[tuple[Element, date]]:
        """Return the elements that a subject entered, with the first day of each."""
        person = self.steps.get(subject)
        if person is None:
            return []
        begins = {
            "SCRN": person.consented,
            "COLL": person.collected,
            "LD": person.lymphodepleted,
            "CELLS": person.infused,
            "FU": None,
        }
        closes = self.windows.get(subject)
        if closes is not None and person.infused is not None and self._reached(subject, closes):
            begins["FU"] = date.fromordinal(closes.toordinal() + 1)
        found = [(element, begins.get(element.code)) for element in self.elements]
        return sorted(((element, when) for element, when in found if when is not None), key=lambda item: item[1])

    def _reached(self, subject: str, closes: date) -> bool:
        """Tell whether the subject was alive and the data go on after a day."""
        person, last = self.steps[subject], self.data.last_date
        return last is not None and last > closes and (person.died is None or person.died > closes)

    def numbered(self, domain: str, rows: Iterable[tuple[str, Row]]) -> list[Row]:
        """Return rows with study, domain, subject and a number within the subject, in the order they come."""
        counts: dict[str, int] = {}
        made = []
        for subject, row in rows:
            counts[subject] = counts.get(subject, 0) + 1
            lead: Row = {"STUDYID": self.trial, "DOMAIN": domain, "USUBJID": self.usubjid(subject)}
            made.append({**lead, f"{domain}SEQ": counts[subject], **row})
        return made


def seen(value: str | None) -> str:
    """Return a text, or "" where it is hidden from the reader."""
    return "" if value is None or value == HIDDEN else value


Maker = Callable[[Study], list[Row]]
