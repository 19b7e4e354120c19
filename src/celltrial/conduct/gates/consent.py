"""Consent gate: every consent that the protocol asks for, on a valid form, before any procedure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.decision import fail
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.core.dates import add_years
from celltrial.protocol import Protocol

#: Age in years from which a subject consents alone.
MAJORITY_YEARS: Final = 18


def required_consents(protocol: Protocol) -> Iterator[tuple[ConsentKind, str]]:
    """Yield each consent owed and the protocol field that asks for it."""
    yield ConsentKind.MAIN, "population.consents.main_version"
    if protocol.follow_up is not None and protocol.follow_up.arrangement == "separate":
        yield ConsentKind.FOLLOW_UP, "population.consents.follow_up_version"


def _form(protocol: Protocol, kind: ConsentKind) -> str | None:
    consents = protocol.population.consents
    return consents.follow_up_version if kind is ConsentKind.FOLLOW_UP else consents.main_version


def valid_forms(state: TrialState, kind: ConsentKind) -> tuple[str, ...]:
    """Return the form versions that count: those of the last version that asked for re-consent, and since."""
    forms: list[str] = []
    for version in state.versions:
        if version.reconsent:
            forms.clear()
        form = _form(version.plan.protocol, kind)
        if form is not None:
            forms.append(form)
    return tuple(dict.fromkeys(forms))


def check_consents(act: Act) -> Conditions:
    """Yield consents that are missing, outdated or signed after a procedure (3.1-k)."""
    if act.protocol.follow_up is None:
        yield fail(Code.PROTOCOL_SILENT, "follow-up arrangement", "not stated", act.about, "3.1-k", "follow_up")
    for kind, field in required_consents(act.protocol):
        yield from _check_one(act, kind, field)
    yield from check_majority(act)


def _check_one(act: Act, kind: ConsentKind, field: str) -> Conditions:
    clause = "3.1-k" if kind is ConsentKind.FOLLOW_UP else ""
    forms = valid_forms(act.state, kind)
    consent = act.subject.consents.get(kind)
    if not forms:
        yield fail(Code.PROTOCOL_SILENT, f"{kind} consent form", "not stated", act.about, clause, field)
    elif consent is None:
        yield fail(Code.CONSENT_MISSING, f"{kind} consent {forms[-1]}", "none", act.about, clause, field)
    elif consent.version not in forms:
        yield fail(
            Code.CONSENT_OUTDATED, f"{kind} consent {' or '.join(forms)}", consent.version, act.about, clause, field
        )
    elif consent.signed_on > act.today:
        yield fail(Code.CONSENT_LATE, f"{kind} consent by {act.today}", consent.signed_on, act.about, clause, field)
    elif _is_after_procedure(act, kind):
        needed = f"{kind} consent before collection"
        yield fail(Code.CONSENT_LATE, needed, consent.signed_on, act.about, clause, field)


def _is_after_procedure(act: Act, kind: ConsentKind) -> bool:
    """Tell whether the consent came after collection without an amendment in between that asked for it."""
    collected = act.subject.collected
    consent = act.subject.consents[kind]
    if collected is None or consent.signed_on <= collected.local_date:
        return False
    return not any(version.reconsent and version.since.utc > collected.utc for version in act.state.versions)


def check_majority(act: Act) -> Conditions:
    """Yield a subject who came of age without an own consent (3.1-m); it blocks procedures, not data already held."""
    born = act.subject.born
    main = act.subject.consents.get(ConsentKind.MAIN)
    if born is None or main is None:
        return
    adult_on = add_years(born, MAJORITY_YEARS)
    if main.signed_on < adult_on <= act.today and ConsentKind.MAJORITY not in act.subject.consents:
        yield fail(Code.MAJORITY_CONSENT, "own consent at majority", "none", act.about, "3.1-m")
