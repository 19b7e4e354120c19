"""What every test may ask for."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# Many tests start the program anew; a shell that keeps no bytecode would have it compiled each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Ledgers wait for the disk at each write; files of tests need none, and half of a run would be that wait. Where the memory has a
# folder with room for them they lie there, unless somebody chose a place.
_IN_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
if not os.environ.get("TMPDIR") and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_IN_MEMORY)

# What an installation keeps for itself, its signing key among it: never that of whoever runs the tests.
os.environ["CELLTRIAL_DATA"] = tempfile.mkdtemp(prefix="celltrial-data-")
atexit.register(shutil.rmtree, os.environ["CELLTRIAL_DATA"], ignore_errors=True)

# A time limit for each example would fail on a machine that does other work; pytest's limit for each test stays.
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference numbers and data beside the project; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("reference numbers and data are not beside the project (../shared); nothing to compare with")
    return folder


class PostgresServer:
    """A PostgreSQL server of this test run, reached through a socket in a folder of its own."""

    def __init__(self, binaries: Path, folder: Path, account: str | None) -> None:
        self._binaries = binaries
        self._folder = folder
        self._account = {"user": account, "group": account, "extra_groups": ()} if account else {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgresql://celltrial@/postgres?host={self._folder}"

    def install(self) -> None:
        """Make the data folder."""
        self._run(
            "initdb", "-D", str(self._folder / "data"), "-U", "celltrial", "-A", "trust", "-E", "UTF8", "--no-locale"
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        if self._account:  # the shared memory of a killed server goes with its last process
            (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        options = ("-D", str(self._folder / "data"), "-k", str(self._folder), "-h", "")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", *options], stdout=log, stderr=log, cwd="/", **self._account
            )
        for _ in range(600):
            ready = subprocess.run(
                [self._binaries / "pg_isready", "-q", "-h", str(self._folder)], check=False, cwd="/"
            ).returncode
            if ready == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self._folder / "log").read_text(errors="replace")[-2000:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT in good order, SIGKILL as a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def fresh(self, name: str = "postgres") -> str:
        """Return the address of a database with no ledger in it."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {name}".encode())
        url = self.url.replace("/postgres?", f"/{name}?")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA IF EXISTS celltrial_ledger CASCADE")
        return url

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments], check=True, capture_output=True, cwd="/", **self._account
        )


@contextmanager
def running_postgres() -> Iterator[PostgresServer | None]:
    """A new server, owned by an unprivileged account and gone at the end; None where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or importlib.util.find_spec("psycopg") is None:
        yield None
        return
    account = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="celltrial-pg-", dir="/tmp"))
    if account:
        shutil.chown(folder, account, account)
    server = PostgresServer(found[-1].parent, folder, account)
    try:
        server.install()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this run; skips where Debian's package is absent."""
    with running_postgres() as server:
        if server is None:
            pytest.skip(
                "PostgreSQL or psycopg is not installed (apt-get install postgresql; pip install 'celltrial[postgres]')"
            )
        yield server
