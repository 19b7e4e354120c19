"""Two people on one page: what somebody else recorded since a form was shown, so that nobody overwrites what they never saw."""

from __future__ import annotations

from collections.abc import Sequence

from celltrial.site.records import Shown, shown
from celltrial.site.visit import TrialVisit

#: Name of the field in which a form carries the position of the record up to which it was made.
SEEN = "seen"


def meanwhile(visit: TrialVisit, streams: Sequence[str]) -> tuple[Shown, ...]:
    """Return what was recorded of some streams since a form was shown, without what this very form left on record.

    A form that does not say when it was shown saw everything: it is no page's.
    """
    seen, request = visit.given(SEEN), visit.given("request")
    if not seen.isascii() or not seen.isdigit():
        return ()
    found = visit.held.records(visit.actor, after=int(seen), streams=streams)
    return tuple(
        shown(item, visit.language) for item in found if not request or item.cause.partition("/")[0] != request
    )
