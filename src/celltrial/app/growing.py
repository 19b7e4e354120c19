"""Z-scores of a child's growth from what was measured: asked for alone, and beside what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from celltrial.clinical.derivation import Derivation
from celltrial.clinical.exact import Number
from celltrial.clinical.growth import Child, GrowthTables, Indicator, Sex, derive_growth
from celltrial.conduct.acts.follow_up.commands import RecordGrowth
from celltrial.conduct.facts.follow_up.events import GrowthMeasured, GrowthScore
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.views.growth import MEASURED, in_its_unit
from celltrial.core.errors import UserError, fault
from celltrial.core.values import at_least

_NO_TABLES: Final = GrowthTables("", {})
#: Indicators into which a measure goes, and those that also need the other one of that day.
_ALONE: Final = {"height": Indicator.HEIGHT_FOR_AGE, "weight": Indicator.WEIGHT_FOR_AGE}
_BOTH: Final = (Indicator.BMI_FOR_AGE, Indicator.WEIGHT_FOR_LENGTH, Indicator.WEIGHT_FOR_HEIGHT)


def growth_scores(
    sex: Sex,
    *,
    born: date,
    on: date,
    length_cm: Number | None,
    weight_kg: Number | None,
    lying: bool | None,
) -> dict[Indicator, Derivation]:
    """Return the z-score of every indicator; CLN-009 for a measurement before birth, EXC-030 without tables."""
    from celltrial.exchange.growth_tables import read_growth_tables

    if on < born:
        raise UserError(fault("CLN-009", where="on", expected=at_least(born), found=str(on)))
    child = Child(sex, (on - born).days, length_cm, weight_kg, lying)
    tables = read_growth_tables()
    return {indicator: derive_growth(child, indicator, tables=tables) for indicator in Indicator}


def with_scores(command: Any, state: TrialState) -> Any:
    """Return a growth record with the z-scores worked out here, whatever the sender claimed; others as given.

    Sex and age are those of the subject's record. Where no tables are installed, or they cannot be read, what was
    measured is kept and every z is not evaluable. A measure that no child has gets none: conduct refuses it.
    """
    if not isinstance(command, RecordGrowth):
        return command
    fact, subject = command.fact, state.subjects.get(command.fact.subject)
    scores: tuple[GrowthScore, ...] = ()
    if fact.measure in MEASURED and subject is not None:
        try:
            scores = tuple(_scores(fact, subject))
        except UserError:
            scores = ()
    return replace(command, fact=replace(fact, scores=scores))


def _scores(fact: GrowthMeasured, subject: SubjectState) -> list[GrowthScore]:
    from celltrial.exchange.growth_tables import read_growth_tables

    found = {fact.measure: in_its_unit(fact)}
    for earlier in subject.follow_up.growth if subject.follow_up is not None else ():
        if earlier.on == fact.on and earlier.measure in MEASURED:
            found.setdefault(earlier.measure, in_its_unit(earlier))
    days = None if subject.born is None else (fact.on - subject.born).days
    sex = Sex(subject.sex) if subject.sex in {*Sex} else None
    child = Child(sex, days, found.get("height"), found.get("weight"), fact.lying)
    try:
        tables = read_growth_tables()
    except UserError:
        tables = _NO_TABLES
    wanted = (_ALONE[fact.measure], *(_BOTH if len(found) == len(MEASURED) else ()))
    return [_score(child, indicator, tables) for indicator in wanted]


def _score(child: Child, indicator: Indicator, tables: GrowthTables) -> GrowthScore:
    found = derive_growth(child, indicator, tables=tables)
    notes = [code.value for code in (*found.queries, *found.caveats)]
    notes += [name for name in ("sex", "age_days") if getattr(child, name) is None]
    return GrowthScore(
        indicator.value, found.value, f"{found.rule.id}/{found.rule.version}", tables.source, tuple(notes)
    )
