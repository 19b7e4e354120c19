"""The move of a child who grew up in follow-up to adult care: what keeps it from being recorded (3.1-n)."""

from __future__ import annotations

from celltrial.conduct.acts.checks import check_text
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.follow_up.events import CareTransitioned
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.consent import check_majority
from celltrial.conduct.ruling import fail
from celltrial.conduct.views.adult_care import adult_care_day
from celltrial.core.values import ABSENT, at_least, at_most, message

_FIELD = "follow_up.paediatric.adult_care_age"


def check_transition(act: Act, fact: CareTransitioned) -> Conditions:
    """Yield why a move to adult care cannot be recorded."""
    known, day = act.subject.follow_up, adult_care_day(act.protocol, act.subject)
    if act.subject.born is None:
        yield fail(Code.NOT_KNOWN, message("date_of_birth"), ABSENT, act.about, "3.1-n")
    elif day is None:
        yield fail(
            Code.ORDER_WRONG,
            message("child_at_the_last_infusion"),
            message("born", day=act.subject.born),
            act.about,
            "3.1-n",
            _FIELD,
        )
    elif fact.on < day:
        yield fail(Code.ORDER_WRONG, at_least(day), fact.on, act.about, "3.1-n", _FIELD, input="fact.on")
    if fact.on > act.today:
        yield fail(Code.TIME_IN_FUTURE, at_most(act.today), fact.on, act.about, input="fact.on")
    if known is not None and known.adult_care is not None:
        yield fail(
            Code.ALREADY_DONE,
            message("in_paediatric_care"),
            message("in_adult_care_since", day=known.adult_care.on),
            act.about,
        )
    if known is not None and known.completed_on is not None:
        yield fail(Code.SUBJECT_LEFT, message("in_follow_up"), message("ended_on", day=known.completed_on), act.about)
    yield from check_text(fact.clinic, "clinic_that_takes_over", act.about, "fact.clinic")
    yield from check_text(fact.summary, "summary_handed_over", act.about, "fact.summary")
    yield from check_majority(act)
