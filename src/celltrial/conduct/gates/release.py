"""Availability gate: released, not taken back, received intact where the protocol asks so, unexpired when needed."""

from __future__ import annotations

from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.core.values import ABSENT, UNKNOWN, Identifier, Term, as_written, at_most, message, or_absent

_RELEASED: Final = frozenset(
    {BatchStatus.RELEASED, BatchStatus.OOS, BatchStatus.SHIPPED, BatchStatus.RECEIVED, BatchStatus.THAWED}
)
_AT_SITE: Final = frozenset({BatchStatus.RECEIVED, BatchStatus.THAWED})


def check_available(act: Act, batch: BatchState, *, at_bedside: bool = False) -> Conditions:
    """Yield why the product is not confirmed available (2.1.3-g); no role can override it.

    at_bedside: the infusion itself, for which the batch must be at the site whatever the protocol calls available.
    """
    about, clause, field = f"batch/{batch.batch}", "2.1.3-g", "manufacturing.available_means"
    batch = batch.found_at(act.at)
    if batch.recalled:
        yield fail(Code.BATCH_RECALLED, message("batch_not_recalled"), message("recalled"), about, clause, field)
    if not batch.is_released or batch.status not in _RELEASED:
        yield fail(Code.BATCH_STATE, BatchStatus.RELEASED, batch.status, about, clause, field)
        return
    if batch.since is not None and batch.since.utc > act.at.utc:
        needed, found = message("at_moment", what=batch.status, at=act.at), message("since", when=batch.since)
        yield fail(Code.BATCH_STATE, needed, found, about, clause, field)
    if batch.is_out_of_specification:
        yield from _check_exception(act, batch, about)
    manufacturing = act.protocol.manufacturing
    must_be_received = manufacturing is None or manufacturing.available_means == "released_and_received"
    if not (must_be_received or at_bedside):
        return
    if batch.status not in _AT_SITE:
        yield fail(Code.BATCH_NOT_AVAILABLE, BatchStatus.RECEIVED, batch.status, about, clause, field)
    elif batch.received_intact is not True:
        yield fail(Code.BATCH_NOT_AVAILABLE, message("received_intact"), message("not_intact"), about, clause, field)
    elif batch.received_at_site != act.site.site:
        yield fail(
            Code.BATCH_NOT_AVAILABLE,
            message("at_site", site=Identifier(act.site.site)),
            as_written(batch.received_at_site),
            about,
            clause,
            field,
        )


def _check_exception(act: Act, batch: BatchState, about: str) -> Conditions:
    """Yield an out-of-specification batch whose use is not approved, or to which the subject does not consent any more."""
    field = "manufacturing.out_of_specification"
    if not batch.oos_use_approved:
        yield fail(Code.OOS_NOT_ALLOWED, message("approved_use"), ABSENT, about, "2.1.3-h", field)
    if ConsentKind.OUT_OF_SPECIFICATION not in act.subject.consents:
        needed = message("consent", kind=ConsentKind.OUT_OF_SPECIFICATION)
        yield fail(Code.CONSENT_MISSING, needed, ABSENT, act.about, "2.1.3-h", field)


def check_expiry(batch: BatchState, needed_at: Instant) -> Conditions:
    """Yield a batch that expires before it is needed, or whose expiry is unknown."""
    expires = batch.expires
    if expires is None or expires.utc <= needed_at.utc:
        found = UNKNOWN if expires is None else expires
        needed = message("unexpired_at", when=needed_at)
        yield fail(Code.BATCH_EXPIRED, needed, found, f"batch/{batch.batch}", "2.1.3-g", "manufacturing.shelf_life")


def check_thawed(batch: BatchState, given_at: Instant) -> Conditions:
    """Yield a batch that was frozen and has no thaw on record by the moment it is given; a fresh one needs none."""
    if not batch.needs_thaw or (batch.thawed is not None and batch.thawed.utc <= given_at.utc):
        return
    found = or_absent(batch.thawed)
    yield fail(
        Code.THAW_MISSING, at_most(given_at), found, f"batch/{batch.batch}", "2.1.3-g", "manufacturing.preservation"
    )


def check_release_tests(act_tests: tuple[str, ...], batch: BatchState) -> Conditions:
    """Yield release tests that were not done or not passed."""
    about, field = f"batch/{batch.batch}", "manufacturing.release_tests"
    for name in act_tests:
        test = next((done for done in batch.tests.values() if same_term(done.attribute, name, "release_test")), None)
        if test is None or test.passed is None:
            yield fail(
                Code.TEST_MISSING,
                Term("release_test", name),
                ABSENT if test is None else message("not_decided"),
                about,
                "2.2.2.2-a",
                field,
            )
    for test in batch.tests.values():
        if test.passed is False:
            yield fail(
                Code.TEST_FAILED,
                message("passed", test=Term("release_test", test.attribute)),
                message("failed"),
                about,
                "2.2.2.2-a",
                field,
            )
