"""Trouble with the product: a failed batch, a second failure, a batch that expires too soon, a wrong bag, a suspected fault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from celltrial.conduct.acts.batch import commands as batch
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.rehearsal import signature
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import QualityCause, Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, SITE, Trying, cited, codes

_PLAN: Final = "manufacturing.failure_plan"


def failed_batch(trial: Trying) -> Iterator[Answer]:
    """A batch fails its release test: it is not released, nobody is lymphodepleted for it, and a rescue falls due (2.1.3-f, 2.1.3-g)."""
    _made(trial, "S-301", "B-301", passed=False)
    released = trial.send("failed_released", trial.release_command("B-301"))
    depletes = _lymphodepletion(trial, "S-301", "B-301", "depleted_without_product")
    rejected = trial.send(
        "failed_rejected",
        batch.RejectBatch("B-301", "release test failed", (signature("quality_assurance", trial.moment),)),
    )
    if depletes is not None:
        holds = isinstance(released, Refused) and bool({Code.BATCH_STATE, Code.BATCH_NOT_AVAILABLE} & codes(depletes))
        found = f"refused ({cited(depletes)})" if holds else "allowed"
        path, shown = "manufacturing.available_means", {"by": cited(depletes)}
        yield Answer(("2.1.3-g",), "depleted_without_product", path, found, "refused", shown, holds=holds)
    if not isinstance(rejected, Refused):
        yield from _rescued(trial)


def _rescued(trial: Trying) -> Iterator[Answer]:
    """Read the rescue task that the loss opened: it is due by the protocol's deadline."""
    task = next(
        (
            event.fact
            for event in trial.events
            if isinstance(event.fact, TaskOpened) and event.fact.kind is Code.TASK_RESCUE
        ),
        None,
    )
    plan = trial.protocol.manufacturing.failure_plan if trial.protocol.manufacturing else None
    if task is None or task.due is None or plan is None:
        trial.note("rescue_without_day")
        return
    days = (task.due - trial.local("S-301").local_date).days
    trial.note("rescue_due", days=days)
    yield Answer(
        ("2.1.3-f",), "rescue_due", f"{_PLAN}.rescue_deadline", f"{days} d", f"{plan.rescue_deadline}", {"days": days}
    )


def second_failure(trial: Trying) -> Iterator[Answer]:
    """One batch after another fails: as many are made as the protocol says, and no more; then another subject enters (2.1.3-h, 2.1.3-i)."""
    plan = trial.protocol.manufacturing.failure_plan if trial.protocol.manufacturing else None
    if plan is None:
        raise NotTriedError("no_failure_plan")
    trial.admit("S-311")
    attempts, refused, most = 0, None, plan.maximum_attempts
    for attempt in range(1, min(most, _MOST_ATTEMPTS) + 2):
        key = f"B-31{attempt}"
        asked = trial.send("attempt", batch.PlanBatch(key, "S-311"), number=attempt)
        if isinstance(asked, Refused):
            refused = asked
            break
        trial.renew("S-311")
        trial.do(trial.collection("S-311", key))
        attempts = attempt
        trial.receive_material(key)
        version = trial.protocol.manufacturing.process_version if trial.protocol.manufacturing else ""
        trial.do(batch.StartManufacture(key, version, f"run-{key}"))
        trial.wait(days=14)
        trial.send(
            "manufacture_failed", batch.RecordManufactureFailure(key, "expansion", "too few cells"), number=attempt
        )
    if refused is None:
        return
    yield Answer(
        ("2.1.3-h",),
        "attempts",
        f"{_PLAN}.maximum_attempts",
        f"{attempts}",
        f"<= {most}",
        {"attempts": attempts, "by": cited(refused)},
        holds=attempts == most,
    )


#: Attempts tried at most.
_MOST_ATTEMPTS: Final = 8


def batch_expires(trial: Trying) -> Iterator[Answer]:
    """A batch is good until the day before the planned infusion: lymphodepletion for it must not begin (2.1.3-g)."""
    trial.admit("S-321")
    trial.collect("S-321", "B-321")
    trial.make("B-321")
    moment = trial.wanted("S-321")
    ends = Instant(
        moment.utc - timedelta(days=1)
        if moment.utc - timedelta(days=1) > trial.now
        else moment.utc - timedelta(hours=1)
    )
    trial.release_whole("B-321", ends)
    trial.deliver("B-321")
    trial.note("expires", when=ends, infusion=moment)
    asked = _take_place(trial, "S-321", "B-321", moment, "depleted_for_expiring")
    holds = Code.BATCH_EXPIRED in codes(asked)
    yield Answer(
        ("2.1.3-g",),
        "batch_expires",
        "manufacturing.shelf_life",
        f"refused ({cited(asked)})" if holds else "allowed",
        "refused",
        {"by": cited(asked)},
        holds=holds,
    )


def wrong_bag(trial: Trying) -> Iterator[Answer]:
    """The bag of one subject is brought to another (2.1.3-a)."""
    trial.admit("S-332")
    trial.supply("S-332", "B-332")
    trial.admit("S-331")
    trial.supply("S-331", "B-331")
    trial.condition("S-331", "B-331")
    trial.check("S-331")
    asked = trial.send("wrong_bag", trial.infusion("S-331", "B-332"))
    holds = Code.IDENTITY_MISMATCH in codes(asked)
    yield Answer(
        ("2.1.3-a",),
        "wrong_bag",
        "manufacturing",
        f"refused ({cited(asked)})" if holds else "allowed",
        "refused",
        {"by": cited(asked)},
        holds=holds,
    )


def product_fault(trial: Trying) -> Iterator[Answer]:
    """A reaction is suspected to come from a fault of the product: the trial halts, and opens only on validated measures (2.1.3-m, 2.1.3-n)."""
    trial.go_to("treated")
    trial.screen("S-342", SITE)
    today = trial.local(FIRST).local_date
    fact = AdverseEventReported(
        FIRST,
        "AE-341",
        "Sepsis",
        "",
        "infection",
        4,
        "CTCAE 5.0",
        today,
        Precision.DAY,
        (Seriousness.LIFE_THREATENING,),
        Relatedness.PROBABLE,
        None,
        trial.moment,
        QualityCause.RELEASE,
    )
    trial.send("fault_suspected", ReportAdverseEvent(fact))
    enters = trial.enter("enters_halted", "S-342")
    halted = Code.HALTED in codes(enters)
    yield Answer(
        ("2.1.3-m",),
        "product_fault",
        "stopping.halt",
        f"refused ({cited(enters)})" if halted else "let in",
        "refused",
        {"by": cited(enters)},
        holds=halted,
    )
    if not halted:
        return
    halt = next(iter(trial.state.halts))
    signed = tuple(signature(role, trial.moment) for role in ("quality_assurance", "sponsor"))
    lifted = trial.send("lifted_with_nothing", scope.LiftHalt(halt, signed))
    plan = trial.protocol.stopping.halt if trial.protocol.stopping is not None else None
    least = plan.minimum_validation_runs if plan is not None else None
    if least is None:
        trial.note("validation_not_stated")
        return
    short = trial.send(
        "validated_short", scope.ImplementCorrectiveAction(halt, "A-1", today, least - 1), runs=least - 1
    )
    holds = isinstance(lifted, Refused) and isinstance(short, Refused)
    yield Answer(
        ("2.1.3-n",),
        "halt_lifted",
        "stopping.halt.minimum_validation_runs",
        f"refused ({cited(lifted)})",
        f">= {least}",
        {"runs": least, "by": cited(lifted)},
        holds=holds,
    )


def _made(trial: Trying, name: str, key: str, *, passed: bool) -> None:
    """Admit, collect, make, and test a batch; the last release test fails where it is not to pass."""
    trial.admit(name)
    trial.collect(name, key)
    trial.receive_material(key)
    made = trial.protocol.manufacturing
    trial.do(batch.StartManufacture(key, made.process_version if made is not None else "P1", f"run-{key}"))
    trial.wait(days=14)
    trial.do(batch.CompleteManufacture(key, trial.MADE))
    tests = made.release_tests if made is not None else ()
    for index, test in enumerate(tests or ("viability",)):
        good = passed or index + 1 < len(tests)
        command = batch.RecordQualityTest(key, test, None, "", passed=good)
        if good:
            trial.do(command)
        else:
            trial.send("test_failed", command, test=test)


def _take_place(trial: Trying, name: str, key: str, moment: Instant, code: str) -> Ruling:
    """Ask for the place of an infusion as the protocol plans it: by lymphodepletion, or by booking."""
    if trial.protocol.treatment.lymphodepletion is not None:
        trial.now = max(trial.now, moment.utc + timedelta(days=trial.first_day))
        trial.refresh(name)
        trial.watch_sentinels()
        return trial.send(code, subject.StartLymphodepletion(name, key, moment))
    trial.refresh(name)
    trial.watch_sentinels()
    return trial.send(code, subject.BookInfusion(name, key, moment))


def _lymphodepletion(trial: Trying, name: str, key: str, code: str) -> Ruling | None:
    """Ask for lymphodepletion; None where the protocol has none."""
    if trial.protocol.treatment.lymphodepletion is None:
        return None
    return _take_place(trial, name, key, trial.wanted(name), code)
