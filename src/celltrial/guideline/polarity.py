"""What a criterion lets in: whether it asks for a state or shuts it out, and whether that is the right way round.

An exclusion of a *negative* pregnancy test, an inclusion of an active infection, an exclusion of everybody with enough
platelets: each is a criterion that turns its own purpose round. Nothing is read from its number or its text; only the
kind, operator and value count, except for the concept `other`, whose text is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from celltrial.guideline.vocabulary import denied, plain
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.population import Criterion

Demand = Literal["present", "absent", "nothing"]

_YES: Final = frozenset(
    {"true", "yes", "y", "positive", "pos", "+", "present", "detected", "1", "是", "有", "阳性", "存在"}
)
_NO: Final = frozenset(
    {"false", "no", "n", "negative", "neg", "-", "absent", "undetected", "not detected", "0"}
    | {"否", "无", "阴性", "不存在", "未检出"}
)
#: States that nobody with them may enter, and states that everybody must have.
MUST_BE_ABSENT: Final = frozenset(
    {"pregnancy_test", "pregnancy_intended", "active_infection", "hiv_positive", "hepatitis_b_dna_positive"}
    | {"blood_or_marrow_involvement", "active_autoimmune_disease", "active_cns_disease"}
)
MUST_BE_PRESENT: Final = frozenset({"diagnosis_confirmed", "measurable_disease", "contraception_agreed"})
#: Values of which little is bad, and values of which much is.
NEEDS_FLOOR: Final = frozenset(
    {"karnofsky", "life_expectancy", "prior_lines", "target_antigen_positive_cells", "creatinine_clearance"}
    | {"absolute_neutrophil_count", "absolute_lymphocyte_count", "platelet_count", "haemoglobin"}
    | {"left_ventricular_ejection_fraction", "oxygen_saturation", "body_weight", "cd4_count", "egfr", "albumin"}
)
NEEDS_CEILING: Final = frozenset(
    {"ecog", "serum_creatinine", "alt", "ast", "total_bilirubin", "direct_bilirubin", "ggt", "body_temperature"}
    | {"troponin_t", "nt_probnp", "lactate", "hepatitis_b_dna", "ebv_dna"}
)
_FLOORS: Final = {("inclusion", ">"), ("inclusion", ">="), ("exclusion", "<"), ("exclusion", "<=")}
#: States in the text of a criterion of concept `other` that nobody with them may enter.
_HARMFUL: Final = re.compile(
    r"\bgvhd\b|graft[\s\-]*(?:versus|vs\.?)[\s\-]*host|\bhiv\b|immunodeficiency virus|hepatitis|\bhb[sv]|\bhcv\b|syphilis|tuberculosis"
    r"|active (?:bleeding|infection|autoimmun\w*)|uncontrolled (?:infection|hypertension|diabetes)|(?:un)?controlled seizure|pregnan\w*"
    r"|breast[\s\-]?feeding|lactat(?:ing|ion)|heart failure|myocardial infarction|unstable angina|\bsepsis\b|organ transplant"
    r"|移植物抗宿主病|艾滋病|人类免疫缺陷病毒|乙型肝炎|丙型肝炎|乙肝|丙肝|梅毒|结核|活动性(?:感染|出血|自身免疫)|未控制的|妊娠|怀孕|哺乳|心力衰竭|心肌梗死|脓毒症|器官移植"
)


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = plain(f"{value:g}" if isinstance(value, float) else str(value))
    return True if word in _YES else False if word in _NO else None


def demand(item: Criterion) -> Demand:
    """Return what a yes-or-no criterion asks of who enters: the state present, absent, or nothing at all.

    >>> from celltrial.protocol.model.population import Criterion
    >>> rule = dict(id="E-1", concept="pregnancy_test", operator="is", assessment="test", source="laboratory", text={"en": "t", "zh": "t"})
    >>> demand(Criterion(kind="exclusion", value="negative", **rule)), demand(Criterion(kind="exclusion", value="positive", **rule))
    ('present', 'absent')
    """
    values = item.value if isinstance(item.value, tuple) else (item.value,)
    named = {_truth(value) for value in values}
    if None in named or len(named) != 1 or item.operator not in {"is", "==", "!=", "in"}:
        return "nothing"
    let_in = named.pop()
    if item.operator == "!=":
        let_in = not let_in
    if item.kind == "exclusion":
        let_in = not let_in
    return "present" if let_in else "absent"


def shuts_out(criteria: Sequence[Criterion], concept: str) -> bool:
    """Tell whether a criterion keeps out everybody with a state."""
    return any(item.concept == concept and demand(item) == "absent" for item in criteria)


def asks_for(criteria: Sequence[Criterion], concept: str) -> bool:
    """Tell whether a criterion lets in only those with a state, or only those above a floor."""
    for item in criteria:
        if item.concept != concept:
            continue
        if concept in NEEDS_FLOOR:
            if (item.kind, item.operator) in _FLOORS:
                return True
        elif demand(item) == "present" or (demand(item) == "nothing" and item.kind == "inclusion"):
            return True
    return False


def reversed_criteria(criteria: Sequence[Criterion], protocol: Protocol) -> Iterator[tuple[int, Criterion]]:
    """Yield each criterion that lets in what it should keep out, or keeps out what it should let in, with its place."""
    for index, item in enumerate(criteria):
        if _reversed(item, criteria, protocol):
            yield index, item


def _reversed(item: Criterion, criteria: Sequence[Criterion], protocol: Protocol) -> bool:
    concept = item.concept
    if concept in MUST_BE_ABSENT and not _is_the_disease(concept, protocol):
        return demand(item) == "present"
    if concept in MUST_BE_PRESENT:
        return demand(item) == "absent"
    if concept == "other":
        return _reversed_text(item)
    if concept == "age":
        return _adults_shut_out(item, protocol)
    if concept in NEEDS_FLOOR | NEEDS_CEILING:
        return _wrong_bound(item, criteria)
    return False


def _is_the_disease(concept: str, protocol: Protocol) -> bool:
    """Tell whether a state is what the trial treats: autoimmune disease, disease of the central nervous system."""
    if concept == "active_autoimmune_disease":
        return not protocol.trial.malignancy
    if concept == "active_cns_disease":
        said = plain(f"{protocol.trial.indication.en} {protocol.trial.indication.zh}")
        return bool(re.search(r"\bcns\b|central nervous|glio|brain|cerebral|中枢|脑", said))
    if concept in {"hiv_positive", "hepatitis_b_dna_positive", "active_infection"} and not protocol.trial.malignancy:
        said = plain(f"{protocol.trial.indication.en} {protocol.trial.indication.zh}")
        return bool(re.search(r"\bhiv\b|hepatitis|infection|virus|viraemia|viremia|艾滋|肝炎|感染|病毒", said))
    return False


def _bound(item: Criterion) -> Literal["floor", "ceiling", ""]:
    if item.operator not in {"<", "<=", ">", ">="}:
        return ""
    return "floor" if (item.kind, item.operator) in _FLOORS else "ceiling"


def _wrong_bound(item: Criterion, criteria: Sequence[Criterion]) -> bool:
    """Tell whether the only bounds on a value are on its wrong side."""
    wanted = "floor" if item.concept in NEEDS_FLOOR else "ceiling"
    bounds = {_bound(one) for one in criteria if one.concept == item.concept}
    return _bound(item) not in {"", wanted} and wanted not in bounds


def _adults_shut_out(item: Criterion, protocol: Protocol) -> bool:
    """Tell whether a bound on age leaves only minors in a trial that includes none."""
    if protocol.population.paediatric.included or not isinstance(item.value, int | float):
        return False
    return _bound(item) == "ceiling" and item.value <= 18


def _reversed_text(item: Criterion) -> bool:
    """Tell whether a criterion of free text lets in a harmful state: an inclusion that names it, an exclusion that denies it."""
    asked = demand(item)
    if asked == "nothing":
        return False
    found = []
    for text in (plain(item.text.en), plain(item.text.zh)):
        found += [denied(text, *hit.span()) or _tested_negative(text, hit.end()) for hit in _HARMFUL.finditer(text)]
    if not found or len(set(found)) != 1:
        return False
    return (asked == "present") is not found[0]


def _tested_negative(text: str, end: int) -> bool:
    return bool(
        re.match(r"[^.;,，。；]{0,24}?(?:negative|controlled|treated|阴性|已控制|低于)", text[end:])
    ) and not re.match(r"[^.;,，。；]{0,24}?uncontrolled", text[end:])
