"""TA, TE, TV, TI, TS, IE: the design of the trial, its criteria by version, and the parameters that the records tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.subject.events import EligibilityConfirmed, EvidenceRecorded, SubjectDiscontinued
from celltrial.conduct.facts.trial.events import ProtocolAmended, ProtocolApproved, TrialRegistered
from celltrial.conduct.gates.eligibility import value_truth
from celltrial.conduct.vocabulary import ExitReason
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity, concept_code
from celltrial.core.truth import Truth
from celltrial.exchange.cohort.mapping import english_title
from celltrial.exchange.sdtm.countries_data import ALPHA_3
from celltrial.exchange.sdtm.elements import Element, PlannedArm, arms_of
from celltrial.exchange.sdtm.study import Row, Study
from celltrial.exchange.sdtm.subjects import planned_arm, scheduled, visit_numbers
from celltrial.exchange.usdm.terminology_data import BLINDING, MODELS, PHASES, REGISTRIES
from celltrial.protocol import Protocol, load_canonical
from celltrial.protocol.model.population import Criterion

#: Longest text that a transport file holds; a longer one goes on in a further row.
_MOST: Final = 200
_TERMINOLOGY: Final = "CDISC CT"


def arms(study: Study) -> list[PlannedArm]:
    """Return the arms: of the protocol, or of a randomised trial without named arms those that somebody was drawn to."""
    if study.protocol is None:
        return []
    planned = list(arms_of(study.protocol))
    if not planned and not study.blinded:
        drawn = {arm.code: arm for name in study.steps if (arm := planned_arm(study, name)) is not None}
        planned = [drawn[code] for code in sorted(drawn)]
    return planned


def trial_arms(study: Study) -> list[Row]:
    """Return TA: the elements of each arm, in order."""
    rows: list[Row] = []
    for arm in arms(study):
        way = [item for item in study.elements if _is_of(item, arm)]
        for order, element in enumerate(way, start=1):
            last = order == len(way)
            rows.append(
                {
                    "STUDYID": study.trial,
                    "DOMAIN": "TA",
                    "ARMCD": arm.code,
                    "ARM": arm.name,
                    "TAETORD": order,
                    "ETCD": element.code,
                    "ELEMENT": element.name,
                    "TABRANCH": f"Assigned to {arm.name}"[:_MOST] if element.code == "SCRN" else "",
                    "TATRANS": ""
                    if last
                    else "A subject who leaves treatment before the cells goes to the end of participation",
                    "EPOCH": element.epoch,
                }
            )
    return rows


def _is_of(element: Element, arm: PlannedArm) -> bool:
    if element.code == "SCRN":
        return True
    return arm.experimental is (element.code != "CTRL")


def trial_elements(study: Study) -> list[Row]:
    """Return TE."""
    return [
        {
            "STUDYID": study.trial,
            "DOMAIN": "TE",
            "ETCD": item.code,
            "ELEMENT": item.name,
            "TESTRL": item.starts,
            "TEENRL": item.ends,
            "TEDUR": item.duration,
        }
        for item in study.elements
    ]


def trial_visits(study: Study) -> list[Row]:
    """Return TV: the visits of follow-up as they were scheduled for those who were infused."""
    numbers = visit_numbers(study)
    found: dict[str, tuple[int, int, int]] = {}
    for one, starts in scheduled(study):
        due, opens, closes = ((day - starts).days for day in (one.due, one.opens, one.closes))
        found.setdefault(one.visit, (due, opens, closes))
    rows: list[Row] = []
    for visit, (due, opens, closes) in found.items():
        rule = f"Due on day {due} after infusion, from day {opens} to day {closes}"
        row: Row = {"STUDYID": study.trial, "DOMAIN": "TV", "VISITNUM": numbers[visit], "VISIT": visit}
        rows.append(row | {"TVSTRL": rule, "TVENRL": "End of the contact"})
    return rows


def versions(study: Study) -> list[tuple[str, Protocol]]:
    """Return the versions of the protocol that came into force, in order."""
    events: list[Event[ProtocolApproved] | Event[ProtocolAmended]] = [
        *study.log.of(ProtocolApproved),
        *study.log.of(ProtocolAmended),
    ]
    events.sort(key=lambda event: event.position)
    return [(event.fact.version, load_canonical(event.fact.document)) for event in events]


def criterion_code(criterion: Criterion) -> str:
    """Return the short name of a criterion: its id without signs, at most 8."""
    plain = "".join(sign for sign in criterion.id.upper() if sign.isalnum())
    return (plain if plain[0].isalpha() else f"C{plain}")[:8]


def criteria(study: Study) -> list[Row]:
    """Return TI: every criterion of every version."""
    rows: list[Row] = []
    for version, protocol in versions(study):
        for item in protocol.population.criteria:
            text = item.text.said("en")
            rows.append(
                {
                    "STUDYID": study.trial,
                    "DOMAIN": "TI",
                    "IETESTCD": criterion_code(item),
                    "IETEST": text[:_MOST],
                    "IECAT": item.kind.upper(),
                    "TIRL": f"{item.concept} {item.operator} {item.value} {item.unit}".strip()[:_MOST],
                    "TIVERS": version,
                }
            )
    return rows


def exceptions(study: Study) -> list[Row]:
    """Return IE: criteria that the evidence on record does not meet, of those who left for eligibility or were let in.

    A criterion that nobody has recorded evidence for is not told to be unmet.
    """
    if study.protocol is None:
        return []
    confirmed = {fact.subject for fact in study.log.facts(EligibilityConfirmed)}
    left = {fact.subject for fact in study.log.facts(SubjectDiscontinued) if fact.reason is ExitReason.ELIGIBILITY_LOST}
    asked = [name for name in sorted(study.steps) if (name in left and name not in confirmed)]
    last: dict[tuple[str, str], Event[EvidenceRecorded]] = {}
    for event in study.log.of(EvidenceRecorded):
        last[event.fact.subject, concept_code(event.fact.concept)] = event
    rows = []
    for name in asked:
        for item in study.protocol.population.criteria:
            shown = last.get((name, concept_code(item.concept)))
            if shown is None or item.source == "manual" or _met(item, shown.fact) is not False:
                continue
            # the answer to the criterion itself: an inclusion criterion that is not met says N, an exclusion criterion Y
            answer = "N" if item.kind == "inclusion" else "Y"
            row: Row = {
                "IETESTCD": criterion_code(item),
                "IETEST": item.text.said("en")[:_MOST],
                "IECAT": item.kind.upper(),
            }
            row |= {"IEORRES": answer, "IESTRESC": answer, **study.on(shown, "IEDTC", shown.fact.on)}
            rows.append((name, row))
    return study.numbered("IE", rows)


def _met(item: Criterion, shown: EvidenceRecorded) -> bool | None:
    try:
        truth = value_truth(item, shown.value, shown.unit)
    except UserError:
        return None
    if truth is Truth.UNKNOWN:
        return None
    return (truth is Truth.TRUE) is (item.kind == "inclusion")


def summary(study: Study) -> list[Row]:
    """Return TS: what protocol and records tell of the trial; a parameter that they do not tell is left out."""
    rows: list[Row] = []
    counts: dict[str, int] = {}
    for code, value, term, terminology in (*_of_records(study), *_of_protocol(study)):
        name = _PARAMETERS[code]
        texts = [value] if len(value) <= _MOST else _parts(value)
        for text in texts:
            counts[code] = counts.get(code, 0) + 1
            row: Row = {"STUDYID": study.trial, "DOMAIN": "TS", "TSSEQ": counts[code], "TSPARMCD": code, "TSPARM": name}
            row |= {"TSVAL": text, "TSVALCD": term, "TSVCDREF": terminology}
            rows.append(row | {"TSVCDVER": RELEASE if terminology == _TERMINOLOGY else ""})
    return rows


#: Release of the terminology that the codes of values were checked against.
RELEASE: Final = "2025-09-26"
Said = tuple[str, str, str, str]
_YES: Final = ("Y", "C49488", _TERMINOLOGY)
_NO: Final = ("N", "C49487", _TERMINOLOGY)
_PARAMETERS: Final = {
    "ACTSUB": "Actual Number of Subjects",
    "ADAPT": "Adaptive Design",
    "AGEMAX": "Planned Maximum Age of Subjects",
    "AGEMIN": "Planned Minimum Age of Subjects",
    "DCUTDESC": "Data Cutoff Description",
    "DCUTDTC": "Data Cutoff Date",
    "FCNTRY": "Planned Country of Investigational Sites",
    "HLTSUBJI": "Healthy Subject Indicator",
    "INDIC": "Trial Disease/Condition Indication",
    "INTMODEL": "Intervention Model",
    "INTTYPE": "Intervention Type",
    "NARMS": "Planned Number of Arms",
    "OBJPRIM": "Trial Primary Objective",
    "OBJSEC": "Trial Secondary Objective",
    "OUTMSPRI": "Primary Outcome Measure",
    "OUTMSSEC": "Secondary Outcome Measure",
    "PLANSUB": "Planned Number of Subjects",
    "RANDOM": "Trial is Randomized",
    "REGID": "Registry Identifier",
    "ROUTE": "Route of Administration",
    "SDTIGVER": "SDTM IG Version",
    "SDTMVER": "SDTM Version",
    "SPONSOR": "Clinical Study Sponsor",
    "SSTDTC": "Study Start Date",
    "STYPE": "Study Type",
    "TBLIND": "Trial Blinding Schema",
    "TINDTP": "Trial Intent Type",
    "TITLE": "Trial Title",
    "TPHASE": "Trial Phase Classification",
    "TRT": "Investigational Therapy or Treatment",
}


def _parts(text: str) -> list[str]:
    """Return a long text in parts that a row holds, cut between words."""
    found, held = [], ""
    for word in text.split(" "):
        if held and len(held) + 1 + len(word) > _MOST:
            found.append(held)
            held = word
        else:
            held = f"{held} {word}".strip()
    return [*found, held]


def _of_records(study: Study) -> Iterator[Said]:
    registered = next(iter(study.log.facts(TrialRegistered)), None)
    if registered is not None and study.protocol is None:
        yield "TITLE", english_title(registered.title), "", ""
    if registered is not None and registered.sponsor:
        yield "SPONSOR", registered.sponsor, "", ""
    enrolled = sum(person.enrolled is not None for person in study.steps.values())
    yield "ACTSUB", str(enrolled), "", ""
    consents = [person.consented for person in study.steps.values() if person.consented is not None]
    if consents and not study.stand_in:
        yield "SSTDTC", min(consents).isoformat(), "", "ISO 8601"
    last = study.data.last_date
    cut = study.data.cut.at
    if cut is not None:
        yield "DCUTDTC", cut.date().isoformat(), "", "ISO 8601"
        yield "DCUTDESC", f"Cut {study.data.cut.kind.value.replace('_', ' ')}", "", ""
    elif last is not None and not study.stand_in:
        yield "DCUTDTC", last.isoformat(), "", "ISO 8601"
        yield "DCUTDESC", "Everything on record; the last day of the data", "", ""
    yield "SDTIGVER", "3.4", "", ""
    yield "SDTMVER", "2.0", "", ""


def _of_protocol(study: Study) -> Iterator[Said]:
    protocol = study.protocol
    if protocol is None:
        return
    trial, about = protocol.trial, protocol.identification
    yield "TITLE", about.title.said("en"), "", ""
    if about.sponsor:
        yield "SPONSOR", about.sponsor, "", ""
    for number in about.registry_ids:
        register = next((one.name for one in REGISTRIES if number.startswith(one.prefix)), "")
        yield "REGID", number, number, register
    yield "INDIC", trial.indication.said("en"), "", ""
    yield "TRT", protocol.product.name.said("en"), "", ""
    yield "ROUTE", protocol.treatment.infusion.route.upper(), "", ""
    yield "STYPE", "INTERVENTIONAL", "C98388", _TERMINOLOGY
    yield "INTTYPE", "BIOLOGIC", "C307", _TERMINOLOGY
    yield "TINDTP", "TREATMENT", "C49656", _TERMINOLOGY
    model, blind = MODELS[trial.design], BLINDING[trial.blinding.level]
    yield (
        "INTMODEL",
        {"Single Group Study": "SINGLE GROUP", "Parallel Study": "PARALLEL"}[model.decode],
        model.code,
        _TERMINOLOGY,
    )
    yield "TBLIND", blind.decode.upper().removesuffix(" STUDY"), blind.code, _TERMINOLOGY
    phase = PHASES.get(trial.phase_label)
    if phase is not None:
        yield "TPHASE", phase.decode.upper(), phase.code, _TERMINOLOGY
    yield "RANDOM", *(_YES if trial.design == "RCT" else _NO)
    yield "HLTSUBJI", *(_YES if trial.healthy_volunteers else _NO)
    yield "ADAPT", *(_YES if protocol.escalation is not None else _NO)
    planned = arms(study)
    if planned:
        yield "NARMS", str(len(planned)), "", ""
    if protocol.confirmatory is not None and protocol.confirmatory.sample_size is not None:
        yield "PLANSUB", str(protocol.confirmatory.sample_size.enrolled), "", ""
    for item in trial.objectives:
        if item.rank in {"primary", "secondary"}:
            yield ("OBJPRIM" if item.rank == "primary" else "OBJSEC"), item.text.said("en"), "", ""
    for one in protocol.efficacy.endpoints if protocol.efficacy is not None else ():
        code = {"primary": "OUTMSPRI", "key_secondary": "OUTMSSEC", "secondary": "OUTMSSEC"}.get(one.rank)
        if code:
            yield code, one.text.said("en"), "", ""
    for country in trial.countries:
        yield "FCNTRY", ALPHA_3.get(country, country), "", "ISO 3166-1 alpha-3"
    yield from _ages(protocol)


def _ages(protocol: Protocol) -> Iterator[Said]:
    """Yield the limits of age where a criterion of inclusion states them in years, included."""
    for item in protocol.population.criteria:
        code = {">=": "AGEMIN", "<=": "AGEMAX"}.get(item.operator)
        if item.kind == "inclusion" and item.concept == "age" and code and isinstance(item.value, float):
            years = Quantity.of(item.value, item.unit or "a").in_unit("a", "age")
            if years == int(years):
                yield code, f"P{int(years)}Y", "", "ISO 8601"
