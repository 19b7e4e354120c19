"""What came from the form of an adverse event: its words, its signs, and the report that they make."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import uuid4

from celltrial.app.acting import form_of
from celltrial.app.drafting import REPORT
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.facts.safety.events import AdverseEventDrafted
from celltrial.conduct.views.sign_lists import AskedSign
from celltrial.conduct.vocabulary import Finding
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.reading import read
from celltrial.site.form.words import data_of, words_of
from celltrial.site.visit import TrialVisit

#: Before the concept of a sign, in the names of its inputs; of its unit too.
SIGN, UNIT = "sign.", "unit."
#: So many signs are taken from a form.
_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Typed:
    """A report as it was typed.

    words:   by the path of the field, signs among the findings.   signs: concept to value and unit as typed.
    command: what they make; None where something cannot be read.
    """

    words: dict[str, str]
    signs: dict[str, tuple[str, str]]
    request: str
    command: ReportAdverseEvent | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The signs, whatever else is missing."""
        if self.command is not None:
            return self.command.fact.findings
        return tuple(Finding(concept, value, unit, self.onset) for concept, (value, unit) in self.signs.items())

    @property
    def onset(self) -> date | None:
        """The day of onset, where it can be read."""
        try:
            return date.fromisoformat(self.words.get("onset", ""))
        except ValueError:
            return None

    @property
    def grade(self) -> int | None:
        """The grade as it is reported; None where none is, or it is no number."""
        said = self.words.get("grade", "")
        return int(said) if said.isascii() and said.isdigit() else None

    @property
    def data(self) -> dict[str, Any]:
        """What was typed as plain data, as a draft keeps it."""
        return data_of(form_of(REPORT), self.words)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was said that could be lost."""
        said = ("term", "category", "onset", "seriousness", "grade")
        return not self.signs and not any(self.words.get(key, "").strip() for key in said)


def typed_of(visit: TrialVisit, zone: str) -> Typed:
    """Read the form: every fault at once."""
    form = form_of(REPORT)
    words = {key: value for key, value in words_of(form, visit.request.POST).items() if not key.startswith("findings.")}
    signs = _signs(visit)
    for number, (concept, (value, unit)) in enumerate(signs.items(), start=1):
        words |= {f"findings.{number}.concept": concept, f"findings.{number}.value": value}
        words |= {f"findings.{number}.unit": unit} if unit else {}
        words |= {f"findings.{number}.on": visit.given("signs_on") or words.get("onset", "")}
    typed = Typed(words, signs, visit.given("request") or str(uuid4()))
    try:
        command = read(form, data_of(form, words), zone=zone)
        check_values(command, form.name)
    except UserError as error:
        return Typed(words, signs, typed.request, None, tuple(error.faults))
    return Typed(words, signs, typed.request, command)


def _signs(visit: TrialVisit) -> dict[str, tuple[str, str]]:
    """Return the signs that were answered; several codes of one sign stand beside each other."""
    found = {}
    for key in [name for name in visit.request.POST if name.startswith(SIGN)][:_MOST]:
        values = [item.strip() for item in visit.request.POST.getlist(key) if item.strip()]
        if values:
            concept = key.removeprefix(SIGN)
            found[concept] = (", ".join(values), visit.given(UNIT + concept).strip())
    return found


def typed_in(draft: AdverseEventDrafted) -> Typed:
    """Return a draft as it was typed, wherever that was; what cannot be shown in the form stays in the draft."""
    try:
        given = json.loads(draft.typed)
    except ValueError:
        given = {}
    given = given if isinstance(given, dict) else {}
    given = given["fact"] if isinstance(given.get("fact"), dict) else given
    words = {key: _word(value) for key, value in given.items() if key != "findings"}
    words |= {"event": draft.event, "subject": words.get("subject", draft.subject)}
    words.setdefault("aware", f"{draft.aware.local:%Y-%m-%dT%H:%M}")
    found = given.get("findings")
    signs = {
        str(item.get("concept")): (_word(item.get("value")), _word(item.get("unit")))
        for item in (found if isinstance(found, list) else [])
        if isinstance(item, dict)
    }
    return Typed(words, signs, str(uuid4()))


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(map(_word, value))
    return str(value)


def listed(asked: tuple[AskedSign, ...], signs: dict[str, tuple[str, str]]) -> list[tuple[AskedSign, str, str]]:
    """Return each sign that is asked for with its value and unit as typed."""
    return [(item, *signs.get(item.concept, ("", item.unit))) for item in asked]
