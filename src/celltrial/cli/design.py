"""`celltrial design`: boundaries, decision table and operating characteristics of a protocol's design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument

if TYPE_CHECKING:
    from celltrial.app.planning import DesignSheet
    from celltrial.locale import Language

__all__ = ["design", "plain", "show_design"]

#: True event rates at which a stopping rule is shown.
RATES = (0.05, 0.10, 0.20, 0.30, 0.40, 0.50, 0.60)


def design(protocol: ProtocolArgument, lang: LanguageOption = LanguageChoice.EN, json: JsonOption = False) -> None:
    """Print boundaries, decision table and operating characteristics of the protocol's design."""
    from celltrial.app.planning import open_protocol, plan_design
    from celltrial.cli.terminal import print_json

    sheet = plan_design(open_protocol(protocol), str(protocol))
    if json:
        print_json(as_data(sheet))
    else:
        show_design(sheet, lang.language)


def horizon(sheet: DesignSheet) -> int:
    """Return the number of subjects up to which boundaries are shown."""
    planned = sheet.protocol.assumptions.target_infused if sheet.protocol.assumptions else 0
    return max(sheet.policy.max_subjects, planned)


def as_data(sheet: DesignSheet) -> dict[str, Any]:
    """Return the sheet as plain data."""
    from celltrial.app.design_table import decision_rows

    plan = sheet.protocol.escalation
    assert plan is not None
    rules = sheet.protocol.stopping.rules if sheet.protocol.stopping else ()
    most = horizon(sheet)
    return {
        "protocol": sheet.protocol.identification.id,
        "version": sheet.protocol.identification.version,
        "design": {"kind": plan.design.kind, "params": plan.design.params},
        "decision_table": decision_rows(sheet.policy),
        "operating_characteristics": [plain(item) for item in sheet.characteristics],
        "stopping_rules": [
            {
                "id": rule.id,
                "boundaries": boundary.boundaries(most),
                "characteristics": [plain(item) for item in boundary.characteristics(RATES, most)],
            }
            for rule, boundary in zip(rules, sheet.rules, strict=True)
        ],
    }


def plain(value: Any) -> dict[str, Any]:
    """Return a result as plain data, field by field."""
    fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: dict(item) if hasattr(item, "items") else item for name, item in fields.items()}


def show_design(sheet: DesignSheet, language: Language) -> None:
    """Print the sheet for people."""
    from celltrial.cli.design_words import shown_params
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    identification = sheet.protocol.identification
    plan = sheet.protocol.escalation
    assert plan is not None
    shown = shown_params(plan.design.params)
    out = console()
    out.print(
        translate("cli.design.title", language, id=identification.id, version=identification.version), style="bold"
    )
    out.print(translate("cli.design.design", language, kind=plan.design.kind, params=shown))
    for message in sheet.policy.describe():
        out.print("  " + translate(message.id, language, **message.params))
    out.print()
    _show_decisions(sheet, language)
    _show_characteristics(sheet, language)
    _show_rules(sheet, language)


def _show_decisions(sheet: DesignSheet, language: Language) -> None:
    from celltrial.app.design_table import decision_rows
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    rows = decision_rows(sheet.policy)
    sizes = sorted({row["n"] for row in rows})
    moves = ("escalate", "stay", "de_escalate", "eliminate")
    table = []
    for n in sizes:
        by_move = {move: [row["dlt"] for row in rows if row["n"] == n and row["move"] == move] for move in moves}
        table.append([str(n), *(_range(by_move[move]) for move in moves)])
    heads = [translate(f"cli.design.{name}", language) for name in ("n", *moves)]
    print_table(translate("cli.design.decisions", language), heads, table)


def _range(values: list[int]) -> str:
    if not values:
        return "–"
    return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"


def _show_characteristics(sheet: DesignSheet, language: Language) -> None:
    from celltrial.cli.design_words import basis_lines, with_error
    from celltrial.cli.terminal import percent, print_table
    from celltrial.locale import translate

    labels = [level.label for level in sheet.protocol.dose.levels]
    plan = sheet.protocol.escalation
    assert plan is not None
    names = {item.id: getattr(item.name, language) for item in plan.scenarios}
    rates = {item.id: item.dlt_rates for item in plan.scenarios}
    rows = []
    for item in sheet.characteristics:
        lead = [names[item.scenario], translate("cli.design.true_rate", language)]
        rows.append([*lead, *(percent(rate) for rate in rates[item.scenario]), "", ""])
        doses = range(len(labels))
        chosen = [with_error(item, "prob_select", j) for j in doses]
        rows.append(["", translate("cli.design.selected", language), *chosen, with_error(item, "prob_none"), ""])
        treated = [with_error(item, "expected_n", j, share=False) for j in doses]
        rows.append(["", translate("cli.design.treated", language), *treated, "", f"{item.expected_total_n:.1f}"])
        events = [with_error(item, "expected_dlt", j, share=False, digits=2) for j in doses]
        rows.append(["", translate("cli.design.dlts", language), *events, "", f"{item.expected_total_dlt:.2f}"])
    heads = [translate("cli.design.scenario", language), "", *labels]
    heads += [translate("cli.design.none", language), translate("cli.design.total", language)]
    print_table(translate("cli.design.characteristics", language), heads, rows, left=2)
    for line in basis_lines(sheet.characteristics, language):
        print(line)
    print()


def _show_rules(sheet: DesignSheet, language: Language) -> None:
    from celltrial.cli.terminal import console, percent, print_table
    from celltrial.locale import translate

    most = horizon(sheet)
    rules = sheet.protocol.stopping.rules if sheet.protocol.stopping else ()
    for rule, boundary in zip(rules, sheet.rules, strict=True):
        pairs = ", ".join(f"{x}/{n}" for n, x in boundary.printed(most).items())
        console().print(
            translate("cli.design.rule", language, id=rule.id, text=getattr(rule.text, language)), style="bold"
        )
        for message in boundary.describe():
            console().print("  " + translate(message.id, language, **message.params))
        console().print("  " + translate("cli.design.boundary", language, pairs=pairs))
        rows = [
            [percent(item.rate, 0), percent(item.prob_stop), f"{item.expected_n:.1f}"]
            for item in boundary.characteristics(RATES, most)
        ]
        heads = [translate(f"cli.design.{name}", language) for name in ("true_event_rate", "prob_stop", "mean_n")]
        print_table(translate("cli.design.rule_characteristics", language, n=most), heads, rows)
