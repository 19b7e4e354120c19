"""The parts of a document that facts are read from, with their JSON pointers, and what was amiss on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar

from celltrial.core.errors import Fault, fault
from celltrial.exchange.usdm.facts.fact import Fact, Step
from celltrial.exchange.usdm.facts.tags import Tags
from celltrial.exchange.usdm.model.base import AliasCode, Code
from celltrial.exchange.usdm.model.design import InterventionalStudyDesign, ObservationalStudyDesign
from celltrial.exchange.usdm.model.study import Study, StudyVersion
from celltrial.exchange.usdm.terminology_data import SAME_CODES, Term

Thing = TypeVar("Thing")

#: Words that say nothing about which term is meant, and spellings of one word.
_IDLE: Final = frozenset({"the", "of", "a", "study", "trial", "clinical", "type"})
_SPELLINGS: Final = {
    "criterion": "criteria",
    "randomised": "randomized",
    "randomisation": "randomization",
    "1": "i",
    "2": "ii",
    "3": "iii",
    "4": "iv",
}
#: What people write where a text is still missing.
_STILL_MISSING: Final = re.compile(
    r"\W*(?:tb[acd]|n/?a|xxx+|unknown|to be (?:added|announced|confirmed|decided|defined|determined)\b.{0,80})\W*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Source:
    """A version of a study; the first interventional design of it is the one that is read, else the first of any kind.

    file:  what the notes name as their place.
    notes: what was read otherwise than it stands, or could not be read.
    """

    study: Study
    number: int
    file: str = ""
    notes: list[Fault] = field(default_factory=list)

    @property
    def version(self) -> StudyVersion:
        """The version."""
        return self.study.versions[self.number]

    @property
    def pointer(self) -> str:
        """The pointer of the version."""
        return f"/study/versions/{self.number}"

    @cached_property
    def design(self) -> tuple[InterventionalStudyDesign | ObservationalStudyDesign, str] | None:
        """The design and its pointer; None where the version has none. EXC-149 notes one that is not interventional."""
        found = list(each(self.version.study_designs, f"{self.pointer}/studyDesigns"))
        for one, pointer in found:
            if isinstance(one, InterventionalStudyDesign):
                return one, pointer
        for _, pointer in found[:1]:
            self.note("EXC-149", pointer)
        return found[0] if found else None

    @cached_property
    def _tags(self) -> Tags:
        return Tags(self.study, self.number, self.file)

    def note(self, fault_id: str, pointer: str, **params: str) -> None:
        """Note something, once."""
        one = fault(fault_id, f"{self.file}#{pointer}", **params)
        if one not in self.notes:
            self.notes.append(one)

    def text(self, text: str | None, pointer: str, dictionary: str | None = None) -> str:
        """Return a text as people read it: tags resolved, marks taken off; "" where the text is still missing (EXC-147)."""
        plain = self._tags.text(text or "", dictionary, pointer).strip()
        while self._tags.notes:
            self.notes.append(self._tags.notes.pop(0))
        if _STILL_MISSING.fullmatch(plain):
            self.note("EXC-147", pointer, found=plain)
            return ""
        return plain

    def word(self, code: Code | AliasCode | None, terms: Mapping[str, Term], pointer: str) -> str | None:
        """Return our word for a code as `word_of` does, and note where code and decode do not go together.

        EXC-143 they name two terms and the code was taken; EXC-144 the code is not the term's and the decode was taken.
        """
        word = word_of(code, terms)
        plain = _plain(code)
        if plain is None or word is None or word not in terms:
            return word
        term = terms[word]
        decoded = _by_decode(plain, terms)
        if not _has_code(plain, term):
            self.note("EXC-144", pointer, found=plain.code, said=plain.decode, expected=term.code)
        elif decoded is not None and terms[decoded].code != term.code:
            self.note("EXC-143", pointer, found=f"{plain.code} ({term.decode})", said=plain.decode)
        return word

    def coded(
        self, path: tuple[Step, ...], code: Code | AliasCode | None, terms: Mapping[str, Term], pointer: str
    ) -> Iterator[Fact]:
        """Yield the fact of a code; one that we have no word for is compared, noted (EXC-146) and no value of the field."""
        word = self.word(code, terms, pointer)
        if word is None:
            return
        plain = _plain(code)
        if word not in terms and plain is not None:
            self.note("EXC-146", pointer, found=f"{plain.code} ({plain.decode})", field=_field(path))
        yield Fact(path, word, pointer, derived=word not in terms)

    def chosen(self, path: tuple[Step, ...], allowed: Iterable[str], pointer: str, *said: str | None) -> Fact | None:
        """Return the fact of a value that the field knows, the first that `said` names; None noted (EXC-146) where none.

        A text names a value that it is, or that it explains: `Treatment Policy: ...` is `treatment_policy`.
        """
        texts = [self.text(one, pointer) for one in said]
        for text in texts:
            for value in allowed:
                words = r"[\s_-]+".join(value.split("_"))
                if re.match(rf"{words}(?: strategy)?\s*(?:\Z|[^\w\s])", text, re.IGNORECASE):
                    return Fact(path, value, pointer)
        shown = next((one for one in texts if one), "")
        if shown:
            self.note("EXC-146", pointer, found=shown if len(shown) <= 80 else f"{shown[:79]}…", field=_field(path))
        return None


def _field(path: tuple[Step, ...]) -> str:
    return ".".join("*" if not isinstance(step, str) else step for step in path)


def each(things: Iterable[Thing], pointer: str) -> Iterator[tuple[Thing, str]]:
    """Yield every item of a list with its pointer; an object that is there again is not another one."""
    seen: set[str] = set()
    for number, one in enumerate(things):
        name = getattr(one, "id", None)
        if isinstance(name, str) and name in seen:
            continue
        seen.add(str(name))
        yield one, f"{pointer}/{number}"


def once(things: Iterable[Thing]) -> list[Thing]:
    """Return the items of a list, an object that is there again only once."""
    return [one for one, _ in each(things, "")]


def word_of(code: Code | AliasCode | None, terms: Mapping[str, Term]) -> str | None:
    """Return our word for a code, the first that is written so; by the decode where no term has the code.

    `code CXXXX` where we have no word, None without a code.
    """
    plain = _plain(code)
    if plain is None:
        return None
    by_code = next((word for word, term in terms.items() if term.code == plain.code), None)
    by_code = by_code or next((word for word, term in terms.items() if _has_code(plain, term)), None)
    return by_code or _by_decode(plain, terms) or f"code {plain.code}"


def _plain(code: Code | AliasCode | None) -> Code | None:
    return code.standard_code if isinstance(code, AliasCode) else code


def _has_code(code: Code, term: Term) -> bool:
    return code.code == term.code or SAME_CODES.get(code.code) == term.code


def _by_decode(code: Code, terms: Mapping[str, Term]) -> str | None:
    return next((word for word, term in terms.items() if same_words(term.decode, code.decode)), None)


def same_words(one: str, other: str) -> bool:
    """Return whether two decodes name the same term: the same words, whatever their order and case.

    >>> same_words("Study Primary Objective", "primary objective"), same_words("Phase II Trial", "Phase 2")
    (True, True)
    >>> same_words("Phase I Trial", "Phase I/II Trial"), same_words("Official Study Title", "Study")
    (False, False)
    """
    return bool(_words(one)) and _words(one) == _words(other)


def _words(text: str) -> list[str]:
    found = (_SPELLINGS.get(one, one) for one in re.findall(r"\w+", text.casefold().replace("_", " ")))
    return sorted(one for one in found if one not in _IDLE)
