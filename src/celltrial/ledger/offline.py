"""Verify an exported audit trail with nothing but Python: no database, no network, no celltrial.

    python verify_audit_trail.py BC-1.audit.jsonl [hash of the last record, from a printed report]

The first line of the file says what follows. Every further line is an object
with `hash` and `record`; the hash is the SHA-256 of the bytes of `record`
exactly as they are. Each record names the hash of the one before in
`previous`; before the first stands the SHA-256 of "celltrial-ledger/1", a line
end, and the name of the chain. Signatures are a second chain of the same form
and name the hashes of the records that were signed. The first line holds the SHA-256
of the copy for people; where that lies beside the file, it is compared too.

The exit code is 0 where everything holds, 1 where something does not, 2 where
there is no audit trail to read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

_HASH = b'{"hash":"'
_RECORD = b'","record":'
_FORMAT = "celltrial-audit/1"


class AuditCheck(NamedTuple):
    """What a check found.

    records, signatures: how many hold, counted from the first.   head: hash of the last record.
    chain, bad, why: chain and position of the first that does not hold, with the id of the reason:
    LDG-030 hash, 031 link, 032 position, 035 end, 036 unreadable, 037 another head than the one
    given, 038 signed record, 039 the copy for people (bad is 0), 050 no audit trail. `bad` is None where everything holds.
    """

    trial: str
    records: int
    signatures: int
    head: str
    chain: str = ""
    bad: int | None = None
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything is as it was exported."""
        return self.bad is None


class _BadError(Exception):
    """A line does not hold: its chain, its position, the id of the reason."""


def check_audit(path: Path, head: str = "") -> AuditCheck:
    """Check an exported audit trail; `head` is the hash of its last record, known from elsewhere."""
    lines = path.read_bytes().split(b"\n")
    try:
        header = _header(lines)
    except _BadError as error:
        return AuditCheck("", 0, 0, "", *error.args)
    trial, count, body = header["trial"], header["records"], lines[1:-1]
    hashes = [""]
    try:
        hashes = _walk(trial, body[:count], count, header.get("head"))
        _check_head(trial, hashes, head)
        signed = _check_signatures(f"{trial}~signatures", body[count:], header, hashes)
    except _BadError as error:
        chain, bad, _ = error.args
        return AuditCheck(trial, bad - 1 if chain == trial else len(hashes) - 1, 0, hashes[-1], *error.args)
    if not _text_holds(path, header):
        return AuditCheck(trial, len(hashes) - 1, signed, hashes[-1], trial, 0, "LDG-039")
    return AuditCheck(trial, len(hashes) - 1, signed, hashes[-1])


def _header(lines: list[bytes]) -> dict[str, Any]:
    header = _object(lines[0], "", 0)
    whole = lines[-1] == b"" and header.get("format") == _FORMAT
    if not (whole and isinstance(header.get("trial"), str) and type(header.get("records")) is int):
        raise _BadError("", 0, "LDG-050")
    if header["records"] < 1:
        raise _BadError("", 0, "LDG-050")
    return header


def _text_holds(path: Path, header: dict[str, Any]) -> bool:
    """Tell whether the copy for people, where it lies beside the lines, is the one that was written with them."""
    text = path.with_suffix(".txt")
    if "text" not in header or not text.is_file():
        return True
    return bool(hashlib.sha256(text.read_bytes()).hexdigest() == header["text"])


def _check_head(trial: str, hashes: list[str], head: str) -> None:
    if head and head != hashes[-1]:
        raise _BadError(trial, len(hashes) - 1, "LDG-037")


def _object(line: bytes, chain: str, position: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _BadError(chain, position, "LDG-036" if position else "LDG-050")
    return value


def _walk(chain: str, lines: list[bytes], count: object, head: object) -> list[str]:
    """Return the hashes of a chain, the one before the first included."""
    hashes = [hashlib.sha256(f"celltrial-ledger/1\n{chain}".encode(errors="replace")).hexdigest()]
    for position, line in enumerate(lines, start=1):
        start = len(_HASH) + 64
        text = line[start + len(_RECORD) : -1]
        if not (line.startswith(_HASH) and line[start : start + len(_RECORD)] == _RECORD and line.endswith(b"}")):
            raise _BadError(chain, position, "LDG-036")
        found = hashlib.sha256(text).hexdigest()
        if found.encode() != line[len(_HASH) : start]:
            raise _BadError(chain, position, "LDG-030")
        record = _object(text, chain, position)
        if (record.get("trial"), record.get("position")) != (chain, position):
            raise _BadError(chain, position, "LDG-032")
        if record.get("previous") != hashes[-1]:
            raise _BadError(chain, position, "LDG-031")
        hashes.append(found)
    if (count, head) != (len(hashes) - 1, hashes[-1]):
        raise _BadError(chain, len(hashes), "LDG-035")
    return hashes


def _check_signatures(chain: str, lines: list[bytes], header: dict[str, Any], hashes: list[str]) -> int:
    """Return how many signatures hold; each must name hashes of this trail."""
    _walk(chain, lines, header.get("signatures"), header.get("signatures_head"))
    for position, line in enumerate(lines, start=1):
        payload = _object(line, chain, position)["record"].get("payload")
        try:
            matches = all(at > 0 and hashes[at] == signed for at, signed in payload["records"])
        except (KeyError, TypeError, ValueError, IndexError):
            matches = False
        if not matches:
            raise _BadError(chain, position, "LDG-038")
    return len(lines)


def main(arguments: list[str]) -> int:
    """Check the file named on the command line and write the outcome as one line of JSON."""
    try:
        outcome = check_audit(Path(arguments[0]), *arguments[1:2])
    except (OSError, IndexError) as error:
        sys.stderr.write(f"verify_audit_trail.py FILE [HASH]: {type(error).__name__} {error}\n")
        return 2
    sys.stdout.write(json.dumps({**outcome._asdict(), "holds": outcome.holds}) + "\n")
    return 0 if outcome.holds else 2 if outcome.why == "LDG-050" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
