"""Write the reference page of the guideline review; with --check, fail where it is stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from page_writing import keep

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).resolve().parent / "reference" / "guideline.md"
NOTE = "<!-- Made by `python docs/guideline_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# The guideline review

For sponsors and reviewers who put a protocol beside the guideline, and for those who maintain a register.

## How a clause is judged

| verdict | meaning |
|---|---|
| `met` | every check of the clause found what it asks for |
| `finding` | something is missing or out of range: `major`, `minor` or `note`; each names the field and what would satisfy it |
| `justified` | a finding closed by a signed justification that cites evidence (section `justifications` of the protocol) |
| `not_applicable` | the trigger is false; the facts that decided are shown |
| `carried_out` | nothing to judge on the plan; the product acts on the clause during the trial |

A trigger that depends on a fact nobody stated applies, flagged unknown. A check that cannot be evaluated is never `met`.
Only a clause of strength *should* with a major or minor finding keeps a protocol from approval; findings of all other
strengths are notes.

```python
from pathlib import Path
from celltrial.protocol import read_protocol
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review

text = Path("examples/bcma-car-t-escalation.yaml").read_text(encoding="utf-8")
found = review(read_protocol(text, "example"), packaged_register())
assert found.blockers == ()
assert found.by_clause["3.1-h"].status == "met"
```

## A justification

```yaml
justifications:
  - clause: 2.3.1-a
    reason: {en: Too few people for two arms., zh: 患者过少，无法设两组。}
    evidence:
      - kind: registry
        statement: {en: Forty cases a year in the country., zh: 全国每年约四十例。}
    signed_by: sponsor lead
    signed_on: 2025-02-01
```

## From a clause to its tests

The table below leads from each clause to the fields its checks read, to the checks, to the modules that act on it during
and after the trial, and to the tests: those that name the clause, or, where none does, those
that import the modules or, failing that, their package.

## Registers

A register is JSON: `id`, `version`, `sample`, `title`, `note` and `clauses`. One that states only differences has `base`
with `overrides`, `added` and `removed`. The wording of clauses is our own and does not replace the official text.
"""


def lines() -> Iterator[str]:
    """Return the page, line by line."""
    from celltrial.guideline.comparison import compare_registers
    from celltrial.guideline.register import PACKAGED_REGISTERS, packaged_register
    from celltrial.guideline.traces import trace_of

    yield NOTE
    yield INTRODUCTION
    yield "| register | version | clauses | |"
    yield "|---|---|---|---|"
    for name in PACKAGED_REGISTERS:
        register = packaged_register(name)
        yield f"| `{register.id}` | {register.version} | {len(register.clauses)} | {register.title['en']} |"
    draft = packaged_register()
    changed = compare_registers(draft, packaged_register("sample-2021"))
    yield f"\nThe sample differs from the draft in: {', '.join(item.clause for item in changed)}.\n"
    yield "## Clauses\n"
    yield "| clause | strength | applies when | 条款 | in English | fields | checks on the plan | acts in | tests |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for clause in draft.clauses.values():
        trace = trace_of(clause)
        checks = ", ".join(f"`{name}`" for name in trace.checks)
        acts = ", ".join(f"`{name}`" for name in trace.acts)
        trigger = f"`{clause.trigger}`"
        fields = ", ".join(f"`{name}`" for name in fields_of(clause.id))
        tests = ", ".join(f"`{name}`" for name in tests_of(clause.id, trace.acts))
        told = f"{clause.id} | {clause.strength.value} | {trigger} | {clause.zh} | {clause.en}"
        yield f"| {told} | {fields} | {checks} | {acts} | {tests} |"


def fields_of(clause: str) -> list[str]:
    """Return the protocol fields that the checks of a clause name, from their source."""
    from celltrial.guideline.reading import fields_read

    return [*fields_read(clause)]


@cache
def _test_files() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT / "tests")): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
    }


def tests_of(clause: str, acts: tuple[str, ...]) -> list[str]:
    """Return the test files that name a clause; where none does, those that import a module which acts on it."""
    named = re.compile(rf"(?<![\w.]){re.escape(clause)}(?![\w])")
    found = [name for name, text in _test_files().items() if named.search(text)]
    if found:
        return found
    wanted = list(acts)
    while wanted and not found:
        modules = [re.compile(rf"celltrial\.{re.escape(module)}\b") for module in wanted]
        found = [name for name, text in _test_files().items() if any(module.search(text) for module in modules)]
        wanted = [module.rpartition(".")[0] for module in wanted if "." in module]
    return found


def main(*, check: bool) -> int:
    """Write the page, or return 1 where it is stale."""
    return keep(PAGE, "\n".join(lines()).rstrip() + "\n", check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
