"""`celltrial status`: the status of a trial, who is on the way to infusion, what is due from whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from celltrial.cli import options


def status(
    ledger: options.LedgerArgument,
    trial: options.TrialOption = None,
    at: options.MomentOption = None,
    role: Annotated[str | None, typer.Option("--role", help="Only what is due from this role.")] = None,
    acting_as: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    zone: options.ReaderZoneOption = None,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Show open cohorts, suspensions, subjects on the way, and what must happen next; exit 1 where records contradict."""
    from celltrial.app.acting import role_of, standing
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.envelope import Actor

    acting = who_reads(ledger, trial, Identity(acting_as, account, site))
    asked = Actor("", role_of(role)) if role is not None else None
    found = standing(ledger, trial, at, zone, acting.actor if acting is not None else asked)
    due = [item for item in found.due if role is None or item.owner == role]
    if json:
        print_json(_data(found, due, lang.language))
    else:
        _show(found, due, lang.language)
    return 1 if found.faults else 0


def _data(found: Any, due: list[Any], language: Any) -> dict[str, Any]:
    from celltrial.locale.sentences import condition_data

    state, kept = found.state, found.retention
    return {
        "trial": state.trial,
        "persons": state.persons.value,
        "position": state.position,
        "version": state.version,
        "recommended_level": state.recommended_level,
        "cohorts": [
            {"cohort": item.cohort, "level": item.level, "size": item.size, "open": item.is_open, "subjects": list(item.subjects)}
            for item in state.cohorts.values()
        ],
        "suspensions": [
            {"suspension": item.suspension, "scope": item.scope, "target": item.target, "cause": item.cause, "status": item.status,
             "in_force": not item.is_lifted, "sites_waiting": _waiting(state, item)}
            for item in state.suspensions.values()
        ],
        "halts": [{"halt": item.halt, "cause": item.cause, "lifted": item.lifted} for item in state.halts.values()],
        "in_flight": [
            {"subject": item.subject, "site": item.site, "stage": item.stage, "batch": item.batch,
             "batch_status": item.batch_status, "batch_expires": _moment(item.batch_expires),
             "planned_infusion": _moment(item.planned_infusion), "lymphodepletion_day": item.lymphodepletion_day,
             "days_since_lymphodepletion": item.days_since_lymphodepletion,
             "neutrophils": [{"on": one.on, "value": one.value, "unit": one.unit} for one in item.neutrophils]}
            for item in found.in_flight
        ],
        "follow_up": {
            "treated": kept.treated, "scheduled": kept.scheduled, "lost": kept.lost, "person_years": kept.person_years,
            "years": kept.years, "forecast": kept.forecast, "at_worst": kept.at_worst, "grown_up": kept.grown_up, "in_adult_care": kept.in_adult_care,
        },
        "contacts": _contact_data(found.contacts),
        "faults": [condition_data(item, language) for item in found.faults],
        "due": [
            {"kind": item.kind, "key": item.key, "about": item.about, "owner": item.owner, "due": item.due} for item in due
        ],
    }  # fmt: skip


def _contact_data(contacts: Any) -> dict[str, Any]:
    from celltrial.conduct.views.contacts import count_contacts

    counts = count_contacts(contacts)
    return {
        "states": {state.value: n for state, n in counts.by_state.items()},
        "answers": dict(counts.by_answer),
        "subjects_with_event": {group.value: n for group, n in counts.subjects.items()},
    }


def _show_contacts(contacts: Any, language: Any) -> None:
    from celltrial.cli.terminal import console
    from celltrial.conduct.views.contacts import count_contacts
    from celltrial.locale import translate

    counts = count_contacts(contacts)
    heads = {
        "contacts": [(f"conduct.contact.{state.value}", n) for state, n in counts.by_state.items()],
        "answers": [(f"conduct.contact.answers.{answer}", n) for answer, n in counts.by_answer.items()],
        "delayed": [(f"report.code.plan.item_classes.{group.value}", n) for group, n in counts.subjects.items()],
    }
    for head, rows in heads.items():
        if rows:
            said = ", ".join(f"{translate(key, language)} {n}" for key, n in rows)
            console().print(translate(f"cli.status.{head}", language, counts=said))


def _moment(at: Any) -> str | None:
    return None if at is None else at.utc.isoformat()


def _show(found: Any, due: list[Any], language: Any) -> None:
    from celltrial.cli.terminal import console
    from celltrial.core.values import Term
    from celltrial.locale import translate
    from celltrial.locale.records import due_key
    from celltrial.locale.sentences import condition_sentence
    from celltrial.locale.wording import in_words, stream_title

    state, kept = found.state, found.retention
    level = "–" if state.recommended_level is None else str(state.recommended_level)
    about = {"trial": state.trial, "version": state.version or "–", "position": state.position}
    out = console()
    out.print(translate("cli.status.title", language, **about), style="bold")
    out.print(translate(f"cli.persons.{state.persons.value}", language), style=_loud(state.persons))
    out.print(translate("cli.status.level", language, level=level))
    for fault in found.faults:
        out.print(condition_sentence(fault, language), style="bold red")
    if kept.forecast is not None:
        seen, years, left = f"{kept.person_years:.1f}", f"{kept.years:.0f}", f"{kept.forecast:.0%}"
        worst = f"{kept.at_worst or 0:.0%}"
        counts = {"treated": kept.treated, "scheduled": kept.scheduled, "lost": kept.lost}
        out.print(translate("cli.status.follow_up", language, seen=seen, years=years, left=left, worst=worst, **counts))
    if kept.grown_up or kept.in_adult_care:
        out.print(translate("cli.status.adult_care", language, grown=kept.grown_up, moved=kept.in_adult_care))
    _show_contacts(found.contacts, language)
    for line in _stopped(state, language):
        out.print(line, style="red")
    _table("cohorts", language, ("cohort", "level", "kind", "subjects", "state"), _cohort_rows(state, language))
    heads = ("subject", "site", "stage", "batch", "batch_state", "expires", "course_day", "days", "neutrophils")
    _table("in_flight", language, heads, [_in_flight_row(item, language) for item in found.in_flight])
    rows = [
        [
            str(item.due or "–"),
            in_words(Term("role", item.owner), language),
            translate(f"conduct.due.{item.kind}", language),
            stream_title(item.about, language),
            due_key(item, language),
        ]
        for item in due
    ]
    _table("due", language, ("due", "owner", "what", "about", "key"), rows)


def _waiting(state: Any, suspension: Any) -> list[str]:
    """Return the open sites that a resumed suspension still keeps closed."""
    if not suspension.is_lifted or "" in suspension.opened:
        return []
    return [site.site for site in state.sites.values() if site.is_open and site.site not in suspension.sites]


def _stopped(state: Any, language: Any) -> Iterator[str]:
    """Yield a line for every suspension and halt that keeps something closed; what was lifted everywhere has none."""
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    for item in state.suspensions.values():
        about = {"id": item.suspension, "cause": item.cause, "scope": in_words(item.scope, language)}
        waiting = ", ".join(_waiting(state, item))
        if not item.is_lifted:
            yield translate("cli.status.suspension", language, **about, status=in_words(item.status, language))
        elif waiting:
            yield translate("cli.status.waiting", language, **about, sites=waiting)
    for halt in state.halts.values():
        if not halt.lifted:
            cause = in_words(halt.cause, language)
            yield translate("cli.status.halt", language, id=halt.halt, cause=cause, batch=halt.batch or "–")


def _loud(persons: Any) -> str | None:
    """Return how loudly to say how persons are known: a trial of logged-in persons needs no warning."""
    return None if persons == "logged_in" else "bold yellow"


def _cohort_rows(state: Any, language: Any) -> list[list[str]]:
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    words = {True: translate("cli.status.open", language), False: translate("cli.status.closed", language)}
    return [
        [
            item.cohort,
            str(item.level),
            in_words(item.kind, language),
            f"{len(item.subjects)}/{item.size}",
            words[item.is_open],
        ]
        for item in state.cohorts.values()
    ]


def _in_flight_row(item: Any, language: Any) -> list[str]:
    from celltrial.locale.wording import in_words

    day, since, expires = item.lymphodepletion_day, item.days_since_lymphodepletion, item.batch_expires
    return [
        item.subject,
        item.site,
        in_words(item.stage, language),
        item.batch,
        "–" if item.batch_status is None else in_words(item.batch_status, language),
        "–" if expires is None else str(expires.local_date),
        "–" if day is None else str(day),
        "–" if since is None else str(since),
        ", ".join(one.value for one in item.neutrophils) or "–",
    ]


def _table(key: str, language: Any, heads: tuple[str, ...], rows: list[list[str]]) -> None:
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    print_table(translate(f"cli.status.{key}", language), _heads(language, *heads), rows, left=5)


def _heads(language: Any, *names: str) -> list[str]:
    from celltrial.locale import translate

    return [translate(f"cli.status.head.{name}", language) for name in names]
