"""The parts of a document that facts are read from, with their JSON pointers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from celltrial.exchange.usdm.codes_data import Term
from celltrial.exchange.usdm.facts.fact import Fact, Step
from celltrial.exchange.usdm.model.base import AliasCode, Code
from celltrial.exchange.usdm.model.design import InterventionalStudyDesign
from celltrial.exchange.usdm.model.study import Study, StudyVersion

__all__ = ["Source", "coded", "each", "word_of"]

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Source:
    """A version of a study; the first interventional design of it is the one that is read."""

    study: Study
    number: int

    @property
    def version(self) -> StudyVersion:
        """The version."""
        return self.study.versions[self.number]

    @property
    def pointer(self) -> str:
        """The pointer of the version."""
        return f"/study/versions/{self.number}"

    @property
    def design(self) -> tuple[InterventionalStudyDesign, str] | None:
        """The design and its pointer; None where the version has no interventional design."""
        for one, pointer in each(self.version.study_designs, f"{self.pointer}/studyDesigns"):
            if isinstance(one, InterventionalStudyDesign):
                return one, pointer
        return None


def each(things: Iterable[Thing], pointer: str) -> Iterator[tuple[Thing, str]]:
    """Yield every item of a list with its pointer."""
    for number, one in enumerate(things):
        yield one, f"{pointer}/{number}"


def word_of(code: Code | AliasCode | None, terms: Mapping[str, Term]) -> str | None:
    """Return our word for a code, the first that is written so; `code CXXXX` where we have none, None without a code."""
    if code is None:
        return None
    plain = code.standard_code if isinstance(code, AliasCode) else code
    return next((word for word, term in terms.items() if term.code == plain.code), f"code {plain.code}")


def coded(path: tuple[Step, ...], code: Code | AliasCode, terms: Mapping[str, Term], pointer: str) -> Fact:
    """Return the fact of a code; one that we have no word for is compared but is no value of the field."""
    word = word_of(code, terms)
    return Fact(path, word, pointer, derived=word not in terms)
