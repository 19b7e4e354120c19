"""What every ledger keeps: one suite, run on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError, UserError
from celltrial.ledger import Clock, Context, Entry, Ledger, open_ledger, verify, verify_all
from celltrial.ledger.record import genesis, line_hash, line_of

START = datetime(2025, 3, 1, 2, tzinfo=UTC)
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")


class StepClock:
    """A clock that a test sets; it moves a minute at each reading."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time


def entry(stream: str = "subject/BC-001", *, days: int = 0, **payload: object) -> Entry:
    return Entry(stream, "subject.noted/1", payload, Instant(START + timedelta(days=days), "Asia/Shanghai"))


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: StepClock) -> Iterator[Ledger]:
    if request.param == "memory":
        where = ":memory:"
    elif request.param == "sqlite":
        where = str(tmp_path / "trial.db")
    else:
        where = request.getfixturevalue("postgres_server").fresh()
    with open_ledger(where, create=True, clock=Clock("test", clock)) as opened:
        yield opened


def test_a_new_ledger_is_empty(ledger: Ledger) -> None:
    assert ledger.trials() == ()
    assert ledger.head("BC-1") == (0, genesis("BC-1"), "")
    assert list(ledger.read("BC-1")) == []
    assert verify_all(ledger) == ()
    assert verify(ledger, "BC-1").holds


def test_append_returns_what_read_returns(ledger: Ledger) -> None:
    context = Context(ANN, reason="first entry", cause="request-1", protocol_version="1.0")
    written = ledger.append("BC-1", 0, [entry(value="1.20"), entry("batch/B-1", value="愈")], context)
    assert written == tuple(ledger.read("BC-1"))
    first, second = written
    assert (first.position, first.version, second.position, second.version) == (1, 1, 2, 1)
    assert (first.previous, second.previous) == (genesis("BC-1"), first.hash)
    assert first.who == ANN
    assert first.happened == Instant(START, "Asia/Shanghai")
    assert first.known == START + timedelta(minutes=1)
    assert (first.clock, first.reason, first.cause, first.protocol_version) == (
        "test",
        "first entry",
        "request-1",
        "1.0",
    )
    assert first.exactness is Precision.SECOND
    assert second.payload == {"value": "愈"}


def test_the_stored_bytes_are_the_hashed_bytes(ledger: Ledger) -> None:
    (record,) = ledger.append("BC-1", 0, [entry(value='a "quoted" text\nwith lines \\u0000 and 愈')], Context(ANN))
    ((line, stored),) = ledger.lines("BC-1")
    assert line.decode() == line_of(record[:-2], record.payload)
    assert stored.decode() == record.hash == line_hash(line.decode())


def test_streams_count_their_own_versions(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry("a"), entry("b"), entry("a")], Context(ANN))
    ledger.append("BC-1", 3, [entry("a"), entry("b")], Context(ANN))
    assert [(r.stream, r.version) for r in ledger.read("BC-1")] == [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2)]


def test_a_trial_is_a_chain_of_its_own(ledger: Ledger) -> None:
    ledger.append("BC-2", 0, [entry(n=1)], Context(ANN, cause="same"))
    ledger.append("BC-1", 0, [entry(n=2), entry(n=3)], Context(ANN, cause="same"))
    assert ledger.trials() == ("BC-1", "BC-2")
    assert (ledger.head("BC-1").position, ledger.head("BC-2").position) == (2, 1)
    assert [r.payload["n"] for r in ledger.read("BC-1")] == [2, 3]
    assert all(result.holds for result in verify_all(ledger))


@pytest.mark.parametrize("trial", ['a"b\\c/愈', "é\u2028x", "x\U0001f600y", "it's", "a\u0085b", "%_?"])
def test_a_trial_of_any_printable_name_is_continued(ledger: Ledger, trial: str) -> None:
    """The database compares how a line begins, the trial's name in it, with what it knows of the chain."""
    for number in range(3):
        ledger.append(trial, number, [entry(n=number)], Context(ANN, cause=f"r{number}"))
    assert ledger.trials() == (trial,)
    assert (verify(ledger, trial).holds, ledger.head(trial).position) == (True, 3)


def test_whoever_comes_second_is_told(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry()], Context(ANN))
    for expected in (0, 2, -1):
        with pytest.raises(ConflictError) as caught:
            ledger.append("BC-1", expected, [entry()], Context(ANN))
        assert caught.value.fault.id == "LDG-010"
        assert caught.value.retryable
    assert ledger.head("BC-1").position == 1


@pytest.mark.postgres
def test_two_handles_take_turns(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Each handle remembers where it left the chain; what the other wrote meanwhile is not overlooked."""
    where = str(tmp_path / "shared.db")
    for address in (where, request.getfixturevalue("postgres_server").fresh()):
        with open_ledger(address, create=True) as one, open_ledger(address) as other:
            one.append("BC-1", 0, [entry(n=1)], Context(ANN, cause="r1"))
            one.append("BC-1", 1, [entry(n=2)], Context(ANN, cause="r2"))
            other.append("BC-1", 2, [entry(n=3), entry("subject/BC-002")], Context(ANN, cause="r3"))
            with pytest.raises(ConflictError):
                one.append("BC-1", 2, [entry(n=4)], Context(ANN, cause="r4"))
            (mine,) = one.append("BC-1", 4, [entry("subject/BC-002", n=5)], Context(ANN, cause="r5"))
            assert (mine.position, mine.version) == (5, 2)
            assert one.append("BC-1", 5, [entry(n=2)], Context(ANN, cause="r2"))[0].position == 2
            (last,) = other.append("BC-1", 5, [entry(n=6)], Context(ANN, cause="r6"))
            assert (last.position, last.version) == (6, 4)
            assert verify(one, "BC-1").holds


def test_nothing_appended_changes_nothing(ledger: Ledger) -> None:
    assert ledger.append("BC-1", 0, [], Context(ANN)) == ()
    assert ledger.trials() == ()


def test_a_request_is_carried_out_once(ledger: Ledger) -> None:
    first = ledger.append("BC-1", 0, [entry(n=1), entry(n=2)], Context(ANN, cause="r1"))
    assert ledger.append("BC-1", 0, [entry(n=1), entry(n=2)], Context(ANN, cause="r1")) == first
    assert ledger.append("BC-1", 2, [entry(n=1), entry(n=2)], Context(ANN, cause="r1")) == first
    assert ledger.caused_by("BC-1", "r1") == first
    assert ledger.caused_by("BC-1", "r2") == ledger.caused_by("BC-1", "") == ledger.caused_by("BC-2", "r1") == ()
    assert ledger.head("BC-1").position == 2


def test_a_request_identifier_is_not_used_for_something_else(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry(n=1)], Context(ANN, cause="r1"))
    with pytest.raises(ConflictError):  # decided on what was before: read again
        ledger.append("BC-1", 0, [entry(n=2)], Context(ANN, cause="r1"))
    with pytest.raises(UserError) as caught:
        ledger.append("BC-1", 1, [entry(n=2)], Context(ANN, cause="r1"))
    assert caught.value.faults[0].id == "LDG-011"


def test_all_or_nothing(ledger: Ledger) -> None:
    with pytest.raises(UserError):
        ledger.append("BC-1", 0, [entry(n=1), entry(text="\ud800")], Context(ANN))
    assert ledger.head("BC-1").position == 0
    assert [r.payload for r in ledger.append("BC-1", 0, [entry(n=2)], Context(ANN))] == [{"n": 2}]


@pytest.mark.parametrize("payload", ["\x00", "\ud800", {"x\x00": 1}, ["\\\x00"]])
def test_text_that_cannot_be_kept_is_refused(ledger: Ledger, payload: object) -> None:
    with pytest.raises(UserError) as caught:
        ledger.append("BC-1", 0, [entry(text=payload)], Context(ANN))
    assert caught.value.faults[0].id == "LDG-012"


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\x01\x1f\x7f\u2028", "𐀀", "'; DROP TABLE record; --"])
def test_any_other_text_comes_back(ledger: Ledger, text: str) -> None:
    ledger.append("BC-1", 0, [entry(text=text)], Context(Actor("ann", Role.AUDITOR, text, text), reason=text))
    (record,) = ledger.read("BC-1")
    assert (record.payload["text"], record.reason, record.site, record.printed_name) == (text,) * 4
    assert verify(ledger, "BC-1").holds


@pytest.mark.parametrize("name", ["", " BC", "BC ", "a\nb", "a\x00", "a~b", "\ud800", "a\x7f"])
def test_names_are_printable(ledger: Ledger, name: str) -> None:
    for trial, stream, cause in ((name, "s", ""), ("BC-1", name, ""), ("BC-1", "s", name or "\n")):
        with pytest.raises(UserError) as caught:
            ledger.append(trial, 0, [entry(stream)], Context(ANN, cause=cause))
        assert {fault.id for fault in caught.value.faults} == {"LDG-013"}
    assert ledger.trials() == ()


def test_every_fault_is_reported_at_once(ledger: Ledger) -> None:
    with pytest.raises(UserError) as caught:
        ledger.append("a~b", 0, [entry("\n")], Context(Actor("", Role.AUDITOR), reason="\x00"))
    assert [(fault.id, fault.where) for fault in caught.value.faults] == [
        ("LDG-013", "trial"),
        ("LDG-013", "actor"),
        ("LDG-013", "stream"),
        ("LDG-012", "reason"),
    ]


def test_an_unknown_zone_is_refused(ledger: Ledger) -> None:
    wrong = Entry("s", "a.b/1", {}, Instant(START, "Mars/Olympus"))
    with pytest.raises(UserError) as caught:
        ledger.append("BC-1", 0, [wrong], Context(ANN))
    assert caught.value.faults[0].id == "COR-010"


def test_read_after_a_position(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry(n=n) for n in range(1, 6)], Context(ANN))
    assert [r.position for r in ledger.read("BC-1", after=3)] == [4, 5]
    assert [r.position for r in ledger.read("BC-1", after=-7)] == [1, 2, 3, 4, 5]
    assert list(ledger.read("BC-1", after=5)) == []


def test_read_streams_by_name_and_by_prefix(ledger: Ledger) -> None:
    names = ["subject/BC-1", "subject/BC-10", "batch/B_1", "batch/Bx1", "trial", "subject"]
    ledger.append("BC-1", 0, [entry(name) for name in names], Context(ANN))

    def read(*streams: str) -> list[str]:
        return [record.stream for record in ledger.read("BC-1", streams=streams)]

    assert read("subject/BC-1") == ["subject/BC-1"]
    assert read("subject/") == ["subject/BC-1", "subject/BC-10"]
    assert read("trial", "batch/B_1") == ["batch/B_1", "trial"]
    assert read("subject/", "trial", "nobody") == ["subject/BC-1", "subject/BC-10", "trial"]
    assert read("%", "batch/%") == []


def test_as_known_and_as_occurred(ledger: Ledger) -> None:
    """Two times on every record: a late report is known late and happened early."""
    ledger.append("BC-1", 0, [entry(n=1, days=10)], Context(ANN))  # known 02:01
    ledger.append("BC-1", 1, [entry(n=2, days=0)], Context(ANN))  # known 02:02
    ledger.append("BC-1", 2, [entry(n=3, days=20)], Context(ANN))  # known 02:03
    minute, day = timedelta(minutes=1), timedelta(days=1)

    def read(known: datetime | None, occurred: datetime | None) -> list[int]:
        return [r.payload["n"] for r in ledger.read("BC-1", as_known=known, as_occurred=occurred)]

    assert read(START, None) == []
    assert read(START + 2 * minute, None) == [1, 2]
    assert read(START + 2 * minute - timedelta(microseconds=1), None) == [1]
    assert read(None, START + 10 * day) == [1, 2]
    assert read(None, START) == [2]
    assert read(START + minute, START) == []
    assert read(START + 3 * minute, START + 19 * day) == [1, 2]


def test_recording_time_never_goes_back(ledger: Ledger, clock: StepClock) -> None:
    ledger.append("BC-1", 0, [entry()], Context(ANN))
    clock.time = START - timedelta(days=400)
    (held,) = ledger.append("BC-1", 1, [entry()], Context(ANN))
    assert (held.known, held.clock) == (START + timedelta(minutes=1), "test+held")
    clock.time = START + timedelta(days=1)
    (later,) = ledger.append("BC-1", 2, [entry()], Context(ANN))
    assert later.clock == "test"
    assert verify(ledger, "BC-1").holds


def test_what_is_read_while_others_write_is_a_whole_prefix(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry(n=n) for n in range(3)], Context(ANN))
    reading = ledger.read("BC-1")
    assert next(reading).position == 1
    ledger.append("BC-1", 3, [entry(n=9)], Context(ANN))
    assert [record.position for record in reading] in ([2, 3], [2, 3, 4])


def test_long_trials_are_read_page_by_page(ledger: Ledger) -> None:
    ledger.append("BC-1", 0, [entry(n=n) for n in range(4500)], Context(ANN))
    assert [record.payload["n"] for record in ledger.read("BC-1")] == list(range(4500))
    result = verify(ledger, "BC-1")
    assert result.holds
    assert (result.records, result.head) == (4500, ledger.head("BC-1").hash)
    assert result.first_bad is None


def test_an_anchor_kept_elsewhere_is_compared(ledger: Ledger) -> None:
    first, second = ledger.append("BC-1", 0, [entry(n=1), entry(n=2)], Context(ANN))
    assert verify(ledger, "BC-1", anchors={1: first.hash, 2: second.hash}).holds
    wrong = verify(ledger, "BC-1", anchors={2: first.hash})
    assert (wrong.finding.id, wrong.first_bad) == ("LDG-037", 2)
    cut = verify(ledger, "BC-1", anchors={3: first.hash})
    assert (cut.finding.id, cut.first_bad) == ("LDG-035", 3)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_second_writer_who_left_an_end_of_its_own_is_told_of_the_first_one(tmp_path: Path, count: int) -> None:
    where = str(tmp_path / "trial.db")
    with open_ledger(where, create=True) as one, open_ledger(where) as other:
        other.append("BC-1", 0, [entry(value=1)], Context(ANN))  # now it knows the end
        one.append("BC-1", 1, [entry(value=2)], Context(ANN))
        several = [entry(value=number) for number in range(count)]
        with pytest.raises(ConflictError):  # and not that the file is damaged
            other.append("BC-1", 1, several, Context(ANN))
        assert other.append("BC-1", 2, several, Context(ANN))[-1].position == 2 + count
        assert verify(one, "BC-1").holds
