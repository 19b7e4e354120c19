"""RFC 3161 time stamps of receipts, from a server on loopback that answers with OpenSSL's `ts`."""

from __future__ import annotations

import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from celltrial.app.anchoring import read_folder
from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.ledger import Context, Entry, open_ledger

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


def certificate(name: str, key, issuer: str, issuer_key, *, authority: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


class Authority:
    """A time-stamp authority: its root, its signer, its answers."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self.folder = folder
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = certificate(f"root of {name}", root_key, f"root of {name}", root_key, authority=True)
        signer = certificate(name, key, f"root of {name}", root_key, authority=False)
        self.root = folder / "root.pem"
        self.root.write_bytes(root.public_bytes(Encoding.PEM))
        (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(secret)
        (folder / "serial").write_text("01\n", encoding="ascii")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder), encoding="ascii")

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "signer.pem"]
        words += ["-inkey", "key.pem", "-out", "answer"]
        subprocess.run(words, check=True, capture_output=True, cwd=self.folder)
        return (self.folder / "answer").read_bytes()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("openssl answers as the server (apt-get install openssl)")
    return Authority(tmp_path / "tsa", "Stamps")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Callable[[bytes], bytes]], None]]:
    """Set a server that answers with a function; the installation is of this test."""
    servers = []
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))

    def start(answer: Callable[[bytes], bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/timestamp-query"
                content = answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("CELLTRIAL_TIMESTAMP_URL", f"http://127.0.0.1:{server.server_port}/")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as opened:
        entry = Entry("subject/1", "subject.noted/1", {"n": 1}, HERE)
        opened.append("BC-1", 0, [entry], Context(Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")))
    return path


def receipts(ledger: Path):
    return read_folder(ledger.with_name("trial.db.receipts"))


def test_a_receipt_with_a_time_stamp_is_checked_down_to_the_root(
    celltrial, authority, serve, ledger, monkeypatch
) -> None:
    serve(authority.answer)
    monkeypatch.setenv("CELLTRIAL_TIMESTAMP_ROOTS", str(authority.root))
    code, out, _ = celltrial("anchor", ledger)
    assert code == 0
    assert "With a time stamp" in out
    code, out, _ = celltrial("verify", ledger)
    assert code == 0
    assert "leads to a trusted root" in out
    assert "时间戳" in celltrial("verify", ledger, "--lang", "zh")[1]
    monkeypatch.delenv("CELLTRIAL_TIMESTAMP_ROOTS")
    code, out, _ = celltrial("verify", ledger)
    assert code == 0
    assert "was not checked" in out


def test_a_time_stamp_of_another_receipt_or_authority_is_found(
    celltrial, authority, serve, ledger, monkeypatch, tmp_path
) -> None:
    serve(authority.answer)
    monkeypatch.setenv("CELLTRIAL_TIMESTAMP_ROOTS", str(authority.root))
    assert celltrial("anchor", ledger)[0] == 0
    assert celltrial("anchor", ledger)[0] == 0
    first, second = receipts(ledger)
    path = ledger.with_name("trial.db.receipts") / "000002.receipt.json"
    for stamp in (first.stamp, "AAAA", second.stamp[:-8], "no base64", b64encode(b"0" * 300).decode()):
        path.write_text(replace(second, stamp=stamp).text, encoding="utf-8")
        code, out, _ = celltrial("verify", ledger)
        assert (code, "LDG-069" in out) == (1, True), stamp
        monkeypatch.delenv("CELLTRIAL_TIMESTAMP_ROOTS")
        assert celltrial("verify", ledger)[0] == 1, stamp
        monkeypatch.setenv("CELLTRIAL_TIMESTAMP_ROOTS", str(authority.root))
    path.write_text(second.text, encoding="utf-8")
    assert celltrial("verify", ledger)[0] == 0
    other = Authority(tmp_path / "other", "Others")
    monkeypatch.setenv("CELLTRIAL_TIMESTAMP_ROOTS", str(other.root))
    code, out, _ = celltrial("verify", ledger)
    assert (code, "LDG-069" in out) == (1, True)
    shutil.copyfile(ledger, tmp_path / "second.db")  # nothing of it is anchored yet
    code, out, _ = celltrial("anchor", tmp_path / "second.db")
    assert (code, "Without a time stamp: the server did not" in out) == (0, True)


@pytest.mark.parametrize("answer", [lambda _: b"", lambda _: b"junk", lambda query: query])
def test_a_server_that_answers_anything_else_leaves_a_receipt_without_a_stamp(celltrial, serve, ledger, answer) -> None:
    serve(answer)
    code, out, _ = celltrial("anchor", ledger)
    assert code == 0
    assert "Without a time stamp" in out
    assert receipts(ledger)[0].stamp == ""
    code, out, _ = celltrial("verify", ledger)
    assert code == 0
    assert "carries no time stamp" in out


def test_an_answer_kept_from_before_is_not_taken(celltrial, authority, serve, ledger) -> None:
    kept = []

    def answer(query: bytes) -> bytes:
        kept.append(authority.answer(query))
        return kept[0]

    serve(answer)
    assert celltrial("anchor", ledger)[0] == 0
    assert celltrial("anchor", ledger)[0] == 0
    assert [bool(item.stamp) for item in receipts(ledger)] == [True, False]


def test_without_a_server_it_is_said_and_a_wrong_setting_is_one_message(
    celltrial, ledger, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    assert "no server is set" in celltrial("anchor", ledger)[1]
    assert "no time-stamp server is set" in celltrial("verify", ledger)[1]
    monkeypatch.setenv("CELLTRIAL_TIMESTAMP_URL", "http://127.0.0.1:1/")
    assert "the server did not" in celltrial("anchor", ledger)[1]
    for name, value in (("URL", "file:///etc/passwd"), ("ROOTS", str(ledger)), ("ROOTS", "nowhere.pem")):
        monkeypatch.setenv(f"CELLTRIAL_TIMESTAMP_{name}", value)
        code, _, err = celltrial("anchor", ledger)
        assert (code, err.split(":")[0]) == (2, "APP-189")
        monkeypatch.setenv("CELLTRIAL_TIMESTAMP_URL", "http://127.0.0.1:1/")
    assert len(receipts(ledger)) == 2
