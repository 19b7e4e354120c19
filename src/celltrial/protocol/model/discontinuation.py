"""When a participant's treatment ends for good, and what leaving the trial means."""

from __future__ import annotations

from celltrial.protocol.model.base import LocalText, Section


class Discontinuation(Section):
    """What ends the trial intervention for one participant, and what happens on withdrawal from the trial.

    of_intervention: each reason for which a participant is not treated further.
    of_trial:        what a participant who withdraws is asked, and what is done with data and samples.
    """

    of_intervention: tuple[LocalText, ...] = ()
    of_trial: LocalText | None = None
    loss: LocalText | None = None
