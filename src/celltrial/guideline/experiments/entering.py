"""Who asks to be let in: a pregnant subject, a child, one without the diagnosis, one with malignant cells in the blood, an infected one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.acts.trial.commands import SignAdultReview
from celltrial.conduct.rehearsal import signature
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import ConsentKind, Finding
from celltrial.core.dates import add_years
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, FIRST_BATCH, SITE, Trying, cited, told_of
from celltrial.guideline.vocabulary import plain
from celltrial.protocol import Protocol

_CRITERIA: Final = "population.criteria"
_CONDITIONS: Final = "treatment.infusion.conditions"
#: Fields of the protocol that keep somebody out for what they are.
_ENTRY: Final = (
    _CRITERIA,
    _CONDITIONS,
    "population.consents",
    "population.paediatric",
    "product.process_separates_malignant_cells",
)
#: The clause on screening: everybody is assessed and satisfies every criterion of entry.
_SCREENING: Final = "2.1.2.1-b"
_PREGNANT: Final = re.compile(r"pregnan\w*|gravid\w*|妊娠|怀孕|孕妇|孕期")
_INFECTED: Final = re.compile(r"infection\w*|感染")
_DIAGNOSED: Final = re.compile(r"diagnos\w*|histolog\w*|cytolog\w*|patholog\w*|confirmed|确诊|诊断|病理|组织学|细胞学")
_INVOLVED: Final = re.compile(
    r"(?:blood|marrow|circulating)[^.;,]{0,30}(?:involve\w*|blast\w*|leuk\w*|malignan\w*|tumou?r cells?|lymphoma cells?)"
    r"|(?:involve\w*|blast\w*|malignan\w* cells?|tumou?r cells?|lymphoma cells?)[^.;,]{0,30}(?:blood|marrow)"
    r"|(?:外周血|骨髓)[^。；，]{0,10}(?:累及|受累|浸润|原始|幼稚|肿瘤细胞|恶性)|(?:累及|浸润|侵犯)[^。；，]{0,10}(?:外周血|骨髓)"
)
#: Diseases of men only: nobody with them can be pregnant.
_OF_MEN: Final = re.compile(r"prostat\w*|testic\w*|testis|penile|penis|前列腺|睾丸|阴茎")
_CHILD_YEARS: Final = 10
_FEVER: Final = "39.0"


def _answer(decision: Ruling, code: str, clauses: tuple[str, ...], path: str = _CRITERIA, **params: object) -> Answer:
    holds, by = isinstance(decision, Refused), cited(decision, _CRITERIA, _CONDITIONS)
    if isinstance(decision, Refused) and not any(item.field.startswith(_ENTRY) for item in decision.conditions):
        raise NotTriedError("refused_before", decision.conditions, command="")
    found = f"refused ({by})" if holds else "let in"
    return Answer(clauses, code, path, found, "refused", {"by": by, **params}, holds=holds)


def pregnant(trial: Trying) -> Iterator[Answer]:
    """A woman with a positive pregnancy test asks to enter; another is found pregnant when the cells are ready.

    2.1.1.4-c keeps pregnant people out of trials of risky products; in every other trial the clause on screening does.
    Of who no longer qualifies on the day of dosing, 2.1.3-b speaks.
    """
    protocol = trial.protocol
    if of_men(protocol):
        raise NotTriedError("of_men")
    clauses = ("2.1.1.4-c", _SCREENING)
    trial.appear("S-101", traits={"pregnancy_test": "positive"}, words=_PREGNANT)
    answer = _answer(trial.enter("pregnant_enters", "S-101", subject="S-101"), "pregnant", clauses)
    yield answer
    if not answer.holds:
        return
    trial.go_to("supplied")
    late = _pregnant_later(trial, FIRST, FIRST_BATCH)
    yield _answer(late, "pregnant_later", ("2.1.3-b",))


def _pregnant_later(trial: Trying, name: str, batch: str) -> Ruling:
    """Find a subject pregnant on the day on which its treatment begins, and go on until it is refused or the cells are given."""
    protocol = trial.protocol
    moment = trial.wanted(name)
    if protocol.treatment.lymphodepletion is not None:
        trial.now = max(trial.now, moment.utc + timedelta(days=trial.first_day))
        trial.refresh(name)
        _found(trial, name, "pregnancy_test", "positive", _PREGNANT)
        begun = trial.send("pregnant_depletes", subject.StartLymphodepletion(name, batch, moment))
        if isinstance(begun, Refused):
            return begun
        trial.now = max(trial.now, moment.utc + timedelta(days=trial.last_day))
        trial.do(subject.CompleteLymphodepletion(name, _today(trial, name)))
    else:
        moment = trial.book(name, batch, moment)
    trial.now = moment.utc
    trial.refresh(name)
    trial.watch_sentinels()
    _found(trial, name, "pregnancy_test", "positive", _PREGNANT)
    seen = trial.bedside(name)
    if seen:
        trial.do(subject.RecordPreInfusionCheck(name, seen))
    return trial.send("pregnant_infused", trial.infusion(name, batch))


def child(trial: Trying) -> Iterator[Answer]:
    """A child of ten asks to enter: kept out of a trial of adults, and until the adults are reviewed where children may come."""
    protocol = trial.protocol
    plan = protocol.population.paediatric
    born = add_years(date.fromordinal(trial.now.date().toordinal() - 30), -_CHILD_YEARS)
    trial.appear("S-111", traits={"age": str(_CHILD_YEARS)}, born=born)
    asked = trial.enter("child_enters", "S-111", years=_CHILD_YEARS)
    if not plan.included:
        yield _answer(asked, "child", (_SCREENING,), years=_CHILD_YEARS)
    elif plan.cohort_opens_after_adult_review and isinstance(asked, Refused):
        path = "population.paediatric.cohort_opens_after_adult_review"
        signed = (signature("medical_monitor", trial.moment),)
        reviewed = trial.send("adults_reviewed", SignAdultReview(trial.moment.local_date, "document", signed))
        after = trial.enter("child_enters_after", "S-111", years=_CHILD_YEARS)
        yield Answer(
            ("2.1.1.3-a",),
            "child_waits",
            path,
            f"refused ({cited(asked)})",
            "refused before the review of adults",
            {"by": cited(asked), "after": _said(after)},
            holds=not isinstance(reviewed, Refused),
        )


def without_diagnosis(trial: Trying) -> Iterator[Answer]:
    """Somebody who does not have the disease asks to enter; all else fits."""
    trial.appear("S-121", traits={"diagnosis_confirmed": "no"}, words=_DIAGNOSED)
    asked = trial.enter("undiagnosed_enters", "S-121")
    yield _answer(asked, "without_diagnosis", ("2.1.1.1-a",))


def malignant_cells(trial: Trying) -> Iterator[Answer]:
    """Somebody whose blood carries the malignant cells asks to enter, and then for collection.

    Only a trial whose product shares a marker with those cells must keep them out, and only where its process cannot
    separate them (2.1.1.4-e). That the gate at collection would stop them does not make them kept out: they are enrolled.
    """
    protocol = trial.protocol
    product = protocol.product
    trial.appear("S-131", traits={"blood_or_marrow_involvement": "yes"}, words=_INVOLVED)
    asked = trial.enter("involved_enters", "S-131")
    if not isinstance(asked, Refused):
        today = _today(trial, "S-131")
        trial.do(subject.RecordEvidence("S-131", "blood_or_marrow_involvement", "yes", "", today, "laboratory"))
        trial.do(PlanBatch("B-131", "S-131"))
        trial.send("involved_collected", trial.collection("S-131", "B-131"))
    if product.shared_marker_with_malignancy is not True or product.process_separates_malignant_cells is True:
        trial.note("separated" if product.process_separates_malignant_cells else "marker_not_shared")
        return
    yield _answer(asked, "malignant_cells", ("2.1.1.4-e",))


def active_infection(trial: Trying) -> Iterator[Answer]:
    """Somebody with an active infection asks to enter; somebody else is infected and feverish on the day of the infusion."""
    trial.appear("S-141", traits={"active_infection": "yes"}, words=_INFECTED)
    yield _answer(trial.enter("infected_enters", "S-141"), "active_infection", (_SCREENING,))
    trial.go_to("ready")
    trial.refresh(FIRST)
    trial.watch_sentinels()
    _found(trial, FIRST, "active_infection", "yes", _INFECTED)
    seen = [item for item in trial.bedside(FIRST) if item.concept not in {"body_temperature", "active_infection"}]
    today = _today(trial, FIRST)
    seen += [Finding("body_temperature", _FEVER, "degC", today), Finding("active_infection", "yes", "", today)]
    trial.do(subject.RecordPreInfusionCheck(FIRST, tuple(seen)))
    asked = trial.send("infected_infused", trial.infusion(FIRST, FIRST_BATCH), degrees=_FEVER)
    yield _answer(asked, "infected_on_the_day", ("2.1.3-d", "2.1.2.2-b"), _CONDITIONS, degrees=_FEVER)
    yield _answer(asked, "changed_since_collection", ("2.1.3-b",), _CONDITIONS, degrees=_FEVER)


def no_follow_up_consent(trial: Trying) -> Iterator[Answer]:
    """Somebody who consented to the trial, but not to the study of long-term follow-up, asks to enter (3.1-k)."""
    protocol = trial.protocol
    if protocol.follow_up is None or protocol.follow_up.arrangement != "separate":
        raise NotTriedError("no_separate_follow_up")
    trial.screen("S-151", SITE)
    trial.do(subject.WithdrawConsent("S-151", ConsentKind.FOLLOW_UP))
    yield _answer(
        trial.enter("unconsented_enters", "S-151"),
        "no_follow_up_consent",
        ("3.1-k",),
        "population.consents.follow_up_version",
    )


def of_men(protocol: Protocol) -> bool:
    """Tell whether only men have the disease of a trial."""
    return bool(_OF_MEN.search(plain(f"{protocol.trial.indication.en} {protocol.trial.indication.zh}")))


def _said(decision: Ruling) -> str:
    return f"refused ({cited(decision, _CRITERIA)})" if isinstance(decision, Refused) else "let in"


def _today(trial: Trying, name: str) -> date:
    return trial.local(name).local_date


def _found(trial: Trying, name: str, concept: str, value: str, words: re.Pattern[str]) -> None:
    """Record what is found of a subject now, under the concept and under every criterion of free text that names it."""
    trial.do(subject.RecordEvidence(name, concept, value, "", _today(trial, name), "laboratory"))
    for item in trial.protocol.population.criteria:
        told = told_of(item, words)
        if told is not None:
            trial.do(
                subject.RecordEvidence(name, item.id, told, "", _today(trial, name), "manual", item.assessor or "")
            )
