"""The way of a subject as the protocol plans it, step by step, each step one or more accepted commands."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from celltrial.conduct.acts.batch import commands as batch
from celltrial.conduct.acts.cohort import commands as cohort
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.scope.suspension import SIGNERS
from celltrial.conduct.acts.site import commands as site
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.acts.trial import commands as trial
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.batch.events import Bag
from celltrial.conduct.gates.act import Act
from celltrial.conduct.gates.assignment import randomisation_of
from celltrial.conduct.gates.course import due
from celltrial.conduct.gates.dose import recorded_weight
from celltrial.conduct.gates.sentinel import due_assessments
from celltrial.conduct.gates.stagger import earliest_infusion
from celltrial.conduct.plan import REDOSE_CRITERIA
from celltrial.conduct.rehearsal.evidence import fitting_evidence, fitting_findings
from celltrial.conduct.rehearsal.trial import Rehearsal, signature
from celltrial.conduct.ruling import Ruling
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, Finding, Origin, Resource, ResumeItem, Signature
from celltrial.core.dates import Instant
from celltrial.core.quantities import observation
from celltrial.designs import Counts
from celltrial.protocol import Protocol, canonical_json
from celltrial.protocol.procedures import infusion_procedures
from celltrial.protocol.regimen import bag_shares, lead_days

#: The body weight of a subject of whom none is on record.
_WEIGHT = Decimal(60)


class Journey(Rehearsal):
    """A rehearsal that knows the usual steps.

    MADE: cells with which each manufacture ends.

    >>> from datetime import UTC
    >>> trip = Journey(datetime(2025, 3, 1, tzinfo=UTC))
    >>> trip.state.trial
    ''
    """

    MADE: ClassVar[Decimal] = Decimal("1e9")

    def open_trial(self, protocol: Protocol, sites: dict[str, str] | None = None) -> None:
        """Register, approve, activate sites (id to zone) with trained people, and open the first cohort."""
        self.do(trial.RegisterTrial("T-1", "Rehearsal", "Sponsor", Origin.SIMULATED))
        document = canonical_json(protocol)
        digest = hashlib.sha256(document.encode()).hexdigest()
        signed = (signature("sponsor", self.moment),)
        self.do(trial.ApproveProtocol(protocol.identification.version, document, digest, signed))
        for name, zone in (sites or {"S1": "Asia/Shanghai"}).items():
            self.open_site(name, zone)
        if protocol.escalation is not None:
            policy = self.state.plan.policy if self.state.plan is not None else None
            assert policy is not None
            first = policy.decide(Counts.before(policy.n_doses, policy.start))
            self.do(cohort.OpenCohort("C1", protocol.dose.start_level, first.cohort_size))

    def open_site(self, name: str, zone: str) -> None:
        """Activate a site with all resources twice over and a trained operator."""
        protocol = self._protocol()
        held = protocol.sites.resources if protocol.sites is not None else ()
        resources = tuple(Resource(item.name, item.minimum * 2) for item in held)
        self.do(site.ActivateSite(name, f"Hospital {name}", "CN", zone, resources))
        asked = protocol.sites.operators if protocol.sites is not None else ()
        for item in asked:
            operator, seen = f"operator-{name}", item.minimum_supervised
            self.do(site.QualifyOperator(name, operator, item.procedure, item.sop_version or "", None, seen))
        for procedure in infusion_procedures(protocol):
            if procedure not in {item.procedure for item in asked}:
                self.do(site.QualifyOperator(name, f"operator-{name}", procedure))

    def screen(self, name: str, at_site: str = "S1", born: date | None = None) -> None:
        """Screen, take every consent, record evidence that meets every criterion."""
        protocol = self._protocol()
        self.do(subject.ScreenSubject(name, at_site, f"ID-{name}", born=born))
        today = self.local(name).local_date
        consents = protocol.population.consents
        self.do(subject.SignConsent(name, ConsentKind.MAIN, consents.main_version, today))
        if consents.follow_up_version is not None:
            self.do(subject.SignConsent(name, ConsentKind.FOLLOW_UP, consents.follow_up_version, today))
        for command in fitting_evidence(name, protocol.population.criteria, today):
            self.do(command)

    def enrol(self, name: str, into: str = "C1", at_site: str = "S1", born: date | None = None) -> None:
        """Screen and enrol."""
        self.screen(name, at_site, born)
        self.do(subject.EnrolSubject(name, into))

    def collect(self, name: str, batch_id: str) -> None:
        """Plan a batch and collect its starting material."""
        self.do(batch.PlanBatch(batch_id, name))
        self.randomise(name, "before_collection")
        self.do(self.collection(name, batch_id))
        self.randomise(name, "after_collection")

    def randomise(self, name: str, point: str) -> None:
        """Randomise to the first arm with cells where the protocol does so at this point, once."""
        protocol, person = self._protocol(), self.state.subjects.get(name)
        plan = randomisation_of(protocol)
        if plan is None or plan.point != point or person is None or person.enrolled is None or person.arm:
            return
        arm = next((item.id for item in protocol.arms if item.kind == "experimental"), "cells")
        self.do(subject.RandomiseSubject(name, arm, "; ".join(plan.strata), f"R-{name}"), role=Role.SYSTEM)

    def collection(self, name: str, batch_id: str) -> subject.PerformLeukapheresis:
        """Return the command to collect for a planned batch, scanned and witnessed."""
        operator = f"operator-{self.state.subjects[name].site}"
        seen = self.witness("investigator")
        return subject.PerformLeukapheresis(name, batch_id, f"ID-{name}", batch_id, operator, witness=seen)

    def witness(self, role: str) -> Signature:
        """Return the signature of a second person, now."""
        return signature(role, self.moment, "witness")

    def resume_item(
        self, key: str, item: ResumeItem, on: date, reference: str = "document", site: str = ""
    ) -> scope.RecordResumeItem:
        """Return the command to record an item of a resume, signed now by everyone whose signature it needs."""
        signed = tuple(signature(role, self.moment) for role in SIGNERS[item])
        return scope.RecordResumeItem(key, item, on, reference, site, signatures=signed)

    def collect_again(self, name: str, batch_id: str) -> None:
        """Collect for a further dose, with the evidence renewed."""
        self.renew(name)
        self.collect(name, batch_id)

    def receive_material(self, batch_id: str) -> None:
        """Receive collected material at the place of manufacture, scanned and witnessed."""
        identity = self.state.batches[batch_id].identity
        seen = self.witness("quality_assurance")
        self.do(batch.ReceiveMaterial(batch_id, "plant", identity, batch_id, intact=True, witness=seen))

    def make(self, batch_id: str, run: str = "") -> None:
        """Manufacture a collected batch up to quality control, every test passed."""
        protocol = self._protocol()
        version = protocol.manufacturing.process_version if protocol.manufacturing is not None else "P1"
        self.receive_material(batch_id)
        self.do(batch.StartManufacture(batch_id, version, run or f"run-{batch_id}"))
        self.wait(days=14)
        self.do(batch.CompleteManufacture(batch_id, self.MADE))
        for name in protocol.manufacturing.release_tests if protocol.manufacturing is not None else ():
            self.do(batch.RecordQualityTest(batch_id, name, None, "", passed=True))

    def release(self, batch_id: str, *, shelf_days: float | None = None, cells: Decimal = Decimal("1e9")) -> None:
        """Release a batch in the protocol's dose basis, to the end of its shelf life unless told otherwise, with a bag for each administration where there are several."""
        made = self._protocol().manufacturing
        life = shelf_days if shelf_days is not None else made.shelf_life.days if made is not None else 180
        expires = Instant(self.now + timedelta(days=life))
        signed = (signature("quality_assurance", self.moment),)
        parts = self._bags(cells)
        self.do(batch.ReleaseBatch(batch_id, cells, self._protocol().dose.basis, expires, signed, bags=parts))

    def _bags(self, cells: Decimal) -> tuple[Bag, ...]:
        """Return a bag for each administration of the longest course, of its component and in its share."""
        parts = bag_shares(self._protocol())
        sizes = [(cells * share).to_integral_value() for _, share in parts]
        sizes[-1:] = [cells - sum(sizes[:-1])] if parts else []
        bags = zip(parts, sizes, strict=True)
        return tuple(Bag(f"{number}", size, component) for number, ((component, _), size) in enumerate(bags, 1))

    def deliver(self, batch_id: str, courier: str = "courier") -> None:
        """Ship to the subject's site and receive intact."""
        made = self.state.batches[batch_id]
        at_site = self.state.subjects[made.subject].site
        self.do(batch.ShipBatch(batch_id, at_site, courier, f"shipment-{batch_id}"))
        for command in self.hand_overs(batch_id, courier):
            self.do(command)
        self.do(self.receipt(batch_id))
        self.randomise(self.state.batches[batch_id].subject, "after_release")

    def hand_overs(self, batch_id: str, courier: str = "courier") -> tuple[batch.HandOverBatch, ...]:
        """Return the commands that take a shipped batch from the plant to the subject's site now, cold and signed."""
        at_site, now = self.state.subjects[self.state.batches[batch_id].subject].site, self.moment
        manufacturing = self._protocol().manufacturing
        custody = manufacturing.custody if manufacturing is not None else None
        limits_c = () if custody is None else (custody.temperature_high_c, custody.temperature_low_c)
        held = next((Decimal(str(limit)) for limit in limits_c if limit is not None), None)
        seen = signature("coordinator", now, "hand_over")
        return tuple(
            batch.HandOverBatch(batch_id, giver, taker, now, now, held, held, seen)
            for giver, taker in (("plant", courier), (courier, at_site))
        )

    def receipt(self, batch_id: str, *, intact: bool = True) -> batch.ReceiveBatch:
        """Return the command to receive a shipped batch at the subject's site, scanned and witnessed."""
        made = self.state.batches[batch_id]
        at_site = self.state.subjects[made.subject].site
        return batch.ReceiveBatch(batch_id, at_site, made.identity, batch_id, intact, self.witness("investigator"))

    def prepare(
        self, name: str, batch_id: str, *, into: str = "C1", at_site: str = "S1", born: date | None = None
    ) -> None:
        """Enrol, collect, make, release, deliver."""
        self.enrol(name, into, at_site, born)
        self.collect(name, batch_id)
        self.make(batch_id)
        self.release(batch_id)
        self.deliver(batch_id)

    def renew(self, name: str) -> None:
        """Record today's evidence for every criterion of the version in force."""
        for command in fitting_evidence(name, self._protocol().population.criteria, self.local(name).local_date):
            self.do(command)

    def refresh(self, name: str) -> None:
        """Record today's evidence for every criterion judged again before lymphodepletion or infusion."""
        again = tuple(item for item in self._protocol().population.criteria if item.recheck_before)
        for command in fitting_evidence(name, again, self.local(name).local_date):
            self.do(command)

    def watch_sentinels(self) -> None:
        """Record every assessment due for first subjects of a level by now, on the day it was due."""
        for item in [*self.state.subjects.values()]:
            zone = self.state.zone_of(item.site)
            for concept, day in due_assessments(self._protocol(), item, zone, Instant(self.now, zone).local_date):
                due = Instant(item.infusions[0].at.utc, zone).local_date + timedelta(days=day)
                known = observation(concept)
                value, unit = ("recorded", "") if known is None else known.example
                self.do(subject.RecordEvidence(item.subject, concept, value, unit, due, "examination"))

    def next_infusion(self, name: str) -> Instant:
        """Return the earliest moment open for an infusion, from as early as the regimen allows, at 10:00 site time."""
        act = self.act(name)
        here = due(act)
        lead = lead_days(self._protocol(), here.step.course) if here is not None else 0
        wanted = self.local(name).local.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=lead)
        return earliest_infusion(act, Instant(wanted, act.site.zone))

    def start_depletion(self, name: str, batch_id: str, infusion: Instant | None = None) -> Instant:
        """Wait for the first day of the regimen, record fresh evidence, start; return the planned infusion."""
        moment = infusion or self.next_infusion(name)
        plan = self._protocol().treatment.lymphodepletion
        lead = -min(day for drug in plan.drugs for day in drug.days) if plan is not None else 0
        self.now = max(self.now, moment.utc - timedelta(days=lead))
        self.refresh(name)
        self.watch_sentinels()
        self.do(subject.StartLymphodepletion(name, batch_id, moment))
        return moment

    def deplete(self, name: str, batch_id: str, infusion: Instant | None = None) -> Instant:
        """Give the whole regimen; return the planned infusion, with the clock there."""
        moment = self.start_depletion(name, batch_id, infusion)
        plan = self._protocol().treatment.lymphodepletion
        last = max(day for drug in plan.drugs for day in drug.days) if plan is not None else 0
        ended = moment.utc + timedelta(days=last)
        self.now = max(self.now, ended)
        self.do(subject.CompleteLymphodepletion(name, self.local(name).local_date))
        self.now = moment.utc
        return moment

    def check(self, name: str) -> None:
        """Record fresh evidence, what is due for sentinels, and a bedside check that meets every condition."""
        self.refresh(name)
        self.watch_sentinels()
        conditions = self._protocol().treatment.infusion.conditions
        findings = fitting_findings(conditions, self.local(name).local_date)
        if self.state.subjects[name].infusions and self._protocol().dose.repeat.redose_criteria is not None:
            findings = (*findings, Finding(REDOSE_CRITERIA, "yes", on=self.local(name).local_date))
        if findings:
            self.do(subject.RecordPreInfusionCheck(name, findings))

    def thaw(self, batch_id: str, bags: tuple[str, ...] = ()) -> None:
        """Thaw a batch that waits frozen at the site, or some of its bags, to be given within its shelf life."""
        held = self.state.batches.get(batch_id)
        if held is not None and held.needs_thaw and held.status is BatchStatus.RECEIVED and held.expires is not None:
            seen = self.witness("investigator")
            self.ask(batch.ThawBatch(batch_id, held.identity, batch_id, held.expires, seen, bags))

    def next_bags(self, name: str, batch_id: str) -> tuple[str, ...]:
        """Return the bag for the administration that is due: the first one left of its component."""
        held, here = self.state.batches.get(batch_id), due(self.act(name))
        component = here.step.planned.component if here is not None else None
        left = [bag.bag for bag in (held.left if held is not None else ()) if component in {None, bag.component}]
        return tuple(left[:1])

    def infuse(self, name: str, batch_id: str, *, cells: Decimal | None = None) -> Ruling:
        """Check at the bedside and ask for the infusion now, by default with the assigned dose."""
        self.check(name)
        return self.ask(self.infusion(name, batch_id, cells=cells))

    def infusion(
        self, name: str, batch_id: str, *, cells: Decimal | None = None, thawed: bool = True
    ) -> subject.RecordInfusion:
        """Return the command to infuse the assigned dose, the batch thawed now where it waits frozen at the site, unless told otherwise."""
        bags = self.next_bags(name, batch_id)
        if thawed:
            self.thaw(batch_id, bags)
        dose, here = self._protocol().dose, due(self.act(name))
        level = self.state.subjects[name].level or dose.start_level
        weight = recorded_weight(self.state.subjects[name]) or _WEIGHT
        target = dose.planned(level, weight)[1] * (here.step.share if here is not None else 1)
        own = here.step.planned.route if here is not None else None
        at_site = self.state.subjects[name].site
        return subject.RecordInfusion(
            name, batch_id, f"ID-{name}", batch_id, cells or target, dose.basis, f"operator-{at_site}", weight,
            own or self._protocol().treatment.infusion.route, self.witness("coordinator"), bags=bags,
        )  # fmt: skip

    def treat(self, name: str, batch_id: str, *, into: str = "C1", at_site: str = "S1") -> None:
        """Take a subject all the way to the infusion."""
        self.prepare(name, batch_id, into=into, at_site=at_site)
        self.deplete(name, batch_id)
        self.infuse(name, batch_id)

    def complete_window(self, name: str) -> None:
        """Wait for the end of the DLT window and complete it."""
        window = self.state.subjects[name].dlt_window
        if window is not None and window.evaluable is None:
            late = datetime.combine(window.closes + timedelta(days=2), self.now.time(), self.now.tzinfo)
            self.now = max(self.now, late)
            self.do(cohort.CompleteDltWindow(name))

    def local(self, name: str) -> Instant:
        """Return now at the subject's site."""
        return Instant(self.now, self.state.zone_of(self.state.subjects[name].site))

    def act(self, name: str) -> Act:
        """Return an act on a subject now, to ask gates directly."""
        found, plan = self.state.subjects[name], self.state.plan
        assert plan is not None
        return Act(self.state, found, self.state.sites[found.site], plan, self.moment)

    def _protocol(self) -> Protocol:
        protocol = self.state.protocol
        assert protocol is not None
        return protocol
