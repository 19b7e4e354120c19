"""Consent gate: every consent that the protocol asks for, on a valid form, before any procedure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.core.dates import Instant, add_years
from celltrial.core.values import ABSENT, NOT_STATED, Identifier, as_written, message, one_of
from celltrial.protocol import Protocol

#: Age in years from which a subject consents alone.
MAJORITY_YEARS: Final = 18


def required_consents(protocol: Protocol) -> Iterator[tuple[ConsentKind, str]]:
    """Yield each consent required and the protocol field that asks for it."""
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


def forms_on(state: TrialState, site: SiteState, kind: ConsentKind, day: date) -> tuple[str, ...]:
    """Return the form versions that could be signed at a site on a day.

    A form is there from the day on which its version of the protocol came into force. It goes with the day after a
    later version that asks for consent again, or after the site accepted a later one. Consent to a product out of
    specification has no form in the protocol: none is returned, and any is taken.
    """
    forms: list[str] = []
    accepted = site.since.get("version")
    for version in state.versions:
        since = Instant(version.since.utc, site.zone).local_date
        if since > day:
            break
        taken_up = version.version == site.version and (
            accepted is None or Instant(accepted.utc, site.zone).local_date < day
        )
        if taken_up or (version.reconsent and since < day):
            forms.clear()
        form = _form(version.plan.protocol, kind)
        if form is not None:
            forms.append(form)
    return tuple(dict.fromkeys(forms))


def check_form(state: TrialState, site: SiteState, kind: ConsentKind, version: str, signed_on: date) -> Conditions:
    """Yield a form that did not exist, or was not in force any more, on the day on which it was signed."""
    if kind is ConsentKind.OUT_OF_SPECIFICATION:
        return
    forms = forms_on(state, site, kind, signed_on)
    if version not in forms:
        asked = message(
            "consent_form", kind=kind, forms=one_of(*(Identifier(form) for form in forms)) if forms else ABSENT
        )
        needed = message("on_day", what=asked, day=signed_on)
        field = "population.consents." + ("follow_up_version" if kind is ConsentKind.FOLLOW_UP else "main_version")
        clause = "3.1-k" if kind is ConsentKind.FOLLOW_UP else ""
        yield fail(Code.VERSION_NOT_IN_FORCE, needed, as_written(version), f"site/{site.site}", clause, field)


def check_consents(act: Act) -> Conditions:
    """Yield consents that are missing, outdated or signed after a procedure (3.1-k)."""
    if act.protocol.follow_up is None:
        yield fail(
            Code.PROTOCOL_SILENT,
            message("follow_up_arrangement"),
            NOT_STATED,
            act.about,
            "3.1-k",
            "follow_up",
        )
    for kind, field in required_consents(act.protocol):
        yield from _check_one(act, kind, field)
    yield from check_majority(act)


def _check_one(act: Act, kind: ConsentKind, field: str) -> Conditions:
    clause = "3.1-k" if kind is ConsentKind.FOLLOW_UP else ""
    forms = valid_forms(act.state, kind)
    consent = act.subject.consents.get(kind)
    if not forms:
        yield fail(Code.PROTOCOL_SILENT, message("any_consent_form", kind=kind), NOT_STATED, act.about, clause, field)
    elif consent is None:
        yield fail(
            Code.CONSENT_MISSING,
            message("consent_form_version", kind=kind, versions=Identifier(forms[-1])),
            ABSENT,
            act.about,
            clause,
            field,
        )
    elif consent.version not in forms:
        yield fail(
            Code.CONSENT_OUTDATED,
            message("consent_form_version", kind=kind, versions=one_of(*map(Identifier, forms))),
            as_written(consent.version),
            act.about,
            clause,
            field,
        )
    elif unusable := [*check_form(act.state, act.site, kind, consent.version, consent.signed_on)]:
        yield from unusable
    elif consent.signed_on > act.today:
        yield fail(
            Code.CONSENT_LATE,
            message("consent_by", kind=kind, day=act.today),
            consent.signed_on,
            act.about,
            clause,
            field,
        )
    elif _is_after_procedure(act, kind):
        needed = message("consent_before_collection", kind=kind)
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
        yield fail(Code.MAJORITY_CONSENT, message("own_consent_at_majority"), ABSENT, act.about, "3.1-m")
