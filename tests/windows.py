"""Persons at browser windows of their own: Debian's chromium, headless, through playwright."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from sites import TRIAL

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parent / "site" / "axe" / "axe.min.js"
#: What a page must keep: WCAG 2.2 AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = {"desktop": 1280, "tablet": 768, "phone": 360}
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)"),
]


@contextmanager
def started():
    from playwright.sync_api import sync_playwright

    os.environ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"] = "1"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def serving(running):
    """Serve a site on loopback; lends it and its address."""
    from django.core.wsgi import get_wsgi_application

    server_class = type("Threaded", (ThreadingMixIn, WSGIServer), {"daemon_threads": True})
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield running, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Window:
    """A person at a browser window of their own; what the browser complains of is kept."""

    def __init__(self, chromium, served, account, language="en", width=1280, scheme="light"):
        self.site, self.base = served
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = context.new_page()
        self.complaints = []
        self.page.on("console", lambda told: self.complaints.append(told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{self.base}/language/{language}/")
        self.log_in(account)

    def log_in(self, account):
        self.page.goto(f"{self.base}/log-in/")
        self.page.fill("#account", account)
        self.page.fill("#passphrase", self.site.passphrase)
        self.page.fill("#code", self.site.code(account))
        self.page.click("button.main")
        assert "/log-in/" not in self.page.url, self.page.inner_text("main")

    def open(self, path):
        self.page.goto(f"{self.base}/t/{TRIAL}/{path}")
        return self.page

    def axe(self):
        """Return what axe-core finds against the rules, run beside the page so that its policy stays in force."""
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "\n;0")
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in found["violations"]]

    def is_too_wide(self):
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")

    def picture(self, name):
        """Keep a picture where somebody asked for pictures to look at."""
        folder = os.environ.get("CELLTRIAL_PICTURES")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def close(self):
        self.page.context.close()
