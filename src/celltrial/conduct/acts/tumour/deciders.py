"""Decisions about lesions: who reads, what fits the lesion, one value per lesion and visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.recist_lesions import check_recist_baseline
from celltrial.conduct.acts.assessment.deciders import check_reader
from celltrial.conduct.acts.checks import Decider, answer, check_text
from celltrial.conduct.acts.tumour import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, Role
from celltrial.conduct.facts.folding import put
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.tumour.state import LONGEST_MM, Tumour
from celltrial.conduct.gates.act import Act, Conditions, act_of
from celltrial.conduct.ruling import Ruling, fail
from celltrial.core.quantities import Quantity
from celltrial.core.values import ABSENT, as_written, at_least, at_most, between, from_fault, message


def _check_entry(act: Act, request: Request[Any]) -> Conditions:
    """Yield a reader who may not read this subject, a day ahead, a lesion or visit without a name."""
    fact = request.command.fact
    if fact.reader:
        yield from check_reader(act.subject, fact.reader, act.about)
    if bool(fact.reader) != (request.actor.role is Role.INDEPENDENT_REVIEWER):
        needed = Role.INDEPENDENT_REVIEWER if fact.reader else Role.INVESTIGATOR
        yield fail(Code.ROLE_NOT_ALLOWED, needed, request.actor.role, act.about)
    if fact.on > act.today:
        yield fail(Code.TIME_IN_FUTURE, at_most(act.today), fact.on, act.about, input="fact.on")
    yield from check_text(getattr(fact, "lesion", "-"), "identifier", act.about, "fact.lesion")
    yield from check_text(getattr(fact, "visit", "-"), "visit", act.about, "fact.visit")


def _check_diameter(diameter: Decimal | None, about: str) -> Conditions:
    """Yield a diameter that cannot be meant."""
    if diameter is not None and not (diameter.is_finite() and 0 <= diameter <= LONGEST_MM):
        yield fail(
            Code.VALUE_NOT_USABLE,
            between(Quantity(Decimal(0), "mm"), Quantity(Decimal(LONGEST_MM), "mm")),
            diameter,
            about,
        )


def _identify(state: TrialState, request: Request[commands.IdentifyLesion], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    tumour, key = state.tumours.get(fact.subject, Tumour()), (fact.reader, fact.lesion)
    failed = [*_check_entry(act, request), *_check_diameter(fact.diameter_mm, act.about)]
    if key in tumour.lesions:
        failed.append(
            fail(Code.ID_TAKEN, message("new_identifier"), as_written(fact.lesion), act.about, input="fact.lesion")
        )
    if fact.is_target != (fact.diameter_mm is not None):
        found = ABSENT if fact.diameter_mm is None else fact.diameter_mm
        failed.append(
            fail(Code.VALUE_NOT_USABLE, message("diameter_of_every_target_lesion_and_of_no_other"), found, act.about)
        )
    elif not failed:
        with_it = Tumour(lesions=put(tumour.lesions, key, fact)).baseline(fact.reader)
        failed.extend(
            fail(
                Code.VALUE_NOT_USABLE, from_fault(item.params["expected"]), from_fault(item.params["found"]), item.where
            )
            for item in check_recist_baseline(with_it)
        )
    return answer(request, failed, (act.about, fact))


def _measure(state: TrialState, request: Request[commands.MeasureLesion], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    tumour = state.tumours.get(fact.subject, Tumour())
    lesion = tumour.lesions.get((fact.reader, fact.lesion))
    failed = [*_check_entry(act, request), *_check_diameter(fact.diameter_mm, act.about)]
    if lesion is None:
        failed.append(
            fail(
                Code.NOT_KNOWN,
                message("lesion_identified_at_baseline"),
                as_written(fact.lesion),
                act.about,
                input="fact.lesion",
            )
        )
    elif lesion.is_target != (fact.state is None):
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("diameter_of_a_target_lesion_a_state_of_another"),
                as_written(fact.lesion),
                act.about,
                input="fact.lesion",
            )
        )
    elif fact.on < lesion.on:
        failed.append(fail(Code.ORDER_WRONG, at_least(lesion.on), fact.on, act.about, input="fact.on"))
    if (fact.reader, fact.visit, fact.lesion) in tumour.measures:
        failed.append(
            fail(
                Code.ALREADY_DONE,
                message("one_value_of_a_lesion_at_a_visit"),
                as_written(fact.visit),
                act.about,
                input="fact.visit",
            )
        )
    return answer(request, failed, (act.about, fact))


def _complete(state: TrialState, request: Request[commands.CompleteTumourVisit], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    tumour = state.tumours.get(fact.subject, Tumour())
    failed = [*_check_entry(act, request)]
    if (fact.reader, fact.visit) in tumour.visits:
        failed.append(
            fail(
                Code.ALREADY_DONE, message("visit_not_yet_read"), as_written(fact.visit), act.about, input="fact.visit"
            )
        )
    return answer(request, failed, (act.about, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.IdentifyLesion: _identify,
        commands.MeasureLesion: _measure,
        commands.CompleteTumourVisit: _complete,
    }
)
"""Command type to its decider."""
