"""`celltrial board`: from vein to vein, each subject's lane, what comes next, what blocks it and whose it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from celltrial.cli import options


def board(
    ledger: options.LedgerArgument,
    trial: options.TrialOption = None,
    at: options.MomentOption = None,
    every: Annotated[bool, typer.Option("--all", help="Show infused and ended ways too.")] = False,
    acting_as: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    zone: options.ReaderZoneOption = None,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Show each subject from consent to infusion: dates on record, lost attempts, what comes next, what blocks it."""
    from celltrial.app.boarding import board as lanes_of
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.terminal import print_json

    acting = who_reads(ledger, trial, Identity(acting_as, account, site))
    state, moment, lanes = lanes_of(ledger, trial, at, zone, acting.actor if acting is not None else None)
    shown = [lane for lane in lanes if every or lane.is_going]
    if json:
        data = [_data(lane, lang.language) for lane in shown]
        print_json({"trial": state.trial, "at": moment.utc.isoformat(), "lanes": data})
    else:
        _show(state, lanes, shown, lang.language)
    return 0


def _data(lane: Any, language: Any) -> dict[str, Any]:
    from celltrial.locale.sentences import condition_data

    return {
        "subject": lane.subject,
        "site": lane.site,
        "level": lane.level,
        "stage": lane.stage,
        "batch": lane.batch,
        "batch_status": lane.batch_status,
        "attempt": lane.attempt,
        "steps": [{"step": item.step, "mark": item.mark, "on": item.on, "days": item.days} for item in lane.steps],
        "lost": [
            {"batch": item.batch, "attempt": item.attempt, "status": item.status, "on": item.on, "cause": item.cause}
            for item in lane.lost
        ],
        "next": lane.next_step,
        "days_waiting": lane.waiting,
        "expires": None if lane.expires is None else lane.expires.utc.isoformat(),
        "infusion": None if lane.infusion is None else lane.infusion.utc.isoformat(),
        "ended": None if lane.ended is None else {"reason": lane.ended[0], "on": lane.ended[1]},
        "blocked_by": [condition_data(item, language) for item in lane.blocked_by],
        "due": [
            {"kind": item.kind, "key": item.key, "about": item.about, "owner": item.owner, "due": item.due}
            for item in lane.due
        ],
    }


def _show(state: Any, lanes: Any, shown: list[Any], language: Any) -> None:
    from celltrial.cli.terminal import console, print_table
    from celltrial.locale import translate
    from celltrial.locale.sentences import condition_sentence

    out = console()
    out.print(translate(f"cli.persons.{state.persons.value}", language))
    heads = ("subject", "site", "level", "batch", "steps", "next", "waiting", "due")
    columns = [translate(f"cli.board.head.{head}", language) for head in heads]
    print_table(translate("cli.board.title", language), columns, [_row(lane, language) for lane in shown], left=8)
    out.print(translate("cli.board.legend", language))
    out.print(translate("cli.board.left_out", language, n=len(lanes) - len(shown)))
    for lane in shown:
        for item in lane.blocked_by:
            out.print(f"{lane.subject}: {condition_sentence(item, language)}")


def _row(lane: Any, language: Any) -> list[str]:
    from celltrial.core.values import Term
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    def said(item: Any) -> str:
        who = in_words(Term("role", item.owner), language)
        return f"{translate(f'conduct.due.{item.kind}', language)} ({who}) {item.due or ''}".strip()

    status = "" if lane.batch_status is None else f" {in_words(lane.batch_status, language)}"
    lost = [f"{item.batch} {in_words(item.status, language)}" for item in lane.lost if item.batch != lane.batch]
    step = lane.next_step
    if step is not None:
        then = translate(f"datasets.step.{step}", language)
    elif lane.ended is not None:
        then = f"{in_words(lane.ended[0], language)} {lane.ended[1]}"
    else:
        then = "–"
    return [
        lane.subject,
        lane.site,
        "–" if lane.level is None else str(lane.level),
        "; ".join([f"{lane.batch}{status}" if lane.batch else "–", *lost]),
        " ".join(_SIGNS[item.mark] for item in lane.steps),
        then,
        "–" if lane.waiting is None else str(lane.waiting),
        said(lane.due[0]) if lane.due else "–",
    ]


#: How a mark is drawn; the legend under the table says what each means.
_SIGNS = {"done": "●", "next": "○", "ahead": "·", "no_record": "?", "not_planned": "–", "not_reached": "×"}
