"""What `celltrial design` shows of dose finding: boundaries, decision table and operating characteristics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celltrial.app.planning import Computed, DesignSheet
    from celltrial.locale import Language


#: True event rates at which a stopping rule is shown.
RATES = (0.05, 0.10, 0.20, 0.30, 0.40, 0.50, 0.60)


def horizon(sheet: DesignSheet) -> int:
    """Return the number of subjects up to which boundaries are shown."""
    planned = sheet.protocol.assumptions.target_infused if sheet.protocol.assumptions else 0
    return max(sheet.policy.max_subjects, planned)


def as_data(sheet: DesignSheet) -> dict[str, Any]:
    """Return the sheet as plain data."""
    from celltrial.app.design_table import decision_rows
    from celltrial.cli.design_words import plain

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
        "calendar": calendar_data(sheet.computed),
        "stopping_rules": [
            {
                "id": rule.id,
                "boundaries": boundary.boundaries(most),
                "characteristics": [plain(item) for item in boundary.characteristics(RATES, most)],
            }
            for rule, boundary in zip(rules, sheet.rules, strict=True)
        ],
    }


def calendar_data(computed: Computed) -> dict[str, Any] | None:
    """Return window, gap and mean durations in days of a simulation in calendar time; None where time plays no part."""
    if computed.calendar is None:
        return None
    durations = [{"mean_days": mean, "standard_error": error} for mean, error in computed.durations]
    return {
        "window_days": computed.calendar.window,
        "mean_days_between_infusions": computed.calendar.arrival_gap,
        "late_share": computed.calendar.late_share,
        "durations": durations,
    }


def show_design(sheet: DesignSheet, language: Language) -> None:
    """Print the sheet for people."""
    from celltrial.cli.terminal import console
    from celltrial.locale import translate
    from celltrial.report.design_sheet.parameters import format_params

    identification = sheet.protocol.identification
    plan = sheet.protocol.escalation
    assert plan is not None
    shown = format_params(plan.design.params)
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
    from celltrial.app.design_table import decision_ranges, decision_rows, second_count
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    rows = decision_rows(sheet.policy)
    if not rows:
        print(translate("cli.design.no_table", language))
        _show_first_cohorts(sheet, language)
        return
    other = second_count(sheet.policy)
    heads, table = decision_ranges(rows, other)
    title = "cli.design.decisions" if other is None else f"cli.design.decisions.{other.value}"
    print_table(
        translate(title, language), [translate(f"cli.design.{name}", language) for name in heads], table, left=0
    )


def _show_first_cohorts(sheet: DesignSheet, language: Language) -> None:
    from celltrial.cli.design_compare import show_paths
    from celltrial.designs import Counts
    from celltrial.simulation.pathways import pathways

    steps = pathways(sheet.policy, Counts.before(sheet.policy.n_doses, sheet.policy.start))
    show_paths(steps, [level.label for level in sheet.protocol.dose.levels], language)


def _show_characteristics(sheet: DesignSheet, language: Language) -> None:
    from celltrial.app.planning import unstated_rates
    from celltrial.cli.design_words import basis_lines, print_durations, print_ends, with_error
    from celltrial.cli.terminal import percent, print_table
    from celltrial.locale import translate

    labels = [level.label for level in sheet.protocol.dose.levels]
    plan = sheet.protocol.escalation
    assert plan is not None
    names = {item.id: item.name.said(language) for item in plan.scenarios}
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
    print_ends(sheet.computed, list(names.values()), language)
    if sheet.computed.durations:
        print_durations(sheet.computed, list(names.values()), language)
    for line in basis_lines(sheet.computed, language):
        print(line)
    unstated = unstated_rates(sheet.protocol, sheet.policy)
    if unstated is not None:
        print(translate(f"cli.design.unstated.{unstated}", language))
    if sheet.computed.needs_time:
        print(translate("cli.design.windows_closed", language))
    print()


def _show_rules(sheet: DesignSheet, language: Language) -> None:
    from celltrial.cli.terminal import console, percent, print_table
    from celltrial.locale import translate

    most = horizon(sheet)
    rules = sheet.protocol.stopping.rules if sheet.protocol.stopping else ()
    for rule, boundary in zip(rules, sheet.rules, strict=True):
        pairs = ", ".join(f"{x}/{n}" for n, x in boundary.printed(most).items())
        console().print(translate("cli.design.rule", language, id=rule.id, text=rule.text.said(language)), style="bold")
        for message in boundary.describe():
            console().print("  " + translate(message.id, language, **message.params))
        console().print("  " + translate("cli.design.boundary", language, pairs=pairs))
        rows = [
            [percent(item.rate, 0), percent(item.prob_stop), f"{item.expected_n:.1f}"]
            for item in boundary.characteristics(RATES, most)
        ]
        heads = [translate(f"cli.design.{name}", language) for name in ("true_event_rate", "prob_stop", "mean_n")]
        print_table(translate("cli.design.rule_characteristics", language, n=most), heads, rows)
