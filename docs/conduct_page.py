"""Write the reference page of conduct; with --check, fail where it is stale."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from page_writing import keep

PAGE = Path(__file__).resolve().parent / "reference" / "conduct.md"
NOTE = "<!-- Made by `python docs/conduct_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# Conduct

For those who drive a trial from code, write an import, or read the ledger.

A trial is one ordered sequence of facts. `decide(state, request, now=...)` answers with the facts to remember
(`Accepted`) or with every condition that failed (`Refused`); `evolve(state, event)` folds facts into the state. Both are
pure: they read no clock and no file. What follows from a fact, a suspension for example, is in the same answer and so in
the same transaction.

```python
from datetime import UTC, datetime
from pathlib import Path
from celltrial.conduct.codes import Code
from rehearsal import Journey                  # examples/rehearsal: PYTHONPATH=examples
from celltrial.conduct.acts.subject.commands import StartLymphodepletion
from celltrial.protocol import read_protocol

text = Path("examples/bcma-car-t-escalation.yaml").read_text(encoding="utf-8")
trial = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
trial.open_trial(read_protocol(text, "example"), {"S1": "Asia/Shanghai"})
trial.enrol("P1")
trial.collect("P1", "B1")
trial.make("B1")                              # in quality control, not released
refused = trial.ask(StartLymphodepletion("P1", "B1", trial.moment))
assert Code.BATCH_STATE in [item.code for item in refused.conditions]

trial.release("B1")
trial.deliver("B1")
trial.deplete("P1", "B1")                     # every gate open: evidence renewed, slot reserved
trial.infuse("P1", "B1")
assert trial.state.subjects["P1"].follow_up.ends.year == 2040
```

A refused condition carries a permanent code, what was needed and what was found (typed values, see [values](values.md)), the
clause of the guideline and the field of the protocol behind it, and the field of the command that it is about. Unknown refuses. What the protocol does not say is not allowed.

Times: `occurred` is when the act happened, `now` is the server's clock. Windows are counted in whole days of the site's
calendar, both ends included; stagger intervals are exact in hours. An act that needs permission beforehand cannot be
entered more than 24 hours after it happened.

A retrospective trial takes historical records (`RecordHistorical`) and no prospective act; a running trial takes no
historical record. The origin is fixed when the trial is registered and stands on every output.
"""


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _modules(package: str) -> Iterator[tuple[str, str]]:
    root = importlib.import_module(package)
    for item in pkgutil.iter_modules(root.__path__):
        yield item.name, _first_line(importlib.import_module(f"{package}.{item.name}").__doc__)


def gates() -> Iterator[str]:
    """The gates and the monitors."""
    from celltrial.conduct.facts.events import NAMES
    from celltrial.conduct.monitors import MONITORS

    yield "## Gates\n"
    for name, line in _modules("celltrial.conduct.gates"):
        if name != "act":
            yield f"- **{name}**: {line}"
    yield "\n## What follows by itself\n"
    yield "| fact | monitors, in order |"
    yield "|---|---|"
    for fact, found in MONITORS.items():
        shown = ", ".join(f"`{monitor.__module__.rsplit('.', 1)[-1]}`" for monitor in found)
        yield f"| `{NAMES[fact]}` | {shown} |"
    yield ""
    for name, line in _modules("celltrial.conduct.monitors"):
        if name != "noticing":
            yield f"- **{name}**: {line}"
    yield ""


def commands() -> Iterator[str]:
    """Every command by area: who may give it, what may be in each of its fields, an example."""
    from celltrial.forms.description import forms
    from celltrial.forms.examples import example
    from celltrial.locale import translate
    from celltrial.locale.form_words import command_help, command_title, field_words

    yield "## Commands and who may give them\n"
    yield "A field is given as JSON (`--fields`), as words (`--set path=value`) or as a column of a table, under the same path;"
    yield "`.1` is the first of several. `celltrial commands NAME` shows the same in the reader's language.\n"
    for area, held in groupby(forms(), key=lambda form: form.area):
        yield f"### {translate(f'form.area.{area}', 'en')} · {translate(f'form.area.{area}', 'zh')}\n"
        for form in held:
            yield f"#### {form.name}\n"
            yield f"{command_title(form, 'en')} · {command_title(form, 'zh')}. {command_help(form, 'en')}\n"
            yield f"Roles: {', '.join(form.roles)}.\n"
            yield "| field | 名称 | what | kind | needed | may hold |"
            yield "|---|---|---|---|---|---|"
            for item, chinese in zip(field_words(form, "en"), field_words(form, "zh"), strict=True):
                cells = (
                    f"`{item.path}`",
                    chinese.label,
                    f"{item.label}. {item.help}",
                    item.kind,
                    item.needed,
                    item.allowed,
                )
                yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
            yield f"\n```json\n{json.dumps(example(form), ensure_ascii=False)}\n```\n"


def facts() -> Iterator[str]:
    """The facts under their stored names, with their fields."""
    from celltrial.conduct.facts.events import EVENTS
    from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS

    yield "## Facts\n"
    yield "The stored name is permanent; a changed shape gets the next version.\n"
    yield "| stored name | what it says | fields |"
    yield "|---|---|---|"
    yield from _fact_rows(EVENTS)
    yield "\n## Facts of log-in\n"
    yield "They belong to an installation and stand in a ledger of accounts of their own.\n"
    yield "| stored name | what it says | fields |"
    yield "|---|---|---|"
    yield from _fact_rows(LOG_IN_EVENTS)
    yield ""


def _fact_rows(table: Mapping[str, type]) -> Iterator[str]:
    for name, kind in table.items():
        fields = ", ".join(f"`{field}`" for field in kind.__dataclass_fields__)
        yield f"| `{name}` | {_first_line(kind.__doc__)} | {fields} |"


def page() -> str:
    """The whole page."""
    parts = [NOTE, INTRODUCTION, *gates(), *commands(), *facts()]
    return "\n".join(parts).rstrip() + "\n"


def main(*, check: bool) -> int:
    """Write the page, or return 1 where it is stale."""
    return keep(PAGE, page(), check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
