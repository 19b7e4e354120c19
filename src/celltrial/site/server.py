"""Serve the site: several threads, one address, nothing of Django's development server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gunicorn.app.base import BaseApplication

from celltrial.app.demonstrating import SETTINGS, Demo
from celltrial.app.doorkeeping import Door
from celltrial.app.holding import Trials
from celltrial.app.installation import write_private
from celltrial.app.serving import unsent_of
from celltrial.app.unsent import Unsent
from celltrial.core.errors import UserError, fault
from celltrial.site.house import House, open_house
from celltrial.site.settings import configure

#: Names of this machine, which need no TLS.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is served and reached.

    origin: whole address by which people reach it; through TLS, unless it is this machine.
    """

    ledger: str
    accounts: str
    secrets: Path | None
    key: Path
    host: str
    port: int
    origin: str = ""
    threads: int = 8

    @property
    def address(self) -> str:
        """The address to open."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.origin.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether people reach it through TLS."""
        return self.address.startswith("https://")


def check_place(place: Place) -> None:
    """Refuse to let passphrases go over a network in the open: APP-260."""
    parts = urlsplit(place.address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(fault("APP-260", place.address, found=place.address))
    outside = parts.hostname not in LOOPBACK or place.host not in LOOPBACK
    if not place.is_secure and outside:
        raise UserError(fault("APP-260", place.address, found=place.address))


def site_key(path: Path) -> str:
    """Return the secret that signs cookies, made at first need with mode 0600; APP-261 where others can read it."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48).encode())
    if path.stat().st_mode & 0o077:
        raise UserError(fault("APP-261", str(path), found=f"{path.stat().st_mode & 0o777:04o}"))
    return path.read_text(encoding="ascii").strip()


@contextmanager
def opened(place: Place, demo: Demo | None = None) -> Iterator[Callable[..., Any]]:
    """Open ledger and accounts and return the application that answers."""
    from django.core.wsgi import get_wsgi_application

    check_place(place)
    host = urlsplit(place.address).hostname or place.host
    hosts = [host, *(LOOPBACK if host in LOOPBACK else ())]
    origins = [place.address] if place.is_secure else []
    configure(site_key(place.key), hosts=hosts, secure=place.is_secure, origins=origins)
    more: dict[str, Any] = {} if demo is None else {"clock": demo.clock, "settings": SETTINGS}
    trials, door = Trials(place.ledger), Door(place.accounts, place.secrets, **more)
    unsent = Unsent(unsent_of(place.ledger))
    open_house(House(trials, door, place.is_secure, demo, unsent))
    try:
        yield get_wsgi_application()
    finally:
        unsent.close()
        door.close()
        trials.close()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with one worker of several threads, which opens the ledger itself."""

    def __init__(self, place: Place, ready: Callable[[], None], demo: Demo | None) -> None:
        self._place = place
        self._demo = demo
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        """Set what the site needs; nothing is read from files or the environment."""
        held = {
            "bind": f"{self._place.host if ':' not in self._place.host else f'[{self._place.host}]'}:{self._place.port}",
            "workers": 1,
            "threads": self._place.threads,
            "worker_class": "gthread",
            "loglevel": "warning",
            "accesslog": None,
            "proc_name": "celltrial",
            "limit_request_line": 8190,
            "forwarded_allow_ips": "127.0.0.1,::1",
            "when_ready": lambda server: self._ready(),  # noqa: ARG005
        }
        for name, value in held.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Open the site in the worker; it is let go when the process ends."""
        import atexit

        context = opened(self._place, self._demo)
        application = context.__enter__()
        atexit.register(context.__exit__, None, None, None)
        return application


def serve(place: Place, ready: Callable[[], None], demo: Demo | None = None) -> None:
    """Serve until the process is ended; `ready` is called once the address answers."""
    check_place(place)
    site_key(place.key)
    _Server(place, ready, demo).run()
