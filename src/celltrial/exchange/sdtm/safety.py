"""AE, FA, DV: adverse events at their highest grade, how they went, departures from the protocol."""

from __future__ import annotations

from typing import Final

from celltrial.conduct.facts.safety.events import (
    AdverseEventGraded,
    AdverseEventReassessed,
    AdverseEventRecoded,
    AdverseEventReported,
    AdverseEventResolved,
    SignsRecorded,
)
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.vocabulary import Finding, GradeSource, Outcome, Relatedness, Seriousness
from celltrial.core.measured import Measured
from celltrial.exchange.sdtm.naming import short_name
from celltrial.exchange.sdtm.study import Row, Study
from celltrial.locale.wording import in_words

RELATED: Final = {
    Relatedness.UNRELATED: "NOT RELATED",
    Relatedness.UNLIKELY: "UNLIKELY RELATED",
    Relatedness.POSSIBLE: "POSSIBLY RELATED",
    Relatedness.PROBABLE: "PROBABLY RELATED",
    Relatedness.DEFINITE: "RELATED",
    Relatedness.UNKNOWN: "UNKNOWN",
}
OUTCOMES: Final = {
    Outcome.RECOVERED: "RECOVERED/RESOLVED",
    Outcome.RECOVERED_WITH_SEQUELAE: "RECOVERED/RESOLVED WITH SEQUELAE",
    Outcome.RECOVERING: "RECOVERING/RESOLVING",
    Outcome.NOT_RECOVERED: "NOT RECOVERED/NOT RESOLVED",
    Outcome.FATAL: "FATAL",
    Outcome.UNKNOWN: "UNKNOWN",
}
SERIOUS: Final = {
    "AESCONG": Seriousness.CONGENITAL_ANOMALY,
    "AESDISAB": Seriousness.DISABILITY,
    "AESDTH": Seriousness.DEATH,
    "AESHOSP": Seriousness.HOSPITALISATION,
    "AESLIFE": Seriousness.LIFE_THREATENING,
    "AESMIE": Seriousness.IMPORTANT_MEDICAL_EVENT,
}
_GRADERS: Final = {
    GradeSource.REPORTED: "INVESTIGATOR",
    GradeSource.DERIVED: "PROGRAM",
    GradeSource.ADJUDICATED: "ADJUDICATION COMMITTEE",
}


def adverse_events(study: Study) -> list[Row]:
    """Return AE, numbered as the analysis table of adverse events; the latest assessment of each event stands."""
    reassessed = {fact.event: fact for fact in study.log.facts(AdverseEventReassessed)}
    recoded = {fact.event: fact for fact in study.log.facts(AdverseEventRecoded)}
    resolved = {fact.event: fact for fact in study.log.facts(AdverseEventResolved)}
    analysed = {row["event_id"]: row for row in study.data.adae.iter_rows(named=True)}
    rows = []
    for event in study.log.of(AdverseEventReported):
        fact, row = event.fact, analysed[event.fact.event]
        latest, code, end = (
            reassessed.get(fact.event, fact),
            recoded.get(fact.event, fact).code,
            resolved.get(fact.event),
        )
        known = row["serious"] is not None
        met = frozenset(latest.seriousness)
        made: Row = {
            "AESPID": fact.event,
            "AETERM": fact.term,
            "AEPTCD": int(code) if code.isdigit() else None,
            "AECAT": "" if row["category"] == "other" else row["category"].upper(),
            "AESER": ("Y" if met else "N") if known else "",
            **({name: "Y" if item in met else "N" for name, item in SERIOUS.items()} if known else {}),
            "AEREL": RELATED[latest.relatedness],
            "AEOUT": OUTCOMES[end.outcome] if end is not None else "",
            "AETOXGR": "" if row["grade"] is None else str(row["grade"]),
            **study.times(fact.subject, "AESTDTC", fact.onset, fact.onset_precision),
            **study.epoch(fact.subject, fact.onset, fact.onset_precision),
        }
        if end is not None:
            made |= study.times(fact.subject, "AEENDTC", end.ended_on)
        elif row["outcome"] == "ongoing" and study.data.last_date is not None:
            made |= {"AEENRTPT": "ONGOING", "AEENTPT": study.data.last_date.isoformat()}
        rows.append((fact.subject, made))
    return study.numbered("AE", rows)


def event_qualifiers(study: Study, rows: list[Row]) -> list[tuple[Row, str, str, str]]:
    """Return what else is recorded of each adverse event: (row of AE, name, label, value)."""
    analysed = {row["event_id"]: row for row in study.data.adae.iter_rows(named=True)}
    reported = {fact.event: fact for fact in study.log.facts(AdverseEventReported)}
    found = []
    for row in rows:
        event = str(row["AESPID"])
        of = analysed[event]
        expected = reported[event].expected
        stated = {
            "AESCALE": ("Scale of the Grade", of["scale"]),
            "AEDLT": ("Dose-Limiting Toxicity", "Y" if of["is_dlt"] else None),
            "AEEXPECT": ("In Reference Safety Information", None if expected is None else "Y" if expected else "N"),
        }
        found += [(row, name, label, str(value)) for name, (label, value) in stated.items() if value]
    return found


def findings_about(study: Study) -> list[Row]:
    """Return FA: each grade as it was given, by whom, and each sign that was recorded."""
    terms = {fact.event: fact.term for fact in study.log.facts(AdverseEventReported)}
    found: list[tuple[int, str, Row]] = []
    for event in study.log.of(AdverseEventReported):
        fact = event.fact
        if fact.grade is not None:
            row = _grade(fact.term, fact.event, fact.grade, fact.scale, "INVESTIGATOR")
            found.append((event.position, fact.subject, row | study.occurred(event, "FADTC")))
        found += [
            (event.position, fact.subject, _sign(study, fact.subject, fact.term, fact.event, sign))
            for sign in fact.findings
        ]
    for graded in study.log.of(AdverseEventGraded):
        one = graded.fact
        if one.grade is not None and one.event in terms:
            row = _grade(terms[one.event], one.event, one.grade, one.scale, _GRADERS[one.source])
            found.append((graded.position, one.subject, row | study.occurred(graded, "FADTC")))
    for recorded in study.log.of(SignsRecorded):
        for sign in recorded.fact.findings:
            name, term = recorded.fact.event, terms.get(recorded.fact.event, "")
            if term:
                row = _sign(study, recorded.fact.subject, term, name, sign)
                found.append((recorded.position, recorded.fact.subject, row))
    return study.numbered("FA", [(name, row) for _, name, row in sorted(found, key=lambda item: item[0])])


def _grade(term: str, event: str, grade: int, scale: str, who: str) -> Row:
    return {
        "FASPID": event,
        "FATESTCD": "TOXGR",
        "FATEST": "Toxicity Grade",
        "FAOBJ": term,
        "FACAT": scale,
        "FAORRES": str(grade),
        "FASTRESC": str(grade),
        "FASTRESN": float(grade),
        "FAEVAL": who,
    }


def _sign(study: Study, subject: str, term: str, event: str, sign: Finding) -> Row:
    code, name = short_name(sign.concept)
    number = Measured.read(sign.value)
    row: Row = {
        "FASPID": event,
        "FATESTCD": code,
        "FATEST": name,
        "FAOBJ": term,
        "FACAT": "SIGNS",
        "FAORRES": sign.value,
        "FAORRESU": sign.unit,
        "FASTRESC": sign.value,
        "FASTRESN": float(number.number) if number.number is not None and number.is_exact else None,
        "FASTRESU": sign.unit,
        "FAEVAL": "INVESTIGATOR",
    }
    return row | study.times(subject, "FADTC", sign.on) | study.epoch(subject, sign.on)


def deviations(study: Study) -> list[Row]:
    """Return DV: deviations about a subject; one about a site or the whole trial has no place in it, and is counted."""
    rows = []
    for event in study.log.of(DeviationRecorded):
        kind, _, name = event.fact.about.partition("/")
        if kind != "subject" or name not in study.steps:
            study.left_out["deviation_of_the_trial"] = study.left_out.get("deviation_of_the_trial", 0) + 1
            continue
        times = study.times(name, "DVSTDTC", event.occurred, event.precision)
        row: Row = {
            "DVSPID": event.fact.deviation,
            "DVTERM": in_words(event.fact.detail, "en") or event.fact.code,
            "DVDECOD": event.fact.code,
        }
        rows.append((name, row | times | study.epoch(name, event.occurred.local_date, event.precision)))
    return study.numbered("DV", rows)
