"""A review counts persons: what should be followed takes two under its justification, whoever hands their names over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.app.approving import reasons_signed
from celltrial.app.planning import open_protocol
from celltrial.app.reviewing import review_protocol
from celltrial.conduct.vocabulary import ReasonSigned, ReviewEvidence, Signature
from celltrial.core.dates import Instant

PLAN = open_protocol(Path(__file__).resolve().parents[3] / "examples" / "cd19-car-t-single-arm.yaml")
#: A clause that should be followed; the plan gives a reason for departing from it.
CLAUSE = "2.3.1-a"
AT = "2026-03-01T02:00:00+00:00"
NOON = Instant(datetime(2026, 3, 2, 4, tzinfo=UTC))


def signature(account: str) -> Signature:
    return Signature(account, account.title(), "sponsor", "approval", NOON)


@pytest.mark.parametrize(
    ("names", "status", "missing"),
    [((), "finding", 2), (("Ann",), "finding", 1), (("Ann", "Ann"), "finding", 1), (("Ann", "Bo"), "justified", 0)],
)
def test_a_clause_that_should_be_followed_takes_two_persons(names, status, missing):
    verdict = review_protocol(PLAN, signed={CLAUSE: names}).verdict(CLAUSE)
    assert (verdict.status.value, verdict.signatures_missing, verdict.signers) == (status, missing, names)


def test_who_approves_counts_once():
    """The officer who justified and approves is one person; with another one there are two."""
    held = ReviewEvidence(
        "register", "1", justified=(CLAUSE,), second=(CLAUSE,), signers=(ReasonSigned(CLAUSE, "lead", "Lead", AT),)
    )
    assert reasons_signed(held, (signature("lead"),)) == {CLAUSE: (f"Lead ({AT})",)}
    both = reasons_signed(held, (signature("lead"), signature("eve")))
    assert both == {CLAUSE: (f"Lead ({AT})", "Eve (2026-03-02T04:00:00+00:00)")}
    assert review_protocol(PLAN, signed=both).verdict(CLAUSE).status.value == "justified"


def test_an_approval_of_before_names_its_own_signers_alone():
    """A record that does not tell who signed a justification is no proof of two."""
    old = ReviewEvidence("register", "1", justified=(CLAUSE,))
    assert reasons_signed(old, (signature("lead"),)) == {CLAUSE: ("Lead (2026-03-02T04:00:00+00:00)",)}
    assert reasons_signed(None, (signature("lead"),)) == {}
