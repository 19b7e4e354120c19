"""The site, asked by persons through Django's client; real log-ins, a real trial, no browser."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from celltrial.app.demonstrating import SETTINGS, make_demo
from celltrial.app.doorkeeping import Door
from celltrial.app.holding import Trials
from celltrial.core.progress import Silent as Quiet
from celltrial.site.house import House, open_house
from installing import CHEAP, installed
from rehearsed_site import rehearse, to_bedside, to_bench, to_slots
from sites import EXAMPLE, PEOPLE, TRIAL, Site, settled, text
from windows import serving


@pytest.fixture(scope="session")
def persons(cheap, tmp_path_factory):
    """The accounts, made once."""
    return installed(tmp_path_factory.mktemp("persons"), *((name, row[0]) for name, row in PEOPLE.items()))


@pytest.fixture(scope="session", autouse=True)
def cheap(tmp_path_factory):
    """Verifiers of passphrases that take no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celltrial.app.logging_in.COST", CHEAP)
        patch.setattr("celltrial.app.logging_in.marks_folder", lambda: tmp_path_factory.getbasetemp() / "site-marks")
        yield


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory, cheap):
    """A demonstration: a virtual trial in mid-course, with a person for each role."""
    return make_demo(tmp_path_factory.mktemp("demo"), Quiet())


@pytest.fixture
def demo(made_demo, tmp_path):
    """The persons of a demonstration of this test alone, with its site open."""
    ledger, accounts, persons = made_demo
    shutil.copytree(Path(ledger).parent, tmp_path / "demo")
    ledger, accounts = (str(tmp_path / "demo" / Path(name).name) for name in (ledger, accounts))
    trials, door = Trials(ledger), Door(accounts, None, clock=persons.clock, settings=SETTINGS)
    house = House(trials, door, demo=persons)
    open_house(house)
    yield persons
    house.unsent.close()
    trials.close()
    door.close()


@pytest.fixture(autouse=True)
def own_marks(monkeypatch, tmp_path):
    """How far each ledger of accounts was seen: of this test alone, since all begin from copies of one ledger."""
    monkeypatch.setattr("celltrial.app.logging_in.marks_folder", lambda: tmp_path / "marks")


@pytest.fixture
def site(tmp_path, persons):
    """A site without a trial."""
    made = settled(tmp_path / "site", persons)
    yield made
    made.close()


@pytest.fixture(scope="session")
def running_folder(tmp_path_factory, persons):
    """The folder of a site with a real trial in force at two sites, all of it done through its pages."""
    folder = tmp_path_factory.mktemp("running") / "site"
    made = settled(folder, persons, timedelta(minutes=4))  # codes of now are left for the tests
    lead = made.person("lead")
    register = lead.post(
        "/register/", request="register-1",
        **{"f.trial": TRIAL, "f.title": "Escalation", "f.sponsor": "Sponsor", "f.origin": "prospective"},
    )  # fmt: skip
    assert register.status_code == 302, text(register)
    from celltrial.app.planning import open_protocol
    from celltrial.protocol import canonical_json, fingerprint

    protocol = open_protocol(EXAMPLE)
    waits = lead.act(
        "ApproveProtocol",
        version=protocol.identification.version,
        document=canonical_json(protocol),
        sha256=fingerprint(protocol),
    )
    assert waits.status_code == 302, text(waits)
    signed = lead.sign_only()
    assert signed.status_code == 302, text(signed)
    for name in ("S1", "S2"):
        held = {
            f"resources__{number}__{field}": value
            for number, item in enumerate(protocol.sites.resources, start=1)
            for field, value in (("name", item.name), ("quantity", str(2 * item.minimum)))
        }
        answer = lead.act(
            "ActivateSite", site=name, name=f"Hospital {name}", country="CN", zone="Asia/Shanghai", **held
        )
        assert answer.status_code == 302, text(answer)
    for account, (name, role, at_site) in PEOPLE.items():
        if role not in {None, "sponsor"}:
            given = {"account": account, "printed_name": name, "role": role, "site": at_site or ""}
            answer = lead.act("GrantAccess", reason="works here", **given)
            assert answer.status_code == 302, text(answer)
    made.close()
    return folder


@pytest.fixture
def running(running_folder, persons, tmp_path):
    """A site with a real trial in force."""
    shutil.copytree(running_folder, tmp_path / "site")
    made = Site(tmp_path / "site", persons.keys, persons.PASSPHRASE)
    yield made
    made.close()


@pytest.fixture(scope="session")
def bedside_folder(tmp_path_factory, persons):
    """The folder of a rehearsal with one subject at the bedside: prepared, depleted, booked for now, the batch frozen at S1."""
    folder = tmp_path_factory.mktemp("bedside") / "site"
    shutil.copytree(persons.accounts.parent, folder)
    rehearse(folder / "trial.db", to_bedside)
    return folder


@pytest.fixture(scope="session")
def slots_folder(tmp_path_factory, persons):
    """The folder of a rehearsal in which one subject of each of two sites waits for a moment."""
    folder = tmp_path_factory.mktemp("slots") / "site"
    shutil.copytree(persons.accounts.parent, folder)
    rehearse(folder / "trial.db", to_slots)
    return folder


@pytest.fixture
def at_slots(slots_folder, persons, tmp_path):
    """A site with two subjects who wait for a moment."""
    shutil.copytree(slots_folder, tmp_path / "site")
    made = Site(tmp_path / "site", persons.keys, persons.PASSPHRASE)
    yield made
    made.close()


@pytest.fixture(scope="session")
def bench_folder(tmp_path_factory, persons):
    """The folder of a rehearsal with a batch at each of two sites: B1 of S1 received, B2 of S2 in quality control."""
    folder = tmp_path_factory.mktemp("bench") / "site"
    shutil.copytree(persons.accounts.parent, folder)
    rehearse(folder / "trial.db", to_bench)
    return folder


@pytest.fixture
def at_bench(bench_folder, persons, tmp_path):
    """A site with two batches on the way."""
    shutil.copytree(bench_folder, tmp_path / "site")
    made = Site(tmp_path / "site", persons.keys, persons.PASSPHRASE)
    yield made
    made.close()


@pytest.fixture
def at_bedside(bedside_folder, persons, tmp_path):
    """A site with one subject at the bedside."""
    shutil.copytree(bedside_folder, tmp_path / "site")
    made = Site(tmp_path / "site", persons.keys, persons.PASSPHRASE)
    yield made
    made.close()


@pytest.fixture
def served(running):
    """The running site on loopback, and its address."""
    with serving(running) as served:
        yield served
