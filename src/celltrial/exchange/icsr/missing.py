"""What a report cannot be sent without, held against the case: mandatory elements, lengths, order of times.

These are the rules of the ICH elements that this program writes; a gateway has more. How many there are is said, never that a
report is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from celltrial.conduct.envelope import Precision
from celltrial.core.errors import Fault, fault
from celltrial.exchange.icsr.case import Case
from celltrial.exchange.icsr.message import case_id

#: How many rules `faults_of` holds a case against.
RULES: Final = 14
#: Most signs of an element.
_LENGTHS: Final = {
    "C.1.1": 100,
    "D.1": 60,
    "E.i.1.1a": 250,
    "G.k.4.r.7": 35,
    "G.k.2.2": 250,
    "N.1.3": 60,
    "N.1.4": 60,
    "C.5.3": 50,
}


def faults_of(case: Case) -> tuple[Fault, ...]:
    """Return what is missing (EXC-181), too long (EXC-182) or does not fit (EXC-183), each with the number of its element."""
    return tuple(_missing(case)) + tuple(_long(case)) + tuple(_unfit(case))


def _missing(case: Case) -> Iterator[Fault]:
    sender = case.sender
    for element, value in (
        ("N.1.3", sender.sender),
        ("N.1.4", sender.receiver),
        ("C.3.1", sender.kind),
        ("E.i.2.1a", sender.meddra),
        ("E.i.2.1b", case.code),
        ("C.2.r.3", case.country),
    ):
        if not value:
            yield fault("EXC-181", element)
    if not any(drug.suspect for drug in case.drugs):
        yield fault("EXC-181", "G.k.1")


def _long(case: Case) -> Iterator[Fault]:
    """Find what would have to be cut: an identifier that was cut is another one."""
    texts = [
        ("C.1.1", case_id(case)),
        ("D.1", case.subject),
        ("E.i.1.1a", case.term),
        ("N.1.3", case.sender.sender),
        ("N.1.4", case.sender.receiver),
        ("C.5.3", case.trial),
        *(("G.k.2.2", drug.name) for drug in case.drugs),
        *(("G.k.4.r.7", given.lot) for drug in case.drugs for given in drug.given),
    ]
    for element, text in texts:
        if len(text) > _LENGTHS[element]:
            yield fault("EXC-182", element, expected=_LENGTHS[element], found=text)


def _unfit(case: Case) -> Iterator[Fault]:
    sender = case.sender
    for element, value, form in (
        ("E.i.2.1a", sender.meddra, r"\d{1,2}\.\d"),
        ("E.i.2.1b", case.code, r"\d{8}"),
        ("C.3.1", sender.kind, r"[1-7]"),
        ("C.2.r.4", sender.qualification, r"[1-5]"),
    ):
        if value and not re.fullmatch(form, value):
            yield fault("EXC-183", element, found=value)
    if case.first.utc > case.latest.utc:
        yield fault("EXC-183", "C.1.5", found=case.latest.utc.isoformat())
    if sender.nullify and sender.amend:
        yield fault("EXC-183", "C.1.11.1", found=f"{sender.nullify}; {sender.amend}")
    exact = case.onset_precision in {Precision.SECOND, Precision.MINUTE, Precision.DAY}
    if case.ended is not None and exact and case.ended < case.onset:
        yield fault("EXC-183", "E.i.5", found=case.ended.isoformat())
