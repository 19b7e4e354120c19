"""Handler of the vein-to-vein board: the lanes of a trial at a moment, as its reader may see them."""

from __future__ import annotations

from celltrial.app.acting import moment_of
from celltrial.app.rehearsing import trial_session
from celltrial.app.session import codec, only_trial
from celltrial.conduct.acts.account.blinding import broken_to, is_blinded, without_closed
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import TrialState
from celltrial.core.dates import Instant
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.lanes import Lane, StepDates, vein_to_vein_lanes
from celltrial.datasets.trial_data import DataCut
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger


def board(
    ledger: str, trial: str | None, at: str | None = None, zone_name: str | None = None, reader: Actor | None = None
) -> tuple[TrialState, Instant, tuple[Lane, ...]]:
    """Return the state, the moment, and a lane for each subject: of the reader's site where the role belongs to one.

    What reveals an arm is left out where the reader is blinded, but for subjects whose code was broken to them.
    """
    with open_ledger(ledger) as opened:
        name = only_trial(opened, trial)
        events = list(Journal(opened, codec()).events(name))
    whole = fold(events)
    with trial_session(ledger, name, start=whole) as session:
        moment = moment_of(at, zone_name, session.now())
    if reader is not None and is_blinded(whole, reader):
        events = list(without_closed(events, reader.role, broken_to(events, reader.id)))
    state = fold(events)
    lanes = vein_to_vein_lanes(StepDates(cut_events(events, DataCut()).events), state, moment)
    site = reader.site if reader is not None else None
    return state, moment, tuple(lane for lane in lanes if site is None or lane.site == site)
