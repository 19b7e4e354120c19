"""On what a clause without a finding rests: a figure against its limit, evidence that can be looked up, or a statement.

`figures.FIGURES` works out, for the clauses that can be, the figure that the check held against a limit; `EVIDENCE` names
the lines of evidence that carry a clause, each of its fields at least once. A line carries it where its reference can be
looked up (`references`) and is dated, and its statement gives a figure and says of whom. What has neither rests on what somebody says: it is counted as stated, never as met.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from celltrial.guideline.figures import FIGURES
from celltrial.guideline.references import resolves
from celltrial.guideline.verdict import Case, Ground
from celltrial.guideline.vocabulary import plain
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Evidence

#: Clause to the lines of evidence that carry it.
EVIDENCE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "2.1.1-a": ("population.benefit_risk.*.expected_benefit.*", "population.benefit_risk.*.expected_risk.*"),
        "2.1.1-b": ("product.nonclinical.*",),
        "2.1.1.3-a": ("population.paediatric.adult_data.*",),
        "2.1.2.1-c": ("trial.washout_rationale", "trial.interruption.evidence.*"),
        "2.2.2.1-b": ("dose.starting.evidence.*",),
        "2.2.2.3-f": ("dose.repeat.low_risk_evidence.*", "dose.repeat.activity_duration_evidence.*"),
        "2.2.3-b": ("population.benefit_risk.*.expected_benefit.*",),
        "2.3.1-b": ("confirmatory.single_arm_evidence.*",),
        "2.3.2-e": ("efficacy.endpoints.*.validation",),
    }
)
#: A figure: digits, or a number in words before what is counted.
_NUMBER: Final = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half)\b|[一二两三四五六七八九十半]成?(?:例|人|名|只|倍|数)"
)
#: Of whom a figure tells: people, animals, samples, batches.
_POPULATION: Final = re.compile(
    r"subjects?|patients?|participants?|persons?|people|children|adults?|volunteers?|recipients?|treated|infused|arms?|trials?|animals?|mice|mouse|rats?"
    r"|monkeys?|macaques?|xenografts?|donors?|samples?|batch(?:es)?|tissues?|cell lines?"
    r"|例|受试者|受治者|患者|病人|参与者|儿童|成人|治疗组|对照组|试验|动物|小鼠|大鼠|猴|移植瘤|供者|样本|批|组织|细胞系"
)
_DATED: Final = re.compile(r"\b(?:19|20)\d\d\b|\bNCT\d{8}\b|\bChiCTR\w+|\bCTR\d{8}\b")


def grounds_of(case: Case) -> tuple[Ground, ...]:
    """Return what a clause without a finding rests on: figures first, then lines of evidence that carry it."""
    figures = tuple(item for worked_out in FIGURES.get(case.clause.id, ()) for item in worked_out(case))
    carried = [tuple(_carried(case.protocol, pattern)) for pattern in EVIDENCE.get(case.clause.id, ())]
    return figures + (tuple(ground for lines in carried for ground in lines) if all(carried) else ())


def _carried(protocol: Protocol, pattern: str) -> Iterator[Ground]:
    citations = {item.id: item.citation for item in protocol.references}
    for path, item in _lines(protocol, pattern):
        if resolves(item, protocol) and carries(item, citations[item.reference or ""]):
            yield Ground(path, "", "", reference=citations[item.reference or ""])


def carries(item: Evidence, citation: str) -> bool:
    """Tell whether a line of evidence gives a figure, says of whom, and cites something with a date or a registry number."""
    texts = (plain(item.statement.en), plain(item.statement.zh))
    figures = all(_NUMBER.search(text) for text in texts)
    return figures and all(_POPULATION.search(text) for text in texts) and bool(_DATED.search(citation))


def _lines(section: object, pattern: str) -> Iterator[tuple[str, Evidence]]:
    """Yield every line of evidence at a pattern, with its path."""
    head, _, rest = pattern.partition(".")
    if head == "*":
        inner = [(str(index), value) for index, value in enumerate(section)] if isinstance(section, tuple) else []
    else:
        inner = [(head, getattr(section, head, None))] if isinstance(section, BaseModel) else []
    for key, value in inner:
        if rest:
            yield from ((f"{key}.{path}", item) for path, item in _lines(value, rest))
        elif isinstance(value, Evidence):
            yield key, value
