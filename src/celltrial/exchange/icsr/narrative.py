"""The narrative of a case (H.1): what is on record, in order of time, and what is not known; no judgement is written here."""

from __future__ import annotations

from datetime import date
from typing import Final

from celltrial.conduct.envelope import Precision
from celltrial.core.dates import Instant
from celltrial.exchange.icsr.case import Case
from celltrial.locale import Language, translate
from celltrial.locale.wording import in_words

_TIMED: Final = frozenset({Precision.SECOND, Precision.MINUTE})


def narrate(case: Case, language: Language) -> str:
    """Return the narrative in a language, one sentence a line."""

    def said(key: str, /, **params: object) -> str:
        return translate(f"exchange.icsr.{key}", language, **params)

    age = said("age", age=case.age) if case.age is not None else said("age_not_known")
    lines = [said("subject", subject=case.subject, trial=case.trial, sex=said(f"sex.{case.sex}"), age=age)]
    for drug in case.drugs:
        for given in drug.given:
            when = _when(given.start, given.precision) or said("not_known")
            lot = said("lot", lot=given.lot) if given.lot else ""
            lines.append(said("given", when=when, drug=drug.name, text=given.text or said("not_known"), lot=lot))
    lines.append(said("began", term=case.term, when=_when(case.onset, case.onset_precision) or said("not_known")))
    lines += [
        said("graded", when=_when(when, Precision.MINUTE), grade=grade, scale=scale)
        for when, grade, scale in case.graded
    ]
    criteria = [in_words(item, language) for item in sorted(case.seriousness)]
    lines.append(said("serious", criteria=", ".join(criteria)) if criteria else said("not_serious"))
    if case.ended is not None and case.outcome is not None:
        outcome = in_words(case.outcome, language)
        lines.append(said("ended", when=case.ended.isoformat(), outcome=outcome))
    else:
        lines.append(said("not_ended"))
    if case.died is not None:
        lines.append(said("died", when=case.died.isoformat()))
    lines += [
        said("judged", source=said(f"source.{one.source.lower()}"), result=in_words(one.result, language))
        for one in case.judgements
    ]
    if "Sponsor" not in {one.source for one in case.judgements}:
        lines.append(said("not_judged"))
    return "\n".join(lines)


def _when(when: date | Instant, precision: Precision) -> str:
    if precision is Precision.UNKNOWN:
        return ""
    if isinstance(when, Instant):
        return when.local.strftime("%Y-%m-%d %H:%M %z") if precision in _TIMED else when.local_date.isoformat()
    return when.strftime({Precision.MONTH: "%Y-%m", Precision.YEAR: "%Y"}.get(precision, "%Y-%m-%d"))
