"""The answer of conduct to a request, on the terminal: what was remembered, or every condition that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celltrial.conduct.ruling import Condition, Ruling
    from celltrial.core.errors import Fault
    from celltrial.locale import Language


def show_answer(answer: Ruling, command: str, language: Language, *, json: bool = False, ledger: str = "") -> int:
    """Print an answer and return the exit code: 1 for a refusal."""
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate
    from celltrial.locale.sentences import answer_data, condition_sentence

    data = answer_data(answer, language)
    conditions = answer.conditions if isinstance(answer, Refused) else ()
    if json:
        print_json(data)
    else:
        key = "cli.act.accepted" if data["accepted"] else "cli.act.refused"
        print(translate(key, language, command=command, count=len(conditions) or len(data["facts"])))
        for item in conditions:
            print("  " + condition_sentence(item, language))
        for key in data["waiting"]:
            print("  " + translate("cli.act.waits", language, command=command, ledger=ledger or "LEDGER", id=key))
        for fact in data["facts"]:
            print("  " + translate("cli.act.fact", language, fact=fact))
    return 0 if data["accepted"] else 1


def show_draft(
    answer: Ruling, draft: Any, wrong: Sequence[Fault | Condition], language: Language, *, json: bool = False
) -> int:
    """Print that an adverse event was kept as a draft and what it lacks, or why not even that; always exit 1: it is not reported."""
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.ruling import Refused
    from celltrial.core.errors import Fault
    from celltrial.locale import translate
    from celltrial.locale.sentences import answer_data, condition_sentence
    from celltrial.locale.wording import fault_sentence

    said = [
        fault_sentence(item, language) if isinstance(item, Fault) else condition_sentence(item, language)
        for item in wrong
    ]
    if json:
        data = answer_data(answer, language)
        print_json({**data, "draft": draft.fact.event, "missing": [*draft.fact.missing], "wrong": said})
    elif isinstance(answer, Refused):
        show_answer(answer, type(draft).__name__, language)
    else:
        print(translate("cli.act.drafted", language, event=draft.fact.event))
    if not json:
        print("\n".join(f"  {line}" for line in said))
    return 1
