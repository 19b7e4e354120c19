"""Random commands over a multi-site trial: whatever is asked, the promises of conduct hold.

The machine knows nothing of the rules. It asks for anything, in any order, by
anybody, and has every remembered fact judged from the events themselves (`conduct_judge`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from rehearsal import Journey, fitting_findings, signature, with_fields

from celltrial.app.session import codec
from celltrial.app.snapshots import pack, unpack
from celltrial.conduct.acts.batch import commands as batch
from celltrial.conduct.acts.cohort import commands as cohort
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import GradeAdverseEvent, ReportAdverseEvent
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Event, Precision, Role
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import ExitReason, GradeSource, QualityCause, Relatedness, ResumeItem, ScopeKind
from celltrial.core.canonical import canonical, parse_object
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.protocol import read_protocol
from generative.conduct_judge import ASKED, RARE, SITES, judge

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
CODEC = codec()
NAMES = [f"P{number}" for number in range(8)]
BATCHES = [f"B{number}" for number in range(8)]
PROTOCOL = with_fields(
    read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name),
    {
        "escalation.staggering.after_first_of_level": "3 d",
        "escalation.staggering.between_later": "2 d",
        "stopping.rules.0.params.min_n": 2,
        "stopping.rules.0.denominator": "exposed",
        "escalation.design": {"kind": "3+3", "params": {"mtd_rule": "previous"}, "modifiers": []},
        "dose.repeat.doses": 2,
        "dose.repeat.interval": "7 d",
        "escalation.closed_level": {"rule": "lower_level"},
    },
)
names, batches = st.sampled_from(NAMES), st.sampled_from(BATCHES)
sites = st.sampled_from(sorted(SITES))
days = st.integers(0, 9)


class Counted(Journey):
    """A rehearsal that counts what it was asked."""

    def ask(self, command: Any, **options: Any) -> Any:
        ASKED["n"] += 1
        decision = super().ask(command, **options)
        ASKED["accepted"] += not isinstance(decision, Refused)
        return decision


class Conduct(RuleBasedStateMachine):
    """A trial at three sites to which anything may be asked."""

    def __init__(self) -> None:
        super().__init__()
        self.trip = Counted(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
        self.number = 0
        self.checked = 0

    @initialize(ready=st.integers(1, 3))
    def begin(self, ready: int) -> None:
        self.trip.open_trial(PROTOCOL, SITES)
        for number in range(ready):
            self.whole_preparation(NAMES[number], sorted(SITES)[number])

    def ask(self, command: Any, **options: Any) -> Any:
        return self.trip.ask(command, **options)

    def signed(self, *roles: str) -> tuple[Any, ...]:
        return tuple(signature(role, self.trip.moment) for role in roles)

    # time

    @rule(hours=st.integers(1, 72))
    def wait(self, hours: int) -> None:
        self.trip.wait(hours=hours)

    @rule(weeks=st.integers(1, 9))
    def wait_long(self, weeks: int) -> None:
        self.trip.wait(weeks=weeks)
        for name in sorted(self.trip.state.batches):
            self.ask(batch.ExpireBatch(name))

    # the usual way, in any order

    @rule(name=names, site=sites)
    def screen(self, name: str, site: str) -> None:
        self.ask(subject.ScreenSubject(name, site, f"ID-{name}"))

    @rule(name=names)
    def prepare_evidence(self, name: str) -> None:
        if name in self.trip.state.subjects:
            today = self.trip.local(name).local_date
            for kind in ("main", "follow_up"):
                self.ask(subject.SignConsent(name, subject.ConsentKind(kind), "1.0", today))
            self.trip.renew(name)

    @rule(
        name=names,
        concept=st.sampled_from(["ecog", "active_infection", "serum_creatinine"]),
        value=st.sampled_from(["0", "9", "yes", "no", "unknown"]),
    )
    def spoil_evidence(self, name: str, concept: str, value: str) -> None:
        if name in self.trip.state.subjects:
            today = self.trip.local(name).local_date
            self.ask(subject.RecordEvidence(name, concept, value, "", today, "examination"))

    @rule(name=names, into=st.sampled_from(["C1", "C2"]))
    def enrol(self, name: str, into: str) -> None:
        self.ask(subject.EnrolSubject(name, into))

    @rule(batch_id=batches, name=names)
    def plan_batch(self, batch_id: str, name: str) -> None:
        self.ask(batch.PlanBatch(batch_id, name))

    @rule(name=names, batch_id=batches, scanned=names)
    def collect(self, name: str, batch_id: str, scanned: str) -> None:
        if name in self.trip.state.subjects:
            self.ask(replace(self.trip.collection(name, batch_id), identity=f"ID-{scanned}"))

    @rule(batch_id=batches)
    def collect_right(self, batch_id: str) -> None:
        known = self.trip.state.batches.get(batch_id)
        if known is not None:
            self.ask(self.trip.collection(known.subject, batch_id))

    @rule(batch_id=batches)
    def make(self, batch_id: str) -> None:
        known = self.trip.state.batches.get(batch_id)
        identity = known.identity if known is not None else ""
        seen = self.trip.witness("quality_assurance")
        self.ask(batch.ReceiveMaterial(batch_id, "plant", identity, batch_id, True, seen))
        self.ask(batch.StartManufacture(batch_id, "P1", f"run-{batch_id}"))
        self.ask(batch.CompleteManufacture(batch_id, Decimal("1e9")))
        for name in PROTOCOL.manufacturing.release_tests:
            self.ask(batch.RecordQualityTest(batch_id, name, None, "", passed=True))

    @rule(batch_id=batches, shelf=st.integers(2, 90))
    def release(self, batch_id: str, shelf: int) -> None:
        expires = Instant(self.trip.now + timedelta(days=shelf))
        basis = DoseBasis.TARGET_POSITIVE_VIABLE
        self.ask(batch.ReleaseBatch(batch_id, Decimal("1e9"), basis, expires, self.signed("quality_assurance")))

    @rule(batch_id=batches, intact=st.booleans(), site=sites)
    def deliver(self, batch_id: str, intact: bool, site: str) -> None:
        known = self.trip.state.batches.get(batch_id)
        home = self.trip.state.subjects[known.subject].site if known is not None else site
        self.ask(batch.ShipBatch(batch_id, home, "courier", f"sh-{batch_id}"))
        if known is not None:
            for command in self.trip.hand_overs(batch_id):
                self.ask(command)
            self.ask(self.trip.receipt(batch_id, intact=intact))

    @rule(index=st.integers(0, 7))
    def treat_again(self, index: int) -> None:
        """Collect, make, deliver and infuse a further dose, as far as it is allowed."""
        treated = [item for item in self.trip.state.subjects.values() if item.infusions and item.is_active]
        if not treated:
            return
        known = treated[index % len(treated)]
        name = known.subject
        batch_id = f"R{name[1:]}"
        self.trip.renew(name)
        self.plan_batch(batch_id, name)
        self.collect_right(batch_id)
        self.make(batch_id)
        self.release(batch_id, 60)
        self.deliver(batch_id, True, known.site)
        self._course(name, batch_id)

    @rule(name=names)
    def reassign(self, name: str) -> None:
        self.ask(subject.ReassignLevel(name, self.signed("medical_monitor", "investigator")))

    @rule(name=names)
    def except_in_flight(self, name: str) -> None:
        stopped = {**self.trip.state.suspensions, **self.trip.state.halts}
        for key in [
            key
            for key, item in stopped.items()
            if not (item.lifted if key in self.trip.state.halts else item.is_lifted)
        ]:
            signed = self.signed("medical_monitor", "investigator")
            self.ask(scope.SignInFlightException(key, name, signed))

    @rule(batch_id=batches, what=st.sampled_from(["fail", "recall", "quarantine", "destroy", "expire", "lift"]))
    def lose(self, batch_id: str, what: str) -> None:
        known = sorted(self.trip.state.batches)
        batch_id = known[BATCHES.index(batch_id) % len(known)] if known else batch_id
        commands = {
            "fail": batch.RecordManufactureFailure(batch_id, "expansion", "no growth"),
            "recall": batch.RecallBatch(batch_id, "signal"),
            "quarantine": batch.QuarantineBatch(batch_id, "particles"),
            "destroy": batch.DestroyBatch(batch_id, "unused"),
            "expire": batch.ExpireBatch(batch_id),
            "lift": batch.LiftQuarantine(batch_id, "evidence", self.signed("quality_assurance")),
        }
        self.ask(commands[what])

    @rule(name=names, batch_id=batches, ahead=days)
    def deplete(self, name: str, batch_id: str, ahead: int) -> None:
        self.ask(subject.StartLymphodepletion(name, batch_id, Instant(self.trip.now + timedelta(days=ahead))))

    @rule(batch_id=batches, ahead=days)
    def deplete_right(self, batch_id: str, ahead: int) -> None:
        known = self.trip.state.batches.get(batch_id)
        if known is not None:
            moment = Instant(self.trip.now + timedelta(days=ahead))
            self.ask(subject.StartLymphodepletion(known.subject, batch_id, moment))

    @rule(name=names)
    def end_depletion(self, name: str) -> None:
        if name in self.trip.state.subjects:
            self.ask(subject.CompleteLymphodepletion(name, self.trip.local(name).local_date))

    @rule(name=names, batch_id=batches, share=st.sampled_from(["1", "0.5", "1.5"]))
    def infuse(self, name: str, batch_id: str, share: str) -> None:
        self._infuse(name, batch_id, Decimal(share))

    @rule(batch_id=batches)
    def infuse_right(self, batch_id: str) -> None:
        known = self.trip.state.batches.get(batch_id)
        if known is not None:
            self._infuse(known.subject, batch_id, Decimal(1))

    def _infuse(self, name: str, batch_id: str, share: Decimal) -> None:
        if name not in self.trip.state.subjects:
            return
        today = self.trip.local(name).local_date
        self.ask(subject.RecordPreInfusionCheck(name, fitting_findings(PROTOCOL.treatment.infusion.conditions, today)))
        command = self.trip.infusion(name, batch_id)
        self.ask(replace(command, delivered_cells=command.delivered_cells * share))

    @rule(
        index=st.integers(0, 7),
        trouble=st.sampled_from([*[""] * 5, "suspend", "halt", "recall"]),
        excepted=st.booleans(),
    )
    def whole_course(self, index: int, trouble: str, excepted: bool) -> None:
        """Go the usual way with one subject, as far as it is allowed: keeps the machine from starving."""
        waiting = [
            item
            for item in self.trip.state.subjects.values()
            if item.is_active and item.batches and len(item.infusions) < len(item.batches)
        ]
        if waiting:
            known = waiting[index % len(waiting)]
            self._course(known.subject, known.batches[-1], trouble, excepted)

    def _course(self, name: str, batch_id: str, trouble: str = "", excepted: bool = False) -> None:
        """Deplete and infuse; between the two something may happen, and an exception may be asked for."""
        self.trip.renew(name)
        moment = self.trip.next_infusion(name)
        self.trip.now = max(self.trip.now, moment.utc - timedelta(days=5))
        self.trip.renew(name)
        self.ask(subject.StartLymphodepletion(name, batch_id, moment))
        self.trip.wait(days=2)
        self.ask(subject.CompleteLymphodepletion(name, self.trip.local(name).local_date))
        self.number += bool(trouble)
        key = f"amid-{self.number}"
        if trouble == "suspend":
            self.ask(scope.SuspendScope(key, ScopeKind.TRIAL, "", "signal"))
        elif trouble == "halt":
            self.ask(scope.HaltTrial(key, QualityCause.STORAGE, ""))
        elif trouble == "recall":
            self.ask(batch.RecallBatch(batch_id, "signal"))
        if excepted:
            self.except_in_flight(name)
        self.trip.now = max(self.trip.now, moment.utc)
        self.trip.renew(name)
        self._infuse(name, batch_id, Decimal(1))

    @rule(name=st.sampled_from(NAMES[:4]), site=sites)
    def whole_preparation(self, name: str, site: str) -> None:
        self.screen(name, site)
        self.prepare_evidence(name)
        self.enrol(name, "C1")
        batch_id = f"B{name[1:]}"
        self.plan_batch(batch_id, name)
        self.collect_right(batch_id)
        self.make(batch_id)
        self.release(batch_id, 60)
        self.deliver(batch_id, True, site)

    # safety and scope

    @rule(
        name=names,
        grade=st.sampled_from([None, 1, 3, 4, 5]),
        back=st.integers(0, 20),
        quality=st.sampled_from([*[None] * 5, QualityCause.TRANSPORT]),
    )
    def report(self, name: str, grade: int | None, back: int, quality: QualityCause | None) -> None:
        treated = sorted(item.subject for item in self.trip.state.subjects.values() if item.infusions)
        if treated and back % 4:
            name = treated[back % len(treated)]
        if name in self.trip.state.subjects:
            self._report(name, grade, back, quality)

    def _report(self, name: str, grade: int | None, back: int, quality: QualityCause | None) -> None:
        self.number += 1
        onset = self.trip.local(name).local_date - timedelta(days=back)
        self.ask(
            ReportAdverseEvent(
                AdverseEventReported(
                    name, f"AE-{self.number}", "CRS", "", "CRS", grade, "ASTCT-2019", onset, Precision.DAY, (),
                    Relatedness.PROBABLE, True, self.trip.moment, quality,
                )
            )
        )  # fmt: skip

    @rule(name=names, grade=st.integers(1, 5))
    def adjudicate(self, name: str, grade: int) -> None:
        known = self.trip.state.subjects.get(name)
        if known is not None and known.adverse_events:
            event = min(known.adverse_events)
            self.ask(
                GradeAdverseEvent(AdverseEventGraded(name, event, GradeSource.ADJUDICATED, grade, "ASTCT-2019")),
                role=Role.MEDICAL_MONITOR,
                reason="adjudicated on the source",
            )

    @rule(name=names)
    def complete_window(self, name: str) -> None:
        self.ask(cohort.CompleteDltWindow(name))

    @rule(name=names)
    def confirm_dlt(self, name: str) -> None:
        known = self.trip.state.subjects.get(name)
        if known is not None:
            for event in known.adverse_events:
                self.ask(cohort.ConfirmDoseLimitingToxicity(name, event, self.signed("medical_monitor")))

    @rule(index=st.integers(0, 7))
    def grave_toxicity(self, index: int) -> None:
        """Report an event that is a dose-limiting toxicity and have it confirmed, in a subject within the window."""
        windows = ((item, item.dlt_window) for item in self.trip.state.subjects.values())
        open_ = [item for item, window in windows if window and window.evaluable is None and not window.dlt]
        if open_:
            name, window = open_[index % len(open_)].subject, open_[index % len(open_)].dlt_window
            self._report(name, 4, max((self.trip.local(name).local_date - window.closes).days, 0), None)
            self.confirm_dlt(name)

    @rule(level=st.integers(1, 3), size=st.integers(1, 4))
    def decide_dose(self, level: int, size: int) -> None:
        self.number += 1
        key = f"R{self.number}"
        self.ask(cohort.RecommendDose(key))
        known = self.trip.state.recommendations.get(key)
        if known is not None:
            fact = known.fact
            self.ask(cohort.SignDoseDecision(f"D{key}", key, fact.move, fact.next_level, self.signed("safety_board")))
        self.ask(cohort.OpenCohort("C2", level, size))

    @precondition(lambda self: self.trip.state.slots)
    @rule(kind=st.sampled_from(["trial", "level"]))
    def suspend(self, kind: str) -> None:
        self.number += 1
        self.ask(scope.SuspendScope(f"hand-{self.number}", ScopeKind(kind), "1" if kind == "level" else "", "signal"))

    @rule(whole=st.sampled_from([True, True, False]), accepted=st.sets(sites, min_size=1))
    def resume(self, whole: bool, accepted: set[str]) -> None:
        for key in list(self.trip.state.suspensions):
            self.ask(scope.OpenEvaluation(key))
            today = self.trip.moment.local_date
            if whole:
                self.ask(scope.SignEvaluation(key, today, "report", self.signed("medical_monitor", "sponsor")))
                for item in ResumeItem:
                    for site in sorted(accepted) if item is ResumeItem.SITE_ACCEPTANCE else ("",):
                        self.ask(self.trip.resume_item(key, item, today, "document", site=site))
            self.ask(scope.ResumeScope(key))

    @rule(validated=st.booleans())
    def lift(self, validated: bool) -> None:
        for key in list(self.trip.state.halts):
            today = self.trip.moment.local_date
            self.ask(scope.ImplementCorrectiveAction(key, "action", today, 5))
            if validated:
                self.ask(scope.ValidateCorrectiveAction(key, "action", today, 5, 5))
            self.ask(scope.LiftHalt(key, self.signed("quality_assurance", "sponsor")))

    @rule(name=names, death=st.booleans(), dice=st.integers(0, 2))
    def leave(self, name: str, death: bool, dice: int) -> None:
        if name not in self.trip.state.subjects or dice:
            return
        if death:
            self.ask(subject.RecordDeath(name, self.trip.local(name).local_date))
        else:
            self.ask(subject.DiscontinueSubject(name, ExitReason.WITHDRAWAL))

    @rule(name=names, batch_id=batches, data=st.data())
    def by_the_wrong_person(self, name: str, batch_id: str, data: Any) -> None:
        command = subject.StartLymphodepletion(name, batch_id, Instant(self.trip.now + timedelta(days=5)))
        allowed = ROLES[type(command)]
        role = data.draw(st.sampled_from(sorted(set(type(next(iter(allowed)))) - allowed)))
        assert isinstance(self.ask(command, actor=Actor("x", role)), Refused)

    # what must hold, judged from the events alone

    @invariant()
    def promises_hold(self) -> None:
        new = self.trip.events[self.checked :]
        for event in new:
            judge(self.trip.events, event)
        self.checked = len(self.trip.events)

    @invariant()
    def one_batch_one_subject(self) -> None:
        state = self.trip.state
        for item in state.batches.values():
            assert item.batch in state.subjects[item.subject].batches
        every = [name for item in state.subjects.values() for name in item.batches]
        assert len(every) == len(set(every))

    @invariant()
    def treated_is_scheduled(self) -> None:
        for item in self.trip.state.subjects.values():
            assert bool(item.infusions) is (item.follow_up is not None)

    def teardown(self) -> None:
        if self.trip.events:
            stored = [event._replace(fact=read_back(event)) for event in self.trip.events]
            assert fold(self.trip.events) == fold(stored) == self.trip.state
            cut = len(stored) * 2 // 3
            assert fold(stored[cut:], unpack(pack(fold(stored[:cut])))) == self.trip.state
            again = self.trip.request(subject.ScreenSubject("new", "S1", "ID-new"))
            assert decide(self.trip.state, again, now=self.trip.now) == decide(
                fold(self.trip.events), again, now=self.trip.now
            )


def read_back(event: Event[Any]) -> Any:
    """Return the fact as a ledger gives it back: written to a line of JSON, and read."""
    name, payload = CODEC.encode(event.fact)
    return CODEC.decode(name, parse_object(canonical(payload)))


def run(examples: int, steps: int, *, derandomize: bool = True) -> None:
    run_state_machine_as_test(
        Conduct,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=derandomize,
            database=None,
        ),
    )


def test_promises_hold_whatever_is_asked():
    before = ASKED.copy()
    run(examples=60, steps=60)
    asked = ASKED - before
    # a machine that never gets anywhere would prove nothing
    assert asked["n"] >= 2000
    assert asked["accepted"] >= asked["n"] // 10
    assert asked["infused"] >= 3
    assert sum(asked[name] > 0 for name in RARE) >= len(RARE) - 6, asked


@pytest.mark.long
def test_promises_hold_over_200_000_commands():
    goal = int(os.environ.get("CELLTRIAL_LONG_COMMANDS", "200000"))
    while ASKED["n"] < goal:
        run(examples=100, steps=60, derandomize=False)
    assert not {name for name in RARE if ASKED[name] < 10}, ASKED
