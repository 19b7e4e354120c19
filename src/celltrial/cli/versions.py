"""`celltrial diff`, `approve`, `amend`: versions of a protocol beside each other and in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli import options

if TYPE_CHECKING:
    from celltrial.app.persons import Identity
    from celltrial.app.versions import Comparison, Preview
    from celltrial.locale import Language
    from celltrial.protocol import Protocol


TrialOption = Annotated[str, typer.Option("--trial", help="The trial; the protocol's identifier unless given.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it happened: ISO 8601 with offset; now unless given.")]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-justification",
        help="A clause whose justification in the protocol the approval signs for, with the medical monitor where it should be followed; once for each.",
        show_default=False,
        metavar="CLAUSE",
    ),
]
ZoneOption = Annotated[str, typer.Option("--zone", help="IANA zone of the place.")]


def diff(
    before: Annotated[Path, typer.Argument(help="The earlier protocol, a YAML file.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="The later protocol, a YAML file.", show_default=False)],
    register: Annotated[str, typer.Option("--register", help="Clause register for the verdicts.")] = "",
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> None:
    """Show what differs between two versions: every field, and every clause whose verdict changes."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.versions import compare_versions
    from celltrial.cli.terminal import print_json

    found = compare_versions(open_protocol(before), open_protocol(after), register)
    if json:
        print_json(_comparison_data(found, lang.language))
    else:
        _show_comparison(found, lang.language)


def approve(
    ledger: options.LedgerArgument,
    protocol: options.ProtocolArgument,
    account: options.AccountOption = None,
    name: options.NameOption = "",
    trial: TrialOption = "",
    at: AtOption = None,
    zone: ZoneOption = "UTC",
    rehearsal: options.RehearsalOption = False,
    now: options.NowOption = None,
    accept: AcceptOption = None,
    create: Annotated[bool, typer.Option("--create", help="Make the ledger where there is none.")] = False,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Bring the first version into force; refused while a finding is neither fixed nor justified and signed for."""
    from celltrial.app.persons import open_acting
    from celltrial.app.planning import open_protocol
    from celltrial.app.versions import approve as bring_into_force
    from celltrial.app.versions import registration
    from celltrial.cli.answers import show_answer

    plan = open_protocol(protocol)
    about = trial or plan.identification.id
    first, who = registration(about, plan, rehearsal=rehearsal), _sponsor(account, name)
    with open_acting(
        ledger, about, who, command=first, at=at, zone=zone, now=now, create=create, rehearsal=rehearsal
    ) as (session, acting, moment):
        answer = bring_into_force(
            session, about, plan, acting, moment, rehearsal=rehearsal, accepted=_accepted(plan, accept)
        )
    return show_answer(answer, "ApproveProtocol", lang.language, json=json, ledger=ledger)


def amend(
    ledger: options.LedgerArgument,
    protocol: options.ProtocolArgument,
    account: options.AccountOption = None,
    name: options.NameOption = "",
    reconsent: Annotated[
        bool | None,
        typer.Option(
            "--reconsent/--no-reconsent", help="Whether subjects on study must consent again; must be chosen."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why the protocol is amended.")] = "",
    trial: TrialOption = "",
    at: AtOption = None,
    zone: ZoneOption = "UTC",
    now: options.NowOption = None,
    accept: AcceptOption = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would change, and for whom.")] = False,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Bring a new version into force: shows the changed fields, the changed verdicts and the subjects concerned."""
    from celltrial.app.persons import open_acting
    from celltrial.app.planning import open_protocol
    from celltrial.app.versions import amend as bring_into_force
    from celltrial.app.versions import preview_amendment
    from celltrial.cli.answers import show_answer
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import UserError, fault
    from celltrial.locale.sentences import answer_data

    if reconsent is None and not preview:
        raise UserError(fault("APP-071"))
    plan = open_protocol(protocol)
    about, who = trial or plan.identification.id, _sponsor(account, name)
    with open_acting(ledger, about, who, at=at, zone=zone, now=now) as (session, acting, moment):
        accepted = _accepted(plan, accept)
        seen = preview_amendment(session, plan, accepted)
        answer = None
        if not preview:
            answer = bring_into_force(
                session, plan, acting, moment, reconsent=bool(reconsent), reason=reason, accepted=accepted
            )
    if json:
        print_json(_preview_data(seen, lang.language) | ({} if answer is None else answer_data(answer, lang.language)))
        return 0 if answer is None or answer_data(answer, lang.language)["accepted"] else 1
    _show_preview(seen, lang.language)
    return 0 if answer is None else show_answer(answer, "AmendProtocol", lang.language)


def _sponsor(account: str | None, name: str) -> Identity:
    """Return the sponsor's officer: the logged-in one, or in a rehearsal a typed one."""
    from celltrial.app.persons import Identity

    return Identity("sponsor", account, None, name)


def _comparison_data(found: Comparison, language: Language) -> dict[str, Any]:
    from celltrial.cli.review_data import changes_data

    return {
        "before": {"protocol": found.before.identification.id, "version": found.before.identification.version},
        "after": {"protocol": found.after.identification.id, "version": found.after.identification.version},
        "differences": [
            {"path": item.path, "kind": item.kind.value, "before": item.before, "after": item.after}
            for item in found.differences
        ],
        "verdicts": changes_data(found.verdicts, language),
    }


def _preview_data(seen: Preview, language: Language) -> dict[str, Any]:
    return _comparison_data(seen.comparison, language) | {
        "affected": [
            {"subject": item.subject, "site": item.site, "stage": item.stage.value, "sections": list(item.sections)}
            for item in seen.affected
        ],
        "open_clauses": list(seen.blockers),
    }


def _show_comparison(found: Comparison, language: Language) -> None:
    from celltrial.cli.terminal import console, print_table
    from celltrial.cli.verdict_words import show_verdict_changes
    from celltrial.locale import translate

    out = console()
    before, after = found.before.identification, found.after.identification
    versions = {"before": f"{before.id} {before.version}", "after": f"{after.id} {after.version}"}
    out.print(translate("cli.diff.title", language, **versions), style="bold", markup=False)
    if not found.differences:
        out.print(translate("cli.diff.none", language))
        return
    heads = [translate(f"cli.diff.head.{name}", language) for name in ("path", "kind", "before", "after")]
    rows = [
        [item.path, translate(f"cli.diff.kind.{item.kind.value}", language), _short(item.before), _short(item.after)]
        for item in found.differences
    ]
    print_table(translate("cli.diff.fields", language, count=len(rows)), heads, rows, left=4)
    show_verdict_changes(found.verdicts, language)


def _show_preview(seen: Preview, language: Language) -> None:
    from celltrial.cli.terminal import console, print_table
    from celltrial.locale import translate

    _show_comparison(seen.comparison, language)
    out = console()
    if not seen.affected:
        out.print(translate("cli.amend.nobody", language))
        return
    heads = [translate(f"cli.amend.head.{name}", language) for name in ("subject", "site", "stage", "sections")]
    rows = [
        [item.subject, item.site, translate(f"cli.stage.{item.stage.value}", language), ", ".join(item.sections)]
        for item in seen.affected
    ]
    print_table(translate("cli.amend.affected", language, count=len(rows)), heads, rows, left=4)


def _accepted(plan: Protocol, accept: list[str] | None) -> tuple[str, ...]:
    """Return the clauses whose justification counts: those that are signed for here, and those that persons signed before."""
    from celltrial.app.signed_reasons import closed_by_signatures, count_signatures

    count_signatures()
    return tuple(dict.fromkeys((*(accept or ()), *closed_by_signatures(plan))))


def _short(text: str, limit: int = 60) -> str:
    shown = text or "–"
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
