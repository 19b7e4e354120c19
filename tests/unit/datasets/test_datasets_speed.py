"""A large trial is derived in seconds."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from celltrial.datasets import derive


@pytest.mark.parametrize("subjects", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_250_events_for_each_subject(book, subjects):
    """244,001 events took 2.1 s of one core; twenty times that is refused."""
    book.treat("S", 0)
    for visit in range(120):
        book.sample("S", 39 + visit, 1000 - visit)
    for visit in range(113):
        book.assess("S", 40 + visit, "PR")
    events = [book.events[0]]
    for number in range(subjects):
        for event in book.events[1:]:
            events.append(renamed(event, f"S{number:04d}", len(events) + 1))
    assert len(events) > 240 * subjects
    began = time.process_time()
    data = derive(events)
    elapsed = time.process_time() - began
    assert (data.adsl.height, data.adpc.height, data.adrs.height) == (subjects, 120 * subjects, 113 * subjects)
    assert elapsed < 0.04 * subjects + 2


def renamed(event, name, position):
    changes = {"subject": name} if hasattr(event.fact, "subject") else {}
    if hasattr(event.fact, "batch"):
        changes["batch"] = f"{name}-B1"
    return event._replace(position=position, fact=replace(event.fact, **changes))
