"""BE, BS, RELSPEC: the genealogy of a batch from the material of a subject to the bag that was given.

An autologous product is a descendant of its subject's specimen: starting material (level 1), batch (2), bag (3). Batches that
were never given stay in, because the failures are what they are counted from. What no standard says is said in the reviewer's
guide: that this is a proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.batch import events as batches
from celltrial.conduct.facts.subject.events import LeukapheresisPerformed
from celltrial.core.measured import Measured
from celltrial.exchange.sdtm.naming import short_name, unit_of
from celltrial.exchange.sdtm.study import Row, Study, seen

MATERIAL: Final = "LEUKAPHERESIS PRODUCT"
PRODUCT: Final = "CELL PRODUCT"

#: What happens to a batch: term, word, who holds it afterwards.
_EVENTS: Final[Mapping[type[Any], tuple[str, str, Callable[[Any], str]]]] = {
    batches.BatchCollected: ("Starting material collected", "COLLECTED", lambda _: ""),
    batches.MaterialReceived: ("Starting material received", "RECEIVED", lambda fact: fact.facility),
    batches.ManufactureStarted: ("Manufacture started", "MANUFACTURE STARTED", lambda _: ""),
    batches.ManufactureFailed: ("Manufacture failed", "MANUFACTURE FAILED", lambda _: ""),
    batches.ManufactureCompleted: ("Manufacture completed", "MANUFACTURED", lambda _: ""),
    batches.BatchReleased: ("Released", "RELEASED", lambda _: ""),
    batches.BatchRejected: ("Rejected", "REJECTED", lambda _: ""),
    batches.BatchOutOfSpecification: ("Out of specification", "OUT OF SPECIFICATION", lambda _: ""),
    batches.BatchShipped: ("Shipped", "SHIPPED", lambda fact: fact.courier),
    batches.CustodyHandedOver: ("Handed over", "HANDED OVER", lambda fact: fact.to_holder),
    batches.BatchReceived: ("Received at the site", "RECEIVED", lambda fact: fact.site),
    batches.BatchThawed: ("Thawed", "THAWED", lambda _: ""),
    batches.BatchExpired: ("Expired", "EXPIRED", lambda _: ""),
    batches.BatchInfused: ("Infused", "INFUSED", lambda _: ""),
    batches.BatchReturned: ("Returned", "RETURNED", lambda _: ""),
    batches.BatchDestroyed: ("Destroyed", "DESTROYED", lambda _: ""),
    batches.BatchRecalled: ("Recalled", "RECALLED", lambda _: ""),
}
#: Facts about the material before there is a product.
_OF_MATERIAL: Final = frozenset({batches.BatchCollected, batches.MaterialReceived})


def owners(study: Study) -> dict[str, str]:
    """Return the subject of each batch."""
    found = {fact.batch: fact.subject for fact in study.log.facts(batches.BatchPlanned)}
    found |= {fact.batch: fact.subject for fact in study.log.facts(LeukapheresisPerformed)}
    return found | {fact.batch: fact.subject for fact in study.log.facts(batches.ManufactureStarted)}


def material_id(batch: str) -> str:
    """Return what the starting material of a batch is called: it has no number of its own in the ledger."""
    return f"{batch}/MATERIAL"


def specimen_events(study: Study) -> list[Row]:
    """Return BE: what happened to material, batch and bags."""
    of = owners(study)
    found: list[tuple[int, str, Row]] = []
    for event, (term, word, party) in _happened(study):
        batch = event.fact.batch
        if batch not in of:
            continue
        name, precision = of[batch], event.precision
        about = material_id(batch) if type(event.fact) in _OF_MATERIAL else batch
        for reference in getattr(event.fact, "bags", ()) or (about,):
            row: Row = {
                "BEREFID": reference if isinstance(reference, str) else reference.bag,
                "BETERM": term,
                "BEDECOD": word,
                "BECAT": "PRODUCT",
                "BEPARTY": seen(party(event.fact)),
                **study.times(name, "BESTDTC", event.occurred, precision),
                **study.epoch(name, event.occurred.local_date, precision),
            }
            found.append((event.position, name, row))
    return study.numbered("BE", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _happened(study: Study) -> Iterator[tuple[Event[Any], tuple[str, str, Callable[[Any], str]]]]:
    for kind, said in _EVENTS.items():
        for event in study.log.of(kind):
            yield event, said


def specimen_findings(study: Study) -> list[Row]:
    """Return BS: cells collected, and each release test of each batch."""
    of = owners(study)
    found: list[tuple[int, str, Row]] = []
    for taken in study.log.of(LeukapheresisPerformed):
        fact = taken.fact
        if fact.collected_cells is not None:
            value = Measured.read(fact.collected_cells)
            row = _result("nucleated cells", value, "", f"{fact.collected_cells:f}") | {
                "BSORRESU": "cells",
                "BSSTRESU": "cells",
            }
            row |= {"BSREFID": material_id(fact.batch), "BSCAT": "COLLECTION", "BSSPEC": MATERIAL}
            found.append((taken.position, fact.subject, row | study.occurred(taken, "BSDTC")))
    for event in study.log.of(batches.QualityTested):
        tested = event.fact
        if tested.batch not in of:
            continue
        name = of[tested.batch]
        verdict = {True: "PASSED", False: "FAILED", None: ""}[tested.passed]
        reported = str(tested.value) if tested.value is not None else verdict
        if not reported:
            continue
        row = _result(tested.attribute, tested.value, tested.unit, reported)
        row |= {"BSREFID": tested.batch, "BSCAT": "RELEASE TEST", "BSSPEC": PRODUCT}
        row |= study.times(name, "BSDTC", event.occurred, event.precision)
        found.append((event.position, name, row | study.epoch(name, event.occurred.local_date, event.precision)))
    return study.numbered("BS", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _result(attribute: str, value: Measured | None, unit: str, reported: str) -> Row:
    code, name = short_name(attribute)
    number = float(value.number) if value is not None and value.number is not None and value.is_exact else None
    said = unit_of(unit) if value is not None else ""
    return {
        "BSTESTCD": code,
        "BSTEST": name,
        "BSORRES": reported,
        "BSORRESU": said,
        "BSSTRESC": f"{number:.15g}" if number is not None else reported,
        "BSSTRESN": number,
        "BSSTRESU": said,
    }


def genealogy(study: Study) -> list[Row]:
    """Return RELSPEC: material, batch and bags of each subject, each with what it was made from."""
    of = owners(study)
    collected = {fact.batch for fact in study.log.facts(batches.BatchCollected)}
    made = {fact.batch for fact in study.log.facts(batches.ManufactureStarted)} | {
        fact.batch for fact in study.log.facts(batches.BatchInfused)
    }
    bags = {(fact.batch, bag.bag) for fact in study.log.facts(batches.BatchReleased) for bag in fact.bags}
    rows: list[Row] = []

    def add(batch: str, reference: str, specimen: str, parent: str, level: int) -> None:
        lead: Row = {"STUDYID": study.trial, "USUBJID": study.usubjid(of[batch]), "REFID": reference}
        rows.append(lead | {"SPEC": specimen, "PARENT": parent, "LEVEL": level})

    for batch in sorted(collected & set(of)):
        add(batch, material_id(batch), MATERIAL, "", 1)
    for batch in sorted(made & set(of)):
        add(batch, batch, PRODUCT, material_id(batch) if batch in collected else "", 2)
    for batch, bag in sorted(bags):
        if batch in of and batch in made:
            add(batch, bag, PRODUCT, batch, 3)
    return rows
