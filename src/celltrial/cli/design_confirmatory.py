"""`celltrial design`: what a protocol's design will do, its dose finding, its stated sample size, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, SeedOption

if TYPE_CHECKING:
    from celltrial.app.sizing import Recomputed
    from celltrial.locale import Language


def show(
    protocol: ProtocolArgument,
    seed: SeedOption = 1,
    lang: LanguageOption = LanguageChoice.EN,
    json: JsonOption = False,
) -> None:
    """Print what the protocol's design will do; a stated sample size is recomputed and is beside the stated one."""
    from celltrial.app.planning import open_protocol, plan_design
    from celltrial.app.sizing import recompute
    from celltrial.cli.design import as_data, show_design
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json

    plan = open_protocol(protocol)
    found = recompute(plan, seed=seed)
    sheet = None
    if found is None or plan.escalation is not None:
        with shown_progress(lang.language) as progress:
            sheet = plan_design(plan, str(protocol), seed=seed, progress=progress)
    if json:
        data = {"protocol": plan.identification.id, "version": plan.identification.version}
        data.update({} if sheet is None else as_data(sheet))
        print_json(data if found is None else {**data, "sample_size": _data(found)})
        return
    if sheet is not None:
        show_design(sheet, lang.language)
    if found is not None:
        _show(found, lang.language)


def _data(found: Recomputed) -> dict[str, Any]:
    from celltrial.app.sizing import plain
    from celltrial.cli.size import computed

    return {
        "stated": {"infused": found.stated.infused, "enrolled": found.stated.enrolled},
        "computed": dict(found.subjects),
        "stated_is_enough": found.enough,
        "design": computed(found.sized),
        "enrolment": None
        if found.enrolment is None
        else {**plain(found.enrolment), "assurance": found.assurance, "attained_by_stated": found.attained},
    }


def _show(found: Recomputed, language: Language) -> None:
    from celltrial.cli.size import show_sized
    from celltrial.cli.terminal import percent, print_table
    from celltrial.locale import translate

    def say(key: str, **params: object) -> str:
        return translate(f"cli.size.{key}", language, **params)

    show_sized(found.sized, language)
    print()
    stated = found.stated
    rows = [(say(f"subjects.{name}"), str(stated.infused), str(n)) for name, n in found.subjects.items()]
    if found.enrolment is not None:
        size = found.enrolment
        chance = f"{stated.enrolled} ({percent(found.attained)} %)"
        by_mean = f"{size.by_expectation} ({percent(size.reached_by_expectation)} %)"
        rows.append((say("enrolled_by_expectation"), chance, by_mean))
        sure = f"{size.with_assurance} ({percent(size.reached)} %)"
        rows.append((say("enrolled_with_assurance", assurance=f"{100 * found.assurance:g}"), chance, sure))
    heads = ["", say("stated"), say("computed")]
    if rows:
        print_table(say("compared"), heads, rows)
    verdict = {None: "no_subjects", True: "enough", False: "short"}[found.enough]
    print(say(verdict, infused=stated.infused, needed=min(found.subjects.values(), default=0)))
    if found.enrolment is not None and stated.enrolled < found.enrolment.with_assurance:
        print(say("enrolment_short", enrolled=stated.enrolled, needed=found.enrolment.with_assurance))
