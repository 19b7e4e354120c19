"""LB, VS, RS, MB, IS, PC, TU, TR: what was measured, read and counted of a subject.

Evidence of screening goes where its kind belongs: a laboratory value to LB, a sign to VS, the performance status to RS, a virus
to MB. What has no such place (the diagnosis, the lines of therapy, what a judgement was made on) stays in the audit trail and is
counted in the reviewer's guide. Kinetics of the cells are in PC: values over time after a dose, of which PP has the parameters.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from celltrial.clinical.recist_lesions import NewLesion
from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.assessment.events import (
    DiseaseProgressed,
    KineticsSampled,
    LaboratoryMeasured,
    ResponseAssessed,
)
from celltrial.conduct.facts.follow_up.events import GrowthMeasured, LateSafetyTested
from celltrial.conduct.facts.subject.events import EvidenceRecorded, PreInfusionChecked
from celltrial.conduct.facts.tumour.events import LesionIdentified, LesionMeasured, TumourVisitCompleted
from celltrial.conduct.vocabulary import Assay, AssessmentSource
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity, concept_code
from celltrial.datasets.adpc import standard_value
from celltrial.exchange.sdtm.naming import LABORATORY, VITAL_SIGNS, made_name, short_name, unit_of
from celltrial.exchange.sdtm.study import Row, Study

#: Evidence about viruses, to short name and name.
VIRUSES: Final = {
    "hepatitis_b_dna_positive": ("HBVDNA", "Hepatitis B Virus DNA"),
    "hepatitis_b_dna": ("HBVDNA", "Hepatitis B Virus DNA"),
    "hiv_positive": ("HIV", "Human Immunodeficiency Virus"),
    "ebv_dna": ("EBVDNA", "Epstein-Barr Virus DNA"),
}
#: Late tests that look for a virus able to multiply.
REPLICATION: Final = {"rcl": "Replication Competent Lentivirus", "rcr": "Replication Competent Retrovirus"}
EVALUATORS: Final = {
    AssessmentSource.INVESTIGATOR: "INVESTIGATOR",
    AssessmentSource.INDEPENDENT_READER: "INDEPENDENT ASSESSOR",
    AssessmentSource.ADJUDICATED: "ADJUDICATION COMMITTEE",
    AssessmentSource.DERIVED: "PROGRAM",
}
_METHODS: Final = {Assay.QPCR: "QUANTITATIVE PCR", Assay.DDPCR: "DIGITAL DROPLET PCR", Assay.FLOW: "FLOW CYTOMETRY"}
#: Matrix of a sample to specimen.
SPECIMENS: Final = {
    "blood": "BLOOD",
    "marrow": "BONE MARROW",
    "csf": "CEREBROSPINAL FLUID",
    "tumour": "TUMOR TISSUE",
    "serum": "SERUM",
}

Found = list[tuple[int, str, Row]]


def _sorted(found: Found) -> list[tuple[str, Row]]:
    return [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])]


def laboratory(study: Study) -> list[Row]:
    """Return LB: results of laboratories, and laboratory values that were evidence of screening."""
    found: Found = []
    for event in study.log.of(LaboratoryMeasured):
        fact = event.fact
        row = _result("LB", fact.test, fact.value, fact.raw, fact.unit) | {"LBCAT": "LABORATORY"}
        row |= _limits(fact)
        found.append((event.position, fact.subject, row | study.occurred(event, "LBDTC")))
    for shown in study.log.of(EvidenceRecorded):
        evidence = shown.fact
        if concept_code(evidence.concept) in LABORATORY:
            row = _result("LB", evidence.concept, Measured.read(evidence.value), evidence.value, evidence.unit)
            row |= {"LBCAT": "SCREENING EVIDENCE", **study.on(shown, "LBDTC", evidence.on)}
            found.append((shown.position, evidence.subject, row))
    return study.numbered("LB", _sorted(found))


def _result(domain: str, test: str, value: Measured | None, raw: str, unit: str) -> Row:
    """Return a result as reported and in the standard unit; a value beyond a limit, or words, has no number."""
    code, name = short_name(test)
    number, standard = standard_value(value, unit, test)
    reported = str(value) if value is not None else raw
    shown = reported if number is None else written(number)
    said = unit_of(standard) if reported else ""
    return {
        f"{domain}TESTCD": code,
        f"{domain}TEST": name,
        f"{domain}ORRES": reported,
        f"{domain}ORRESU": unit_of(unit) if reported else "",
        f"{domain}STRESC": shown,
        f"{domain}STRESN": None if number is None else float(shown),
        f"{domain}STRESU": said,
    }


def written(number: float) -> str:
    """Return a number as it is written: 12 digits, so that what a conversion leaves behind does not show.

    >>> written(0.332999999999999), written(17.0), written(12_000_000_000.0)
    ('0.333', '17', '12000000000')
    """
    return f"{number:.12g}"


def _limits(fact: LaboratoryMeasured) -> Row:
    row: Row = {"LBORNRLO": _plain(fact.low), "LBORNRHI": _plain(fact.high)}
    ends = [_end(fact, limit) for limit in (fact.low, fact.high)]
    row |= {"LBSTNRLO": ends[0], "LBSTNRHI": ends[1]}
    number, _ = standard_value(fact.value, fact.unit, fact.test)
    if number is not None and any(end is not None for end in ends):
        low, high = ends
        row["LBNRIND"] = (
            "LOW" if low is not None and number < low else "HIGH" if high is not None and number > high else "NORMAL"
        )
    return row


def _plain(limit: Decimal | None) -> str:
    return "" if limit is None else f"{limit:f}"


def _end(fact: LaboratoryMeasured, limit: Decimal | None) -> float | None:
    return None if limit is None else standard_value(Measured.read(limit), fact.unit, fact.test)[0]


def vital_signs(study: Study) -> list[Row]:
    """Return VS: signs at the bedside before an infusion, those that were evidence of screening, and growth."""
    found: Found = []
    for shown in study.log.of(EvidenceRecorded):
        fact = shown.fact
        if concept_code(fact.concept) in VITAL_SIGNS:
            found.append(
                (
                    shown.position,
                    fact.subject,
                    _sign(fact.concept, fact.value, fact.unit) | study.on(shown, "VSDTC", fact.on),
                )
            )
    for event in study.log.of(PreInfusionChecked):
        for sign in event.fact.findings:
            if concept_code(sign.concept) in VITAL_SIGNS:
                day = study.on(event, "VSDTC", sign.on) if sign.on is not None else study.occurred(event, "VSDTC")
                found.append((event.position, event.fact.subject, _sign(sign.concept, sign.value, sign.unit) | day))
    for grown in study.log.of(GrowthMeasured):
        measured = grown.fact
        concept = {"weight": "body_weight"}.get(measured.measure, measured.measure)
        if concept in VITAL_SIGNS:
            row = _sign(concept, f"{measured.value:f}", measured.unit or VITAL_SIGNS[concept][2])
            found.append((grown.position, measured.subject, row | study.on(grown, "VSDTC", measured.on)))
    return study.numbered("VS", _sorted(found))


def _sign(concept: str, value: str, unit: str) -> Row:
    code, name, standard = VITAL_SIGNS[concept_code(concept)]
    read = Measured.read(value)
    number: float | None = None
    if read.number is not None and read.is_exact:
        try:
            number = float(
                Quantity(read.number, unit).in_unit({"C": "Cel", "mmHg": "mm[Hg]"}.get(standard, standard), concept)
            )
        except UserError:
            number = None
    return {
        "VSTESTCD": code,
        "VSTEST": name,
        "VSORRES": value,
        "VSORRESU": unit_of(unit),
        "VSSTRESC": value if number is None else written(number),
        "VSSTRESN": None if number is None else float(written(number)),
        "VSSTRESU": "" if number is None else standard,
    }


def responses(study: Study) -> list[Row]:
    """Return RS: each response by each reader, progression that was recorded alone, and the performance status."""
    found: Found = []
    for event in study.log.of(ResponseAssessed):
        fact = event.fact
        row: Row = {
            "RSTESTCD": "OVRLRESP",
            "RSTEST": "Overall Response",
            "RSCAT": fact.criteria.upper(),
            "RSORRES": fact.category,
            "RSSTRESC": fact.category,
            "RSEVAL": EVALUATORS[fact.source],
            "RSEVALID": fact.reader,
            "RSACPTFL": "Y" if fact.source is AssessmentSource.ADJUDICATED else "",
            "VISIT": fact.visit,
            **study.on(event, "RSDTC", fact.on),
        }
        found.append((event.position, fact.subject, row))
    for worse in study.log.of(DiseaseProgressed):
        one = worse.fact
        row = {
            "RSTESTCD": "PDIND",
            "RSTEST": "Disease Progression Indicator",
            "RSCAT": one.criteria.upper() or "CRITERIA NOT STATED",
            "RSORRES": "Y",
            "RSSTRESC": "Y",
            "RSEVAL": EVALUATORS[one.source],
            **study.on(worse, "RSDTC", one.on),
        }
        found.append((worse.position, one.subject, row))
    for shown in study.log.of(EvidenceRecorded):
        evidence = shown.fact
        if concept_code(evidence.concept) == "ecog":
            number = Measured.read(evidence.value)
            row = {
                "RSTESTCD": "ECOG101",
                "RSTEST": "ECOG1-Performance Status",
                "RSCAT": "ECOG",
                "RSORRES": evidence.value,
                "RSSTRESC": evidence.value,
                "RSSTRESN": float(number.number) if number.number is not None and number.is_exact else None,
                "RSEVAL": "INVESTIGATOR",
                **study.on(shown, "RSDTC", evidence.on),
            }
            found.append((shown.position, evidence.subject, row))
    return study.numbered("RS", _sorted(found))


def microbiology(study: Study) -> list[Row]:
    """Return MB: evidence about viruses, and tests for virus able to multiply."""
    found: Found = []
    for shown in study.log.of(EvidenceRecorded):
        fact = shown.fact
        if concept_code(fact.concept) in VIRUSES:
            code, name = VIRUSES[concept_code(fact.concept)]
            found.append(
                (
                    shown.position,
                    fact.subject,
                    _answer("MB", code, name, fact.value) | study.on(shown, "MBDTC", fact.on),
                )
            )
    for event in study.log.of(LateSafetyTested):
        tested = event.fact
        if tested.test in REPLICATION:
            row = _answer("MB", tested.test.upper(), REPLICATION[tested.test], _words(tested))
            found.append((event.position, tested.subject, row | study.on(event, "MBDTC", tested.on)))
    return study.numbered("MB", _sorted(found))


def immunogenicity(study: Study) -> list[Row]:
    """Return IS: late tests of antibodies; other late tests are counted as left out."""
    found: Found = []
    for event in study.log.of(LateSafetyTested):
        tested = event.fact
        if tested.test in REPLICATION:
            continue
        if "antibod" in tested.test or "immunogenicity" in tested.test:
            row = _answer("IS", made_name(tested.test), tested.test.replace("_", " ")[:40], _words(tested))
            found.append((event.position, tested.subject, row | study.on(event, "ISDTC", tested.on)))
        else:
            study.left_out["late_test"] = study.left_out.get("late_test", 0) + 1
    return study.numbered("IS", _sorted(found))


def _words(tested: LateSafetyTested) -> str:
    return {"yes": "POSITIVE", "no": "NEGATIVE", "unknown": "UNKNOWN"}[tested.answer.value]


def _answer(domain: str, code: str, name: str, value: str) -> Row:
    return {f"{domain}TESTCD": code, f"{domain}TEST": name, f"{domain}ORRES": value, f"{domain}STRESC": value.upper()}


def kinetics(study: Study) -> list[Row]:
    """Return PC: each sample of the cells or their transgene; below the limit the number stays empty, never 0."""
    found: Found = []
    for event in study.log.of(KineticsSampled):
        fact = event.fact
        if fact.raw == HIDDEN:  # closed to this reader: neither a value nor the lack of one
            study.left_out["hidden/kinetics"] = study.left_out.get("hidden/kinetics", 0) + 1
            continue
        number, unit = standard_value(fact.value, fact.unit)
        limit, _ = standard_value(None if fact.limit is None else Measured.read(fact.limit), fact.unit)
        reported = str(fact.value) if fact.value is not None else fact.raw
        row: Row = {
            "PCREFID": fact.sample,
            "PCTESTCD": made_name(fact.analyte),
            "PCTEST": fact.analyte[:40],
            "PCCAT": "CELLULAR KINETICS",
            "PCORRES": reported,
            "PCORRESU": unit_of(unit) if reported and fact.unit == unit else unit_of(fact.unit) if reported else "",
            "PCSTRESC": _in_words(fact, number, limit, reported),
            "PCSTRESN": None if fact.is_below or number is None else float(written(number)),
            "PCSTRESU": unit_of(unit) if reported else "",
            "PCSTAT": "" if reported else "NOT DONE",
            "PCSPEC": SPECIMENS.get(fact.matrix, fact.matrix.upper()),
            "PCMETHOD": _METHODS[fact.assay],
            "PCLLOQ": limit,
            **study.occurred(event, "PCDTC"),
        }
        if fact.nominal_day is not None:
            row |= {
                "PCTPT": f"DAY {fact.nominal_day}",
                "PCTPTNUM": float(fact.nominal_day),
                "PCELTM": _elapsed(fact.nominal_day),
            }
            row |= {"PCTPTREF": "INFUSION 1", **_reference(study, fact.subject)}
        found.append((event.position, fact.subject, row))
    return study.numbered("PC", _sorted(found))


def _elapsed(days: int) -> str:
    return f"P{days}D" if days >= 0 else f"-P{-days}D"


def _in_words(fact: KineticsSampled, number: float | None, limit: float | None, reported: str) -> str:
    if fact.is_below:
        return "BELOW LIMIT" if limit is None else f"<{written(limit)}"
    return reported if number is None else written(number)


def _reference(study: Study, subject: str) -> Row:
    person = study.steps.get(subject)
    infused = person.infused_at if person is not None else None
    return {"PCRFTDTC": study.text(infused)} if infused is None else {"PCRFTDTC": study.text(infused.local_date)}


def lesions(study: Study) -> list[Row]:
    """Return TU: lesions at baseline by each reader, and new ones."""
    found: Found = []
    for event in study.log.of(LesionIdentified):
        fact = event.fact
        kind = "TARGET" if fact.is_target else "NON-TARGET"
        row = _lesion(kind, fact.lesion, fact.reader) | {"TULOC": fact.organ.upper()}
        found.append((event.position, fact.subject, row | study.on(event, "TUDTC", fact.on)))
    for visit in study.log.of(TumourVisitCompleted):
        seen = visit.fact
        if seen.new_lesion is NewLesion.UNEQUIVOCAL:
            row = _lesion("NEW", f"NEW {seen.visit}", seen.reader)
            found.append((visit.position, seen.subject, row | study.on(visit, "TUDTC", seen.on)))
    return study.numbered("TU", _sorted(found))


def link(lesion: str, reader: str) -> str:
    """Return what ties the readings of one lesion by one reader together."""
    return f"{lesion}/{reader}" if reader else lesion


def _who(reader: str, prefix: str) -> Row:
    return {f"{prefix}EVAL": "INDEPENDENT ASSESSOR" if reader else "INVESTIGATOR", f"{prefix}EVALID": reader}


def _lesion(kind: str, lesion: str, reader: str) -> Row:
    said: Row = {"TULNKID": link(lesion, reader), "TUTESTCD": "TUMIDENT", "TUTEST": "Tumor Identification"}
    return said | {"TUORRES": kind, "TUSTRESC": kind, **_who(reader, "TU")}


def lesion_results(study: Study) -> list[Row]:
    """Return TR: diameters and states of lesions; one too small to measure keeps what was said, without a number."""
    found: Found = []
    for event in study.log.of(LesionIdentified):
        fact = event.fact
        if fact.diameter_mm is not None:
            row = _diameter(fact.diameter_mm) | {"VISIT": "BASELINE"}
            found.append((event.position, fact.subject, _of(event, row) | study.on(event, "TRDTC", fact.on)))
    for reading in study.log.of(LesionMeasured):
        one = reading.fact
        if one.state is not None:
            row = {
                "TRTESTCD": "TUMSTATE",
                "TRTEST": "Tumor State",
                "TRORRES": one.state.value.upper().replace("_", " "),
            }
            row["TRSTRESC"] = row["TRORRES"]
        elif one.diameter_mm is not None:
            row = _diameter(one.diameter_mm)
        else:
            row = {"TRTESTCD": "DIAMETER", "TRTEST": "Diameter"}
            said = "TOO SMALL TO MEASURE" if one.too_small else ""
            row |= {"TRORRES": said, "TRSTRESC": said, "TRSTAT": "" if said else "NOT DONE"}
        row |= {"VISIT": one.visit}
        found.append((reading.position, one.subject, _of(reading, row) | study.on(reading, "TRDTC", one.on)))
    return study.numbered("TR", _sorted(found))


def _of(event: Event[Any], row: Row) -> Row:
    return {"TRLNKID": link(event.fact.lesion, event.fact.reader), **row, **_who(event.fact.reader, "TR")}


def _diameter(millimetres: Decimal) -> Row:
    said = f"{millimetres:f}"
    named: Row = {"TRTESTCD": "DIAMETER", "TRTEST": "Diameter", "TRORRES": said, "TRORRESU": "mm", "TRSTRESC": said}
    return named | {"TRSTRESN": float(millimetres), "TRSTRESU": "mm"}


def count_evidence_left_out(study: Study) -> None:
    """Count the evidence that has no place in a domain."""
    homes = {*LABORATORY, *VITAL_SIGNS, *VIRUSES, "ecog", "product"}
    for fact in study.log.facts(EvidenceRecorded):
        if concept_code(fact.concept) not in homes:
            key = f"evidence/{concept_code(fact.concept)}"
            study.left_out[key] = study.left_out.get(key, 0) + 1
