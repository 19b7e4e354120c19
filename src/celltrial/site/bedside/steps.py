"""The form of each step at the bedside: which command it fills in, what is asked for, and what was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from celltrial.app.acting import form_of
from celltrial.app.bedside import Bedside, Step, act_at, asks_redose, conditions_of, operators
from celltrial.conduct.gates.infusion import planned_route
from celltrial.conduct.plan import REDOSE_CRITERIA
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.bounds import check_values
from celltrial.forms.description import Group
from celltrial.forms.reading import read
from celltrial.protocol.model.population import Criterion
from celltrial.site.form.rows import Problems, Row, form_groups
from celltrial.site.form.words import PREFIX, data_of
from celltrial.site.visit import TrialVisit

#: Step to the command that it gives.
COMMANDS: Final = {
    Step.CHECK: "RecordPreInfusionCheck",
    Step.THAW: "ThawBatch",
    Step.PERMIT: "PermitInfusion",
    Step.INFUSE: "RecordInfusion",
}
#: What a person fills in; everything else of the command is known.
_ASKED: Final = {
    Step.THAW: ("identity", "label", "bags"),
    Step.PERMIT: ("operator",),
    Step.INFUSE: ("identity", "label", "delivered_cells", "bags", "weight_kg", "volume_ml", "operator"),
}
#: A thawed product is good for minutes to hours: more is a slip of the finger.
_MOST_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that is looked at before the infusion; `options` where it is answered by yes or no."""

    name: str
    criterion: Criterion | None
    value: str
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What came from the form of a step, and the command that it makes; None where something cannot be read."""

    words: Mapping[str, str]
    command: Any
    faults: tuple[Fault, ...]


def moment_of(visit: TrialVisit, here: Bedside) -> Instant:
    """Return when an act was pressed: a browser that waited for the network says how many seconds ago.

    An act that is sent again has the moment of the first time. The browser's clock is not asked, only how much time went by on it.
    """
    first = visit.first_moment(visit.given("request"), here.at.zone)
    with visit.held.session() as session:
        known = session.carried_out(visit.given("request"))
    ago = visit.given("ago")
    seconds = int(ago) if not known and ago.isdecimal() and len(ago) < 6 else 0
    return Instant(first.utc - timedelta(seconds=seconds), first.zone)


def typed(visit: TrialVisit, here: Bedside, step: Step, moment: Instant, *, scans: bool = True) -> Typed:
    """Read the form of a step. scans: False to judge everything else: what must be scanned is taken as it should be."""
    words = _words(visit, here, step, moment)
    form = form_of(COMMANDS[step])
    given = words if scans else {**words, **_right(here, words)}
    try:
        command = read(form, data_of(form, given), zone=here.at.zone)
        check_values(command, form.name)
    except UserError as error:
        return Typed(words, None, tuple(error.faults))
    return Typed(words, command, ())


def _right(here: Bedside, words: Mapping[str, str]) -> dict[str, str]:
    return {"identity": here.batch.identity, "label": here.batch.batch} if "identity" in words else {}


def _words(visit: TrialVisit, here: Bedside, step: Step, moment: Instant) -> dict[str, str]:
    """Return every field of the command as words: what was typed, and what is known."""
    given = {name: visit.given(PREFIX + name).strip() for name in _ASKED.get(step, ())}
    for name in ("identity", "label"):
        if name in given:  # an input method may write Latin letters in full width
            given[name] = unicodedata.normalize("NFKC", given[name])
    if "bags" in given and not here.batch.bags:
        del given["bags"]
    act = act_at(visit.held.redacted(visit.actor), here.subject.subject, here.at)
    if step is Step.CHECK:
        return {"subject": here.subject.subject, **_findings(visit, here)}
    known = {"batch": here.batch.batch}
    if step is Step.THAW:
        minutes = _minutes(visit.given("minutes"))
        until = {} if minutes is None else {"use_by": (moment.utc + timedelta(minutes=minutes)).isoformat()}
        return {**known, **given, **until}
    known |= {"subject": here.subject.subject, "route": planned_route(act)}
    return {**known, **given} if step is Step.PERMIT else {**known, "basis": act.protocol.dose.basis.value, **given}


def _minutes(text: str) -> int | None:
    try:
        number = Decimal(unicodedata.normalize("NFKC", text).strip())
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 1 <= number <= _MOST_MINUTES else None


def _findings(visit: TrialVisit, here: Bedside) -> dict[str, str]:
    words: dict[str, str] = {}
    for number, item in enumerate(observed(visit, here), start=1):
        value = visit.given(item.name).strip()
        unit = item.criterion.unit if item.criterion is not None else ""
        concept = item.criterion.concept if item.criterion is not None else REDOSE_CRITERIA
        words |= {
            f"findings.{number}.concept": concept,
            f"findings.{number}.value": value,
            f"findings.{number}.unit": unit,
        }
    return words


def observed(visit: TrialVisit, here: Bedside) -> tuple[Observed, ...]:
    """Return what the check looks at, as the protocol says."""
    act = act_at(visit.held.redacted(visit.actor), here.subject.subject, here.at)
    found = [
        Observed(f"v.{number}", item, visit.given(f"v.{number}"), isinstance(item.value, bool))
        for number, item in enumerate(conditions_of(act), start=1)
    ]
    if asks_redose(act):
        found.append(Observed("v.redose", None, visit.given("v.redose"), is_answer=True))
    return tuple(found)


def rows(visit: TrialVisit, here: Bedside, step: Step, words: Mapping[str, str], problems: Problems) -> tuple[Row, ...]:
    """Return what a step asks for, with what was typed and what is wrong with it; scans are typed anew each time."""
    act = act_at(visit.held.redacted(visit.actor), here.subject.subject, here.at)
    asked = [name for name in _ASKED.get(step, ()) if not _is_left_out(name, here, act)]
    fit = operators(act)
    values = {name: word for name, word in words.items() if name not in {"identity", "label"}}
    if "operator" in asked and len(fit) == 1:
        values.setdefault("operator", fit[0])
    known = {"operator": tuple((name, "") for name in fit)}
    groups = form_groups(form_of(COMMANDS[step]), visit.language, values, problems=problems, known=known)
    found = {row.name.removeprefix(PREFIX): row for _, items in groups for row in items}
    return tuple(_shown(found[name], here, fit) for name in asked)


def _is_left_out(name: str, here: Bedside, act: Any) -> bool:
    dose = act.protocol.dose
    return (
        (name == "bags" and not here.batch.bags)
        or (name == "weight_kg" and not dose.per_kg)
        or (name == "volume_ml" and dose.maximum_volume_ml is None)
    )


def _shown(row: Row, here: Bedside, fit: tuple[str, ...]) -> Row:
    name = row.name.removeprefix(PREFIX)
    if name == "operator" and fit:
        return replace(row, input="choice", options=tuple((item, item) for item in fit), list=())
    if name == "bags":
        return replace(row, input="boxes", options=tuple((bag.bag, bag.bag) for bag in here.batch.left))
    return row


def is_scanned(step: Step) -> bool:
    """Tell whether an identity is scanned in a step."""
    return any(item.group is Group.SCANNED for item in form_of(COMMANDS[step]).fields)
