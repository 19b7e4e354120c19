"""Log-in: accounts of persons, failed attempts and lock-out, second factor, idle log-out, proof at signing.

These facts belong to an installation, not to a trial: they are in a ledger of
their own. The rules are pure; secrets stay outside (`app.credentials`) and the
rules hear only what they proved.
"""
