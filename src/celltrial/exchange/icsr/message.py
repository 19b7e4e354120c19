"""A case as an E2B(R3) message: MCCI_IN200100UV01 with one report, made with the standard library's XML.

Element numbers stand beside what writes them. Where a criterion of seriousness is not met, the format has no "false": it is
nullFlavor NI. Checked in the tests by `e2br3`, an independent reader of the format; the schema of ICH is not at hand.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Final
from xml.etree import ElementTree as ET

from celltrial.conduct.envelope import Precision
from celltrial.conduct.vocabulary import Outcome, Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.exchange.icsr.case import Case, Drug, Given

_HL7: Final = "urn:hl7-org:v3"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
#: The arcs of ICH: identifiers and code lists.
_ID: Final = "2.16.840.1.113883.3.989.2.1.3"
_LIST: Final = "2.16.840.1.113883.3.989.2.1.1"
_MEDDRA: Final = "2.16.840.1.113883.6.163"
_COUNTRY: Final = "1.0.3166.1.2.2"
_OUTCOMES: Final = {
    Outcome.RECOVERED: "1",
    Outcome.RECOVERING: "2",
    Outcome.NOT_RECOVERED: "3",
    Outcome.RECOVERED_WITH_SEQUELAE: "4",
    Outcome.FATAL: "5",
    Outcome.UNKNOWN: "0",
}
#: Criteria of seriousness (E.i.3.2a to f) to their codes among the observations.
_SERIOUS: Final = {
    Seriousness.DEATH: "34",
    Seriousness.LIFE_THREATENING: "21",
    Seriousness.HOSPITALISATION: "33",
    Seriousness.DISABILITY: "35",
    Seriousness.CONGENITAL_ANOMALY: "12",
    Seriousness.IMPORTANT_MEDICAL_EVENT: "26",
}
_RESULTS: Final = {
    Relatedness.UNRELATED: "Unrelated",
    Relatedness.UNLIKELY: "Unlikely",
    Relatedness.POSSIBLE: "Possible",
    Relatedness.PROBABLE: "Probable",
    Relatedness.DEFINITE: "Definite",
    Relatedness.UNKNOWN: "Unknown",
}
_NAMES: Final = uuid.UUID("6f0f1f9e-6d0c-5b0f-9a53-1f6a4a1f4c11")


def case_id(case: Case) -> str:
    """Return the identifier of the case, which no version of it changes: country, sender without hyphens, trial and event."""
    company = case.sender.sender.replace("-", "") or "UNKNOWN"
    return f"{case.country or 'XX'}-{company}-{case.trial}.{case.event}"


def stamp(when: date | Instant, precision: Precision = Precision.DAY) -> str:
    """Return a time as HL7 writes it, as far as it is known; a moment carries the offset of its place.

    >>> from datetime import UTC, datetime
    >>> stamp(Instant(datetime(2025, 3, 1, 2, 30, tzinfo=UTC), "Asia/Shanghai"), Precision.MINUTE)
    '202503011030+0800'
    >>> stamp(date(2025, 3, 1)), stamp(date(2025, 3, 1), Precision.MONTH)
    ('20250301', '202503')
    """
    forms = {Precision.MONTH: "%Y%m", Precision.YEAR: "%Y"}
    if isinstance(when, Instant) and precision in {Precision.SECOND, Precision.MINUTE}:
        return when.local.strftime(
            "%Y%m%d%H%M" if precision is Precision.MINUTE else "%Y%m%d%H%M%S"
        ) + when.local.strftime("%z")
    day = when.local_date if isinstance(when, Instant) else when
    return day.strftime(forms.get(precision, "%Y%m%d"))


def write_message(case: Case, narrative: str, moment: Instant) -> bytes:
    """Return the message of a case; `moment` is when it is made, `narrative` H.1."""
    ET.register_namespace("", _HL7)
    ET.register_namespace("xsi", _XSI)
    made = stamp(moment, Precision.SECOND)
    root = ET.Element(f"{{{_HL7}}}MCCI_IN200100UV01", {"ITSVersion": "XML_1.0"})
    root.set(f"{{{_XSI}}}schemaLocation", "urn:hl7-org:v3 MCCI_IN200100UV01.xsd")
    name = case_id(case)
    _add(root, "id", root=f"{_ID}.22", extension=f"{name}.{made[:14]}")  # N.1.2
    _add(root, "creationTime", value=made)  # N.1.5
    _add(root, "responseModeCode", code="D")
    _add(root, "interactionId", root="2.16.840.1.113883.1.6", extension="MCCI_IN200100UV01")
    _add(root, "name", code="1", codeSystem=f"{_LIST}.1", displayName="ichicsr")  # N.1.1
    message = _add(root, "PORR_IN049016UV")
    _add(message, "id", root=f"{_ID}.1", extension=name)  # N.2.r.1
    _add(message, "creationTime", value=made)  # N.2.r.4
    _add(message, "interactionId", root="2.16.840.1.113883.1.6", extension="PORR_IN049016UV")
    for tag, code in (("processingCode", "P"), ("processingModeCode", "T"), ("acceptAckCode", "AL")):
        _add(message, tag, code=code)
    _device(message, "receiver", "RCV", f"{_ID}.12", case.sender.receiver)  # N.2.r.3
    _device(message, "sender", "SND", f"{_ID}.11", case.sender.sender)  # N.2.r.2
    act = _add(message, "controlActProcess", classCode="CACT", moodCode="EVN")
    _add(act, "code", code="PORR_TE049016UV", codeSystem="2.16.840.1.113883.1.18")
    _add(act, "effectiveTime", value=made)  # C.1.2
    _investigation(_add(act, "subject", typeCode="SUBJ"), case, narrative, name)
    _device(root, "receiver", "RCV", f"{_ID}.14", case.sender.receiver)  # N.1.4
    _device(root, "sender", "SND", f"{_ID}.13", case.sender.sender)  # N.1.3
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(parent: ET.Element, tag: str, /, **attributes: str) -> ET.Element:
    """Add an element; `kind` is its xsi:type."""
    kind = attributes.pop("kind", "")
    found = ET.SubElement(parent, f"{{{_HL7}}}{tag}")
    if kind:
        found.set(f"{{{_XSI}}}type", kind)
    for name, value in attributes.items():
        found.set(name, value)
    return found


def _text(parent: ET.Element, tag: str, text: str, /, **attributes: str) -> ET.Element:
    found = _add(parent, tag, **attributes)
    found.text = text
    return found


def _device(parent: ET.Element, tag: str, kind: str, root: str, name: str) -> None:
    device = _add(_add(parent, tag, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
    _add(device, "id", root=root, extension=name)


def _id(case: Case, what: str) -> str:
    """Return the identifier by which parts of the report point at one another; the same data give the same one."""
    return str(uuid.uuid5(_NAMES, f"{case.trial}/{case.event}/{what}"))


def _observed(parent: ET.Element, code: str, codes: str = "19") -> ET.Element:
    found = _add(parent, "observation", classCode="OBS", moodCode="EVN")
    _add(found, "code", code=code, codeSystem=f"{_LIST}.{codes}")
    return found


def _investigation(parent: ET.Element, case: Case, narrative: str, name: str) -> None:
    found = _add(parent, "investigationEvent", classCode="INVSTG", moodCode="EVN")
    _add(found, "id", root=f"{_ID}.1", extension=name)  # C.1.1
    _add(found, "id", root=f"{_ID}.2", extension=name)  # C.1.8.1
    _add(found, "code", code="PAT_ADV_EVNT", codeSystem="2.16.840.1.113883.5.4")
    _text(found, "text", narrative)  # H.1
    _add(found, "statusCode", code="active")
    _add(_add(found, "effectiveTime"), "low", value=stamp(case.first))  # C.1.4
    _add(found, "availabilityTime", value=stamp(case.latest))  # C.1.5
    assessment = _add(
        _add(found, "component", typeCode="COMP"), "adverseEventAssessment", classCode="INVSTG", moodCode="EVN"
    )
    _patient(assessment, case)
    _causality(assessment, case)
    for code, value in (("1", "false"), ("23", str(case.expedited).lower())):  # C.1.6.1, C.1.7
        observed = _add(_add(found, "component", typeCode="COMP"), "observationEvent", classCode="OBS", moodCode="EVN")
        _add(observed, "code", code=code, codeSystem=f"{_LIST}.19")
        _add(observed, "value", kind="BL", value=value)
    _sources(found, case)
    _sender(found, case)
    _characteristic(found, "1", kind="CE", code="2", codeSystem=f"{_LIST}.2")  # C.1.3, from a study
    _characteristic(found, "2", kind="BL", nullFlavor="NI")  # C.1.9.1
    reason = case.sender.nullify or case.sender.amend
    if reason:
        _characteristic(
            found, "3", kind="CE", code="1" if case.sender.nullify else "2", codeSystem=f"{_LIST}.5"
        )  # C.1.11.1
        _text(_characteristic(found, "4", kind="CE"), "originalText", reason)  # C.1.11.2


def _characteristic(parent: ET.Element, code: str, /, **value: str) -> ET.Element:
    holder = _add(parent, "subjectOf2", typeCode="SUBJ")
    found = _add(holder, "investigationCharacteristic", classCode="OBS", moodCode="EVN")
    _add(found, "code", code=code, codeSystem=f"{_LIST}.23")
    return _add(found, "value", **value)


def _sources(parent: ET.Element, case: Case) -> None:
    first = _add(
        _add(parent, "outboundRelationship", typeCode="SPRT"),
        "relatedInvestigation",
        classCode="INVSTG",
        moodCode="EVN",
    )
    _add(first, "code", code="1", codeSystem=f"{_LIST}.22")
    _add(_author(first), "code", code="2", codeSystem=f"{_LIST}.3")  # C.1.8.2, no regulator
    link = _add(parent, "outboundRelationship", typeCode="SPRT")
    _add(link, "priorityNumber", value="1")  # C.2.r.5
    reporter = _add(link, "relatedInvestigation", classCode="INVSTG", moodCode="EVN")
    _add(reporter, "code", code="2", codeSystem=f"{_LIST}.22")
    person = _add(_author(reporter), "assignedPerson", classCode="PSN", determinerCode="INSTANCE")
    known = case.sender.qualification
    qualified = _add(person, "asQualifiedEntity", classCode="QUAL")
    _add(
        qualified, "code", **({"code": known, "codeSystem": f"{_LIST}.6"} if known else {"nullFlavor": "UNK"})
    )  # C.2.r.4
    if case.country:
        place = _add(
            _add(person, "asLocatedEntity", classCode="LOCE"),
            "location",
            classCode="COUNTRY",
            determinerCode="INSTANCE",
        )
        _add(place, "code", code=case.country, codeSystem=_COUNTRY)  # C.2.r.3


def _author(parent: ET.Element) -> ET.Element:
    act = _add(_add(parent, "subjectOf2", typeCode="SUBJ"), "controlActEvent", classCode="CACT", moodCode="EVN")
    return _add(_add(act, "author", typeCode="AUT"), "assignedEntity", classCode="ASSIGNED")


def _sender(parent: ET.Element, case: Case) -> None:
    act = _add(_add(parent, "subjectOf1", typeCode="SUBJ"), "controlActEvent", classCode="CACT", moodCode="EVN")
    entity = _add(_add(act, "author", typeCode="AUT"), "assignedEntity", classCode="ASSIGNED")
    if case.sender.kind:
        _add(entity, "code", code=case.sender.kind, codeSystem=f"{_LIST}.7")  # C.3.1


def _patient(parent: ET.Element, case: Case) -> None:
    role = _add(_add(parent, "subject1", typeCode="SBJ"), "primaryRole", classCode="INVSBJ")
    player = _add(role, "player1", classCode="PSN", determinerCode="INSTANCE")
    _text(player, "name", case.subject)  # D.1: the code of the subject, never a name
    sex = {"M": "1", "F": "2"}.get(case.sex)
    _add(
        player,
        "administrativeGenderCode",
        **({"code": sex, "codeSystem": "1.0.5218"} if sex else {"nullFlavor": "UNK"}),
    )  # D.5
    if case.died is not None:
        _add(player, "deceasedTime", value=stamp(case.died))  # D.9.1
    study = _add(_add(role, "subjectOf1", typeCode="SBJ"), "researchStudy", classCode="CLNTRL", moodCode="EVN")
    _add(study, "id", root=f"{_ID}.5", extension=case.trial)  # C.5.3
    _add(study, "code", code="1", codeSystem=f"{_LIST}.8")  # C.5.4, a clinical trial
    if case.title:
        _text(study, "title", case.title)  # C.5.2
    for registered_as in case.registrations:
        registered = _add(
            _add(study, "authorization", typeCode="AUTH"), "studyRegistration", classCode="ACT", moodCode="EVN"
        )
        _add(registered, "id", root=f"{_ID}.6", extension=registered_as)  # C.5.1.r.1
    if case.age is not None:
        age = _observed(_add(role, "subjectOf2", typeCode="SBJ"), "3")
        _add(age, "value", kind="PQ", value=str(case.age), unit="a")  # D.2.2
    if case.weight_kg is not None:
        weight = _observed(_add(role, "subjectOf2", typeCode="SBJ"), "7")
        _add(weight, "value", kind="PQ", value=f"{case.weight_kg:f}", unit="kg")  # D.3
    _reaction(role, case)
    organizer = _add(_add(role, "subjectOf2", typeCode="SBJ"), "organizer", classCode="CATEGORY", moodCode="EVN")
    _add(organizer, "code", code="4", codeSystem=f"{_LIST}.20")
    for number, drug in enumerate(case.drugs, start=1):
        _drug(organizer, case, number, drug)


def _reaction(parent: ET.Element, case: Case) -> None:
    found = _add(_add(parent, "subjectOf2", typeCode="SBJ"), "observation", classCode="OBS", moodCode="EVN")
    _add(found, "id", root=_id(case, "reaction"))
    _add(found, "code", code="29", codeSystem=f"{_LIST}.19")
    if case.onset_precision is not Precision.UNKNOWN:
        time = _add(found, "effectiveTime", kind="IVL_TS")
        _add(time, "low", value=stamp(case.onset, case.onset_precision))  # E.i.4
        if case.ended is not None:
            _add(time, "high", value=stamp(case.ended))  # E.i.5
    coded = {"code": case.code, "codeSystemVersion": case.sender.meddra} if case.code and case.sender.meddra else {}
    value = _add(found, "value", kind="CE", codeSystem=_MEDDRA, **coded)  # E.i.2.1
    language = "eng" if case.term.isascii() else "zho"
    _text(value, "originalText", case.term, language=language)  # E.i.1.1
    if case.country:
        place = _add(_add(found, "location", typeCode="LOC"), "locatedEntity", classCode="LOCE")
        place = _add(place, "locatedPlace", classCode="COUNTRY", determinerCode="INSTANCE")
        _add(place, "code", code=case.country, codeSystem=_COUNTRY)  # E.i.9
    for criterion, code in _SERIOUS.items():  # E.i.3.2
        said = {"value": "true"} if criterion in case.seriousness else {"nullFlavor": "NI"}
        _add(_observed(_add(found, "outboundRelationship2", typeCode="PERT"), code), "value", kind="BL", **said)
    outcome = "0" if case.outcome is None else _OUTCOMES[case.outcome]
    ended = _observed(_add(found, "outboundRelationship2", typeCode="PERT"), "27")
    _add(ended, "value", kind="CE", code=outcome, codeSystem=f"{_LIST}.11")  # E.i.7


def _drug(parent: ET.Element, case: Case, number: int, drug: Drug) -> None:
    found = _add(
        _add(parent, "component", typeCode="COMP"), "substanceAdministration", classCode="SBADM", moodCode="EVN"
    )
    _add(found, "id", root=_id(case, f"drug {number}"))
    kind = _add(_add(found, "consumable", typeCode="CSM"), "instanceOfKind", classCode="INST")
    _text(_add(kind, "kindOfProduct", classCode="MMAT", determinerCode="KIND"), "name", drug.name)  # G.k.2.2
    if drug.blinded:
        hidden = _observed(_add(found, "outboundRelationship2", typeCode="PERT"), "6")
        _add(hidden, "value", kind="BL", value="true")  # G.k.2.5
    for given in drug.given:
        _administered(_add(found, "outboundRelationship2", typeCode="COMP"), given)
    if drug.indication:
        reason = _observed(_add(found, "inboundRelationship", typeCode="RSON"), "19")
        _text(_add(reason, "value", kind="CE", codeSystem=_MEDDRA), "originalText", drug.indication[:250])  # G.k.7.r.1
        performer = _add(_add(reason, "performer", typeCode="PRF"), "assignedEntity", classCode="ASSIGNED")
        _add(performer, "code", code="3", codeSystem=f"{_LIST}.21")


def _administered(parent: ET.Element, given: Given) -> None:
    found = _add(parent, "substanceAdministration", classCode="SBADM", moodCode="EVN")
    if given.text:
        _text(found, "text", given.text)  # G.k.4.r.8
    if given.precision is not Precision.UNKNOWN:
        time = _add(_add(found, "effectiveTime", kind="SXPR_TS"), "comp", kind="IVL_TS")
        _add(time, "low", value=stamp(given.start, given.precision))  # G.k.4.r.4
    if given.route:
        _text(_add(found, "routeCode"), "originalText", given.route)  # G.k.4.r.10.1
    if given.dose is not None:
        _add(found, "doseQuantity", value=f"{given.dose:f}", unit=given.unit)  # G.k.4.r.1
    if given.lot:
        kind = _add(_add(found, "consumable", typeCode="CSM"), "instanceOfKind", classCode="INST")
        lot = _add(kind, "productInstanceInstance", classCode="MMAT", determinerCode="INSTANCE")
        _text(lot, "lotNumberText", given.lot)  # G.k.4.r.7


def _causality(parent: ET.Element, case: Case) -> None:
    for number, drug in enumerate(case.drugs, start=1):
        found = _assessed(parent, "20")
        _add(found, "value", kind="CE", code="1" if drug.suspect else "2", codeSystem=f"{_LIST}.13")  # G.k.1
        _uses(found, case, number)
    suspects = [number for number, drug in enumerate(case.drugs, start=1) if drug.suspect]
    for number in suspects:
        for judged in case.judgements:
            found = _assessed(parent, "39")
            _text(found, "value", _RESULTS[judged.result], kind="ST")  # G.k.9.i.2.r.3
            entity = _add(_add(found, "author", typeCode="AUT"), "assignedEntity", classCode="ASSIGNED")
            _text(_add(entity, "code"), "originalText", judged.source)  # G.k.9.i.2.r.1
            effect = _add(
                _add(found, "subject1", typeCode="SUBJ"), "adverseEffectReference", classCode="OBS", moodCode="EVN"
            )
            _add(effect, "id", root=_id(case, "reaction"))  # G.k.9.i.1
            _uses(found, case, number)


def _assessed(parent: ET.Element, code: str) -> ET.Element:
    found = _add(_add(parent, "component", typeCode="COMP"), "causalityAssessment", classCode="OBS", moodCode="EVN")
    _add(found, "code", code=code, codeSystem=f"{_LIST}.19")
    return found


def _uses(parent: ET.Element, case: Case, number: int) -> None:
    use = _add(_add(parent, "subject2", typeCode="SUBJ"), "productUseReference", classCode="SBADM", moodCode="EVN")
    _add(use, "id", root=_id(case, f"drug {number}"))
