"""What a logged-in person asks of a trial by the command line, and what then is in its ledger."""

from __future__ import annotations

import json

from act_forger import TRIAL
from celltrial.app.session import codec
from celltrial.ledger import Journal, open_ledger


def act(celltrial, ledger, command, fields, *words):
    return celltrial(
        "act", ledger, command, "--trial", TRIAL, "--fields", json.dumps(fields), "--reason", "why", "--json", *words
    )


def events(ledger):
    with open_ledger(ledger) as opened:
        return list(Journal(opened, codec()).events(TRIAL))


def waiting(celltrial, ledger):
    return json.loads(celltrial("sign", ledger, "--json")[1])["waiting"]


def signed(desk, celltrial, ledger, account, key, *words, passphrase=None, code=None):
    """Let a person sign, with both components typed anew."""
    desk.of(account)
    desk.type(desk.passphrase if passphrase is None else passphrase, desk.code(account) if code is None else code)
    return celltrial("sign", ledger, key, *words)
