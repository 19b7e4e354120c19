"""Records in words: what streams, records, items and their values are called where people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from celltrial.conduct.facts.events import EVENTS
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS
from celltrial.conduct.views.worklist import Due, WorkItem
from celltrial.core.values import Identifier, Term, Value, message
from celltrial.forms.description import Field, Kind, describe_record
from celltrial.locale import Language, has, template, translate
from celltrial.locale.sentences import fact_title
from celltrial.locale.wording import field_text, in_words, protocol_word, stream_title

#: What an independent source or a step of a follow-up key is separated by from what it belongs to.
_ASSAY: Final = re.compile(r"(?P<visit>[^/]+)/(?P<kind>[^:]+): (?P<analyte>.+)")
#: What a catalogue's text names; beside a coded word the other items of its record say it.
_PARAMETER: Final = re.compile(r"\{\w+\}")
#: Fields of text that hold a coded word, to the lists that it can be of; the words of protocols are looked up last.
_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "owner": ("role",),
    "for_role": ("role",),
    "roles": ("role",),
    "role": ("role",),
    "follow_up_class": ("follow_up_class",),
    "assay": ("assay",),
    "term": ("adverse_event",),
    "act": ("scanned_act", "procedure"),
    "test": ("assay",),
    "tests": ("assay",),
    "items": ("follow_up_item",),
    "concept": ("concept",),
    "value": ("answer", "finding"),
    "collected": ("domain",),
    "cohort": (),
    "cause": ("quality_cause", "suspension_cause"),
    "stage": ("stage",),
    "kind": ("material",),
    **dict.fromkeys(
        (
            "agent", "analyte", "classification", "components", "conclusion", "courier", "criteria", "design", "driver",
            "ending", "facility", "facts", "from_holder", "matrix", "meaning", "measure", "method", "outcome", "part",
            "procedure", "reason", "route", "rule", "slot", "source", "step", "therapy", "to_holder", "visit",
        ),
        (),
    ),
}  # fmt: skip
#: Fields that hold a key of a catalogue which the program wrote, by the class of facts and the name, to how such a key begins.
_KEYS: Final[Mapping[tuple[str, str], str]] = {
    ("TaskOpened", "kind"): "CND-",
    ("DoseRecommended", "reason"): "design.reason.",
}
#: What the second part of a record's name is, by its first.
_SECOND: Final[Mapping[str, str]] = {"evidence": "concept"}


def type_title(name: str, language: Language) -> str:
    """Return what a stored name is called; the name itself where nobody gave it words.

    >>> type_title("subject.screened/2", "zh"), type_title("subject.noted/1", "zh")
    ('已进入筛选', 'subject.noted')
    """
    stem = name.partition("/")[0]
    return fact_title(stem, language) if has(f"fact.{stem}") else stem


def record_title(name: str, language: Language) -> str:
    """Return what a record is called: by its kind, what it is about, and its number.

    >>> record_title("adverse_event/AE-1", "zh"), record_title("consent_signed#14", "zh")
    ('不良事件 AE-1', '知情同意已签署 #14')
    >>> record_title("evidence/P1/creatinine#3", "zh")
    '依据 P1 肌酐 #3'
    """
    named, mark, number = name.partition("#")
    kind, *parts = named.split("/")
    if kind in _SECOND and len(parts) == 2:
        parts[1] = in_words(Term(_SECOND[kind], parts[1]), language)
    if has(f"term.stream.{kind}"):
        head = translate(f"term.stream.{kind}", language)
    else:
        head = next((fact_title(stem, language) for stem in _stems() if stem.endswith(f".{kind}")), kind)
    return " ".join([head, *(protocol_word(part, language) for part in parts), *([f"#{number}"] if mark else [])])


@cache
def _stems() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.partition("/")[0] for name in EVENTS))


def due_key(item: WorkItem, language: Language) -> str:
    """Return which one is due in words; an identifier stands as it is, because it is typed where the thing is done.

    >>> from celltrial.conduct.views.worklist import Due, WorkItem
    >>> due_key(WorkItem(Due.FOLLOW_UP_TEST, "M003/rcl: virus", "subject/P1", "sponsor"), "zh")
    'M003 可复制型慢病毒（virus）'
    """
    parts = item.key.split("/")
    if item.kind is Due.FOLLOW_UP_TEST:
        named = _ASSAY.fullmatch(item.key)
        if named is not None:
            test = in_words(Term("assay", named["kind"]), language)
            return translate(
                "conduct.due.key.test",
                language,
                visit=named["visit"],
                test=test,
                analyte=protocol_word(named["analyte"], language),
            )
        return " ".join([*parts[:-1], in_words(Term("assay", parts[-1]), language)])
    if item.kind is Due.FOLLOW_UP_ANSWER:
        return " ".join([*parts[:-1], in_words(Term("follow_up_item", parts[-1]), language)])
    if item.kind is Due.SENTINEL:
        return translate(
            "conduct.due.key.day", language, what=in_words(Term("concept", parts[0]), language), day=parts[-1]
        )
    if item.kind is Due.EVIDENCE_REVIEW:
        return "–"
    return translate("conduct.due.key.adjudicator", language) if item.key == "adjudicator" else item.key


@dataclass(frozen=True, slots=True)
class RecordWords:
    """Records in the words of one language: what the room of the ledger is given to write a trail that people read."""

    language: Language

    def text(self, key: str, **params: object) -> str:
        """Return the text of a catalogue's key."""
        return translate(key, self.language, **params)

    def title(self, name: str) -> str:
        """Return what a stored name is called."""
        return type_title(name, self.language)

    def stream(self, about: str) -> str:
        """Return what a stream is called."""
        return stream_title(about, self.language)

    def record(self, name: str) -> str:
        """Return what a record is called."""
        return record_title(name, self.language)

    def role(self, role: str) -> str:
        """Return what a role is called."""
        return in_words(Term("role", role), self.language)

    def clock(self, name: str) -> str:
        """Return what a clock is called."""
        return in_words(Term("clock", name), self.language)

    def item(self, kind: str, path: str) -> str:
        """Return what an item of a fact is called: its field, and the field of the record within it."""
        return item_title(kind, path, self.language)

    def value(self, kind: str, path: str, said: str | Value) -> str:
        """Return a value of an item."""
        return item_value(kind, path, said, self.language)


def item_title(kind: str, path: str, language: Language) -> str:
    """Return what an item is called, by the stored name of its fact and its dotted path.

    >>> item_title("subject.screened/2", "born", "zh"), item_title("safety.signs_recorded", "findings.0.value", "zh")
    ('出生日期', '体征与观察 1 · 数值')
    """
    source, steps = _steps(path)
    said = [translate(f"term.grade_source.{source}", language)] if source else []
    fields = _fields(kind)
    for step in steps:
        if step.isdecimal() and said:
            said[-1] = f"{said[-1]} {int(step) + 1}"
            continue
        field = fields.get(step)
        if field is None:
            said.append(
                translate("ledger.audit.occurred", language) if step == "occurred" else field_text(step, language)
            )
        else:
            said.append(in_words(field.label, language))
        fields = {item.name: item for item in field.fields} if field is not None else {}
    return " · ".join(said)


def item_value(kind: str, path: str, said: str | Value, language: Language) -> str:
    """Return a value of an item in words; what a person wrote stands as it was written.

    >>> item_value("subject.screened/2", "sex", "F", "zh"), item_value("subject.screened/2", "age", "null", "zh")
    ('女', '无')
    >>> item_value("trial.task_opened", "kind", "CND-308", "en")
    'Judge whether an event of … is a dose-limiting toxicity.'
    """
    if not isinstance(said, str):
        return in_words(said, language)
    if said in ("", "null", "[]", "{}"):
        return translate("value.absent", language)
    _, steps = _steps(path)
    fields, found = _fields(kind), None
    for step in steps:
        if not step.isdecimal():
            found = fields.get(step)
            fields = {item.name: item for item in found.fields} if found is not None else {}
    return said if found is None else field_value(found, said, language)


def field_value(field: Field, said: Any, language: Language) -> str:
    """Return a text of a field in words: a member of a code list, a word of medicine, or what was written."""
    text = str(said)
    if field.kind is Kind.CODE:
        member = next((item for item in field.codes if item.value == text), None)
        return text if member is None else in_words(member, language)
    if field.kind is Kind.YES_NO:
        return in_words(text == "true", language)
    if field.name == "about":
        return stream_title(text, language)
    if field.kind is not Kind.TEXT:
        return text
    if field.words is not None:
        return in_words(Term(field.words, text), language)
    if field.name not in _LISTS:
        return in_words(Identifier(text), language)
    return _coded(field, text, language)


def _coded(field: Field, text: str, language: Language) -> str:
    """Return a coded word: of the lists of its field, of the protocols, or a key; one without words as it is written.

    A key of a catalogue is read as its text only in a field into which the program writes such keys: what a person wrote
    elsewhere and happens to be one stays what was written.
    """
    kind, colon, rest = text.partition(": ")
    if colon and field.name == "tests":
        return in_words(
            message(
                "of", what=Identifier(_coded(field, kind, language)), value=Identifier(protocol_word(rest, language))
            ),
            language,
        )
    if field.name == "facts":
        return type_title(text, language)
    if field.name == "collected":
        return " ".join(in_words(Term("adverse_event", part), language) for part in text.split("/"))
    begins = _KEYS.get((field.owner, field.name))
    if begins is not None and text.startswith(begins) and has(text):
        return _PARAMETER.sub("…", template(text, language))
    for name in (*_LISTS[field.name], field.name):
        known = in_words(Term(name, text), language)
        if known != protocol_word(text, language):
            return known
    return protocol_word(text, language)


def _steps(path: str) -> tuple[str, list[str]]:
    """Return the source that a grade's item begins with, "" for others, and the steps of its path."""
    steps = path.split(".")
    source = steps[0] if len(steps) > 1 and has(f"term.grade_source.{steps[0]}") else ""
    return source, steps[1:] if source else steps


def _fields(kind: str) -> dict[str, Field]:
    fact = _facts().get(kind.partition("/")[0])
    return {} if fact is None else {item.name: item for item in describe_record(fact)}


@cache
def _facts() -> Mapping[str, type[Any]]:
    return {name.partition("/")[0]: fact for name, fact in {**LOG_IN_EVENTS, **EVENTS}.items()}
