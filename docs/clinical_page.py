"""Write the reference page of the clinical rules; with --check, fail where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent / "reference" / "clinical-rules.md"
NOTE = "<!-- Made by `python docs/clinical_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# Clinical rules

For investigators, monitors and data managers who ask where a derived grade comes from, and for those who call the
engines from Python.

An engine is a pure function from findings to a result. The derived grade stands beside the grade the site reported and
the adjudicated one; it replaces neither. A difference opens a query.

```python
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade

found = derive_crs_grade(CrsFindings("39.1", True, ["norepinephrine"], OxygenDevice.NASAL_CANNULA, 4))
assert (found.grade, found.deciding_domain, found.scale) == (3, "hypotension", "crs_astct_2019")
assert str(found.trace[0]) == "temperature 39.1 >= 38.0 degC: true"

blind = derive_crs_grade(CrsFindings("38.5"))
assert (blind.label, blind.incomplete) == (">=1", True)
```

## What every derivation holds

| field | meaning |
|---|---|
| `grade`, `category`, `score` | the outcome; `label` prints it: `3`, `>=3`, `CR` or `NE` |
| `deciding`, `parts` | the domains or rows that decided; the component responses |
| `trace`, `inputs` | every comparison in exact decimals with its comparator; the inputs used |
| `incomplete` | a missing input could still raise the grade or better the category |
| `excluded` | findings judged to have another cause, with reason and signer |
| `queries`, `caveats` | codes; their texts stand in the catalogue in both languages |
| `rule` | key, version, evidence level, citation |

A missing input is never 0. Where all that is known is grade 0 and something is missing, the result is `NE`.
Grades of two scales or versions are never put together (`CLN-004`).

Evidence: **V** checked against a public text; **V+T** also executed on outside data; **K** transcribed from knowledge
of the publication, to be compared with it by a person before the rule is relied upon.
"""


def _engines(title: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield "| key | version | evidence | engine | source |"
    yield "|---|---|---|---|---|"
    for key, engine in table.items():
        rule, name = engine.rule, f"celltrial.clinical.{engine.module}.{engine.function}"
        yield f"| `{key}` | {rule.version} | {rule.evidence.value} | `{name}` | {rule.citation} |"


def _step(step: Any) -> str:
    base = {"value": "", "LLN": " x LLN", "ULN": " x ULN", "baseline": " x baseline"}
    text = f"{step.comparator} {step.limit}{base.get(step.base, '')}"
    if step.base == "fall_percent":
        text = f"fall {step.comparator} {step.limit} % of baseline"
    if step.base == "ULN_plus":
        text = f"{step.comparator} ULN + {step.limit}"
    notes = [f"{step.baseline} baseline"] if step.baseline else []
    notes += ["symptoms or intervention"] if step.clinical else []
    return f"{text} ({', '.join(notes)})" if notes else text


def _laboratory(terms: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Laboratory thresholds of CTCAE 5.0\n"
    yield "Source: NCI, CTCAE v5.0, 27 November 2017. The highest grade of which one condition holds counts.\n"
    yield "| key | term | unit | G1 | G2 | G3 | G4 |"
    yield "|---|---|---|---|---|---|---|"
    for key, term in terms.items():
        cells = ["; ".join(_step(step) for step in term.steps if step.grade == grade) or "-" for grade in (1, 2, 3, 4)]
        yield f"| `{key}` | {term.name} | {term.unit} | {' | '.join(cells)} |"


def page() -> str:
    """Return the whole page."""
    from celltrial.clinical import CRITERIA, SCALES
    from celltrial.clinical.ctcae_lab_data import TERMS

    lines = [NOTE, INTRODUCTION.rstrip()]
    lines += _engines("Toxicity scales and scores", SCALES)
    lines += _engines("Response criteria", CRITERIA)
    lines += _laboratory(TERMS)
    return "\n".join(lines) + "\n"


def main(*, check: bool) -> int:
    """Write the page, or tell whether it is as the code makes it."""
    made = page()
    if check:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
