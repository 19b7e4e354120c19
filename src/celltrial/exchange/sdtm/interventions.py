"""EX, EC, CM, PR: cells, lymphodepletion, drugs, procedures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven, NewTherapyStarted
from celltrial.conduct.facts.batch.events import BatchReleased
from celltrial.conduct.facts.subject.events import (
    AdministrationOmitted,
    BridgingTherapyGiven,
    CellsInfused,
    LeukapheresisPerformed,
    LymphodepletionAdministered,
)
from celltrial.exchange.sdtm.study import Row, Study, seen

#: The dose form of cells.
FORM: Final = "INJECTION, SUSPENSION"
#: Kinds of a new therapy that are procedures and no drugs.
PROCEDURES: Final = frozenset({"transplant", "radiotherapy", "surgery"})
CELLS: Final = "CELLS"


def product_name(study: Study, subject: str) -> str:
    """Return what the cells are called: the product that the records tell of the subject, else that of the protocol.

    A blinded reader is not told which product it was.
    """
    if study.blinded:
        return "BLINDED"
    found = study.data.adsl.filter(study.data.adsl["usubjid"] == subject)["product"].to_list()
    if found and found[0]:
        return str(found[0])
    return study.protocol.product.name.said("en") if study.protocol is not None else "Cells"


def exposures(study: Study) -> list[Row]:
    """Return EX: one row for each infusion and for each agent of lymphodepletion on each day."""
    found: list[tuple[int, str, Row]] = []
    for event in study.log.of(CellsInfused):
        fact = event.fact
        dose, unit = _dose(fact)
        row: Row = {
            "EXLNKID": str(fact.number),
            "EXTRT": product_name(study, fact.subject),
            "EXCAT": CELLS,
            "EXDOSE": dose,
            "EXDOSU": unit,
            "EXDOSFRM": FORM,
            "EXROUTE": fact.route.upper(),
            "EXLOT": seen(fact.batch),
            **study.occurred(event, "EXSTDTC"),
            **study.times(fact.subject, "EXENDTC", event.occurred, event.precision),
        }
        found.append((event.position, fact.subject, row))
    for agent in study.log.of(LymphodepletionAdministered):
        given = agent.fact
        row = {
            "EXTRT": given.agent.upper(),
            "EXCAT": "LYMPHODEPLETION",
            "EXDOSE": float(given.dose),
            "EXDOSU": given.unit,
            **study.on(agent, "EXSTDTC", given.on),
            **study.times(given.subject, "EXENDTC", given.on),
        }
        found.append((agent.position, given.subject, row))
    return study.numbered("EX", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _dose(fact: CellsInfused) -> tuple[float | None, str]:
    """Return the dose in the unit of the protocol; no number per kilogram without a weight."""
    if fact.delivered_cells is None:
        return None, ""
    if not fact.per_kg:
        return float(fact.delivered_cells), "cells"
    if fact.weight_kg is None or fact.weight_kg <= 0:
        return None, ""
    return float(fact.delivered_cells / fact.weight_kg), "cells/kg"


def exposure_qualifiers(study: Study, rows: list[Row]) -> list[tuple[Row, str, str, str]]:
    """Return what else is recorded of each infusion: (row of EX, name, label, value)."""
    found = []
    cells = [row for row in rows if row["EXCAT"] == CELLS]
    by_key = {(row["USUBJID"], row["EXLNKID"], row["EXLOT"]): row for row in cells}
    for fact in study.log.facts(CellsInfused):
        parent = by_key[study.usubjid(fact.subject), str(fact.number), seen(fact.batch)]
        stated: Mapping[str, tuple[str, Decimal | str | None]] = {
            "EXTOTAL": ("Cells Given as a Whole", fact.delivered_cells),
            "EXBASIS": (
                "Which Cells are Counted",
                fact.basis.value.upper() if fact.delivered_cells is not None else None,
            ),
            "EXWEIGHT": ("Body Weight Used (kg)", fact.weight_kg),
            "EXVOLML": ("Volume Given (mL)", fact.volume_ml),
            "EXCONF": ("Within Specification and Dose Band", "Y" if fact.conforming else "N"),
            "EXCOURSE": ("Course of the Protocol", fact.course),
            "EXADMIN": ("Administration of the Course", fact.administration),
        }
        for name, (label, value) in stated.items():
            if value not in {None, ""}:
                found.append((parent, name, label, f"{value:f}" if isinstance(value, Decimal) else str(value)))
    return found


def exposures_collected(study: Study) -> list[Row]:
    """Return EC: one row for each bag that was given, and for each administration that was decided not to be given."""
    bags = {(fact.batch, bag.bag): bag.cells for fact in study.log.facts(BatchReleased) for bag in fact.bags}
    found: list[tuple[int, str, Row]] = []
    for event in study.log.of(CellsInfused):
        fact = event.fact
        for bag in fact.bags or ("",):
            cells = bags.get((fact.batch, bag)) if bag else fact.delivered_cells
            row: Row = {
                "ECREFID": bag or seen(fact.batch),
                "ECLNKID": str(fact.number),
                "ECDOSE": None if cells is None else float(cells),
                "ECDOSU": "" if cells is None else "cells",
                "ECROUTE": fact.route.upper(),
                "ECLOT": seen(fact.batch),
                **study.occurred(event, "ECSTDTC"),
                **study.times(fact.subject, "ECENDTC", event.occurred, event.precision),
            }
            found.append((event.position, fact.subject, _collected(study, event, "Y") | row))
    for left_out in study.log.of(AdministrationOmitted):
        for _ in left_out.fact.omitted:
            row = {"ECREASOC": left_out.fact.reason, **study.occurred(left_out, "ECSTDTC")}
            found.append((left_out.position, left_out.fact.subject, _collected(study, left_out, "N") | row))
    return study.numbered("EC", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _collected(study: Study, event: Event[CellsInfused] | Event[AdministrationOmitted], occurred: str) -> Row:
    return {
        "ECTRT": product_name(study, event.fact.subject),
        "ECMOOD": "PERFORMED",
        "ECCAT": CELLS,
        "ECPRESP": "Y",
        "ECOCCUR": occurred,
        "ECDOSFRM": FORM,
    }


def medications(study: Study) -> list[Row]:
    """Return CM: drugs beside the product, bridging therapy, new anticancer drugs."""
    found: list[tuple[int, str, Row]] = []
    for beside in study.log.of(ConcomitantMedicationGiven):
        drug = beside.fact
        row: Row = {
            "CMTRT": drug.medication,
            "CMCAT": "CONCOMITANT",
            "CMINDC": drug.indication,
            "CMDOSE": None if drug.dose is None else float(drug.dose),
            "CMDOSU": drug.unit,
            **study.on(beside, "CMSTDTC", drug.started),
            **(study.times(drug.subject, "CMENDTC", drug.ended) if drug.ended is not None else {}),
        }
        found.append((beside.position, drug.subject, row))
    for bridge in study.log.of(BridgingTherapyGiven):
        therapy = bridge.fact
        row = {"CMTRT": therapy.therapy, "CMCAT": "BRIDGING", **study.on(bridge, "CMSTDTC", therapy.started)}
        ends = study.times(therapy.subject, "CMENDTC", therapy.ended) if therapy.ended is not None else {}
        found.append((bridge.position, therapy.subject, row | ends))
    for new in study.log.of(NewTherapyStarted):
        if new.fact.kind not in PROCEDURES:
            row = {
                "CMTRT": new.fact.therapy,
                "CMCAT": "ANTICANCER",
                "CMINDC": "",
                **study.on(new, "CMSTDTC", new.fact.on),
            }
            found.append((new.position, new.fact.subject, row))
    return study.numbered("CM", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def procedures(study: Study) -> list[Row]:
    """Return PR: collection of cells, and new therapies that are procedures."""
    found: list[tuple[int, str, Row]] = []
    for taken in study.log.of(LeukapheresisPerformed):
        row: Row = {
            "PRREFID": seen(taken.fact.batch),
            "PRTRT": "Leukapheresis",
            "PRDECOD": "LEUKAPHERESIS",
            "PRCAT": "CELL COLLECTION",
            **study.occurred(taken, "PRSTDTC"),
        }
        found.append((taken.position, taken.fact.subject, row))
    for new in study.log.of(NewTherapyStarted):
        if new.fact.kind in PROCEDURES:
            row = {"PRTRT": new.fact.therapy, "PRDECOD": new.fact.kind.upper(), "PRCAT": "ANTICANCER"}
            found.append((new.position, new.fact.subject, row | study.on(new, "PRSTDTC", new.fact.on)))
    return study.numbered("PR", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])
