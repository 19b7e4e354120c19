"""The rehearsed first-in-human trial, walked by its persons at browser windows of their own; what each of them does is counted.

Every step of `examples/first_in_human_rehearsed.py` is a form of the site, filled in and sent in the window of the person who may
take it, and signed in the windows of the others. Months pass in minutes because the clock of a rehearsal is moved.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from first_in_human_rehearsed import (
    AMENDED,
    PEOPLE,
    PROTOCOL,
    RULES,
    SITES,
    RefusedError,
    Rehearsed,
    first_level,
    recall,
    recommended_dose,
    two_dlts,
    who,
)
from rehearsal import fitting_findings, with_fields

from celltrial.app.demonstrating import SETTINGS
from celltrial.app.doorkeeping import Door
from celltrial.conduct.acts.access import site_of
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.batch.commands import RecordQualityTest
from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.scope.commands import OpenEvaluation, ResumeScope, SignEvaluation
from celltrial.conduct.acts.signing.content import unsigned
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import RecordEvidence
from celltrial.conduct.acts.trial.commands import AmendProtocol, ApproveProtocol
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.signing.events import Part
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ResumeItem
from celltrial.core.dates import Instant
from celltrial.core.shapes import shape_of, writer
from celltrial.forms.description import Kind, describe
from celltrial.ledger.opening import open_ledger
from celltrial.protocol import canonical_json, fingerprint, read_protocol
from celltrial.site.form.words import is_asked
from celltrial.site.house import open_house
from sites import TRIAL, Site
from windows import Window


class Desks:
    """A window for each person, opened when it is first needed.

    sent:   forms that were sent; live checks, and what a page keeps of itself, are not among them.   typed: keys pressed; a choice is one.
    pasted: characters of documents that nobody types.
    """

    def __init__(self, chromium, served, language, width=1280):
        self.chromium, self.served, self.language, self.width = chromium, served, language, width
        self.windows, self.signed = {}, set()
        self.sent = self.typed = self.pasted = 0

    def of(self, account):
        if account not in self.windows:
            window = self.windows[account] = Window(self.chromium, self.served, account, self.language, self.width)
            window.page.set_default_timeout(60_000)
            window.page.on("request", self._count)
        return self.windows[account]

    def _count(self, request):
        if request.method == "POST" and "hx-request" not in request.headers:  # what a page sends by itself is nobody's
            self.sent += 1

    def fill(self, page, place, value):
        """Type into a field, choose, or tick."""
        field = page.locator(place)
        tag = field.evaluate("one => one.tagName")
        if tag == "SELECT":
            field.select_option(value)
            self.typed += 1
        else:
            field.fill(value)
            if len(value) > 2_000:
                self.pasted += len(value)
            else:
                self.typed += len(value)

    def sign(self, account, key):
        """Sign an act that waits: with both components the first time in a session, with the passphrase after that."""
        window = self.of(account)
        page = window.open(f"signing/{key}/")
        self.fill(page, "#passphrase", window.site.passphrase)
        if account not in self.signed:
            self.fill(page, "#code", window.site.code(account))
            self.signed.add(account)
        page.click("form:has(input[value=sign]) button")
        assert "done=sign" in page.url, page.inner_text("main")


class Walked(Rehearsed):
    """The usual way of a subject; every step is a form of the site, in the window of the person who may take it."""

    def __init__(self, desks, clock):
        super().__init__(desks)
        self._clock = clock
        self.now = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)

    def ask(self, command, *, role=None, at=None, reason="", **_):
        """Fill in the page of a command and send it; let everybody sign whose signature it needs."""
        here, asked = site_of(self.state, command), unsigned(command)
        account = who({role} if role is not None else ROLES[type(command)], here)
        self._clock.now_is = max(self._clock.now_is, self.now)
        page = self.desks.of(account).open(f"do/{type(command).__name__}/")
        assert page.locator("#act").count(), page.inner_text("main")
        self._fill(page, asked)
        if reason or isinstance(command, GrantAccess | AmendProtocol):
            self.desks.fill(page, "#reason", reason or "rehearsed")
        page.click("#act .buttons button.main")
        self._answered(account, page, here, type(command).__name__)
        return Accepted(())

    def _answered(self, account, page, here, name):
        """Read what came of what was sent, and have it signed; raise where it was refused."""
        page.wait_for_load_state()
        before = set(self.state.pending)
        if page.locator("section.problem").count():
            codes = [word for word in page.inner_text("main").split() if word.startswith(("CND-", "APP-", "COR-"))]
            raise RefusedError(account, name, codes, page.inner_text("main"))
        self.read()
        for key in [key for key in self.state.pending if key not in before]:
            self.have_signed(account, here, key)

    def have_signed(self, account, here, key=""):
        """Let everybody sign whose signature an act waits for, each in the own window."""
        key = key or next(reversed(self.state.pending))
        while (waits := self.state.pending.get(key)) is not None and waits.open:
            place = waits.open[0]
            roles = {Role(item) for item in place.roles} or {Role.COORDINATOR}
            busy = {one.account for _, one in waits.given} | ({account} if place.part is not Part.SIGNATURES else set())
            self.desks.sign(who(roles, here, busy), key)
            self.read()

    def read(self):
        """Read what the ledger holds now."""
        self.state = self.desks.served[0].house.trials.get(TRIAL).state()

    def _fill(self, page, command):
        form = describe(type(command))
        data = writer(shape_of(type(command)))(command)
        given = data["fact"] if form.carries is not None else data
        zone = page.inner_text("span.input:has(#occurred) .unit")
        self._fields(page, form.fields, given, "", zone)

    def _fields(self, page, fields, given, path, zone):
        for item in filter(is_asked, fields):
            value, name = given.get(item.name), f"{path}{item.name}"
            if item.kind is Kind.RECORD and value:
                several = value if item.repeated else [value]
                for number, one in enumerate(several, start=1):
                    inner = f"{name}.{number}." if item.repeated else f"{name}."
                    while item.repeated and not page.locator(f'[name^="f.{inner}"]').count():
                        page.click(f'button[name=more][value="{name}"]')
                    self._fields(page, item.fields, one, inner, zone)
            elif item.kind is not Kind.RECORD:
                self._field(page, item, f"f.{name}", value, zone)

    def _field(self, page, item, name, value, zone):
        place = f'[name="{name}"]'
        if item.repeated and item.kind is Kind.CODE:
            for code in value or (["[]"] if item.required else []):
                page.check(f'{place}[value="{code}"]')
                self.desks.typed += 1
            return
        if value is None or value in ([], ""):
            return
        if item.kind is Kind.MOMENT:
            value = f"{Instant(datetime.fromisoformat(value['utc']), zone).local:%Y-%m-%dT%H:%M}"
        elif item.kind is Kind.YES_NO:
            value = "yes" if value else "no"
        elif isinstance(value, list):
            value = ",".join(map(str, value))
        known = page.locator(place).input_value()
        if known != str(value):
            self.desks.fill(page, place, str(value))

    def do(self, command, **options):
        """Ask for what must be accepted."""
        answer = self.ask(command, **options)
        assert not isinstance(answer, Refused)
        return answer

    # What has a page of its own is done there.

    def screen(self, name, at_site="S1", born=None):
        """Screen and consent; every result on the one form of screening."""
        with self._together(name):
            super().screen(name, at_site, born)

    def renew(self, name):
        """Enter today's evidence for every criterion on the one form."""
        with self._together(name):
            super().renew(name)

    def refresh(self, name):
        """Enter today's evidence for every criterion that is judged again on the one form."""
        with self._together(name):
            super().refresh(name)

    @contextmanager
    def _together(self, name):
        """Keep the results that are recorded meanwhile, and enter them at the end."""
        kept, results = self.do, []

        def held_back(command, **more):
            return results.append(command) if isinstance(command, RecordEvidence) else kept(command, **more)

        self.do = held_back
        try:
            yield
        finally:
            del self.do
        self._results(name, results)

    def make(self, batch_id, run=""):
        """Manufacture; the tests are typed in their rows on the page of the batch and recorded together."""
        kept, tests = self.do, []

        def held_back(command, **more):
            return tests.append(command) if isinstance(command, RecordQualityTest) else kept(command, **more)

        self.do = held_back
        try:
            super().make(batch_id, run)
        finally:
            del self.do
        account = who({Role.CELL_PROCESSING}, None)
        self._clock.now_is = max(self._clock.now_is, self.now)
        page = self.desks.of(account).open(f"batches/{batch_id}/")
        for number in range(1, len(tests) + 1):
            self.desks.fill(page, f'[name="{number}.passed"]', "yes")
        page.click('form[action$="/tests/"] button')
        self._answered(account, page, None, "tests")

    def infuse(self, name, batch_id, *, cells=None):
        """Go through the flow of the bedside; the second person signs in the own window."""
        self.refresh(name)
        self.watch_sentinels()
        command = self.infusion(name, batch_id, cells=cells, thawed=False)
        site = self.state.subjects[name].site
        account = who({Role.INVESTIGATOR}, site)
        findings = {
            item.concept: item.value
            for item in fitting_findings(self._protocol().treatment.infusion.conditions, self.local(name).local_date)
        }
        self._clock.now_is = max(self._clock.now_is, self.now)
        page, desks = self.desks.of(account).open(f"bedside/{name}/"), self.desks
        done = []
        while not self.state.subjects[name].infusions:
            step = page.locator("#flow input[name=step]").input_value()
            assert step not in done, (step, page.inner_text("main"))
            done.append(step)
            if step == "check":
                for number, value in enumerate(findings.values(), start=1):
                    desks.fill(page, f"#v-{number}", value)
            else:
                self._at_bedside(page, step, command)
            before = page.get_attribute("#flow", "data-position")
            page.click("#flow form button.main")
            page.wait_for_function("old => document.querySelector('#flow').dataset.position !== old", arg=before)
            self._answered(account, page, site, step)
            page.reload()
        assert page.locator("#flow .good").count()

    def _at_bedside(self, page, step, command):
        typed = {
            "thaw": {"#f-identity": command.identity, "#f-label": command.label, "#minutes": "60"},
            "permit": {"#f-operator": command.operator},
            "infuse": {
                "#f-identity": command.identity, "#f-label": command.label, "#f-delivered-cells": str(command.delivered_cells),
                "#f-weight-kg": str(command.weight_kg), "#f-operator": command.operator,
            },
        }[step]  # fmt: skip
        for place, value in typed.items():
            if page.locator(place).input_value() != value:
                self.desks.fill(page, place, value)

    def _results(self, name, results):
        """Enter results on the one form of screening."""
        if not results:
            return
        site = self.state.subjects[name].site
        account = who(ROLES[RecordEvidence], site)
        self._clock.now_is = max(self._clock.now_is, self.now)
        page, desks = self.desks.of(account).open(f"screening/{name}/"), self.desks
        desks.fill(page, "#source", "file")
        criteria = self._protocol().population.criteria
        for result in results:
            one = next(item for item in criteria if result.concept in {item.concept, item.id})
            desks.fill(page, f'[name="value.{one.id}"]', result.value)
            if result.assessor and page.locator(f'[name="assessor.{one.id}"]').count():
                desks.fill(page, f'[name="assessor.{one.id}"]', result.assessor)
        page.click("button[name=do][value=save]")
        self._answered(account, page, site, "screening")


class MovedClock(datetime):
    """The clock of the site's trials: it stands where the walk has come to."""

    now_is = datetime.min.replace(tzinfo=UTC)

    @classmethod
    def now(cls, tz=None):
        return max(cls.now_is, datetime.now(UTC)).astimezone(tz)


@contextmanager
def walked(folder, installation, chromium, serving, language, width=1280):
    """Lend a walk that begins at an empty site of the persons of the rehearsal."""
    shutil.copytree(installation.accounts.parent, folder, dirs_exist_ok=True)
    with open_ledger(folder / "trial.db", create=True):
        pass
    clock = type("Moved", (MovedClock,), {"now_is": MovedClock.now_is})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celltrial.app.holding.datetime", clock)
        site = Site(folder, installation.keys, installation.PASSPHRASE)
        site.house.door.close()
        site.house = replace(site.house, door=Door(str(folder / "accounts.db"), None, settings=SETTINGS))
        open_house(site.house)
        with serving(site) as served:
            desks = Desks(chromium, served, language, width)
            yield Walked(desks, clock)
            for window in desks.windows.values():
                window.close()
        site.close()


def opening(trip):
    """The sponsor registers the rehearsal and approves the protocol; two sites open; everybody is granted a role."""
    desks, plan = trip.desks, with_fields(read_protocol(PROTOCOL.read_text(encoding="utf-8"), PROTOCOL.name), RULES)
    page = desks.of("lead").page
    page.goto(f"{desks.served[1]}/register/")
    for place, value in (
        ("#f-trial", TRIAL),
        ("#f-title", "Escalation"),
        ("#f-sponsor", "Sponsor"),
        ("#f-origin", "prospective"),
        ("#f-rehearsal", "yes"),
    ):
        desks.fill(page, place, value)
    page.click("main button.main")
    assert "/today/" in page.url, page.inner_text("main")
    trip.read()
    trip.do(ApproveProtocol(plan.identification.version, canonical_json(plan), fingerprint(plan), ()))
    for name, zone in SITES.items():
        trip.open_site(name, zone)
    for account, (printed, role, place) in PEOPLE.items():
        if role is not Role.SPONSOR:
            trip.do(GrantAccess(account, printed, role, place), reason="delegation log")
    trip.do(OpenCohort("C1", 1, 3))


def resumption(trip):
    """Evaluation, an amendment of eligibility, everything a resume needs, acceptance by each site, resumption."""
    key = next(iter(trip.state.suspensions))
    trip.wait(days=10)
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    trip.do(SignEvaluation(key, today, "evaluation 1", ()))
    plan = with_fields(trip.state.protocol, AMENDED)
    trip.do(AmendProtocol("2.0", canonical_json(plan), fingerprint(plan), True, ()), reason="two DLTs")
    for item in (
        ResumeItem.BENEFIT_RISK, ResumeItem.AMENDMENT, ResumeItem.ETHICS_APPROVAL, ResumeItem.AGENCY_APPROVAL,
        ResumeItem.RECONSENT,
    ):  # fmt: skip
        trip.do(trip.resume_item(key, item, today, "2.0"))
    assert "CND-092" in trip.refused(ResumeScope(key)), "the sites have not accepted the amendment yet"
    for site in SITES:
        trip.do(AcceptVersion(site, "2.0"))
        trip.do(trip.resume_item(key, ResumeItem.SITE_ACCEPTANCE, today, "letter", site=site))
    trip.do(ResumeScope(key))


#: What the whole trial consists of, as the rehearsed example has it.
CHAPTERS = (opening, first_level, recall, two_dlts, resumption, recommended_dose)
