"""The design of a trial as arms and elements: what a subject goes through, read off the protocol.

The wait for a product is an element of its own, because what happens in it belongs to no treatment. Follow-up begins the day
after the window of dose-limiting toxicity; where the protocol states no window, it is one element with the infusion.
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.timing import whole_days
from celltrial.protocol import Protocol
from celltrial.protocol.regimen import is_depleted, regimen_of


@dataclass(frozen=True, slots=True)
class Element:
    """A part of the way of a subject.

    starts, ends: the rule, in words.
    duration:     in ISO 8601, "" where it varies.
    """

    code: str
    name: str
    epoch: str
    starts: str
    ends: str
    duration: str = ""


@dataclass(frozen=True, slots=True)
class PlannedArm:
    """An arm as planned; `experimental` is one in which cells are given."""

    code: str
    name: str
    experimental: bool = True


def elements_of(protocol: Protocol) -> tuple[Element, ...]:
    """Return the elements in order."""
    made = [Element("SCRN", "Screening", "SCREENING", "The main consent is signed", "The next element starts")]
    if protocol.product.cell_source == "autologous":
        made.append(
            Element(
                "COLL",
                "Cell collection and wait for the product",
                "CELL COLLECTION",
                "Cells are collected",
                "The next element starts",
            )
        )
    if any(is_depleted(protocol, one.courses[0]) for one in regimen_of(protocol).rounds):
        made.append(
            Element(
                "LD", "Lymphodepletion", "LYMPHODEPLETION", "First dose of lymphodepletion", "The next element starts"
            )
        )
    window = None if protocol.escalation is None else protocol.escalation.dlt.window
    after = "Day after the window of dose-limiting toxicity" if window is not None else "End of participation"
    made.append(
        Element(
            "CELLS",
            "Infusion of cells",
            "TREATMENT",
            "First infusion of cells",
            after,
            "" if window is None else f"P{whole_days(window)}D",
        )
    )
    if window is not None:
        made.append(Element("FU", "Follow-up", "FOLLOW-UP", after, "End of participation"))
    if any(not arm.experimental for arm in arms_of(protocol)):
        made.append(Element("CTRL", "Control", "TREATMENT", "Randomisation", "End of participation"))
    return tuple(made)


def arms_of(protocol: Protocol) -> tuple[PlannedArm, ...]:
    """Return the arms: those that are randomised to, the dose levels of an escalation, or the one there is.

    A randomised protocol that names no arms has none here: what its arms are called is then said by the records alone.
    """
    if protocol.arms:
        return tuple(
            PlannedArm(arm.id.upper()[:20], arm.name.said("en"), arm.kind == "experimental") for arm in protocol.arms
        )
    if protocol.trial.design == "RCT":
        return ()
    if protocol.trial.design == "dose_escalation":
        return tuple(level_arm(protocol, number) for number in range(1, len(protocol.dose.levels) + 1))
    return (PlannedArm("CELLS", protocol.product.name.said("en")),)


def level_arm(protocol: Protocol, level: int) -> PlannedArm:
    """Return the arm of a dose level, 1 is the lowest."""
    return PlannedArm(f"DL{level}", f"Dose level {level}: {protocol.dose.levels[level - 1].label}")
