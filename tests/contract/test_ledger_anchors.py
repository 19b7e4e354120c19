"""History anchored outside: whoever holds every right on the database and rewrites it whole is found by receipts.

The attacks run alike on SQLite and on PostgreSQL. Each leaves chains that are consistent in themselves.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.app.anchoring import anchor, anchor_ledger, read_folder
from celltrial.app.installation import data_folder, own_copies
from celltrial.app.verifying import LedgerCheck, verify_ledger
from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.ledger import Context, Entry, Ledger, Meaning, open_ledger, sign, verify
from celltrial.ledger.receipts import Occasion, public_hex
from celltrial.ledger.record import line_hash
from ledger_rewriting import forged, lines_of, rewrite

ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
SIGNED = "BC-1~signatures"


def fill(ledger: Ledger, trial: str, first: int, last: int) -> None:
    for number in range(first, last):
        note = Entry(f"subject/{trial}-{number % 3}", "subject.noted/1", {"n": number, "of": trial}, HERE)
        ledger.append(trial, number, [note], Context(ANN, cause=f"request-{number}"))


class Place:
    """A ledger of two trials, anchored three times, and what somebody with every right can do to it."""

    def __init__(self, where: str, folder: Path) -> None:
        self.where = where
        self.receipts = folder / "receipts"
        self.folder = folder
        with open_ledger(where, create=True) as ledger:
            fill(ledger, "BC-1", 0, 20)
            fill(ledger, "BC-2", 0, 20)
            sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[5])
        self.anchor()
        with open_ledger(where) as ledger:
            fill(ledger, "BC-1", 20, 30)
            fill(ledger, "BC-2", 20, 30)
            sign(ledger, "BC-1", actor=ANN, meaning=Meaning.APPROVAL, occurred=HERE, positions=[25])
        self.anchor()

    def anchor(self) -> None:
        """Write receipts; what lies beside the ledger is lost each time, as to somebody who has that folder too."""
        anchor_ledger(self.where, self.receipts)
        shutil.rmtree(f"{self.where}.receipts", ignore_errors=True)

    def forget(self) -> None:
        """Take away the copies that the installation keeps, as to somebody who has its folder too, or verifies elsewhere."""
        shutil.rmtree(data_folder() / "receipts", ignore_errors=True)

    def check(self, anchors: tuple[Path, ...] | None = None, **more: object) -> LedgerCheck:
        paths = (self.receipts,) if anchors is None else anchors
        return verify_ledger(self.where, more.pop("trial", None), Silent(), paths, **more)

    def lines(self, chain: str) -> list[str]:
        return lines_of(self.where, chain)

    def rewrite(self, chain: str, lines: list[str], *, under: str | None = None) -> None:
        """Put other lines in the place of a chain, its head with them, and leave every trigger as it was."""
        rewrite(self.where, chain, lines, under=under)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(str(tmp_path / "trial.db"), tmp_path)
    return Place(request.getfixturevalue("postgres_server").fresh(), tmp_path)


def edit(at: int) -> Callable[[int, dict], None]:
    return lambda position, record: record["payload"].update(n="lie") if position == at else None


def ids(check: LedgerCheck) -> list[str]:
    return [item.id for item in check.findings]


def test_what_nobody_touched_is_anchored_up_to_its_newest_receipt(place: Place) -> None:
    check = place.check()
    assert check.findings == ()
    assert [(one.check.trial, one.anchored, one.receipt.number) for one in check.trials] == [
        ("BC-1", 30, 3),
        ("BC-2", 30, 4),
    ]
    with open_ledger(place.where) as ledger:
        fill(ledger, "BC-1", 30, 33)
    check = place.check()
    assert check.findings == ()
    assert [(one.anchored, one.check.records) for one in check.trials] == [(30, 33), (30, 30)]


def test_a_tail_cut_off_and_the_head_set_back(place: Place) -> None:
    place.rewrite("BC-1", place.lines("BC-1")[:25])
    with open_ledger(place.where) as ledger:
        assert verify(ledger, "BC-1").holds  # in itself
    check = place.check()
    assert ids(check) == ["LDG-066"]
    assert check.findings[0].params["found"] == "26-30"
    assert check.trials[0].check.first_bad == 26
    assert check.trials[0].anchored == 20
    assert check.trials[1].findings == ()


@pytest.mark.parametrize(
    ("at", "span", "agreed", "before"),
    [
        (3, "1-20", 0, "-"),
        (6, "6-20", 5, "-"),  # the record that the first signature names still agrees
        (20, "6-20", 5, "-"),
        (28, "26-30", 25, "1"),
    ],
)
def test_a_payload_edited_with_every_hash_computed_anew(
    place: Place, at: int, span: str, agreed: int, before: str
) -> None:
    """Between two receipts, and the records that signatures name, the first that differs is bounded."""
    lines, signatures = forged(place.lines("BC-1"), edit(at)), place.lines(SIGNED)
    place.rewrite("BC-1", lines)

    def resign(_: int, record: dict) -> None:
        record["payload"]["records"] = [[n, line_hash(lines[n - 1])] for n, _ in record["payload"]["records"]]

    if at < 5:  # whoever forges a signed record forges the signature as well
        place.rewrite(SIGNED, forged(signatures, resign))
    check = place.check()
    assert ids(check) == (["LDG-065", "LDG-065"] if at < 5 else ["LDG-065"])
    finding = check.findings[0]
    assert finding.where == "BC-1"
    assert (finding.params["found"], finding.params["agreed"]) == (span, agreed)
    assert str(finding.params["before"]).split(" ")[0] == before


def test_a_signed_record_edited_and_the_signature_left(place: Place) -> None:
    place.rewrite("BC-1", forged(place.lines("BC-1"), edit(22)))
    check = place.check()
    assert ids(check) == ["LDG-038"]
    assert check.trials[0].check.first_bad == 25
    assert check.trials[0].anchored == 20


def test_a_first_record_that_is_no_registration_is_a_finding_and_no_failure(place: Place) -> None:
    def register(position: int, record: dict) -> None:
        if position == 1:
            record["type"], record["payload"] = "trial.registered/2", {"trial": 7}

    place.rewrite("BC-2", forged(place.lines("BC-2"), register))
    assert ids(place.check()) == ["LDG-065"]


def test_a_record_put_in_between_and_everything_after_it_chained_anew(place: Place) -> None:
    lines = place.lines("BC-2")
    extra = json.loads(lines[24])
    extra["stream"], extra["version"] = "subject/new", 1
    extra["cause"] = "another"
    place.rewrite("BC-2", forged([*lines[:24], json.dumps(extra), *lines[24:]], lambda *_: None))
    with open_ledger(place.where) as ledger:
        assert verify(ledger, "BC-2").holds
    check = place.check()
    assert ids(check) == ["LDG-065"]
    assert check.findings[0].params["found"] == "21-30"


def test_two_trials_with_their_contents_exchanged(place: Place) -> None:
    first, second = place.lines("BC-1"), place.lines("BC-2")
    place.rewrite(SIGNED, [])
    place.rewrite("BC-1", forged(second, lambda *_: None, "BC-1"))
    place.rewrite("BC-2", forged(first, lambda *_: None, "BC-2"))
    with open_ledger(place.where) as ledger:
        assert verify(ledger, "BC-1").holds
        assert verify(ledger, "BC-2").holds
    check = place.check()
    assert ids(check) == ["LDG-065", "LDG-066", "LDG-065"]
    assert [item.where for item in check.findings] == ["BC-1", SIGNED, "BC-2"]


def test_a_trial_renamed(place: Place) -> None:
    lines = place.lines("BC-2")
    place.rewrite("BC-2", forged(lines, lambda *_: None, "BC-9"), under="BC-9")
    check = place.check()
    assert ids(check) == ["LDG-066"]
    assert (check.findings[0].where, check.findings[0].params["found"]) == ("BC-2", "1-30")
    assert {one.check.trial: one.anchored for one in check.trials} == {"BC-1": 30, "BC-2": 0, "BC-9": 0}


def test_a_trial_taken_out_whole(place: Place) -> None:
    place.rewrite("BC-2", [])
    assert [(item.id, item.where) for item in place.check().findings] == [("LDG-066", "BC-2")]
    place.forget()
    assert place.check(()).findings == ()  # without a receipt nothing tells of it
    place.rewrite("BC-1", [])  # its signatures do
    assert ids(place.check(())) == ["LDG-077"]
    assert ids(place.check()) == ["LDG-077", "LDG-066", "LDG-066"]


@pytest.mark.parametrize("kept", [0, 1])
def test_the_chain_of_signatures_cut(place: Place, kept: int) -> None:
    place.rewrite(SIGNED, place.lines(SIGNED)[:kept])
    with open_ledger(place.where) as ledger:
        assert verify(ledger, "BC-1").holds
    check = place.check()
    assert [(item.id, item.where) for item in check.findings] == [("LDG-066", SIGNED)]
    assert check.findings[0].params["last"] == kept
    assert check.trials[0].check.first_bad == kept + 1


def test_a_single_receipt_finds_what_its_folder_finds(place: Place) -> None:
    place.forget()
    place.rewrite("BC-1", place.lines("BC-1")[:25])
    paths = sorted(place.receipts.glob("*.json"))
    assert ids(place.check((paths[0],))) == []  # it names record 20, which is there
    assert ids(place.check((paths[2],))) == ["LDG-066"]
    assert ids(place.check((paths[1],), trial="BC-1")) == ["LDG-068"]
    assert ids(place.check((paths[0], paths[2]))) == ["LDG-066"]


def test_a_receipt_that_was_changed_or_forged_anchors_nothing(place: Place) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    place.forget()
    place.rewrite("BC-1", place.lines("BC-1")[:25])
    path = place.receipts / "000003.receipt.json"
    real = read_folder(place.receipts)[2]
    with open_ledger(place.where) as ledger:
        end = ledger.head("BC-1")
    wished = replace(real, position=end.position, head=end.hash)
    path.write_text(wished.text, encoding="utf-8")
    changed = place.check()
    assert ids(changed)[:2] == ["LDG-061", "LDG-064"]
    assert changed.trials[0].anchored == 20
    key = Ed25519PrivateKey.generate()
    wished = replace(wished, key=public_hex(key))
    wished = replace(wished, signature=key.sign(wished.signed_bytes).hex())
    path.write_text(wished.text, encoding="utf-8")
    assert wished.is_authentic
    another = place.check()
    assert ids(another)[:2] == ["LDG-062", "LDG-064"]
    assert another.trials[0].anchored == 20
    assert ids(place.check((path,))) == ["LDG-062"]


def test_a_receipt_taken_out_of_its_folder_is_missed(place: Place) -> None:
    (place.receipts / "000002.receipt.json").unlink()
    check = place.check()
    assert ids(check) == ["LDG-063", "LDG-088"]
    place.forget()
    check = place.check()
    assert ids(check) == ["LDG-063"]
    assert check.findings[0].params["found"] == "2"


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff\xfe", b'{"format": "celltrial-receipt/2"}', b"[" * 100_000])
def test_junk_among_receipts_is_a_finding_and_hides_none(place: Place, junk: bytes) -> None:
    (place.receipts / "000005.receipt.json").write_bytes(junk)
    assert ids(place.check()) == ["LDG-060"]
    place.rewrite("BC-1", place.lines("BC-1")[:25])
    assert ids(place.check()) == ["LDG-060", "LDG-066"]


def test_receipts_that_are_written_at_once_follow_each_other(place: Place, tmp_path: Path) -> None:
    place.forget()

    def write() -> None:
        with open_ledger(place.where) as ledger:
            for _ in range(5):
                anchor(place.where, ledger, "BC-1", Occasion.COMMAND, folder=tmp_path / "many")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receipts = read_folder(tmp_path / "many")
    assert [item.number for item in receipts] == list(range(1, 21))
    assert place.check((tmp_path / "many",)).findings == ()


def test_a_history_that_was_changed_is_not_anchored_again(place: Place) -> None:
    place.rewrite("BC-1", forged(place.lines("BC-1"), edit(28)))
    with pytest.raises(UserError) as caught:
        place.anchor()
    assert caught.value.faults[0].id == "APP-181"
    assert len(read_folder(place.receipts)) == 4


def test_receipts_that_tell_of_two_histories_are_named(place: Place, tmp_path: Path) -> None:
    far = tmp_path / "far"
    place.rewrite("BC-1", forged(place.lines("BC-1"), edit(28)))
    with open_ledger(place.where) as ledger:
        anchor(place.where, ledger, "BC-1", Occasion.COMMAND, folder=far)
    assert "LDG-067" in ids(place.check((place.receipts, far), trial="BC-1"))


def test_without_an_anchor_nothing_is_claimed_beyond_the_chains(place: Place) -> None:
    place.rewrite("BC-1", place.lines("BC-1")[:25])
    place.forget()
    check = place.check(())
    assert check.findings == ()
    assert [(one.anchored, one.receipt) for one in check.trials] == [(0, None), (0, None)]


def test_an_older_copy_put_back(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    place = Place(str(path), tmp_path)
    shutil.copyfile(path, tmp_path / "older.db")
    with open_ledger(path) as ledger:
        fill(ledger, "BC-1", 30, 40)
    place.anchor()
    path.write_bytes((tmp_path / "older.db").read_bytes())
    check = place.check()
    assert ids(check) == ["LDG-066"]
    assert check.findings[0].params["found"] == "31-40"
    assert check.trials[0].anchored == 30


def test_a_file_copied_without_its_log(tmp_path: Path) -> None:
    path, copy = tmp_path / "trial.db", tmp_path / "copy.db"
    with open_ledger(path, create=True) as ledger:
        copy.write_bytes(path.read_bytes())
        fill(ledger, "BC-1", 0, 10)
        anchor_ledger(str(path), tmp_path / "far")
        assert path.with_name("trial.db-wal").exists()
        later = tmp_path / "later.db"
        later.write_bytes(path.read_bytes())
    for one in (copy, later):
        check = verify_ledger(str(one), None, Silent(), (tmp_path / "far",))
        assert {"LDG-066", "LDG-051"} & set(ids(check)), one


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["DROP TRIGGER record_stays"], {"LDG-070"}),
        (["DROP INDEX record_version"], {"LDG-070"}),
        (
            ["DROP TRIGGER head_keeps", "CREATE TRIGGER head_keeps BEFORE UPDATE ON head BEGIN SELECT 1; END"],
            {"LDG-071"},
        ),
        (["CREATE TRIGGER mine AFTER INSERT ON record BEGIN SELECT 1; END"], {"LDG-072"}),
        (["CREATE VIEW seen AS SELECT * FROM record"], {"LDG-072"}),
        (["ALTER TABLE head ADD COLUMN note TEXT"], {"LDG-071"}),
        (["DROP TRIGGER head_stays", "DROP TABLE head"], {"LDG-070", "LDG-004"}),
        (["DROP TRIGGER record_stays", "DROP TABLE record"], {"LDG-070", "LDG-004"}),
    ],
)
def test_a_file_whose_tables_were_changed(tmp_path: Path, statements: list[str], expected: set[str]) -> None:
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        fill(ledger, "BC-1", 0, 5)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    check = verify_ledger(str(path), None, Silent())
    assert expected <= set(ids(check))
    assert set(ids(check)) <= {*expected, "LDG-070", "LDG-071", "LDG-073"}


def test_an_index_that_no_longer_fits_its_table(tmp_path: Path) -> None:
    """Rows taken out behind the index leave it: SQLite's own check says so."""
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        fill(ledger, "BC-1", 0, 5)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'record_cause'").fetchall()
    connection.execute(
        "DELETE FROM sqlite_master WHERE name IN ('record_cause', 'record_continues', 'record_moves_head')"
    )
    connection.execute("PRAGMA writable_schema = RESET")
    connection.execute("INSERT INTO record VALUES (4, '{\"cause\": \"x\"}', 'x', 1) ON CONFLICT DO NOTHING")
    connection.execute("INSERT INTO record VALUES ((1 << 40) + 9, '{\"cause\": \"x\"}', 'x', 1)")
    connection.commit()
    connection.close()
    found = ids(verify_ledger(str(path), None, Silent()))
    assert sql
    assert "LDG-070" in found
    assert "LDG-075" in found


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    url = request.getfixturevalue("postgres_server").fresh()
    with open_ledger(url, create=True) as ledger:
        fill(ledger, "BC-1", 0, 5)
    return url


@pytest.mark.postgres
def test_the_form_of_a_server_is_that_of_a_fresh_ledger(server: str) -> None:
    import psycopg

    from celltrial.ledger.postgres_form import catalogue, form

    with psycopg.connect(server) as connection:
        assert catalogue(connection) == form()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "name", "code"),
    [
        ("ALTER TABLE celltrial_ledger.record DISABLE TRIGGER record_keeps", "trigger record.record_keeps", "LDG-071"),
        ("ALTER TABLE celltrial_ledger.head ENABLE REPLICA TRIGGER head_keeps", "trigger head.head_keeps", "LDG-071"),
        ("DROP TRIGGER record_stays ON celltrial_ledger.record", "trigger record.record_stays", "LDG-070"),
        ("DROP INDEX celltrial_ledger.record_version", "index record_version", "LDG-070"),
        ("ALTER TABLE celltrial_ledger.record ALTER COLUMN line TYPE text", "column record.line", "LDG-071"),
        ("ALTER TABLE celltrial_ledger.record ADD COLUMN note text", "column record.note", "LDG-072"),
        ("ALTER TABLE celltrial_ledger.record SET UNLOGGED", "table record", "LDG-071"),
        (
            "CREATE OR REPLACE FUNCTION celltrial_ledger.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "function refuse()",
            "LDG-071",
        ),
        ("CREATE RULE lost AS ON INSERT TO celltrial_ledger.record DO INSTEAD NOTHING", "rule record.lost", "LDG-072"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'celltrial_ledger.record_cause'::regclass",
            "index record_cause",
            "LDG-071",
        ),
    ],
)
def test_a_server_whose_tables_were_changed(server: str, statement: str, name: str, code: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())
    check = verify_ledger(server, None, Silent())
    assert (code, name) in [(item.id, item.params.get("expected", item.params.get("found"))) for item in check.store]


@pytest.mark.postgres
def test_a_server_whose_heads_were_taken_away(server: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP TABLE celltrial_ledger.head")
    found = ids(verify_ledger(server, None, Silent()))
    assert {"LDG-070", "LDG-004"} <= set(found)


@pytest.mark.postgres
def test_the_writer_of_a_server_writes_and_can_undo_nothing(server: str) -> None:
    import subprocess
    from importlib import resources

    import psycopg

    script = resources.files("celltrial.ledger").joinpath("postgres_roles.sql")
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS celltrial_writer")
        owner.execute("CREATE ROLE celltrial_writer LOGIN")
    subprocess.run(
        ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-v", "writer=celltrial_writer", "-f", str(script), server], check=True
    )
    address = server.replace("celltrial@", "celltrial_writer@")
    try:
        with open_ledger(address) as first, open_ledger(address) as second:
            fill(first, "BC-1", 5, 8)
            fill(second, "BC-1", 8, 10)
            fill(first, "BC-3", 0, 3)
            sign(first, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[7])
            assert verify(first, "BC-1").records == 10
        assert verify_ledger(address, None, Silent()).findings == ()
        with psycopg.connect(address, autocommit=True) as writer:
            for statement in (
                "DROP TRIGGER record_keeps ON celltrial_ledger.record",
                "ALTER TABLE celltrial_ledger.record DISABLE TRIGGER ALL",
                "ALTER TABLE celltrial_ledger.record DISABLE TRIGGER record_keeps",
                "SET session_replication_role = replica",
                "CREATE OR REPLACE FUNCTION celltrial_ledger.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE RULE lost AS ON INSERT TO celltrial_ledger.record DO INSTEAD NOTHING",
                "CREATE TRIGGER mine BEFORE INSERT ON celltrial_ledger.record FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse()",
                "TRUNCATE celltrial_ledger.record",
                "TRUNCATE celltrial_ledger.head",
                "DELETE FROM celltrial_ledger.record",
                "DELETE FROM celltrial_ledger.head",
                "UPDATE celltrial_ledger.record SET hash = 'x'",
                "UPDATE celltrial_ledger.head SET recorded = 'x'",
                "UPDATE celltrial_ledger.head SET position = 3",
                "UPDATE celltrial_ledger.form SET version = 9",
                "INSERT INTO celltrial_ledger.head VALUES ('BC-9', 1, 'x', 'x')",
                "DROP TABLE celltrial_ledger.record",
                "DROP SCHEMA celltrial_ledger CASCADE",
            ):
                with pytest.raises(psycopg.Error):
                    writer.execute(statement.encode())
        assert verify_ledger(address, None, Silent()).findings == ()
    finally:
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute("DROP OWNED BY celltrial_writer")
            owner.execute("DROP ROLE celltrial_writer")


@pytest.mark.parametrize("also_the_records", [False, True])
def test_the_newest_receipts_deleted(place: Place, also_the_records: bool) -> None:
    """The folder alone cannot tell; the copies of the installation that wrote them do, and the ledger is held to them."""
    for number in (3, 4):
        (place.receipts / f"00000{number}.receipt.json").unlink()
    if also_the_records:
        place.rewrite("BC-1", place.lines("BC-1")[:25])
    check = place.check()
    lost = [item for item in check.findings if item.id == "LDG-088"]
    assert [item.where for item in lost] == ["BC-1", "BC-2"]
    assert [str(item.params["found"]).split(" ")[0] for item in lost] == ["3", "4"]
    assert sorted(path.name for path in Path(str(lost[0].params["copies"])).iterdir())[-2:] == [
        "000003.receipt.json",
        "000004.receipt.json",
    ]
    assert [item.id for item in check.findings if item not in lost] == ["LDG-066"] * also_the_records
    assert check.trials[0].anchored == (20 if also_the_records else 30)
    if also_the_records:  # and nobody anchors what is left as if it were all
        with pytest.raises(UserError) as caught:
            place.anchor()
        assert caught.value.faults[0].id == "APP-181"


def test_every_receipt_deleted_and_a_history_begun_anew(place: Place) -> None:
    shutil.rmtree(place.receipts)
    place.rewrite(SIGNED, [])
    place.rewrite("BC-1", forged(place.lines("BC-1"), edit(1)))
    check = place.check(())  # the folder of a server is only known where it is named
    if not place.where.startswith("postgresql"):
        assert {"LDG-088", "LDG-065"} <= set(ids(check))
    place.receipts.mkdir()
    (place.receipts / "000009.receipt.json").write_bytes(b"{}")
    assert {"LDG-088", "LDG-065"} <= set(ids(place.check()))


def test_after_receipts_were_deleted_the_next_one_has_the_next_number(place: Place) -> None:
    for path in place.receipts.iterdir():
        path.unlink()
    place.anchor()
    numbers = [item.number for item in read_folder(place.receipts)]
    assert numbers[-2:] == [5, 6]
    assert "LDG-088" in ids(place.check()) or numbers == [1, 2, 3, 4, 5, 6]


def test_an_installation_that_did_not_write_them_finds_no_deletion(place: Place, monkeypatch, tmp_path: Path) -> None:
    """What remains: deleted at the end, in every copy, and the installation that wrote them is not asked."""
    (place.receipts / "000004.receipt.json").unlink()
    key = next(iter(read_folder(place.receipts))).key
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "elsewhere"))
    check = place.check(keys=(key,))
    assert check.findings == ()
    assert [one.anchored for one in check.trials] == [30, 20]


def test_the_copies_are_their_owners_alone(place: Place) -> None:
    folder = place.receipts if place.where.startswith("postgresql") else Path(f"{place.where}.receipts")
    copies = own_copies(folder)
    assert copies.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in copies.iterdir()} == {0o600}
